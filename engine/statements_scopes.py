"""What one query reads and lets out: every column node is traced to a base column, or all is unresolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from .statements_bound import Bound
from .statements_catalog import CATALOG_DB, SYSTEM_DB, Catalog, ColumnRef, Entry, TableRef
from .statements_guards import (
    bind_far_joins,
    complete_stars,
    mark,
    refuse_attributes,
    refuse_fields,
    refuse_later_tables,
    refuse_rows_of_columns,
)
from .statements_lower import Part, UnresolvedError
from .statements_rewrites import write_out
from .statements_shown import Use, uses
from .statements_words import FUNCTION_SCHEMAS, READING_ANYTHING, READING_NODES, computes

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_COLUMNS: Final = 1_500
"""Column nodes in one statement; qualifying takes quadratic time in them."""

MAX_NAME_BYTES: Final = 63
"""What PostgreSQL keeps of a name."""

Refs = frozenset[ColumnRef]
NOTHING: Final[Refs] = frozenset()

_TABLE_ARGS: Final = frozenset({"this", "db", "catalog", "alias", "joins", "laterals", "only", "sample", "hints"})
_PARAMETER_COLUMNS: Final = frozenset({"snowflake", "duckdb"})
"""Dialects in which `$1` or `#1` can be a column."""


class Cell(NamedTuple):
    """The base columns behind one output."""

    plain: Refs = NOTHING
    """Those whose values it shows, or values made from them."""
    summed: Refs = NOTHING
    """Those that stand in an aggregate; some of them may be shown besides."""
    used: Refs = NOTHING
    """Those that only decide what it shows: the filter of a query inside it, the order of a window."""

    @property
    def refs(self) -> Refs:
        """All of them."""
        return self.plain | self.summed | self.used

    def as_part(self, how: Use) -> Cell:
        """What is behind an expression of which this is a part."""
        if how == "shown":
            return self
        return Cell(NOTHING, self.plain | self.summed, self.used) if how == "summed" else Cell(used=self.refs)


def together(cells: Iterable[Cell]) -> Cell:
    """What is behind some outputs."""
    both = list(cells)
    return Cell(*(NOTHING.union(*refs) for refs in zip(*both, strict=True))) if both else Cell()


@dataclass(frozen=True, slots=True)
class ViewLineage:
    """What each column of a view shows, and what decides which rows it has."""

    columns: dict[str, Cell]
    influence: Refs
    tables: frozenset[TableRef]

    def column(self, name: str) -> Refs:
        """The base columns behind a column of the view; empty when it has none of this name."""
        found = self.columns.get(name)
        return NOTHING if found is None else found.refs | self.influence

    def all(self) -> Refs:
        """The base columns behind all columns."""
        return self.influence | together(self.columns.values()).refs


class Views(Protocol):
    """Where the lineage of views comes from."""

    def view(self, entry: Entry) -> ViewLineage | None:
        """The lineage of a view, None for a base table; raises UnresolvedError."""
        ...


@dataclass(slots=True)
class Traced:
    """The base columns of one query."""

    reads: Refs
    writes: Refs
    shown: Cell
    """What comes out."""
    stored: Refs
    """What the values are made of that are written."""
    outputs: tuple[tuple[str, Cell], ...]
    inner: Refs
    """Reads outside the root's select list: filters, joins, and everything in queries that stand in FROM or WITH."""
    tables: frozenset[TableRef]


def check_tree(tree: exp.Expr, family: str) -> None:
    """Refuse what can read without a column that shows it: unknown functions, positional columns, pivots."""
    check_nodes(tree, family)
    for node in tree.find_all(exp.Anonymous, exp.AnonymousAggFunc, exp.Dot):
        if isinstance(node, exp.Dot):
            _check_method(node)
        else:
            check_function(node, family)


