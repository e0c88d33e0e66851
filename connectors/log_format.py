"""What a format of logs is: a row of the table in `logs`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .log_prefix import known_prefixes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tutela.engine.events import Event, Hole

    from .log_lines import LogFile
    from .log_mapped import LogMapping
    from .log_prefix import Prefix


class Options(NamedTuple):
    """What the caller says about a log."""

    mapping: LogMapping
    prefix: Prefix | None
    """The `log_line_prefix` of PostgreSQL's text log, where it is given."""
    year: int | None
    """Of the first line, where times have none."""
    chosen: Callable[[str], None]
    """Is told the prefix that the lines have."""
    mapped: bool = False
    """Whether the caller says which fields the log has: then it is none that is known by itself."""

    def prefixes(self, *, bare: bool = False) -> tuple[Prefix, ...]:
        """The prefix that is given, else those that are known; `bare` where an envelope says the time."""
        return (self.prefix,) if self.prefix else known_prefixes(bare=bare)


@dataclass(frozen=True, slots=True)
class Format:
    """A format of logs: how its first lines look, and who reads it."""

    fits: Callable[[list[str], Options], bool]
    """Whether these lines, none of them blank, begin a log of this format."""
    read: Callable[[LogFile, Options, Callable[[], None]], Iterator[Event | Hole]]
    """Raises InputError at once where the options do not fit the log."""
    dialect: str | None = None
    """The SQL dialect of its statements, where the format tells it."""
