"""What the events of a log show of the data that was handed over: of every transfer, an event should tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import reconcile_words as say_words
from .reconcile_approvals import ApprovedUse
from .reconcile_words import counted, say
from .tally import Place, Tally, tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from .events import Event
    from .world import World


@dataclass(slots=True)
class Transfers:
    """Counters of the events that tell of applications to share which were carried out.

    An event tells of one when it names it, or when the record of the transfer names the event.
    """

    world: World
    recorded: dict[str, str]
    """Event, by its id -> the application of whose transfer it is said to tell."""
    found: dict[str, Tally] = field(default_factory=dict[str, Tally])

    @classmethod
    def of(cls, world: World) -> Transfers:
        """No event counted yet."""
        entries = world.transfers.items()
        return cls(world, {event: name for name, entry in entries for event in entry.get("log_event_ids", ())})

    def see(self, event: Event, at: Place, name: str) -> None:
        """Count one event that was not denied, with the application that it names; a login hands over nothing."""
        if event.action == "login":
            return
        for told in dict.fromkeys((name, self.recorded.get(event.id, ""))):
            if told in self.world.sharing:
                tally(self.found, told, at)

    def uses(self, first: Place, last: Place) -> Iterator[ApprovedUse]:
        """Every application that was carried out between the first event and the last, and what tells of it."""
        for name in self.world.sharing:
            at = next((at for at in self._times(name) if first[0] <= at <= last[0]), None)
            if at is None:
                continue
            found = self.found.get(name)
            words = say(say_words.HANDED_OVER, at=at.astimezone(self.world.zone).isoformat(timespec="minutes"))
            words = say_words.joined(words, say_words.NOT_TOLD) if found is None else counted(words, found)
            properties = {"accesses": found.count if found else 0}
            yield ApprovedUse(name, properties, words, last if found is None else found.first, found)

    def _times(self, name: str) -> list[datetime]:
        """When data went out: as whoever carried it out recorded, and as the application says."""
        recorded: Mapping[str, Any] = self.world.transfers.get(name, {})
        found = (recorded.get("sent_at"), self.world.handed_over_at(self.world.sharing[name]))
        return [at for at in found if at is not None]
