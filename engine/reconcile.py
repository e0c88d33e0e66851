"""Reconciliation: a log against approvals, grants and people - what no single access shows.

`watch` is a tap on the events of a log, whatever judges them afterwards; it keeps counters by account, application,
table and hour, so that memory does not grow with the number of events. Once the events are over, `asked` gives requests
about what was counted: `log_window`, `approved_use`, `executed_transfer`, `account`, `account_use`, `granted_use`,
`customer_change`. So policies say what a finding is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .entries import Entries
from .events import Hole
from .facts import Facts
from .findings import Asked
from .model import Access
from .reconcile_accounts import Accounts
from .reconcile_anomalies import Anomalies, Terms
from .reconcile_approvals import AUDITOR, Approvals
from .reconcile_changes import Changes
from .reconcile_grants import Grants
from .reconcile_log import LogShape
from .reconcile_transfers import Transfers
from .reconcile_words import SEQUENCE, say
from .request import Request
from .stated import request_named
from .tally import NEVER, Place, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .authorizer import Authorizer
    from .errors import Location
    from .events import Event
    from .model import Words
    from .reconcile_accounts import AccountUse
    from .reconcile_approvals import ApprovedUse
    from .reconcile_changes import Columns
    from .tables import Grant

Parts = tuple[tuple[str, str], ...]
"""(dataset, action) for everything that an event touches; `*` is any table."""


MAX_KNOWN: Final = 20_000
"""Combinations of tables of which it is remembered whether they hold customer data."""


class Touched(NamedTuple):
    """The tables that an event touches, in order, and whether one of them may hold customer data."""

    names: tuple[str, ...]
    personal: bool


class Missing(NamedTuple):
    """Lines that the numbers within sessions show to be missing."""

    lines: int
    sessions: int
    gaps: int
    first: Location
    last: Location


class Reconciliation:
    """Counts the events of one log, then asks about what was counted."""

    def __init__(  # noqa: PLR0913 (what a log is held against)
        self,
        authorizer: Authorizer,
        parts: Callable[[Event], Parts],
        as_of: datetime,
        *,
        zone: ZoneInfo,
        grants: Sequence[Grant] = (),
        held: Mapping[str, bool] | None = None,
        views: frozenset[str] = frozenset(),
        changed: Callable[[Event], Columns] | None = None,
    ) -> None:
        self._authorizer = authorizer
        self._parts = parts
        self._as_of = as_of
        self._facts = authorizer.facts if isinstance(authorizer.facts, Facts) else None
        world = self._facts.world if self._facts else None
        self._log = LogShape(zone)
        self._held = held or {}
        self._grants = Grants(grants, self._held, views, world)
        self._anomalies = Anomalies(zone, Terms.of(authorizer.policies.parameters.values), world)
        self._touched: dict[Parts, Touched] = {}
        self._accounts = Accounts(world) if world else None
        self._approvals = Approvals(world) if world else None
        changes = Changes(world) if world and changed else None
        self._changes = changes if changes and changes.wanted else None
        self._changed = changed
        self._transfers = Transfers.of(world) if world else None
        self._places: dict[str, Location] | None = None
        """Application -> where its register has it; found when it is first needed."""
        self._first: Place | None = None
        self._last: Place | None = None

    def watch(self, events: Iterable[Event | Hole]) -> Iterator[Event | Hole]:
        """Pass events on, and count them."""
        for event in events:
            if not isinstance(event, Hole):
                self.see(event)
            yield event

    def see(self, event: Event) -> None:
        """Count one event; one that was denied is no access, and counts as such."""
        at = place(event)
        if event.at is not None:
            self._first = at if self._first is None else min(self._first, at, key=_order)
            self._last = at if self._last is None else max(self._last, at, key=_order)
        self._log.see(event, at)
        parts = self._parts(event)
        touched = self._touch(parts)
        if event.result == "denied":
            self._anomalies.refused(event, at, touched.names)
            return
        if touched.personal:
            self._anomalies.see(event, at, touched.names)
        self._grants.see(event.account, at, parts)
        if self._accounts is not None:
            self._accounts.see(event, at, parts)
        if self._changes is not None and self._changed is not None and (changed := self._changed(event)):
            self._changes.see(event, at, changed)
        if self._approvals is not None and self._transfers is not None:
            name = request_named(event)
            if name:
                self._approvals.see(event, at, name)
            self._transfers.see(event, at, name)

    def _touch(self, parts: Parts) -> Touched:
        found = self._touched.get(parts)
        if found is None:
            if len(self._touched) >= MAX_KNOWN:
                self._touched.clear()
            names = tuple(sorted({dataset for dataset, _ in parts}))
            found = self._touched[parts] = Touched(names, any(map(self._personal, names)))
        return found

    def _personal(self, dataset: str) -> bool:
        """Whether a table may hold customer data: by the catalog, by its names, or because nobody knows it."""
        catalog = self._facts.world.catalog if self._facts else None
        entry = catalog.dataset(dataset) if catalog else None
        if catalog is None or entry is None:
            return self._held.get(dataset.lower(), True)
        columns = catalog.names(entry).values()
        declared = [column["category"] for column in columns if column.get("category")]
        return not columns or catalog.personal(declared) or self._held.get(dataset.lower(), False)

    def asked(self, missing: Missing | None = None) -> Iterator[Asked]:
        """A request for everything that was found; those of which the policies say nothing are left out."""
        for item in self._everything(missing):
            if self._concerned(item.request):
                yield item

    def _everything(self, missing: Missing | None) -> Iterator[Asked]:
        yield from self._of_log(missing)
        yield from self._of_accounts()
        yield from self._of_approvals()
        yield from self._of_transfers()
        yield from self._of_grants()
        yield from self._of_changes()

    def _concerned(self, request: Request) -> bool:
        facts, policies = self._facts, self._authorizer.policies
        return bool(self._authorizer.candidates(facts.enrich(request, policies) if facts else request))

    def _of_log(self, missing: Missing | None) -> Iterator[Asked]:
        for name, properties, evidence, at in self._log.windows():
            yield self._ask("read", "log_window", _named(at[2], name), properties, at, evidence, key=_when(at))
        if missing is not None:
            words = say(
                SEQUENCE, missing=missing.lines, sessions=missing.sessions, gaps=missing.gaps, first=missing.first,
                last=missing.last,
            )  # fmt: skip
            properties = {
                "events": self._log.all, "working_period": False, "sequence_gaps": missing.gaps, "incomplete_events": 0,
                "clock_jumps": 0,
            }  # fmt: skip
            at = (NEVER, missing.first.line, missing.first)
            name, key = _named(missing.first, "sequence"), f"{missing.lines} {missing.sessions} {missing.gaps}"
            yield self._ask("read", "log_window", name, properties, at, words, key=key)

    def _of_accounts(self) -> Iterator[Asked]:
        for use in self._accounts.uses() if self._accounts else ():
            yield self._of_account("grant", "account", use)
        for use in self._anomalies.uses():
            # It happened once: again, at another time, it is something else.
            key = f"{use.key} {_when(use.found.first)}"
            yield self._of_account("read", "account_use", use._replace(key=key))

    def _of_account(self, action: str, kind: str, use: AccountUse) -> Asked:
        access = Access(use.account, use.person, _time(use.found.first))
        return self._ask(
            action, kind, use.account, use.properties, use.found.first, use.evidence, key=use.key, access=access,
            as_of=_time(use.found.last),
        )  # fmt: skip

    def _of_approvals(self) -> Iterator[Asked]:
        if self._approvals is None or self._first is None or self._last is None:
            return
        first, last = self._first, self._last
        for use in self._approvals.uses(self._authorizer, first, last):
            context = {"request_id": use.request}
            place_ = self._place(use)
            yield self._ask("read", "approved_use", use.request, use.properties, place_, use.evidence, context=context)
        for use in self._approvals.records(first, last):
            properties = {
                "events": use.properties["accesses"], "working_period": False, "sequence_gaps": 0,
                "incomplete_events": 0, "clock_jumps": 0, **use.properties,
            }  # fmt: skip
            yield self._ask("read", "log_window", use.request, properties, self._place(use), use.evidence)

    def _of_transfers(self) -> Iterator[Asked]:
        if self._transfers is None or self._first is None or self._last is None:
            return
        for use in self._transfers.uses(self._first, self._last):
            yield self._ask("read", "executed_transfer", use.request, use.properties, self._place(use), use.evidence)

    def _of_grants(self) -> Iterator[Asked]:
        for use in self._grants.uses():
            properties = {"accesses": use.found.count if use.found else 0, "ungranted": use.found is not None}
            at = use.found.first if use.found else (NEVER, use.location.line, use.location)
            access = Access(use.account, at=_time(at)) if use.found else None
            yield self._ask("grant", "granted_use", use.name, properties, at, use.evidence, access=access)

    def _of_changes(self) -> Iterator[Asked]:
        for use in self._changes.found() if self._changes else ():
            access = Access(use.account, at=_time(use.found.first))
            yield self._ask(
                "retain", "customer_change", use.name, use.properties, use.found.first, use.evidence,
                key=f"{use.name} {_when(use.found.first)}", access=access,
            )  # fmt: skip

    def _place(self, use: ApprovedUse) -> Place:
        """Where the application was used; of one that was not, where its register has it."""
        if use.found is not None or self._facts is None:
            return use.at
        if self._places is None:
            registers = (self._facts.registers.get(name, ()) for name in ("use_requests", "sharing_requests"))
            self._places = {
                entry["id"]: entries.place(number)
                for entries in registers
                if isinstance(entries, Entries)
                for number, entry in enumerate(entries)
            }
        return use.at[0], use.at[1], self._places.get(use.request, use.at[2])

    def _ask(  # noqa: PLR0913 (the parts of a request)
        self,
        action: str,
        kind: str,
        name: str,
        properties: Mapping[str, Any],
        at: Place,
        evidence: Words,
        *,
        key: str = "reconciled",
        access: Access | None = None,
        as_of: datetime | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Asked:
        resource = {"type": kind, "id": name, "properties": properties}
        request = Request(AUDITOR, action, resource, context, as_of=as_of or self._as_of)
        return Asked(request, at[2], key=key, access=access, evidence=evidence)


def _named(location: Location, name: str) -> str:
    """A part of a log by its file, without the folder."""
    return f"{location.file.rpartition('/')[2]}/{name}"


def _when(at: Place) -> str:
    """The time of an event as a text; the same in every log that has none."""
    return at[0].isoformat()


def _time(at: Place) -> datetime | None:
    return None if at[0] == NEVER else at[0]


def _order(at: Place) -> tuple[datetime, int]:
    return at[:2]
