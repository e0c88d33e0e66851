"""People and departments with their history: who somebody was at an instant."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

UNKNOWN: Final[Mapping[str, Any]] = {
    "known": False, "employed": False, "employee": None, "department": None, "roles": [], "senior": False,
    "terminated_at": None,
}  # fmt: skip
SENIOR: Final = "senior_management"


class People:
    """Look-ups in the registers `people` and `departments`."""

    __slots__ = ("_accounts", "_heads", "_people", "known")

    def __init__(self, registers: Mapping[str, Sequence[dict[str, Any]]]) -> None:
        self.known = "people" in registers
        """Whether the project has a people register at all."""
        self._people = {person["id"]: person for person in registers.get("people", ())}
        self._accounts = {
            account: person["id"]
            for person in registers.get("people", ())
            for account in (*person.get("accounts", ()), *person.get("owned_service_accounts", ()))
        }
        self._heads = {entry["code"]: entry["head_history"] for entry in registers.get("departments", ())}

    def attributes(self, name: str, kind: str, now: datetime) -> dict[str, Any]:
        """What conditions may read about a subject; somebody whom nobody registered has no roles."""
        person = self.find(name, kind)
        if person is None:
            return dict(UNKNOWN)
        return {
            "known": True,
            "employed": employed(person, now),
            "employee": person["id"],
            "department": department(person, now),
            "roles": roles(person, now),
            "senior": senior(person, now),
            "terminated_at": person.get("terminated_at"),
        }

    def find(self, name: str, kind: str = "employee") -> dict[str, Any] | None:
        """The person with this id, or the owner of this account."""
        if kind == "employee":
            return self._people.get(name)
        return self._people.get(self._accounts.get(name, name if kind == "user" else ""))

    def heads(self, code: str | None, now: datetime) -> tuple[str, ...]:
        """Who headed a department at an instant."""
        history = self._heads.get(code or "", ())
        return tuple(entry["employee"] for entry in history if _during(entry, now))


def employed(person: Mapping[str, Any], now: datetime) -> bool:
    """Whether somebody was in the company's service at an instant; a suspended person is not."""
    hired = datetime.combine(person["hired_at"], time(0), tzinfo=UTC)
    left: datetime | None = person.get("terminated_at")
    if person["status"] == "terminated" and left is None:
        return False
    # A day without a time zone begins first at UTC+14: hiring counts from then, never later than anywhere.
    return (
        hired.timestamp() - 14 * 3600 <= now.timestamp()
        and (left is None or now < left)
        and person["status"] != "suspended"
    )


def _during(entry: Mapping[str, Any], now: datetime) -> bool:
    until: datetime | None = entry.get("to")
    start: datetime = entry["from"]
    return start <= now and (until is None or now < until)


def _assignments(person: Mapping[str, Any], now: datetime) -> Iterable[Mapping[str, Any]]:
    return (entry for entry in person.get("assignments", ()) if _during(entry, now))


def department(person: Mapping[str, Any], now: datetime) -> str | None:
    """The department somebody belonged to at an instant; the present one when no history is kept."""
    if "assignments" not in person:
        return str(person["department"])
    return next((str(entry["department"]) for entry in _assignments(person, now)), None)


def roles(person: Mapping[str, Any], now: datetime) -> list[str]:
    """The roles somebody held at an instant, none outside the time of service."""
    if not employed(person, now):
        return []
    if "assignments" not in person:
        return list(person.get("roles", ()))
    return list(dict.fromkeys(entry["role"] for entry in _assignments(person, now)))


def senior(person: Mapping[str, Any], now: datetime) -> bool:
    """Whether somebody belonged to senior management at an instant."""
    if not employed(person, now):
        return False
    if "assignments" not in person:
        return bool(person["grade"] == "senior")
    return any(SENIOR in (entry["department"], entry["role"]) for entry in _assignments(person, now)) or (
        person["grade"] == "senior" and any(True for _ in _assignments(person, now))
    )
