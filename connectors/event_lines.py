"""JSON lines in DuckDB: one pass over the file that tells plain lines and takes their fields.

A line is plain when it is an object without a key twice, whose fields are texts or whole numbers where they may be.
For most lines a regular expression tells that, made of the orders of keys that the first lines have; for the others
DuckDB works out the structure, and each structure is looked at once.
"""

from __future__ import annotations

import re
from collections import Counter
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
    from collections.abc import Iterator
    from pathlib import Path

    from tutela.engine.events import Event, Hole

    from .audit_duckdb import DuckDatabase
    from .log_mapped import LogMapping

MOST_SHAPES: Final = 2_000
"""Different structures of JSON objects that are looked at; a log with more is read line by line."""
SAMPLE: Final = 1_000
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
    import duckdb

    begun = path.stat()
    sources = {name: mapping.fields[name] for name in ("at", "action", "row_count", *TEXTS) if name in mapping.fields}
    wanted = orjson.dumps(dict.fromkeys(sources.values(), "VARCHAR")).decode()
    fields = {name: f"j.{quoted(source)}" for name, source in sources.items()}
    columns = [f"{sql} AS {quoted(name)}" for name, sql in fields.items() if name not in ("at", "row_count")]
    if "at" in fields:
        at = f"CASE WHEN regexp_full_match({fields['at']}, {literal(TIME)}) THEN {fields['at']} END"
        columns.append(f'try_cast({at} AS TIMESTAMP WITH TIME ZONE) AS "at"')
    whole = "TRUE"
    if "row_count" in fields:
        count = fields["row_count"]
        whole = f"{count} IS NULL OR try_cast({count} AS BIGINT) IS NOT NULL"
        columns.append(f"try_cast({count} AS BIGINT) AS row_count")
    otherwise = "CASE WHEN known THEN NULL WHEN json_valid(line) AND line LIKE '{%' THEN"
    try:
        database.create(
            "records",
            f"SELECT known, shape, width, blank, {whole} AS whole, {', '.join(columns)} FROM (SELECT known, shape,"
            f" width, blank, CASE WHEN known OR shape IS NOT NULL THEN json_transform(line, {literal(wanted)}) END AS j"
            " FROM (SELECT line, known, CASE WHEN known THEN FALSE ELSE trim(line) = '' END AS blank,"
            f" {otherwise} json_structure(line)::VARCHAR END AS shape, {otherwise} len(json_keys(line)) END AS width"
            f" FROM (SELECT line, regexp_full_match(line, {literal(_known(path, mapping))}) AS known"
            f" FROM ({_lines(path)}) AS a) AS b) AS c) AS d",
        )
    except duckdb.Error:  # a line that is too long, or not UTF-8
        return None
    shapes = list(database.rows("SELECT DISTINCT shape, width FROM records WHERE shape IS NOT NULL"))
    if len(shapes) > MOST_SHAPES:
        database.connection.execute("DROP TABLE records")
        return None
    plain = [pair for pair in shapes if _is_plain(orjson.loads(pair[0]), pair[1], mapping)]
    chosen = ", ".join(f"({literal(shape)}, {width})" for shape, width in plain) or "(NULL, NULL)"
    kinds = {"at": ZONED, "row_count": "BIGINT"}
    typed = {name: Field(f"r.{quoted(name)}", kinds.get(name, "VARCHAR")) for name in fields}
    known = f"whole AND (known OR coalesce((shape, width) IN ({chosen}), FALSE))"
    take(
        database,
        f"SELECT number, {projected(typed, mapping, known)} FROM"
        " (SELECT *, rowid + 1 AS number FROM records) AS r WHERE NOT blank",
    )
    return Rest(_other_lines(database, path, mapping, begun))


def _lines(path: Path) -> str:
    """The lines of a file, in their order."""
    return (
        "SELECT coalesce(line, '') AS line FROM read_csv("
        f"{file_literal(str(path))}, header = false, auto_detect = false, columns = {{'line': 'VARCHAR'}},"
        f" delim = '\x01', quote = '', escape = '', max_line_size = {MAX_LINE})"
    )


def _known(path: Path, mapping: LogMapping) -> str:
    """What the text of plain lines is, as far as the first lines of the file show it."""
    with path.open("rb") as stream:
        lines = islice(iter(lambda: stream.readline(MAX_LINE), b""), SAMPLE)
        orders = Counter(keys for keys in map(_keys, lines) if keys)
    values = {
        source: _value({n for n, s in mapping.fields.items() if s == source}) for source in mapping.fields.values()
    }
    objects = (
        r" *, *".join(f'"{re.escape(key)}" *: *{values.get(key, _OTHER)}' for key in keys)
        for keys, _ in orders.most_common(MOST_ORDERS)
    )
    return "|".join(rf"\{{ *{text} *\}} *" for text in objects) or "x"


def _keys(line: bytes) -> tuple[str, ...]:
    """The keys of an object in their order; none where a pattern would not be sure to find the same."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ()
    keys = tuple(cast("dict[str, object]", found)) if isinstance(found, dict) else ()
    return keys if all(re.fullmatch(r"[\w .$@/-]+", key) for key in keys) else ()


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
