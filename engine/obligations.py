"""Obligations that tutela itself carries out, and when others are due: civil days and hours after the decision."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

from .functions import ZONE_PARAMETER
from .model import Obligation
from .periods import UNITS, add_period

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK_COLUMNS: Final = "mask_columns"
FILTER_ROWS: Final = "filter_rows"
ROW: Final = "row"
"""The name under which the condition of a row filter reads the columns of a row."""


def due(duty: Obligation, now: datetime, parameters: Mapping[str, object]) -> Obligation:
    """The obligation as an answer has it: without its condition, with the day or instant by which it is due."""
    if duty.due is None:
        return duty if duty.when is None else Obligation(duty.kind, duty.args)
    text, unit = duty.due
    name = parameters.get(ZONE_PARAMETER)
    zone = ZoneInfo(name) if isinstance(name, str) else UTC
    if unit == "hours":
        try:
            until = (now + timedelta(hours=float(cast("float", parameters[text])))).astimezone(zone)
        except OverflowError:
            until = datetime.max.replace(tzinfo=UTC)
        return Obligation(duty.kind, {**duty.args, "due": until.isoformat()})
    period = text if not unit else f"P{int(cast('int', parameters[text]))}{UNITS[unit]}"
    try:
        day = add_period(now.astimezone(zone).date(), period)
    except (OverflowError, ValueError):  # after the year 9999 there is no day to name
        day = date.max
    return Obligation(duty.kind, {**duty.args, "due": day.isoformat()})
