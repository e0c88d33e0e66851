"""Civil-calendar periods: a table worked out by hand, and a slow calculation that shares no code."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutela.engine.periods import add_period, day_end, day_start, parse_period, period_end

ZONES = ["Asia/Shanghai", "UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia"]


@pytest.mark.parametrize(
    ("start", "periods", "zone", "end"),
    [
        # 00:30 on 1 January in Shanghai, so the last day is 1 January three years later
        ("2023-12-31T16:30:00Z", ["P3Y"], "Asia/Shanghai", "2027-01-01T16:00:00Z"),
        ("2023-12-31T16:30:00Z", ["P3Y"], "UTC", "2027-01-01T00:00:00Z"),
        ("2023-12-31T15:59:59Z", ["P3Y"], "Asia/Shanghai", "2026-12-31T16:00:00Z"),
        # leap days
        ("2024-02-29T12:00:00Z", ["P1Y"], "UTC", "2025-03-01T00:00:00Z"),
        ("2024-02-29T12:00:00Z", ["P3Y"], "UTC", "2027-03-01T00:00:00Z"),
        ("2024-02-29T12:00:00Z", ["P4Y"], "UTC", "2028-03-01T00:00:00Z"),
        ("2023-02-28T12:00:00Z", ["P1Y"], "UTC", "2024-02-29T00:00:00Z"),
        ("2096-02-29T12:00:00Z", ["P4Y"], "UTC", "2100-03-01T00:00:00Z"),
        # month ends
        ("2026-01-31T00:00:00Z", ["P1M"], "UTC", "2026-03-01T00:00:00Z"),
        ("2024-01-31T00:00:00Z", ["P1M"], "UTC", "2024-03-01T00:00:00Z"),
        ("2026-03-31T00:00:00Z", ["P1M"], "UTC", "2026-05-01T00:00:00Z"),
        ("2026-11-30T00:00:00Z", ["P3M"], "UTC", "2027-03-01T00:00:00Z"),
        ("2026-12-31T00:00:00Z", ["P2M"], "UTC", "2027-03-01T00:00:00Z"),
        # days, and years before months before days
        ("2026-11-01T00:00:00Z", ["P15D"], "UTC", "2026-11-17T00:00:00Z"),
        ("2024-02-29T00:00:00Z", ["P1Y1M1D"], "UTC", "2025-03-31T00:00:00Z"),
        ("2026-01-31T00:00:00Z", ["P1M1D"], "UTC", "2026-03-02T00:00:00Z"),
        ("2026-01-31T00:00:00Z", ["P0D"], "UTC", "2026-02-01T00:00:00Z"),
        # one after the other is not the sum
        ("2026-01-31T00:00:00Z", ["P1M", "P1M"], "UTC", "2026-03-29T00:00:00Z"),
        ("2026-01-31T00:00:00Z", ["P2M"], "UTC", "2026-04-01T00:00:00Z"),
        ("2026-01-31T00:00:00Z", [], "UTC", "2026-02-01T00:00:00Z"),
        # the last day of a period is 23 or 25 hours long
        ("2025-03-09T06:00:00Z", ["P1Y"], "America/New_York", "2026-03-10T04:00:00Z"),
        ("2025-03-08T06:00:00Z", ["P1Y"], "America/New_York", "2026-03-09T04:00:00Z"),
        ("2025-11-01T06:00:00Z", ["P1Y"], "America/New_York", "2026-11-02T05:00:00Z"),
        # a day that a zone left out: Samoa has no 30 December 2011
        ("2011-12-28T12:00:00Z", ["P1D"], "Pacific/Apia", "2011-12-30T10:00:00Z"),
    ],
)
def test_a_period_ends_where_the_calendar_says(start: str, periods: list[str], zone: str, end: str) -> None:
    """At 24:00 of the corresponding day in the zone, or of the month's last day where there is none."""
    assert datetime.fromisoformat(end) == period_end(datetime.fromisoformat(start), periods, ZoneInfo(zone))


def slow(day: date, years: int, months: int, days: int) -> date:
    """Walk: month by month to the right month, back from the 31st to a day that exists, then day by day."""
    year, month = day.year, day.month
    for _ in range(12 * years + months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    found = next(made for number in range(day.day, 0, -1) if (made := _day(year, month, number)))
    for _ in range(days):
        found += timedelta(days=1)
    return found


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


@given(
    day=st.dates(date(1950, 1, 1), date(2150, 1, 1)),
    years=st.integers(0, 60),
    months=st.integers(0, 40),
    days=st.integers(0, 400),
)
def test_adding_is_walking_through_the_calendar(day: date, years: int, months: int, days: int) -> None:
    """Years and months first, then days."""
    assert slow(day, years, months, days) == add_period(day, f"P{years}Y{months}M{days}D")


@given(
    start=st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (bounds)
    years=st.integers(0, 30),
    zone=st.sampled_from(ZONES),
)
def test_an_end_is_the_first_instant_of_the_next_day(start: datetime, years: int, zone: str) -> None:
    """A moment before it is still the last day, in the zone; it never comes before the start."""
    tz = ZoneInfo(zone)

    end = period_end(start, [f"P{years}Y"], tz)

    last = slow(start.astimezone(tz).date(), years, 0, 0)
    assert (end - timedelta(microseconds=1)).astimezone(tz).date() <= last < end.astimezone(tz).date()
    assert end > start


@pytest.mark.parametrize(
    "text",
    ["", "P", "P3", "3Y", "P3W", "PT3H", "P3Y2", "P-3Y", "P3.5Y", "p3y", " P3Y", "P3Y\n", "P3M1Y", "P３Y", "P12345Y"],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    """Weeks, times, signs, fractions, white space and other digits."""
    with pytest.raises(ValueError, match="not a period"):
        parse_period(text)


def test_a_period_is_months_and_days() -> None:
    """A year is twelve months, never 365 days."""
    assert (12 * 3 + 6, 10) == parse_period("P3Y6M10D")


@pytest.mark.parametrize("zone", ZONES)
def test_forever_and_the_beginning_of_time_do_not_overflow(zone: str) -> None:
    """`9999-12-31` is how registers say forever: it is after every instant that a request can have."""
    tz = ZoneInfo(zone)

    assert datetime(9999, 12, 30, tzinfo=UTC) < day_end(date.max, tz)
    assert datetime(1, 1, 2, tzinfo=UTC) > day_start(date.min, tz)
    assert day_end(date.max, tz) >= day_start(date.max, tz)
