"""What registers know about customers' rights: requests, how long they wait, and whether recipients learn of them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_shared import returned
from .facts_sharing import FACELESS, SharingView
from .known import View
from .periods import day_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from .rows import Consent

AT_ONCE: Final = frozenset({"withdraw_consent", "restrict"})
"""Rights that take effect when they are used; others change data when they are carried out."""
PASSED_ON: Final = frozenset({*AT_ONCE, "correct", "delete", "close_account"})
"""Rights of which those who hold the data have to learn."""
CARRIED_OUT: Final = frozenset({"done", "partly_done"})


class _ToldView(View):
    """Something about a customer of which everybody who holds the data has to learn."""

    def _unconfirmed(self, about: str, shares: Iterable[Mapping[str, Any]], since: datetime) -> list[str]:
        """The applications whose recipient still holds it and has not confirmed a notice; one without is not known."""
        confirmed = {
            notice["request_id"]
            for notice in self.world.recipient_notices.get(about, ())
            if since <= notice["sent_at"]
            and notice.get("confirmed_at") is not None
            and notice["confirmed_at"] <= self._now
            and notice.get("confirmed_by", "").strip()
        }
        return sorted(
            share["id"]
            for share in shares
            if share["id"] not in confirmed
            and not returned(self.world, share["id"], self._now)
            and not self._faceless(share)
        )

    def _faceless(self, share: Mapping[str, Any]) -> bool:
        """What was handed over tells of nobody: no category or column of it does, whatever the form says."""
        view = SharingView(self.world, {"id": share["id"], "type": "sharing_request"}, self.question)
        return view.form() in FACELESS and not view.identifying()


class RightsRequestView(_ToldView):
    """A request in the register of rights requests (`id`: its number)."""

    states_nothing = True

    @cached_property
    def _entry(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.world.customers.rights_by_id[self.stated["id"]]
        return found

    def right_kind(self) -> str:
        """What is asked for: `access`, `correct`, `close_account` and so on."""
        return str(self._entry["type"])

    def received_at(self) -> datetime:
        """When it came in."""
        received: datetime = self._entry["received_at"]
        return received

    def due_at(self) -> datetime | None:
        """The end of the day by which somebody promised to answer it."""
        last = self._entry.get("due_at")
        return None if last is None else day_end(last, self.world.zone)

    def identity_verified(self) -> bool:
        """It is known that the customer, or who may speak for the customer, sent it."""
        return bool(self._entry["identity_verified"])

    def refused(self) -> bool:
        """It was refused."""
        return bool(self._entry["status"] == "refused")

    def reasoned(self) -> bool:
        """A refusal says why, and on what basis."""
        return all(self._entry.get(name, "").strip() for name in ("refusal_reason", "refusal_basis"))

    def answered(self) -> bool:
        """It was carried out, wholly or in part, or refused, by now."""
        done: datetime | None = self._entry.get("done_at")
        return self._entry["status"] != "open" if done is None else done <= self._now

    @cached_property
    def _changed_at(self) -> datetime | None:
        entry = self._entry
        if entry["type"] in AT_ONCE and entry["status"] != "refused":
            at: datetime = entry["received_at"]
        elif entry["type"] in PASSED_ON and entry["status"] in CARRIED_OUT:
            at = entry.get("done_at") or entry["received_at"]
        else:
            return None
        return at if at <= self._now else None

    def changed_at(self) -> datetime | None:
        """When it changed what a recipient may hold: a correction or deletion when done, a withdrawal when received."""
        return self._changed_at

    def untold_shares(self) -> list[str]:
        """Applications whose recipient holds the customer's data and has not confirmed that it learnt of the change."""
        at = self._changed_at
        if at is None:
            return []
        entry = self._entry
        return self._unconfirmed(entry["id"], self.world.shared(entry["subject"], at), entry["received_at"])


class WithdrawalView(_ToldView):
    """A consent that was withdrawn (`id`: the consent's)."""

    states_nothing = True

    @cached_property
    def _consent(self) -> Consent:
        return self.world.customers.withdrawn[self.stated["id"]]

    def changed_at(self) -> datetime | None:
        """When it was withdrawn."""
        at = self._consent.withdrawn_at
        return at if at is not None and at <= self._now else None

    def untold_shares(self) -> list[str]:
        """Applications that it covered, whose recipient has not confirmed that it learnt of the withdrawal."""
        consent, at = self._consent, self.changed_at()
        if at is None:
            return []
        shares = [share for share in self.world.shared(consent.subject, at) if self._rested_on(share)]
        return self._unconfirmed(consent.id, shares, at)

    def _rested_on(self, share: Mapping[str, Any]) -> bool:
        """The consent was for this recipient and purpose, and the customer has given no other since."""
        consent, customers = self._consent, self.world.customers
        recipient, purpose = str(share.get("recipient", {}).get("id")), str(share.get("purpose"))
        return (
            purpose in consent.purposes
            and (not consent.recipients or recipient in consent.recipients)
            and not customers.shares_with(consent.subject, recipient, purpose, self._now)
        )
