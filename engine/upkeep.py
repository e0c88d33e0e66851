"""What the company does again and again around customer data, indexed: audits, backups, reviews, plans, training."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_catalog import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from .facts_catalog import Catalog
    from .facts_people import People

Entry = Mapping[str, Any]
NAMED: Final = ("activities", "audit_findings", "audit_orders", "devices")
"""Registers whose entries are asked about by id."""


class Upkeep:
    """Look-ups in the registers of `shapes_upkeep`, by what each entry is about."""

    def __init__(self, registers: Mapping[str, Sequence[Any]], people: People, catalog: Catalog) -> None:
        self._people = people
        self._catalog = catalog
        self.named: Mapping[str, Mapping[str, Entry]] = {
            name: {entry["id"]: entry for entry in registers.get(name, ())} for name in NAMED
        }
        """Register -> id -> entry."""
        activities: Sequence[Entry] = registers.get("activities", ())
        self.activities = _grouped((entry["duty"], entry) for entry in activities)
        """Duty -> what was done of it, or tried."""
        self.orders = _grouped((entry["order"], entry) for entry in activities if "order" in entry)
        """Audit order -> the activities that carry it out."""
        self.plans = _grouped((entry["duty"], entry) for entry in registers.get("plans", ()))
        self.cases = _grouped((name, entry) for entry in registers.get("cases", ()) for name in entry["findings"])
        """Audit finding -> the cases about it."""
        self.risks: Sequence[Entry] = registers.get("risks", ())
        self.trainings = _grouped((entry["employee"], entry) for entry in registers.get("trainings", ()))
        self.certificates = _grouped(
            (n, entry) for entry in registers.get("certificates", ()) for n in entry["systems"]
        )
        self._backups = _by_place(registers.get("backups", ()))
        self._runs = _by_place(registers.get("cleanup_runs", ()))
        self._catalogued: Sequence[Entry] = registers.get("catalog", ())

    @cached_property
    def datasets(self) -> Sequence[Entry]:
        """The data sets about customers."""
        return [entry for entry in self._catalogued if self.customers(entry)]

    @cached_property
    def systems(self) -> Sequence[str]:
        """The systems in which they stand, registered or not."""
        return list(dict.fromkeys(str(entry["system"]) for entry in self.datasets if "system" in entry))

    @cached_property
    def permitted_roles(self) -> frozenset[str]:
        """The roles that may do anything with one of them."""
        permitted = (roles for entry in self.datasets for roles in entry.get("access", {}).values())
        return frozenset(role for roles in permitted for role in roles)

    def done(self, duty: str, now: datetime) -> list[Entry]:
        """What was done of a duty by an instant, with success, by people who were in service then."""
        return [entry for entry in self.activities.get(duty, ()) if self.counts(entry, now)]

    def counts(self, activity: Entry, now: datetime) -> bool:
        """Whether an activity was carried out by an instant: a day to come, a failure or a stranger prove nothing."""
        at: datetime = activity["done_at"]
        return at <= now and activity["result"] != "failed" and self._people.serves(activity["by"], at)

    def personal(self, dataset: Entry) -> bool:
        """Whether a data set holds personal data, or may: a column on whose category nobody has a word counts."""
        columns = dataset.get("columns", ())
        if not columns or any("category" not in column for column in columns):
            return True
        return self._catalog.personal(column["category"] for column in columns if column["category"])

    def customers(self, dataset: Entry) -> bool:
        """Whether a data set is about customers, who may be organisations: by what its rows are, or may hold."""
        return bool(dataset.get("holds")) or self.personal(dataset)

    def backups(self, dataset: Entry, now: datetime) -> list[Entry]:
        """The backups of a data set, or of its system, that were complete by an instant."""
        found = _about(self._backups, dataset)
        return [entry for entry in found if entry["status"] == "success" and entry["finished_at"] <= now]

    def cleanups(self, dataset: Entry, now: datetime) -> list[Entry]:
        """The clean-up runs over a data set, or its system, by an instant that say what became of all that was due.

        A run in which nothing but failures happened has cleaned nothing up.
        """
        return [
            run
            for run in _about(self._runs, dataset)
            if run["finished_at"] <= now
            and run["deleted"] + run["failed"] + run.get("skipped_hold", 0) + run.get("skipped_statutory", 0)
            >= run["candidates"]
            and (run["failed"] < run["candidates"] or run["candidates"] == 0)
        ]

    def behind(self, kind: str, name: str) -> Iterator[tuple[str, str]]:
        """Registers and ids of the entries that say something about a resource, besides the entry that is it."""
        match kind:
            case "duty":
                yield from (("activities", entry["id"]) for entry in self.activities.get(name, ()))
                yield from (("plans", entry["id"]) for entry in self.plans.get(name, ()))
            case "dataset":
                dataset = self._catalog.dataset(name) or {"dataset": name}
                yield from (("backups", entry["id"]) for entry in _about(self._backups, dataset))
                yield from (("cleanup_runs", entry["id"]) for entry in _about(self._runs, dataset))
            case "system":
                yield from (("certificates", entry["id"]) for entry in self.certificates.get(name, ()))
            case "audit_order":
                yield from (("activities", entry["id"]) for entry in self.orders.get(name, ()))
            case "audit_finding":
                yield from (("cases", entry["id"]) for entry in self.cases.get(name, ()))
            case "employee":
                yield from (("trainings", entry["id"]) for entry in self.trainings.get(name, ()))
            case _:
                pass

    def original(self, dataset: Entry) -> bool:
        """Whether a data set is no copy of personal data in the catalog; copies in a circle have no original."""
        seen = {key_of(dataset["dataset"])}
        while (source := dataset.get("copy_of")) is not None:
            found = self._catalog.dataset(source)
            if found is None or key_of(found["dataset"]) in seen:
                return True
            seen.add(key_of(found["dataset"]))
            dataset = found
        return len(seen) == 1 or not self.personal(dataset)


def places(dataset: Entry) -> tuple[str, ...]:
    """The names under which others mean a data set: its own, and that of its system."""
    named = (dataset["dataset"], dataset.get("system"))
    return tuple(dict.fromkeys(key_of(name) for name in named if name))


def _about(groups: Mapping[str, Sequence[Entry]], dataset: Entry) -> Iterator[Entry]:
    for place in places(dataset):
        yield from groups.get(place, ())


def _by_place(entries: Sequence[Entry]) -> Mapping[str, Sequence[Entry]]:
    return _grouped((key_of(entry["dataset"]), entry) for entry in entries)


def _grouped(pairs: Iterable[tuple[str, Entry]]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for name, entry in pairs:
        found.setdefault(name, []).append(entry)
    return found
