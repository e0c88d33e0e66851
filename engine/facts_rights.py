"""What registers know about a customer's request under the own rights: how long it waits, and how it was answered."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .known import View
from .periods import day_end

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class RightsRequestView(View):
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
