"""The rows that an account has had of a table within a stretch of time, however the log is ordered."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from tutela.engine.events import Event

MAX_KEPT: Final = 4096
"""Counts of one account and table that are kept before those far from the event at hand are dropped."""
Rows = dict[tuple[str, str], list[tuple["datetime", int]]]


@dataclass(slots=True)
class RowWindow:
    """Adds up rows by account and table."""

    length: timedelta = timedelta(0)
    """Zero: only the statement's own rows count."""
    rows: Rows = field(default_factory=dict[tuple[str, str], "list[tuple[datetime, int]]"])
    """(account, dataset in lower case) -> times and rows, by time."""

    def add(self, event: Event, dataset: str) -> int | None:
        """Rows of this account and table within the window before and after, as far as the log has been read."""
        if event.at is None:
            return None
        if not self.length:
            return event.row_count
        key = (event.account, dataset.lower())
        if event.row_count is None:
            rows = self.rows.get(key, [])
        else:
            rows = self.rows.setdefault(key, [])
            insort(rows, (event.at, event.row_count))
        if len(rows) > MAX_KEPT:
            # Far from this event, not from the newest: a log may run backwards.
            del rows[bisect_right(rows, event.at + 2 * self.length, key=_at) :]
            del rows[: bisect_left(rows, event.at - 2 * self.length, key=_at)]
        first = bisect_right(rows, event.at - self.length, key=_at)
        near = rows[first : bisect_left(rows, event.at + self.length, key=_at)]
        return sum(count for _, count in near) if near else None

    def forget(self) -> None:
        """Drop the counts that are far from the newest of their account and table: no event to come is near to them."""
        for rows in self.rows.values():
            del rows[: bisect_left(rows, rows[-1][0] - 2 * self.length, key=_at)]


def _at(row: tuple[datetime, int]) -> datetime:
    return row[0]
