"""Tables that copy another one without saying so: made by a query from it, named after it, or with the same columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .classifier import Classified
    from .tables import Table

LEAST: Final = 3
"""Columns that two tables must share before the same columns say anything."""
_STAMP: Final = re.compile(r"\d{6,}")
_PARTS: Final = re.compile(r"[_\-$\s]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)")


def told_apart(
    tables: Sequence[tuple[Table, tuple[Classified, ...]]],
    made: Mapping[int, str],
    words: frozenset[str],
    registered: frozenset[str],
) -> dict[int, str]:
    """The number of every table that is a copy -> the table that it copies, with its schema.

    `made` is what lineage says of tables that a query made; `words` say in a name that it is a copy; `registered` are
    the data sets of the catalog, in small letters.
    """
    found = dict(made)
    stored = [(number, table) for number, (table, _) in enumerate(tables) if table.stored and not table.partition_of]
    names: dict[str, list[Table]] = {}
    shapes: dict[frozenset[str], list[Table]] = {}
    for _, table in stored:
        names.setdefault(_joined(_split(table.name)), []).append(table)
        if table.path.lower() in registered:
            shapes.setdefault(_shape(table), []).append(table)
    for number, table in stored:
        if number in found:
            continue
        source = _by_name(table, names, words) or _by_shape(table, tables[number][1], shapes, registered)
        if source is not None:
            found[number] = source.path
    return found


def _by_name(table: Table, names: Mapping[str, Sequence[Table]], words: frozenset[str]) -> Table | None:
    """`customer` of `customer_bak_20240101` or `tmp_customer`, when at least half of the columns are the same."""
    parts = _split(table.name)
    rest = [part for part in parts if part not in words and not _STAMP.fullmatch(part)]
    if len(rest) == len(parts):
        return None
    own = _shape(table)
    for name in (_joined(rest), _joined([part for part in rest if not part.isdigit()])):
        for source in names.get(name, ()) if name else ():
            if source is not table and 2 * len(own & _shape(source)) >= len(own):
                return source
    return None


def _by_shape(
    table: Table,
    columns: Sequence[Classified],
    shapes: Mapping[frozenset[str], Sequence[Table]],
    registered: frozenset[str],
) -> Table | None:
    """A registered table with exactly the columns of this one, which is not registered and holds something."""
    shape = _shape(table)
    if len(shape) < LEAST or table.path.lower() in registered or not any(column.category for column in columns):
        return None
    return next(iter(shapes.get(shape, ())), None)


def _shape(table: Table) -> frozenset[str]:
    return frozenset(column.name.lower() for column in table.columns)


def _split(name: str) -> list[str]:
    return [part.lower() for part in _PARTS.split(name) if part]


def _joined(parts: Sequence[str]) -> str:
    return "_".join(parts)
