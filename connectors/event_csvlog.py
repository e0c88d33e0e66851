"""PostgreSQL's csvlog in DuckDB: its reader of CSV takes the records, and most of them are events as they stand.

What the messages of a session say of each other is settled in `event_sessions`; the stretches of a session in which
more is to be joined come back, and the reader line by line (`log_postgres`) makes events of them. A file that DuckDB
could read otherwise than that reader is not taken at all.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Final

from .event_audits import AROUND, COMPLETE, ROWS, SQL, take_apart
from .event_messages import EVENTFUL, USED, classified, listed
from .event_records import Rest, check_same, number_taken, take
from .event_sessions import settle
from .event_table import EVENTS, MOST_ROWS
from .log_csvlog import LAYOUTS, POSTGRES, csvlog_record
from .log_lines import MAX_LINE, MAX_RECORD_LINES, Cells, LogFile, records
from .log_parquet import file_literal
from .log_postgres import Statements
from .log_stream import packing
from .log_times import server_time

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from datetime import timedelta
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from tutela.engine.events import Event, Hole

    from .audit_duckdb import DuckDatabase
    from .log_record import Owner

_QUOTED: Final = (1, 2, 4, 7, 13, 14, 15, 16, 18, 19, 21, 22, 23)
"""The columns that PostgreSQL writes in quotes; it never does so with the others."""
_STRANGE: Final = (b"\0", b"\xef\xbb\xbf")
"""What the reader line by line refuses or drops, wherever it stands."""


def load_csvlog(database: DuckDatabase, path: Path, zone: ZoneInfo | None, skip: Callable[[int], None]) -> Rest | None:
    """Fill `events` from a csvlog; what is not plain comes back. None: the file is not for DuckDB.

    `skip` is told how many records are no access.
    """
    import duckdb

    width = _width(path)
    carriage = _find(path, b"\r")
    if width is None or _packed(path) or any(_find(path, strange) for strange in _STRANGE):
        return None
    begun = path.stat()
    try:
        database.create("records", _records(path, width, carriage=carriage))
    except duckdb.Error:  # a record that is cut or too long, or not UTF-8
        return None
    if not _whole(database, path, begun):
        return None
    _list_days(database, zone)
    take_apart(database)
    settled = settle(database)
    if settled is None:
        return None
    skip(settled.skipped)
    take(database, _events(), odd="FALSE")
    return Rest(_others(database, path, width, begun, zone, carriage=carriage, skip=skip), settled.furthest)


def _width(path: Path) -> int | None:
    """How many columns the first record has; None where they are not PostgreSQL's."""
    file = LogFile(path)
    try:
        first = next(records(file, LAYOUTS.__contains__), None)
    finally:
        file.close()
    width = len(first.values) if isinstance(first, Cells) else 0
    return width if LAYOUTS.get(width) is POSTGRES else None


def _packed(path: Path) -> bool:
    with path.open("rb") as stream:
        return bool(packing(stream.read(8)))


def _find(path: Path, wanted: bytes) -> bool:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(wanted) >= 0


def _csv(path: Path, width: int, *, lenient: bool = False) -> str:
    """The records of a file, in their order; a text that is not there is NULL."""
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(width))
    return (
        f"read_csv({file_literal(str(path))}, compression = 'none', header = false, auto_detect = false,"
        f" columns = {{{columns}}},"
        " delim = ',', quote = '\"', escape = '\"', new_line = '\\n', nullstr = '', allow_quoted_nulls = false,"
        f" strict_mode = true, max_line_size = {MAX_LINE}, ignore_errors = {str(lenient).lower()})"
    )


def _value(column: int, *, carriage: bool) -> str:
    """A text as the reader line by line has it: without carriage returns at the end of its lines."""
    value = f"coalesce(c{column}, '')"
    return rf"regexp_replace({value}, '\r+\n', chr(10), 'g')" if carriage else value


def _records(path: Path, width: int, *, carriage: bool) -> str:
    """The records, classified, with the bytes and the line ends that each must have had."""
    everything = f"concat({', '.join(f'c{column}' for column in range(width))})"
    quoted = " + ".join(f"(c{column} IS NOT NULL)::INTEGER" for column in _QUOTED if column < width)
    values = ", ".join(f"{_value(column, carriage=carriage)} AS c{column}" for column in USED)
    return classified(
        f"SELECT {values}, {width} + 2 * ({quoted}) + 2 * strlen(everything)"
        " - strlen(replace(everything, '\"', ''))::INTEGER AS size,"
        " (strlen(everything) - strlen(replace(everything, chr(10), '')))::INTEGER AS ends"
        f" FROM (SELECT *, {everything} AS everything FROM {_csv(path, width)}) AS a"
    )


