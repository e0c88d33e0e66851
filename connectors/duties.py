"""What stands in the registers -> requests: reviews due, leavers' accounts, tickets, shared data, customers' requests.

A log shows what happened; these show what did not: a review nobody made, an account nobody disabled, a backup that
failed. What the company does again and again (`duty`) is asked about because a rule names it, be there an entry or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tutela.engine.citations import citations
from tutela.engine.entries import Entries
from tutela.engine.facts_people import employed, left_at
from tutela.engine.findings import Asked
from tutela.engine.periods import day_start
from tutela.engine.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from tutela.engine.errors import Location
    from tutela.engine.facts import Facts
    from tutela.engine.policyset import PolicySet
    from tutela.engine.world import World

AUDITOR: Final = {"type": "service", "id": "tutela-duties"}
STANDING: Final = (
    ("channels", "id", "channel", "collect"),
    ("roles", "id", "role", "grant"),
    ("break_glass", "id", "break_glass", "grant"),
    ("statutory_retention", "id", "statutory_exception", "retain"),
    ("rights_requests", "id", "rights_request", "retain"),
)
"""Register, key, resource type, action: every entry is asked."""


def _raised(entry: Mapping[str, Any], world: World, as_of: datetime) -> bool:
    return day_start(entry["raised_at"], world.zone) <= as_of


def _in_use(entry: Mapping[str, Any], _world: World, as_of: datetime) -> bool:
    retired: datetime | None = entry.get("retired_at")
    return retired is None or as_of < retired


UPKEEP: Final[tuple[tuple[str, str, str, Callable[[Mapping[str, Any], World, datetime], bool]], ...]] = (
    ("incidents", "id", "incident", lambda entry, _, as_of: entry["detected_at"] <= as_of),
    ("complaints", "id", "complaint", lambda entry, _, as_of: entry["received_at"] <= as_of),
    ("activities", "id", "activity", lambda entry, _, as_of: entry["done_at"] <= as_of),
    ("audit_orders", "id", "audit_order", lambda entry, _, as_of: entry["ordered_at"] <= as_of),
    ("audit_findings", "id", "audit_finding", _raised),
    ("catalog", "dataset", "dataset", lambda entry, world, _: world.upkeep.customers(entry)),
    ("systems", "id", "system", lambda entry, world, _: entry["id"] in world.upkeep.systems),
    ("devices", "id", "device", _in_use),
    ("people", "id", "employee", lambda entry, _, as_of: employed(entry, as_of)),
)
"""Register, key, resource type, which entries there are at an instant: asked where a rule is about such things."""
INVENTORIES: Final = frozenset({"catalog", "devices", "people"})
"""Of these there must be entries where a rule is about them: without any, the register itself is asked about."""


def ask_duties(facts: Facts, policies: PolicySet, as_of: datetime) -> Iterator[Asked]:
    """One request for everything that has to be in order at an instant: in the registers, and by the policies."""
    for register, key, kind, action in STANDING:
        for name, _, location in entries_of(facts, register, key):
            yield _ask(action, kind, name, as_of, location)
    for name, form, location in entries_of(facts, "sharing_requests", "id"):
        if facts.world.handed_over_at(form) is not None:
            yield _ask("retain", "shared_copy", name, as_of, location)
    for name, person, location in entries_of(facts, "people", "id"):
        yield _ask("grant", "employee", name, as_of, location)
        if left_at(person) is not None:
            revoked: datetime | None = person.get("exit", {}).get("access_revoked_at")
            enabled = revoked is None or as_of < revoked
            for account in (*person.get("accounts", ()), *person.get("owned_service_accounts", ())):
                yield _ask("grant", "account", account, as_of, location, enabled=enabled)
    named = policies.named_resources("retain")
    yield from _ask_upkeep(facts, named, as_of)
    if "policy" in named:
        for cited in citations(policies.rules):
            known = {"citations": list(cited.laws), "uncited_rules": list(cited.uncited)}
            yield _ask("retain", "policy", cited.policy, as_of, cited.location, **known)


def _ask_upkeep(facts: Facts, named: Mapping[str, frozenset[str]], as_of: datetime) -> Iterator[Asked]:
    """What the company does around its data, so far as rules are about it."""
    last = {
        entry["duty"]: location
        for register in ("plans", "activities")
        for _, entry, location in entries_of(facts, register, "id")
    }
    for _, _, location in entries_of(facts, "complaint_channels", "id"):
        last["complaint_channels"] = location
    for duty in sorted(named.get("duty", ())):
        yield _ask("retain", "duty", duty, as_of, last.get(duty))
    for register, key, kind, there in UPKEEP:
        if kind in named:
            entries = entries_of(facts, register, key)
            standing = [(name, place) for name, entry, place in entries if there(entry, facts.world, as_of)]
            if not standing and register in INVENTORIES:
                standing = [(register, None)]
            yield from (_ask("retain", kind, name, as_of, place) for name, place in standing)
    if "consent" in named:
        yield from _ask_withdrawals(facts, as_of)
    if "system" in named:
        unregistered = set(facts.world.upkeep.systems) - set(facts.world.catalog.systems)
        yield from (_ask("retain", "system", name, as_of, None) for name in sorted(unregistered))


def _ask_withdrawals(facts: Facts, as_of: datetime) -> Iterator[Asked]:
    """Consents that were withdrawn by customers whose data was, or may have been, handed over before."""
    entries: Sequence[Any] = facts.registers.get("consents", ())
    for index, consent in enumerate(entries):
        at = consent.withdrawn_at
        if at is not None and at <= as_of and facts.world.shared(consent.subject, at):
            location = entries.place(index) if isinstance(entries, Entries) else None
            yield _ask("retain", "consent", consent.id, as_of, location)


def entries_of(facts: Facts, register: str, key: str) -> Iterator[tuple[str, Mapping[str, Any], Location | None]]:
    """The entries of a register with their ids and places."""
    entries: Sequence[Any] = facts.registers.get(register, ())
    for index, entry in enumerate(entries):
        yield entry[key], entry, entries.place(index) if isinstance(entries, Entries) else None


def _ask(action: str, kind: str, name: str, as_of: datetime, location: Location | None, **properties: object) -> Asked:
    resource = {"type": kind, "id": name, "properties": properties}
    return Asked(Request(AUDITOR, action, resource, as_of=as_of), location)
