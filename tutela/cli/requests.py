"""Requests and forms from files and stdin, for `decide` and `explain`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tutela.connectors.forms import ask_form, is_form
from tutela.connectors.register_files import read_data, read_json
from tutela.engine.errors import InputError
from tutela.engine.plain import is_list
from tutela.engine.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from tutela.engine.errors import Problem


def read_requests(paths: Sequence[Path], as_of: datetime) -> list[Request]:
    """The requests of JSON, JSONL and YAML files (`-` is stdin); a file may hold one, a list, or a form.

    `as_of` is for requests that carry no time. InputError lists everything wrong with any of them.
    """
    problems: list[Problem] = []
    found: list[Request] = []
    for path in paths:
        try:
            items = list(_items(path, as_of))
        except InputError as error:
            problems += error.problems
            continue
        for source, data in items:
            if isinstance(data, Request):
                found.append(data)
                continue
            try:
                found.append(Request.from_json(data, as_of=as_of, source=source))
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _items(path: Path, as_of: datetime) -> Iterable[tuple[str, object]]:
    if path.suffix == ".jsonl":
        return _lines(path)
    document = read_data(path)
    if document.problems:
        raise InputError(document.problems)
    if is_form(document):
        asked, problems = ask_form(document, as_of)
        if problems:
            raise InputError(problems)
        return [(document.file, item.request) for item in asked]
    if is_list(document.data):
        return [(f"{document.file}#/{number}", item) for number, item in enumerate(document.data)]
    return [(document.file, document.data)]


def _lines(path: Path) -> Iterable[tuple[str, object]]:
    from tutela.connectors.files import read_text
    from tutela.engine.errors import Location

    for number, line in enumerate(read_text(path, limit=1 << 28).splitlines(), 1):
        if not line.strip():
            continue
        source = f"{path}:{number}"
        document = read_json(line, source).hidden()
        if document.problems:
            # The place inside the line is the column; its "line 1" is the line of the file.
            raise InputError(replace(p, location=Location(source)) for p in document.problems)
        yield source, document.data
