"""A reconciliation of a log with the registers and the grants of a schema, ready to watch its events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from tutela.engine.facts import Facts
from tutela.engine.reconcile import Reconciliation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.events import Event
    from tutela.engine.reconcile import Parts
    from tutela.engine.reconcile_changes import Columns
    from tutela.engine.tables import Schema

    from .accesses import Accesses

MAX_KNOWN: Final = 20_000
"""Statements, values aside, of which it is remembered what they touch."""

UPSERT: Final = re.compile(r"\bdo\s+update\b|\bon\s+duplicate\s+key\b|^\s*replace\b", re.IGNORECASE)
"""In a text whose kind is to insert: it changes rows that are there, too."""
UPDATE: Final = re.compile(r"\b(?:update|merge)\b", re.IGNORECASE)
"""In a text that cannot be resolved: it may change rows."""


def reconciliation(authorizer: Authorizer, asked: Accesses, schema: Schema | None) -> Reconciliation:
    """Hold a log against the facts of an authorizer and the grants of a schema."""
    facts = authorizer.facts
    zone = facts.world.zone if isinstance(facts, Facts) else _zone(authorizer)
    return Reconciliation(
        authorizer,
        _parts(asked),
        asked.as_of,
        zone=zone,
        grants=schema.grants if schema else (),
        held={table: any(found.values()) for table, found in asked.categories.items()},
        views=asked.views,
        changed=_changed(asked),
    )


def _zone(authorizer: Authorizer) -> ZoneInfo:
    """The policy time zone; without one, days are those of UTC."""
    return ZoneInfo(str(authorizer.policies.parameters.values.get("timezone") or "UTC"))


def _parts(asked: Accesses) -> Callable[[Event], Parts]:
    """What an event touches, as it is judged: the same for all events whose statement and objects touch the same."""
    known: dict[tuple[object, ...], Parts] = {}

    def find(event: Event) -> Parts:
        touched = None if event.sql is None else asked.analyser_in(event.database).analyse(event.sql)
        key = (event.database, touched, event.action, event.tables, event.columns, event.statement_complete)
        found = known.get(key)
        if found is None:
            if len(known) >= MAX_KNOWN:
                known.clear()
            groups = asked.groups(event, asked.touched(event))
            found = known[key] = tuple(sorted({(dataset, action) for dataset, action, _ in groups}))
        return found

    return find


def _changed(asked: Accesses) -> Callable[[Event], Columns]:
    """The columns that an event changes in rows that were there: not what it only inserts."""

    def find(event: Event) -> Columns:
        touched = asked.touched(event)
        text = event.sql or ""
        update = "update" in (event.action, touched.kind) or UPSERT.search(text) is not None
        hidden = not touched.resolved and UPDATE.search(text) is not None
        found: Columns = {}
        for (dataset, action, _), columns in asked.groups(event, touched).items() if update or hidden else ():
            if action == "update" or hidden:
                found[dataset] = found.get(dataset, frozenset()) | columns.names
        return found

    return find
