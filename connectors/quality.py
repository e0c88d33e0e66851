"""Records of the catalog's data sets, which kinds there are, their gates, and messages that were sent -> requests.

Each kind is asked about only where a rule is about it: a project without the pack that judges it is asked
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tutela.engine.facts import Facts
from tutela.engine.findings import Asked
from tutela.engine.request import Request

from .duties import AUDITOR, entries_of
from .gates import open_actions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tutela.engine.authorizer import Authorizer


KEPT: Final = ("customers", "contacts", "visits", "complaints")
"""What every company that has customers has to keep records of."""


def ask_quality(authorizer: Authorizer, as_of: datetime) -> Iterator[Asked]:
    """A request for every kind of records, the records of every data set, its gate, and every message that was sent."""
    facts, policies = authorizer.facts, authorizer.policies
    if not isinstance(facts, Facts):
        return
    named = policies.named_resources("retain")
    if "record_kind" in named:
        yield from _kinds(as_of)
    if "data_quality" in named:
        yield from _records(facts, as_of)
    if "gate" in named:
        yield from _gates(authorizer, facts, as_of)
    if "message" in policies.named_resources("use"):
        yield from _messages(facts, as_of)


def _kinds(as_of: datetime) -> Iterator[Asked]:
    for kind in KEPT:
        yield Asked(Request(AUDITOR, "retain", {"type": "record_kind", "id": kind}, as_of=as_of), None)


def _records(facts: Facts, as_of: datetime) -> Iterator[Asked]:
    """A copy is judged with the data set that it copies."""
    for name, entry, location in entries_of(facts, "catalog", "dataset"):
        if facts.world.upkeep.original(entry):
            yield Asked(Request(AUDITOR, "retain", {"type": "data_quality", "id": name}, as_of=as_of), location)


def _gates(authorizer: Authorizer, facts: Facts, as_of: datetime) -> Iterator[Asked]:
    world = facts.world
    for name, entry, location in entries_of(facts, "catalog", "dataset"):
        if world.upkeep.personal(entry):
            yield Asked(_gate(name, open_actions(authorizer, world, entry, as_of), as_of), location)


def _messages(facts: Facts, as_of: datetime) -> Iterator[Asked]:
    """Each as of the time at which it was sent."""
    for name, entry, location in entries_of(facts, "messages", "id"):
        if entry["sent_at"] <= as_of:
            yield Asked(Request(AUDITOR, "use", {"type": "message", "id": name}, as_of=entry["sent_at"]), location)


def _gate(name: str, found: list[str], as_of: datetime) -> Request:
    resource = {"type": "gate", "id": name, "properties": {"open_actions": found}}
    return Request(AUDITOR, "retain", resource, as_of=as_of)