def check_nodes(tree: exp.Expr, family: str) -> None:
    """Refuse what moves columns about or names them by position."""
    count = 0
    for node in tree.walk():
        name = type(node).__name__
        if name in READING_NODES:
            raise UnresolvedError("statement-clause", name.upper(), whole=name in READING_ANYTHING)
        if name in ("PositionalColumn", "Columns"):
            raise UnresolvedError("column-hidden")
        if isinstance(node, exp.Parameter) and family in _PARAMETER_COLUMNS:
            raise UnresolvedError("column-hidden")
        if (
            isinstance(node, exp.Dot)
            and isinstance(node.this, exp.Identifier)
            and not isinstance(node.expression, exp.Func)
        ):
            raise UnresolvedError("column-hidden")
        if isinstance(node, exp.Identifier) and family == "postgres" and len(str(node.this).encode()) > MAX_NAME_BYTES:
            raise UnresolvedError("column-hidden", str(node.this))  # the server cuts it: another name may be the same
        count += isinstance(node, exp.Column)
    if count > MAX_COLUMNS:
        raise UnresolvedError("statement-large")


def check_function(node: exp.Expr, family: str) -> None:
    """Refuse a function that may read what its arguments do not show."""
    name = node.this if isinstance(node.this, str) else getattr(node.this, "name", "")
    if not computes(str(name), family):
        raise UnresolvedError("function-unknown", str(name), whole=True)


def _check_method(node: exp.Dot) -> None:
    """`pg_catalog.lower(x)` and `(row).field` are known; `other.lower(x)` and `x.method()` are not."""
    left, right = node.this, node.expression
    if isinstance(right, exp.Func) and not (isinstance(left, exp.Identifier) and left.name.lower() in FUNCTION_SCHEMAS):
        raise UnresolvedError("function-unknown", right.name, whole=True)


def trace(part: Part, catalog: Catalog, views: Views) -> Traced:
    """Trace a query; raises UnresolvedError."""
    return Tracer(part, catalog, views).run()


