"""Which base columns flow into each output of a query, and through which steps; stricter than what a query reads.

`statements_scopes` says what a query reads; a filter reads too. Here only what the *values* of an output are made
from counts, with the functions they pass on the way. A part that cannot be told apart counts as a flow without steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlglot import exp

from .statements_lower import Part, UnresolvedError
from .statements_scopes import Tracer, check_function, check_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlglot.optimizer.scope import Scope

    from .statements_catalog import Catalog, ColumnRef, Entry
    from .statements_scopes import Refs, ViewLineage

COMPARISON: Final = "comparison"
CONDITION: Final = "condition"
WINDOW: Final = "window"
MAX_STEPS: Final = 12
"""Steps of one flow; the later ones are left away, which keeps the category."""
MAX_FLOWS: Final = 500
"""Flows into one output; beyond it, every column flows in without steps."""
_NO_STEP: Final = (exp.Case, exp.If, exp.DecodeCase, exp.Nvl2, exp.Cast, exp.TsOrDsToDate, exp.TsOrDsToTimestamp)
_TESTS: Final = (exp.Predicate, exp.Connector, exp.Not)


class Flow(NamedTuple):
    """A column whose values come into an output, and the steps on the way, innermost first: `("left 3", "md5")`."""

    ref: ColumnRef
    steps: tuple[str, ...] = ()


Flows = frozenset[Flow]
NONE: Final[Flows] = frozenset()


class Cell(NamedTuple):
    """One output of a query."""

    flows: Flows
    constant: bool
    """Nothing of it can come from a table: a literal, a count of rows."""


class Derived(NamedTuple):
    """The outputs of a query in order, and the columns that only decide which rows there are."""

    outputs: tuple[tuple[str, Cell], ...]
    filters: Refs


def derive(query: exp.Query, catalog: Catalog) -> Derived:
    """The flows of a query, where a view that it reads counts as a table; raises UnresolvedError."""
    return _Flows(Part(query), catalog, _Leaves()).derived()


class _Leaves:
    """Views are not looked into: what flows into their columns is a question of its own."""

    def view(self, entry: Entry) -> ViewLineage | None:
        """No entry is a view."""
        del entry
        return None


class _Flows(Tracer):
    """Traces values instead of reads."""

    def derived(self) -> Derived:
        """The flows of every output."""
        tree: exp.Expr = self.part.query.copy()
        check_nodes(tree, self.catalog.family)
        _check_functions(tree, self.catalog)
        tree, scopes = self.prepare(tree)
        self.queries: dict[int, Scope] = {id(scope.expression): scope for scope in scopes}
        self.cells: dict[int, dict[str, Cell] | None] = {}
        outputs = tuple((name, Cell(_bounded(cell.flows), cell.constant)) for name, cell in self._cells(scopes[-1]))
        return Derived(outputs, frozenset(self._filters(scopes)))

    def _filters(self, scopes: list[Scope]) -> Iterator[ColumnRef]:
        for scope in scopes:
            select = scope.expression
            clauses = [select.args.get(name) for name in ("where", "having", "qualify")]
            clauses += [join.args.get("on") for join in select.args.get("joins") or ()]
            for clause in clauses:
                if isinstance(clause, exp.Expr):
                    yield from self._under(clause)

    def _cells(self, scope: Scope) -> list[tuple[str, Cell]]:
        """The outputs of a scope by position."""
        expression = scope.expression
        if isinstance(expression, exp.Select):
            return [(select.alias_or_name, self._cell(select)) for select in expression.selects]
        names = expression.named_selects if isinstance(expression, exp.Query) else []
        if (
            isinstance(expression, exp.SetOperation)
            and scope.set_operation_scopes
            and not expression.args.get("by_name")
        ):
            arms = [self._cells(arm) for arm in scope.set_operation_scopes]
            if len({len(arm) for arm in arms}) == 1 and len(arms[0]) == len(names):
                merged = [_merged(cell for _, cell in row) for row in zip(*arms, strict=True)]
                return list(zip(names, merged, strict=True))
        everything = Cell(self._everything(expression), constant=False)
        return [(name, everything) for name in names] or [("", everything)]

    def _cell(self, select: exp.Expr) -> Cell:
        hidden = select.find(exp.Column, exp.TableColumn, exp.Query, exp.Anonymous)
        return Cell(frozenset(self._flow(select)), constant=hidden is None)

    def _named_cells(self, scope: Scope) -> dict[str, Cell] | None:
        """The outputs of a scope by name; None where names and positions may differ."""
        key = id(scope)
        if key not in self.cells:
            simple = isinstance(scope.expression, exp.Query) and not scope.outer_columns and not self.recursive
            self.cells[key] = dict(self._cells(scope)) if simple else None
        return self.cells[key]

    def _everything(self, expression: exp.Expr) -> Flows:
        return frozenset(Flow(ref) for ref in self._under(expression))

    def _flow(self, node: exp.Expr) -> set[Flow]:
        """The flows into a node of a select list."""
        if isinstance(node, (exp.Column, exp.TableColumn)):
            return set(self._leaf(node))
        if isinstance(node, exp.Query):
            return self._subquery(node)
        found = set[Flow]()
        for child, step in _children(node):
            found |= _through(self._flow(child), step)
        if isinstance(node, exp.Window) and (named := self._window(node)) is not None:
            for child in named.iter_expressions():
                found |= _through(self._flow(child), WINDOW)
        return _through(found, _step(node))

    def _leaf(self, node: exp.Expr) -> Flows:
        """The flows into a column of a table, a derived table or a CTE."""
        scope = self.scopes[id(node)]
        table = node.name if isinstance(node, exp.TableColumn) else node.text("table")
        source = self._source(scope, table) if table else None
        if not isinstance(source, exp.Expr) and source is not None:
            named = self._named_cells(source)
            if named is None:
                return self._everything(source.expression)
            if isinstance(node, exp.TableColumn):
                return NONE.union(*(cell.flows for cell in named.values()))
            return named[node.name].flows if node.name in named else self._everything(source.expression)
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Func):
            return frozenset(self._flow(source.this))
        refs = self._direct(node)
        if not refs and not table and not isinstance(node, exp.Pseudocolumn):
            return self._everything(scope.expression)  # the alias of another output
        return frozenset(Flow(ref) for ref in refs)

    def _subquery(self, node: exp.Query) -> set[Flow]:
        """What a query inside an expression hands over: its outputs, not its filters."""
        scope = self.queries.get(id(node.unnest()))
        if scope is None:
            return set(self._everything(node))
        return {flow for _, cell in self._cells(scope) for flow in cell.flows}

    def _window(self, node: exp.Window) -> exp.Expr | None:
        """The definition of a named window; raises UnresolvedError when it is not found."""
        name = node.args.get("alias")
        if not isinstance(name, exp.Identifier):
            return None
        select = node.find_ancestor(exp.Select)
        for window in (select.args.get("windows") or ()) if select else ():
            if window.this and window.this.name.lower() == name.name.lower():
                return exp.Tuple(expressions=[]) if window is node else window
        raise UnresolvedError("column-hidden", name.name)


def _check_functions(tree: exp.Expr, catalog: Catalog) -> None:
    """Refuse functions that nobody knows as tables and methods, which may read anything; others keep what comes in."""
    for table in tree.find_all(exp.Table):
        for node in table.this.find_all(exp.Anonymous) if isinstance(table.this, exp.Expr) else ():
            check_function(node, catalog.family)
    for lateral in tree.find_all(exp.Lateral):
        if isinstance(lateral.this, exp.Anonymous):
            check_function(lateral.this, catalog.family)
    for dot in tree.find_all(exp.Dot):
        if isinstance(dot.expression, exp.Func):
            left = dot.this.name if isinstance(dot.this, exp.Identifier) else ""
            if not left or any(left in entry.spellings for entry in catalog.entries.values()):
                raise UnresolvedError("function-unknown", dot.expression.name, whole=True)


def _children(node: exp.Expr) -> Iterator[tuple[exp.Expr, str]]:
    """The parts of an expression, each with the step that it passes before its parent's own."""
    for number, child in enumerate(node.iter_expressions()):
        first = child is node.this
        if isinstance(node, (exp.Case, exp.If, exp.Nvl2)):
            yield child, CONDITION if first else ""
        elif isinstance(node, exp.DecodeCase):
            # decode(x, search, result, search, result, default)
            search = number % 2 == 1 and number < len(node.expressions) - 1
            yield child, CONDITION if number == 0 or search else ""
        elif isinstance(node, (exp.Window, exp.Filter)):
            yield child, "" if first else WINDOW if isinstance(node, exp.Window) else CONDITION
        else:
            yield child, ""


