"""Mapped logs that DuckDB reads itself: JSON lines and Parquet, a hundred times faster than line by line.

A record is taken in SQL only where it is plain what it says: texts that are texts, an ISO time with an offset, an
action that is known. Every other record goes through the readers of `log_mapped`, so that a fault is the same hole at
the same place, and odd spellings mean the same. A file that DuckDB could split otherwise is not taken at all.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import orjson
from sqlglot import exp

from .event_numbers import number_records
from .event_table import EVENTS, TEXTS, literal
from .log_lines import MAX_LINE, Line, LogFile
from .log_mapped import event_of, jsonl_item
from .log_parquet import ZONED, column_of, record_of, source_of, types_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tutela.engine.events import Event, Hole

    from .audit_duckdb import DuckDatabase
    from .log_mapped import LogMapping

TIME: Final = (
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(?:\d{3}|\d{6}))?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)"
)
MOST_SHAPES: Final = 2_000
"""Different structures of JSON objects that are looked at; a log with more is read line by line."""
_STRANGE: Final = (b"\r", b"\0", b"\x01", b"\xef\xbb\xbf")
"""Bytes at which lines could be told apart otherwise."""
_ONLY_TEXT: Final = ("at", "action", "sql", "tables", "columns")
_PLAIN_JSON: Final = frozenset({"VARCHAR", "NULL", "UBIGINT", "BIGINT"})
_PLAIN_PARQUET: Final = frozenset(
    {"VARCHAR", ZONED, "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT"}
)


class _Field(NamedTuple):
    """An expression of a field's value as text (NULL: absent), and the kind of what stands in the file."""

    sql: str
    kind: str


def load_file(
    database: DuckDatabase, path: Path, format_name: str, mapping: LogMapping
) -> Iterator[Event | Hole] | None:
    """Fill `events` from a file; what is not plain comes back as events and holes. None: the file is not for DuckDB."""
    names = [*mapping.fields.values()]
    if mapping.time_format != "iso" or {"at", "row_count"} & mapping.constants.keys():
        return None
    if any("." in name or '"' in name for name in names) or not path.is_file():
        return None
    if format_name == "parquet":
        return _parquet(database, path, mapping)
    return _jsonl(database, path, mapping) if format_name == "jsonl" and _splits(path) else None


