"""Registers of a million lines (CSV, JSON Lines): typed entries one by one, documents only of those in doubt."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.documents import Document, Items, Map
from tutela.engine.errors import Location, Problem
from tutela.engine.plain import is_list, is_map
from tutela.engine.quick import Doubt, compiled
from tutela.engine.registers import ENTRIES
from tutela.engine.streamed import read_stream

from .register_csv import cell_of, headings_wrong, lines_of, row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tutela.engine.entries import Entries
    from tutela.engine.shapes import Schema
    from tutela.engine.streamed import Line

REMEMBERED: Final = 4096
"""Different cells of a column whose values are kept."""
UNKNOWN: Final[dict[str, Any]] = {"type": "unknown"}
"""The shape of a column that the register does not have: always in doubt."""


def stream_csv(name: str, text: str, file: str) -> tuple[Entries, list[Problem]]:
    """The typed entries of a CSV register, or every problem in it."""
    unread: list[Problem] = []
    header: list[str] = []

    def slowly(line: int, row: list[str]) -> Document:
        problems: list[Problem] = []
        items = Items((1, 1))
        items.append(row_of(header, row, line, ENTRIES[name], file, problems))
        items.items_at.append((line, 1))
        return Document(file, "", items, tuple(problems)).hidden()

    return read_stream(name, file, _rows(name, text, file, header, unread), slowly, unread)


def _rows(name: str, text: str, file: str, header: list[str], unread: list[Problem]) -> Iterator[Line]:
    rows = csv.reader(lines_of(text), strict=True)
    try:
        header += [heading.strip() for heading in next(rows, list[str]())]
        unread += headings_wrong(header, file)
        if unread:
            return
        typed = _typer(header, ENTRIES[name])
        line = rows.line_num + 1
        for row in rows:
            if row:
                yield line, typed(row), row
            line = rows.line_num + 1
    except csv.Error as error:
        unread.append(Problem(code="register-csv", location=Location(file, rows.line_num), args={"what": str(error)}))


class _Column(dict[str, Any]):
    """The typed value of each cell of a column, remembered: most columns hold few different ones."""

    __slots__ = ("_take", "limit")

    def __init__(self, take: Callable[[str], Any], limit: int) -> None:
        super().__init__()
        self._take = take
        self.limit = limit

    def __missing__(self, cell: str) -> Any:  # noqa: ANN401 (of any type)
        value = self._take(cell)
        if len(self) < self.limit:
            self[cell] = value
        return value


def _typer(header: list[str], entry: Schema) -> Callable[[list[str]], dict[str, Any] | None]:
    """What types a row under this header; None for a row in doubt."""
    width, required = len(header), frozenset[str](entry["required"])
    columns = [(name, column) for name in header if (column := _column(name, entry)) is not None]
    nested = [(name, name.split(".")) for name in header if "." in name]
    parts = {path[0]: compiled(entry["properties"].get(path[0], UNKNOWN)) for _name, path in nested}

    def typed(row: list[str]) -> dict[str, Any] | None:
        if len(row) != width:
            return None
        try:
            found: dict[str, Any] = {name: cell for name, cell in zip(header, row, strict=True) if cell}
            for name, column in columns:
                if name in found:
                    found[name] = column[found[name]]
            whole: dict[str, Any] = {}
            for name, path in nested:
                if name in found:
                    inner = whole
                    for step in path[:-1]:
                        inner = inner.setdefault(step, {})
                    inner[path[-1]] = found.pop(name)
            for name, value in whole.items():
                found[name] = parts[name](value)
        except Doubt:
            return None
        return found if required <= found.keys() else None

    return typed


def _column(name: str, entry: Schema) -> _Column | None:
    """The cells of a column: typed, where it is a field; plain, where it is a part of one that is typed as a whole.

    None stands for cells that are their own value: any text will do.
    """
    schema: Any = entry
    path = name.split(".")
    for step in path:
        schema = schema.get("properties", {}).get(step, {})
    text = schema.get("type") in ("string", ["string", "null"]) and "enum" not in schema
    if text and set(schema) <= {"type", "minLength", "description"} and schema.get("minLength", 0) <= 1:
        return None
    whole = compiled(schema or UNKNOWN) if len(path) == 1 else None
    if text and whole is not None:
        return _Column(whole, REMEMBERED)

    def take(cell: str) -> Any:  # noqa: ANN401 (of any type)
        value, expected = cell_of(cell, schema)
        if expected:
            raise Doubt
        return value if whole is None else whole(value)

    # A value that can be changed is never shared, and neither is a part: it may be a list.
    changeable = whole is None or "object" in (schema.get("type"), schema.get("items", {}).get("type"))
    return _Column(take, 0 if changeable else REMEMBERED)


def stream_jsonl(name: str, text: str, file: str) -> tuple[Entries, list[Problem]]:
    """The typed entries of a register with one JSON object a line, or every problem in it."""

    def slowly(line: int, source: str) -> Document:
        problems: list[Problem] = []

        def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
            at = Location(file, line)
            problems.extend(Problem(code="json-duplicate-key", location=at, args={"key": key}) for key in _again(found))
            return dict(found)

        data: Any = None
        try:
            data = marked(json.loads(source, object_pairs_hook=pairs, parse_constant=_refused), (line, 1))
        except json.JSONDecodeError as error:
            at = Location(file, line, error.colno)
            problems.append(Problem(code="json-syntax", location=at, args={"what": error.msg}))
        except (RecursionError, ValueError) as error:
            what = "nested too deep" if isinstance(error, RecursionError) else "a number out of range"
            problems.append(Problem(code="json-syntax", location=Location(file, line), args={"what": what}))
        items = Items((1, 1))
        items.append(data)
        items.items_at.append((line, 1))
        return Document(file, "", items, tuple(problems)).hidden()

    return read_stream(name, file, _objects(name, text), slowly, [])


def _objects(name: str, text: str) -> Iterator[Line]:
    take = compiled(ENTRIES[name])
    decode = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_refused).decode
    for line, source in enumerate(lines_of(text), 1):
        if source.isspace():
            continue
        try:
            found: Any = take(decode(source))
        except (Doubt, ValueError, RecursionError):
            found = None
        yield line, found, source


def _pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(found)
    if len(made) != len(found):
        raise ValueError("a key stands twice")
    return made


def _again(found: list[tuple[str, Any]]) -> list[str]:
    times = Counter(key for key, _value in found)
    return [key for key, count in times.items() for _ in range(count - 1)]


def _refused(_constant: str) -> object:
    raise ValueError("NaN and Infinity are no JSON")


def marked(value: Any, at: tuple[int, int]) -> Any:  # noqa: ANN401 (any JSON value)
    """Plain data whose every value stands at one place: JSON Lines have a line for each entry."""
    if is_map(value):
        made = Map(at)
        for name, item in value.items():
            made[name] = marked(item, at)
            made.keys_at[name] = made.values_at[name] = at
        return made
    if not is_list(value):
        return value
    items = Items(at)
    for item in value:
        items.append(marked(item, at))
        items.items_at.append(at)
    return items
