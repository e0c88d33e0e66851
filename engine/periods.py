"""Civil-calendar periods in the policy time zone: `P3Y` after a day, never a number of seconds.

The first day is not counted; a period ends with the corresponding day, or with the month's last day when there
is none, at 24:00 local time (Civil Code of the PRC, articles 200 to 204; no roll over public holidays).
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

_PERIOD: Final = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})D)?\Z", re.ASCII)
UNITS: Final = {"years": "Y", "months": "M", "days": "D"}
"""The words of policies -> the letters of ISO 8601."""


def parse_period(text: str) -> tuple[int, int]:
    """Read an ISO 8601 period of years, months and days as (months, days); ValueError when it is none."""
    match = _PERIOD.match(text)
    if match is None:
        raise ValueError(f"not a period of years, months and days: {text!r}")
    years, months, days = (int(group or 0) for group in match.groups())
    return years * 12 + months, days


def add_period(day: date, period: str) -> date:
    """The corresponding day after a period: 2024-02-29 + P1Y = 2025-02-28."""
    months, days = parse_period(period)
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, last)) + timedelta(days=days)


def day_end(day: date, zone: ZoneInfo) -> datetime:
    """24:00 of a civil day, as an instant in UTC; the last instant there is for `9999-12-31`, which means forever."""
    try:
        return datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """0:00 of a civil day, as an instant in UTC; the first instant there is for a day before it."""
    try:
        return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def period_end(start: datetime, periods: Sequence[str], zone: ZoneInfo) -> datetime:
    """The instant at which periods that follow each other from `start` are over: 24:00 of the last civil day."""
    day = start.astimezone(zone).date()
    for period in periods:
        day = add_period(day, period)
    return day_end(day, zone)
