"""Log events -> requests: may this account do this with these columns of this table, then?

One event becomes one request for each table and action that its statement touches. A statement that cannot be
resolved asks for all columns (`lineage_resolved` is false), never for none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp
from sqlglot.dialects import Dialects

from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.events import Event, Hole
from tutela.engine.facts_access import SCHEMA
from tutela.engine.findings import Asked, Unreadable
from tutela.engine.messages import MESSAGES
from tutela.engine.model import Access, Words
from tutela.engine.request import Request
from tutela.engine.stated import stated
from tutela.engine.statements import ANYTHING, NOTHING, Analyser, ColumnRef, TableRef, Touched
from tutela.engine.statements_catalog import Entry, sqlglot_dialect
from tutela.engine.statements_lower import UnresolvedError

from .access_columns import CHANGING, Columns
from .row_window import RowWindow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from tutela.engine.lineage import SchemaClassifier
    from tutela.engine.statements import How
    from tutela.engine.tables import Schema

WRITES: Final[Mapping[str, str]] = {"insert": "update", "update": "update", "ddl": "update", "delete": "delete"}
"""What a statement of this kind asks for on the tables that it writes."""
WHOLE: Final = frozenset({"delete", "ddl", "grant"})
"""Kinds that concern whole tables, whatever columns they name."""
MAX_DATABASES: Final = 64
"""Databases whose analysed statements are remembered."""
UNNAMED: Final = "?"

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
    window: RowWindow = field(default_factory=RowWindow)
    """The rows of the last minutes."""
    views: frozenset[str] = frozenset()
    by_database: bool = False
    """Whether the database of an event is the schema of names without one: so it is in MySQL."""
    databases: dict[str, Analyser] = field(default_factory=dict[str, Analyser])

    def ask(self, events: Iterable[Event | Hole]) -> Iterator[Asked | Unreadable]:
        """The requests of every event, in log order; holes come through as unreadable."""
        for event in events:
            if isinstance(event, Hole):
                yield unreadable(event)
            elif event.result != "denied":
                touched = self.touched(event)
                groups = self.groups(event, touched)
                datasets = dict.fromkeys(group[0] for group in groups)
                yield from self.requests(
                    event, touched, {name: self.window.add(event, name) for name in datasets}, groups
                )

    def requests(
        self, event: Event, touched: Touched, rows: Mapping[str, int | None], groups: Mapping[Group, Columns]
    ) -> Iterator[Asked | Unreadable]:
        """What one event asks for, a request for each group; `rows` are those of the window, by dataset."""
        if not touched.parsed:
            yield Unreadable(event.location, _why(touched), digest=told_apart(event))
        for group, columns in groups.items():
            yield self.request(event, group, columns, rows.get(group[0]))

    def request(self, event: Event, group: Group, columns: Columns, rows: int | None) -> Asked:
        """What one event asks for of one table."""
        subject = {"type": "account", "id": event.account or UNNAMED}
        context, names = self._context(event, rows), tuple(sorted(columns.names))
        request = self.request_by(subject, context, group, columns, event.at or self.as_of)
        access = Access(
            event.account,
            at=event.at,
            columns=names,
            exposed=tuple(sorted(columns.exposed)),
            aggregated=tuple(sorted(columns.aggregated)),
            written=names if group[1] in CHANGING else (),
            purpose=context.get("purpose", ""),
            request=context.get("request_id", ""),
        )
        return Asked(request, event.location, key=f"{told_apart(event)}|{group[1]}", access=access)

    def request_by(
        self,
        subject: Mapping[str, Any],
        context: Mapping[str, Any],
        group: Group,
        columns: Columns,
        as_of: datetime,
    ) -> Request:
        """What somebody asks for of one table."""
        return Request(subject, group[1], self.resource(group, columns), context, as_of=as_of)

    def resource(self, group: Group, columns: Columns) -> dict[str, Any]:
        """A table that is touched, as requests have it: with the columns, how they are touched, and what they hold."""
        dataset, _, resolved = group
        properties: dict[str, Any] = {
            "dataset": dataset,
            "columns": sorted(columns.names),
            "exposed": sorted(columns.exposed),
            "aggregated": sorted(columns.aggregated),
            "categories": self._categories(dataset, columns.names),
            "known": dataset.lower() in self.categories,
            "known_by": SCHEMA,
            "lineage_resolved": resolved,
        }
        return {"type": "table", "id": dataset, "properties": properties}

    def touched(self, event: Event) -> Touched:
        """What an event touches: by its statement, and by what the log itself names."""
        if event.sql is not None:
            return self._logged(event, self.analyser_in(event.database).analyse(event.sql))
        stated = frozenset(ColumnRef(*_split(path)) for path in event.columns)
        covered = {(ref.schema, ref.table) for ref in stated}
        named = (ColumnRef(*_split(f"{name}.*")) for name in event.tables)
        refs = stated | {ref for ref in named if (ref.schema, ref.table) not in covered}
        kind: Any = "other" if event.action == "login" else event.action
        if not refs and event.action != "login":
            # It touched something, and the log does not say what.
            refs = frozenset({ANYTHING})
            return Touched(kind=kind, reads=refs, exposed=refs, resolved=False)
        # How it touched them the log does not say either: it may have shown all.
        return Touched(kind=kind, reads=refs, exposed=refs, resolved=event.statement_complete)

    def analyser_in(self, database: str) -> Analyser:
        """The analysis of statements in a database."""
        if not database:
            return self.analyser
        if database not in self.databases:
            if len(self.databases) >= MAX_DATABASES:
                self.databases.clear()
            made = self.analyser.within if self.by_database else self.analyser.in_database
            self.databases[database] = made(database)
        return self.databases[database]

    def _logged(self, event: Event, touched: Touched) -> Touched:
        """What the statement touches, and what only the log names."""
        refs = touched.reads | touched.writes
        mentioned = touched.tables | {TableRef(ref.schema, ref.table) for ref in refs}
        more = {
            ColumnRef(*ref, "*")
            for ref in (self._unmentioned(name, mentioned) for name in event.tables)
            if ref is not None
        }
        writes = touched.writes
        if event.action in WRITES:
            writes |= more
            if touched.kind not in WRITES:
                # The log says that it writes, its text does not say what.
                writes |= {ColumnRef(*ref, "*") for ref in mentioned if not self._is_view(ref)}
        names = {ref.column.lower() for ref in refs}
        tables = {ref for ref in mentioned if not self._is_view(ref)}
        for path in event.columns:
            schema, table, column = _split(path)
            if table != "*":
                found = self._find(f"{schema}.{table}" if schema else table)
                more.add(ColumnRef(*found[1], column))
            elif column.lower() not in names:
                more.add(ColumnRef(*next(iter(tables)), column) if len(tables) == 1 else ColumnRef("", "*", column))
        resolved = touched.resolved and event.statement_complete
        reads, exposed = touched.reads | more, touched.exposed | more
        if not resolved or (event.action == "export" and touched.kind not in ("read", "export")):
            exposed = reads  # nobody knows what came out
        return replace(touched, reads=reads, exposed=exposed, writes=writes, resolved=resolved)

    def _find(self, name: str) -> tuple[Entry | None, TableRef, bool]:
        """A table that the log names: its entry, its name, and whether it is one of the system's."""
        schema, table, _ = _split(f"{name}.*")
        found = self.analyser.catalog.find(exp.table_(table, db=schema.rpartition(".")[2] or None, quoted=True))
        if isinstance(found, Entry):
            return found, found.ref, False
        return None, TableRef(schema or found.ref.schema, table), found.system

    def _unmentioned(self, name: str, mentioned: Iterable[TableRef]) -> TableRef | None:
        """The table of this name, unless the statement's analysis covers it, or it is the system's own."""
        entry, ref, system = self._find(name)
        known = frozenset(mentioned)
        if system or ref in known:
            return None
        parent = entry.parent if entry else None
        while parent:
            if parent.ref in known:
                return None
            parent = parent.parent
        bases = self._bases(entry) if entry else None
        return None if bases and bases <= known else ref

    def _bases(self, entry: Entry) -> frozenset[TableRef] | None:
        """The tables behind a view; none for a table, None when they cannot be told."""
        try:
            view = self.analyser.view(entry)
        except UnresolvedError:
            return None
        return view.tables if view else frozenset()

    def _is_view(self, ref: TableRef) -> bool:
        return ".".join(part for part in ref if part).lower() in self.views

    def groups(self, event: Event, touched: Touched) -> dict[Group, Columns]:
        """The tables that an event touches, with what it does to them, and the columns."""
        groups: dict[Group, Columns] = {}
        kinds: set[str] = {event.action, touched.kind, *touched.also}
        everything = {entry.ref for entry in self.analyser.catalog.entries.values()}
        if not touched.resolved and len(everything) > 1 and everything <= touched.tables:
            # Nothing is known about what it touches: one question about anything, not one for each table.
            anything = frozenset({ANYTHING})
            writes = anything if touched.writes and kinds & WRITES.keys() else NOTHING
            touched = replace(touched, reads=anything, exposed=anything, writes=writes, tables=frozenset())
        read: list[str] = [action for action in ("export", "grant") if action in kinds] or ["read"]
        write = sorted({WRITES[kind] for kind in kinds if kind in WRITES}) or ["update"]
        reads, writes = touched.reads, touched.writes
        if event.sql is None and kinds & WRITES.keys():
            reads, writes = NOTHING, reads
        for refs, actions, written in ((reads, read, False), (writes, write, True)):
            for ref in refs:
                how: How = "used" if written else touched.how(ref)
                for action in actions:
                    whole = action in WHOLE or (written and bool(kinds & WHOLE))
                    name = ref._replace(column="*") if whole else ref
                    self._add(groups, name, action, how, resolved=touched.resolved)
        self._add_tables(groups, touched, kinds, read, write)
        if not touched.resolved and not groups:
            for action in read:
                self._add(groups, ANYTHING, action, "exposed", resolved=False)
        return groups

    def _add_tables(
        self, groups: dict[Group, Columns], touched: Touched, kinds: set[str], read: list[str], write: list[str]
    ) -> None:
        """Ask for all columns of the tables that are named without any: count(*), a grant, a definition."""
        actions = write if "ddl" in kinds or (kinds & WRITES.keys() and not touched.writes) else read
        tables = set(touched.tables)
        if "grant" in kinds:  # who may use a view may use what lies behind it
            entries = [entry for entry in self.analyser.catalog.entries.values() if entry.ref in tables]
            tables |= frozenset[TableRef]().union(*(self._bases(entry) or () for entry in entries))
        seen = {dataset for dataset, _, _ in groups}
        for ref in sorted(tables):
            name = ".".join(part for part in ref if part)
            # A view that is read stands for its tables; one that is defined or granted is meant itself.
            alone = not seen and len(tables) == 1
            if name not in seen and (kinds & {"ddl", "grant"} or alone or not self._is_view(ref)):
                for action in actions:
                    self._add(groups, ColumnRef(*ref, "*"), action, "used", resolved=touched.resolved)

    @staticmethod
    def _add(groups: dict[Group, Columns], ref: ColumnRef, action: str, how: How, *, resolved: bool) -> None:
        name = ".".join(part for part in (ref.schema, ref.table) if part)
        columns = groups.setdefault((("*" if ref.table == "*" else name), action, resolved), Columns())
        # What is granted may be shown to somebody else.
        columns.add(ref.column, how if resolved and action != "grant" else "exposed")

    def _categories(self, dataset: str, columns: set[str]) -> list[str]:
        if dataset == "*":
            found = [category for names in self.categories.values() for category in names.values()]
        else:
            names = self.categories.get(dataset.lower(), {})
            found = (
                list(names.values()) if "*" in columns else [names.get(column.lower()) for column in sorted(columns)]
            )
        return sorted({category for category in found if category})

    @staticmethod
    def _context(event: Event, rows: int | None) -> dict[str, Any]:
        tags = stated(event)
        context: dict[str, Any] = {
            "purpose": event.purpose or tags.get("purpose"),
            "request_id": event.request_id or tags.get("request"),
            "row_count": event.row_count,
            "application": event.application or None,
            "source_ip": event.source_ip or None,
            "rows_in_window": rows,
            "role": event.extra.get("role") or None,
            "break_glass": event.extra.get("break_glass") or None,
        }
        return {name: value for name, value in context.items() if value is not None}


