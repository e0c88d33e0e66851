"""Records of the catalog's data sets, which kinds there are, their gates, and messages that were sent -> requests.

Each kind is asked about only where the policies have rules for it: a project without the pack that judges it is asked
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tutela.engine.entries import Entries
from tutela.engine.facts import Facts
from tutela.engine.findings import Asked
from tutela.engine.request import Request

from .duties import AUDITOR
from .gates import open_actions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.errors import Location


KEPT: Final = ("customers", "contacts", "visits", "complaints")
"""What every company that has customers has to keep records of."""


def ask_quality(authorizer: Authorizer, as_of: datetime) -> Iterator[Asked]:
    """A request for every kind of records, the records of every data set, its gate, and every message that was sent."""
    facts = authorizer.facts
    if isinstance(facts, Facts):
        for asked in (*_kinds(as_of), *_records(facts, as_of)):
            if _judged(authorizer, facts, asked.request):
                yield asked
        yield from _gates(authorizer, facts, as_of)
        for asked in _messages(facts, as_of):
            if _judged(authorizer, facts, asked.request):
                yield asked


def _kinds(as_of: datetime) -> Iterator[Asked]:
    for kind in KEPT:
        yield Asked(Request(AUDITOR, "retain", {"type": "record_kind", "id": kind}, as_of=as_of), None)


def _records(facts: Facts, as_of: datetime) -> Iterator[Asked]:
    """A copy is judged with the data set that it copies."""
    for entry, location in _entries(facts, "catalog"):
        if facts.world.upkeep.original(entry):
            resource = {"type": "data_quality", "id": entry["dataset"]}
            yield Asked(Request(AUDITOR, "retain", resource, as_of=as_of), location)


def _gates(authorizer: Authorizer, facts: Facts, as_of: datetime) -> Iterator[Asked]:
    world = facts.world
    for entry, location in _entries(facts, "catalog"):
        name = entry["dataset"]
        if world.upkeep.personal(entry) and _judged(authorizer, facts, _gate(name, [], as_of)):
            yield Asked(_gate(name, open_actions(authorizer, world, entry, as_of), as_of), location)


def _messages(facts: Facts, as_of: datetime) -> Iterator[Asked]:
    """Each as of the time at which it was sent."""
    for entry, location in _entries(facts, "messages"):
        if entry["sent_at"] <= as_of:
            resource = {"type": "message", "id": entry["id"]}
            yield Asked(Request(AUDITOR, "use", resource, as_of=entry["sent_at"]), location)


def _judged(authorizer: Authorizer, facts: Facts, request: Request) -> bool:
    """Whether the policies have a rule that could allow such a thing: else every one would be denied by default."""
    is_deny = authorizer.policies.is_deny
    return not all(is_deny[number] for number in authorizer.candidates(facts.enrich(request, authorizer.policies)))


def _gate(name: str, found: list[str], as_of: datetime) -> Request:
    resource = {"type": "gate", "id": name, "properties": {"open_actions": found}}
    return Request(AUDITOR, "retain", resource, as_of=as_of)


def _entries(facts: Facts, register: str) -> Iterator[tuple[Mapping[str, Any], Location | None]]:
    entries: Sequence[Any] = facts.registers.get(register, ())
    for index, entry in enumerate(entries):
        yield entry, entries.place(index) if isinstance(entries, Entries) else None
