"""What stands in the registers -> requests: reviews due, leavers' accounts, tickets, shared data, customers' requests.

A log shows what happened; these show what did not: a review nobody made, an account nobody disabled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tutela.engine.entries import Entries
from tutela.engine.facts_people import left_at
from tutela.engine.findings import Asked
from tutela.engine.request import Request
from tutela.engine.world import executed_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tutela.engine.errors import Location
    from tutela.engine.facts import Facts

AUDITOR: Final = {"type": "service", "id": "tutela-duties"}
STANDING: Final = (
    ("channels", "id", "channel", "collect"),
    ("roles", "id", "role", "grant"),
    ("break_glass", "id", "break_glass", "grant"),
    ("statutory_retention", "id", "statutory_exception", "retain"),
    ("rights_requests", "id", "rights_request", "retain"),
)
"""Register, key, resource type, action: every entry is asked."""


def ask_duties(facts: Facts, as_of: datetime) -> Iterator[Asked]:
    """One request for everything in the registers that has to be in order at an instant."""
    for register, key, kind, action in STANDING:
        for name, _, location in _entries(facts, register, key):
            yield _ask(action, kind, name, as_of, location)
    for name, form, location in _entries(facts, "sharing_requests", "id"):
        if executed_at(form) is not None:
            yield _ask("retain", "shared_copy", name, as_of, location)
    for name, person, location in _entries(facts, "people", "id"):
        yield _ask("grant", "employee", name, as_of, location)
        if left_at(person) is not None:
            revoked: datetime | None = person.get("exit", {}).get("access_revoked_at")
            enabled = revoked is None or as_of < revoked
            for account in (*person.get("accounts", ()), *person.get("owned_service_accounts", ())):
                yield _ask("grant", "account", account, as_of, location, enabled=enabled)


def _entries(facts: Facts, register: str, key: str) -> Iterator[tuple[str, Mapping[str, Any], Location | None]]:
    entries: Sequence[Any] = facts.registers.get(register, ())
    for index, entry in enumerate(entries):
        yield entry[key], entry, entries.place(index) if isinstance(entries, Entries) else None


def _ask(action: str, kind: str, name: str, as_of: datetime, location: Location | None, **properties: object) -> Asked:
    resource = {"type": kind, "id": name, "properties": properties}
    return Asked(Request(AUDITOR, action, resource, as_of=as_of), location)
