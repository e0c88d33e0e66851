"""Whatever describes a schema as a `Schema`: a source is told by its name and looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ddl import read_schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tutela.engine.tables import Schema


def read_sources(names: Sequence[str | Path], *, dialect: str | None = None) -> Schema:
    """Read files and folders as one schema, in the order that they are named; raises InputError."""
    return read_schema(names, dialect=dialect)
