"""Times in logs: with a certain offset, or none at all."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SERVER: Final = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) ([A-Za-z]{1,6}|[+-]\d\d(?::?\d\d)?)", re.ASCII
)


class UncertainTimeError(ValueError):
    """A time without a certain offset."""


class NoYearError(ValueError):
    """A time without a year."""


def everywhere(at: datetime) -> datetime:
    """A time that every time zone can tell; raises ValueError in the first and the last year of the calendar."""
    if not MINYEAR < at.year < MAXYEAR:
        raise ValueError(at)
    return at


def server_time(text: str, zone: ZoneInfo | None) -> datetime:
    """A time as PostgreSQL writes it; an abbreviation such as CST counts only where `zone` uses it.

    Raises ValueError, UncertainTimeError when only the offset is missing.
    """
    match = _SERVER.fullmatch(text)
    if match is None:
        raise ValueError(text)
    naive = everywhere(datetime.fromisoformat(match[1]))
    name = match[2]
    if name.upper() in ("UTC", "GMT", "Z"):
        return naive.replace(tzinfo=UTC)
    if name[0] in "+-":
        digits = name[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return naive.replace(tzinfo=timezone(-offset if name[0] == "-" else offset))
    if zone is not None:
        for fold in (0, 1):
            at = naive.replace(tzinfo=zone, fold=fold)
            if at.tzname() == name:
                return at
    raise UncertainTimeError(text)


def epoch(seconds: float) -> datetime:
    """A Unix time; raises ValueError where no date can hold it."""
    try:
        return everywhere(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError) as error:
        raise ValueError(seconds) from error
