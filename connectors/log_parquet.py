"""Parquet logs of applications and gateways, with the same mapping as JSON lines; read in batches by DuckDB."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from tutela.engine.errors import InputError, Location, Problem

from .files import STDIN
from .log_mapped import event_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import duckdb

    from tutela.engine.events import Event, Hole

    from .log_lines import LogFile
    from .log_mapped import LogMapping

MAGIC: Final = b"PAR1"
BATCH: Final = 2_000
"""Rows that are held at once."""
_GLOB: Final = re.compile(r"[*?\[]")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGE: Final = 2**53
ZONED: Final = "TIMESTAMP WITH TIME ZONE"


def read_parquet(file: LogFile, mapping: LogMapping) -> Iterator[Event | Hole]:
    """Read a Parquet file row by row; the place of an event is its row."""
    try:
        import duckdb
    except ImportError:
        raise InputError([_problem(file, "log-parquet-library")]) from None
    if reason := _unreadable(file.name):
        raise InputError([_problem(file, "log-unreadable", reason=reason)])
    connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "512MB"})
    connection.execute("SET enable_progress_bar = false")  # it would be drawn into what the command prints
    try:
        types = _open(connection, file.name, mapping)
    except duckdb.Error:
        raise InputError([_problem(file, "log-damaged")]) from None
    return _events(file, mapping, connection, types)


def _problem(file: LogFile, code: str, **args: object) -> Problem:
    return Problem(code=code, location=Location(file.name), args=args)


def _unreadable(name: str) -> str:
    """Why DuckDB cannot open a log that holds Parquet."""
    if name == STDIN:
        return "Parquet is read from a file, not from the standard input"
    with Path(name).open("rb") as stream:
        return "" if stream.read(len(MAGIC)) == MAGIC else "a Parquet file must not be packed"


def file_literal(name: str) -> str:
    """The name of one file as SQL: DuckDB takes names for patterns."""
    return "'" + _GLOB.sub(lambda found: f"[{found[0]}]", str(Path(name))).replace("'", "''") + "'"


def source_of(name: str) -> str:
    """A Parquet file as a relation, with the number of each row as `file_row_number`."""
    return f"read_parquet({file_literal(name)}, hive_partitioning = false, file_row_number = true)"


def types_of(connection: duckdb.DuckDBPyConnection, name: str, mapping: LogMapping) -> dict[str, str]:
    """The columns that the mapping needs, and their types."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {source_of(name)}").fetchall()  # noqa: S608 (a quoted name)
    wanted = {part for source in mapping.fields.values() for part in (source, source.split(".")[0])}
    return {str(row[0]): str(row[1]) for row in described if str(row[0]) in wanted}


def _open(connection: duckdb.DuckDBPyConnection, name: str, mapping: LogMapping) -> dict[str, str]:
    """Begin to read the columns that the mapping needs; their names and types."""
    types = types_of(connection, name, mapping)
    columns = ", ".join(column_of(column, kind) for column, kind in types.items()) or "NULL AS nothing"
    connection.execute(f"SELECT {columns} FROM {source_of(name)}")  # noqa: S608 (quoted names of the file itself)
    return types or {"": "INTEGER"}


def record_of(types: Mapping[str, str], row: Sequence[object]) -> dict[str, object]:
    """A row as the record that JSON would hold; times stay times."""
    values = zip(types.items(), row, strict=True)
    return {name: _time_of(value) if kind == ZONED else _plain(value) for (name, kind), value in values}


def column_of(name: str, kind: str) -> str:
    """A column in a form that Python takes."""
    quoted = '"' + name.replace('"', '""') + '"'
    # Python's own times with a zone need pytz, and DuckDB's session has a zone of its own.
    return f"CASE WHEN isfinite({quoted}) THEN epoch_us({quoted}) END" if kind == ZONED else quoted


def _events(
    file: LogFile, mapping: LogMapping, connection: duckdb.DuckDBPyConnection, types: dict[str, str]
) -> Iterator[Event | Hole]:
    import duckdb

    number = 0
    with connection:
        while True:
            try:
                batch = cast("list[tuple[object, ...]]", connection.fetchmany(BATCH))
            except (duckdb.Error, ImportError, ValueError, OverflowError):
                yield file.hole("log-cut", number + 1)
                return
            if not batch:
                return
            for row in batch:
                number += 1
                yield event_of(file, number, record_of(types, row), mapping)


def _time_of(value: object) -> object:
    """Microseconds since 1970 as a time."""
    if not isinstance(value, int):
        return None
    try:
        return _EPOCH + timedelta(microseconds=value)
    except OverflowError:
        return value


def _plain(value: object) -> object:
    """A value as JSON has it; times stay times."""
    if isinstance(value, (float, Decimal)):
        if isnan(value):
            return None
        number = float(value)
        return int(number) if abs(number) < _LARGE and number.is_integer() else str(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in cast("dict[object, object]", value).items()}
    return value if value is None or isinstance(value, (str, int)) else str(value)
