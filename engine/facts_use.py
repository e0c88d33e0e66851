"""What registers know about an application to use customer information, and what both kinds of application share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_access import refusing, without_consent
from .facts_approvals import Chain, request_hash
from .facts_people import department, employed
from .known import View
from .periods import day_end, day_start
from .plain import is_map

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

MIN_TEXT: Final = 10
"""A purpose text of fewer characters says nothing."""
OPEN_ENDED: Final = 9000
"""A period that ends in this year or later has no end."""
WHOLE_TREES: Final = frozenset({"personal", "organisation"})
ANYBODY: Final = frozenset({"", "*", "true", "1=1", "1 = 1"})


class ApplicationView(View):
    """An application as its registered form says, else the form that a connector attached."""

    states_nothing = True
    _action = ""

    @property
    def _registered(self) -> Mapping[str, Mapping[str, Any]]:
        raise NotImplementedError

    @cached_property
    def _form(self) -> Mapping[str, Any] | None:
        found = self._registered.get(self._form_id)
        if found is None:
            form = self.stated.get("form_content")
            found = form if is_map(form) else None
        return found

    @property
    def _form_id(self) -> str:
        return str(self.stated["id"])

    @property
    def _known(self) -> Mapping[str, Any]:
        if self._form is None:
            raise KeyError("form")
        return self._form

    @property
    def _declared(self) -> bool:
        return self._form_id in self._registered

    def request_known(self) -> bool:
        """The application is registered, or its form was handed in."""
        return self._form is not None

    def request_id(self) -> str:
        """The application's number."""
        return str(self._known["id"])

    def applicant(self) -> str:
        """Who applies."""
        return str(self._known["applicant"])

    def department(self) -> str:
        """The department that applies."""
        return str(self._known["department"])

    def purpose(self) -> str:
        """The purpose applied for; a blank one is missing."""
        return str(self._known["purpose"])

    def purpose_text(self) -> str:
        """The purpose in the applicant's words."""
        return str(self._known["purpose_text"])

    def purpose_listed(self) -> bool:
        """The purpose stands in the register and is not prohibited."""
        return self.world.catalog.listed(self._known.get("purpose"))

    def purpose_prohibited(self) -> bool:
        """The purpose, or its wording, is on the prohibited list."""
        return self.world.catalog.prohibited(self._known.get("purpose"), self._known.get("purpose_text"))

    def period_from(self) -> datetime | None:
        """The start of the first civil day applied for."""
        first: date | None = self._known.get("period", {}).get("from")
        return None if first is None else day_start(first, self.world.zone)

    def period_to(self) -> datetime | None:
        """The end of the last civil day applied for."""
        last: date | None = self._known.get("period", {}).get("to")
        return None if last is None else day_end(last, self.world.zone)

    def submitted_at(self) -> datetime | None:
        """When the application was handed in."""
        return self._known.get("submitted_at")

    def status(self) -> str | None:
        """Where the application stands."""
        return self._known.get("status")

    @cached_property
    def _approvals(self) -> list[dict[str, Any]]:
        return Chain(self.world, self._known, self._action, self._now, declared=self._declared).approvals()

    def approvals(self) -> list[dict[str, Any]]:
        """Every approval, with what was true when it was signed."""
        return self._approvals

    @cached_property
    def _filing(self) -> Mapping[str, Any] | None:
        filing = self.world.filings.get(self._known["id"])
        if filing is None and (self._declared or not self.world.has("filings")):
            filing = self._known.get("filing")
        return filing

    def filed_at(self) -> datetime | None:
        """When the form was filed."""
        return self._filing["filed_at"] if self._filing else None

    def filed_by(self) -> str | None:
        """Who filed it."""
        return self._filing["filed_by"] if self._filing else None

    def filed_by_department(self) -> str | None:
        """Where the filer worked at that moment."""
        person = self.world.people.find(self._filing["filed_by"]) if self._filing else None
        if person is None or self._filing is None or not employed(person, self._filing["filed_at"]):
            return None
        return department(person, self._filing["filed_at"])

    @cached_property
    def _categories(self) -> list[str]:
        raise NotImplementedError

    @property
    def _personal_categories(self) -> list[str]:
        return [category for category in self._categories if self.world.catalog.personal([category])]

    def categories(self) -> list[str]:
        """What the application is about."""
        return self._categories

    def personal(self) -> bool:
        """Personal data."""
        return self.world.catalog.personal(self._categories)

    def beyond_need(self) -> list[str]:
        """Categories applied for that the purpose does not need."""
        return self.world.catalog.beyond_need(self._known.get("purpose"), self._categories)

    @cached_property
    def _subjects(self) -> Sequence[str]:
        """The customers named, themselves or by a registered set."""
        raise NotImplementedError

    def restricted(self) -> bool:
        """A customer named is kept for storage only."""
        return any(self.world.customers.restricted(subject, self._now) for subject in self._subjects)

    def customer_classes(self) -> list[str]:
        """The classes of the customers named, as of now."""
        found = (self.world.customers.class_at(subject, self._now) for subject in self._subjects)
        return sorted({name for name in found if name is not None})

    def important_customers(self) -> bool:
        """Stated by the applicant; else known only when every customer is named and registered."""
        stated = self._known.get("important_customers")
        if stated is not None:
            return bool(stated)
        if not self._named_all or not all(subject in self.world.customers.by_id for subject in self._subjects):
            raise KeyError("important_customers")
        return False

    @property
    def _named_all(self) -> bool:
        return bool(self._subjects) and len(self._subjects) >= self.subject_count()

    def subject_count(self) -> int:
        """How many customers it is about."""
        raise NotImplementedError

    def untold_subjects(self) -> list[str]:
        """Customers named whose consent and notice do not cover the purpose."""
        return self._uncovered(withdrawn=False)

    def withdrawn_subjects(self) -> list[str]:
        """Customers named who withdrew the consent that the purpose rests on."""
        return self._uncovered(withdrawn=True)

    def _uncovered(self, *, withdrawn: bool) -> list[str]:
        if not self.world.customers.has_consents or not self.personal() or not self._known.get("purpose"):
            return []
        return without_consent(
            self.world, self._subjects, self.purpose(), self._now, self._personal_categories, withdrawn=withdrawn
        )

    def purpose_untold(self) -> bool:
        """No notice in effect tells of the purpose; no register of notices asks nothing."""
        customers = self.world.customers
        if not customers.has_notices or not self.personal() or not self._known.get("purpose"):
            return False
        return not customers.told_of(self.world.catalog.told_as(self.purpose()), self._now)

    def incomplete_fields(self) -> list[str]:
        """What the form leaves blank or open-ended."""
        form = self._known
        found = [name for name in ("department", "purpose", "submitted_at") if not form.get(name)]
        if len(str(form.get("purpose_text") or "").strip()) < MIN_TEXT:
            found.append("purpose_text")
        period = form.get("period", {})
        first, last = period.get("from"), period.get("to")
        if first is None or last is None or last.year >= OPEN_ENDED or last < first:
            found.append("period")
        return found + self._blank_content()

    def _blank_content(self) -> list[str]:
        raise NotImplementedError


