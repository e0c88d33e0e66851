"""YAML and JSON files that other tools write: their data, with places where they can be had, and what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from tutela.engine.documents import Document, Map, read_document
from tutela.engine.errors import InputError, Location, Problem

from .files import read_text
from .register_files import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LIMIT: Final = 256 << 20
SUFFIXES: Final = (".json", ".yaml", ".yml")
_PLACED: Final = 4 << 20
"""Up to this size, JSON is read as the YAML that it is too: then its places are known."""
_HARMLESS: Final = frozenset({"yaml-boolean-trap", "yaml-anchor"})
"""What tutela's own files may not have, and others may: the value is that of YAML 1.2."""


def read_foreign(path: str | Path) -> Document:
    """Read one YAML or JSON file of another tool; raises InputError with everything that is wrong in it."""
    name = str(path)
    text = read_text(path, limit=LIMIT)
    if text.lstrip()[:1] in {"{", "["}:
        document = read_json(text, name)
        placed = read_document(text, name) if not document.problems and len(text) < _PLACED else document
        if not placed.problems:
            document = placed
    else:
        document = read_document(text, name)
    problems = [problem for problem in document.problems if problem.code not in _HARMLESS]
    if problems:
        raise InputError(problems)
    return document


def mapping(value: object) -> dict[str, Any]:
    """A mapping as it is, anything else as an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """A list as it is, anything else as an empty one."""
    return [*cast("Sequence[Any]", value)] if isinstance(value, list) else []


def text_of(value: object) -> str:
    """A text as it is, anything else as an empty one."""
    return value if isinstance(value, str) else ""


def named(value: object) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings with a `name` in a list, with their positions."""
    for index, entry in enumerate(items(value)):
        if isinstance(entry, dict) and isinstance(cast("dict[str, Any]", entry).get("name"), str):
            yield index, cast("dict[str, Any]", entry)


def place(document: Document, path: Sequence[str | int], *, key: bool = False) -> Location:
    """Where something stands in a document; the file alone when places are not known."""
    if not isinstance(document.data, Map):
        return Location(document.file)
    return Location(document.file, *document.mark(path, key=key))


def refuse(code: str, file: str | Path, **args: object) -> InputError:
    """One problem of a whole file."""
    return InputError([Problem(code=code, location=Location(str(file)), args={"file": str(file), **args})])
