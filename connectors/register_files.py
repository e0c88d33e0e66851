"""Register files in a project folder (YAML, JSON or CSV) -> typed entries, or every problem in them."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from tutela.engine.documents import Document, Items, Map, read_document
from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.registers import ENTRIES, read_register
from tutela.engine.validation import suggestion

from .files import read_text
from .policy_files import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LIMIT: Final = 256 * 1024 * 1024
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}\Z", re.ASCII)
FORMATS: Final = (".yaml", ".yml", ".json", ".csv")


def read_registers(folders: Iterable[Path]) -> dict[str, list[dict[str, Any]]]:
    """Read every register of some folders; the file's name without suffix is the register's name."""
    found: dict[str, list[dict[str, Any]]] = {}
    where: dict[str, str] = {}
    problems: list[Problem] = []
    for path in _files(folders, problems):
        name, file = path.stem, shown(path)
        if name not in ENTRIES:
            guess = suggestion(name, ENTRIES)
            hint = f"; did you mean `{guess}`?" if guess else ""
            args = {"name": name, "hint": hint, "known": ", ".join(ENTRIES)}
            problems.append(Problem(code="register-unknown", location=Location(file), args=args))
        elif name in where:
            args = {"name": name, "first": where[name]}
            problems.append(Problem(code="register-twice", location=Location(file), args=args))
        else:
            where[name] = file
            found[name], more = _read(name, path)
            problems += more
    if problems:
        raise InputError(problems)
    return found


def _files(folders: Iterable[Path], problems: list[Problem]) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        if not folder.is_dir():
            code = "file-missing"
            problems.append(Problem(code=code, location=Location(shown(folder)), args={"path": shown(folder)}))
            continue
        found += sorted(p for p in folder.iterdir() if p.suffix.lower() in FORMATS and not p.name.startswith("."))
    return found


def _read(name: str, path: Path) -> tuple[list[dict[str, Any]], list[Problem]]:
    try:
        document = read_data(path, ENTRIES[name])
    except InputError as error:
        return [], list(error.problems)
    return read_register(name, document)


def read_data(path: Path | str, entry: Mapping[str, Any] | None = None) -> Document:
    """Read one YAML, JSON or CSV file as a document; a CSV file needs the schema of its entries."""
    file = "stdin" if str(path) == "-" else shown(Path(path))
    text = read_text(path, limit=LIMIT)
    suffix = Path(path).suffix.lower()
    if suffix == ".csv" and entry is not None:
        document = _read_csv(text, file, entry)
    elif suffix == ".json" or (str(path) == "-" and text.lstrip()[:1] in ("{", "[")):
        document = read_json(text, file)
    else:
        document = read_document(text, file)
    return document.hidden()


def read_json(text: str, file: str) -> Document:
    """JSON text as a document; duplicate keys, NaN and numbers out of range are problems."""
    problems: list[Problem] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in found:
            if key in result:
                problems.append(Problem(code="json-duplicate-key", location=Location(file), args={"key": key}))
            result[key] = value
        return result

    try:
        data = json.loads(text, object_pairs_hook=pairs, parse_constant=_refused)
    except json.JSONDecodeError as error:
        location = Location(file, error.lineno, error.colno)
        lines = text.splitlines()
        source = lines[error.lineno - 1] if error.lineno <= len(lines) else ""
        problem = Problem(code="json-syntax", location=location, args={"what": error.msg}, source=source)
        return Document(file, text, None, (problem,))
    except (RecursionError, ValueError) as error:
        what = "nested too deep" if isinstance(error, RecursionError) else "a number out of range"
        problem = Problem(code="json-syntax", location=Location(file), args={"what": what})
        return Document(file, text, None, (problem,))
    return Document(file, text, data, tuple(problems))


def _refused(_constant: str) -> object:
    raise ValueError("NaN and Infinity are no JSON")


def _read_csv(text: str, file: str, entry: Mapping[str, Any]) -> Document:
    """Rows as entries: `a.b` columns nest, `;` separates the items of a list, an empty cell is absent."""
    rows = csv.reader(io.StringIO(text), strict=True)
    items = Items((1, 1))
    problems: list[Problem] = []
    try:
        header: list[str] = [name.strip() for name in next(rows, list[str]())]
        problems += _headings(header, file)
        if problems:
            return Document(file, text, items, tuple(problems), text.splitlines())
        line = rows.line_num + 1
        for row in rows:
            if row:
                items.append(_row(header, row, line, entry, file, problems))
                items.items_at.append((line, 1))
            line = rows.line_num + 1
    except csv.Error as error:
        location = Location(file, rows.line_num)
        problems.append(Problem(code="register-csv", location=location, args={"what": str(error)}))
    return Document(file, text, items, tuple(problems), text.splitlines())


def _headings(header: list[str], file: str) -> list[Problem]:
    """Headings that stand twice, or name both a field and a part of it."""
    what: list[str] = []
    for number, name in enumerate(header):
        if name in header[:number]:
            what.append(f"the heading `{name}` stands twice")
        what += [f"`{name}` and `{other}` exclude each other" for other in header if other.startswith(f"{name}.")]
    location = Location(file, 1)
    return [Problem(code="register-csv", location=location, args={"what": words}) for words in what]


def _row(  # noqa: PLR0913 (one caller)
    header: list[str], row: list[str], line: int, entry: Mapping[str, Any], file: str, problems: list[Problem]
) -> Map:
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
        value, expected = _cell(cell, schema)
        inner[steps[-1]] = value
        if expected:
            args = {"field": name, "expected": expected}
            problems.append(Problem(code="register-csv-cell", location=Location(file, line), args=args))
    return found


def _cell(cell: str, schema: Mapping[str, Any]) -> tuple[object, str]:
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
