"""Where the resolver of names errs: a statement in which it may have is unresolved, or is put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from .statements_lower import UnresolvedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlglot.optimizer.scope import Scope

    Columns = Callable[[exp.Expr | Scope], Iterable[str]]


def mark(tree: exp.Expr) -> None:
    """Remember what the statement itself says, before names are resolved."""
    for node in tree.find_all(exp.Dot, exp.Select):
        if isinstance(node, exp.Dot):
            node.meta["written"] = True
        elif any(isinstance(select, exp.Star) for select in node.expressions):
            node.meta["star"] = True
            node.meta["listed"] = _listed(node)


def bind_far_joins(tree: exp.Expr, columns: Callable[[exp.Expr], Iterable[str] | None]) -> None:
    """USING and NATURAL look behind the last comma only; the resolver takes the first table that has the column.

    `columns` are those of something in FROM; None when they are not known.
    """
    for query in tree.find_all(exp.Select):
        from_ = query.args.get("from_")
        near, far = [from_.this] if from_ else [], list[exp.Expr]()
        for join in query.args.get("joins") or ():
            natural = join.method == "NATURAL"
            names = {name.name for name in join.args.get("using") or ()}
            if far and (natural or names):
                names |= set(columns(join.this) or ()) if natural else set()
                before = [columns(source) for source in far]
                if not names or any(other is None or names & set(other) for other in before):
                    _bind_join(query, join, near, columns)
            if not any(value for part, value in join.args.items() if part != "this"):
                far += near
                near = []
            near.append(join.this)


def _bind_join(
    query: exp.Select, join: exp.Expr, near: list[exp.Expr], columns: Callable[[exp.Expr], Iterable[str] | None]
) -> None:
    """Write out which columns a join compares; a bare name of one is ambiguous then for the server, too."""
    known = {source: set(found) for source in [*near, join.this] if (found := columns(source)) is not None}
    using = {name.name for name in join.args.get("using") or ()}
    names = using or known.get(join.this, set[str]()) & set[str]().union(*(known.get(one, ()) for one in near))
    pairs = [(name, [source for source in near if name in known.get(source, ())]) for name in sorted(names)]
    if len(known) <= len(near) or query.is_star or not pairs or any(len(owners) != 1 for _, owners in pairs):
        raise UnresolvedError("column-unknown", ", ".join(sorted(names)))
    equal = [exp.EQ(this=_column(name, owner), expression=_column(name, join.this)) for name, (owner,) in pairs]
    join.set("using", None)
    join.set("method", None)
    join.set("on", exp.and_(*equal, copy=False))


def _column(name: str, source: exp.Expr) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(source.alias_or_name, quoted=True))


def refuse_attributes(
    tree: exp.Expr, scopes: Mapping[int, Scope], columns: Columns, known: Callable[[str], bool]
) -> None:
    """`(row).name` calls a function of this name where the row has no such column."""
    for node in tree.find_all(exp.Dot):
        name, row = node.expression.name, node.this.unnest()
        if not isinstance(node.expression, exp.Identifier) or node.this.find(exp.TableColumn) is None:
            continue
        scope = scopes.get(id(row)) if isinstance(row, exp.TableColumn) else None
        source = _meant_source(scope, row) if scope else None
        if not (known(name) if source is None else name in columns(source)):
            raise UnresolvedError("function-unknown", name, whole=True)


def refuse_fields(tree: exp.Expr, scopes: Mapping[int, Scope]) -> None:
    """`a.b` is never the field b of a column a in PostgreSQL: what the resolver took for it is in an outer query."""
    for node in tree.find_all(exp.Dot):
        source = _meant(scopes.get(id(node.this)), node.this) if isinstance(node.this, exp.Column) else None
        function = isinstance(source, exp.Table) and isinstance(source.this, exp.Func)
        if not function and not node.meta.get("written"):
            raise UnresolvedError("column-unknown", node.expression.name)


def refuse_rows_of_columns(scopes: Mapping[int, Scope], nodes: Iterable[exp.Expr], columns: Columns) -> None:
    """A bare name is a row only if no query around it has a column of this name."""
    for node in nodes:
        at = scopes.get(id(node)) if isinstance(node, exp.TableColumn) and not node.meta.get("row") else None
        while at is not None:
            if any(node.name in columns(source) for _, source in at.selected_sources.values()):
                raise UnresolvedError("column-unknown", node.name)
            at = at.parent


def refuse_later_tables(tree: exp.Expr, scopes: Mapping[int, Scope]) -> None:
    """What stands in a join sees the tables before it in its parentheses; else the name is one of an outer query."""
    joins = list(tree.find_all(exp.Join))
    if not joins:
        return
    places = {id(node): place for place, node in enumerate(tree.walk(bfs=False))}
    for join in joins:
        for node in join.find_all(exp.Column, exp.TableColumn):
            source = _meant(scopes.get(id(node)), node)
            if source is None or source.find_ancestor(exp.Select) is not join.find_ancestor(exp.Select):
                continue
            if not _within(source, join) and (
                places[id(source)] > places[id(join)] or not _within(source, _around(join))
            ):
                raise UnresolvedError("column-unknown", node.name)


def _meant(at: Scope | None, node: exp.Expr) -> exp.Expr | None:
    """The node in FROM that the name before the dot means."""
    found = _selected(at, node)
    return found[0] if found else None


def _meant_source(at: Scope | None, node: exp.Expr) -> exp.Expr | Scope | None:
    """The table or query that the name before the dot means."""
    found = _selected(at, node)
    return found[1] if found else None


def _selected(at: Scope | None, node: exp.Expr) -> tuple[exp.Expr, exp.Expr | Scope] | None:
    name = node.name if isinstance(node, exp.TableColumn) else node.text("table")
    while at is not None and name:
        if found := at.selected_sources.get(name):
            return found
        at = at.parent
    return None


def _around(join: exp.Expr) -> exp.Expr | None:
    """The parentheses, or else the query, that a join stands in."""
    return join.find_ancestor(exp.Select, exp.Paren, exp.Subquery, exp.Table)


def _within(node: exp.Expr, ancestor: exp.Expr | None) -> bool:
    at: exp.Expr | None = node
    while at is not None and at is not ancestor:
        at = at.parent
    return at is not None


def complete_stars(scopes: Iterable[Scope], columns: Columns) -> None:
    """Add what `*` leaves out behind a join with USING: a column of a third table that has the name of a joined one."""
    for scope in scopes:
        query = scope.expression
        if not isinstance(query, exp.Select) or not query.meta.get("star"):
            continue
        shown = {(node.text("table"), node.name) for select in query.selects for node in select.find_all(exp.Column)}
        for name, (_, source) in scope.selected_sources.items():
            for column in columns(source):
                if (name, column) not in shown:
                    if scope.outer_columns or query.meta.get("listed"):
                        raise UnresolvedError("column-hidden", "*")
                    _insert(query, name, column)


def _listed(query: exp.Expr) -> bool:
    """Whether the outputs get other names, by their places."""
    parent = query.parent
    alias = parent.args.get("alias") if isinstance(parent, (exp.Subquery, exp.CTE)) else None
    return bool(alias and alias.args.get("columns"))


def _insert(query: exp.Select, table: str, column: str) -> None:
    """Behind the last column of its table."""
    new = exp.alias_(
        exp.column(exp.to_identifier(column, quoted=True), table=exp.to_identifier(table, quoted=True)), column
    )
    own = [n for n, select in enumerate(query.selects) for node in select.find_all(exp.Column) if node.table == table]
    expressions = list(query.expressions)
    expressions.insert(max(own) + 1 if own else len(expressions), new)
    query.set("expressions", expressions)
