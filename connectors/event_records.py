"""Records of a mapped log as columns of DuckDB: which are plain, and what these say.

A record is taken in SQL only where it is plain what it says: texts that are texts, an ISO time with an offset, an
action that is known. Every other record goes through the readers of `log_mapped`, so that a fault is the same hole at
the same place, and odd spellings mean the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlglot import exp

from tutela.engine.errors import InputError, Location, Problem

from .event_numbers import list_texts, number_records
from .event_table import EVENTS, MOST_ROWS, TEXTS, literal
from .log_parquet import ZONED

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tutela.engine.events import Event, Hole

    from .audit_duckdb import DuckDatabase
    from .log_mapped import LogMapping

TIME: Final = (
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(?:\d{3}|\d{6}))?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)"
)
YEARS: Final = "BETWEEN 3 AND 9997"
"""Years that no time zone moves out of the calendar; readers look at the times of others."""
ONLY_TEXT: Final = ("at", "action", "sql", "tables", "columns")


class Field(NamedTuple):
    """An expression of a field's value (NULL: absent), and the kind of what stands in the file."""

    sql: str
    kind: str


class Rest(NamedTuple):
    """What is left of a file to be read otherwise."""

    items: Iterator[Event | Hole]
    furthest: int = 0
    """The line of the last event that is not left, where the reader needs to know it."""


def projected(fields: Mapping[str, Field], mapping: LogMapping, plain: str = "TRUE") -> str:
    """The columns of `EVENTS` from the fields, the result, and whether time and rows are plain (if the record is)."""
    raw = {name: _value(name, fields, mapping) for name in TEXTS}
    at = fields["at"]
    zoned = at.sql if at.kind == ZONED else f"try_cast({at.sql} AS TIMESTAMP WITH TIME ZONE)"
    instant = f"make_timestamp(epoch_us({zoned}))"
    said = fields.get("action", Field("NULL", "VARCHAR")).sql
    constant = mapping.constants.get("action")
    said = f"coalesce(lower({said}), {literal(constant.lower()) if constant else 'NULL'})"
    cases = " ".join(f"WHEN {literal(word)} THEN {literal(action)}" for word, action in mapping.actions.items())
    action = f"CASE {said} {cases} ELSE CASE WHEN {said} IS NULL AND {raw['sql']} <> '' THEN 'other' END END"
    count = f"try_cast({fields['row_count'].sql} AS BIGINT)" if "row_count" in fields else "NULL::BIGINT"
    tests = [plain, f"year({instant}) {YEARS}"]
    if at.kind == "VARCHAR":
        tests.append(f"regexp_full_match({at.sql}, {literal(TIME)})")
    if "row_count" in fields:
        tests.append(f"({fields['row_count'].sql} IS NULL OR ({count}) BETWEEN 0 AND {MOST_ROWS})")
    made = {
        "line": "number", "instant": instant, "action": action, "complete": "TRUE", "row_count": count,
        "id": f"CASE WHEN {raw['id']} = '' THEN 'line ' || number ELSE {raw['id']} END",
    }  # fmt: skip
    columns = [f"{made.get(name) or raw[name]} AS {name}" for name in EVENTS if name != "number"]
    return f"coalesce({' AND '.join(tests)}, FALSE) AS plain, {raw['result']} AS result, {', '.join(columns)}"


ODD: Final = (
    "NOT (account <> '' AND action IS NOT NULL AND result IN ('', 'success', 'error', 'denied')"
    r" AND NOT regexp_matches(tables || columns, '[;\s\pZ]')"
    " AND (regexp_matches(sql || tables || columns, '[A-Za-z]') OR action = 'login'))"
)
"""When the texts of a record (as `projected`) are not what they seem."""


def _value(name: str, fields: Mapping[str, Field], mapping: LogMapping) -> str:
    """A field as text: what the record says, else the constant, else empty."""
    constant = literal(mapping.constants.get(name, ""))
    return f"coalesce({fields[name].sql}::VARCHAR, {constant})" if name in fields else constant


def take(database: DuckDatabase, query: str, odd: str = ODD) -> None:
    """List the texts of the records; the file is read again each time.

    A query needs few of the columns: to work those out anew costs a fraction of keeping all of them.
    """
    database.view("read_records", query)
    list_texts(database, "read_records", odd)
    database.beside()


def number_taken(database: DuckDatabase) -> int:
    """Make `events` of the plain records, and `others` of the numbers of the rest; say how many that are."""
    count = number_records(database, "read_records")
    plain = " AND number NOT IN (SELECT number FROM others)" if count else ""
    taken = f"SELECT {', '.join(EVENTS)} FROM read_records AS r WHERE result <> 'denied'{plain}"
    database.view("events", f"{taken} UNION ALL SELECT * FROM {database.loaded}")
    return count


def quoted(name: str) -> str:
    """A name as SQL."""
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def check_same(path: Path, begun: os.stat_result) -> None:
    """InputError where a file is another one than it was, or shorter: it was read a second time.

    What was added to its end does no harm.
    """
    now = path.stat()
    if (now.st_dev, now.st_ino) != (begun.st_dev, begun.st_ino) or now.st_size < begun.st_size:
        raise InputError([Problem(code="log-changed", location=Location(str(path)))])