def _splits(path: Path) -> bool:
    """Whether lines end where everybody thinks they do."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return all(data.find(strange) < 0 for strange in _STRANGE)


def _jsonl(database: DuckDatabase, path: Path, mapping: LogMapping) -> Iterator[Event | Hole] | None:
    import duckdb

    try:
        database.connection.execute(
            "CREATE TABLE lines AS SELECT number, line, CASE WHEN json_valid(line) AND line LIKE '{%'"
            " THEN json_structure(line)::VARCHAR END AS shape, CASE WHEN json_valid(line) AND line LIKE '{%'"
            " THEN len(json_keys(line)) END AS width FROM (SELECT row_number() OVER () AS number, line FROM"
            " read_csv(?, header = false, auto_detect = false, columns = {'line': 'VARCHAR'}, delim = '\x01',"
            " quote = '', escape = '', max_line_size = ?)) WHERE trim(line) <> ''",
            [str(path), MAX_LINE],
        )
    except duckdb.Error:  # a line that is too long, or not UTF-8
        database.connection.execute("DROP TABLE IF EXISTS lines")
        return None
    shapes = list(database.rows("SELECT DISTINCT shape, width FROM lines WHERE shape IS NOT NULL"))
    if len(shapes) > MOST_SHAPES:
        database.connection.execute("DROP TABLE lines")
        return None
    plain = [pair for pair in shapes if _is_plain(orjson.loads(pair[0]), pair[1], mapping)]
    chosen = ", ".join(f"({literal(shape)}, {width})" for shape, width in plain) or "(NULL, NULL)"
    wanted = orjson.dumps(dict.fromkeys(mapping.fields.values(), "VARCHAR")).decode()
    names = ", ".join(f"j.{_quoted(source)} AS {_quoted(name)}" for name, source in mapping.fields.items())
    database.create(
        "records",
        f"SELECT number, plain, {names} FROM (SELECT number, plain, CASE WHEN plain THEN"
        f" json_transform(line, {literal(wanted)}) END AS j FROM (SELECT number, line,"
        f" coalesce((shape, width) IN ({chosen}), FALSE) AS plain FROM lines) AS l) AS t",
    )
    fields = {name: _Field(f"r.{_quoted(name)}", "VARCHAR") for name in mapping.fields}
    _take(database, f"SELECT number, {_projected(fields, mapping, 'r.plain')} FROM records AS r")
    return _other_lines(database, path, mapping)


def _is_plain(shape: object, width: int, mapping: LogMapping) -> bool:
    """Whether an object of so many keys has none twice, and its fields are texts or whole numbers where they may."""
    fields = mapping.fields
    if not isinstance(shape, dict) or len(cast("dict[str, object]", shape)) != width:
        return False
    kinds = cast("dict[str, object]", shape)
    for name, source in fields.items():
        kind = kinds.get(source, "NULL")
        if not isinstance(kind, str) or kind not in _PLAIN_JSON:
            return False
        if (name == "row_count" and kind == "VARCHAR") or (name in _ONLY_TEXT and kind not in ("VARCHAR", "NULL")):
            return False
    return "at" in fields


def _other_lines(database: DuckDatabase, path: Path, mapping: LogMapping) -> Iterator[Event | Hole]:
    file = LogFile(path)
    last = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, last - 1))
        ended = stream.read(1) == b"\n"
    ((most,),) = database.rows("SELECT coalesce(max(number), 0) AS n FROM lines")
    query = "SELECT l.number, l.line FROM lines AS l JOIN others AS o ON l.number = o.number ORDER BY l.number"
    for number, line in database.rows(query):
        yield jsonl_item(file, Line(number, line, ended or number < most), mapping)
    database.connection.execute("DROP TABLE lines")


def _parquet(database: DuckDatabase, path: Path, mapping: LogMapping) -> Iterator[Event | Hole] | None:
    types = types_of(database.connection, str(path), mapping)
    fields = {
        name: _Field(f"r.{_quoted(source)}", types[source])
        for name, source in mapping.fields.items()
        if source in types
    }
    if "at" not in fields or any(field.kind not in _PLAIN_PARQUET for field in fields.values()):
        return None
    if any(fields[name].kind not in ("VARCHAR", ZONED) for name in _ONLY_TEXT if name in fields):
        return None
    source = source_of(str(path))
    _take(
        database,
        f"SELECT number, {_projected(fields, mapping)} FROM (SELECT *, file_row_number + 1 AS number FROM {source}) AS r",
    )
    return _other_rows(database, path, types, mapping)


def _other_rows(
    database: DuckDatabase, path: Path, types: Mapping[str, str], mapping: LogMapping
) -> Iterator[Event | Hole]:
    file = LogFile(path)
    columns = ", ".join(column_of(name, kind) for name, kind in types.items())
    query = (
        f"SELECT file_row_number + 1 AS number, {columns} FROM {source_of(str(path))} AS r"
        " JOIN others AS o ON r.file_row_number + 1 = o.number ORDER BY r.file_row_number"
    )
    for number, *values in database.rows(query):
        yield event_of(file, number, record_of(types, values), mapping)


def _projected(fields: Mapping[str, _Field], mapping: LogMapping, plain: str = "TRUE") -> str:
    """The columns of `EVENTS` from the fields, the result, and whether time and rows are plain (if the record is)."""
    raw = {name: _value(name, fields, mapping) for name in TEXTS}
    at = fields["at"]
    zoned = at.sql if at.kind == ZONED else f"try_cast({at.sql} AS TIMESTAMP WITH TIME ZONE)"
    instant = f"make_timestamp(epoch_us({zoned}))"
    said = fields.get("action", _Field("NULL", "VARCHAR")).sql
    constant = mapping.constants.get("action")
    said = f"coalesce(lower({said}), {literal(constant.lower()) if constant else 'NULL'})"
    cases = " ".join(f"WHEN {literal(word)} THEN {literal(action)}" for word, action in mapping.actions.items())
    action = f"CASE {said} {cases} ELSE CASE WHEN {said} IS NULL AND {raw['sql']} <> '' THEN 'other' END END"
    count = f"try_cast({fields['row_count'].sql} AS BIGINT)" if "row_count" in fields else "NULL::BIGINT"
    tests = [plain, f"{instant} IS NOT NULL"]
    if at.kind == "VARCHAR":
        tests.append(f"regexp_full_match({at.sql}, {literal(TIME)})")
    if "row_count" in fields:
        tests.append(f"({fields['row_count'].sql} IS NULL OR ({count}) BETWEEN 0 AND 999999999999999999)")
    made = {
        "line": "number", "instant": instant, "action": action, "complete": "TRUE", "row_count": count,
        "id": f"CASE WHEN {raw['id']} = '' THEN 'line ' || number ELSE {raw['id']} END",
    }  # fmt: skip
    columns = [f"{made.get(name) or raw[name]} AS {name}" for name in EVENTS if name != "number"]
    return f"coalesce({' AND '.join(tests)}, FALSE) AS plain, {raw['result']} AS result, {', '.join(columns)}"


_ODD: Final = (
    "NOT (account <> '' AND action IS NOT NULL AND result IN ('', 'success', 'error', 'denied')"
    r" AND NOT regexp_matches(tables || columns, '[;\s\pZ]')"
    " AND (regexp_matches(sql || tables || columns, '[A-Za-z]') OR action = 'login'))"
)
"""When the texts of a record (as `_projected`) are not what they seem."""


def _value(name: str, fields: Mapping[str, _Field], mapping: LogMapping) -> str:
    """A field as text: what the record says, else the constant, else empty."""
    constant = literal(mapping.constants.get(name, ""))
    return f"coalesce({fields[name].sql}::VARCHAR, {constant})" if name in fields else constant


def _take(database: DuckDatabase, query: str) -> None:
    """Make `events` of the plain records, and `others` of the numbers of the rest; the file is read again each time.

    A query needs few of the columns: to work those out anew costs a fraction of keeping all of them.
    """
    database.view("read_records", query)
    count = number_records(database, "read_records", _ODD)
    plain = " AND number NOT IN (SELECT number FROM others)" if count else ""
    database.beside(f"SELECT {', '.join(EVENTS)} FROM read_records AS r WHERE result <> 'denied'{plain}")


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql("duckdb")
