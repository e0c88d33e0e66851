"""What a SQL statement touches, column by column; what is not certain counts as all it could touch.

`Analyser.analyse(text)` never raises: a statement that cannot be resolved exactly has `resolved=False`
and reads (or writes) all columns of the tables it names, or of all tables where not even those are certain.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeVar, cast

from sqlglot import exp
from sqlglot.errors import SqlglotError

from .statements_catalog import ANYTHING, Catalog, ColumnRef, Entry, TableRef, Unknown
from .statements_lower import Part, Plan, StatementKind, UnresolvedError, lower
from .statements_read import read
from .statements_scopes import NOTHING, Cell, Refs, ViewLineage, by_name, check_tree, trace
from .statements_shapes import Shape, shape_of, without_values
from .statements_views import MAX_BYTES, named_outputs, view_query
from .statements_words import (
    EXECUTABLE_COMMENT,
    EXPLAINED,
    EXPLAINING,
    FOLDING_TRAPS,
    HARMLESS,
    KINDS_BY_WORD,
    MYSQL_DASHES,
    NAMED_STATEMENT,
    OUTFILE,
    ROLE_COMMAND,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .tables import Schema

__all__ = ["ANYTHING", "NOTHING", "Analyser", "ColumnRef", "How", "StatementKind", "TableRef", "Touched", "analyse"]

# sqlglot warns about statements it does not know, with their text; here that is an answer, no accident, and the values
# in a text belong in no log, whatever a service or an application does with what libraries say.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

How = Literal["exposed", "aggregated", "used"]
"""Values of a column reach the client or a file, only an aggregate of them does, or neither."""
_K = TypeVar("_K")
_T = TypeVar("_T")
MAX_DEPTH: Final = 150
"""Open parentheses, and CASEs, at one place."""
MAX_VIEW_DEPTH: Final = 20
MAX_CACHE: Final = 10_000
_MYSQL: Final = frozenset({"mysql", "doris", "starrocks", "singlestore"})
_SLASHES: Final = frozenset({"snowflake", "dremio"})
"""Dialects in which two slashes begin a comment."""
_BLOCKS: Final = frozenset({"tsql", "oracle"})
"""Dialects whose BEGIN opens a block of statements."""
_ORDER: Final[tuple[StatementKind, ...]] = (
    "export",
    "grant",
    "ddl",
    "delete",
    "update",
    "insert",
    "read",
    "other",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """The columns that a statement reads, writes and shows."""

    kind: StatementKind
    reads: Refs = NOTHING
    writes: Refs = NOTHING
    exposed: Refs = NOTHING
    """The part of `reads` whose values (or values made from them) reach the client or a file."""
    aggregated: Refs = NOTHING
    """The part of `reads` of which only a count, sum, average or the like does.

    The others decide which rows there are (filter, join, group, order), or are only copied into a table.
    """
    tables: frozenset[TableRef] = frozenset()
    """Every table that is named, views and what lies behind them included."""
    resolved: bool = True
    parsed: bool = True
    reason: str = ""
    """Why it is not resolved: a slug (`statement-<reason>` is its message); empty when it is."""
    detail: str = ""
    """The name of the table, column, function or clause that the reason is about; never a value."""
    also: frozenset[StatementKind] = frozenset()
    """What it does beside its kind: a text of several statements, or a definition that takes rows or columns away."""

    def how(self, ref: ColumnRef) -> How:
        """What the statement does with a column that it reads."""
        if ref in self.exposed or ref._replace(column="*") in self.exposed:
            return "exposed"
        return "aggregated" if ref in self.aggregated else "used"


def analyse(
    sql: str,
    dialect: str,
    schema: Schema | None,
    *,
    default_schema: str | None = None,
    search_path: Sequence[str] = (),
) -> Touched:
    """What one text touches; for many texts make one `Analyser`."""
    return Analyser(schema, dialect, default_schema=default_schema, search_path=search_path).analyse(sql)


class Analyser:
    """A prepared schema that answers for statement after statement; it remembers texts and shapes.

    Raises ValueError for a dialect that sqlglot does not know.
    """

    def __init__(
        self,
        schema: Schema | None,
        dialect: str,
        *,
        default_schema: str | None = None,
        search_path: Sequence[str] = (),
    ) -> None:
        self.catalog = Catalog(schema, dialect, default_schema=default_schema, search_path=search_path)
        self._cache: OrderedDict[str, Touched] = OrderedDict()
        self._shapes: OrderedDict[Shape, Touched | None] = OrderedDict()
        """Shape -> what every statement of it touches; None where the values matter."""
        self._views: dict[str, ViewLineage | UnresolvedError | None] = {}
        self._open: list[str] = []

    def analyse(self, sql: str) -> Touched:
        """What the text touches; several statements in it count together."""
        if (known := self._cache.get(sql)) is not None:
            self._cache.move_to_end(sql)
            return known
        touched = self.shape(sql) or self.afresh(sql)
        _keep(self._cache, sql, touched)
        return touched

    def shape(self, sql: str) -> Touched | None:
        """What every statement with the shape of this one touches; None where the values matter."""
        if len(sql) > MAX_BYTES or "\0" in sql:
            return None
        key = shape_of(sql)
        if self.catalog.family in _SLASHES and any("//" in (part or "") for part in key):
            return None  # a quote in a comment is none
        if key in self._shapes:
            self._shapes.move_to_end(key)
            return self._shapes[key]
        neutral = without_values(sql)
        touched = None if neutral is None else self.afresh(neutral)
        # A value may stand for a name (`FROM 'a.csv'`, an alias): then the text without values is not resolved.
        if touched is None or not (touched.resolved or touched == self.afresh(sql)):
            touched = None
        _keep(self._shapes, key, touched)
        return touched

    def within(self, schema: str) -> Analyser:
        """The same tables, for statements that stand in this schema."""
        return self._over(self.catalog.within(schema))

    def in_database(self, name: str) -> Analyser:
        """The same tables, for statements that run in this database and may name it: `PROD.CRM.CUSTOMER`."""
        catalog = self.catalog.in_database(name)
        return self if catalog is self.catalog else self._over(catalog)

    def _over(self, catalog: Catalog) -> Analyser:
        found = copy(self)
        found.catalog = catalog
        found._cache, found._shapes, found._views = OrderedDict(), OrderedDict(), {}  # noqa: SLF001 (its own)
        return found

    def view(self, entry: Entry) -> ViewLineage | None:
        """The lineage of a view, None for a base table; raises UnresolvedError."""
        if entry.table.kind != "view":
            return None
        if entry.key not in self._views:
            if entry.key in self._open or len(self._open) >= MAX_VIEW_DEPTH:
                raise UnresolvedError("view-cyclic", entry.ref.table, whole=True)
            self._open.append(entry.key)
            try:
                self._views[entry.key] = self._trace_view(entry)
            except UnresolvedError as error:
                self._views[entry.key] = UnresolvedError("view-unresolved", entry.ref.table, whole=True)
                if error.reason == "view-cyclic":
                    self._views[entry.key] = error
            finally:
                self._open.pop()
        found = self._views[entry.key]
        if isinstance(found, UnresolvedError):
            raise UnresolvedError(found.reason, found.detail, whole=True)
        return found

    def _trace_view(self, entry: Entry) -> ViewLineage:
        """A view body sees its own schema first and none of the CTEs of the statement that uses it."""
        query, names = view_query(entry.table, self.catalog.dialect, self.catalog.words)
        traced = trace(Part(query), self.catalog.within(entry.ref.schema), self)
        columns = by_name(named_outputs(entry.table, names, traced.outputs))
        return ViewLineage(columns, traced.inner, traced.tables)

    def afresh(self, sql: str) -> Touched:
        """The analysis of a text, nothing remembered; every failure, also one nobody thought of, ends as unresolved."""
        kind = _kind_of(sql)
        try:
            return self._analyse(sql, kind)
        except UnresolvedError as error:
            return self._everything(kind, error.reason, error.detail)
        except SqlglotError:
            return self._everything("export" if OUTFILE.search(sql) else kind, "not-parsed", parsed=False)
        except RecursionError:
            return self._everything(kind, "too-deep", parsed=False)
        except Exception as error:  # noqa: BLE001 # fail closed: the parser meets texts that nobody has tried
            return self._everything(kind, "failed", type(error).__name__, parsed=False)
        finally:
            self._open.clear()

    def _analyse(self, sql: str, kind: StatementKind) -> Touched:  # one return a guard
        if len(sql) > MAX_BYTES or len(sql.encode("utf-8", "replace")) > MAX_BYTES:
            return self._everything(kind, "too-large", parsed=False)
        if _depth(sql) > MAX_DEPTH:
            return self._everything(kind, "too-deep", parsed=False)
        if HARMLESS.fullmatch(sql):
            return Touched(kind="other")
        if EXECUTABLE_COMMENT.search(sql) or (self.catalog.family in _MYSQL and MYSQL_DASHES.search(sql)):
            return self._everything(kind, "comment-executable", parsed=False)
        if FOLDING_TRAPS.search(sql) or "\0" in sql:
            return self._everything(kind, "not-parsed", parsed=False)
        if self.catalog.family == "postgres" and (named := NAMED_STATEMENT.match(sql)):
            return self._analyse(sql[named.end() :], _kind_of(sql[named.end() :]))
        if self.catalog.family in EXPLAINING and (asked := EXPLAINED.match(sql)):
            return self._analyse(sql[asked.end() :], _kind_of(sql[asked.end() :]))
        statements = read(sql, self.catalog.dialect, self.catalog.words)
        if not statements:
            return Touched(kind="other")
        return _together([self._statement(statement, kind) for statement in statements])

    def _statement(self, statement: exp.Expr, kind: StatementKind) -> Touched:
        if isinstance(statement, exp.Command):
            kind = _kind_of(f"{statement.this} {statement.expression}")
            return self._everything(kind, "not-parsed", str(statement.this).upper()[:40], parsed=False)
        if isinstance(statement, (exp.Transaction, exp.Commit, exp.Rollback)) and self.catalog.family not in _BLOCKS:
            return Touched(kind="other")
        plan: Plan | None = None
        try:
            check_tree(statement, self.catalog.family)
            plan = lower(statement)
            return self._touched(plan)
        except UnresolvedError as error:
            known = plan.kind if plan else _KIND_OF_NODE.get(type(statement).__name__, kind)
            if error.whole:
                return self._everything(known, error.reason, error.detail)
            return self._named(statement, known, error)

    def _touched(self, plan: Plan) -> Touched:
        result = _Sum()
        stored = set[ColumnRef]()
        for part in plan.parts:
            traced = trace(part, self.catalog, self)
            stored |= traced.stored
            result.add(traced.reads, traced.writes, traced.shown, traced.tables)
        for table, names in plan.writes:
            result.add(writes=self._columns(table, names, result, heirs=plan.kind != "insert"))
        for table, names, out in plan.reads:
            refs = self._columns(table, names, result)
            result.add(refs, shown=Cell(refs if out else NOTHING))
        for table in plan.mentions:
            result.tables |= self._find(table).refs
        if _meet(result.exposed, result.writes):  # RETURNING a column that was written shows what was written
            result.exposed |= stored
        return result.touched(plan.kind, frozenset({"delete"}) if plan.deletes else frozenset())

    def _find(self, table: exp.Table) -> Entry | Unknown:
        return self.catalog.find(self.catalog.normalize(table))

    def _columns(self, table: exp.Table, names: Sequence[str], result: _Sum, *, heirs: bool = True) -> Refs:
        """Columns named outside a query (COPY t (a), INSERT INTO t (a)); none named = all."""
        entry = self._find(table)
        if not isinstance(entry, Entry):
            result.tables.add(entry.ref)
            raise UnresolvedError("table-unknown", entry.ref.table)
        entry = entry if heirs else entry.alone()
        result.tables |= entry.refs
        view = self.view(entry)
        if view:
            result.tables |= view.tables
        if not names:
            return view.all() if view else entry.all()
        refs = set[ColumnRef]()
        for name in names:
            spelling = self.catalog.fold(name, quoted=False)
            stored = entry.spellings.get(name) or entry.spellings.get(spelling)
            found = NOTHING if stored is None else (view.column(stored) if view else entry.column(stored))
            if not found and not (view and stored in view.columns):
                raise UnresolvedError("column-unknown", name)
            refs |= found
        return frozenset(refs)

    def _named(self, statement: exp.Expr, kind: StatementKind, error: UnresolvedError) -> Touched:
        """All columns of all tables that the statement names."""
        ctes = {self.catalog.fold(cte.alias, quoted=False) for cte in statement.find_all(exp.CTE)}
        refs, tables, system = set[ColumnRef](), set[TableRef](), True
        for table in statement.find_all(exp.Table):
            if not table.name or isinstance(table.this, exp.Func):
                continue
            found = self._find(table)
            if isinstance(found, Entry):
                try:
                    view = self.view(found)
                except UnresolvedError:
                    return self._everything(kind, error.reason, error.detail)
                behind = view.tables if view else frozenset[TableRef]()
                refs |= found.all() | {ColumnRef(*ref, "*") for ref in behind}
                tables |= found.refs | behind
                system = False
            elif table.db or self.catalog.fold(table.name, quoted=False) not in ctes:
                refs.add(ColumnRef(*found.ref, "*"))
                tables.add(found.ref)
                system = system and found.system
        if not refs:
            return self._everything(kind, error.reason, error.detail)
        if system and kind == "read" and error.reason in ("column-unknown", "column-hidden"):
            return Touched(kind=kind, reads=frozenset(refs), exposed=frozenset(refs), tables=frozenset(tables))
        return _unresolved(kind, frozenset(refs), frozenset(tables), error.reason, error.detail)

    def _everything(self, kind: StatementKind, reason: str, detail: str = "", *, parsed: bool = True) -> Touched:
        """All columns of all tables of the catalogue."""
        tables = frozenset(entry.ref for entry in self.catalog.entries.values())
        return replace(_unresolved(kind, self.catalog.whole(), tables, reason, detail), parsed=parsed)


def _meet(some: set[ColumnRef], others: set[ColumnRef]) -> bool:
    """Whether two sets have a column in common; `*` stands for all of its table."""
    whole = {ref[:2] for ref in others if ref.column == "*"}
    return bool(some & others) or any(ref[:2] in whole or ref._replace(column="*") in some for ref in some | others)


def _only(summed: Iterable[ColumnRef], exposed: Iterable[ColumnRef]) -> Refs:
    """What is not shown besides; `*` stands for all columns of its table."""
    known = set(exposed)
    return frozenset(ref for ref in summed if ref not in known and ref._replace(column="*") not in known)


def _keep(cache: OrderedDict[_K, _T], key: _K, value: _T) -> None:
    cache[key] = value
    if len(cache) > MAX_CACHE:
        cache.popitem(last=False)


class _Sum:
    """Columns and tables of the parts of one statement."""

    def __init__(self) -> None:
        self.reads = set[ColumnRef]()
        self.writes = set[ColumnRef]()
        self.exposed = set[ColumnRef]()
        self.summed = set[ColumnRef]()
        self.tables = set[TableRef]()

    def add(
        self,
        reads: Refs = NOTHING,
        writes: Refs = NOTHING,
        shown: Cell = Cell(),  # noqa: B008 (frozen)
        tables: Iterable[TableRef] = (),
    ) -> None:
        self.reads |= reads
        self.writes |= writes
        self.exposed |= shown.plain
        self.summed |= shown.summed
        self.tables.update(tables)

    def touched(self, kind: StatementKind, also: frozenset[StatementKind]) -> Touched:
        return Touched(
            kind=kind,
            also=also,
            reads=frozenset(self.reads),
            writes=frozenset(self.writes),
            exposed=frozenset(self.exposed),
            aggregated=_only(self.summed, self.exposed),
            tables=frozenset(self.tables),
        )


_WRITING: Final = frozenset({"insert", "update", "delete", "ddl", "other"})
_KIND_OF_NODE: Final[dict[str, StatementKind]] = {
    "Select": "read", "Union": "read", "Intersect": "read", "Except": "read", "Subquery": "read",
    "Insert": "insert", "Update": "update", "Merge": "update", "Delete": "delete", "TruncateTable": "delete",
    "Copy": "export", "Create": "ddl", "Drop": "ddl", "Alter": "ddl", "Grant": "grant", "Revoke": "grant",
}  # fmt: skip


def _unresolved(kind: StatementKind, refs: Refs, tables: frozenset[TableRef], reason: str, detail: str) -> Touched:
    return Touched(
        kind=kind,
        reads=refs,
        exposed=refs,
        writes=refs if kind in _WRITING else NOTHING,
        tables=tables,
        resolved=False,
        reason=reason,
        detail=detail[:80],
    )


def _together(parts: list[Touched]) -> Touched:
    """Several statements in one text: everything any of them touches, under the gravest kind and all others."""
    if len(parts) == 1:
        return parts[0]
    first = next((part for part in parts if not part.resolved), parts[0])
    exposed = NOTHING.union(*(part.exposed for part in parts))
    return Touched(
        kind=next(kind for kind in _ORDER if any(part.kind == kind for part in parts)),
        also=frozenset[StatementKind](part.kind for part in parts).union(*(part.also for part in parts)),
        reads=NOTHING.union(*(part.reads for part in parts)),
        writes=NOTHING.union(*(part.writes for part in parts)),
        exposed=exposed,
        aggregated=_only(NOTHING.union(*(part.aggregated for part in parts)), exposed),
        tables=frozenset[TableRef]().union(*(part.tables for part in parts)),
        resolved=all(part.resolved for part in parts),
        parsed=all(part.parsed for part in parts),
        reason=first.reason,
        detail=first.detail,
    )


def _kind_of(sql: str) -> StatementKind:
    """What a text is about by its first word; comments before it hide it."""
    if ROLE_COMMAND.match(sql):
        return "grant"
    word = sql.lstrip("( \t\r\n;")[:20].split(None, 1)
    return cast("StatementKind", KINDS_BY_WORD.get(word[0].lower().rstrip("(;"), "other") if word else "other")


def _depth(sql: str) -> int:
    """How deep parentheses, CASEs and runs of prefix operators nest at most, strings counted too."""
    depth = deepest = 0
    for char in sql:
        if char in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in ")]}":
            depth = max(0, depth - 1)
    lowered = sql.lower()
    return max(deepest, lowered.count("case") - lowered.count("end"), lowered.count("not not"))
