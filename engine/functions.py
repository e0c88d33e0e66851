"""The functions that conditions may call besides those of rule-engine."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

from .periods import period_end

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from .expression import Function

ZONE_PARAMETER: Final = "timezone"
ZONED: Final = ("$period_end",)
"""Functions that reckon in the policy time zone and so read the parameter `timezone`."""
MAX_DAYS: Final = 1_000_000


def callables(values: Mapping[str, object]) -> dict[str, Callable[..., object]]:
    """The functions by name, bound to the policy time zone (UTC while none is bound: load refuses that)."""
    name = values.get(ZONE_PARAMETER)
    zone: ZoneInfo | None = ZoneInfo(name) if isinstance(name, str) else None

    def end(start: datetime, periods: Sequence[str]) -> datetime:
        return period_end(start, periods, zone or cast("ZoneInfo", UTC))

    return {"period_end": end, "period": period, "days": days, "hours": hours}


def period(count: object, unit: str) -> str:
    """A number of years, months or days as an ISO 8601 period; fractions and negative numbers are errors."""
    whole = int(count)  # type: ignore[call-overload]
    if whole != count or whole < 0 or unit not in {"Y", "M", "D"}:
        raise ValueError("a period counts whole years, months or days")
    return f"P{whole}{unit}"


def days(count: object) -> timedelta:
    """A number of 24-hour days as a duration."""
    if not 0 <= float(count) <= MAX_DAYS:  # type: ignore[arg-type]
        raise ValueError("a number of days out of range")
    return timedelta(days=float(count))  # type: ignore[arg-type]


def hours(count: object) -> timedelta:
    """A number of hours as a duration."""
    if not 0 <= float(count) <= 24 * MAX_DAYS:  # type: ignore[arg-type]
        raise ValueError("a number of hours out of range")
    return timedelta(hours=float(count))  # type: ignore[arg-type]


def functions(values: Mapping[str, object]) -> tuple[Function, ...]:
    """The functions with their types, as the expression language wants them."""
    from .expression import Function
    from .ir import DATETIME, DURATION, NUMBER, STRING, array

    calls = callables(values)
    return (
        Function("period_end", calls["period_end"], (DATETIME, array(STRING)), DATETIME),
        Function("period", calls["period"], (NUMBER, STRING), STRING),
        Function("days", calls["days"], (NUMBER,), DURATION),
        Function("hours", calls["hours"], (NUMBER,), DURATION),
    )
