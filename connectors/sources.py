"""Whatever describes a schema as a `Schema`: a source is told by its name and looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutela.engine.tables import Schema

from .ddl import Tell, read_schema, silent
from .described import read_described
from .live import address_of, read_live

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .live import LiveOptions


def read_sources(
    names: Sequence[str | Path],
    *,
    dialect: str | None = None,
    live: LiveOptions | None = None,
    encoding: str | None = None,
    tell: Tell = silent,
) -> Schema:
    """Read files, folders and live databases as one schema, in the order that they are named; raises InputError.

    `tell` is told what a source was taken for where that is not plain.
    """
    scripts: list[str | Path] = []
    parts: list[Schema] = []
    for name in names:
        if address := address_of(name):
            parts.append(read_live(address, live))
        elif (found := read_described(name)) is not None:
            parts.append(found)
        else:
            scripts.append(name)  # all scripts together: a later one changes the tables of an earlier one
    if scripts or not parts:
        parts.insert(0, read_schema(scripts, dialect=dialect, encoding=encoding, tell=tell))
    return parts[0] if len(parts) == 1 else _joined(parts)


def _joined(parts: Sequence[Schema]) -> Schema:
    """Several schemas as one; the first dialect counts."""
    skipped: dict[str, int] = {}
    for part in parts:
        for word, count in part.skipped.items():
            skipped[word] = skipped.get(word, 0) + count
    return Schema(
        tables=tuple(table for part in parts for table in part.tables),
        unparsed=tuple(unparsed for part in parts for unparsed in part.unparsed),
        grants=tuple(grant for part in parts for grant in part.grants),
        dialect=parts[0].dialect,
        partitions=tuple(pair for part in parts for pair in part.partitions),
        heirs=tuple(pair for part in parts for pair in part.heirs),
        skipped=skipped,
    )
