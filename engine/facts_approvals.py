"""The approvals of an application, each with what was true of the approver at the moment of signing.

An approval is signed by somebody, in the name of somebody: the two differ where an approver is delegated. Who was
head or senior management *then* is a matter of the people register; whether the delegation allowed it, of the
register of delegations.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from .digest import canonical
from .facts_people import department, employed, ever_senior, senior

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from .world import World

UNHASHED: Final = frozenset({"approvals", "filing", "status", "idempotency_key", "executed_at"})
"""Fields of a form that an approval does not bind: they change after it."""
DEAD: Final = frozenset({"draft", "rejected", "revoked", "expired"})
"""In these states no approval of a request stands."""
MAX_CHAIN: Final = 8
"""How many delegations may follow each other."""


def request_hash(form: Mapping[str, Any]) -> str:
    """`sha256:` and 64 digits of what an approval binds: the form without approvals, filing and status."""
    content = {name: value for name, value in form.items() if name not in UNHASHED}
    return f"sha256:{hashlib.sha256(canonical(content).encode()).hexdigest()}"


class Chain:
    """The approvals of one application."""

    def __init__(self, world: World, form: Mapping[str, Any], action: str, now: datetime, *, declared: bool) -> None:
        self._world = world
        self._form = form
        self._action = action
        self._now = now
        entries = list(world.approvals.get(form["id"], ()))
        # Where approvals have a register of their own, those that an applicant writes into a form count for nothing.
        if not entries and (declared or not world.has("approvals")):
            entries = list(form.get("approvals", ()))
        self._entries: Sequence[Mapping[str, Any]] = entries
        self._expected = request_hash(form)
        self._applicant = world.people.find(form["applicant"])
        self._superseded = any(map(self._filed, world.successors.get(form["id"], ())))

    def approvals(self) -> list[dict[str, Any]]:
        """Every approval with what its rules ask about it."""
        return [self._approval(entry) for entry in self._entries]

    def _approval(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        people = self._world.people
        at: datetime = entry["at"]
        expires: datetime | None = entry.get("expires_at")
        delegated = bool(entry.get("on_behalf_of") or entry.get("delegation_id"))
        delegation = people.delegations.get(str(entry.get("delegation_id") or ""))
        name = self._principal(entry)
        person, signer = people.find(name), people.find(entry["approver"])
        # The department counts that the applicant belonged to when the approval was signed.
        code = department(self._applicant, at) if self._applicant else None
        heads = people.heads(code, at)
        applicant = self._applicant["id"] if self._applicant else None
        is_head = applicant is not None and (applicant in heads or people.ever_headed(code, applicant))
        is_senior = person is not None and senior(person, at)
        ever = people.ever_headed(code, name)
        return {
            "id": entry["id"],
            "level": entry["level"],
            "decision": entry["decision"],
            "approver": entry["approver"],
            "on_behalf_of": name if delegated else None,
            "at": at,
            "stands": self._stands(entry, expires),
            "matches_request": entry["request_hash"] == self._expected
            and entry.get("request_id", self._form["id"]) == self._form["id"],
            "in_office": signer is not None and employed(signer, at) and person is not None and employed(person, at),
            # Nobody knows who an unregistered applicant is: it may be the approver.
            "by_applicant": applicant is None or applicant in (entry["approver"], name),
            "heads_department": name in heads,
            "applicant_is_head": applicant is not None and applicant in heads,
            "senior_management": is_senior,
            "ever_head": ever or (is_head and person is not None and ever_senior(person)),
            "ever_senior": person is not None and ever_senior(person),
            "delegated": delegated,
            "delegation_valid": not delegated or self._delegated(entry, delegation, name, at),
            "repeats_person": self._repeats(entry, name),
            "approver_left": signer is not None and employed(signer, at) and not employed(signer, self._now),
        }

    def _principal(self, entry: Mapping[str, Any]) -> str:
        """In whose place somebody signed: named, or the one who delegated; else the approver."""
        delegation = self._world.people.delegations.get(str(entry.get("delegation_id") or ""))
        named = entry.get("on_behalf_of") or (delegation["from_employee"] if delegation else None)
        return str(named or entry["approver"])

    def _stands(self, entry: Mapping[str, Any], expires: datetime | None) -> bool:
        """Given without open conditions after submission, for a request in force, not undone and not expired."""
        form, at = self._form, entry["at"]
        submitted: datetime | None = form.get("submitted_at")
        # Whoever rejects or revokes the request later undoes what was approved before.
        undone = any(other["decision"] != "approve" and at <= other["at"] <= self._now for other in self._entries)
        return (
            not entry.get("conditions")
            and submitted is not None
            and submitted <= at
            and form.get("status") not in DEAD
            and not self._superseded
            and not undone
            and (expires is None or self._now < expires)
        )

    def _filed(self, form: Mapping[str, Any]) -> bool:
        """Whether another registered application was filed."""
        filing = self._world.filings.get(form["id"]) or form.get("filing")
        return filing is not None and filing["filed_at"] <= self._now

    def _repeats(self, entry: Mapping[str, Any], name: str) -> bool:
        """Whether the signer, or whoever was signed for, has part in a lower level as well."""
        mine = {entry["approver"], name}
        return any(
            other["level"] < entry["level"] and not mine.isdisjoint((other["approver"], self._principal(other)))
            for other in self._entries
        )

    def _delegated(
        self, entry: Mapping[str, Any], delegation: Mapping[str, Any] | None, name: str, at: datetime
    ) -> bool:
        """Whether a delegation from that person to the signer covered this level, this action and this moment."""
        signer, level, step = str(entry["approver"]), entry["level"], delegation
        for _ in range(MAX_CHAIN):
            if step is None or not self._covers(step, signer, level, at):
                return False
            if step["from_employee"] == name:
                return True
            # Passed on: somebody must have handed it to the one who handed it over, and allowed that.
            signer = str(step["from_employee"])
            step = self._handed_to(signer, level, at)
        return False

    def _handed_to(self, signer: str, level: int, at: datetime) -> Mapping[str, Any] | None:
        """A delegation to somebody that may be passed on."""
        found = (
            other
            for other in self._world.people.delegations.values()
            if other.get("redelegable", False) and self._covers(other, signer, level, at)
        )
        return next(found, None)

    def _covers(self, delegation: Mapping[str, Any], signer: str, level: int, at: datetime) -> bool:
        people = self._world.people
        return bool(
            delegation["to_employee"] == signer
            and delegation["from_employee"] != signer
            and delegation["level"] == level
            and self._action in delegation["scope"]
            and delegation["granted_at"] <= at
            and delegation["valid_from"] <= at <= delegation["valid_to"]
            and people.in_service(delegation["from_employee"], delegation["granted_at"])
        )
