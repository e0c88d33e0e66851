"""Log events -> requests: may this account do this with these columns of this table, then?

One event becomes one request for each table and action that its statement touches. A statement that cannot be
resolved asks for all columns (`lineage_resolved` is false), never for none.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.events import Event, Hole
from tutela.engine.findings import Asked, Unreadable
from tutela.engine.messages import MESSAGES
from tutela.engine.model import Words
from tutela.engine.request import Request
from tutela.engine.statements import ANYTHING, NOTHING, Analyser, ColumnRef, Touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from tutela.engine.classifier import Classifier
    from tutela.engine.tables import Schema

ACTIONS: Final[Mapping[str, str]] = {
    "read": "read", "insert": "update", "update": "update", "delete": "delete", "export": "export", "grant": "grant",
    "ddl": "read", "other": "read", "login": "read",
}  # fmt: skip
WRITES: Final = frozenset({"insert", "update", "delete"})
UNNAMED: Final = "?"
_TAG: Final = re.compile(r"\b(purpose|request)\s*[=:]\s*'?([A-Za-z][\w.-]{1,63})", re.ASCII)
_COMMENT: Final = re.compile(r"/\*(.*?)\*/|--([^\n]*)", re.DOTALL)

Group = tuple[str, str, bool]
"""(dataset, action, resolved)."""


@dataclass(slots=True)
class Accesses:
    """Turns the events of one log into requests; remembers the rows of the last minutes for each account."""

    analyser: Analyser
    categories: Mapping[str, Mapping[str, str | None]]
    """Dataset (lower case) -> column (lower case) -> category, as classified; the catalog register comes later."""
    as_of: datetime
    """The instant for events of a log that has no times."""
    window: timedelta = timedelta(0)
    recent: dict[tuple[str, str], deque[tuple[datetime, int]]] = field(
        default_factory=dict[tuple[str, str], "deque[tuple[datetime, int]]"]
    )
    views: frozenset[str] = frozenset()

    def ask(self, events: Iterable[Event | Hole]) -> Iterator[Asked | Unreadable]:
        """The requests of every event, in log order; holes come through as unreadable."""
        for event in events:
            if isinstance(event, Hole):
                problem = event.problem
                yield Unreadable(problem.location, Words(problem.message("en"), problem.message("zh")))
            elif event.result != "denied":
                touched = self._touched(event)
                if not touched.parsed:
                    yield Unreadable(event.location, _why(touched))
                yield from self._event(event, touched)

    def _event(self, event: Event, touched: Touched) -> Iterator[Asked]:
        groups = self._groups(event, touched)
        for (dataset, action, resolved), columns in groups.items():
            properties: dict[str, Any] = {
                "dataset": dataset,
                "columns": sorted(columns),
                "categories": self._categories(dataset, columns),
                "known": dataset.lower() in self.categories,
                "lineage_resolved": resolved,
            }
            subject = {"type": "account", "id": event.account or UNNAMED}
            resource = {"type": "table", "id": dataset, "properties": properties}
            context = self._context(event, dataset)
            request = Request(subject, action, resource, context, as_of=event.at or self.as_of)
            yield Asked(request, event.location, key=f"{event.id}|{action}")

    def _touched(self, event: Event) -> Touched:
        if event.sql is not None:
            touched = self.analyser.analyse(event.sql)
            if event.statement_complete:
                return touched
            refs = touched.reads | self._named(event)
            return Touched(kind=touched.kind, reads=refs, writes=touched.writes, tables=touched.tables, resolved=False)
        stated = frozenset(ColumnRef(*_split(path)) for path in event.columns)
        return Touched(kind=_kind(event), reads=stated | self._named(event, stated), resolved=True)

    @staticmethod
    def _named(event: Event, stated: frozenset[ColumnRef] = frozenset()) -> frozenset[ColumnRef]:
        """All columns of the tables that only the log names."""
        covered = {(ref.schema, ref.table) for ref in stated}
        refs = (ColumnRef(*_split(f"{name}.*")) for name in event.tables)
        return frozenset(ref for ref in refs if (ref.schema, ref.table) not in covered)

    def _groups(self, event: Event, touched: Touched) -> dict[Group, set[str]]:
        groups: dict[Group, set[str]] = {}
        everything = {entry.ref for entry in self.analyser.catalog.entries.values()}
        if not touched.resolved and len(everything) > 1 and everything <= touched.tables:
            # Nothing is known about what it touches: one question about anything, not one for each table.
            touched = replace(touched, reads=frozenset({ANYTHING}), writes=NOTHING, tables=frozenset())
        kind = event.action if event.sql is None else touched.kind
        read = "export" if kind == "export" else ACTIONS["read"]
        if kind == "grant":
            read = "grant"
        for ref in touched.reads:
            self._add(groups, ref, read, resolved=touched.resolved)
        if event.sql is None and kind in WRITES:
            groups = {(dataset, ACTIONS[kind], resolved): columns for (dataset, _, resolved), columns in groups.items()}
        for ref in touched.writes:
            action = ACTIONS[kind] if kind in WRITES else "update"
            self._add(groups, ref, action, resolved=touched.resolved)
        seen = {dataset for dataset, _, _ in groups}
        for table in touched.tables:
            name = ".".join(part for part in table if part)
            # A table that is named without any column (count(*)) is still an access; a view stands for its tables.
            if name not in seen and name.lower() not in self.views:
                groups[name, ACTIONS.get(kind, "read") if kind in WRITES else read, touched.resolved] = set()
        if not touched.resolved and not groups:
            self._add(groups, ANYTHING, read, resolved=False)
        return groups

    @staticmethod
    def _add(groups: dict[Group, set[str]], ref: ColumnRef, action: str, *, resolved: bool) -> None:
        name = ".".join(part for part in (ref.schema, ref.table) if part)
        groups.setdefault((("*" if ref.table == "*" else name), action, resolved), set()).add(ref.column)

    def _categories(self, dataset: str, columns: set[str]) -> list[str]:
        if dataset == "*":
            found = [category for names in self.categories.values() for category in names.values()]
        else:
            names = self.categories.get(dataset.lower(), {})
            found = (
                list(names.values()) if "*" in columns else [names.get(column.lower()) for column in sorted(columns)]
            )
        return sorted({category for category in found if category})

    def _context(self, event: Event, dataset: str) -> dict[str, Any]:
        tags = _tags(event)
        context: dict[str, Any] = {
            "purpose": event.purpose or tags.get("purpose"),
            "request_id": event.request_id or tags.get("request"),
            "row_count": event.row_count,
            "application": event.application or None,
            "source_ip": event.source_ip or None,
            "rows_in_window": self._rows(event, dataset, named="request" in tags or bool(event.request_id)),
        }
        return {name: value for name, value in context.items() if value is not None}

    def _rows(self, event: Event, dataset: str, *, named: bool) -> int | None:
        """Rows of this account and table within the window; rows under a named request count for that request."""
        if event.at is None or event.row_count is None or named:
            return None
        rows = self.recent.setdefault((event.account, dataset), deque())
        rows.append((event.at, event.row_count))
        while rows and rows[0][0] <= event.at - self.window and len(rows) > 1:
            rows.popleft()
        return sum(count for at, count in rows if at <= event.at)


def accesses(  # noqa: PLR0913 (what an audit needs to know)
    schema: Schema | None,
    classifier: Classifier,
    dialect: str,
    as_of: datetime,
    *,
    default_schema: str | None = None,
    window_minutes: object = None,
) -> Accesses:
    """Prepare the analysis of a log against a schema."""
    tables = schema.tables if schema else ()
    short = default_schema.lower() + "." if default_schema else ""
    categories = {
        (table.path if "." in table.path else short + table.path).lower(): {
            found.column.name.lower(): found.category for found in classifier.table(table)
        }
        for table in tables
    }
    return Accesses(
        analyser=Analyser(schema, dialect, default_schema=default_schema),
        categories=categories,
        as_of=as_of,
        window=timedelta(minutes=float(window_minutes)) if isinstance(window_minutes, int | float) else timedelta(0),
        views=frozenset(table.path.lower() for table in tables if table.kind == "view"),
    )


def _why(touched: Touched) -> Words:
    """Why a statement could not be parsed; its detail is a name, never a value."""
    message = MESSAGES.get(f"statement-{touched.reason}", MESSAGES["statement-not-parsed"])
    return Words(*(message.text(lang).format(detail=touched.detail) for lang in ("en", "zh")))


def _kind(event: Event) -> Any:  # noqa: ANN401 (a literal of another module)
    return "other" if event.action == "login" else event.action


def _split(path: str) -> tuple[str, str, str]:
    parts = path.replace('"', "").replace("`", "").split(".")
    return (".".join(parts[:-2]), parts[-2], parts[-1]) if len(parts) > 1 else ("", "*", parts[0])


def _tags(event: Event) -> dict[str, str]:
    """Purpose and request that a statement's comments or the application's name declare."""
    texts = [event.application]
    if event.sql:
        texts += [a or b for a, b in _COMMENT.findall(event.sql[:65536])]
    return {name: value for text in texts for name, value in _TAG.findall(text)}
