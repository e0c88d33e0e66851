"""Access logs through one door: the format is detected or given, every line is an event or a hole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .log_jsonlog import is_jsonlog, read_jsonlog
from .log_lines import LogFile
from .log_mapped import KEYS, LogMapping, MappingError, make_mapping, read_csv, read_jsonl
from .log_pgaudit import read_csvlog, read_psql, read_stderr
from .log_prefix import DEFAULT_PREFIX, PrefixError, prefix_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tutela.engine.events import Event, Hole

FORMATS: Final = ("pgaudit-csvlog", "pgaudit-jsonlog", "pgaudit-stderr", "pgaudit-psql", "jsonl", "csv")

_CSVLOG: Final = re.compile(
    r'"?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Za-z+\-0-9:]+"?,"?[^,]*,[^,]*,\d+,', re.ASCII
)
_PSQL: Final = re.compile(r"(?:LOG|INFO|NOTICE|WARNING|DEBUG\d?):  AUDIT: (?:SESSION|OBJECT),\d+,\d+,", re.ASCII)
_AUDIT: Final = re.compile(r":  AUDIT: (?:SESSION|OBJECT),\d+,\d+,", re.ASCII)


class LogReader:
    """An iterator over a log that also counts the ordinary lines it passed over."""

    def __init__(self, format_name: str) -> None:
        self.format = format_name
        self.skipped = 0
        """Well-formed lines that are no access: the server's other messages."""
        self._items: Iterator[Event | Hole] = iter(())

    def skip(self) -> None:
        """Count one ordinary line."""
        self.skipped += 1

    def start(self, items: Iterator[Event | Hole]) -> LogReader:
        """Set what is read."""
        self._items = items
        return self

    def __iter__(self) -> LogReader:
        return self

    def __next__(self) -> Event | Hole:
        return next(self._items)


def read_log(
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002 # the word of the command line
    mapping: Mapping[str, object] | None = None,
    log_line_prefix: str = DEFAULT_PREFIX,
    timezone: str | None = None,
) -> LogReader:
    """Stream a log as events and holes.

    Raises InputError at once for a file that is missing, unreadable, empty or binary, and for options that do
    not fit. `timezone` decides what an abbreviation such as CST, or a time without an offset, means.
    """
    file = LogFile(path)
    if format is not None and format not in FORMATS:
        raise file.refuse("log-format-name", format=format, formats=", ".join(FORMATS))
    try:
        declared = make_mapping(mapping, timezone)
        pattern = prefix_pattern(log_line_prefix)
    except MappingError as error:
        raise file.refuse("log-mapping", reason=str(error), keys=", ".join(KEYS)) from None
    except PrefixError as error:
        raise file.refuse("log-prefix-escape", escape=str(error)) from None
    head = file.head()
    name = format or detect(head, pattern, declared)
    if name is None:
        raise file.refuse("log-format-unknown", formats=", ".join(FORMATS))
    if name == "pgaudit-stderr" and not any(pattern.fullmatch(line) for line in head):
        raise file.refuse("log-prefix", prefix=log_line_prefix)
    reader = LogReader(name)
    return reader.start(_items(reader, file, pattern, declared))


def _items(reader: LogReader, file: LogFile, pattern: re.Pattern[str], mapping: LogMapping) -> Iterator[Event | Hole]:
    match reader.format:
        case "pgaudit-csvlog":
            return read_csvlog(file, mapping.zone, reader.skip)
        case "pgaudit-jsonlog":
            return read_jsonlog(file, mapping.zone, reader.skip)
        case "pgaudit-stderr":
            return read_stderr(file, pattern, mapping.zone, reader.skip)
        case "pgaudit-psql":
            return read_psql(file, reader.skip)
        case "jsonl":
            return read_jsonl(file, mapping)
        case _:
            return read_csv(file, mapping)


def detect(head: list[str], pattern: re.Pattern[str], mapping: LogMapping) -> str | None:
    """The format of a log by its first lines; None when nothing fits."""
    lines = [line for line in head if line.strip()]
    first = lines[0] if lines else ""
    if first.lstrip().startswith("{"):
        return "pgaudit-jsonlog" if is_jsonlog(first) else "jsonl"
    if any(_CSVLOG.match(line) and line.count(",") >= 13 for line in lines[:50]):
        return "pgaudit-csvlog"
    if any(_PSQL.match(line) for line in lines):
        return "pgaudit-psql"
    if any(pattern.fullmatch(line) for line in lines) or any(_AUDIT.search(line) for line in lines):
        return "pgaudit-stderr"
    names = {name.strip().strip('"') for name in first.split(",")}
    return "csv" if len(names & {path.split(".")[0] for path in mapping.fields.values()}) >= 2 else None
