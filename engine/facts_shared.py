"""What registers know about data that a recipient holds: what was sent and signed for, checks, and its return."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .facts_sharing import FACELESS, SharingView
from .known import View
from .periods import day_end, day_start

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .world import World


class SharedCopyView(View):
    """The data that a recipient holds under a sharing request (`id`: the request's number)."""

    @cached_property
    def _form(self) -> Mapping[str, Any]:
        return self.world.sharing[self.stated["id"]]

    @cached_property
    def _application(self) -> SharingView:
        return SharingView(self.world, {"id": self._form["id"], "type": "sharing_request"}, self.question)

    @property
    def _tracking(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.world.tracking.get(self._form["id"], {})
        return found

    @cached_property
    def _transfer(self) -> Mapping[str, Any] | None:
        """What its executor recorded, by now."""
        found = self.world.transfers.get(self.stated["id"])
        return None if found is None or self._now < found["sent_at"] else found

    @cached_property
    def _receipt(self) -> Mapping[str, Any] | None:
        """What the recipient signed, by now."""
        found = self.world.receipts.get(self.stated["id"])
        return None if found is None or self._now < found["signed_at"] else found

    def executed_at(self) -> datetime | None:
        """When the data was handed over."""
        return self.world.handed_over_at(self._form)

    def period_to(self) -> datetime | None:
        """The end of the last day of sharing."""
        last = self._form.get("period", {}).get("to")
        return None if last is None else day_end(last, self.world.zone)

    def receipt_signed_at(self) -> datetime | None:
        """When the recipient signed for it."""
        return None if self._receipt is None else self._receipt["signed_at"]

    def mismatches(self) -> list[str]:
        """What was not recorded, or differs, between what was approved, what was sent and what was signed for.

        `sent`: nobody recorded what went out; `approved`: it was another number of customers than was approved; `rows`
        and `sha256`: the receipt does not say how many or which bytes, or says something else.
        """
        sent, signed = self._transfer, self._receipt
        if sent is None:
            return ["sent"]
        found = [] if self._as_approved(sent["rows"]) else ["approved"]
        if signed is not None:
            found += [name for name in ("rows", "sha256") if signed.get(name) != sent[name]]
        return found

    def _as_approved(self, rows: int) -> bool:
        """As many as were approved; of figures about customers, a row is about several."""
        approved = self._application.subject_count()
        return rows <= approved if self._application.form() in FACELESS else rows == approved

    def onward_recipients(self) -> list[str]:
        """To whom checks found the recipient to have passed it on, by now."""
        return list(
            dict.fromkeys(
                name
                for check in self._tracking.get("checks", ())
                if day_start(check["at"], self.world.zone) <= self._now
                for name in check.get("passed_on_to", ())
            )
        )

    def onward_applied(self) -> bool:
        """Each of them is named in the application, so that whoever approved it agreed."""
        return set(self.onward_recipients()) <= set(self._application.onward_recipients())

    def partner_agreements(self) -> list[dict[str, Any]]:
        """Every agreement with the recipient."""
        return self._application.partner_agreements()

    def next_check_by(self) -> datetime | None:
        """The end of the day by which the recipient is to be checked next."""
        due = self._tracking.get("next_check_at")
        return None if due is None else day_end(due, self.world.zone)

    def closed(self) -> bool:
        """Returned or destroyed, with a certificate; missing for a request that nobody registered."""
        return returned(self.world, self._form["id"], self._now)


def returned(world: World, name: str, now: datetime) -> bool:
    """Whether what was handed over under an application was returned or destroyed, with a certificate."""
    tracking = world.tracking.get(name, {})
    closed = tracking.get("closed_at")
    return closed is not None and day_start(closed, world.zone) <= now and bool(tracking.get("destruction_certificate"))
