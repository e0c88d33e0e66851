"""Groups of rows (YAML, JSON, CSV) -> requests: may these rows still be kept, may they be erased?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from tutela.engine.digest import canonical
from tutela.engine.errors import InputError, Location
from tutela.engine.findings import Asked
from tutela.engine.registers import RECORD, read_entries
from tutela.engine.request import Request

from .register_files import read_data

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from tutela.engine.errors import Problem

KEEPER: Final = {"type": "service", "id": "tutela-retention"}


def read_records(paths: Iterable[Path | str], action: str, as_of: datetime) -> list[Asked]:
    """One request (`retain` or `erase`) for each group of rows; InputError lists everything wrong."""
    asked: list[Asked] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            document = read_data(path, RECORD)
        except InputError as error:
            problems += error.problems
            continue
        entries, more = read_entries("records", document, RECORD, key=None)
        problems += more
        for number, entry in enumerate(entries):
            location = Location(document.file, *document.mark([number]))
            asked.append(_ask(entry, action, as_of, location))
    if problems:
        raise InputError(problems)
    return asked


def _ask(entry: dict[str, Any], action: str, as_of: datetime, location: Location) -> Asked:
    subject = cast("str | None", entry.get("subject"))
    name = f"{entry['dataset']}#{subject}" if subject else entry["dataset"]
    resource = {"type": "record_group", "id": name, "properties": entry}
    # All that makes it a group of its own; how many rows it has changes with every run.
    key = canonical({name: value for name, value in entry.items() if name != "count"})
    return Asked(Request(KEEPER, action, resource, as_of=as_of), location, key)
