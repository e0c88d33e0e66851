"""People and departments with their history: who somebody was at an instant."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .known import View
from .periods import day_end, day_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

SENIOR: Final = "senior_management"
EARLIEST: Final = timedelta(hours=14)
"""A day without a time zone begins first at UTC+14: hiring counts from then, never later than anywhere."""


class People:
    """Look-ups in the registers `people`, `departments`, `service_accounts`, `roles` and `delegations`."""

    def __init__(self, registers: Mapping[str, Sequence[Any]]) -> None:
        self.known = "people" in registers
        """Whether the project has a people register at all."""
        self.by_id: dict[str, dict[str, Any]] = {person["id"]: person for person in registers.get("people", ())}
        self.service_accounts = {entry["id"]: entry for entry in registers.get("service_accounts", ())}
        self.owners = {
            account: person["id"]
            for person in registers.get("people", ())
            for account in (*person.get("accounts", ()), *person.get("owned_service_accounts", ()))
        }
        """Account -> who answers for it."""
        self.owners.update({name: entry["owner"] for name, entry in self.service_accounts.items()})
        self.roles = {entry["id"]: entry for entry in registers.get("roles", ())}
        self.delegations = {entry["id"]: entry for entry in registers.get("delegations", ())}
        self._heads = {entry["code"]: entry["head_history"] for entry in registers.get("departments", ())}

    def find(self, name: str, kind: str = "employee") -> dict[str, Any] | None:
        """The person with this id, or the owner of this account."""
        if kind == "employee":
            return self.by_id.get(name)
        return self.by_id.get(self.owners.get(name, name if kind == "user" else ""))

    def heads(self, code: str | None, now: datetime) -> tuple[str, ...]:
        """Who headed a department at an instant."""
        return tuple(entry["employee"] for entry in self._heads.get(code or "", ()) if during(entry, now))

    def ever_headed(self, code: str | None, name: str) -> bool:
        """Whether somebody heads a department, or once did or will: the right person, perhaps at a wrong time."""
        return any(entry["employee"] == name for entry in self._heads.get(code or "", ()))

    def in_service(self, name: str | None, now: datetime) -> bool:
        """Whether a registered person was in the company's service at an instant."""
        person = self.by_id.get(name or "")
        return person is not None and employed(person, now)

    def serves(self, name: str | None, now: datetime) -> bool:
        """Whether somebody is in service at an instant; a project without a register of people wants a name only."""
        return self.in_service(name, now) if self.known else bool((name or "").strip())


def employed(person: Mapping[str, Any], now: datetime) -> bool:
    """Whether somebody was in the company's service at an instant; a suspended person is not."""
    left: datetime | None = person.get("terminated_at")
    if person["status"] == "terminated" and left is None:
        return False
    return (left is None or now < left) and person["status"] != "suspended" and hired(person, now)


def left_at(person: Mapping[str, Any]) -> datetime | None:
    """When somebody left; of a leaver without that day the day of hiring: nobody knows how soon after it."""
    left: datetime | None = person.get("terminated_at")
    if left is None and person["status"] == "terminated":
        return datetime.combine(person["hired_at"], time(0), tzinfo=UTC)
    return left


def hired(person: Mapping[str, Any], now: datetime) -> bool:
    """Whether somebody's service had begun at an instant."""
    return datetime.combine(person["hired_at"], time(0), tzinfo=UTC) - now <= EARLIEST


def during(entry: Mapping[str, Any], now: datetime) -> bool:
    """Whether an entry with `from` and `to` held at an instant: from its start, no longer at its end."""
    until: datetime | None = entry.get("to")
    start: datetime = entry["from"]
    return start <= now and (until is None or now < until)


def _assignments(person: Mapping[str, Any], now: datetime) -> Iterable[Mapping[str, Any]]:
    return (entry for entry in person.get("assignments", ()) if during(entry, now))


def department(person: Mapping[str, Any], now: datetime) -> str | None:
    """The department somebody belonged to at an instant; the present one when no history is kept."""
    if "assignments" not in person:
        return str(person["department"])
    return next((str(entry["department"]) for entry in _assignments(person, now)), None)