def accesses(  # noqa: PLR0913 (what an audit needs to know)
    schema: Schema | None,
    classifier: SchemaClassifier,
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
            found.column.name.lower(): found.category for found in columns
        }
        for table, columns in (classifier.classify(schema).tables if schema else ())
    }
    return Accesses(
        analyser=_analyser(schema, dialect, default_schema),
        categories=categories,
        as_of=as_of,
        window=RowWindow(timedelta(minutes=float(window_minutes) if isinstance(window_minutes, int | float) else 0)),
        views=frozenset(table.path.lower() for table in tables if table.kind == "view"),
        by_database=sqlglot_dialect(dialect).startswith("mysql"),
    )


def _analyser(schema: Schema | None, dialect: str, default_schema: str | None) -> Analyser:
    """The analysis of statements; InputError for a dialect that nobody knows."""
    try:
        return Analyser(schema, dialect, default_schema=default_schema)
    except ValueError:
        args = {"dialect": dialect, "known": ", ".join(sorted(known.value for known in Dialects if known.value))}
        raise InputError([Problem(code="ddl-unknown-dialect", location=Location("--dialect"), args=args)]) from None


def told_apart(event: Event) -> str:
    """What tells an event from those of other logs, too: its id may be no more than a line, and others stood there."""
    return f"{event.id}|{event.account}|{event.at.astimezone(UTC).isoformat() if event.at else ''}"


def unreadable(hole: Hole) -> Unreadable:
    """A place in the log that could not be read, as a finding; at the same place of another log it is another one."""
    problem = hole.problem
    digest = f"{problem.location.line}|{hole.log}" if hole.log else ""
    return Unreadable(problem.location, Words(problem.message("en"), problem.message("zh")), digest)


def _why(touched: Touched) -> Words:
    """Why a statement could not be parsed; its detail is a name, never a value."""
    message = MESSAGES.get(f"statement-{touched.reason}", MESSAGES["statement-not-parsed"])
    return Words(*(message.text(lang).format(detail=touched.detail) for lang in ("en", "zh")))


def _split(path: str) -> tuple[str, str, str]:
    parts = path.replace('"', "").replace("`", "").split(".")
    return (".".join(parts[:-2]), parts[-2], parts[-1]) if len(parts) > 1 else ("", "*", parts[0])
