"""Registers of a million lines: whoever reads types entries as they come, and only a doubtful one becomes a document.

The result is that of reading the whole file as one document: the same entries, or the same problems at the same
places. There, what is wrong with the reading hides what is wrong with shapes, and that what is wrong with values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .entries import Entries, value_of
from .errors import Location, Problem
from .registers import ENTRIES, judge, key_of
from .rows import maker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .documents import Document
    from .shapes import Schema

Line = tuple[int, Any, Any]
"""The line of an entry, the typed entry (None: in doubt), and what a document of it can be made from."""


def read_stream(
    name: str, file: str, lines: Iterable[Line], slowly: Callable[[int, Any], Document], unread: list[Problem]
) -> tuple[Entries, list[Problem]]:
    """The typed entries of a register that comes line by line, or every problem in it.

    `slowly` makes the document (a list of one entry) of a line in doubt; `unread` is where the one who reads notes
    what is wrong with the file itself.
    """
    key = key_of(name)
    reading = _Reading(name, ENTRIES[name], slowly, unread)
    entries = Entries(file=file, key=key)
    make = maker(name)
    seen: set[Any] = set()
    again: list[int] = []
    for line, certain, source in lines:
        found = certain if certain is not None else reading.judged(line, source)
        if found is None:
            continue
        if key is not None and (named := found.get(key)) is not None:
            if named in seen:
                again.append(len(entries))
            seen.add(named)
        entries.append(found if make is None or reading.wrong else make(found))
        entries.lines.append(line)
    if unread or reading.misshapen:
        return Entries(file=file, key=key), unread or reading.misshapen
    problems = reading.wrong + _twice(entries, again)
    return (Entries(file=file, key=key), problems) if problems else (entries, [])


class _Reading:
    """Judges the entries in doubt, and keeps the three kinds of problems apart."""

    def __init__(self, name: str, entry: Schema, slowly: Callable[[int, Any], Document], unread: list[Problem]) -> None:
        self.name = name
        self.entry = entry
        self.slowly = slowly
        self.unread = unread
        self.misshapen: list[Problem] = []
        self.wrong: list[Problem] = []

    def judged(self, line: int, source: Any) -> dict[str, Any] | None:  # noqa: ANN401 (of any format)
        """The entry of a line in doubt; one with a wrong value still counts as registered, any other wrong one not."""
        document = self.slowly(line, source)
        if document.problems:
            self.unread += document.problems
            return None
        try:
            found, problems = judge(self.name, document, self.entry)
        except RecursionError:
            self.misshapen.append(Problem(code="register-too-deep", location=Location(document.file, line)))
            return None
        if found is None:
            self.misshapen += problems
            return None
        self.wrong += problems
        return cast("list[dict[str, Any]]", document.data if problems else found)[0]


def _twice(entries: Entries, again: list[int]) -> list[Problem]:
    if not again:
        return []
    key = entries.key or ""
    wanted = {value_of(entries[index], key) for index in again}
    first: dict[Any, int] = {}
    for index, entry in enumerate(entries):
        named = value_of(entry, key)
        if named in wanted and named not in first:
            first[named] = index
    problems: list[Problem] = []
    for index in again:
        named = value_of(entries[index], key)
        at, before = (Location(entries.file, entries.lines[number], 1) for number in (index, first[named]))
        problems.append(Problem(code="register-duplicate", location=at, args={"id": named, "first": before}))
    return problems