def open_ended(categories: Sequence[str]) -> bool:
    """Whether categories say nothing: none, or everything there is."""
    return not categories or not WHOLE_TREES.isdisjoint(categories)


class UseView(ApplicationView):
    """An application to use customer information inside the company."""

    _action = "use"

    @property
    def _registered(self) -> Mapping[str, Mapping[str, Any]]:
        return self.world.use

    @property
    def _scope(self) -> Mapping[str, Any]:
        scope: Mapping[str, Any] = self._known.get("scope", {})
        return scope

    def users(self) -> list[str]:
        """Who may use it: those named, else the applicant."""
        return list(self._scope.get("users") or (self.applicant(),))

    def subjects(self) -> list[str]:
        """The customers that it names."""
        return list(self._subjects)

    def names_customers(self) -> bool:
        """It is for customers by name; a set that nobody registered has none, and does not stand for all of them."""
        return bool(self._customers.get("ids") or self._customers.get("ids_ref"))

    @property
    def _customers(self) -> Mapping[str, Any]:
        customers: Mapping[str, Any] = self._scope.get("customers", {})
        return customers

    @cached_property
    def _categories(self) -> list[str]:
        """Those stated, and those of the columns listed: a mild word for a column changes nothing."""
        columns = self.world.catalog.categories_of(self._scope.get("columns", ()))
        return list(dict.fromkeys([*self._scope.get("categories", ()), *columns]))

    @cached_property
    def _subjects(self) -> Sequence[str]:
        return self.world.customers.named(self._customers.get("ids", ()), self._customers.get("ids_ref"))

    def columns(self) -> list[str]:
        """The columns applied for."""
        return list(self._scope.get("columns", ()))

    def sensitive(self) -> bool:
        """Sensitive under the chosen profile, or stated to be."""
        return bool(self._known.get("sensitive", False)) or self.world.catalog.sensitive(self._categories)

    def subject_count(self) -> int:
        """How many customers it is about."""
        return max(int(self._customers.get("estimated_count", 0)), len(self._subjects))

    def written_authorisation(self) -> bool:
        """Every customer is named, and authorised this in writing."""
        purpose = str(self._known.get("purpose"))
        customers, now = self.world.customers, self._now
        return self._named_all and all(
            customers.authorised(s, purpose, None, now, self._personal_categories) for s in self._subjects
        )

    def purpose_profiling(self) -> bool:
        """People are evaluated for the purpose."""
        return self.world.catalog.profiling(self._known.get("purpose"))

    def purpose_refusable(self) -> bool:
        """The register of purposes says how customers switch the purpose off."""
        return self.world.catalog.refusable(self._known.get("purpose"))

    def purpose_care(self) -> bool:
        """The purpose is to greet customers."""
        return self.world.catalog.caring(self._known.get("purpose"))

    def refusing_subjects(self) -> list[str]:
        """Customers named who refused the purpose."""
        return refusing(self.world, self._subjects, str(self._known.get("purpose", "")), self._now)

    def beyond_care(self) -> list[str]:
        """Categories applied for that no greeting needs."""
        return self.world.catalog.beyond_care(self._categories)

    def export(self) -> bool:
        """Whether it is to leave the system."""
        return bool(self._scope.get("export", False))

    def max_rows(self) -> int | None:
        """The most rows at a time."""
        return self._scope.get("max_rows")

    def _blank_content(self) -> list[str]:
        found = ["scope.categories"] if open_ended(self._scope.get("categories", ())) else []
        customers = self._customers
        where = str(customers.get("filter", "")).strip().lower()
        if self.names_customers():
            blank = not self._subjects
        else:
            blank = "estimated_count" not in customers or ("filter" in customers and where in ANYBODY)
        if blank:
            found.append("scope.customers")
        return found


__all__ = ["ApplicationView", "UseView", "open_ended", "request_hash"]
