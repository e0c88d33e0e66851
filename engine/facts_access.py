"""What registers know about a table that somebody reads, changes, grants or keeps."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_catalog import PROFILING, key_of
from .facts_people import during
from .facts_retention import RowsView
from .known import View, flag, texts
from .plain import is_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from .world import World

SCHEMA: Final = object()
"""Said by connectors that read a schema themselves (`known_by`); nothing that a caller sends can be it."""
WHOLE: Final = frozenset({"delete", "grant"})
CHANGES: Final = frozenset({"update", "delete"})


class TableView(View):
    """A table: what the catalog declares for the columns asked for, and whose customers they are."""

    @cached_property
    def _name(self) -> str:
        return str(self.stated.get("dataset") or self.stated["id"])

    @cached_property
    def _entry(self) -> dict[str, Any] | None:
        return self.world.catalog.dataset(self._name)

    @property
    def _seen(self) -> bool:
        return self.stated.get("known_by") is SCHEMA

    @cached_property
    def _columns(self) -> Mapping[str, dict[str, Any]]:
        return {} if self._entry is None else self.world.catalog.names(self._entry)

    @cached_property
    def _wanted(self) -> list[str]:
        # Whoever deletes rows or grants rights does so with whole rows, whatever columns are named.
        if self.question.action_name in WHOLE:
            return ["*"]
        return [key_of(str(column)).strip() for column in _listed(self.stated.get("columns"))]

    @cached_property
    def _unknown(self) -> bool:
        return any(column != "*" and column not in self._columns for column in self._wanted)

    @cached_property
    def _touched(self) -> list[Mapping[str, Any]]:
        columns, wanted = self._columns, self._wanted
        everything = "*" in wanted or self.unlisted()
        return list(columns.values()) if everything else [columns[c] for c in wanted if c in columns]

    @cached_property
    def _categories(self) -> list[str]:
        stated = texts(self.stated.get("categories", ()))
        return list(dict.fromkeys([*stated, *(c["category"] for c in self._touched if c.get("category"))]))

    @property
    def _untold(self) -> bool:
        """Of a column asked for the catalog says neither what it holds nor that it holds nothing."""
        return any("category" not in column for column in self._touched)

    def dataset(self) -> str:
        """The table, as the catalog writes it."""
        return self._name if self._entry is None else str(self._entry["dataset"])

    def known(self) -> bool:
        """Declared, with every column asked for, in the catalog or in a schema that a connector read."""
        seen = self._seen and flag(self.stated, "known")
        return seen if self._entry is None else bool(self._columns) and (not self._unknown or seen)

    def unlisted(self) -> list[str]:
        """The columns asked for that the catalog does not have, where it lists the table's and no schema knows them."""
        if self._seen or not self._columns:
            return []
        return [column for column in self._wanted if column != "*" and column not in self._columns]

    def categories(self) -> list[str]:
        """What the columns asked for hold; of all columns, where there is one that nobody knows."""
        return self._categories

    def personal(self) -> bool:
        """Personal data; a column or table that nobody knows may hold anything."""
        found = self.world.catalog.personal(self._categories)
        if found or (self._untold and not self._seen):
            return True
        if self._entry is None:
            return not self.known()
        return not self._columns or (self._unknown and not self._seen)

    def sensitive(self) -> bool:
        """Sensitive personal data under the chosen profile."""
        return bool(self._categories) and self.world.catalog.sensitive(self._categories)

    def permitted_roles(self) -> list[str]:
        """The roles that may do this to the table."""
        return [] if self._entry is None else list(self._entry.get("access", {}).get(self.question.action_name, ()))

    def beyond_need(self) -> list[str]:
        """Categories asked for that the stated purpose does not need."""
        return self.world.catalog.beyond_need(self.question.context.get("purpose"), self._categories)

    def restricted(self) -> bool:
        """Kept for storage only: the data set, or a customer asked for."""
        return bool((self._entry or {}).get("restricted")) or any(
            self.world.customers.restricted(subject, self._now) for subject in self._subjects
        )

    def quarantined(self) -> list[str]:
        """Open incidents that closed the table or its system."""
        entry = self._entry or {}
        closed = {key_of(self.dataset()), key_of(str(entry.get("system", "")))} - {""}
        return [
            incident["id"]
            for incident in self.world.incidents.values()
            if quarantines(incident, self._now) and not closed.isdisjoint(map(key_of, incident.get("quarantine", ())))
        ]

    def system_kind(self) -> str | None:
        """What kind of system the table stands in."""
        kind: str | None = self.world.catalog.systems.get(str((self._entry or {}).get("system", "")), {}).get("kind")
        return kind

    def shadow(self) -> bool:
        """Customer data outside the registered customer systems; nobody can tell without a register of systems."""
        if not self.world.catalog.lists_systems or not self.personal():
            return False
        return self.system_kind() not in ("customer_system", "replica", "reporting", "analytics")

    def owned(self) -> bool:
        """A person in service answers for the data set; of a table that no catalog has, nobody does."""
        return self._entry is not None and self.world.people.serves(self._entry.get("owner"), self._now)

    def platform_approved(self) -> bool:
        """The system's platform stands on the approved list; no register of systems asks nothing."""
        catalog = self.world.catalog
        system = catalog.systems.get(str((self._entry or {}).get("system", "")), {})
        return not catalog.lists_systems or bool(system.get("platform") and system.get("approved_by"))

    def encrypted_in_transit(self) -> bool:
        """Connections to the system are encrypted, as the register says; no register of systems asks nothing.

        Nor is it asked of a table that stands in no registered system: that is a matter of its own.
        """
        catalog = self.world.catalog
        system = catalog.systems.get(str((self._entry or {}).get("system", "")), {})
        return not catalog.lists_systems or bool(system.get("encrypted_in_transit", not system))

    def provenance(self) -> str | None:
        """Where the data set came from."""
        return (self._entry or {}).get("provenance")

    def legal_review(self) -> bool:
        """A legal review of the data set is on file."""
        return bool((self._entry or {}).get("legal_review"))

    @cached_property
    def _subjects(self) -> Sequence[str]:
        return self.world.customers.everybody(texts(self.stated.get("subjects")))

    def subject_count(self) -> int:
        """How many customers are asked for by name."""
        return len(self._subjects)

    def need_to_know(self) -> bool:
        """Every role that permits this sees only the customers of one's own work."""
        known = self.world.people.roles
        held = [role for role in self.question.subject.get("roles") or () if role in self.permitted_roles()]
        return bool(held) and all(known.get(role, {}).get("need_to_know", False) for role in held)

    def only_reads(self) -> bool:
        """Every role that permits this change is a role that is only to read."""
        if self.question.action_name not in CHANGES:
            return False
        known, permitted = self.world.people.roles, self.permitted_roles()
        held = [role for role in self.question.subject.get("roles") or () if role in permitted]
        return bool(held) and all(known.get(role, {}).get("read_only", False) for role in held)

    def holds(self) -> list[dict[str, Any]]:
        """The legal holds that may cover the rows that are deleted; of no matter to who does anything else."""
        if self.question.action_name != "delete":
            return []
        stated = {"id": self._name, "type": "record_group", "subjects": self._subjects, "categories": self._categories}
        return RowsView(self.world, stated, self.question).holds()

    def unrelated_subjects(self) -> list[str]:
        """Customers asked for who are neither assigned to the person nor have an open ticket with the person."""
        person, now = self.question.subject.get("employee"), self._now
        return [
            subject
            for subject in self._subjects
            if getattr(self.world.customers.by_id.get(subject), "owner_employee", None) != person
            and not any(
                ticket["assigned_to"] == person
                and ticket["opened_at"] <= now
                and (ticket.get("closed_at") is None or now < ticket["closed_at"])
                for ticket in self.world.tickets.get(subject, ())
            )
        ]

    def birth_dates(self) -> list[datetime]:
        """When the customers asked for were born, as far as that is known."""
        found = (self.world.customers.birth(subject) for subject in self._subjects)
        return [birth for birth in found if birth is not None]

    def stated_minors(self) -> bool:
        """A customer asked for, whose day of birth nobody knows, is declared to be under eighteen.

        In a data set of minors everybody is taken for one who is not known to be older, and so is whom nobody names.
        """
        minors = bool((self._entry or {}).get("minors"))
        found = [self.world.customers.by_id.get(subject) for subject in self._subjects]
        return (minors and not found) or any(
            minors if entry is None else entry.birth_date is None and _may_be_minor(entry.age_band, minors)
            for entry in found
        )

    def minors_approved(self) -> bool:
        """The person may see minors' data: approved by who answers for it, and for these customers or this table."""
        people, now = self.world.people, self._now
        person = self.question.subject.get("employee")
        minors: dict[str, Any] = (self._entry or {}).get("minors") or {}
        responsible = minors.get("responsible")
        return any(
            during({"from": entry["valid_from"], "to": entry.get("valid_to")}, now)
            and entry["approved_by"] != person
            and (entry["approved_by"] == responsible if responsible else True)
            and people.in_service(entry["approved_by"], entry["valid_from"])
            and (not entry.get("subjects") or set(self._subjects) <= set(entry["subjects"]))
            and (not entry.get("datasets") or key_of(self.dataset()) in map(key_of, entry["datasets"]))
            for entry in self.world.minor_approvals.get(str(person), ())
        )

    def untold_subjects(self) -> list[str]:
        """Customers asked for whose consent and notice do not cover the stated purpose."""
        return self._without_consent(withdrawn=False)

    def withdrawn_subjects(self) -> list[str]:
        """Customers asked for who withdrew the consent that the stated purpose rests on."""
        return self._without_consent(withdrawn=True)

    def refusing_subjects(self) -> list[str]:
        """Customers asked for who refused the stated purpose altogether; or at all, where they are evaluated for it."""
        purpose = self.question.context.get("purpose")
        return [] if purpose is None else refusing(self.world, self._subjects, str(purpose), self._now)

    def beyond_care(self) -> list[str]:
        """Categories asked for that no greeting needs."""
        return self.world.catalog.beyond_care(self._categories)

    def _without_consent(self, *, withdrawn: bool) -> list[str]:
        customers = self.world.customers
        if not customers.has_consents or not self.personal():
            return []
        purpose = self.question.context.get("purpose")
        if purpose is None:
            return []  # no purpose at all is a reason of its own
        personal = [category for category in self._categories if self.world.catalog.personal([category])]
        return without_consent(self.world, self._subjects, str(purpose), self._now, personal, withdrawn=withdrawn)

    def purpose_untold(self) -> bool:
        """No notice in effect tells of the stated purpose; no register of notices asks nothing."""
        purpose = self.question.context.get("purpose")
        customers = self.world.customers
        if purpose is None or not customers.has_notices or not self.personal():
            return False
        return not customers.told_of(self.world.catalog.told_as(str(purpose)), self._now)

    def identity_needed(self) -> bool:
        """The stated purpose needs to know who the customers are; true when nobody says."""
        entry = self.world.catalog.purposes.get(self.question.context.get("purpose") or "", {})
        return bool(entry.get("identity_required", True))

    def identifying(self) -> bool:
        """A column asked for tells who somebody is."""
        tops = ("personal.name", "personal.contact", "personal.government_id", "personal.biometric")
        return any(category.startswith(tops) for category in self._categories)