class Tracer:
    """The tracing of one query."""

    def __init__(self, part: Part, catalog: Catalog, views: Views) -> None:
        self.part = part
        self.catalog = catalog
        self.views = views
        self.tables: set[TableRef] = set()
        self.scopes: dict[int, Scope] = {}
        """The scope of each column node, by the node's identity; the tree lives as long as the tracer."""
        self.outputs: dict[int, dict[str, Cell] | None] = {}
        self.bound = Bound(catalog)
        self.recursive = False

    def run(self) -> Traced:
        """What the query reads and shows."""
        tree = self.part.query.copy()
        check_tree(tree, self.catalog.family)
        return self._result(*self.prepare(tree))

    def prepare(self, tree: exp.Expr) -> tuple[exp.Expr, list[Scope]]:
        """Bind every table, qualify every column and find its scope; raises UnresolvedError."""
        for lock in tree.find_all(exp.Lock):
            lock.set("expressions", None)  # `FOR UPDATE OF t`: the name of a source, no source
        tree = normalize_identifiers(tree, dialect=self.catalog.dialect)
        if self.catalog.family == "postgres":
            write_out(tree, self._spellings(tree).__contains__)
        self._bind(tree)
        if self.catalog.family != "sqlite":
            bind_far_joins(tree, self._joined)
        mapping = self.bound.mapping(tree)
        mark(tree)
        try:
            tree = qualify(
                tree,
                schema=mapping,
                dialect=self.catalog.dialect,
                quote_identifiers=False,
            )
        except SqlglotError as error:
            raise UnresolvedError("column-unknown", _detail(error)) from None
        except AssertionError:  # ORDER BY 1 behind a star of which the resolver knows no columns
            raise UnresolvedError("column-hidden", "*") from None
        scopes = traverse_scope(tree)
        if not scopes:
            raise UnresolvedError("statement-kind", whole=True)
        self.recursive = any(with_.recursive for with_ in tree.find_all(exp.With))
        complete_stars(scopes, self._columns)
        self._visit(tree, scopes)
        if self.catalog.family == "postgres":
            refuse_fields(tree, self.scopes)
            refuse_attributes(tree, self.scopes, self._columns, self.catalog.knows)
        refuse_rows_of_columns(self.scopes, tree.find_all(exp.TableColumn), self._columns)
        refuse_later_tables(tree, self.scopes)
        return tree, scopes

    def _spellings(self, tree: exp.Expr) -> set[str]:
        """The names of all columns of the tables that a query names."""
        found = (self.catalog.find(node) for node in tree.find_all(exp.Table) if isinstance(node.this, exp.Identifier))
        return {name for entry in found if isinstance(entry, Entry) for name in entry.spellings}

    def _bind(self, tree: exp.Expr) -> None:
        """Rename every base table to its entry, and make sure that no table node is left over."""
        settled: set[int] = set()
        for scope in traverse_scope(tree):
            for source in scope.sources.values():
                if isinstance(source, exp.Table) and id(source) not in settled:
                    self._bind_table(source)
                    settled.add(id(source))
            for name, node in scope.references:
                if isinstance(scope.sources.get(name), Scope):
                    settled.add(id(node))
        for table in tree.find_all(exp.Table):
            if id(table) not in settled:
                raise UnresolvedError("table-hidden", table.name)
            if extra := [name for name, value in table.args.items() if value and name not in _TABLE_ARGS]:
                raise UnresolvedError("statement-clause", extra[0].strip("_").upper())

    def _bind_table(self, table: exp.Table) -> None:
        if isinstance(table.this, exp.Func):
            return  # a table function: its arguments are columns of their own, its name is on the list
        if not isinstance(table.this, exp.Identifier):
            raise UnresolvedError("table-hidden", table.name)
        alias = table.args.get("alias")
        names = [column.name for column in alias.args.get("columns") or ()] if alias else []
        found = self.catalog.find(table)
        self.tables |= found.refs
        if names and not (self.catalog.family == "postgres" and isinstance(found, Entry)):
            raise UnresolvedError("alias-columns", table.name)
        if not alias:
            table.set("alias", exp.TableAlias(this=table.this.copy()))
        table.set("catalog", None)
        if isinstance(found, Entry):
            key = self.bound.add(found, table.alias, names)
            if names:
                table.args["alias"].set("columns", None)
            table.set("this", exp.to_identifier(key, quoted=True))
            table.set("db", exp.to_identifier(CATALOG_DB, quoted=True))
        elif found.system:
            table.set("this", exp.to_identifier(f"{found.ref.schema}.{found.ref.table}", quoted=True))
            table.set("db", exp.to_identifier(SYSTEM_DB, quoted=True))
        else:
            raise UnresolvedError("table-unknown", found.ref.table)

    def _visit(self, tree: exp.Expr, scopes: Iterable[Scope]) -> None:
        """Give every column node its scope; a node that none has visited makes the query unresolved."""
        for scope in scopes:
            for node in scope.walk():
                if isinstance(node, (exp.Column, exp.TableColumn)):
                    self.scopes.setdefault(id(node), scope)
        for node in tree.walk():
            if isinstance(node, (exp.Column, exp.TableColumn)) and id(node) not in self.scopes:
                raise UnresolvedError("column-hidden")
            if isinstance(node, exp.Star) and not _counted(node):
                raise UnresolvedError("column-hidden", "*")

    def _result(self, tree: exp.Expr, scopes: list[Scope]) -> Traced:
        root = scopes[-1]
        first = self.part.targets
        selects = list(root.expression.selects) if isinstance(root.expression, exp.Query) else []
        targets = {id(node) for select in selects[:first] for node in select.find_all(exp.Column)}
        shown = {id(node) for select in selects for node in select.find_all(exp.Column, exp.TableColumn)}
        plain = isinstance(root.expression, exp.Select) and not root.expression.args.get("distinct")
        writes, reads, inner = set[ColumnRef](), set[ColumnRef](), set[ColumnRef]()
        for node in tree.walk():
            if isinstance(node, (exp.Column, exp.TableColumn)):
                refs = self._direct(node)
                (writes if id(node) in targets else reads).update(refs)
                if id(node) not in shown or not plain:
                    inner.update(refs)
        for entry in self.bound.entries.values():
            # How many rows a view has tells of what its query filters by, even if none of its columns is named.
            if view := self.views.view(entry):
                self.tables |= view.tables
                reads |= view.influence
                inner |= view.influence
        outputs = tuple(self._positional(root))
        shown_from = first + self.part.values
        stored = outputs if self.part.stored else outputs[shown_from - self.part.assigned : shown_from]
        return Traced(
            reads=frozenset(reads),
            writes=frozenset(writes),
            shown=together(cell for _, cell in outputs[shown_from:]) if self.part.out else Cell(),
            stored=together(cell for _, cell in stored).refs,
            outputs=outputs,
            inner=frozenset(inner),
            tables=frozenset(self.tables),
        )

    def _source(self, scope: Scope, name: str) -> exp.Expr | Scope:
        """The source that a name means in a scope or in the ones around it."""
        at: Scope | None = scope
        while at is not None:
            found = at.selected_sources.get(name)
            if found:
                return found[1]
            if name in at.semi_or_anti_join_tables and name in at.sources:
                return at.sources[name]
            if name in at.lateral_sources:
                return at.lateral_sources[name]
            at = at.parent
        raise UnresolvedError("column-unknown", name)

    def _direct(self, node: exp.Expr) -> Refs:
        """The base columns that a node names itself; a column of a derived table names none."""
        scope = self.scopes[id(node)]
        if isinstance(node, exp.TableColumn):
            return self._whole(self._source(scope, node.name))
        if table := node.text("table"):
            source = self._source(scope, table)
            return self._base(source, node.name) if isinstance(source, exp.Table) else NOTHING
        return self._alias(scope, node)

    def _alias(self, scope: Scope, node: exp.Expr) -> Refs:
        """A name that is left without a table: an output column, and any base column it may also mean."""
        if isinstance(node, exp.Pseudocolumn) and node.name.upper() in ("ROWNUM", "ROWID", "LEVEL"):
            return NOTHING
        if outputs := self._output(scope, node):
            return NOTHING.union(*(self._under(output) for output in outputs))
        refs = set[ColumnRef]()
        for _, source in scope.selected_sources.values():
            if isinstance(source, exp.Table):
                entry = self._entry(source)
                if entry and node.name in entry.spellings:
                    refs |= self._base(source, node.name)
        if not refs and not (isinstance(scope.expression, exp.Query) and node.name in scope.expression.named_selects):
            raise UnresolvedError("column-unknown", node.name)
        return frozenset(refs)

    def _output(self, scope: Scope, node: exp.Expr) -> list[exp.Expr]:
        """The output columns that a bare name in ORDER BY or DISTINCT ON means: they go first in PostgreSQL."""
        place = node.parent
        if isinstance(place, exp.Tuple) and isinstance(place.parent, exp.Distinct):
            place = place.parent
        if self.catalog.family != "postgres" or not isinstance(place, (exp.Ordered, exp.Distinct)):
            return []
        if not isinstance(scope.expression, exp.Select) or place.find_ancestor(exp.Query) is not scope.expression:
            return []
        return [select for select in scope.expression.selects if select.alias_or_name == node.name]

    def _columns(self, source: exp.Expr | Scope) -> Iterable[str]:
        """The names of a source's columns, each once."""
        if isinstance(source, Scope):
            if source.outer_columns:
                return source.outer_columns
            return source.expression.named_selects if isinstance(source.expression, exp.Query) else ()
        entry = self._entry(source) if isinstance(source, exp.Table) else None
        return self.bound.spelled.get(source.name, ()) if entry else ()

    def _joined(self, source: exp.Expr) -> Iterable[str] | None:
        """The names of the columns of something in FROM, before they are resolved."""
        if isinstance(source, exp.Table):
            entry = self._entry(source)
            return entry.spellings if entry else None
        query = source.unnest() if isinstance(source, exp.Subquery) else None
        return query.named_selects if isinstance(query, exp.Query) and not query.is_star else None

    def _entry(self, source: exp.Table) -> Entry | None:
        return self.bound.entries.get(source.name) if source.db == CATALOG_DB else None

    def _base(self, source: exp.Expr, name: str) -> Refs:
        if not isinstance(source, exp.Table) or isinstance(source.this, exp.Func):
            return NOTHING
        if source.db == SYSTEM_DB:
            schema, _, table = source.name.partition(".")
            return frozenset({ColumnRef(schema, table, name)})
        entry = self._entry(source)
        if entry is None:
            raise UnresolvedError("table-hidden", source.name)
        if view := self.views.view(entry):
            self.tables |= view.tables
            refs = view.column(entry.spellings.get(name, name))
        else:
            refs = entry.column(name)
        if not refs and not (view and entry.spellings.get(name, name) in view.columns):
            raise UnresolvedError("column-unknown", name)
        return refs

    def _whole(self, source: exp.Expr | Scope) -> Refs:
        """All columns of a source: a reference to its row."""
        if isinstance(source, Scope):
            return self._under(source.expression)
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Func):
            return NOTHING
        entry = self._entry(source) if isinstance(source, exp.Table) else None
        if entry is None:
            raise UnresolvedError("column-hidden")
        view = self.views.view(entry)
        if view:
            self.tables |= view.tables
            return view.all()
        return NOTHING.union(*(entry.column(spelling) for spelling in entry.spellings)) or entry.all()

    def _lineage(self, node: exp.Expr) -> Cell:
        """The base columns behind a node, through views, derived tables and CTEs."""
        scope = self.scopes[id(node)]
        row = isinstance(node, exp.TableColumn)
        table = node.name if row else node.text("table")
        source = self._source(scope, table) if table else None
        if isinstance(source, Scope):
            named = self._named(source)
            if named is None or not (row or node.name in named):
                return Cell(self._under(source.expression))
            return together(named.values()) if row else named[node.name]
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Func):
            return Cell(self._under(source.this))
        if isinstance(source, exp.Table) and (found := self._of_view(source, node)) is not None:
            return found
        refs = self._direct(node)
        if not (refs or table or isinstance(node, exp.Pseudocolumn)):
            return Cell(self._under(scope.expression))  # the alias of another output
        return Cell(refs)

    def _of_view(self, source: exp.Table, node: exp.Expr) -> Cell | None:
        """What a column (or the row) of a view shows; None for a table, or a column that the view has not."""
        entry = self._entry(source)
        view = self.views.view(entry) if entry else None
        if entry is None or view is None:
            return None
        if isinstance(node, exp.TableColumn):
            return together(view.columns.values())
        return view.columns.get(entry.spellings.get(node.name, node.name))

    def _named(self, scope: Scope) -> dict[str, Cell] | None:
        """The outputs of a scope by name; None where names and positions may differ."""
        key = id(scope)
        if key not in self.outputs:
            simple = isinstance(scope.expression, exp.Query) and not scope.outer_columns and not self.recursive
            self.outputs[key] = by_name(self._positional(scope)) if simple else None
        return self.outputs[key]

    def _positional(self, scope: Scope) -> list[tuple[str, Cell]]:
        expression = scope.expression
        if isinstance(expression, exp.Select):
            return [(select.alias_or_name, self._shown(select)) for select in expression.selects]
        names = expression.named_selects if isinstance(expression, exp.Query) else []
        if (
            isinstance(expression, exp.SetOperation)
            and scope.set_operation_scopes
            and not expression.args.get("by_name")
        ):
            arms = [self._positional(arm) for arm in scope.set_operation_scopes]
            if len({len(arm) for arm in arms}) == 1 and len(arms[0]) == len(names):
                merged = [together(cell for _, cell in row) for row in zip(*arms, strict=True)]
                return list(zip(names, merged, strict=True))
        everything = Cell(self._under(expression))
        return [(name, everything) for name in names] or [("", everything)]

    def _shown(self, output: exp.Expr) -> Cell:
        """What an item of a select list is made of."""
        return together(self._lineage(node).as_part(how) for node, how in uses(output) if id(node) in self.scopes)

    def _under(self, expression: exp.Expr) -> Refs:
        """The base columns behind all nodes of a tree."""
        nodes = [node for node in expression.find_all(exp.Column, exp.TableColumn) if id(node) in self.scopes]
        # A name without a table may be an output of this very tree.
        named = [isinstance(node, exp.TableColumn) or bool(node.text("table")) for node in nodes]
        found = (self._lineage(n).refs if told else self._direct(n) for n, told in zip(nodes, named, strict=True))
        return NOTHING.union(*found)


def by_name(outputs: Iterable[tuple[str, Cell]]) -> dict[str, Cell]:
    """Outputs by name; two of one name count together."""
    found = dict[str, Cell]()
    for name, cell in outputs:
        found[name] = together((found[name], cell)) if name in found else cell
    return found


def _counted(star: exp.Star) -> bool:
    """Whether a star that is left over reads no column of its own: `count(*)`, `(row).*`."""
    if star.args.get("except_") or star.args.get("replace"):
        return False
    parent = star.parent
    return isinstance(parent, exp.Count) or (isinstance(parent, exp.Dot) and parent.find(exp.TableColumn) is not None)


def _detail(error: SqlglotError) -> str:
    """The name in a message of sqlglot, without the statement that it quotes."""
    parts = str(error).split("'")
    return parts[1][:80] if len(parts) > 2 else ""
