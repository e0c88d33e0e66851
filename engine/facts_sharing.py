"""What registers know about an application to share, and about a transfer that carries one out."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_access import TableView
from .facts_catalog import within
from .facts_people import department, employed
from .facts_use import ApplicationView, open_ended
from .periods import add_period, day_end, day_start
from .world import shared_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARTNERS: Final = ("supplier", "distributor", "outsourcer")
HOME: Final = "CN"
"""Mainland China; HK, MO and TW count as outside for the rules of export."""
IDENTIFYING: Final = (
    "personal.name", "personal.contact", "personal.government_id", "personal.biometric", "personal.account",
    "personal.device", "personal.financial.bank_card", "personal.financial.bank_account", "personal.image",
    "personal.signature", "personal.vehicle",
)  # fmt: skip
KEPT: Final = "P3Y"
"""How long the record of an impact assessment is kept at least."""
FACELESS: Final = frozenset({"aggregated", "anonymised"})
"""Forms in which what is shared tells of nobody, if that is true."""
GONE: Final = frozenset({"draft", "rejected", "revoked"})
"""Requests in these states do not count towards an accumulated volume."""
VARIES: Final = frozenset({"id", "submitted_at", "idempotency_key", "approvals", "filing", "status", "executed_at"})
"""What may differ between a request and its identical repetition."""


class SharingView(ApplicationView):
    """An application to share customer information."""

    _action = "share"

    @property
    def _registered(self) -> Mapping[str, Mapping[str, Any]]:
        return self.world.sharing

    @cached_property
    def _form(self) -> Mapping[str, Any] | None:
        """The form; of an identical repetition the first one, whose decision stands for both."""
        form = ApplicationView._form.func(self)  # type: ignore[attr-defined]  # noqa: SLF001 (the base's own)
        first = self._first(form)
        return first if first is not None and same(first, form) else form

    @cached_property
    def _asked(self) -> Mapping[str, Any] | None:
        return ApplicationView._form.func(self)  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001 (the base's)

    def _first(self, form: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """The earlier request with the same idempotency key."""
        if form is None or "idempotency_key" not in form:
            return None
        first = self.world.keyed.get(form["idempotency_key"])
        return None if first is None or first["id"] == form["id"] else first

    def changed_retry(self) -> bool:
        """It repeats the idempotency key of another request with other content."""
        first = self._first(self._asked)
        return first is not None and not same(first, self._known)

    @cached_property
    def _approvals(self) -> list[dict[str, Any]]:
        """A changed repetition is judged by the approvals of what it repeats: none of them is for its content."""
        found = ApplicationView._approvals.func(self)  # type: ignore[attr-defined]  # noqa: SLF001 (the base's own)
        first = self._first(self._asked)
        if found or first is None:
            return found  # type: ignore[no-any-return]
        entries = self.world.approvals.get(first["id"], ())
        chain = SharingView(self.world, {"id": first["id"], "type": "sharing_request"}, self.question)
        return [{**approval, "matches_request": False} for approval in chain.approvals()] if entries else found

    @cached_property
    def _filing(self) -> Mapping[str, Any] | None:
        found = ApplicationView._filing.func(self)  # type: ignore[attr-defined]  # noqa: SLF001 (the base's own)
        first = self._first(self._asked)
        return self.world.filings.get(first["id"]) if found is None and first is not None else found

    @property
    def _recipient(self) -> Mapping[str, Any]:
        recipient: Mapping[str, Any] = self._known.get("recipient", {})
        return recipient

    @property
    def _content(self) -> Mapping[str, Any]:
        content: Mapping[str, Any] = self._known.get("content", {})
        return content

    @property
    def _transfer(self) -> Mapping[str, Any]:
        transfer: Mapping[str, Any] = self._known.get("transfer", {})
        return transfer

    @property
    def _partner(self) -> Mapping[str, Any] | None:
        return self.world.partners.get(str(self._recipient.get("id", "")))

    @cached_property
    def _categories(self) -> list[str]:
        return list(dict.fromkeys(self._content.get("categories", ())))

    @cached_property
    def _subjects(self) -> Sequence[str]:
        subjects = self._content.get("subjects", {})
        return self.world.customers.named(subjects.get("ids", ()), subjects.get("ids_ref"))

    def recipient(self) -> str:
        """Who receives."""
        return str(self._recipient["id"])

    def recipient_kind(self) -> str:
        """What the register says the recipient is, whatever the applicant calls a partner; else what the form says."""
        stated, partner = str(self._recipient["kind"]), self._partner
        if partner is None and stated in PARTNERS and self.world.has("partners"):
            return "unregistered_partner"
        if partner is None or stated in ("other", "authority"):
            return stated  # no kind that anything is permitted to
        return str(partner["kind"]) if partner.get("status", "active") == "active" else "inactive_partner"

    def recipient_country(self) -> str | None:
        """Where the recipient is."""
        return self._recipient.get("country") if self._partner is None else self._partner["country"]

    def abroad(self) -> bool:
        """The recipient is outside mainland China; a partner whose country nobody knows is taken to be."""
        at_home = HOME if self.recipient_kind() == "internal_department" else None
        return (self.recipient_country() or at_home) != HOME

    def onward_recipients(self) -> list[str]:
        """To whom the recipient is to pass the data on."""
        return list(self._recipient.get("onward_to", ()))

    def onward_applied(self) -> bool:
        """Each of them is named in the application, so that whoever approves it agrees."""
        return True

    def legal_role(self) -> str:
        """What the recipient is in law; a controller unless somebody says otherwise."""
        return str(self._recipient.get("legal_role", "controller"))

    def mode(self) -> str:
        """`share`, or handing over in another way."""
        return str(self._known.get("mode", "share"))

    def columns(self) -> list[str]:
        """The columns applied for."""
        return list(self._content.get("columns", ()))

    @cached_property
    def _shared_columns(self) -> Sequence[str]:
        """The columns that leave: of an application those it lists."""
        return self.columns()

    def shared_categories(self) -> list[str]:
        """What leaves: the categories applied for, and those of the columns that go."""
        return list(dict.fromkeys([*self._categories, *self.world.catalog.categories_of(self._shared_columns)]))

    def excess_columns(self) -> list[str]:
        """Columns that go and hold what was not applied for, or that nobody declared."""
        catalog = self.world.catalog
        found: list[str] = []
        for path in self._shared_columns:
            column = catalog.column(path)
            if column is None or (column.get("category") and not within(column["category"], self._categories)):
                found.append(path)
        return found

    def sensitive(self) -> bool:
        """Sensitive under the chosen profile."""
        return self.world.catalog.sensitive(self._categories)

    def identifying(self) -> bool:
        """A category or column that goes tells who somebody is: not anonymous, whatever the form says."""
        return any(within(category, IDENTIFYING) for category in self.shared_categories())

    def subject_count(self) -> int:
        """How many customers it is about."""
        return max(int(self._content.get("subjects", {}).get("count", 0)), len(self._subjects))

    def form(self) -> str:
        """`identifiable`, `deidentified`, `aggregated` or `anonymised`."""
        return str(self._content.get("form", "identifiable"))

    def min_cell(self) -> int | None:
        """The smallest number of customers behind a figure, of aggregated data."""
        smallest: int | None = self._content.get("aggregation", {}).get("min_cell")
        return smallest

    def partner_agreements(self) -> list[dict[str, Any]]:
        """Every agreement with the recipient."""
        return [self._agreement(entry) for entry in self.world.agreements.get(str(self._recipient.get("id")), ())]

    def _agreement(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        zone = self.world.zone
        return {
            "id": entry["id"],
            "kinds": list(entry["kinds"]),
            "active": entry["status"] == "active" and entry["direction"] in ("outbound", "both"),
            "scope": list(entry["scope"]),
            "purposes": list(entry["purposes"]),
            "duties": list(entry.get("duties", ())),
            "onward_transfer": entry.get("onward_transfer", "unstated"),
            "signed_at": day_start(entry["signed_at"], zone),
            "valid_from": day_start(entry["valid_from"], zone),
            "valid_to": day_end(entry["valid_to"], zone),
            "covers_content": all(within(category, entry["scope"]) for category in self.shared_categories()),
            "covers_purpose": self._known.get("purpose") in entry["purposes"],
        }

    def earlier_shares(self) -> list[dict[str, Any]]:
        """Other requests for the same recipient and purpose, submitted earlier: splitting does not help.

        The newest first; `subjects` counts customers that neither this request nor a newer one has, so that any
        number of the newest add up to distinct customers.
        """
        form = self._known
        # A repetition stands where what it repeats stood.
        submitted = (self._first(self._asked) or form).get("submitted_at") or self._now
        others = [
            other
            for other in self.world.shares_to.get((self._recipient.get("id", ""), form.get("purpose", "")), ())
            if other["id"] != form["id"]
            and other.get("status") not in GONE
            and (shared_at(other) or submitted) <= submitted
            and not self._repeats(other)
        ]
        seen = set(self._subjects)
        found: list[dict[str, Any]] = []
        for other in sorted(others, key=lambda entry: shared_at(entry) or submitted, reverse=True):
            ids = self._ids(other)
            fresh = self._count(other) - len(seen.intersection(ids))
            seen.update(ids)
            found.append({"id": other["id"], "subjects": fresh, "at": shared_at(other) or submitted})
        return found

    def _ids(self, form: Mapping[str, Any]) -> Sequence[str]:
        subjects = form.get("content", {}).get("subjects", {})
        return self.world.customers.named(subjects.get("ids", ()), subjects.get("ids_ref"))

    def _count(self, form: Mapping[str, Any]) -> int:
        return max(int(form.get("content", {}).get("subjects", {}).get("count", 0)), len(self._ids(form)))

    def _repeats(self, other: Mapping[str, Any]) -> bool:
        key = other.get("idempotency_key")
        return key is not None and (key == self._known.get("idempotency_key") or self._first(other) is not None)

    def unconfirmed_shares(self) -> list[dict[str, Any]]:
        """Earlier transfers to the same recipient for which no receipt is signed."""
        return [
            {"id": other["id"], "at": executed}
            for other in self.world.sharing.values()
            if other["id"] != self._known["id"]
            and other.get("recipient", {}).get("id") == self._recipient.get("id")
            and (executed := self.world.handed_over_at(other)) is not None
            and executed <= self._now
            and self._unsigned(other["id"])
        ]

    def _unsigned(self, name: str) -> bool:
        receipt = self.world.receipts.get(name)
        return receipt is None or self._now < receipt["signed_at"]

    def written_authorisation(self) -> bool:
        """Every customer is named, and authorised this in writing."""
        customers, purpose, now = self.world.customers, str(self._known.get("purpose")), self._now
        recipient = str(self._recipient.get("id"))
        return self._named_all and all(
            customers.authorised(s, purpose, recipient, now, self._personal_categories) for s in self._subjects
        )

    def unconsented_subjects(self) -> list[str]:
        """Persons who never agreed to passing their data on to this recipient for this purpose; `?` for the unnamed."""
        found = self._without_consent(withdrawn=False)
        return found if self._named_all else [*found, "?"]

    def withdrawn_subjects(self) -> list[str]:
        """Persons who had agreed to that, and have withdrawn it."""
        return self._without_consent(withdrawn=True)

    def _without_consent(self, *, withdrawn: bool) -> list[str]:
        customers, now = self.world.customers, self._now
        recipient, purpose = str(self._recipient.get("id")), str(self._known.get("purpose"))
        return [
            subject
            for subject in self._subjects
            if customers.natural(subject)
            and not customers.shares_with(
                subject, recipient, purpose, now, categories=self._personal_categories, abroad=self.abroad()
            )
            and customers.withdrew_share(subject, recipient, purpose, now) is withdrawn
        ]

    def transfer_channel(self) -> str:
        """The way it goes."""
        return str(self._transfer["channel"])

    def encryption(self) -> str | None:
        """How it is encrypted on its way."""
        return self._transfer.get("encryption")

    def executor(self) -> str | None:
        """Who carries it out."""
        return self._transfer.get("executor")

    def executor_department(self) -> str | None:
        """Where that person works."""
        person = self.world.people.find(self.executor() or "")
        return department(person, self._now) if person is not None and employed(person, self._now) else None

    def responsible_active(self) -> bool:
        """The person who answers for it is in the company's service."""
        return self.world.people.in_service(self._known.get("responsible_employee"), self._now)

    def mechanism(self) -> str:
        """The mechanism of a transfer abroad, `none` without one."""
        return str(self._known.get("cross_border", {}).get("mechanism", "none"))

    def mechanism_documented(self) -> bool:
        """The mechanism has a reference; an exemption says what it rests on."""
        stated = self._known.get("cross_border", {})
        return bool(stated.get("exemption_basis") if self.mechanism() == "exemption" else stated.get("ref"))

    def yearly_subjects(self) -> int:
        """Customers whose data went, or is to go, abroad this civil year, this request included."""
        zone = self.world.zone
        year = self._now.astimezone(zone).year
        total = self.subject_count()
        for other in self.world.sharing.values():
            if other["id"] == self._known["id"] or other.get("status") in GONE:
                continue
            partner = self.world.partners.get(other.get("recipient", {}).get("id", ""))
            country = other.get("recipient", {}).get("country") if partner is None else partner["country"]
            at_home = HOME if other.get("recipient", {}).get("kind") == "internal_department" else None
            foreign = (country or at_home) != HOME
            at = shared_at(other)
            if foreign and at is not None and at.astimezone(zone).year == year and at <= self._now:
                total += self._count(other)
        return total

    def pia_valid(self) -> bool:
        """A concluded, favourable impact assessment covers categories, purpose and recipient."""
        pia = self.world.pias.get(str(self._known.get("pia_ref")))
        return (
            pia is not None
            and pia["conclusion"] != "not_acceptable"
            and pia.get("kept_until", date.max) >= add_period(pia["concluded_at"], KEPT)
            and day_start(pia["concluded_at"], self.world.zone) <= self._now
            and (not pia.get("categories") or all(within(c, pia["categories"]) for c in self._categories))
            and (not pia.get("purposes") or self._known.get("purpose") in pia["purposes"])
            and (not pia.get("recipients") or self._recipient.get("id") in pia["recipients"])
        )

    def legal_review(self) -> bool:
        """A legal review is on file."""
        return bool(self._known.get("legal_review"))

    def quarantined(self) -> list[str]:
        """Open incidents that closed a table that it is taken from, or its system."""
        tables = {path.rpartition(".")[0] for path in self._shared_columns}
        found = (TableView(self.world, {"id": name, "type": "table"}, self.question).quarantined() for name in tables)
        return sorted({incident for incidents in found for incident in incidents})

    def processing_agreement(self) -> bool:
        """An agreement on entrusted processing is in force."""
        return any(
            entry["active"] and "processing" in entry["kinds"] and entry["valid_from"] <= self._now < entry["valid_to"]
            for entry in self.partner_agreements()
        )

    def _blank_content(self) -> list[str]:
        found = [] if self._recipient.get("kind") and self._recipient.get("id") else ["recipient"]
        if open_ended(self._content.get("categories", ())):
            found.append("content.categories")
        if self.subject_count() == 0:  # a set that nobody registered says nothing either
            found.append("content.subjects")
        return found


def same(first: Mapping[str, Any], other: Mapping[str, Any] | None) -> bool:
    """Whether two requests have the same content."""
    if other is None:
        return False
    names = (first.keys() | other.keys()) - VARIES
    return all(first.get(name) == other.get(name) for name in names)
