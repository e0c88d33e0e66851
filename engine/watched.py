"""An instant that remembers what it was compared with: how long an answer that was found at it stays the same.

Rules and registers only compare `now` (with the ends of assignments, notices, tickets...), so an answer holds for all
instants that lie on the same side of everything that was compared. Whatever else is asked of the instant (its hour, its
text) makes the answer one for this microsecond only.
"""

from __future__ import annotations

import operator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST: Final = datetime.min.replace(tzinfo=UTC)
LAST: Final = datetime.max.replace(tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_ZERO: Final = timedelta(0)


class Span:
    """From when (inclusive) to when (exclusive) an answer holds; `exact` when only at the instant itself."""

    __slots__ = ("end", "exact", "start")

    def __init__(self) -> None:
        self.start = FIRST
        self.end: datetime | None = None
        self.exact = False

    def split(self, pivot: datetime, *, before: bool) -> None:
        """The answer depends on whether the instant is before a pivot; it is, or it is not."""
        if before:
            self.end = pivot if self.end is None or pivot < self.end else self.end
        else:
            self.start = max(self.start, pivot)


class WatchedTime(datetime):
    """An instant, moved by `shift`, that tells its span what it is compared with."""

    span: Span
    plain: datetime
    shift: timedelta

    @classmethod
    def at(cls, instant: datetime, span: Span, shift: timedelta = _ZERO) -> WatchedTime:
        """Watch an instant (with an offset); `instant` is already moved by `shift`."""
        plain = instant.astimezone(UTC)
        day = (plain.year, plain.month, plain.day, plain.hour, plain.minute, plain.second, plain.microsecond)
        made = cls(*day, tzinfo=UTC)
        made.span, made.plain, made.shift = span, plain, shift
        return made

    def _below(self, other: datetime, *, inclusive: bool) -> bool:
        """`self < other`, or `self <= other`."""
        if isinstance(other, WatchedTime):
            if other.span is self.span:  # both move together
                return self.plain <= other.plain if inclusive else self.plain < other.plain
            other = other.plainly()
        found = self.plain <= other if inclusive else self.plain < other
        try:
            pivot = other.astimezone(UTC) - self.shift + (_TICK if inclusive else _ZERO)
        except OverflowError:  # beyond the calendar: the same for every instant
            return found
        self.span.split(pivot, before=found)
        return found

    def __lt__(self, other: object) -> bool:
        return self._below(other, inclusive=False) if _is_aware(other) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._below(other, inclusive=True) if _is_aware(other) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return not self._below(other, inclusive=True) if _is_aware(other) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return not self._below(other, inclusive=False) if _is_aware(other) else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not _is_aware(other):
            return False
        return self._below(other, inclusive=True) and not self._below(other, inclusive=False)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def plainly(self) -> datetime:
        """The instant itself; the answer then holds for it only."""
        self.span.exact = True
        return self.plain

    def __hash__(self) -> int:
        return hash(self.plainly())

    def astimezone(self, tz: Any = None) -> Any:  # noqa: ANN401 (as in datetime)
        """Itself in UTC, else a plain instant."""
        return self if tz is UTC else self.plainly().astimezone(tz)

    def __add__(self, other: object) -> Any:  # noqa: ANN401 (as in datetime)
        if not isinstance(other, timedelta) or isinstance(other, WatchedDelta):
            return NotImplemented
        try:
            return WatchedTime.at(self.plain + other, self.span, self.shift + other)
        except OverflowError:
            self.span.exact = True
            raise

    __radd__ = __add__

    def __sub__(self, other: object) -> Any:  # noqa: ANN401 (as in datetime)
        if isinstance(other, timedelta):
            return self + -other
        if not _is_aware(other):
            return NotImplemented
        return self._since(other, sign=1)

    def __rsub__(self, other: object) -> Any:  # noqa: ANN401 (as in datetime)
        return self._since(other, sign=-1) if _is_aware(other) else NotImplemented

    def _since(self, other: datetime, *, sign: int) -> timedelta:
        if isinstance(other, WatchedTime):
            return (self.plain - other.plain) * sign
        return WatchedDelta.of(self, other.astimezone(UTC), sign)


def _is_aware(value: object) -> TypeGuard[datetime]:
    return isinstance(value, datetime) and value.tzinfo is not None


class WatchedDelta(timedelta):
    """The time from an instant to the watched one (sign 1), or from the watched one to it (sign -1)."""

    moment: WatchedTime
    origin: datetime
    sign: int

    @classmethod
    def of(cls, moment: WatchedTime, origin: datetime, sign: int) -> WatchedDelta:
        """Watch the time between two instants."""
        plain = (moment.plain - origin) * sign
        made = cls(plain.days, plain.seconds, plain.microseconds)
        made.moment, made.origin, made.sign = moment, origin, sign
        return made

    def plainly(self) -> timedelta:
        """The time itself; the answer then holds for this instant only."""
        return (self.moment.plainly() - self.origin) * self.sign

    def _compared(self, other: object, forward: Callable[..., bool], backward: Callable[..., bool]) -> bool:
        if not isinstance(other, timedelta) or isinstance(other, WatchedDelta):
            return forward(self.plainly(), other)
        try:
            pivot = self.origin + other * self.sign
        except OverflowError:
            return forward(self.plainly(), other)
        return forward(self.moment, pivot) if self.sign > 0 else backward(self.moment, pivot)

    def __lt__(self, other: object) -> bool:
        return self._compared(other, operator.lt, operator.gt)

    def __le__(self, other: object) -> bool:
        return self._compared(other, operator.le, operator.ge)

    def __gt__(self, other: object) -> bool:
        return self._compared(other, operator.gt, operator.lt)

    def __ge__(self, other: object) -> bool:
        return self._compared(other, operator.ge, operator.le)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, timedelta) and self._compared(other, operator.eq, operator.eq)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.plainly())


def _plain_method(name: str, plain: Callable[[Any], Any]) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **named: Any) -> Any:  # noqa: ANN401 (whatever the method takes)
        return getattr(plain(self), name)(*args, **named)

    return method


def _plain_property(name: str, plain: Callable[[Any], Any]) -> property:
    return property(lambda self: getattr(plain(self), name))


_TIME_PARTS: Final = ("year", "month", "day", "hour", "minute", "second", "microsecond", "fold")
_TIME_METHODS: Final = (
    "date", "time", "timetz", "timestamp", "replace", "isoformat", "strftime", "weekday", "isoweekday", "isocalendar",
    "timetuple", "utctimetuple", "toordinal", "ctime", "__str__", "__repr__", "__format__", "__reduce_ex__",
    "__reduce__",
)  # fmt: skip
_DELTA_METHODS: Final = (
    "total_seconds", "__str__", "__repr__", "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__",
    "__neg__", "__pos__", "__abs__", "__floordiv__", "__truediv__", "__mod__", "__divmod__", "__bool__", "__reduce__",
)  # fmt: skip
for _name in _TIME_PARTS:
    setattr(WatchedTime, _name, _plain_property(_name, WatchedTime.plainly))
for _name in _TIME_METHODS:
    setattr(WatchedTime, _name, _plain_method(_name, WatchedTime.plainly))
for _name in ("days", "seconds", "microseconds"):
    setattr(WatchedDelta, _name, _plain_property(_name, WatchedDelta.plainly))
for _name in _DELTA_METHODS:
    setattr(WatchedDelta, _name, _plain_method(_name, WatchedDelta.plainly))
