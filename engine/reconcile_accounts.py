"""What the events of a log show of its accounts: of leavers and movers, of nobody, of several people, of programs.

An account is used from several addresses *at one time* when, within one hour, its uses from two of them overlap: the
first from each was before the last from the other. Accounts of programs run in several places and are left out of that.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from . import reconcile_words as say_words
from .facts_people import former_roles, roles
from .reconcile_words import counted, say
from .tally import NEVER, Place, Tally, hour_of, tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from .events import Event
    from .model import Words
    from .world import World

Part = tuple[str, str]
"""(dataset, action)."""


class AccountUse(NamedTuple):
    """Something that a log shows of an account: the properties that are asked about, and the events behind it."""

    account: str
    person: str
    key: str
    properties: dict[str, Any]
    evidence: Words
    found: Tally


@dataclass(slots=True)
class Accounts:
    """Counters of each account: in all, after its owner left or moved, by hour and address, by application."""

    world: World
    all: dict[str, Tally] = field(default_factory=dict[str, Tally])
    after: dict[str, Tally] = field(default_factory=dict[str, Tally])
    """Accounts that were used after their owner left."""
    parts: dict[tuple[str, int, Part], Tally] = field(default_factory=dict[tuple[str, int, Part], Tally])
    """(account, how many turns of its owner's jobs were over, what it did) -> the events."""
    hours: dict[tuple[str, int, str], Tally] = field(default_factory=dict[tuple[str, int, str], Tally])
    """(account, hour, address) -> the events."""
    personal: dict[tuple[str, str], Tally] = field(default_factory=dict[tuple[str, str], Tally])
    """(account of a program, application that people work in) -> the events."""
    _owners: dict[str, Owner] = field(default_factory=dict[str, "Owner"])

    def see(self, event: Event, at: Place, parts: Iterable[Part]) -> None:
        """Count one event; `parts` is what it did."""
        account = event.account
        if not account:
            return
        tally(self.all, account, at)
        owner = self._owners.get(account)
        if owner is None:
            owner = self._owners[account] = Owner.of(self.world, account)
        if event.at is not None:
            if owner.left is not None and owner.left <= at[0]:
                tally(self.after, account, at)
            elif owner.turns and at[0] >= owner.turns[0]:
                turn = bisect_right(owner.turns, at[0])
                for part in parts:
                    tally(self.parts, (account, turn, part), at)
            if event.source_ip and not owner.program:
                tally(self.hours, (account, hour_of(at[0]), event.source_ip), at)
        if owner.program and self.world.applications.get(event.application, {}).get("purposes"):
            tally(self.personal, (account, event.application), at)

    def uses(self) -> Iterator[AccountUse]:
        """Everything that should not be."""
        for account, found in self.after.items():
            owner = self._owners[account]
            left = owner.left.astimezone(self.world.zone).isoformat() if owner.left and owner.left != NEVER else "?"
            words = say(say_words.LEFT, person=owner.person, at=left)
            yield AccountUse(account, owner.person, "left", {}, counted(words, found), found)
        yield from self._moved()
        for account, found in self.all.items():
            owner = self._owners[account]
            if self.world.people.known and not owner.person:
                yield _standing(account, "", "unowned", counted(say_words.UNOWNED, found), found)
            if len(owner.people) > 1:
                words = say(say_words.SEVERAL, count=len(owner.people))
                yield _standing(account, "", "several", counted(words, found), found, users=list(owner.people))
        yield from self._at_one_time()
        for (account, name), found in self.personal.items():
            words = counted(say(say_words.PERSONAL, name=name), found)
            person = self._owners[account].person
            yield _standing(account, person, f"personal {name}", words, found, personal_applications=[name])

    def _moved(self) -> Iterator[AccountUse]:
        """Uses that only a role of a former job permits."""
        people, catalog = self.world.people, self.world.catalog
        for (account, _, (dataset, action)), found in self.parts.items():
            person = people.by_id[self._owners[account].person]
            entry = catalog.dataset(dataset) or {}
            permitted = entry.get("access", {}).get(action, ())
            ended = former_roles(person, found.first[0])
            role = next((role for role in permitted if role in ended), None)
            if role is not None and not set(permitted) & set(roles(person, found.first[0])):
                words = say(say_words.MOVED, person=person["id"], dataset=dataset, action=action, role=role)
                properties = {"enabled": False, "old_role_ended_at": ended[role]}
                key = f"moved {dataset} {action}"
                yield AccountUse(account, str(person["id"]), key, properties, counted(words, found), found)

    def _at_one_time(self) -> Iterator[AccountUse]:
        """Accounts that were used from several addresses within the same time."""
        by_hour: dict[tuple[str, int], list[tuple[str, Tally]]] = {}
        for (account, hour, address), found in self.hours.items():
            by_hour.setdefault((account, hour), []).append((address, found))
        seen: dict[str, tuple[set[str], int, Tally]] = {}
        for (account, _), uses in by_hour.items():
            at_once = {
                address: found
                for address, found in uses
                if any(other != address and found.overlaps(their) for other, their in uses)
            }
            for number, (address, found) in enumerate(at_once.items()):
                addresses, hours, so_far = seen.get(account, (set[str](), 0, found))
                joint = so_far if so_far is found else so_far.merge(found)
                seen[account] = (addresses | {address}, hours + (number == 0), joint)
        for account, (addresses, hours, found) in seen.items():
            words = counted(say(say_words.SOURCES, count=len(addresses), hours=hours), found)
            person = self._owners[account].person
            yield _standing(account, person, "sources", words, found, sources=sorted(addresses))


class Owner(NamedTuple):
    """What the registers say of an account."""

    person: str
    people: tuple[str, ...]
    """Everybody whose account it is."""
    program: bool
    left: datetime | None
    turns: tuple[datetime, ...]
    """When the owner's jobs ended, in their order."""

    @classmethod
    def of(cls, world: World, account: str) -> Owner:
        """The owner as the registers have it; of an account that they do not have, nobody."""
        people = world.people
        person: Mapping[str, Any] = people.find(account, "user") or {}
        holders = [entry["id"] for entry in people.by_id.values() if account in entry.get("accounts", ())]
        left: datetime | None = person.get("terminated_at")
        if left is None and person.get("status") == "terminated":
            left = NEVER
        ended = {entry["to"] for entry in person.get("assignments", ()) if entry.get("to") is not None}
        owned = (name for entry in people.by_id.values() for name in entry.get("owned_service_accounts", ()))
        program = account in people.service_accounts or account in owned
        return cls(str(person.get("id", "")), tuple(sorted(set(holders))), program, left, tuple(sorted(ended)))


def _standing(account: str, person: str, key: str, evidence: Words, found: Tally, **properties: object) -> AccountUse:
    """Something about the account itself, whether or not it can still be used: that is a matter of its own."""
    return AccountUse(account, person, key, {"enabled": False, **properties}, evidence, found)
