"""CSV registers: cells as values, rows as entries, and what is wrong with either."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any, Final, cast

from tutela.engine.documents import Document, Items, Map
from tutela.engine.errors import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WHOLE: Final = re.compile(r"-?[0-9]{1,18}\Z", re.ASCII)


def lines_of(text: str) -> Iterator[str]:
    """The lines of a text with their ends, without a second copy of it; only a line feed ends one."""
    start = 0
    while end := text.find("\n", start) + 1:
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def read_csv(text: str, file: str, entry: Mapping[str, Any]) -> Document:
    """Rows as entries: `a.b` columns nest, `;` separates the items of a list, an empty cell is absent."""
    rows = csv.reader(lines_of(text), strict=True)
    items = Items((1, 1))
    problems: list[Problem] = []
    try:
        header: list[str] = [name.strip() for name in next(rows, list[str]())]
        problems += headings_wrong(header, file)
        if problems:
            return Document(file, text, items, tuple(problems), text.splitlines())
        line = rows.line_num + 1
        for row in rows:
            if row:
                items.append(row_of(header, row, line, entry, file, problems))
                items.items_at.append((line, 1))
            line = rows.line_num + 1
    except csv.Error as error:
        location = Location(file, rows.line_num)
        problems.append(Problem(code="register-csv", location=location, args={"what": str(error)}))
    return Document(file, text, items, tuple(problems), text.splitlines())


def headings_wrong(header: list[str], file: str) -> list[Problem]:
    """Headings that stand twice, or name both a field and a part of it."""
    what: list[str] = []
    for number, name in enumerate(header):
        if name in header[:number]:
            what.append(f"the heading `{name}` stands twice")
        what += [f"`{name}` and `{other}` exclude each other" for other in header if other.startswith(f"{name}.")]
    location = Location(file, 1)
    return [Problem(code="register-csv", location=location, args={"what": words}) for words in what]


def row_of(  # noqa: PLR0913 (one caller)
    header: list[str], row: list[str], line: int, entry: Mapping[str, Any], file: str, problems: list[Problem]
) -> Map:
    """A row as an entry whose every value stands at the line of the row; notes cells of the wrong kind."""
    found = Map((line, 1))
    if len(row) != len(header):
        what = f"{len(row)} cells under {len(header)} headings"
        problems.append(Problem(code="register-csv", location=Location(file, line), args={"what": what}))
        return found
    for name, cell in zip(header, row, strict=True):
        if cell == "":
            continue
        steps = name.split(".")
        schema: Any = entry
        inner = found
        for step in steps[:-1]:
            schema = schema.get("properties", {}).get(step, {})
            inner.keys_at[step] = inner.values_at[step] = (line, 1)
            inner = cast("Map", inner.setdefault(step, Map((line, 1))))
        schema = schema.get("properties", {}).get(steps[-1], {})
        inner.keys_at[steps[-1]] = inner.values_at[steps[-1]] = (line, 1)
        value, expected = cell_of(cell, schema)
        inner[steps[-1]] = value
        if expected:
            args = {"field": name, "expected": expected}
            problems.append(Problem(code="register-csv-cell", location=Location(file, line), args=args))
    return found


def cell_of(cell: str, schema: Mapping[str, Any]) -> tuple[object, str]:
    """The value of a cell under its schema, and what it should have been when it is not."""
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "boolean":
        return cell.lower() == "true", "" if cell.lower() in ("true", "false") else "true or false"
    if kind == "integer" or (kind == "string" and schema.get("enum") and cell.isdigit()):
        return (int(cell), "") if _WHOLE.match(cell) else (0, "a whole number")
    if cell[:1] in "[{" and kind in ("array", "object"):
        try:
            return json.loads(cell), ""
        except (ValueError, RecursionError):
            return None, "JSON"
    return ([item.strip() for item in cell.split(";")] if kind == "array" else cell), ""
