"""What registers know about the protection of a data set, a system and a device."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_catalog import key_of
from .facts_duties import in_effect, staffed
from .known import View
from .periods import day_end, day_start
from .upkeep import places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from .upkeep import Entry
    from .world import World

RECOVERY: Final = "recovery_plan"
RESTORE: Final = "restore_test"
CLASSES: Final = "classification_review"
UPKEEP: Final = "maintenance"
"""Duties whose scope says of which data set or system they were done."""


def _last(world: World, now: datetime, duty: str, names: Sequence[str], days: Iterable[date] = ()) -> datetime | None:
    """When a duty was last done over what goes by some names, or the last of some days that have come."""
    done = (
        entry["done_at"]
        for entry in world.upkeep.done(duty, now)
        if not {key_of(part) for part in entry.get("scope", ())}.isdisjoint(names)
    )
    come = (at for at in (day_start(day, world.zone) for day in days) if at <= now)
    return max((*done, *come), default=None)


class DatasetView(View):
    """A data set of the catalog as such (`id`: its name)."""

    states_nothing = True

    @cached_property
    def _entry(self) -> Entry:
        found = self.world.catalog.dataset(self.stated["id"])
        if found is None:
            raise KeyError(self.stated["id"])
        return found

    @cached_property
    def _backups(self) -> Sequence[Entry]:
        return self.world.upkeep.backups(self._entry, self._now)

    def personal(self) -> bool:
        """It holds personal data, or may."""
        return self.world.upkeep.personal(self._entry)

    def copied(self) -> bool:
        """It is a copy of another data set of the catalog."""
        return not self.world.upkeep.original(self._entry)

    def owned(self) -> bool:
        """Somebody in service answers for it."""
        return self.world.people.serves(self._entry.get("owner"), self._now)

    def in_system(self) -> bool:
        """It stands in a registered system."""
        return self._entry.get("system") in self.world.catalog.systems

    def last_backup_at(self) -> datetime | None:
        """When it was last backed up."""
        return max((entry["finished_at"] for entry in self._backups), default=None)

    def backup_media(self) -> list[dict[str, Any]]:
        """The kinds of medium that hold backups of it, each with the last one."""
        return _latest((entry.get("medium", ""), entry["finished_at"]) for entry in self._backups)

    def backup_sites(self) -> list[dict[str, Any]]:
        """The places where backups of it lie, each with the last one; one place written in two ways is one."""
        return _latest(
            (" ".join(entry.get("site", "").casefold().split()), entry["finished_at"]) for entry in self._backups
        )

    def restore_tested_at(self) -> datetime | None:
        """When a backup of it was last restored for a test."""
        days = (day for entry in self._backups if (day := entry.get("restore_tested_at")))
        return _last(self.world, self._now, RESTORE, places(self._entry), days)

    def recovery_planned(self) -> bool:
        """A plan for its recovery is in effect, and names people in service."""
        upkeep, now = self.world.upkeep, self._now
        plans = upkeep.plans.get(RECOVERY, ())
        return any(in_effect(plan, now, self.world.zone) and staffed(plan, self.world.people, now) for plan in plans)

    def last_cleanup_at(self) -> datetime | None:
        """When what was due in it was last cleaned up."""
        return max((run["finished_at"] for run in self.world.upkeep.cleanups(self._entry, self._now)), default=None)

    def classification_reviewed_at(self) -> datetime | None:
        """When the classes of its customers and the levels of its columns were last reviewed."""
        return _last(self.world, self._now, CLASSES, places(self._entry))


def _latest(pairs: Iterable[tuple[str, datetime]]) -> list[dict[str, Any]]:
    last: dict[str, datetime] = {}
    for name, at in pairs:
        if name:
            last[name] = max(at, last.get(name, at))
    return [{"name": name, "at": at} for name, at in last.items()]


class SystemView(View):
    """A system in which customer data stands (`id`: its name)."""

    states_nothing = True

    @cached_property
    def _entry(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.world.catalog.systems[self.stated["id"]]
        return found

    def maintained(self) -> bool:
        """Somebody in service is its maintainer."""
        return self.world.people.serves(self._entry.get("maintainer"), self._now)

    def controls(self) -> list[str]:
        """The controls of its network that are declared."""
        return list(self._entry.get("controls", ()))

    def last_maintained_at(self) -> datetime | None:
        """When it was last patched, upgraded or otherwise maintained."""
        patched = self._entry.get("last_patched_at")
        days = () if patched is None else (patched,)
        return _last(self.world, self._now, UPKEEP, (key_of(self._entry["id"]),), days)

    def log_feed(self) -> bool:
        """Accesses to it are logged."""
        return bool(self._entry.get("log_feed", False))

    def log_months(self) -> int | None:
        """How many months its logs are kept."""
        return self._entry.get("log_months")

    def log_protection(self) -> str | None:
        """What keeps its logs from being changed."""
        return self._entry.get("log_protection")

    def certificates(self) -> list[dict[str, Any]]:
        """The certificates about it: edition of the standard, and the end of the last day of each."""
        zone, now = self.world.zone, self._now
        return [
            {"id": entry["id"], "edition": entry["edition"], "valid_to": day_end(entry["valid_to"], zone)}
            for entry in self.world.upkeep.certificates.get(self._entry["id"], ())
            if "issued_at" not in entry or day_start(entry["issued_at"], zone) <= now
        ]


class DeviceView(View):
    """A computer, a phone or a removable medium (`id`: as the inventory names it)."""

    states_nothing = True

    @cached_property
    def _entry(self) -> Entry:
        return self.world.upkeep.named["devices"][self.stated["id"]]

    def for_customer_data(self) -> bool:
        """It is used for customer data, so long as nobody says otherwise."""
        return bool(self._entry.get("customer_data", True))

    def password(self) -> bool:
        """It is protected by a password."""
        return bool(self._entry.get("password", False))

    def antivirus(self) -> bool:
        """It is protected against viruses."""
        return bool(self._entry.get("antivirus", False))