def _whole(database: DuckDatabase, path: Path, begun: os.stat_result) -> bool:
    """Whether the records, written as PostgreSQL writes them, are as long as the file: so nothing was read otherwise.

    Blank lines, blanks around quotes and quotes within plain fields would be missing.
    """
    found = database.rows(
        "SELECT count(*) AS n, coalesce(sum(size), 0) AS size, coalesce(max(size), 0) AS longest,"
        " coalesce(max(ends), 0) AS ends FROM records"
    )
    ((count, size, longest, ends),) = found
    with path.open("rb") as stream:
        stream.seek(begun.st_size - 1)
        missing = stream.read(1) != b"\n"
    return bool(count) and size - missing == begun.st_size and longest < MAX_LINE and ends < MAX_RECORD_LINES - 1


def _list_days(database: DuckDatabase, zone: ZoneInfo | None) -> None:
    """Make `days`: how far the clock of the log is from UTC, for the days on which it is the same all day."""
    rows: list[dict[str, object]] = []
    for day, name in list(
        database.rows("SELECT DISTINCT stamp::DATE AS day, zone FROM records WHERE zone IS NOT NULL")
    ):
        try:
            first, last = (_offset(f"{day} {time} {name}", zone) for time in ("00:00:00", "23:59:59"))
        except ValueError:
            continue
        if first == last:
            rows.append({"day": str(day), "zone": name, "shift": round(first.total_seconds())})
    database.table("days", {"day": "DATE", "zone": "VARCHAR", "shift": "BIGINT"}, rows)


def _offset(text: str, zone: ZoneInfo | None) -> timedelta:
    found = server_time(text, zone).utcoffset()
    if found is None:
        raise ValueError(text)
    return found


def _events() -> str:
    """The events of `records`, as `EVENTS` and `result`; what is in `passed` is none, or is read otherwise."""
    audit = "r.kind = 'A'"
    said = {
        "id": f"r.session || CASE WHEN {audit} THEN ':' || r.run || '.' || h.part ELSE '@' || r.line END",
        "instant": "r.stamp - to_seconds(d.shift)",
        "source_ip": "a.source_ip",
        **dict.fromkeys(("purpose", "request_id", "role", "break_glass", "columns"), "''"),
        "action": f"CASE WHEN {audit} THEN h.action ELSE 'other' END",
        "sql": f"CASE WHEN {audit} THEN {SQL} ELSE r.said END",
        "tables": f"CASE WHEN {audit} THEN h.tables ELSE '' END",
        "complete": f"CASE WHEN {audit} THEN {COMPLETE} ELSE TRUE END",
        "row_count": f"CASE WHEN {audit} THEN CASE WHEN {ROWS} > {MOST_ROWS} THEN {MOST_ROWS} ELSE {ROWS} END END",
    }
    columns = ", ".join(f"{said.get(name, f'r.{name}')} AS {name}" for name in EVENTS if name != "number")
    return (
        f"SELECT r.line AS number, TRUE AS plain, '' AS result, {columns} FROM placed AS r"
        " JOIN days AS d ON r.stamp::DATE = d.day AND r.zone = d.zone"
        f" JOIN addresses AS a ON r.address = a.address{AROUND}"
        f" WHERE r.kind IN ({listed(EVENTFUL)}) AND r.place NOT IN (SELECT place FROM passed)"
    )


def _others(  # noqa: PLR0913 (where they are, and how they are read)
    database: DuckDatabase,
    path: Path,
    width: int,
    begun: os.stat_result,
    zone: ZoneInfo | None,
    *,
    carriage: bool,
    skip: Callable[[int], None],
) -> Iterator[Event | Hole]:
    """Read what is left, stretch by stretch: each begins as if the session had said nothing before."""
    number_taken(database)
    ((left,),) = database.rows("SELECT count(*) AS n FROM stretches")
    if not left:
        return
    file = LogFile(path)
    file.close()
    statements = Statements(file, zone, lambda: skip(1), "csvlog")
    values = ", ".join(_value(column, carriage=carriage) for column in range(width))
    query = (
        f"SELECT o.line, o.owner, o.stretch, c.* FROM (SELECT row_number() OVER () - 1 AS place, {values}"
        f" FROM {_csv(path, width, lenient=True)}) AS c JOIN stretches AS o ON c.place = o.place ORDER BY c.place"
    )
    begins: dict[int, tuple[int, Owner]] = {}
    for line, owner, stretch, _, *cells in database.rows(query):
        record = csvlog_record(Cells(line, cells))
        if record is None:
            yield file.hole("log-line", line, format="csvlog")
            continue
        known = begins.get(owner)
        if known and known[0] != stretch:
            yield from statements.leave(known[1])
        begins[owner] = stretch, record.context.owner
        yield from statements.add(record)
    yield from statements.finish()
    check_same(path, begun)
