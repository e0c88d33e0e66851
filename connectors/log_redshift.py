"""Amazon Redshift's user activity log: each statement before it runs, behind who runs it.

The text of a statement stands as it is, line ends included: a statement can imitate records.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tutela.engine.errors import Location
from tutela.engine.events import Event, Hole

from .log_lines import MAX_RECORD, Line, LogFile
from .log_mysql import mysql_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HEAD: Final = re.compile(
    r"'(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z) UTC"
    r" \[ db=(?P<database>\S{0,300}) user=(?P<account>\S{0,300}) pid=(?P<process>\d+) userid=\d+ xid=(?P<xid>\d+) \]'"
    r" (?P<kind>[A-Z]+): ?(?P<text>.*)",
    re.ASCII,
)
_BEGINS: Final = re.compile(r"'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\[]{0,12}\[ ", re.ASCII)
"""What a record of this log, or a damaged one, begins with."""


def is_redshift(head: list[str]) -> bool:
    """Whether lines begin such a log."""
    return any(_HEAD.fullmatch(line) for line in head[:50])


def read_redshift(file: LogFile, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read records one by one; lines that begin none belong to the statement before."""
    record: _Record | None = None
    for line in file.lines():
        if isinstance(line, Hole):
            if record:
                yield file.hole("log-cut", record.line)
            record = None
            yield line
            continue
        match = _HEAD.fullmatch(line.text)
        if match is None and record and not _BEGINS.match(line.text):
            if not record.add(line):
                yield file.hole("log-cut", record.line)
                record = None
            continue
        if record:
            yield from record.events(file, skipped)
            record = None
        if match:
            record = _Record(line, match)
        elif line.text.strip():
            yield file.hole("log-line", line.number, format="redshift-activity")
    if record:
        yield from record.events(file, skipped) if record.ended else [file.hole("log-cut", record.line)]


class _Record:
    """A statement whose lines are still coming."""

    def __init__(self, line: Line, match: re.Match[str]) -> None:
        self.line = line.number
        self.ended = line.ended
        self._match = match
        self._parts = [match["text"]]
        self._size = len(match["text"])

    def add(self, line: Line) -> bool:
        """Take a further line; False when there are too many."""
        self._parts.append(line.text)
        self._size += len(line.text) + 1
        self.ended = line.ended
        return self._size <= MAX_RECORD

    def events(self, file: LogFile, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
        """What it comes to, once it has ended."""
        match, sql = self._match, "\n".join(self._parts).rstrip("\n")
        if match["kind"] != "LOG":
            yield file.hole("log-line", self.line, format="redshift-activity")
            return
        if not sql.strip(" \t\r\n;"):
            skipped()
            return
        try:
            at = mysql_time(match["at"], None)
        except ValueError:
            yield file.hole("log-time", self.line)
            return
        yield Event(
            id=f"{match['process']}.{match['xid']}@{self.line}",
            location=Location(file.name, self.line, 1),
            account=match["account"],
            at=at,
            sql=sql,
            database=match["database"],
            extra={"session": match["process"]},
        )
