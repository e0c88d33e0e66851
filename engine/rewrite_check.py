"""The second look at a rewritten statement: is there a table outside of the subqueries that were made?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.scope import Scope, traverse_scope

from .rewrite_words import RefusedError
from .statements_read import read

if TYPE_CHECKING:
    from collections.abc import Collection

    from .statements import Analyser


def check_rewritten(sql: str, guards: Collection[str], analyser: Analyser) -> None:
    """Read a statement as any other; RefusedError when a table does not stand in one of the subqueries."""
    dialect = analyser.catalog.dialect
    touched = analyser.afresh(sql)
    if not touched.resolved or touched.kind != "read":
        raise RefusedError("rewrite-incomplete", f"{touched.reason} {touched.detail}".strip())
    statements = read(sql, dialect)
    if len(statements) != 1:
        raise RefusedError("rewrite-incomplete", "statements")
    around = {id(node): _around(node, dialect) for node in statements[0].find_all(exp.Table)}
    for node in base_tables(normalize_identifiers(statements[0], dialect=dialect)):
        if around.get(id(node)) not in guards:
            raise RefusedError("rewrite-incomplete", node.name)


def base_tables(tree: exp.Expr) -> list[exp.Expr]:
    """The nodes of a normalised tree that name tables of the database: no CTEs, no functions."""
    settled: set[int] = set()
    found: list[exp.Expr] = []
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and id(source) not in settled:
                settled.add(id(source))
                if not isinstance(source.this, exp.Func):
                    found.append(source)
        for name, node in scope.references:
            if isinstance(scope.sources.get(name), Scope):
                settled.add(id(node))
    for table in tree.find_all(exp.Table):
        if id(table) not in settled:
            raise RefusedError("rewrite-table", table.name)
    return found


def text_of(tree: exp.Expr, dialect: str) -> str:
    """The text of a tree that nobody needs any more: a generator may change what it writes."""
    return tree.sql(dialect=dialect, comments=False, copy=False)


def _around(node: exp.Expr, dialect: str) -> str:
    """The query that reads nothing but this table, as text; empty when there is none."""
    select = node.parent.parent if isinstance(node.parent, exp.From) else None
    if not isinstance(select, exp.Select) or not isinstance(select.parent, exp.Subquery):
        return ""
    return select.sql(dialect=dialect, comments=False)
