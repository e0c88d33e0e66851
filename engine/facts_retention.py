"""What registers know about keeping and erasing: groups of rows, copies, schedules, exceptions."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_catalog import key_of, within
from .known import View, flag, texts
from .periods import add_period, day_end, period_end
from .request import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

ERASING: Final = ("delete", "close_account")


def active(hold: Mapping[str, Any], now: datetime) -> bool:
    """Whether a hold stood at an instant."""
    released: datetime | None = hold.get("released_at")
    placed: datetime = hold["placed_at"]
    return placed <= now and (released is None or now < released)


def cited(entry: Mapping[str, Any]) -> bool:
    """Whether a statutory entry names its law and article: only then may it defeat a right."""
    return bool(entry.get("law", "").strip() and entry.get("article", "").strip())


def instant(value: object) -> datetime | None:
    """An instant that the caller states: requests in JSON write it as a text; ValueError when it is none."""
    return None if value is None else parse_time(value)


class RowsView(View):
    """A group of rows that somebody keeps or wants to erase."""

    @cached_property
    def _name(self) -> str:
        return self.world.catalog.full(str(self.stated.get("dataset") or self.stated["id"]))

    @cached_property
    def _source(self) -> str:
        """The data set itself, or the one that it is a copy of."""
        entry = self.world.catalog.dataset(self._name) or {}
        return self.world.catalog.full(str(entry.get("copy_of", self._name)))

    @cached_property
    def _subjects(self) -> tuple[str, ...]:
        one = self.stated.get("subject")
        if one is not None and not isinstance(one, str):
            raise TypeError("subject")
        more = texts(self.stated.get("subjects"))
        return tuple(subject.strip() for subject in (*((one,) if one else ()), *more))

    def dataset(self) -> str:
        """The table whose schedule counts: that of the source, for a copy."""
        return self._source

    def copied(self) -> bool:
        """The rows are a copy: erasing them takes nothing away from the source."""
        return key_of(self._source) != key_of(self._name)

    def personal(self) -> bool:
        """Personal data, unless the categories say otherwise."""
        categories = texts(self.stated.get("categories"))
        return not categories or self.world.catalog.personal(categories)

    def holds(self) -> list[dict[str, Any]]:
        """The holds that may cover the rows."""
        return [{"id": hold["id"], "active": active(hold, self._now)} for hold in self._covering]

    @cached_property
    def _covering(self) -> list[Mapping[str, Any]]:
        return [hold for hold in self.world.holds if self._covers(hold)]

    def _covers(self, hold: Mapping[str, Any]) -> bool:
        """Whether a hold's scope may include the rows; rows without a subject may be any subject's.

        A copy of a held data set, and held people's data in a table that nobody declared, are held as well.
        """
        scope: Mapping[str, Any] = hold["scope"]
        catalog = self.world.catalog
        datasets = {key_of(catalog.full(name)) for name in scope.get("datasets", ())}
        subjects = {subject.strip() for subject in scope.get("subjects", ())}
        unknown = bool(subjects) and catalog.dataset(self._name) is None
        here = {key_of(self._name), key_of(self._source)}
        return (
            (not datasets or unknown or not datasets.isdisjoint(here))
            and (not subjects or not self._subjects or not subjects.isdisjoint(self._subjects))
            and self._holds_categories(scope.get("categories", ()))
        )

    def _holds_categories(self, held: Sequence[str]) -> bool:
        """Whether the rows may hold one of some categories; rows of unknown categories may hold any."""
        here = texts(self.stated.get("categories")) or self._declared_categories
        return not held or not here or any(within(c, held) or within(h, [c]) for c in here for h in held)

    def hold_released_at(self) -> datetime | None:
        """When the last hold on the rows was released: the days of grace begin again then."""
        found = [hold["released_at"] for hold in self._covering if hold.get("released_at") is not None]
        return max((at for at in found if at <= self._now), default=None)

    def important(self) -> bool:
        """Stated to be of an important customer."""
        return flag(self.stated, "important")

    def customer_classes(self) -> list[str]:
        """The classes of the customers when the period began and now: a downgrade changes nothing."""
        customers = self.world.customers
        times = (instant(self.stated.get("started_at")), self._now)
        found = {customers.class_at(s, at) for s in self._subjects for at in times if at is not None}
        return sorted(name for name in found if name is not None)

    def right(self) -> bool:
        """A customer asked for the deletion: a verified, open request; as stated where no register keeps them."""
        if not self.world.has("rights_requests"):
            return flag(self.stated, "right")
        return bool(self._subjects) and all(
            self.world.customers.rights(subject, ERASING, self._now) for subject in self._subjects
        )

    def right_unverified(self) -> bool:
        """The deletion is said to rest on a request whose sender nobody has verified, or that does not exist."""
        named = self.stated.get("rights_request")
        if named is None:
            return False
        entry = self.world.customers.rights_by_id.get(str(named))
        return entry is None or not entry["identity_verified"] or entry["subject"] not in self._subjects

    def deletion_requested_at(self) -> datetime | None:
        """When the earliest open request for deletion came in."""
        found = [
            entry["received_at"]
            for subject in self._subjects
            for entry in self.world.customers.rights(subject, ("delete",), self._now)
        ]
        return min(found, default=None)

    def account_closed_at(self) -> datetime | None:
        """When the customer closed the account."""
        known = self.world.customers.by_id
        stated = instant(self.stated.get("account_closed_at"))
        found = [getattr(known.get(subject), "account_closed_at", None) for subject in self._subjects]
        return min((at for at in (*found, stated) if at is not None and at <= self._now), default=None)

    def statutory_until(self) -> datetime | None:
        """Until when a cited law keeps the rows; an entry that cites none keeps nothing."""
        started = instant(self.stated.get("started_at"))
        found = [
            period_end(started, [entry["period"]], self.world.zone)
            for entry in self.world.statutory
            if started is not None and cited(entry) and entry.get("effect", "minimum") == "minimum"
            if self._under(entry)
        ]
        return max(found, default=None)

    def _under(self, entry: Mapping[str, Any]) -> bool:
        datasets = entry.get("datasets", ())
        if datasets and not {key_of(self._source), key_of(self._name)} & set(map(key_of, datasets)):
            return False
        categories = texts(self.stated.get("categories")) or self._declared_categories
        return bool(datasets) or (bool(categories) and all(within(c, entry["categories"]) for c in categories))

    @cached_property
    def _declared_categories(self) -> tuple[str, ...]:
        entry = self.world.catalog.dataset(self._source) or {}
        return tuple(
            dict.fromkeys(
                column["category"]
                for column in entry.get("columns", ())
                if (column.get("category") or "").startswith("personal")
            )
        )


class CopyView(View):
    """A copy of a data set in the inventory of copies."""

    @cached_property
    def _entry(self) -> Mapping[str, Any]:
        return self.world.copies[self.stated["id"]]

    def dataset(self) -> str:
        """The data set that was copied."""
        return str(self._entry["dataset"])

    def copy_kind(self) -> str:
        """`backup`, `replica`, `temporary`, `export` or `sandbox`."""
        return str(self._entry["kind"])

    def present(self) -> bool:
        """It has not been deleted."""
        deleted: datetime | None = self._entry.get("deleted_at")
        return deleted is None or self._now < deleted

    def rotates_at(self) -> datetime | None:
        """The end of the day on which a backup is overwritten, as registered."""
        last = self._entry.get("rotates_at")
        return None if last is None else day_end(last, self.world.zone)

    def taken_at(self) -> datetime | None:
        """When it was made."""
        return self._entry.get("taken_at")


class ScheduleView(View):
    """A retention schedule as written (`dataset`, `categories`, `minimum`, `maximum`, `minimum_kind`, `cited`)."""

    def told_period(self) -> str | None:
        """The shortest period that a notice in effect tells customers for these categories."""
        categories = texts(self.stated.get("categories"))
        zone, today = self.world.zone, self._now
        found = [
            period
            for notice in self.world.customers.notices.values()
            if notice["effective_from"] <= today
            and (notice.get("effective_to") is None or today < notice["effective_to"])
            for category, period in notice.get("retention", {}).items()
            if any(within(one, [category]) or within(category, [one]) for one in categories)
        ]
        return min(found, key=lambda period: add_period(today.astimezone(zone).date(), period), default=None)


class ExceptionView(View):
    """An entry of the table of statutory retention."""

    @cached_property
    def _entry(self) -> Mapping[str, Any]:
        found: Sequence[Mapping[str, Any]] = [e for e in self.world.statutory if e["id"] == self.stated["id"]]
        return found[0] if found else self.stated

    def cited(self) -> bool:
        """It names its law and article."""
        return cited(self._entry)
