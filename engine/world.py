"""All registers of a project, indexed once: what the views of a question look things up in."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_catalog import Catalog
from .facts_customers import Customers
from .facts_people import EARLIEST, People
from .measured import Measured
from .sent import Sent
from .upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from .taxonomy import Taxonomy


EXECUTED: Final = frozenset({"executed", "receipted", "tracking"})
"""In these states of an application the data is with the recipient; one that is closed says so in its tracking."""
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def shared_at(entry: Mapping[str, Any]) -> datetime | None:
    """When an application to share was submitted, or at the latest carried out."""
    found: datetime | None = entry.get("submitted_at") or entry.get("executed_at")
    return found


def executed_at(entry: Mapping[str, Any]) -> datetime | None:
    """When data went out under an application to share; where nobody wrote that down, as early as it can have been."""
    found: datetime | None = entry.get("executed_at")
    if found is None and entry.get("status") in EXECUTED:
        return entry.get("submitted_at") or LONG_AGO
    return found


class World:
    """The indexes; nothing in it changes after it is made."""

    def __init__(
        self, registers: Mapping[str, Sequence[Any]], taxonomy: Taxonomy | None, zone: ZoneInfo, profile: str
    ) -> None:
        self.registers = registers
        self.zone = zone
        self.people = People(registers)
        self.catalog = Catalog(registers, taxonomy, profile)
        self.customers = Customers(registers, zone)
        self.sharing = self._by_id("sharing_requests")
        self.use = self._by_id("use_requests")
        self.approvals = self._grouped("approvals", "request_id")
        self.filings = self._by_id("filings", "request_id")
        self.successors: dict[str, list[dict[str, Any]]] = {}
        """Application to use -> those that are to stand in its place."""
        for entry in self.use.values():
            if (old := entry.get("supersedes")) and old != entry["id"]:
                self.successors.setdefault(old, []).append(entry)
        self.receipts = self._by_id("receipts", "request_id")
        self.tracking = self._by_id("tracking", "request_id")
        self.transfers = self._by_id("transfers", "request_id")
        self.recipient_notices = self._grouped("recipient_notices", "about")
        self.agreements = self._grouped("agreements", "partner")
        self.partners = self._by_id("partners")
        self.applications = self._by_id("applications")
        self.pias = self._by_id("pias")
        self.imports = self._by_id("imports")
        self.break_glass = self._by_id("break_glass")
        self.incidents = self._by_id("incidents")
        self.complaints = self._by_id("complaints")
        self.reviews = self._grouped("access_reviews", "scope")
        self.tickets = self._grouped("tickets", "subject")
        self.copies = self._by_id("copies")
        self.changes = self._grouped("policy_changes", "policy")
        self.holds: Sequence[dict[str, Any]] = registers.get("holds", ())
        self.statutory: Sequence[dict[str, Any]] = registers.get("statutory_retention", ())
        self.resources: dict[tuple[str, str], Mapping[str, Any]] = {
            (entry["type"], entry["id"]): entry.get("properties", {}) for entry in registers.get("resources", ())
        }
        """Type and id of a resource that has no register of its own -> its attributes."""
        self.minor_approvals = self._grouped("minor_approvals", "employee")
        self.shares_to: dict[tuple[str, str], list[dict[str, Any]]] = {}
        """(recipient, purpose) -> sharing requests, in the order of submission."""
        for entry in registers.get("sharing_requests", ()):
            recipient = entry.get("recipient", {}).get("id")
            if recipient and entry.get("purpose") and (shared_at(entry) or entry.get("status") == "executed"):
                self.shares_to.setdefault((recipient, entry["purpose"]), []).append(entry)
        self.keyed: dict[str, dict[str, Any]] = {}
        """Idempotency key -> the first sharing request that carries it."""
        keyed = [entry for entry in self.sharing.values() if "idempotency_key" in entry]
        for entry in sorted(keyed, key=lambda found: (shared_at(found) is None, shared_at(found) or EARLIEST)):
            self.keyed.setdefault(entry["idempotency_key"], entry)

    # What few questions need is indexed when the first one does: a service that is asked about tables starts without.
    @cached_property
    def upkeep(self) -> Upkeep:
        """What the company does again and again around customer data."""
        return Upkeep(self.registers, self.people, self.catalog)

    @cached_property
    def sent(self) -> Sent:
        """The send log."""
        return Sent(self.registers.get("messages", ()))

    @cached_property
    def measured(self) -> Measured:
        """What was measured of records."""
        return Measured(self.registers, self.catalog)

    @cached_property
    def profiling(self) -> Sequence[str]:
        """The purposes for which people are evaluated."""
        return [name for name in self.catalog.purposes if self.catalog.profiling(name)]

    @cached_property
    def _holders(self) -> tuple[Mapping[str, Sequence[str]], Sequence[str]]:
        """Customer -> applications under which the data went out; and those of which nobody knows all customers."""
        found: dict[str, list[str]] = {}
        unnamed: list[str] = []
        for entry in self.sharing.values():
            if self.handed_over_at(entry) is None:
                continue
            subjects = entry.get("content", {}).get("subjects", {})
            named = self.customers.named(subjects.get("ids", ()), subjects.get("ids_ref"))
            if not named or len(named) < subjects.get("count", 0):
                unnamed.append(entry["id"])
                continue
            for subject in named:
                found.setdefault(subject, []).append(entry["id"])
        return found, unnamed

    def shared(self, subject: str, by: datetime) -> list[dict[str, Any]]:
        """The applications under which a customer's data was, or may have been, handed over by an instant."""
        found, unnamed = self._holders
        entries = (self.sharing[name] for name in (*found.get(subject, ()), *unnamed))
        return [entry for entry in entries if (self.handed_over_at(entry) or by) <= by]

    def handed_over_at(self, entry: Mapping[str, Any]) -> datetime | None:
        """When data went out under an application: as it says, else as the record of the transfer or a receipt does."""
        said = executed_at(entry)
        if said is not None:
            return said
        name: str = entry["id"]
        sent, signed = self.transfers.get(name, {}).get("sent_at"), self.receipts.get(name, {}).get("signed_at")
        return min((at for at in (sent, signed) if at is not None), default=None)

    def has(self, register: str) -> bool:
        """Whether the project has a register at all, be it empty."""
        return register in self.registers

    def _by_id(self, name: str, key: str = "id") -> dict[str, dict[str, Any]]:
        return {entry[key]: entry for entry in self.registers.get(name, ())}

    def _grouped(self, name: str, key: str) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for entry in self.registers.get(name, ()):
            found.setdefault(entry[key], []).append(entry)
        return found
