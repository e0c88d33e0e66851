"""The stretch of a log in which something happened most often: a sliding window that may begin at any second.

Events are counted by the second, so that a burst takes no more memory than the window is long. A counter that stands
at many seconds is thinned: the fullest window so far is kept, with the seconds that an event to come may still share
a window with. So the count is exact whatever the order of the events, up to `LEAST` seconds of one counter; beyond,
while no event stands behind one that is `DISORDER` newer (or older, in a log that runs backwards).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from .tally import NEVER, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .tally import Place

DISORDER: Final = 600
"""Seconds. Logs are written when statements begin or when they end, and by several processes."""
LEAST: Final = 1000
"""Seconds at which a counter may stand before it is thinned."""
MOST_NAMES: Final = 12
"""Names that are remembered of a stretch: the first in the order of the alphabet, whatever the order of events."""

Names = tuple[str, ...]


@dataclass(slots=True)
class Stretch:
    """Some events: how many, the first and the last, and the names of what they are about, in order."""

    tally: Tally
    names: Names

    def merge(self, other: Stretch) -> Stretch:
        """Both together, as a stretch of its own."""
        return Stretch(self.tally.merge(other.tally), _both(self.names, other.names))


@dataclass(slots=True)
class Busiest:
    """Counts events; without a `width`, and for events without a time, the window is the whole log."""

    width: int | None
    """Seconds that a window is long: an event that many seconds after another is outside."""
    disorder: int = DISORDER
    least: int = LEAST
    count: int = field(default=0, init=False)
    seconds: dict[int, Stretch] = field(default_factory=dict[int, Stretch], init=False)
    """Second since 1970 -> its events, as far as they may still share a window with one to come."""
    _most: int = field(default=0, init=False)
    _timeless: Stretch | None = field(default=None, init=False)
    _best: Stretch | None = field(default=None, init=False)
    """The fullest window before the last thinning."""

    def see(self, at: Place, names: Names) -> None:
        """Count one event; its names are in order."""
        self.count += 1
        if self.width is None or at[0] == NEVER:
            found = Stretch(Tally(at), names[:MOST_NAMES])
            self._timeless = self._timeless.merge(found) if self._timeless else found
            return
        second = int(at[0].timestamp() // 1)
        here = self.seconds.get(second)
        if here is not None:
            here.tally.add(at)
            here.names = _both(here.names, names)
            return
        self.seconds[second] = Stretch(Tally(at), names[:MOST_NAMES])
        if len(self.seconds) > max(self._most, self.least):
            self._thin(self.width, second)

    def busiest(self) -> Stretch | None:
        """The fullest window, the earliest of several; events without a time may lie in it. None without events."""
        best = self._best if self.width is None else self._sweep(self.width)
        if best is None or self._timeless is None:
            return best or self._timeless
        return best.merge(self._timeless)

    def _thin(self, width: int, second: int) -> None:
        """Drop what shares no window with events to come; done again once twice as many are here, so it is seldom."""
        self._best = self._sweep(width)
        reach = width + self.disorder
        self.seconds = {at: found for at, found in self.seconds.items() if abs(at - second) <= reach}
        self._most = 2 * len(self.seconds)

    def _sweep(self, width: int) -> Stretch | None:
        """The fullest window of the seconds that are here, or the one that was found before."""
        times = sorted(self.seconds)
        parts = [self.seconds[time] for time in times]
        most, window, count, start = 0, slice(0), 0, 0
        for end, time in enumerate(times):
            count += parts[end].tally.count
            while times[start] <= time - width:
                count -= parts[start].tally.count
                start += 1
            if count > most:
                most, window = count, slice(start, end + 1)
        return _fuller(self._best, _joined(parts[window]))


def _joined(parts: Sequence[Stretch]) -> Stretch | None:
    """Stretches in the order of time, as one of its own."""
    if not parts:
        return None
    tally, names = Tally(parts[0].tally.first), parts[0].names
    tally.count, tally.last = sum(part.tally.count for part in parts), parts[-1].tally.last
    for part in parts[1:]:
        names = _both(names, part.names)
    return Stretch(tally, names)


def _fuller(one: Stretch | None, other: Stretch | None) -> Stretch | None:
    """The one with more events; of equal ones the earlier."""
    if one is None or other is None:
        return one or other
    ranks = [(-found.tally.count, found.tally.first[:2]) for found in (one, other)]
    return one if ranks[0] <= ranks[1] else other


def _both(one: Names, other: Names) -> Names:
    return one if one == other else tuple(sorted({*one, *other})[:MOST_NAMES])
