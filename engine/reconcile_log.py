"""What the events of a log show of the log itself: stretches of silence, a clock that goes back, parts left out.

Silence is told by a simple rule. The hours of the log are grouped by the hour of the day, in the policy time zone, and
by the weekday (in logs of four weeks and more) or by working day and weekend. An hour without events is missed when at
least `LEAST_OTHERS` others of its group are in the log, and half of them had events. A run of empty hours is a finding
when the medians of the missed ones add up to `LEAST_EVENTS` or more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from . import reconcile_words as say_words
from .reconcile_words import counted, joined, say
from .tally import HOUR, Place, Tally, hour_of, tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from .events import Event
    from .model import Words

LEAST_OTHERS: Final = 3
"""Other hours of the same group that there must be."""
LEAST_EVENTS: Final = 10
"""The events that a stretch must lack, by the medians of its hours: by chance, one in 20,000 has none then."""
WEEKS: Final = timedelta(weeks=4)
"""From this length on, weekdays are told apart."""
LONGEST: Final = timedelta(days=4000)
"""Longer logs are not searched for silence: their times are likely wrong."""
BACK: Final = timedelta(minutes=10)
"""How far a line may be earlier than the one before: statements are written when they begin, or when they end."""
SKEW: Final = timedelta(seconds=1)
"""A smaller step back is none."""
UNORDERED: Final = 0.1
"""A log is not in the order of time when more of its steps than these go back: then no clock is wrong."""
_WEEKEND: Final = 5
_QUIET: Final[dict[str, Any]] = {
    "working_period": False, "sequence_gaps": 0, "incomplete_events": 0, "clock_jumps": 0,
}  # fmt: skip


class Window(NamedTuple):
    """What was counted of a part of the log: the properties of a `log_window`."""

    name: str
    properties: dict[str, Any]
    evidence: Words
    at: Place


class Silence(NamedTuple):
    """Hours without any event, from the first to before `end`, and how many events the others had then."""

    start: int
    end: int
    expected: float


@dataclass(slots=True)
class LogShape:
    """Counters of a log by the hour, and by what its events leave out."""

    zone: ZoneInfo
    hours: dict[int, Tally] = field(default_factory=dict[int, Tally])
    lacking: dict[str, int] = field(default_factory=dict[str, int])
    """Element -> how many events lack it."""
    incomplete: dict[str, Tally] = field(default_factory=dict[str, Tally])
    """`all`: events that lack something; `plain`: something else than their result."""
    all: int = 0
    results: bool = False
    """Whether the log ever says `success`: one that does not says it by silence."""
    steps: int = 0
    backward: int = 0
    jumps: dict[str, Tally] = field(default_factory=dict[str, Tally])
    furthest: timedelta = timedelta(0)
    _clock: tuple[int, datetime] | None = None
    """The line and the time of the furthest line so far."""

    def see(self, event: Event, at: Place) -> None:
        """Count one event."""
        self.all += 1
        if event.at is not None:
            tally(self.hours, hour_of(at[0]), at)
            self._tick(at)
        self.results |= event.result == "success"
        told = event.account and event.at is not None and event.result
        if told and event.statement_complete and (event.sql or event.tables or event.columns):
            return
        what = event.sql or event.tables or event.columns or event.action == "login"
        elements = (
            ("who", event.account),
            ("when", event.at),
            ("what", event.statement_complete and what),
            ("result", event.result),
        )
        parts = [name for name, there in elements if not there]
        for name in parts:
            self.lacking[name] = self.lacking.get(name, 0) + 1
        if parts:
            tally(self.incomplete, "all", at)
            if parts != ["result"]:
                tally(self.incomplete, "plain", at)

    def _tick(self, at: Place) -> None:
        """Compare the clock with that of the line before; events that readers held back are no step."""
        line = at[1]
        if self._clock is None or line > self._clock[0]:
            if self._clock is not None:
                self.steps += 1
                back = self._clock[1] - at[0]
                self.backward += back > SKEW
                if back > BACK:
                    tally(self.jumps, "", at)
                    self.furthest = max(self.furthest, back)
            self._clock = line, at[0]

    def windows(self) -> Iterator[Window]:
        """Everything that is wrong with the log."""
        times = sorted(self.hours)
        if not self.all:
            return
        if times and (times[-1] - times[0]) * HOUR > LONGEST.total_seconds():
            days = (times[-1] - times[0]) // 24
            first = self.hours[times[0]]
            yield self._window("span", say(say_words.SPAN, days=days), first.first, clock_jumps=1)
        else:
            for found in self.silences():
                yield self._silent(found)
        jumps = self.jumps.get("")
        if jumps is not None and self.backward <= max(1, self.steps * UNORDERED):
            minutes = int(BACK.total_seconds() // 60)
            words = say(say_words.CLOCK, count=jumps.count, minutes=minutes, seconds=self.furthest.total_seconds())
            yield self._window("clock", counted(words, jumps), jumps.first, clock_jumps=jumps.count)
        yield from self._elements()

    def _elements(self) -> Iterator[Window]:
        found = self.incomplete.get("all" if self.results else "plain")
        if found is None:
            return
        parts = (
            say(words, count=self.lacking[name])
            for name, words in say_words.LACKING.items()
            if name in self.lacking and (name != "result" or self.results)
        )
        words = say(
            say_words.ELEMENTS, count=found.count, all=self.all, share=found.count / self.all, lacking=joined(*parts)
        )
        yield self._window("elements", counted(words, found), found.first, incomplete_events=found.count)

    def _window(self, name: str, evidence: Words, at: Place, **properties: object) -> Window:
        return Window(name, {"events": self.all, **_QUIET, **properties}, evidence, at)

    def _silent(self, found: Silence) -> Window:
        start, end = (
            datetime.fromtimestamp(hour * HOUR, UTC).astimezone(self.zone) for hour in (found.start, found.end)
        )
        before, after = self.hours[found.start - 1], self.hours[found.end]
        words = say(
            say_words.SILENT,
            start=start.isoformat(timespec="minutes"),
            end=end.isoformat(timespec="minutes"),
            hours=found.end - found.start,
            days=say_words.OF_WEEKDAY if self._by_weekday else say_words.OF_CLASS,
            expected=found.expected,
        )
        between = say(say_words.BETWEEN, before=before.last[2], after=after.first[2])
        name = start.isoformat(timespec="minutes")
        return self._window(name, joined(words, between), before.last, events=0, working_period=True)

    @property
    def _by_weekday(self) -> bool:
        return (max(self.hours) - min(self.hours)) * HOUR >= WEEKS.total_seconds()

    def silences(self) -> Iterator[Silence]:
        """Stretches without events between the first and the last hour of the log, at times that others had some."""
        if not self.hours:
            return
        first, last = min(self.hours), max(self.hours)
        groups: dict[tuple[int, int], list[int]] = {}
        for hour in range(first + 1, last):
            groups.setdefault(self._group(hour), []).append(self._count(hour))
        usual = {group: _usual(counts) for group, counts in groups.items()}
        start, expected = first + 1, 0.0
        for hour in range(first + 1, last + 1):
            if hour in self.hours:
                if expected >= LEAST_EVENTS:
                    yield Silence(start, hour, expected)
                start, expected = hour + 1, 0.0
            else:
                expected += usual[self._group(hour)]

    def _count(self, hour: int) -> int:
        found = self.hours.get(hour)
        return found.count if found else 0

    def _group(self, hour: int) -> tuple[int, int]:
        local = datetime.fromtimestamp(hour * HOUR, UTC).astimezone(self.zone)
        day = local.weekday()
        return (day if self._by_weekday else int(day >= _WEEKEND)), local.hour


def _usual(counts: list[int]) -> float:
    """The median of a group of hours without one of its empty ones; nothing when there are too few others."""
    others = sorted(counts)[1:]
    return float(median(others)) if len(others) >= LEAST_OTHERS else 0.0
