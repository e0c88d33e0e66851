"""JSON lines in DuckDB: a file that holds nothing but plain objects is read at once, another one line by line.

A line is plain when it is an object in which what is read stands once, as a text or a whole number where it may be
one.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

import orjson

from .event_objects import AMBIGUOUS, objects_in_file, objects_in_lines, objects_of
from .event_records import ODD, Rest, check_same, number_taken, projected, take
from .log_lines import MAX_LINE, Line, LogFile
from .log_mapped import jsonl_item
from .log_parquet import file_literal

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tutela.engine.events import Event, Hole

    from .audit_duckdb import DuckDatabase
    from .event_objects import Objects
    from .log_mapped import LogMapping

SAMPLE: Final = 1_000
MOST_ORDERS: Final = 8
"""Orders of keys that lines are compared with."""
_STRANGE: Final = (b"\r", b"\0", b"\x01")
_MARK: Final = b"\xef\xbb\xbf"
"""Bytes at which lines could be told apart otherwise, as is the mark of an encoding."""
_LOOKED: Final = 1 << 19
"""Bytes that are looked through for them at a time: they stay in the processor's cache."""
_SEEN: Final = 4 << 20
"""Bytes that are looked through before anything else is done."""


def load_lines(database: DuckDatabase, path: Path, mapping: LogMapping) -> Rest | None:
    """Fill `events` from JSON lines; what is not plain comes back. None: the file is not for DuckDB."""
    orders = _orders(path)
    objects = objects_of(mapping, {key for order in orders for key in order})
    if objects is None or _lines_in(path, _SEEN) is None:
        return None
    begun = path.stat()
    if not _read_records(database, path, objects, orders):
        return None
    take(
        database,
        f"SELECT number, {projected(objects.typed(), mapping, 'r.plain')} FROM"
        " (SELECT *, rowid + 1 AS number FROM records) AS r WHERE NOT blank",
        f"{ODD} OR {AMBIGUOUS}",
    )
    return Rest(_other_lines(database, path, mapping, begun))


def _read_records(database: DuckDatabase, path: Path, objects: Objects, orders: Sequence[tuple[str, ...]]) -> bool:
    """Make `records`, while it is made sure that its lines are those of everybody; False where they are not."""
    kinds = objects.kinds()
    with ThreadPoolExecutor(max_workers=1) as pool:
        counting = pool.submit(_lines_in, path)
        quick = _made(database, objects.records(objects_in_file(path, kinds)))
        lines = counting.result()
    if quick:
        ((count,),) = database.rows("SELECT count(*) AS n FROM records")
        if count == lines:  # a line without an object has no record, and those behind it another number
            return True
        database.drop("records")
    query = objects.records(objects_in_lines(_lines(path), kinds, orders[:MOST_ORDERS]))
    return lines is not None and _made(database, query)


def _made(database: DuckDatabase, query: str) -> bool:
    """Make `records`; False where a line is too long, not UTF-8, or not what the query takes it for."""
    import duckdb

    try:
        database.create("records", query)
    except duckdb.Error:
        return False
    return True


def _lines_in(path: Path, most: int = 0) -> int | None:
    """How many lines there are (in some more than the first `most` bytes); None if others could tell them apart."""
    looked, count, end = 0, 0, b""
    with path.open("rb", buffering=0) as stream:
        while (block := stream.read(_LOOKED)) and not (most and looked >= most):
            # To look for one byte is much faster than for three.
            marked = _MARK in end + block[:2] or (_MARK[:1] in block and _MARK in block)
            if marked or any(strange in block for strange in _STRANGE):
                return None
            count += block.count(b"\n")
            looked, end = looked + len(block), block[-2:]
    return count + (not end.endswith(b"\n") and looked > 0)


def _lines(path: Path) -> str:
    """The lines of a file, in their order."""
    return (
        "SELECT coalesce(line, '') AS line FROM read_csv("
        f"{file_literal(str(path))}, header = false, auto_detect = false, columns = {{'line': 'VARCHAR'}},"
        f" delim = '\x01', quote = '', escape = '', max_line_size = {MAX_LINE})"
    )


def _orders(path: Path) -> list[tuple[str, ...]]:
    """The orders of keys that the first objects of a file have, the most frequent first."""
    with path.open("rb") as stream:
        lines = islice(iter(lambda: stream.readline(MAX_LINE), b""), SAMPLE)
        found = Counter(tuple(read_object(line)) for line in lines)
    return [keys for keys, _ in found.most_common()]


def read_object(line: bytes) -> dict[str, object]:
    """The object of a line; empty where there is none."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


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
