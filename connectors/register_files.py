"""Register files in a project folder (YAML, JSON, JSON Lines or CSV) -> typed entries, or every problem in them."""

from __future__ import annotations

import gc
import json
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tutela.engine.documents import Document, read_document
from tutela.engine.entries import Entries
from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.register_checks import check_registers
from tutela.engine.registers import ENTRIES, read_register
from tutela.engine.validation import suggestion

from .files import read_text
from .policy_files import shown
from .register_csv import read_csv
from .register_streams import stream_csv, stream_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

LIMIT: Final = 256 * 1024 * 1024
STREAM_LIMIT: Final = 1024 * 1024 * 1024
"""Bytes of a register that is read line by line: a million consents are a quarter of it."""
FORMATS: Final = (".yaml", ".yml", ".json", ".jsonl", ".csv")
_STREAMS: Final = {".csv": stream_csv, ".jsonl": stream_jsonl}


class RegisterFile(NamedTuple):
    """A register before it is read: its name, how it is written (`.csv`), the name shown, and what gives its text."""

    name: str
    suffix: str
    shown: str
    text: Callable[[], str]


def read_registers(sources: Iterable[Path | str]) -> dict[str, Entries]:
    """Read every register of some folders and databases; the file's name without suffix is the register's name.

    A text is the address of a database. InputError lists everything wrong in what is read, and everything wrong between
    registers that are right by themselves.
    """
    places = list(sources)
    files, problems = register_files(place for place in places if isinstance(place, Path))
    return read_register_files(files, problems, [place for place in places if isinstance(place, str)])


def read_register_files(
    files: Iterable[RegisterFile], problems: Iterable[Problem] = (), databases: Iterable[str] = ()
) -> dict[str, Entries]:
    """Read some registers, wherever their texts come from; `problems` are told with those that are found."""
    found: dict[str, Entries] = {}
    where: dict[str, str] = {}
    told = list(problems)
    for file in files:
        name = file.name
        if name not in ENTRIES:
            guess = suggestion(name, ENTRIES)
            hint = f"; did you mean `{guess}`?" if guess else ""
            args = {"name": name, "hint": hint, "known": ", ".join(ENTRIES)}
            told.append(Problem(code="register-unknown", location=Location(file.shown), args=args))
        elif name in where:
            args = {"name": name, "first": where[name]}
            told.append(Problem(code="register-twice", location=Location(file.shown), args=args))
        else:
            where[name] = file.shown
            entries, more = _read(file)
            told += more
            if not more:
                found[name] = entries
    for address in databases:
        _add_database(address, found, where, told)
    told += check_registers(found)
    if told:
        raise InputError(told)
    for entries in found.values():
        entries.forget()
    return found


def _add_database(address: str, found: dict[str, Entries], where: dict[str, str], problems: list[Problem]) -> None:
    """Add the registers of a database to those that were found before."""
    from .register_database import read_database

    try:
        tables = read_database(address)
    except InputError as error:
        problems += error.problems
        return
    for name, (entries, more) in tables.items():
        if name in where:
            args = {"name": name, "first": where[name]}
            problems.append(Problem(code="register-twice", location=Location(entries.file), args=args))
            continue
        where[name] = entries.file
        problems += more
        if not more:
            found[name] = entries


def register_files(folders: Iterable[Path]) -> tuple[list[RegisterFile], list[Problem]]:
    """The registers in some folders, and the folders that are not there."""
    found: list[RegisterFile] = []
    problems: list[Problem] = []
    for folder in folders:
        if not folder.is_dir():
            code = "file-missing"
            problems.append(Problem(code=code, location=Location(shown(folder)), args={"path": shown(folder)}))
            continue
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in FORMATS and not p.name.startswith("."))
        found += [register_of(path.name, shown(path), partial(_text, path)) for path in paths]
    return found, problems


def register_of(file: str, name: str, text: Callable[[], str]) -> RegisterFile:
    """The register of a file's name (`people.csv`)."""
    path = PurePath(file)
    return RegisterFile(path.stem, path.suffix.lower(), name, text)


def _text(path: Path) -> str:
    return read_text(path, limit=STREAM_LIMIT if path.suffix.lower() in _STREAMS else LIMIT)


def _read(file: RegisterFile) -> tuple[Entries, list[Problem]]:
    stream = _STREAMS.get(file.suffix)
    try:
        if stream is not None:
            with _no_collection():
                return stream(file.name, file.text(), file.shown)
        return read_register(file.name, _document(file.text(), file.shown, file.suffix, ENTRIES[file.name]))
    except InputError as error:
        return Entries(), list(error.problems)


@contextmanager
def _no_collection() -> Generator[None]:
    """Nothing that is read here refers to itself: looking for such things again and again is a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def read_data(path: Path | str, entry: Mapping[str, Any] | None = None) -> Document:
    """Read one YAML, JSON or CSV file as a document; a CSV file needs the schema of its entries."""
    file = "stdin" if str(path) == "-" else shown(Path(path))
    text = read_text(path, limit=LIMIT)
    as_json = str(path) == "-" and text.lstrip()[:1] in ("{", "[")
    return _document(text, file, ".json" if as_json else Path(path).suffix.lower(), entry)


def _document(text: str, file: str, suffix: str, entry: Mapping[str, Any] | None) -> Document:
    if suffix == ".csv" and entry is not None:
        document = read_csv(text, file, entry)
    elif suffix == ".json":
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
