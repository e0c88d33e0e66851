"""Access logs through one door: the format is detected or given, every line is an event or a hole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from .log_jsonlog import is_jsonlog, read_jsonlog
from .log_lines import LogFile
from .log_mapped import KEYS, LogMapping, MappingError, make_mapping, read_csv, read_jsonl
from .log_pgaudit import read_csvlog, read_psql, read_stderr
from .log_prefix import DEFAULT_PREFIX, PrefixError, prefix_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tutela.engine.events import Event, Hole

_CSVLOG: Final = re.compile(
    r'"?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Za-z+\-0-9:]+"?,"?[^,]*,[^,]*,\d+,', re.ASCII
)
_PSQL: Final = re.compile(r"(?:LOG|INFO|NOTICE|WARNING|DEBUG\d?):  AUDIT: (?:SESSION|OBJECT),\d+,\d+,", re.ASCII)
_AUDIT: Final = re.compile(r":  AUDIT: (?:SESSION|OBJECT),\d+,\d+,", re.ASCII)


class Options(NamedTuple):
    """What the caller says about a log."""

    prefix: re.Pattern[str]
    """One message of PostgreSQL's text log, by its `log_line_prefix`."""
    mapping: LogMapping


@dataclass(frozen=True, slots=True)
class Format:
    """A format of logs: how its first lines look, and who reads it."""

    fits: Callable[[list[str], Options], bool]
    """Whether these lines, none of them blank, begin a log of this format."""
    read: Callable[[LogFile, Options, Callable[[], None]], Iterator[Event | Hole]]


FORMATS: Final[Mapping[str, Format]] = {
    "pgaudit-jsonlog": Format(
        lambda head, _: is_jsonlog(head[0]), lambda file, options, skip: read_jsonlog(file, options.mapping.zone, skip)
    ),
    "jsonl": Format(
        lambda head, _: head[0].lstrip().startswith("{"), lambda file, options, _: read_jsonl(file, options.mapping)
    ),
    "pgaudit-csvlog": Format(
        lambda head, _: any(_CSVLOG.match(line) and line.count(",") >= 13 for line in head[:50]),
        lambda file, options, skip: read_csvlog(file, options.mapping.zone, skip),
    ),
    "pgaudit-psql": Format(
        lambda head, _: any(_PSQL.match(line) for line in head), lambda file, _, skip: read_psql(file, skip)
    ),
    "pgaudit-stderr": Format(
        lambda head, options: any(options.prefix.fullmatch(line) or _AUDIT.search(line) for line in head),
        lambda file, options, skip: read_stderr(file, options.prefix, options.mapping.zone, skip),
    ),
    "csv": Format(
        lambda head, options: _named(head[0], options.mapping), lambda file, options, _: read_csv(file, options.mapping)
    ),
}
"""Every format by its name, in the order in which they are tried: the first that fits is it."""


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
    options = Options(pattern, declared)
    head = [line for line in file.head() if line.strip()] or [""]
    name = format or next((name for name, known in FORMATS.items() if known.fits(head, options)), None)
    if name is None:
        raise file.refuse("log-format-unknown", formats=", ".join(FORMATS))
    if name == "pgaudit-stderr" and not any(pattern.fullmatch(line) for line in head):
        raise file.refuse("log-prefix", prefix=log_line_prefix)
    reader = LogReader(name)
    return reader.start(FORMATS[name].read(file, options, reader.skip))


def _named(first: str, mapping: LogMapping) -> bool:
    """Whether a line names at least two fields of the mapping."""
    names = {name.strip().strip('"') for name in first.split(",")}
    return len(names & {path.split(".")[0] for path in mapping.fields.values()}) >= 2
