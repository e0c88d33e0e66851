"""What registers know about things that stand: roles, grants, accounts, people, tickets, changes of policies."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_access import declared
from .facts_catalog import key_of
from .facts_people import employed, former_roles, left_at, roles
from .known import View, texts
from .periods import day_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

PUBLIC: Final = "public"
READS: Final = frozenset({"select", "usage", "connect", "references"})
"""Whatever else is granted counts as changing data."""
BLANKET: Final = frozenset({"all", "all privileges", "*"})
POLICY_REVIEW: Final = "policy_review"
"""The duty whose scope says which policies were reviewed."""


def reviewed_at(view: View, *scopes: str) -> datetime | None:
    """When a role or grant was last reviewed, by now."""
    found = [
        day_start(entry["reviewed_at"], view.world.zone)
        for scope in scopes
        for entry in view.world.reviews.get(scope, ())
    ]
    return max((at for at in found if at <= view.question.now), default=None)


class RoleView(View):
    """A role as such."""

    def reviewed_at(self) -> datetime | None:
        """When the role was last reviewed."""
        return reviewed_at(self, f"role:{self.stated['id']}")

    def reviews_kept(self) -> bool:
        """The project keeps a register of reviews."""
        return self.world.has("access_reviews")


class GrantView(View):
    """A GRANT: `dataset` or `role`, `grantee` and `privileges`."""

    @cached_property
    def _grantee(self) -> str:
        return key_of(str(self.stated["grantee"]))

    @cached_property
    def _roles(self) -> Sequence[str]:
        """The roles concerned: the one given, and the one that gets it."""
        known = {name.lower(): name for name in self.world.people.roles}
        named = (str(self.stated.get("role", "")).lower(), self._grantee)
        return [known.get(name, name) for name in named if name]

    @cached_property
    def _privileges(self) -> frozenset[str]:
        """Without the columns that a privilege may be restricted to."""
        return frozenset(privilege.partition("(")[0].strip().lower() for privilege in texts(self.stated["privileges"]))

    @cached_property
    def _person(self) -> dict[str, Any] | None:
        people = self.world.people
        return people.find(self._grantee, "user") or people.find(str(self.stated["grantee"]), "user")

    def to_public(self) -> bool:
        """It is to everybody."""
        return self._grantee == PUBLIC

    def to_shared(self) -> bool:
        """It is to an account of several people."""
        return any(self.world.people.roles.get(role, {}).get("shared", False) for role in self._roles)

    def blanket(self) -> bool:
        """It gives all privileges."""
        return not BLANKET.isdisjoint(self._privileges)

    def write_to_read_role(self) -> bool:
        """It lets a role change data that is only to read."""
        read_only = any(self.world.people.roles.get(role, {}).get("read_only", False) for role in self._roles)
        return read_only and not self._privileges <= READS

    def reviewed_at(self) -> datetime | None:
        """When the role concerned was last reviewed; the oldest of several."""
        found = [reviewed_at(self, f"role:{role}", f"grant:{role}") for role in self._roles if self._is_role(role)]
        return min((at for at in found if at is not None), default=None) if None not in found else None

    def role_concerned(self) -> bool:
        """It concerns a registered role."""
        return any(self._is_role(role) for role in self._roles)

    def _is_role(self, role: str) -> bool:
        return role in self.world.people.roles or bool(self.world.reviews.get(f"role:{role}"))

    def reviews_kept(self) -> bool:
        """The project keeps a register of reviews."""
        return self.world.has("access_reviews")

    def grantee_left_at(self) -> datetime | None:
        """When the person behind the grantee left."""
        return None if self._person is None else left_at(self._person)

    def old_role_ended_at(self) -> datetime | None:
        """When the person behind the grantee gave up the role that is granted."""
        if self._person is None:
            return None
        ended = {name.lower(): at for name, at in former_roles(self._person, self._now).items()}
        return ended.get(str(self.stated.get("role", "")).lower())


class AccountView(View):
    """An account as it stands or as logs show it: `enabled`, and the `users` and `sources` seen at one time."""

    @cached_property
    def _owner(self) -> dict[str, Any] | None:
        return self.world.people.find(self.stated["id"], "user")

    def enabled(self) -> bool:
        """It can be used; so long as nobody says otherwise, it can."""
        stated = self.stated.get("enabled", True)
        if not isinstance(stated, bool):
            raise TypeError("enabled")
        return stated

    def users(self) -> list[str]:
        """People who used it at one time."""
        return list(dict.fromkeys(texts(self.stated.get("users"))))

    def sources(self) -> list[str]:
        """Addresses from which it was used at one time."""
        return list(dict.fromkeys(texts(self.stated.get("sources"))))

    def personal_applications(self) -> list[str]:
        """Applications that people work in, in which this account of a program was used."""
        return list(texts(self.stated.get("personal_applications")))

    def owned(self) -> bool:
        """Somebody answers for it; no register of people asks nothing."""
        return not self.world.people.known or self._owner is not None

    def owner_left_at(self) -> datetime | None:
        """When its owner left."""
        return None if self._owner is None else left_at(self._owner)


class EmployeeView(View):
    """An employee as such."""

    @cached_property
    def _person(self) -> dict[str, Any]:
        return self.world.people.by_id[self.stated["id"]]

    def conflicting_roles(self) -> list[str]:
        """Roles held together that exclude each other."""
        held, known = roles(self._person, self._now), self.world.people.roles
        return sorted(
            {
                role
                for role in held
                for other in held
                if role != other
                and (
                    other in known.get(role, {}).get("excludes", ()) or role in known.get(other, {}).get("excludes", ())
                )
            }
        )

    def left_at(self) -> datetime | None:
        """When the person left."""
        left = left_at(self._person)
        return left if left is not None and left <= self._now else None

    def in_service(self) -> bool:
        """The person is in the company's service."""
        return employed(self._person, self._now)

    def handles_customer_data(self) -> bool:
        """A role of the person may do something with personal data; where the catalog names no role, anybody's may."""
        permitted = self.world.upkeep.permitted_roles
        return not permitted or not permitted.isdisjoint(roles(self._person, self._now))

    def trained_at(self) -> datetime | None:
        """When the person was last trained, with success, on a day that has come."""
        trainings = self.world.upkeep.trainings.get(self._person["id"], ())
        days = [entry["completed_at"] for entry in trainings if entry["result"] == "passed"]
        found = (day_start(day, self.world.zone) for day in (*days, self._person.get("last_training_at")) if day)
        return max((at for at in found if at <= self._now), default=None)

    def exit_complete(self) -> bool:
        """Data held by the leaver was removed, and an exit audit is recorded."""
        done = self._person.get("exit", {})
        removed: datetime | None = done.get("data_removed_at")
        return removed is not None and removed <= self._now and bool(done.get("exit_audit_id"))


