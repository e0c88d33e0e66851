"""The slow query log of MySQL, Percona Server and MariaDB: comment lines about a statement, then the statement.

Text that a client sends stands there as it is, so a statement can look like other records. The server ends each one
with `;`: a record that begins before, or inside a quote, is a hole, and the statement before it is not whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from tutela.engine.errors import Location
from tutela.engine.events import Event, Hole

from .log_lines import MAX_RECORD, LogFile
from .log_mysql import (
    HEAD_LINES,
    action_of,
    closed,
    is_banner,
    mysql_time,
    natural,
    result_of,
    rows_of,
    touches_nothing,
    used_database,
)
from .log_times import UncertainTimeError, epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from .log_lines import Line

_BEGIN: Final = re.compile(
    r"# (?:Time: (?P<time>[^#]{1,40}?)(?:\s{0,9}# (?P<rest>User@Host: .*))?"
    r"|User(?:@Host)?: .*\[.*|Thread_id: +\d+.*|Schema: .*|Query_time: +[\d.]+.*|Client: .*)"
)
_USER: Final = re.compile(
    r"(?:# )?User(?:@Host)?: (?P<priv>[^\[\]]*)\[(?P<user>[^\[\]]*)\] @ *(?P<host>[^\s\[]*) *\[(?P<ip>[^\[\]]*)\]"
    r"(?:\s+Id:\s*(?P<id>\d+))?\s*"
)
_LONGEST: Final = 4_096
"""Characters of the line that begins a record, far beyond what names can be."""
_ADMIN: Final = re.compile(r"# administrator command: (?P<name>[^;]*);?\s*")
_STAMP: Final = re.compile(r"SET (?:[a-z_]+=-?\d+,)*timestamp=(?P<at>\d{1,12}(?:\.\d+)?)(?:,[a-z_]+=-?\d+)*;\s*")
_COPYING: Final = ("Binlog Dump", "Table Dump", "Clone")
"""Commands that touch rows, and whose line does not say which."""
_DAY: Final = timedelta(hours=26)
"""Farther than any two time zones are apart."""


@dataclass(slots=True)
class _Record:
    """A record whose lines are still coming."""

    line: int
    head: dict[str, str] = field(default_factory=dict[str, str])
    account: str = ""
    source_ip: str = ""
    thread: str = ""
    at: str = ""
    """The time of its own, or of the record before, as it stands there."""
    body: list[str] = field(default_factory=list[str])
    size: int = 0
    whole: bool = True
    ended: bool = True


class _Reader:
    """Turns the records of one log into events, in their order."""

    def __init__(self, file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> None:
        self.file, self.zone, self.skipped = file, zone, skipped
        self.database = ""
        """What the last `use` of the log says: the server writes another one when it changes."""
        self.at = ""
        self.open: _Record | None = None

    def read(self) -> Iterator[Event | Hole]:
        for line in self.file.lines():
            if isinstance(line, Hole):
                if self.open:
                    self.open.whole = False
                yield line
            elif is_banner(line.text) and (self.open is None or not self.open.body or _finished(self.open)):
                yield from self.close(0)
                self.at = self.database = ""
                self.skipped()
            else:
                yield from self.line(line)
        yield from self.close(0, last=True)

    def line(self, line: Line) -> Iterator[Event | Hole]:
        record = self.open
        begins = _BEGIN.fullmatch(line.text) if len(line.text) <= _LONGEST else None
        heading = record is not None and not record.body and line.text.startswith("#")
        anew = begins and (not heading or (begins["time"] is not None and record is not None and record.head))
        if anew:
            yield from self.close(line.number)
            record = self.open = _Record(line.number, at=self.at)
        if record is not None and (anew or heading):
            self.head(record, line, begins)
        elif record is not None:
            self.body(record, line)
        elif _ADMIN.fullmatch(line.text):
            self.skipped()
        elif line.text.strip():
            yield self.file.hole("log-line", line.number, format="mysql-slow")

    def head(self, record: _Record, line: Line, begins: re.Match[str] | None) -> None:
        """A comment line about the statement that comes."""
        record.ended = line.ended
        text = line.text
        if _ADMIN.fullmatch(text):
            self.body(record, line)
            return
        if begins and begins["time"] is not None:
            record.at = self.at = begins["time"].strip()
            text = begins["rest"] or ""
        if len(text) <= _LONGEST and (user := _USER.fullmatch(text)):
            record.account = user["user"] or user["priv"]
            record.source_ip = user["ip"] or user["host"]
            record.thread = user["id"] or record.thread
            record.head["User@Host"] = ""
        elif text.startswith("# ") and not text.startswith("# explain:"):
            record.head.update(_pairs(text[2:]))

    def body(self, record: _Record, line: Line) -> None:
        """A line of the statement."""
        record.ended = line.ended
        record.size += len(line.text) + 1
        if record.size > MAX_RECORD:
            record.whole = False
        else:
            record.body.append(line.text)

    def close(self, at_line: int, *, last: bool = False) -> Iterator[Event | Hole]:
        """What the record that ends here says; `at_line` is the line of the next one."""
        record, self.open = self.open, None
        if record is None:
            return
        if not any(part.strip() for part in record.body):
            yield self.file.hole("log-cut", record.line)
            return
        if record.size > MAX_RECORD:
            yield self.file.hole("log-line-long", record.line, limit=MAX_RECORD)
        if command := _ADMIN.fullmatch(record.body[-1]):
            self.statement(record.body[:-1])
            if command["name"].startswith(_COPYING):
                yield self.event(record, None, "")
            else:
                self.skipped()
            return
        if last and record.whole and not _finished(record):
            yield self.file.hole("log-cut", record.line)
            return
        sql, stamp = self.statement(record.body)
        if record.whole and touches_nothing(sql):
            self.skipped()
        else:
            yield self.event(record, sql, stamp)
        if at_line and not _finished(record):
            yield self.file.hole("log-quote", at_line)

    def statement(self, body: list[str]) -> tuple[str, str]:
        """The statement itself and its `SET timestamp`, without what the server wrote before it."""
        stamp, start = "", 0
        while start < len(body) and not body[start].strip():
            start += 1
        if start < len(body) and body[start].endswith(";") and (name := used_database(body[start])) is not None:
            self.database = name
            start += 1 if start + 1 < len(body) else 0
        if start + 1 < len(body) and (match := _STAMP.fullmatch(body[start])):
            stamp = match["at"]
            start += 1
        return "\n".join(body[start:]).rstrip().removesuffix(";"), stamp

    def event(self, record: _Record, sql: str | None, stamp: str) -> Event | Hole:
        try:
            at = self.time(record.at, stamp)
        except ValueError as error:
            uncertain = isinstance(error, UncertainTimeError)
            return self.file.hole("log-time-zone" if uncertain else "log-time", record.line)
        head = record.head
        thread = record.thread or head.get("Thread_id", "")
        code = natural(head.get("Last_errno") or head.get("Errno") or "")
        return Event(
            id=f"{thread}@{record.line}",
            location=Location(self.file.name, record.line, 1),
            account=record.account,
            at=at,
            action="export" if sql is None else action_of(sql),
            sql=sql,
            row_count=rows_of(sql or "call", _count(head, "Rows_sent"), _count(head, "Rows_affected")),
            database=head.get("Schema", self.database),
            source_ip=record.source_ip,
            result="" if code is None else result_of(code),
            statement_complete=sql is not None and _finished(record) and bool(sql.strip()),
            extra={"session": thread} if thread else {},
        )

    def time(self, text: str, stamp: str) -> datetime:
        """The time of a record: that of the server where it has an offset, else what `SET timestamp` says.

        A client can set its timestamp; where both are farther apart than time zones are, neither is certain.
        """
        try:
            return mysql_time(text, self.zone)
        except UncertainTimeError:
            if not stamp:
                raise
            at = epoch(float(stamp))
            if abs(at - mysql_time(text, UTC)) > _DAY:
                raise
            return at
        except ValueError:
            if text or not stamp:
                raise
            return epoch(float(stamp))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """`Rows_sent: 1  Schema:   Killed: 0` as names and values; a value may be missing."""
    name = ""
    for token in text.split():
        if token.endswith(":") and len(token) > 1:
            if name:
                yield name, ""
            name = token[:-1]
        elif name:
            yield name, token
            name = ""


def _count(head: dict[str, str], name: str) -> int | None:
    return natural(head.get(name, ""))


def _finished(record: _Record) -> bool:
    """Whether the statement ends where the server ended it."""
    text = "\n".join(record.body).rstrip()
    if record.body and _ADMIN.fullmatch(record.body[-1]):
        return True
    return record.whole and text.endswith(";") and (closed(text) or closed(text[:-1]))


def slow_at(head: list[str]) -> int:
    """Where the first record of a slow query log is in the first lines; beyond them when there is none."""
    return next(
        (at for at, line in enumerate(head[:HEAD_LINES]) if len(line) <= _LONGEST and _BEGIN.fullmatch(line)),
        HEAD_LINES,
    )


def read_slow(file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read a slow query log; each record says its own account."""
    return _Reader(file, zone, skipped).read()
