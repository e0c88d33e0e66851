"""What registers know about an incident: what was done, who was told when, and what was learnt from it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .known import View
from .periods import day_end
from .shapes_incidents import ELEMENTS, STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


class IncidentView(View):
    """An incident in its register (`id`: its number), as it stood at an instant: what came later has not happened."""

    states_nothing = True

    @cached_property
    def _entry(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.world.incidents[self.stated["id"]]
        return found

    def _by_now(self, at: datetime | None) -> datetime | None:
        return None if at is None or self._now < at else at

    def detected_at(self) -> datetime:
        """When somebody or something first noticed it."""
        detected: datetime = self._entry["detected_at"]
        return detected

    def incident_severity(self) -> str:
        """How grave it is; one that nobody has graded counts as large."""
        return str(self._entry.get("severity", "large"))

    def plan_activated_at(self) -> datetime | None:
        """When the plan was started."""
        return self._by_now(self._entry.get("plan_activated_at"))

    def management_notified_at(self) -> datetime | None:
        """When management was told."""
        return self._by_now(self._entry.get("management_notified_at"))

    def authority_reported_at(self) -> datetime | None:
        """When it was reported to the authority."""
        return self._by_now(self._entry.get("authority_reported_at"))

    def closed_at(self) -> datetime | None:
        """When it was closed."""
        return self._by_now(self._entry.get("closed_at"))

    @cached_property
    def _done(self) -> frozenset[str]:
        """The kinds of steps that somebody in service took since it was detected, and said what they were."""
        entry, detected, people = self._entry, self._entry["detected_at"], self.world.people
        found = {
            step["kind"]
            for step in entry.get("actions", ())
            if detected <= step["at"] <= self._now and step["note"].strip() and people.serves(step["by"], step["at"])
        }
        if entry.get("quarantine") and self._by_now(entry.get("quarantined_at", detected)) is not None:
            found.add("isolate")
        if self._by_now(entry.get("leakage_stopped_at")) is not None:
            found.add("stop")
        return frozenset(found)

    def missing_steps(self) -> list[str]:
        """Steps that are not on record: `isolate`, `stop`, `investigate`, `recover`."""
        return [step for step in STEPS if step not in self._done]

    @cached_property
    def _affected(self) -> int | None:
        """How many customers it affects: the largest number that anybody wrote down."""
        stated, told = self._entry.get("affected", {}), self._entry.get("customer_notices", {})
        named = self.world.customers.named(stated.get("subjects", ()), stated.get("ids_ref"))
        counts = [
            count for count in (stated.get("count"), told.get("affected"), len(named) or None) if count is not None
        ]
        return max(counts, default=None)

    def affected_count(self) -> int | None:
        """How many customers it affects; absent where nobody knows, or says none before anybody investigated."""
        return None if self._affected == 0 and "investigate" not in self._done else self._affected

    def customers_told_at(self) -> datetime | None:
        """When the last of the customers affected was told; absent while some are not, or nobody knows how many.

        A notice of the time before it was detected is not about it.
        """
        told, affected = self._entry.get("customer_notices", {}), self.affected_count()
        last = self._by_now(told.get("last_sent_at"))
        if last is None or affected is None or last < self._entry["detected_at"] or told.get("sent", 0) < affected:
            return None
        return last

    def notice_gaps(self) -> list[str]:
        """What customers were not told: `circumstances`, `risks`, `measures`, `contact`."""
        told: Sequence[str] = self._entry.get("customer_notices", {}).get("elements", ())
        return [element for element in ELEMENTS if element not in told]

    def review_gaps(self) -> list[str]:
        """What a review lacks: `review`, by somebody in service, its `cause`, `measures`, for each an `owner`."""
        review, at = self._entry.get("review"), self._by_now(self._entry.get("postmortem_at"))
        if review is None or at is None or not self.world.people.serves(review["by"], at):
            return ["review"]
        measures: Sequence[Mapping[str, Any]] = review["measures"]
        found = [] if review["cause"].strip() else ["cause"]
        if not any(measure["what"].strip() for measure in measures):
            found.append("measures")
        if any(
            self._open(measure) and not self.world.people.serves(measure["owner"], self._now) for measure in measures
        ):
            found.append("owner")
        return found

    def overdue_measures(self) -> int:
        """How many measures of the review were to be carried out by now, and are not."""
        measures: Sequence[Mapping[str, Any]] = self._entry.get("review", {}).get("measures", ())
        return sum(
            self._open(measure) and day_end(measure["due_at"], self.world.zone) <= self._now for measure in measures
        )

    def _open(self, measure: Mapping[str, Any]) -> bool:
        return self._by_now(measure.get("done_at")) is None
