"""Rows of audit views that a person exported as JSON or CSV: Snowflake, Oracle, SQL Server.

No server of these was at hand: the columns are those of the vendors' public documentation.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

from tutela.engine.events import Event, Hole

from .log_json import first_keys, objects
from .log_lines import LogFile, records, split_csv
from .log_mapped import LogMapping, event_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Row = dict[str, object]
"""A row by its columns in small letters, without those that are empty."""
Fields = dict[str, object]
"""Our fields of an event; `cut` says that its statement is not whole, `skip` that it is no access."""

_ISO: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?", re.ASCII | re.IGNORECASE
)
_ORACLE: Final = re.compile(
    r"(\d\d-[A-Z]{3}-\d\d(?:\d\d)?) (\d\d)[.:](\d\d)[.:](\d\d)(?:\.(\d+))?( [AP]M)?\s*([+-]\d\d:\d\d|UTC|GMT)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Export:
    """An audit view: which columns show it, and what a row of it says."""

    marks: tuple[frozenset[str], ...]
    """Sets of columns, in small letters; a row has all of one set."""
    fields: Callable[[Row], Iterator[Fields]]
    join: Callable[[Row, Row], Row | None] = lambda _before, _row: None
    """A row and the next one as one, where they are parts of one record."""


def is_export(head: list[str], export: Export) -> bool:
    """Whether lines begin an export of this view."""
    names = first_keys(head) or frozenset(name.strip().lower() for name in split_csv(head[0].lstrip("\ufeff")) or ())
    return any(mark <= names for mark in export.marks)


def read_export(
    file: LogFile, mapping: LogMapping, export: Export, skipped: Callable[[], None]
) -> Iterator[Event | Hole]:
    """Read rows as JSON objects or as CSV with a header."""
    ours = LogMapping(zone=mapping.zone)
    ours = replace(ours, fields={name: name for name in ours.fields})
    held: tuple[int, Row] | None = None
    for item in _rows(file):
        if isinstance(item, Hole):
            yield item
            continue
        joined = export.join(held[1], item[1]) if held else None
        if held and joined is not None:
            held = (held[0], joined)
            skipped()
            continue
        if held:
            yield from _events(file, *held, ours, export, skipped)
        held = item
    if held:
        yield from _events(file, *held, ours, export, skipped)


def _events(  # noqa: PLR0913 (what a row needs to become events)
    file: LogFile, number: int, row: Row, mapping: LogMapping, export: Export, skipped: Callable[[], None]
) -> Iterator[Event | Hole]:
    none = True
    for fields in export.fields(row):
        if fields.pop("skip", False):
            continue
        none = False
        cut = bool(fields.pop("cut", False))
        found = event_of(
            file, number, {name: value for name, value in fields.items() if value not in (None, "")}, mapping
        )
        yield replace(found, statement_complete=False) if cut and isinstance(found, Event) else found
    if none:
        skipped()


def _rows(file: LogFile) -> Iterator[tuple[int, Row] | Hole]:
    first = next((line for line in file.head() if line.strip()), "")
    if first.lstrip().startswith(("{", "[")):
        for item in objects(file):
            yield item if isinstance(item, Hole) else (item[0], _lowered(item[1]))
        return
    header = list[str]()
    for record in records(file, lambda count: not header or count == len(header)):
        if isinstance(record, Hole):
            yield record
        elif not header:
            header.extend(name.strip().lower() for name in record.values)
            if len(set(header)) != len(header):
                yield file.hole("log-csv", record.number)
                return
        else:
            cells = zip(header, record.values, strict=True)
            yield record.number, {name: value for name, value in cells if value not in ("", "NULL")}


def _lowered(found: Mapping[str, object]) -> Row:
    return {key.lower(): value for key, value in found.items() if value is not None}


def text(row: Row, name: str) -> str:
    """A column as text; empty where there is none."""
    value = row.get(name)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def number(row: Row, *names: str) -> int | None:
    """The sum of columns that count rows; None when one of them is no count."""
    total = 0
    for name in names:
        value = text(row, name)
        if not (value.isascii() and value.isdecimal() and len(value) <= 18):
            return None
        total += int(value)
    return total


def listed(row: Row, name: str) -> list[dict[str, object]] | None:
    """A column that holds a list of objects, also as JSON text; None when it is none."""
    value: object = row.get(name) or "[]"
    if isinstance(value, str):
        try:
            value = cast("object", json.loads(value))
        except (ValueError, RecursionError):
            return None
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    return cast("list[dict[str, object]]", items) if all(isinstance(item, dict) for item in items) else None


def instant(value: str, *, utc: bool = False) -> str:
    """A time of an export as ISO text; `utc` says what one without an offset is in; what is no time stays."""
    if match := _ISO.fullmatch(value):
        day, clock, fraction, offset = match.groups()
        found = f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}"
    elif match := _ORACLE.fullmatch(value):
        day, hour, minute, second, fraction, half, offset = match.groups()
        year = "%y" if len(day) == len("02-NOV-26") else "%Y"
        try:
            clock = f"{hour}:{minute}:{second}{half or ''}"
            at = datetime.strptime(f"{day} {clock}", f"%d-%b-{year} {'%I:%M:%S %p' if half else '%H:%M:%S'}")  # noqa: DTZ007 # its offset follows
        except ValueError:
            return value
        found = f"{at:%Y-%m-%dT%H:%M:%S}.{(fraction or '0')[:6].ljust(6, '0')}"
    else:
        return value
    if offset is None:
        return f"{found}+00:00" if utc else found
    return f"{found}{'+00:00' if offset[0] not in '+-' else offset}"
