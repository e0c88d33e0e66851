"""What registers know about a duty of the company: when it was last done, by whom, over what, and by which plan."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .facts_complaints import complaint_media
from .known import View
from .periods import day_end, day_start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .facts_people import People
    from .upkeep import Entry


class DutyView(View):
    """A duty (`id`: its name), whether or not anything of it was ever done."""

    states_nothing = True

    @cached_property
    def _done(self) -> Sequence[Entry]:
        return sorted(self.world.upkeep.done(self.stated["id"], self._now), key=lambda entry: entry["done_at"])

    @cached_property
    def _plans(self) -> Sequence[Entry]:
        """The plans in effect."""
        zone, plans = self.world.zone, self.world.upkeep.plans.get(self.stated["id"], ())
        return [plan for plan in plans if in_effect(plan, self._now, zone)]

    def last_done_at(self) -> datetime | None:
        """When it was last done."""
        return self._done[-1]["done_at"] if self._done else None

    def last_by(self) -> str | None:
        """Who answers for that."""
        return str(self._done[-1]["by"]) if self._done else None

    def covered(self) -> list[dict[str, Any]]:
        """What it was done over, each with the last time."""
        last = {part: entry["done_at"] for entry in self._done for part in entry.get("scope", ())}
        return [{"scope": part, "at": at} for part, at in last.items()]

    def plan_reviewed_at(self) -> datetime | None:
        """When the plan for it was last reviewed: of several plans in effect the oldest review."""
        found = [self._reviewed(plan) for plan in self._plans]
        return min((at for at in found if at is not None), default=None) if None not in found else None

    def _reviewed(self, plan: Entry) -> datetime | None:
        day = plan.get("reviewed_at")
        at = None if day is None else day_start(day, self.world.zone)
        return at if at is not None and at <= self._now else None

    def plan_staffed(self) -> bool:
        """There is a plan, and everybody whom it names is in service."""
        return bool(self._plans) and all(staffed(plan, self.world.people, self._now) for plan in self._plans)

    def complaint_media(self) -> list[str]:
        """Ways to complain that customers can read of, and that somebody in service looks after."""
        return complaint_media(self.world, self._now)

    def open_risks(self) -> list[str]:
        """The risks on record that are not closed."""
        return [entry["id"] for entry in self._risks]

    def unowned_risks(self) -> list[str]:
        """Those for which nobody in service answers."""
        people = self.world.people
        return [entry["id"] for entry in self._risks if not people.serves(entry.get("owner"), self._now)]

    @cached_property
    def _risks(self) -> Sequence[Entry]:
        """The risks that are not closed, and were not identified on a day to come."""
        zone, now = self.world.zone, self._now
        return [
            entry
            for entry in self.world.upkeep.risks
            if entry["status"] != "closed"
            and ("identified_at" not in entry or day_start(entry["identified_at"], zone) <= now)
        ]


def in_effect(plan: Entry, now: datetime, zone: ZoneInfo) -> bool:
    """Whether a plan is in effect: from its first day on, up to that of the version in its place."""
    first, last = plan.get("effective_from"), plan.get("retired_at")
    return first is not None and day_start(first, zone) <= now and (last is None or now < day_start(last, zone))


def staffed(plan: Entry, people: People, now: datetime) -> bool:
    """Whether a plan names people, all of whom are in service."""
    return bool(plan["responsible"]) and all(people.serves(name, now) for name in plan["responsible"])


class ActivityView(View):
    """Something that was done of a duty (`id`: its number)."""

    states_nothing = True

    @cached_property
    def _entry(self) -> Entry:
        return self.world.upkeep.named["activities"][self.stated["id"]]

    def duty(self) -> str:
        """What was done."""
        return str(self._entry["duty"])

    def audit(self) -> bool:
        """It is an audit, by its name or because it carries out an order of one."""
        return "audit" in self.duty().casefold() or "order" in self._entry

    def done_at(self) -> datetime:
        """When."""
        at: datetime = self._entry["done_at"]
        return at

    def reported(self) -> bool:
        """There is a report, or other evidence."""
        return bool(self._entry.get("evidence", "").strip())


class AuditOrderView(View):
    """An audit that somebody ordered (`id`: its number)."""

    states_nothing = True

    @cached_property
    def _entry(self) -> Entry:
        return self.world.upkeep.named["audit_orders"][self.stated["id"]]

    def ordered_at(self) -> datetime:
        """When it was ordered."""
        at: datetime = self._entry["ordered_at"]
        return at

    def due_at(self) -> datetime | None:
        """The end of the day by which it is to be done."""
        last = self._entry.get("due_at")
        return None if last is None else day_end(last, self.world.zone)

    def withdrawn(self) -> bool:
        """It is no longer wanted."""
        at: datetime | None = self._entry.get("withdrawn_at")
        return at is not None and at <= self._now

    def carried_out(self) -> bool:
        """It was done, not before it was ordered."""
        upkeep, ordered = self.world.upkeep, self._entry["ordered_at"]
        found = upkeep.orders.get(self._entry["id"], ())
        return any(upkeep.counts(entry, self._now) and entry["done_at"] >= ordered for entry in found)


class AuditFindingView(View):
    """A finding of an audit, of a regulator or of tutela, that the company keeps on record (`id`: its number)."""

    states_nothing = True

    @cached_property
    def _entry(self) -> Entry:
        return self.world.upkeep.named["audit_findings"][self.stated["id"]]

    def external(self) -> bool:
        """It comes from outside the company."""
        return bool(self._entry["source"] == "external")

    def raised_at(self) -> datetime:
        """When it was raised."""
        return day_start(self._entry["raised_at"], self.world.zone)

    def due_at(self) -> datetime | None:
        """The end of the day by which it is to be put right."""
        last = self._entry.get("due_at")
        return None if last is None else day_end(last, self.world.zone)

    def owned(self) -> bool:
        """Somebody in service answers for it."""
        return self.world.people.serves(self._entry.get("owner"), self._now)

    def open(self) -> bool:
        """Nobody verified that it is put right, or accepted it, on a day that has come."""
        closed = self._entry.get("closed_at")
        if closed is None or self._entry["status"] not in {"verified", "accepted"}:
            return True
        return self._now < day_start(closed, self.world.zone)

    def critical(self) -> bool:
        """A critical violation; one whose severity nobody wrote down may be one."""
        return bool(self._entry.get("severity", "critical") == "critical")

    def case_decided(self) -> bool:
        """There is a case about it, in which somebody in service decided something."""
        cases = self.world.upkeep.cases.get(self._entry["id"], ())
        return any(self._decided(case) for case in cases)

    def _decided(self, case: Entry) -> bool:
        at: datetime | None = case.get("decided_at")
        said = bool(case.get("decision", "").strip())
        return said and at is not None and at <= self._now and self.world.people.serves(case.get("decided_by"), at)