def without_consent(  # noqa: PLR0913 (what a consent has to cover)
    world: World, subjects: Sequence[str], purpose: str, now: datetime, categories: Sequence[str], *, withdrawn: bool
) -> list[str]:
    """Persons without a consent for a purpose: those who withdrew it, or those who never gave it."""
    customers = world.customers
    purposes = world.catalog.told_as(purpose)
    return [
        subject
        for subject in subjects
        if customers.natural(subject)
        and not customers.covers_purpose(subject, purposes, now, categories)
        and customers.withdrew_purpose(subject, purposes, now) is withdrawn
    ]


def refusing(world: World, subjects: Sequence[str], purpose: str, now: datetime) -> list[str]:
    """Customers whose data may not be used for a purpose because they refused it.

    Who refused it on one channel may be reached on another; but a profile has no channel.
    """
    customers = world.customers
    if world.catalog.profiling(purpose):
        purposes = (purpose, PROFILING)
        return [s for s in subjects if any(customers.refuses(s, refused, None, now) for refused in purposes)]
    return [subject for subject in subjects if customers.refuses_everywhere(subject, purpose, now)]


def _may_be_minor(band: str | None, among_minors: bool) -> bool:
    return band in ("under_14", "14_to_17") or (among_minors and band != "adult")


def quarantines(incident: Mapping[str, Any], now: datetime) -> bool:
    """Whether an incident kept data closed at an instant; of one that is closed without a day, from then on."""
    start: datetime = incident.get("quarantined_at", incident["detected_at"])
    ends = (incident.get("released_at"), incident.get("closed_at"))
    return start <= now and all(end is None or now < end for end in ends)


def declared(incident: Mapping[str, Any], now: datetime) -> bool:
    """Whether an incident was known and not over at an instant."""
    end: datetime | None = incident.get("closed_at")
    over = incident["status"] == "closed" if end is None else end <= now
    return incident["detected_at"] <= now and not over


def _listed(columns: Any) -> Sequence[object]:  # noqa: ANN401 (what the caller sent)
    """The columns asked for; not said which, none, or not a list of texts, means all of them."""
    named = is_array(columns) and all(isinstance(name, str) for name in columns)
    return columns if named and columns else ["*"]