def roles(person: Mapping[str, Any], now: datetime) -> list[str]:
    """The roles somebody held at an instant.

    Those of a leaver are the last ones: that he has left is a reason of its own. A suspended person has none, nor
    has anybody before the first day.
    """
    left: datetime | None = person.get("terminated_at")
    if person["status"] == "suspended" or not hired(person, now) or (person["status"] == "terminated" and not left):
        return []
    if "assignments" not in person:
        return list(person.get("roles", ()))
    if left is not None and left <= now:
        return list(
            dict.fromkeys(
                entry["role"]
                for entry in person["assignments"]
                if entry["from"] < left and (entry.get("to") is None or entry["to"] >= left)
            )
        )
    return list(dict.fromkeys(entry["role"] for entry in _assignments(person, now)))


def former_roles(person: Mapping[str, Any], now: datetime) -> dict[str, datetime]:
    """Roles that somebody held before and holds no longer -> when the last of them ended."""
    held = set(roles(person, now))
    found: dict[str, datetime] = {}
    for entry in person.get("assignments", ()):
        until: datetime | None = entry.get("to")
        if until is not None and until <= now and entry["role"] not in held:
            found[entry["role"]] = max(until, found.get(entry["role"], until))
    return found


def senior(person: Mapping[str, Any], now: datetime) -> bool:
    """Whether somebody belonged to senior management at an instant."""
    if not employed(person, now):
        return False
    if "assignments" not in person:
        return bool(person["grade"] == "senior")
    return any(SENIOR in (entry["department"], entry["role"]) for entry in _assignments(person, now)) or (
        person["grade"] == "senior" and any(True for _ in _assignments(person, now))
    )


def ever_senior(person: Mapping[str, Any]) -> bool:
    """Whether somebody belongs to senior management, or once did or will."""
    return person["grade"] == "senior" or any(
        SENIOR in (entry["department"], entry["role"]) for entry in person.get("assignments", ())
    )


def bound_to_secrecy(person: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> bool:
    """Whether somebody's confidentiality agreement was signed and had not lapsed at an instant."""
    agreement = person.get("confidentiality_agreement")
    if agreement is None:
        return False
    until = agreement.get("valid_to")
    return day_start(agreement["signed_at"], zone) <= now and (until is None or now < day_end(until, zone))


class SubjectView(View):
    """Who asks; somebody whom nobody registered has no roles."""

    @cached_property
    def _person(self) -> dict[str, Any] | None:
        return self.world.people.find(self.stated["id"], self.stated["type"])

    def known(self) -> bool:
        """Registered in the people register."""
        return self._person is not None

    def employed(self) -> bool:
        """In the company's service."""
        return self._person is not None and employed(self._person, self._now)

    def employee(self) -> str | None:
        """The person behind an account."""
        return None if self._person is None else str(self._person["id"])

    def department(self) -> str | None:
        """Where the person works."""
        return None if self._person is None else department(self._person, self._now)

    def roles(self) -> list[str]:
        """The roles held; a service account has those it was given, and no others."""
        account = self.world.people.service_accounts.get(self.stated["id"]) if self._by_account else None
        if account is not None and "roles" in account:
            ended: datetime | None = account.get("disabled_at")
            return list(account["roles"]) if ended is None or self._now < ended else []
        return [] if self._person is None else roles(self._person, self._now)

    @property
    def _by_account(self) -> bool:
        return bool(self.stated["type"] != "employee")

    def former_roles(self) -> list[str]:
        """Roles held before and no longer."""
        return [] if self._person is None else list(former_roles(self._person, self._now))

    def automated(self) -> bool:
        """A registered account of a program: no member of staff looks at the data."""
        return self._by_account and self.stated["id"] in self.world.people.service_accounts

    def senior(self) -> bool:
        """Member of senior management."""
        return self._person is not None and senior(self._person, self._now)

    def terminated_at(self) -> datetime | None:
        """When the person left."""
        return None if self._person is None else left_at(self._person)

    def confidentiality(self) -> bool:
        """Bound by a confidentiality agreement."""
        return self._person is not None and bound_to_secrecy(self._person, self._now, self.world.zone)
