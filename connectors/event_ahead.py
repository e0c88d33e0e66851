"""Some statements from all over a log: most of the others say the same, so they are analysed while it is read."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from .event_lines import read_object
from .event_records import quoted
from .log_lines import MAX_LINE
from .log_parquet import source_of, types_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .audit_duckdb import DuckDatabase
    from .log_mapped import LogMapping

_PLACES: Final = 32
"""Places of a file at which lines are looked at: what an application says changes in the course of a log."""
_LINES: Final = 2_000
_SHARE: Final = 1
"""Per cent of the rows."""


def statements_ahead(
    database: DuckDatabase, path: Path, format_name: str, mapping: LogMapping
) -> Iterator[tuple[str, str]]:
    """The databases and statements of some records of a mapped log, as far as these are plain, each once."""
    found: set[tuple[str, str]] = set()
    said = _of_lines(path, mapping) if format_name == "jsonl" else _of_rows(database, path, mapping)
    for place, sql in said:
        named = place if isinstance(place, str) else mapping.constants.get("database", "")
        if isinstance(sql, str) and (named, sql) not in found:
            found.add((named, sql))
            yield named, sql


def _of_lines(path: Path, mapping: LogMapping) -> Iterator[tuple[object, object]]:
    place, sql = (mapping.fields.get(name, "") for name in ("database", "sql"))
    size = path.stat().st_size
    with path.open("rb") as stream:
        for part in range(_PLACES):
            stream.seek(max(stream.tell(), size * part // _PLACES))
            for line in islice(iter(lambda: stream.readline(MAX_LINE), b""), _LINES):
                record = read_object(line)  # half a line is none
                yield record.get(place), record.get(sql)


def _of_rows(database: DuckDatabase, path: Path, mapping: LogMapping) -> Iterator[tuple[object, object]]:
    import duckdb

    try:
        held = types_of(database.connection.cursor(), str(path), mapping)
        columns = [mapping.fields.get(name, "") for name in ("database", "sql")]
        place, sql = (quoted(name) if name in held else "NULL" for name in columns)
        some = (
            f"SELECT {place} AS place, {sql} AS sql FROM {source_of(str(path))} USING SAMPLE {_SHARE} PERCENT (system)"
        )
        yield from database.rows(f"SELECT DISTINCT place, sql FROM ({some}) AS s")
    except duckdb.Error:  # damaged: whoever reads the log says so
        return