class BreakGlassView(View):
    """A break-glass ticket as such."""

    @cached_property
    def _entry(self) -> Mapping[str, Any]:
        return self.world.break_glass[self.stated["id"]]

    def granted_at(self) -> datetime:
        """When it was granted."""
        return self._entry["granted_at"]  # type: ignore[no-any-return]

    def expires_at(self) -> datetime:
        """When it expires."""
        return self._entry["expires_at"]  # type: ignore[no-any-return]

    def reviewed(self) -> bool:
        """Somebody else reviewed what was done under it."""
        at: datetime | None = self._entry.get("reviewed_at")
        return (
            at is not None and at <= self._now and self._entry.get("reviewed_by") not in (None, self._entry["employee"])
        )

    def incident_declared(self) -> bool:
        """Its incident was declared and open when it was granted."""
        incident = self.world.incidents.get(self._entry["incident"])
        return incident is not None and declared(incident, self._entry["granted_at"])


class PolicyView(View):
    """A policy file that was changed (`id`: its own id, `version`)."""

    @cached_property
    def _change(self) -> Mapping[str, Any] | None:
        found = [
            entry
            for entry in self.world.changes.get(self.stated["id"], ())
            if "version" not in self.stated or entry["to_version"] == self.stated["version"]
        ]
        return found[-1] if found else None

    def reviewed_at(self) -> datetime | None:
        """When it was last held against the law: the last review of policies that names it."""
        reviews = self.world.upkeep.done(POLICY_REVIEW, self._now)
        return max((e["done_at"] for e in reviews if self.stated["id"] in e.get("scope", ())), default=None)

    def change_recorded(self) -> bool:
        """The change is on record."""
        return self._change is not None

    def change_approved(self) -> bool:
        """People other than its author, who were in service, approved it."""
        change = self._change or {}
        people = self.world.people
        approvers = [name for name in change.get("approved_by", ()) if name != change.get("author")]
        at: datetime = change.get("approved_at") or self._now
        return (
            bool(approvers)
            and at <= self._now
            and (not people.known or all(people.in_service(name, at) for name in approvers))
        )

    def change_filed(self) -> bool:
        """It has a filing number."""
        return bool((self._change or {}).get("filed_no", "").strip())

    def effective_from(self) -> datetime | None:
        """From when it is in effect."""
        return None if self._change is None else self._change["effective_from"]
