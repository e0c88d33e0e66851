"""How often something happened, and where it first and last stands in a log, in whatever order that is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from .model import Words

if TYPE_CHECKING:
    from .errors import Location
    from .events import Event

HOUR: Final = 3600
"""Seconds."""
NEVER: Final = datetime.min.replace(tzinfo=UTC)

_Key = TypeVar("_Key")
Place = tuple[datetime, int, "Location"]
"""When, and where it stands: its line, and its place."""


class Tally:
    """A counter of events that keeps the earliest and the latest of them."""

    __slots__ = ("count", "first", "last")

    def __init__(self, at: Place) -> None:
        self.first = self.last = at
        self.count = 1

    def add(self, at: Place) -> None:
        """One more event."""
        self.count += 1
        if at[:2] < self.first[:2]:
            self.first = at
        elif at[:2] > self.last[:2]:
            self.last = at

    def merge(self, other: Tally) -> Tally:
        """Both together."""
        found = Tally.__new__(Tally)
        found.count = self.count + other.count
        found.first = min(self.first, other.first, key=_order)
        found.last = max(self.last, other.last, key=_order)
        return found

    def overlaps(self, other: Tally) -> bool:
        """Whether both happened at one time: neither was over before the other began."""
        return self.first[0] <= other.last[0] and other.first[0] <= self.last[0]

    def words(self) -> Words:
        """The number, and the places of the first and the last."""
        first, last = (_text(found) for found in (self.first, self.last))
        if self.count == 1:
            return Words(f"1 event, {first}", f"1 个事件,{first}")
        return Words(
            f"{self.count} events, first {first}, last {last}", f"{self.count} 个事件,首个 {first},末个 {last}"
        )


def tally(counts: dict[_Key, Tally], key: _Key, at: Place) -> None:
    """Count an event under a key."""
    found = counts.get(key)
    if found is None:
        counts[key] = Tally(at)
    else:
        found.add(at)


def place(event: Event) -> Place:
    """When an event happened, as UTC, and where it stands."""
    return (event.at.astimezone(UTC) if event.at else NEVER, event.location.line, event.location)


def hour_of(at: datetime) -> int:
    """The number of the hour since 1970 that an instant lies in."""
    return int(at.timestamp() // HOUR)


def _order(found: Place) -> tuple[datetime, int]:
    return found[:2]


def _text(found: Place) -> str:
    at, _, location = found
    return str(location) if at == NEVER else f"{location} ({at.isoformat()})"
