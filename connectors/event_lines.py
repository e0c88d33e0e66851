"""JSON lines in DuckDB: one pass over the file that tells plain lines and takes their fields.

A line is plain when it is an object without a key twice, whose fields are texts or whole numbers where they may be.
For most lines a regular expression tells that, made of the orders of keys that the first lines have; for the others
DuckDB works out the structure, and each structure is looked at once.
"""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

import orjson

from .event_records import ONLY_TEXT, TIME, Field, Rest, check_same, number_taken, projected, quoted, take
from .event_table import TEXTS, literal
from .log_lines import MAX_LINE, Line, LogFile
from .log_mapped import jsonl_item
from .log_parquet import ZONED, file_literal

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tutela.engine.events import Event, Hole

    from .audit_duckdb import DuckDatabase
    from .log_mapped import LogMapping

MOST_SHAPES: Final = 2_000
"""Different structures of JSON objects that are looked at; a log with more is read line by line."""
SAMPLE: Final = 1_000
AHEAD: Final = 10_000
"""Lines whose statements are looked at while the file is read."""
_STRANGE: Final = (b"\r", b"\0", b"\x01", b"\xef\xbb\xbf")
"""Bytes at which lines could be told apart otherwise."""
_LOOKED: Final = 4 << 20
"""Bytes that are looked through for them at a time: meanwhile no other thread runs Python."""
MOST_ORDERS: Final = 8
"""Orders of keys that are known by a regular expression."""
_PLAIN_KINDS: Final = frozenset({"VARCHAR", "NULL", "UBIGINT", "BIGINT"})
_TEXT: Final = (
    r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u(?:00[1-9a-fA-F][0-9a-fA-F]|0[1-9a-fA-F][0-9a-fA-F]{2}'
    r'|[1-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))*"'
)
"""A JSON text without halves of characters and without NUL."""
_WHOLE: Final = "(?:0|-?[1-9][0-9]{0,17})"
_OTHER: Final = rf"(?:{_TEXT}|-?(?:0|[1-9][0-9]{{0,17}})(?:\.[0-9]{{1,17}})?|true|false|null)"
"""What a field that is not read may hold."""


def load_lines(database: DuckDatabase, path: Path, mapping: LogMapping) -> Rest | None:
    """Fill `events` from JSON lines; what is not plain comes back. None: the file is not for DuckDB."""
    if not _splits(path, _LOOKED):
        return None
    begun = path.stat()
    orders = _orders(path)
    sources = {name: mapping.fields[name] for name in ("at", "action", "row_count", *TEXTS) if name in mapping.fields}
    usual = {"at", "row_count"} | {name for name, source in sources.items() if any(source in keys for keys in orders)}
    rare = [name for name in sources if name not in usual]
    fields = {name: source for name, source in sources.items() if name in usual}
    read = _records(path, fields, {name: sources[name] for name in rare}, _known(orders, mapping))
    if not _read_records(database, path, read):
        return None
    shapes = list(database.rows("SELECT DISTINCT shape, width FROM records WHERE shape IS NOT NULL"))
    if len(shapes) > MOST_SHAPES:
        database.drop("records")
        return None
    plain = [pair for pair in shapes if _is_plain(orjson.loads(pair[0]), pair[1], mapping)]
    chosen = ", ".join(f"({literal(shape)}, {width})" for shape, width in plain) or "(NULL, NULL)"
    kinds = {"at": ZONED, "row_count": "BIGINT"}
    typed = {name: Field(f"r.{quoted(name)}", kinds.get(name, "VARCHAR")) for name in fields}
    typed |= {name: Field(f"r.more[{place}]", "VARCHAR") for place, name in enumerate(rare, 1)}
    known = f"whole AND (known OR coalesce((shape, width) IN ({chosen}), FALSE))"
    take(
        database,
        f"SELECT number, {projected(typed, mapping, known)} FROM"
        " (SELECT *, rowid + 1 AS number FROM records) AS r WHERE NOT blank",
    )
    return Rest(_other_lines(database, path, mapping, begun))


def _records(path: Path, fields: Mapping[str, str], rare: Mapping[str, str], known: str) -> str:
    """The query for the lines of a file: their fields, and for lines that are not `known` their structure.

    No known line has a `rare` field, so these stand in one list that most lines do not have: a column for each would be
    the most of the table.
    """
    values = {name: f"j.{quoted(source)}" for name, source in fields.items()}
    columns = [f"{sql} AS {quoted(name)}" for name, sql in values.items() if name not in ("at", "row_count")]
    listed = ", ".join(f"more.{quoted(source)}" for source in rare.values())
    columns.append(f"CASE WHEN more IS NOT NULL THEN [{listed}] END AS more")
    if "at" in values:
        at = f"CASE WHEN regexp_full_match({values['at']}, {literal(TIME)}) THEN {values['at']} END"
        columns.append(f'try_cast({at} AS TIMESTAMP WITH TIME ZONE) AS "at"')
    whole = "TRUE"
    if "row_count" in values:
        count = values["row_count"]
        whole = f"known OR {count} IS NULL OR try_cast({count} AS BIGINT) IS NOT NULL"
        columns.append(f"try_cast({count} AS BIGINT) AS row_count")
    otherwise = "CASE WHEN known THEN NULL WHEN json_valid(line) AND line LIKE '{%' THEN"
    shape = f"{otherwise} json_structure(line)::VARCHAR END AS shape, {otherwise} len(json_keys(line)) END AS width"
    return (
        f"SELECT known, shape, width, blank, {whole} AS whole, {', '.join(columns)} FROM (SELECT known, shape, width,"
        f" blank, CASE WHEN known OR shape IS NOT NULL THEN {_fields_of(fields)} END AS j,"
        f" CASE WHEN shape IS NOT NULL THEN {_fields_of(rare)} END AS more"
        " FROM (SELECT line, known, CASE WHEN known THEN FALSE ELSE trim(line) = '' END AS blank,"
        f" {shape} FROM (SELECT line, regexp_full_match(line, {literal(known)}) AS known"
        f" FROM ({_lines(path)}) AS a) AS b) AS c) AS d"
    )


def _fields_of(sources: Mapping[str, str]) -> str:
    """Fields of a line as a structure of texts."""
    wanted = orjson.dumps(dict.fromkeys(sources.values(), "VARCHAR")).decode()
    return f"json_transform(line, {literal(wanted)})" if sources else "NULL"


def _read_records(database: DuckDatabase, path: Path, query: str) -> bool:
    """Make `records`, while it is made sure that its lines are those of everybody; False where they are not."""
    import duckdb

    with ThreadPoolExecutor(max_workers=1) as pool:
        splits = pool.submit(_splits, path)
        try:
            database.create("records", query)
        except duckdb.Error:  # a line that is too long, or not UTF-8
            return False
    if not splits.result():
        database.drop("records")
        return False
    return True


def _splits(path: Path, most: int = 0) -> bool:
    """Whether lines (of the first `most` bytes) end where everybody thinks they do."""
    looked, end = 0, b""
    with path.open("rb") as stream:
        while (block := stream.read(_LOOKED)) and not (most and looked >= most):
            piece = end + block
            if any(strange in piece for strange in _STRANGE):
                return False
            looked, end = looked + len(block), block[-len(max(_STRANGE, key=len)) + 1 :]
    return True


def statements_ahead(path: Path, mapping: LogMapping) -> Iterator[tuple[str, str]]:
    """The databases and statements of the first lines, as far as these are plain: what most of the others say, too."""
    said = (mapping.fields.get("database", ""), mapping.fields.get("sql", ""))
    found: set[tuple[str, str]] = set()
    with path.open("rb") as stream:
        for line in islice(iter(lambda: stream.readline(MAX_LINE), b""), AHEAD):
            record = read_object(line)
            place, sql = (record.get(name) for name in said)
            statement = place if isinstance(place, str) else mapping.constants.get("database", ""), sql
            if isinstance(sql, str) and statement not in found:
                found.add((statement[0], sql))
                yield statement[0], sql


def _lines(path: Path) -> str:
    """The lines of a file, in their order."""
    return (
        "SELECT coalesce(line, '') AS line FROM read_csv("
        f"{file_literal(str(path))}, header = false, auto_detect = false, columns = {{'line': 'VARCHAR'}},"
        f" delim = '\x01', quote = '', escape = '', max_line_size = {MAX_LINE})"
    )


def _orders(path: Path) -> list[tuple[str, ...]]:
    """The orders of keys that most of the first lines of a file have."""
    with path.open("rb") as stream:
        lines = islice(iter(lambda: stream.readline(MAX_LINE), b""), SAMPLE)
        found = Counter(keys for keys in map(_keys, lines) if keys)
    return [keys for keys, _ in found.most_common(MOST_ORDERS)]


def _known(orders: Sequence[tuple[str, ...]], mapping: LogMapping) -> str:
    """What the text of plain lines with these keys is."""
    values = {
        source: _value({n for n, s in mapping.fields.items() if s == source}) for source in mapping.fields.values()
    }
    objects = (r" *, *".join(f'"{re.escape(key)}" *: *{values.get(key, _OTHER)}' for key in keys) for keys in orders)
    return "|".join(rf"\{{ *{text} *\}} *" for text in objects) or "x"


def _keys(line: bytes) -> tuple[str, ...]:
    """The keys of an object in their order; none where a pattern would not be sure to find the same."""
    keys = tuple(read_object(line))
    return keys if all(re.fullmatch(r"[\w .$@/-]+", key) for key in keys) else ()


def read_object(line: bytes) -> dict[str, object]:
    """The object of a line; empty where there is none."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


def _value(fields: set[str]) -> str:
    """The pattern of a value that is read as these fields: what it may be and still be plain."""
    texts = [] if "row_count" in fields else [_TEXT]
    numbers = [] if fields.intersection(ONLY_TEXT) else [_WHOLE]
    return f"(?:{'|'.join([*texts, *numbers, 'null'])})"


def _is_plain(shape: object, width: int, mapping: LogMapping) -> bool:
    """Whether an object of so many keys has none twice, and its fields are texts or whole numbers where they may."""
    fields = mapping.fields
    if not isinstance(shape, dict) or len(cast("dict[str, object]", shape)) != width:
        return False
    kinds = cast("dict[str, object]", shape)
    for name, source in fields.items():
        kind = kinds.get(source, "NULL")
        if not isinstance(kind, str) or kind not in _PLAIN_KINDS:
            return False
        if (name == "row_count" and kind == "VARCHAR") or (name in ONLY_TEXT and kind not in ("VARCHAR", "NULL")):
            return False
    return "at" in fields


def _other_lines(
    database: DuckDatabase, path: Path, mapping: LogMapping, begun: os.stat_result
) -> Iterator[Event | Hole]:
    if not number_taken(database):
        return
    ((most,),) = database.rows("SELECT coalesce(max(rowid) + 1, 0) AS most FROM records WHERE NOT blank")
    file = LogFile(path)
    with path.open("rb") as stream:
        stream.seek(max(0, begun.st_size - 1))
        ended = stream.read(1) == b"\n"
    query = (
        f"SELECT l.number, l.line FROM (SELECT row_number() OVER () AS number, line FROM ({_lines(path)}) AS f) AS l"
        " JOIN others AS o ON l.number = o.number ORDER BY l.number"
    )
    for number, line in database.rows(query):
        yield jsonl_item(file, Line(number, line, ended or number < most), mapping)
    check_same(path, begun)
