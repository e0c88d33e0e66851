"""What the events of a log show of the approved applications: never used, used for more, by others, afterwards."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

from . import reconcile_words as say_words
from .facts import Question
from .facts_sharing import SharingView
from .facts_use import UseView
from .reconcile_words import counted, say
from .request import Request
from .tally import Place, Tally, tally
from .world import executed_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from .authorizer import Authorizer
    from .events import Event
    from .model import Words
    from .world import World

AUDITOR = {"type": "service", "id": "tutela-audit"}


class ApprovedUse(NamedTuple):
    """How an application was used: the properties of an `approved_use`."""

    request: str
    properties: dict[str, Any]
    evidence: Words
    at: Place
    found: Tally | None


@dataclass(slots=True)
class Approvals:
    """Counters of the applications that accesses name."""

    world: World
    named: dict[str, dict[str, Tally]] = field(default_factory=dict[str, dict[str, Tally]])
    """Application -> person, or account of nobody -> the accesses."""
    late: dict[str, Tally] = field(default_factory=dict[str, Tally])
    rows: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))
    uncounted: set[str] = field(default_factory=set[str])
    """Applications with an access whose rows nobody knows."""
    _ends: dict[str, datetime | None] = field(default_factory=dict[str, "datetime | None"])

    def see(self, event: Event, at: Place, name: str) -> None:
        """Count one access under the application that it names."""
        if name not in self.world.use and name not in self.world.sharing:
            return  # a reason of its own, access by access
        person = self.world.people.find(event.account, "user")
        tally(self.named.setdefault(name, {}), str(person["id"]) if person else event.account, at)
        if event.row_count is None:
            self.uncounted.add(name)
        else:
            self.rows[name] += event.row_count
        if name not in self._ends:
            self._ends[name] = self._view(name, at[0]).period_to()
        end = self._ends[name]
        if event.at is not None and end is not None and end <= at[0]:
            tally(self.late, name, at)

    def uses(self, authorizer: Authorizer, first: Place, last: Place) -> Iterator[ApprovedUse]:
        """How every application was used between the first and the last event of a log.

        One that was not used counts where its period and the log have some time in common, and it was allowed then.
        """
        for name in [*self.world.use, *self.world.sharing]:
            view = self._view(name, last[0])
            start, end = view.period_from(), view.period_to()
            if name in self.named:
                yield self._used(name, view, over=end is not None and end <= last[0])
            elif start is not None and end is not None and start <= last[0] and first[0] < end:
                asked = min(last[0], end - timedelta(microseconds=1))
                if not self._carried_out(name) and _allowed(authorizer, name, self._kind(name), asked):
                    words = say(say_words.UNUSED, start=self._local(start), end=self._local(end))
                    yield ApprovedUse(name, _properties(over=end <= last[0]), words, last, None)

    def _used(self, name: str, view: UseView | SharingView, *, over: bool) -> ApprovedUse:
        found, people = self._accesses(name), sorted(self.named[name])
        limit = view.max_rows() if isinstance(view, UseView) else None
        users = view.users() if isinstance(view, UseView) else people
        outside = [person for person in people if person not in users]
        # Rows that nobody counted make a sum unknown, but never again as small as what was approved.
        unknown = name in self.uncounted and not (limit is not None and self.rows[name] > limit)
        rows = None if unknown else self.rows[name]
        late = self.late[name].count if name in self.late else 0
        shown = {"rows": "?" if rows is None else rows, "limit": "?" if limit is None else limit}
        words = say(say_words.USED, people=len(people), outside=len(outside), late=late, **shown)
        properties = _properties(over=over) | {
            "accesses": found.count, "rows_used": rows, "max_rows": limit, "outside_users": outside,
            "late_accesses": late,
        }  # fmt: skip
        return ApprovedUse(name, properties, counted(words, found), found.first, found)

    def _accesses(self, name: str) -> Tally:
        return reduce(Tally.merge, self.named[name].values())

    def records(self, first: Place, last: Place) -> Iterator[ApprovedUse]:
        """Accesses under each application, and the records of use within the same time."""
        if not self.world.has("use_records"):
            return
        recorded: dict[str, int] = defaultdict(int)
        for entry in self.world.registers["use_records"]:
            if entry.get("request_id") and first[0] <= entry["used_at"] <= last[0]:
                recorded[entry["request_id"]] += max(1, len(entry.get("log_event_ids", ())))
        for name in sorted({*self.named, *recorded}):
            used = self._accesses(name) if name in self.named else None
            properties = {"accesses": used.count if used else 0, "use_records": recorded[name]}
            words = say(say_words.RECORDS, accesses=properties["accesses"], records=recorded[name])
            yield ApprovedUse(name, properties, words, used.first if used else last, used)

    def _carried_out(self, name: str) -> bool:
        """Whether a register says that data went out, by another way than the log shows."""
        entry = self.world.sharing.get(name, {})
        return executed_at(entry) is not None or name in self.world.receipts

    def _local(self, at: datetime) -> str:
        return at.astimezone(self.world.zone).isoformat(timespec="minutes")

    def _kind(self, name: str) -> str:
        return "use" if name in self.world.use else "share"

    def _view(self, name: str, at: datetime) -> UseView | SharingView:
        kind = f"{'use' if name in self.world.use else 'sharing'}_request"
        question = Question(Request(AUDITOR, self._kind(name), {"type": kind, "id": name}, as_of=at), at)
        made = UseView if name in self.world.use else SharingView
        return made(self.world, {"type": kind, "id": name}, question)


def _properties(*, over: bool) -> dict[str, Any]:
    """Of an application that was not used."""
    return {
        "accesses": 0, "rows_used": 0, "max_rows": None, "outside_users": [], "late_accesses": 0, "period_over": over,
    }  # fmt: skip


def _allowed(authorizer: Authorizer, name: str, action: str, at: datetime) -> bool:
    kind = "use_request" if action == "use" else "sharing_request"
    return authorizer.decide(Request(AUDITOR, action, {"type": kind, "id": name}, as_of=at)).allowed
