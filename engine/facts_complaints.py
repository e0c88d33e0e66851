"""What registers know about complaints: whether a record is complete, who handles it, when it was answered."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .known import View
from .periods import day_start

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .world import World

OVER: Final = frozenset({"resolved", "closed"})


class ComplaintView(View):
    """A complaint in its register (`id`: its number), as it stood at an instant."""

    states_nothing = True

    @cached_property
    def _entry(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.world.complaints[self.stated["id"]]
        return found

    def _first(self, *names: str) -> datetime | None:
        """The earliest of some instants that have come."""
        found = [at for name in names if (at := self._entry.get(name)) is not None and at <= self._now]
        return min(found, default=None)

    @cached_property
    def _over(self) -> bool:
        """It counts as resolved: by its day, or where nobody entered one by its status."""
        at: datetime | None = self._entry.get("resolved_at")
        return self._entry["status"] in OVER if at is None else at <= self._now

    def received_at(self) -> datetime:
        """When it came in."""
        received: datetime = self._entry["received_at"]
        return received

    def work_started_at(self) -> datetime | None:
        """When work on it began: at the latest with the first answer."""
        return self._first("started_at", "first_response_at", "resolved_at", "feedback_at")

    def responded_at(self) -> datetime | None:
        """When the customer had a first answer."""
        return self._first("first_response_at", "feedback_at")

    def settled_at(self) -> datetime | None:
        """When it was resolved, and the customer told of it."""
        resolved, told = self._first("resolved_at"), self._first("feedback_at")
        return None if resolved is None or told is None else max(resolved, told)

    def blank_fields(self) -> list[str]:
        """What its record lacks.

        Every one says where it came in and of what kind it is; one that is resolved also when, why it arose and what
        was done.
        """
        wanted = ["channel", "category"]
        if self._over:
            wanted += ["resolved_at", "analysis", "solution"]
        return [name for name in wanted if not str(self._entry.get(name, "")).strip()]

    def handled(self) -> bool:
        """Somebody in service is assigned to it; of one that is settled, somebody who was in service then."""
        return self.world.people.serves(self._entry.get("handler"), self.settled_at() or self._now)


def complaint_media(world: World, now: datetime) -> list[str]:
    """Ways to complain that customers can read of at an instant, and that somebody in service looks after."""
    return sorted(
        {
            entry["medium"]
            for entry in world.registers.get("complaint_channels", ())
            if entry.get("published_at") is not None
            and day_start(entry["published_at"], world.zone) <= now
            and entry.get("published_in", "").strip()
            and (entry.get("withdrawn_at") is None or now < entry["withdrawn_at"])
            and world.people.serves(entry["responsible_employee"], now)
        }
    )
