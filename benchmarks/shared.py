"""What the renderings of several peers share: flat requests, and templates of the eight atoms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .workload import Case


def flat(case: Case) -> dict[str, Any]:
    """The attributes that conditions read, flat: the fastest form for every expression language here."""
    return {
        "s_id": case.user,
        "s_department": case.department,
        "s_clearance": case.clearance,
        "s_region": case.subject_region,
        "s_mfa": case.mfa,
        "r_owner": case.owner,
        "r_owner_department": case.owner_department,
        "r_sensitivity": case.sensitivity,
        "r_region": case.resource_region,
        "purpose": case.purpose,
        "hour": case.hour,
        "channel": case.channel,
    }


def whole(case: Case) -> dict[str, Any]:
    """The same with what the rules name."""
    return {"action": case.action, "table": case.table, "role": case.role, **flat(case)}


def words(prefix: str, *, both: str, either: str, inside: str, quote: str = '"') -> dict[str, str]:
    """Templates of the eight atoms for languages that differ in and, or, and membership only."""
    p = prefix
    same = f"{p}s_department == {p}r_owner_department"
    return {
        "same_department": same,
        "clearance": f"{p}r_sensitivity <= {p}s_clearance",
        "purpose": inside,
        "same_region": f"{p}s_region == {p}r_region",
        "hours": f"({p}hour >= {{0}} {both} {p}hour < {{1}})",
        "mfa": f"{p}s_mfa == true",
        "channel_not": f"{p}channel != {quote}{{0}}{quote}",
        "owner_or_department": f"({p}r_owner == {p}s_id {either} {same})",
    }
