"""Logs that DuckDB reads itself: csvlog, mapped JSON lines and Parquet, a hundred times faster than line by line.

Of a file the plain records are taken (`event_records`); the others come back as events and holes. A file that DuckDB
could split otherwise is not taken at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .event_csvlog import load_csvlog
from .event_lines import load_lines
from .event_records import ONLY_TEXT, Field, Rest, number_taken, projected, quoted, take
from .log_lines import LogFile
from .log_mapped import event_of
from .log_parquet import ZONED, column_of, record_of, source_of, types_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tutela.engine.events import Event, Hole

    from .audit_duckdb import DuckDatabase
    from .log_mapped import LogMapping

CSVLOGS: Final = ("postgres-csvlog", "pgaudit-csvlog")
_PLAIN_PARQUET: Final = frozenset(
    {"VARCHAR", ZONED, "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT"}
)


def load_file(
    database: DuckDatabase, path: Path, format_name: str, mapping: LogMapping, skip: Callable[[int], None]
) -> Rest | None:
    """List what the events of a file say; then fill `events`, while what is not plain comes back as events and holes.

    `skip` is told how many records are no access. None: the file is not for DuckDB.
    """
    if format_name in CSVLOGS:
        return load_csvlog(database, path, mapping.zone, skip) if path.is_file() else None
    names = [*mapping.fields.values()]
    if mapping.time_format != "iso" or {"at", "row_count"} & mapping.constants.keys():
        return None
    if any("." in name or '"' in name for name in names) or not path.is_file():
        return None
    if format_name == "parquet":
        return _parquet(database, path, mapping)
    return load_lines(database, path, mapping) if format_name == "jsonl" else None


def _parquet(database: DuckDatabase, path: Path, mapping: LogMapping) -> Rest | None:
    types = types_of(database.connection, str(path), mapping)
    fields = {
        name: Field(f"r.{quoted(source)}", types[source]) for name, source in mapping.fields.items() if source in types
    }
    if "at" not in fields or any(field.kind not in _PLAIN_PARQUET for field in fields.values()):
        return None
    if any(fields[name].kind not in ("VARCHAR", ZONED) for name in ONLY_TEXT if name in fields):
        return None
    source = source_of(str(path))
    take(
        database,
        f"SELECT number, {projected(fields, mapping)} FROM"
        f" (SELECT *, file_row_number + 1 AS number FROM {source}) AS r",
    )
    return Rest(_other_rows(database, path, types, mapping))


def _other_rows(
    database: DuckDatabase, path: Path, types: Mapping[str, str], mapping: LogMapping
) -> Iterator[Event | Hole]:
    if not number_taken(database):
        return
    file = LogFile(path)
    columns = ", ".join(column_of(name, kind) for name, kind in types.items())
    query = (
        f"SELECT file_row_number + 1 AS number, {columns} FROM {source_of(str(path))} AS r"
        " JOIN others AS o ON r.file_row_number + 1 = o.number ORDER BY r.file_row_number"
    )
    for number, *values in database.rows(query):
        yield event_of(file, number, record_of(types, values), mapping)
