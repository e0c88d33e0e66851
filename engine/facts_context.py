"""What registers know about the circumstances of an access: its purpose, the application and ticket it names."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .facts_access import WHOLE, declared
from .facts_catalog import Catalog, key_of, within
from .facts_use import UseView
from .known import View

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from datetime import datetime

    from .facts import Question


class ContextView(View):
    """The context of a request; what a caller says about an approved request or a ticket is not evidence."""

    def purpose(self) -> str | None:
        """The purpose stated, else the one for which the service account exists, or the application is used."""
        stated = self.stated.get("purpose")
        if stated is None:
            account = self.world.people.service_accounts.get(self.question.subject["id"], {})
            stated = account.get("purpose") or self._purpose_of_application()
        if stated is not None and not isinstance(stated, str):
            raise TypeError("purpose")
        return stated or None

    def _purpose_of_application(self) -> str | None:
        entry = self.world.applications.get(str(self.stated.get("application", "")))
        if entry is None:
            return None
        by_role = entry.get("purposes", {})
        roles = self.question.subject.get("roles") or ()
        return next((by_role[role] for role in roles if role in by_role), entry.get("purpose"))

    def purpose_listed(self) -> bool:
        """The purpose stands in the register and is not prohibited; no register lists nothing."""
        return self.world.catalog.listed(self.purpose())

    def purpose_prohibited(self) -> bool:
        """The purpose is on the prohibited list."""
        return self.world.catalog.prohibited(self.purpose())

    def purpose_profiling(self) -> bool:
        """People are evaluated for the purpose."""
        return self.world.catalog.profiling(self.purpose())

    def purpose_refusable(self) -> bool:
        """The register of purposes says how customers switch the purpose off."""
        return self.world.catalog.refusable(self.purpose())

    def purpose_care(self) -> bool:
        """The purpose is to greet customers."""
        return self.world.catalog.caring(self.purpose())

    @cached_property
    def _use(self) -> UseView | None:
        name = self.stated.get("request_id")
        if not isinstance(name, str) or name not in self.world.use:
            return None
        return UseView(self.world, {"id": name, "type": "use_request"}, self.question)

    def request_named(self) -> bool:
        """The access says that it rests on an approved application."""
        return self.stated.get("request_id") is not None

    def request_unregistered(self) -> bool:
        """No register has that application, to use or to share; without registers of applications none is missed."""
        world = self.world
        if not self.request_named() or not (world.has("use_requests") or world.has("sharing_requests")):
            return False
        name = self.stated.get("request_id")
        return not isinstance(name, str) or (name not in world.use and name not in world.sharing)

    def request_known(self) -> bool:
        """That application is registered."""
        return self._use is not None

    def request_purpose(self) -> str | None:
        """The purpose that was approved."""
        return None if self._use is None else self._use.purpose()

    def request_covers(self) -> bool:
        """It is for this person and for everything that the access touches."""
        return self._use is not None and not self.request_excess()

    def request_excess(self) -> list[str]:
        """What of the access lies outside it: `user`, columns or categories, customers."""
        if self._use is None:
            return ["request"]
        return excess(self._use, self._person, self.question)

    @property
    def _person(self) -> str:
        subject = self.question.subject
        return str(subject.get("employee") or subject["id"])

    def request_approvals(self) -> list[dict[str, Any]]:
        """Its approvals."""
        return [] if self._use is None else self._use.approvals()

    def request_export(self) -> bool:
        """It lets data leave the system."""
        return self._use is not None and self._use.export()

    def request_max_rows(self) -> int | None:
        """The most rows at a time that it allows."""
        return None if self._use is None else self._use.max_rows()

    def request_period_from(self) -> datetime | None:
        """When its period begins."""
        return None if self._use is None else self._use.period_from()

    def request_period_to(self) -> datetime | None:
        """When its period ends."""
        return None if self._use is None else self._use.period_to()

    def request_filed_at(self) -> datetime | None:
        """When it was filed."""
        return None if self._use is None else self._use.filed_at()

    def request_filed_by_department(self) -> str | None:
        """Which department filed it."""
        return None if self._use is None else self._use.filed_by_department()

    def request_important_customers(self) -> bool:
        """It concerns important customers as stated; true when nobody knows."""
        if self._use is None:
            return True
        try:
            return self._use.important_customers()
        except KeyError:
            return True

    def request_customer_classes(self) -> list[str]:
        """The classes of the customers that it names."""
        return [] if self._use is None else self._use.customer_classes()

    def request_subject_count(self) -> int:
        """How many customers it is about."""
        return 0 if self._use is None else self._use.subject_count()

    def request_written_authorisation(self) -> bool:
        """Every customer authorised it in writing."""
        return self._use is not None and self._use.written_authorisation()

    def request_sensitive(self) -> bool:
        """It concerns sensitive information."""
        return self._use is None or self._use.sensitive()

    def role_read_only(self) -> bool:
        """The role that is used carries no right to change."""
        role = self.stated.get("role")
        return bool(self.world.people.roles.get(str(role), {}).get("read_only", False))

    @cached_property
    def _ticket(self) -> Mapping[str, Any] | None:
        name = self.stated.get("break_glass")
        return self.world.break_glass.get(name) if isinstance(name, str) else None

    def break_glass_named(self) -> bool:
        """The access says that it is an emergency."""
        return self.stated.get("break_glass") is not None

    def break_glass_known(self) -> bool:
        """The ticket is registered for this person."""
        return self._ticket is not None and self._ticket["employee"] == self._person

    def break_glass_granted_at(self) -> datetime | None:
        """When the ticket was granted."""
        return None if self._ticket is None else self._ticket["granted_at"]

    def break_glass_expires_at(self) -> datetime | None:
        """When the ticket expires."""
        return None if self._ticket is None else self._ticket["expires_at"]

    def break_glass_incident_open(self) -> bool:
        """Its incident is declared and open, and names this person as a responder if it names any."""
        incident = self.world.incidents.get((self._ticket or {}).get("incident", ""))
        return (
            incident is not None
            and declared(incident, self._now)
            and (not incident.get("responders") or self._person in incident["responders"])
        )

    def break_glass_reason(self) -> str:
        """Why it was granted."""
        return str((self._ticket or {}).get("reason", ""))

    def break_glass_granted_by_other(self) -> bool:
        """Somebody else granted it."""
        ticket = self._ticket or {}
        return ticket.get("granted_by") not in (None, ticket.get("employee"))

    def break_glass_excess(self) -> list[str]:
        """Columns of the access outside its scope; without a ticket, everything."""
        if self._ticket is None:
            return ["*"]
        resource = self.question.resource
        scope = {key_of(path) for path in self._ticket.get("scope", ())}
        dataset = str(resource.get("dataset", resource["id"]))
        columns = asked(self.question)
        return outside(self.world.catalog, dataset, columns, scope)


def outside(catalog: Catalog, dataset: str, columns: Sequence[str], allowed: Container[str]) -> list[str]:
    """The columns that are not allowed; one that is declared to hold no personal data needs no allowance."""
    found: list[str] = []
    for column in columns:
        path = f"{dataset}.{column}"
        declared = catalog.column(path)
        harmless = declared is not None and "category" in declared and declared["category"] is None
        if key_of(path) not in allowed and not harmless:
            found.append(column)
    return found


def asked(question: Question) -> list[str]:
    """The columns that an access concerns: all of them, for who deletes rows or grants rights."""
    if question.action_name in WHOLE:
        return ["*"]
    return [str(column) for column in question.resource.get("columns") or ["*"]]


def excess(use: UseView, person: str, question: Question) -> list[str]:
    """What of an access lies outside an approved application.

    Columns count when the application lists them, else categories; a category covers those below it.
    """
    resource, listed = question.resource, use.columns()
    found = [] if person in use.users() else ["user"]
    if listed:
        dataset = str(resource.get("dataset", resource.get("id")))
        wanted = {key_of(name) for name in listed}
        columns = asked(question)
        found += outside(use.world.catalog, dataset, columns, wanted)
    else:
        categories = resource.get("categories", ())
        if not categories and resource.get("personal", True):
            found.append("categories")  # personal data of which nobody knows the categories is covered by nothing
        found += [category for category in categories if not within(category, use.categories())]
    named = use.subjects()
    if use.names_customers():
        subjects = resource.get("subjects") or ()
        # Who names no customers may mean any.
        found += [str(subject) for subject in subjects if subject not in named] if subjects else ["customers"]
    return found
