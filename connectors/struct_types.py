"""Types that are written out with their fields: DuckDB's `STRUCT(phone VARCHAR, ...)`, and lists and maps of them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqlglot import exp
from sqlglot.errors import SqlglotError

if TYPE_CHECKING:
    from collections.abc import Iterator

_STRUCT: Final = re.compile(r"\b(?:STRUCT|UNION|ROW)\s*[(<]", re.IGNORECASE)
_DIALECTS: Final = ("postgres", "duckdb")


def struct_fields(data_type: str) -> tuple[tuple[str, str], ...]:
    """The fields of a type, each a name and a type; none when it has none, or cannot be read."""
    return _fields(data_type) if _STRUCT.search(data_type) else ()


@lru_cache(maxsize=1000)
def _fields(data_type: str) -> tuple[tuple[str, str], ...]:
    for dialect in _DIALECTS:
        try:
            return tuple(_inside(exp.DataType.build(data_type, dialect=dialect)))
        except (SqlglotError, ValueError, RecursionError):
            continue
    return ()


def _inside(kind: exp.DataType) -> Iterator[tuple[str, str]]:
    """The fields of a type, or of what its lists and maps hold."""
    for part in kind.expressions:
        inner = part.args.get("kind") if isinstance(part, exp.ColumnDef) else part
        if isinstance(part, exp.ColumnDef) and isinstance(inner, exp.Expr):
            yield part.name, inner.sql("postgres")
        elif isinstance(inner, exp.DataType):
            yield from _inside(inner)
