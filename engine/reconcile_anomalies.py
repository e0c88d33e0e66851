"""What the events of a log show of unusual work: refused again and again, out of hours, many more rows than usual.

Each is counted by account, whosever it is; what is too much is for the policies to say. What is counted depends on
terms that a company binds (`Terms`): one that is not bound never makes the count smaller.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from . import reconcile_words as say_words
from .busiest import Busiest
from .model import Words
from .plain import is_list
from .reconcile_accounts import AccountUse, Owner
from .reconcile_words import counted, say
from .tally import NEVER, Place, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .busiest import Names, Stretch
    from .events import Event
    from .world import World

UNNAMED: Final = "?"
"""The account of events that do not say whose they are."""
LEAST_DAYS: Final = 5
"""Other days with rows that there must be before a day can be unlike them."""
MOST_SHOWN: Final = 5
"""Names of tables in a message."""
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Terms(NamedTuple):
    """The parameters that say what is counted; those that say how much is too much stand in the rule."""

    width: int | None
    """Seconds of a window; the whole log when nobody bound it."""
    start: int
    end: int
    """Working hours, from one hour of the day to before another; over midnight when the end is the smaller one."""
    days: frozenset[int]
    """Working days, Monday = 0."""

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Terms:
        """The terms as bound; without working hours or days, all work is out of hours."""
        minutes, days = values.get("anomaly.window_minutes"), values.get("anomaly.work_days")
        start, end = (values.get(f"anomaly.work_{part}_hour") for part in ("start", "end"))
        bound = isinstance(start, int) and isinstance(end, int)
        return cls(
            minutes * 60 if isinstance(minutes, int) else None,
            start if bound and isinstance(start, int) else 0,
            end if bound and isinstance(end, int) else 0,
            frozenset(DAYS.index(day) for day in days if day in DAYS) if is_list(days) else frozenset(),
        )

    def working(self, local: datetime) -> bool:
        """Whether a moment lies in working hours; those over midnight belong to the day on which they began."""
        hour, day = local.hour, local.weekday()
        if self.start <= self.end:
            return day in self.days and self.start <= hour < self.end
        if hour < self.end:
            return (day - 1) % len(DAYS) in self.days
        return day in self.days and hour >= self.start


@dataclass(slots=True)
class DayRows:
    """The rows that an account got on one day."""

    rows: int
    found: Tally


@dataclass(slots=True)
class Anomalies:
    """Counters by account: what was denied, what happened out of hours, and the rows of each day."""

    zone: ZoneInfo
    terms: Terms
    world: World | None
    denied: dict[str, Busiest] = field(default_factory=dict[str, Busiest])
    outside: dict[str, Busiest] = field(default_factory=dict[str, Busiest])
    days: dict[str, dict[int, DayRows]] = field(default_factory=dict[str, "dict[int, DayRows]"])
    """Account -> day of the policy time zone (its ordinal) -> rows."""

    def refused(self, event: Event, at: Place, names: Names) -> None:
        """Count one event that was denied, on these tables."""
        self._count(self.denied, event, at, names)

    def see(self, event: Event, at: Place, names: Names) -> None:
        """Count one access to customer data; one without a time that the zone can tell is in no day and at no hour."""
        if at[0] == NEVER:
            return
        try:
            local = at[0].astimezone(self.zone)
        except OverflowError:  # the first or the last day of the calendar
            return
        if not self.terms.working(local):
            self._count(self.outside, event, at, names)
        if event.row_count is None:
            return
        days = self.days.setdefault(event.account or UNNAMED, {})
        found = days.get(local.toordinal())
        if found is None:
            days[local.toordinal()] = DayRows(event.row_count, Tally(at))
        else:
            found.rows += event.row_count
            found.found.add(at)

    def _count(self, counters: dict[str, Busiest], event: Event, at: Place, names: Names) -> None:
        account = event.account or UNNAMED
        counter = counters.get(account)
        if counter is None:
            counter = counters[account] = Busiest(self.terms.width)
        counter.see(at, names)

    def uses(self) -> Iterator[AccountUse]:
        """The busiest window, and the day with the most rows, of every account that has one."""
        for key, name, counters, words in (
            ("denied", "denials_in_window", self.denied, say_words.REFUSED),
            ("outside", "off_hours_in_window", self.outside, say_words.OUTSIDE),
        ):
            for account, counter in counters.items():
                found = counter.busiest()
                if found is not None:
                    said = self._window(words, counter.count, found)
                    yield self._use(account, key, said, found.tally, **{name: found.tally.count})
        for account, days in self.days.items():
            if len(days) > LEAST_DAYS:
                yield self._volume(account, days)

    def _volume(self, account: str, days: Mapping[int, DayRows]) -> AccountUse:
        most = min(days, key=lambda day: (-days[day].rows, day))
        usual = float(median(found.rows for day, found in days.items() if day != most))
        top = days[most]
        words = say(
            say_words.VOLUME, rows=top.rows, usual=usual, days=len(days) - 1,
            day=top.found.first[0].astimezone(self.zone).date().isoformat(),
        )  # fmt: skip
        return self._use(account, "volume", words, top.found, rows_in_day=top.rows, usual_rows=usual)

    def _window(self, words: Words, count: int, found: Stretch) -> Words:
        width = self.terms.width
        within = say_words.WHOLE_LOG if width is None else say(say_words.MINUTES, minutes=width // 60)
        return say(words, count=count, within=within, tables=_tables(found.names))

    def _use(self, account: str, key: str, words: Words, found: Tally, **properties: Any) -> AccountUse:  # noqa: ANN401
        owner = Owner.of(self.world, account) if self.world else None
        stated = {"events": found.count, "automated": owner is not None and owner.program, **properties}
        return AccountUse(account, owner.person if owner else "", key, stated, counted(words, found), found)


def _tables(names: Iterable[str]) -> Words:
    """The tables that events are about, as a message has them; `*` stands for what cannot be told."""
    known = [name for name in names if name != "*"]
    shown = [Words(name, name) for name in known[:MOST_SHOWN]]
    if len(known) > MOST_SHOWN:
        shown.append(say_words.MORE)
    if len(known) < len(tuple(names)):
        shown.append(say_words.UNTOLD)
    if not shown:
        return say_words.NO_TABLE
    return Words(", ".join(one.en for one in shown), "、".join(one.zh for one in shown))
