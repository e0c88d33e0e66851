"""Terms that say what is unusual: working hours and days as bound, and what counts when nobody bound them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tutela.engine.errors import Location
from tutela.engine.events import Event
from tutela.engine.reconcile_anomalies import Anomalies, Terms
from tutela.engine.tally import place

WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday"]
FIRST = datetime.min.replace(tzinfo=UTC) + timedelta(hours=1)
BOUND = {"anomaly.window_minutes": 60, "anomaly.work_days": WEEK}


def terms(start: object, end: object) -> Terms:
    """Working days from Monday to Friday, between these hours."""
    return Terms.of({**BOUND, "anomaly.work_start_hour": start, "anomaly.work_end_hour": end})


def event(at: datetime, line: int = 1) -> Event:
    """An access of one row."""
    return Event(id="e", location=Location("log", line, 1), account="one", at=at, row_count=1)


@pytest.mark.parametrize(
    ("start", "end", "moment", "working"),
    [
        (7, 22, "2026-11-13T06:59:59", False),
        (7, 22, "2026-11-13T07:00:00", True),
        (7, 22, "2026-11-13T21:59:59", True),
        (7, 22, "2026-11-13T22:00:00", False),
        (7, 22, "2026-11-14T12:00:00", False),
        (0, 24, "2026-11-13T23:59:59", True),
        (0, 24, "2026-11-15T00:00:00", False),
        (22, 6, "2026-11-13T22:00:00", True),  # the night shift of Friday
        (22, 6, "2026-11-14T05:59:59", True),
        (22, 6, "2026-11-14T06:00:00", False),
        (22, 6, "2026-11-14T22:00:00", False),  # Saturday has none
        (22, 6, "2026-11-16T05:00:00", False),  # nor has the night to Monday
        (22, 6, "2026-11-16T12:00:00", False),
        (9, 9, "2026-11-13T09:00:00", False),
    ],
)
def test_working_hours(start: int, end: int, moment: str, working: bool) -> None:
    """From one hour to before another, of working days; a shift over midnight is of the day on which it began."""
    assert working is terms(start, end).working(datetime.fromisoformat(moment))


@pytest.mark.parametrize("values", [{}, BOUND, {"anomaly.work_start_hour": 0, "anomaly.work_end_hour": 24}])
def test_unbound_terms_make_nothing_smaller(values: dict[str, object]) -> None:
    """Without hours or without days, all work is out of hours."""
    friday = datetime.fromisoformat("2026-11-13T12:00:00")

    assert not any(Terms.of(values).working(friday + timedelta(hours=hour)) for hour in range(7 * 24))


def test_an_unbound_window_is_the_whole_log() -> None:
    """Two denials a year apart stand in one window, and the message says so."""
    found = Anomalies(ZoneInfo("Asia/Shanghai"), Terms.of({}), None)
    for line, year in enumerate((2025, 2026), 1):
        one = event(datetime(year, 1, 1, tzinfo=UTC), line)
        found.refused(one, place(one), ("t",))
    (use,) = found.uses()

    assert {"events": 2, "automated": False, "denials_in_window": 2} == use.properties
    assert "within the whole log" in use.evidence.en
    assert "整个日志内" in use.evidence.zh


@pytest.mark.parametrize(
    "at", [datetime.min.replace(tzinfo=UTC) + timedelta(hours=1), datetime.max.replace(tzinfo=UTC)]
)
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai"])
def test_the_ends_of_the_calendar(at: datetime, zone: str) -> None:
    """A day that a zone cannot tell breaks nothing; a denial counts all the same."""
    found = Anomalies(ZoneInfo(zone), terms(7, 22), None)
    found.see(event(at), place(event(at)), ("t",))
    found.refused(event(at), place(event(at)), ("t",))

    assert 1 in [use.properties.get("denials_in_window") for use in found.uses()]
