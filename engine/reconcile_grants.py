"""What the events of a log show of the grants of a schema: rights that nobody used, and uses that no right explains.

Whose right a grant is: the grantee's, that of every account that was given the grantee as a role, and that of every
account whose owner or program held a registered role of that name. What PUBLIC has is everybody's.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from . import reconcile_words as say_words
from .reconcile_words import counted, say
from .tally import Place, Tally, tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .errors import Location
    from .model import Words
    from .tables import Grant
    from .world import World

PUBLIC: Final = "public"
ANYTHING: Final = "*"
RIGHTS: Final[Mapping[str, frozenset[str]]] = {
    "read": frozenset({"select"}),
    "export": frozenset({"select"}),
    "update": frozenset({"insert", "update"}),
    "delete": frozenset({"delete", "truncate"}),
}
"""What one of these rights is needed for; other actions (a definition, a grant) are the owner's."""
WHOLE: Final = frozenset({"all", "all privileges", "control", "*"})


class GrantUse(NamedTuple):
    """A right that was not used, or a use without a right."""

    name: str
    evidence: Words
    location: Location
    found: Tally | None
    """The uses without a right; None for a right that was not used."""
    account: str = ""


@dataclass(slots=True)
class Grants:
    """Counters of what each account did with each table."""

    grants: Sequence[Grant]
    held: Mapping[str, bool]
    """Table of the schema (lower case) -> whether it holds customer data."""
    views: frozenset[str]
    world: World | None
    parts: dict[tuple[str, str, str], Tally] = field(default_factory=dict[tuple[str, str, str], Tally])
    """(account, dataset, action) -> the events."""

    def see(self, account: str, at: Place, parts: Iterable[tuple[str, str]]) -> None:
        """Count one event."""
        if self.grants:
            for dataset, action in parts:
                tally(self.parts, (account, dataset.lower(), action), at)

    def uses(self) -> Iterator[GrantUse]:
        """Rights on customer data that nobody used, and uses of it that no right explains."""
        given: dict[str, set[str]] = defaultdict(set)
        for grant in self.grants:
            if grant.role:
                given[grant.grantee.lower()].add(grant.role.lower())
        names = {account: self._names(account, given) for account, _, _ in self.parts}
        rights = [grant for grant in self.grants if grant.dataset and not grant.role]
        for grant in rights:
            used = (self._covers(grant, names[account], dataset, action) for account, dataset, action in self.parts)
            if self._concerned(grant) and not any(used):
                name = f"{', '.join(grant.privileges)} on {grant.dataset} to {grant.grantee}"
                yield GrantUse(name, say_words.GRANT_UNUSED, grant.location, None)
        for (account, dataset, action), found in self.parts.items():
            if not (action in RIGHTS and self.held.get(dataset)):
                continue
            if not any(self._covers(grant, names[account], dataset, action) for grant in rights):
                words = say(say_words.UNGRANTED, account=account or "?", action=action, dataset=dataset)
                name = f"{account} {action} {dataset}"
                yield GrantUse(name, counted(words, found), found.first[2], found, account)

    def _covers(self, grant: Grant, names: set[str], dataset: str, action: str) -> bool:
        """Whether a right may be what a use rested on.

        A log's statements are told by the tables behind views: a right on a view may explain any of them.
        """
        reaches = dataset == ANYTHING or _reaches(grant.dataset.lower(), dataset) or grant.dataset.lower() in self.views
        return reaches and _has(grant, names, action)

    def _concerned(self, grant: Grant) -> bool:
        """Whether a right reaches a table of the schema that holds customer data, or a view."""
        name = grant.dataset.lower()
        tables = [table for table, found in self.held.items() if found or table in self.views]
        return any(_reaches(name, table) for table in tables)

    def _names(self, account: str, given: Mapping[str, set[str]]) -> set[str]:
        """An account, and every role that it has by the schema or the registers."""
        found = {account.lower(), PUBLIC}
        if self.world is not None:
            people = self.world.people
            person = people.find(account, "user") or {}
            found |= {role.lower() for role in person.get("roles", ())}
            found |= {entry["role"].lower() for entry in person.get("assignments", ())}
            found |= {role.lower() for role in people.service_accounts.get(account, {}).get("roles", ())}
        more = set(found)
        while more:
            more = {role for name in more for role in given.get(name, ())} - found
            found |= more
        return found


def _has(grant: Grant, names: set[str], action: str) -> bool:
    rights = {privilege.partition("(")[0].strip().lower() for privilege in grant.privileges}
    wanted = RIGHTS.get(action)
    return grant.grantee.lower() in names and (wanted is None or not rights.isdisjoint(wanted | WHOLE))


def _reaches(name: str, table: str) -> bool:
    """Whether the name in a grant is that of a table; where one leaves the schema out, the last part decides."""
    schema, _, last = name.rpartition(".")
    own, _, short = table.rpartition(".")
    if last not in (short, ANYTHING):
        return False
    return schema in ("", own, ANYTHING) or not own
