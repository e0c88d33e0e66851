"""What registers know about the quality of records: figures that were measured, changes, and the gates before data."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from .facts_catalog import key_of
from .facts_retention import instant
from .known import View, texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class QualityView(View):
    """The records of a data set (`id`), by the last report that was measured of them."""

    states_nothing = True

    @cached_property
    def _entry(self) -> Mapping[str, Any]:
        return self.world.catalog.dataset(self.stated["id"]) or {}

    @cached_property
    def _report(self) -> Mapping[str, Any] | None:
        """The last report by now; one that a person answers for who was not in service then is none."""
        people = self.world.people
        found = [
            report
            for report in self.world.measured.reports(self.stated["id"])
            if report["measured_at"] <= self._now
            and (not people.known or people.in_service(str(report.get("measured_by")), report["measured_at"]))
        ]
        return max(found, key=lambda report: report["measured_at"], default=None)

    def kinds(self) -> list[str]:
        """What the catalog says its rows are."""
        return list(self._entry.get("holds", ()))

    def kinds_declared(self) -> bool:
        """The catalog says what its rows are, or that they are nothing of that kind."""
        return "holds" in self._entry

    def personal(self) -> bool:
        """It holds personal data, or may."""
        return self.world.upkeep.personal(self._entry)

    def measured_at(self) -> datetime | None:
        """When its records were last measured, by a person who was in service then."""
        return None if self._report is None else self._report["measured_at"]

    def slowest_collected_at(self) -> datetime | None:
        """When the contact was, of the record that took longest to enter; null without any record."""
        slowest = self._measured("slowest_entry")
        return None if slowest is None else slowest["collected_at"]

    def slowest_entered_at(self) -> datetime | None:
        """When that record was entered."""
        slowest = self._measured("slowest_entry")
        return None if slowest is None else slowest["entered_at"]

    def unreviewed(self) -> int | None:
        """How many records can be used though nobody checked them after their entry."""
        found: int | None = self._measured("unreviewed")
        return found

    def oldest_verified_at(self) -> datetime | None:
        """When the record that waits longest was last verified, or entered; null without any record."""
        found: datetime | None = self._measured("oldest_verified_at")
        return found

    def malformed(self) -> int | None:
        """How many values lack the form of what they are."""
        found: int | None = self._measured("malformed")
        return found

    def _measured(self, name: str) -> Any:  # noqa: ANN401 (whatever the figure is)
        """A figure of the last report; null without a report or records, missing where the report leaves it out."""
        report = self._report
        if report is None or (report.get("records") == 0 and name not in report):
            return None
        return report[name]


class KindView(View):
    """A kind of rows that every company has to keep somewhere (`id`: `customers`, `visits`, ...)."""

    states_nothing = True

    def held_by(self) -> list[str]:
        """The data sets of the catalog that are declared to hold such rows."""
        return self.world.catalog.holding(self.stated["id"])


class ChangeView(View):
    """A change of basic information that a log shows: `dataset`, `columns`, and the `change_notice` it names."""

    @cached_property
    def _notice(self) -> Mapping[str, Any]:
        """The notice of the change, if it is about this data set."""
        catalog = self.world.catalog
        found = self.world.measured.notices.get(str(self.stated.get("change_notice") or ""), {})
        same = bool(found) and catalog.key(found["dataset"]) == catalog.key(self.dataset())
        return found if same and self._covers(found) else {}

    def _covers(self, notice: Mapping[str, Any]) -> bool:
        """Whether a notice tells of every column that was changed; one that lists none is about all of them."""
        told = {key_of(column) for column in notice.get("columns", ())}
        return not told or {key_of(column) for column in texts(self.stated["columns"])} <= told

    def dataset(self) -> str:
        """The data set that was changed."""
        return str(self.stated["dataset"])

    def first_changed_at(self) -> datetime | None:
        """When it was first changed; null when the log has no time."""
        return instant(self.stated["first_changed_at"])

    def last_changed_at(self) -> datetime | None:
        """When it was last changed: one notice does not stand for the changes of years."""
        one = self.stated.get("changes") == 1 and "last_changed_at" not in self.stated
        return self.first_changed_at() if one else instant(self.stated["last_changed_at"])

    def change_notified_at(self) -> datetime | None:
        """When the customer was told."""
        return self._by_now("notified_at")

    def change_agreed_at(self) -> datetime | None:
        """When the customer agreed, or asked for it."""
        return self._by_now("agreed_at")

    def _by_now(self, name: str) -> datetime | None:
        at: datetime | None = self._notice.get(name)
        return at if at is not None and at <= self._now else None


class GateView(View):
    """A data set with personal data as a gate (`id`): `open_actions` is what a trial got through with."""

    def open_actions(self) -> list[str]:
        """What somebody without role and approval would be let do, or what no policy forbids but the default."""
        return list(texts(self.stated["open_actions"]))
