"""The catalog register as one file: read with all its problems, written whole or not at all."""

from __future__ import annotations

import codecs
import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from tutela.engine.entries import Entries
from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.plain import is_list, is_map
from tutela.engine.registers import ENTRIES, read_register
from tutela.engine.validation import place, suggestion

from .catalog_edit import CatalogText, NotEditable, merged, same
from .files import decode, read_bytes
from .policy_files import shown
from .register_files import LIMIT, read_data, read_json
from .whole_file import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tutela.engine.catalog_plan import CatalogPlan
    from tutela.engine.documents import Document
    from tutela.engine.taxonomy import Taxonomy

REGISTER: Final = "catalog"
WRITABLE: Final = (".yaml", ".yml", ".json")
HEAD: Final = "# Written by `tutela classify --write`; edit it freely: what stands here is never changed.\n"


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """A catalog: its entries, and the text that they came from."""

    path: Path
    entries: Entries
    text: str
    """Without a byte order mark; empty when there is no file yet."""
    mark: bool = False
    """Whether the file starts with a byte order mark."""

    def edited(self, plan: CatalogPlan, *, prune: bool) -> str:
        """The text after a merge; InputError when it cannot be made to say exactly what the plan means."""
        json_ = self.path.suffix.lower() == ".json"
        start = self.text or ("[]\n" if json_ else HEAD)
        try:
            text = CatalogText(start, json_=json_).apply(plan, prune=prune)
        except NotEditable:
            raise self._refused() from None
        if text == start:
            return self.text
        document = _document(self.path, text)
        # As plain data: the entries have tuples and dates where the file has lists and texts.
        was = cast("list[dict[str, Any]]", _document(self.path, self.text).data if self.text else [])
        wanted = merged(was, plan, prune=prune)
        if document.problems or not same(document.data or [], wanted):
            raise self._refused()
        return text

    def _refused(self) -> InputError:
        return InputError([Problem(code="catalog-layout", location=Location(shown(self.path)), args={})])

    def write(self, text: str) -> None:
        """Put the new text in place of the old one."""
        with replacing(self.path) as stream:
            stream.write(("\ufeff" if self.mark else "") + text)


def read_catalog(path: Path, taxonomy: Taxonomy, *, write: bool) -> CatalogFile:
    """Read a catalog; InputError lists everything wrong in it. To be written, it may also be absent."""
    if write and path.suffix.lower() not in WRITABLE:
        raise InputError([Problem(code="catalog-format", location=Location(shown(path)), args={"file": shown(path)})])
    if write and not path.exists():
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))
        return CatalogFile(path, Entries(), "")
    data = read_bytes(path, limit=LIMIT)
    mark = data.startswith(codecs.BOM_UTF8)
    text = decode(data, shown(path))
    if write and data != (codecs.BOM_UTF8 if mark else b"") + text.encode("utf-8"):
        raise InputError([Problem(code="catalog-encoding", location=Location(shown(path)), args={"file": shown(path)})])
    document = _document(path, text) if path.suffix.lower() in WRITABLE else read_data(path, ENTRIES[REGISTER])
    entries, problems = read_register(REGISTER, document)
    problems += _categories(document, taxonomy) + ([] if problems else _twice(document, entries))
    if problems:
        raise InputError(problems)
    return CatalogFile(path, entries, text, mark)


def _document(path: Path, text: str) -> Document:
    from tutela.engine.documents import read_document

    file = shown(path)
    return read_json(text, file) if path.suffix.lower() == ".json" else read_document(text, file)


def _categories(document: Document, taxonomy: Taxonomy) -> list[Problem]:
    """Categories that the taxonomy lacks, also in entries that have other mistakes."""
    return [
        place(
            document,
            [number, "columns", at, "category"],
            "register-category",
            category=key,
            hint=f"; did you mean `{guess}`?" if (guess := suggestion(key, taxonomy.categories)) else "",
        )
        for number, entry in _maps(document.data)
        for at, column in _maps(entry.get("columns"))
        if isinstance(key := column.get("category"), str) and key not in taxonomy.categories
    ]


def _maps(data: object) -> list[tuple[int, Mapping[str, Any]]]:
    """The mappings of a list, with their places in it."""
    return [(number, item) for number, item in enumerate(data) if is_map(item)] if is_list(data) else []


def _twice(document: Document, entries: Entries) -> list[Problem]:
    """Columns and data sets that are there twice when case does not count."""
    problems: list[Problem] = []
    datasets: set[str] = set()
    for number, entry in enumerate(entries):
        names: set[str] = set()
        paths: list[tuple[list[str | int], str, set[str]]] = [([number, "dataset"], entry["dataset"], datasets)]
        paths += [([number, "columns", at, "name"], c["name"], names) for at, c in enumerate(entry.get("columns", ()))]
        for path, name, seen in paths:
            if name.lower() in seen:
                problems.append(place(document, path, "catalog-twice", name=name))
            seen.add(name.lower())
    return problems
