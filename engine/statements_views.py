"""The query behind a view or a copy, and which of its outputs is which column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from sqlglot import exp
from sqlglot.errors import SqlglotError

from .statements_lower import UnresolvedError
from .statements_read import read

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from .tables import Table

MAX_BYTES: Final = 65_536
"""Bytes of a statement or a view that are analysed."""
Cell = TypeVar("Cell")


def view_query(table: Table, dialect: str, words: Collection[str] = ()) -> tuple[exp.Query, list[str]]:
    """The query of a view, CTAS or SELECT INTO, and the column names that its definition lists; or UnresolvedError.

    `words`: names of which none may get lost, as for `read`.
    """
    if not table.sql or len(table.sql) > MAX_BYTES:
        raise UnresolvedError("view-unresolved", table.name)
    names: list[str] = []
    try:
        trees = read(table.sql, dialect, words)
    except SqlglotError:
        raise UnresolvedError("view-unresolved", table.name) from None
    tree: exp.Expr | None = trees[0] if trees else None
    if isinstance(tree, exp.Create):
        if isinstance(tree.this, exp.Schema):
            names = [node.name for node in tree.this.expressions]
        tree = tree.expression
    while isinstance(tree, exp.Subquery) and tree.is_wrapper:
        tree = tree.this
    if not isinstance(tree, exp.Query):
        raise UnresolvedError("view-unresolved", table.name)
    if tree.args.get("into"):
        tree.set("into", None)
    return tree, names


def named_outputs(table: Table, names: Sequence[str], outputs: Sequence[tuple[str, Cell]]) -> list[tuple[str, Cell]]:
    """Each output of the query under the column of the table that it fills; raises UnresolvedError when one is left."""
    listed = [column.name for column in table.columns if not column.inside]
    shown = list(names) or [name for name, _ in outputs]
    if len(shown) != len(outputs):
        raise UnresolvedError("view-unresolved", table.name)
    if not listed or len(listed) == len(shown):
        return [(name, cell) for name, (_, cell) in zip(listed or shown, outputs, strict=True)]
    # Who read the definition knows other columns than the query has: names decide, and none may be left over.
    stored = {name.lower(): name for name in listed}
    filled = [(stored.get(name.lower(), ""), cell) for name, (_, cell) in zip(shown, outputs, strict=True)]
    missing = table.kind == "view" and set(listed) - {name for name, _ in filled}
    if missing or not all(name for name, _ in filled):
        raise UnresolvedError("view-unresolved", table.name)
    return filled
