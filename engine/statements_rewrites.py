"""What PostgreSQL's own shorthand means, written out before names are resolved: rows as values, rows taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Callable


def write_out(tree: exp.Expr, known: Callable[[str], bool]) -> None:
    """Rewrite a normalised query in place; `known` says whether a table of it has a column of this name."""
    _take_rows_apart(tree, known)
    _name_values(tree, known)
    for column in list(tree.find_all(exp.Column)):
        if isinstance(column.this, exp.Star) and not isinstance(column.parent, exp.Select):
            # `row(t.*)`, `count(t.*)`: the row itself, even where a column has the name of the table.
            row = exp.TableColumn(this=column.args["table"].copy())
            row.meta["row"] = True
            column.replace(row)


def _take_rows_apart(tree: exp.Expr, known: Callable[[str], bool]) -> None:
    """`SELECT (t).*` as `SELECT t.*`, unless `t` may be a column."""
    candidates = [node for node in tree.find_all(exp.Dot) if _whole_row(node)]
    if not candidates:
        return
    named = _outputs(tree)
    for node in candidates:
        name = node.this.this.name
        if name not in named and not known(name) and _is_source(node.parent, name):
            node.replace(exp.Column(this=exp.Star(), table=node.this.this.this.copy()))


def _name_values(tree: exp.Expr, known: Callable[[str], bool]) -> None:
    """`SELECT e FROM unnest(..) e` as `e.e`: the values that a function in FROM gives have its alias for a name."""
    functions: set[str] = set()
    for node in tree.find_all(exp.Table, exp.Unnest, exp.Lateral):
        alias = node.args.get("alias")
        call = node if isinstance(node, exp.Unnest) else node.this
        if isinstance(call, (exp.Func, exp.Unnest)) and alias and not alias.args.get("columns"):
            functions.add(node.alias)
    functions -= _outputs(tree)
    for column in tree.find_all(exp.Column):
        if not column.table and column.name in functions and not known(column.name):
            column.set("table", column.this.copy())


def _outputs(tree: exp.Expr) -> set[str]:
    """The names that a query gives to columns."""
    named = {alias.alias for alias in tree.find_all(exp.Alias)}
    for alias in tree.find_all(exp.TableAlias):
        named |= {column.name for column in alias.args.get("columns") or ()}
    return named


def _whole_row(node: exp.Dot) -> bool:
    row = node.this.this if isinstance(node.this, exp.Paren) else None
    return (
        isinstance(node.expression, exp.Star)
        and isinstance(node.parent, exp.Select)
        and isinstance(row, exp.Column)
        and not row.table
    )


def _is_source(query: exp.Expr | None, name: str) -> bool:
    """Whether a SELECT has this name in its own FROM."""
    if query is None:
        return False
    joins = query.args.get("joins") or ()
    sources = [from_.this] if (from_ := query.args.get("from_")) else []
    return any(name == source.alias_or_name for source in [*sources, *(join.this for join in joins)])