def _step(node: exp.Expr) -> str:
    """The step that an expression is: the name of a function with its literals, or nothing for an operator."""
    if isinstance(node, _TESTS):
        return COMPARISON
    if isinstance(node, exp.DPipe):
        return _written("concat", node)
    if not isinstance(node, exp.Func) or isinstance(node, _NO_STEP):
        return ""
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return _written(node.name.lower(), node)
    return _written(node.sql_name().lower(), node)


def _written(name: str, node: exp.Expr) -> str:
    words = [name]
    for child in node.iter_expressions():
        if isinstance(child, (exp.Literal, exp.Var)):
            word = child.name[:40]
            words.append(word if word.startswith("%") else word.lower())
    return " ".join(words)


def _through(flows: set[Flow], step: str) -> set[Flow]:
    """The flows after one more step."""
    if not step or not flows:
        return flows
    return {Flow(ref, (*steps, step)) if len(steps) < MAX_STEPS else Flow(ref, steps) for ref, steps in flows}


def _merged(cells: Iterable[Cell]) -> Cell:
    both = list(cells)
    return Cell(NONE.union(*(cell.flows for cell in both)), all(cell.constant for cell in both))


def _bounded(flows: Flows) -> Flows:
    return flows if len(flows) <= MAX_FLOWS else frozenset(Flow(flow.ref) for flow in flows)
