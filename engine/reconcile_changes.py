"""What the events of a log change of customers' basic information, and the notice that each change names.

Who changes it tells the customer and asks whether that is right. A change names its notice as the request that it
rests on, or the notice lists the event; what names none is counted by account and table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .facts_catalog import key_of, within
from .reconcile_words import NOTICED, UNNOTICED, counted, say
from .stated import request_named
from .tally import NEVER, Place, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .events import Event
    from .model import Words
    from .world import World

CUSTOMERS: Final = "customers"
BASIC: Final = (
    "personal.name", "personal.contact", "personal.demographic", "personal.government_id", "organisation",
)  # fmt: skip
"""What somebody is called, how they are reached and who they are: the basic information of a customer."""
MOST_COLUMNS: Final = 50
"""Columns of one finding that are remembered; with more, all of them are meant."""

Columns = dict[str, frozenset[str]]
"""Data set -> the columns that an event changes, `*` for any."""


class ChangeFound(NamedTuple):
    """Changes that one notice, or one account without any, stands for: the properties of a `customer_change`."""

    name: str
    account: str
    properties: dict[str, Any]
    evidence: Words
    found: Tally


@dataclass(slots=True)
class _Counted:
    tally: Tally
    account: str
    columns: set[str]


@dataclass(slots=True)
class Changes:
    """Counters of changes by notice, and without notice by account, for each data set that holds customers."""

    world: World
    _found: dict[tuple[str, str, str], _Counted] = field(default_factory=dict[tuple[str, str, str], "_Counted"])
    """(data set, notice, account): the account is empty where there is a notice."""

    @property
    def wanted(self) -> bool:
        """Whether the catalog declares a data set to hold customers."""
        return bool(self.world.catalog.holding(CUSTOMERS))

    def see(self, event: Event, at: Place, changed: Columns) -> None:
        """Count one event that changes some columns."""
        for dataset, columns in changed.items():
            basic = self._basic(dataset, columns)
            if basic:
                notice = self._notice(event)
                key = (self.world.catalog.full(dataset), notice, "" if notice else event.account)
                counted_ = self._found.get(key)
                if counted_ is None:
                    self._found[key] = _Counted(Tally(at), event.account, set(basic))
                else:
                    counted_.tally.add(at)
                    counted_.columns |= basic
                    if len(counted_.columns) > MOST_COLUMNS:
                        counted_.columns = {"*"}

    def _notice(self, event: Event) -> str:
        """The notice of a change: that which it names, if there is one, or which lists it."""
        named, measured = request_named(event), self.world.measured
        return named if named in measured.notices else measured.by_event.get(event.id, "")

    def _basic(self, dataset: str, columns: Iterable[str]) -> frozenset[str]:
        """The columns of a data set that hold basic information; of a column that nobody declared it is not known."""
        entry = self.world.catalog.dataset(dataset)
        if entry is None or CUSTOMERS not in entry.get("holds", ()):
            return frozenset()
        declared = self.world.catalog.names(entry)
        return frozenset(column for column in map(key_of, columns) if column == "*" or _is_basic(declared.get(column)))

    def found(self) -> Iterator[ChangeFound]:
        """Everything that was counted."""
        for (dataset, notice, account), counted_ in self._found.items():
            words = say(NOTICED, notice=notice) if notice else UNNOTICED
            first, last = counted_.tally.first[0], counted_.tally.last[0]
            properties = {
                "dataset": dataset, "columns": sorted(counted_.columns), "change_notice": notice or None,
                "first_changed_at": None if first == NEVER else first,
                "last_changed_at": None if last == NEVER else last, "changes": counted_.tally.count,
            }  # fmt: skip
            name = f"{dataset}/{notice or account}"
            yield ChangeFound(name, counted_.account, properties, counted(words, counted_.tally), counted_.tally)


def _is_basic(column: Mapping[str, Any] | None) -> bool:
    if column is None or "category" not in column:
        return True
    return column["category"] is not None and within(column["category"], BASIC)
