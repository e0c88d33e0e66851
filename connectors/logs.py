"""Access logs through one door: the format is detected or given, every line is an event or a hole."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tutela.engine.model import Words

from .files import STDIN
from .log_format import Format, Options
from .log_lines import LogFile
from .log_mapped import KEYS, LogMapping, MappingError, make_mapping, read_csv, read_jsonl
from .log_more import MORE, More
from .log_postgres_formats import POSTGRES_FORMATS
from .log_prefix import DEFAULT_PREFIX, Prefix, PrefixError, prefix_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tutela.engine.events import Event, Hole

    from .log_sequence import Sequence


def _more(known: More) -> Format:
    return Format(
        lambda head, options: not options.mapped and known.fits(head),
        lambda file, options, skip: known.read(file, options.mapping, skip),
        known.dialect,
    )


FORMATS: Final[Mapping[str, Format]] = {
    **POSTGRES_FORMATS,
    **{name: _more(known) for name, known in MORE.items()},
    "jsonl": Format(
        lambda head, _: head[0].lstrip().startswith("{"), lambda file, options, _: read_jsonl(file, options.mapping)
    ),
    "csv": Format(
        lambda head, options: _named(head[0], options.mapping), lambda file, options, _: read_csv(file, options.mapping)
    ),
}
"""Every format by its name, in the order in which they are tried: the first that fits is it."""


class LogReader:
    """An iterator over a log that also counts the ordinary lines it passed over."""

    def __init__(self, file: LogFile, format_name: str, mapping: LogMapping) -> None:
        self.file = file
        self.name = file.name
        self.path = None if file.name == STDIN else Path(file.name)
        """Where it is; None for the standard input."""
        self.format = format_name
        self.mapping = mapping
        self.prefix: str | None = None
        """The `log_line_prefix` that its lines were found to have."""
        self.note: Words | None = None
        """What was guessed and should be known."""
        self.skipped = 0
        """Well-formed lines that are no access: the server's other messages."""
        self.sequence: Sequence = file.sequence
        """What the numbers of lines tell, once everything is read."""
        self._items: Iterator[Event | Hole] = iter(())

    @property
    def dialect(self) -> str | None:
        """The SQL dialect of the statements; None when the format does not tell it."""
        return FORMATS[self.format].dialect

    def skip(self, count: int = 1) -> None:
        """Count ordinary lines."""
        self.skipped += count

    def chosen(self, prefix: str) -> None:
        """Remember the prefix."""
        self.prefix = prefix
        if prefix != DEFAULT_PREFIX:
            english = f"{self.format}: the lines are taken for those of log_line_prefix `{prefix}`"
            self.note = Words(english, f"{self.format}:按 log_line_prefix `{prefix}` 读取")

    def start(self, items: Iterator[Event | Hole]) -> LogReader:
        """Set what is read."""
        self._items = items
        return self

    def __iter__(self) -> LogReader:
        return self

    def __next__(self) -> Event | Hole:
        return next(self._items)


def read_log(  # noqa: PLR0913 (options)
    log: str | Path | LogFile,
    *,
    format: str | None = None,  # noqa: A002 # the word of the command line
    mapping: Mapping[str, object] | None = None,
    log_line_prefix: str | None = None,
    timezone: str | None = None,
    year: int | None = None,
) -> LogReader:
    """Stream a log, by its name or opened already, as events and holes.

    Raises InputError at once for a file that is missing, unreadable, empty or binary, and for options that do
    not fit. `timezone` decides what an abbreviation such as CST, or a time without an offset, means; `year` is that of
    the first line of a log of syslog whose times have none.
    """
    file = log if isinstance(log, LogFile) else LogFile(log)
    if format is not None and format not in FORMATS:
        raise file.refuse("log-format-name", format=format, formats=", ".join(FORMATS))
    try:
        declared = make_mapping(mapping, timezone)
        given = None if log_line_prefix is None else Prefix(log_line_prefix, prefix_pattern(log_line_prefix))
    except MappingError as error:
        raise file.refuse("log-mapping", reason=str(error), keys=", ".join(KEYS)) from None
    except PrefixError as error:
        raise file.refuse("log-prefix-escape", escape=str(error)) from None
    reader = LogReader(file, format or "", declared)
    options = Options(declared, given, _year(file, year), reader.chosen, "fields" in (mapping or {}))
    head = [line for line in file.head() if line.strip()] or [""]
    if format is not None and file.is_parquet != (format == "parquet"):
        raise file.refuse("log-binary" if file.is_parquet else "log-parquet")
    fitting = (name for name, known in FORMATS.items() if known.fits(head, options))
    name = format or ("parquet" if file.is_parquet else next(fitting, None))
    if name is None:
        raise file.refuse("log-format-unknown", formats=", ".join(FORMATS))
    reader.format = name
    reader.start(FORMATS[name].read(file, options, reader.skip))
    if log_line_prefix is not None:
        reader.note = None
    return reader


def _year(file: LogFile, year: object) -> int | None:
    if year is None or (isinstance(year, int) and MINYEAR < year < MAXYEAR):
        return year
    raise file.refuse("log-year")


def _named(first: str, mapping: LogMapping) -> bool:
    """Whether a line names at least two fields of the mapping."""
    names = {name.strip().strip('"') for name in first.split(",")}
    return len(names & {path.split(".")[0] for path in mapping.fields.values()}) >= 2
