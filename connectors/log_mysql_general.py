"""The general query log of MySQL and MariaDB: every command of every connection, as it arrived.

Text that a client sends stands there as it is, line ends included, so a statement can look like other records.
A record that begins while a quote or comment of the statement before is open is a hole, and that statement is not
whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tutela.engine.errors import Location
from tutela.engine.events import Event, Hole

from .log_lines import MAX_RECORD, LogFile
from .log_mysql import (
    HEAD_LINES,
    UNKNOWN,
    Session,
    Sessions,
    action_of,
    closed,
    executes_prepared,
    is_banner,
    mysql_time,
    touches_nothing,
    used_database,
)
from .log_times import UncertainTimeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .log_lines import Line

_QUIET: Final = (
    "Quit", "Ping", "Statistics", "Field List", "Prepare", "Close stmt", "Reset stmt", "Long Data", "Fetch",
    "Refresh", "Shutdown", "Processlist", "Kill", "Debug", "Time", "Sleep", "Daemon", "Set option", "Connect Out",
    "Register Slave", "Delayed insert", "Error", "Reset Connection",
)  # fmt: skip
"""Commands that touch no row."""
_STATEMENTS: Final = ("Query", "Execute", "Bulk_execute")
_SILENT: Final = ("Binlog Dump GTID", "Binlog Dump", "Table Dump", "Create DB", "Drop DB", "Clone")
"""Commands that touch rows, and whose line does not say which."""
_COMMANDS: Final = ("Connect", "Change user", "Init DB", *_STATEMENTS, *_SILENT, *_QUIET)
_HEADER: Final = re.compile(
    r"(?:(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)|\d{6} +\d{1,2}:\d\d:\d\d)[ \t]|[ \t]{2})"
    r"[ \t]*(?P<thread>\d{1,20}) "
    rf"(?P<command>{'|'.join(sorted(_COMMANDS, key=len, reverse=True))})(?:\t(?P<text>.*)| {{2,}}(?P<old>.*)| ?)",
    re.ASCII,
)
_WHO: Final = re.compile(
    r"(?P<user>.*)@(?P<host>[^@\s]*)(?: as (?P<as>.*?))? on(?: (?P<db>.*?))?"
    r"(?: using (?:TCP/IP|Socket|SSL/TLS|Named Pipe|Shared Memory|\w+))?\s*"
)
_LONGEST: Final = 4_096
"""Characters of a connect line, far beyond what names can be."""
_REFUSED: Final = re.compile(r"Access denied for user '(?P<user>.*)'@'(?P<host>[^']*)'.*")


@dataclass(slots=True)
class _Record:
    """A record whose lines are still coming."""

    line: int
    thread: str
    command: str
    at: datetime | ValueError | None
    parts: list[str]
    size: int = 0
    whole: bool = True
    """False when a line of it could not be read, or when it is too long."""
    ended: bool = True


@dataclass(slots=True)
class _Reader:
    """Turns the records of one log into events, in their order."""

    file: LogFile
    zone: ZoneInfo | None
    skipped: Callable[[], None]
    sessions: Sessions = field(default_factory=Sessions)
    at: datetime | ValueError | None = None
    """The time that records without one carry on."""
    executing: dict[str, Event] = field(default_factory=dict[str, Event])
    """Statements `EXECUTE x` whose text comes in the next record of their thread."""
    before: dict[str, str] = field(default_factory=dict[str, str])
    """The database of a thread before its last `USE`, which may yet be refused."""
    open: _Record | None = None

    def read(self) -> Iterator[Event | Hole]:
        for line in self.file.lines():
            if isinstance(line, Hole):
                if self.open:
                    self.open.whole = False
                yield line
            elif match := _HEADER.fullmatch(line.text):
                yield from self.close(line.number)
                self.begin(line, match)
            elif is_banner(line.text) and (self.open is None or _complete(self.open)):
                yield from self.close(line.number)
                self.sessions.clear()
                self.skipped()
            elif self.open and self.open.command in (*_STATEMENTS, "Prepare"):
                self.add(line)
            elif line.text.strip():
                yield self.file.hole("log-line", line.number, format="mysql-general")
        yield from self.close(0)
        yield from self.executing.values()

    def begin(self, line: Line, match: re.Match[str]) -> None:
        if match["time"]:
            try:
                self.at = mysql_time(match["time"], self.zone)
            except ValueError as error:
                self.at = error
        text = match["text"] if match["text"] is not None else match["old"] or ""
        self.open = _Record(line.number, match["thread"], match["command"], self.at, [text], ended=line.ended)

    def add(self, line: Line) -> None:
        if record := self.open:
            record.size += len(line.text) + 1
            record.ended = line.ended
            if record.size > MAX_RECORD:
                record.whole = False
            else:
                record.parts.append(line.text)

    def close(self, at_line: int) -> Iterator[Event | Hole]:
        """What the record that ends here says; `at_line` is the line of the next one."""
        record, self.open = self.open, None
        if record is None:
            return
        text = "\n".join(record.parts).rstrip()
        if record.size > MAX_RECORD:
            yield self.file.hole("log-line-long", record.line, limit=MAX_RECORD)
        if not record.ended and record.command in _STATEMENTS:
            yield self.file.hole("log-cut", record.line)
            return
        if record.command != "Prepare" and (waiting := self.executing.pop(record.thread, None)):
            if record.command == "Execute":
                self.skipped()
            else:
                yield waiting
        yield from self.tell(record, text, at_line)

    def tell(self, record: _Record, text: str, at_line: int) -> Iterator[Event | Hole]:
        if record.command in _STATEMENTS:
            yield from self.statement(record, text)
            if at_line and not closed(text):
                yield self.file.hole("log-quote", at_line)
        elif record.command in ("Connect", "Change user"):
            yield from self.connect(record, text)
        elif record.command == "Init DB":
            self.database(record.thread, text)
            self.skipped()
        elif record.command in _SILENT:
            action = "ddl" if record.command.endswith(" DB") else "export"
            yield self.event(record, None, replace_action=action)
        else:
            self.skipped()
            if record.command == "Quit":
                self.sessions.end(record.thread)

    def statement(self, record: _Record, text: str) -> Iterator[Event | Hole]:
        if (name := used_database(text)) is not None:
            self.before[record.thread] = self.sessions.get(record.thread).database
            self.database(record.thread, name)
        if not text.strip() or (record.whole and touches_nothing(text)):
            self.skipped()
            return
        found = self.event(record, text)
        if isinstance(found, Event) and record.command == "Query" and executes_prepared(text):
            self.executing[record.thread] = found
            return
        yield found

    def database(self, thread: str, name: str) -> None:
        """A thread went to a database, or tried to."""
        session = self.sessions.get(thread)
        if _REFUSED.fullmatch(name):
            name = self.before.pop(thread, session.database)
        self.sessions.put(thread, session._replace(database=name))

    def connect(self, record: _Record, text: str) -> Iterator[Event | Hole]:
        refused = _REFUSED.fullmatch(text)
        match = refused or (_WHO.fullmatch(text) if len(text) <= _LONGEST else None)
        if match is None:
            self.sessions.put(record.thread, UNKNOWN)
            yield self.file.hole("log-line", record.line, format="mysql-general")
            return
        session = Session(match["user"], (match["db"] or "").strip() if not refused else "", match["host"])
        known = self.sessions.get(record.thread)
        if refused:
            self.sessions.end(record.thread)
        elif record.command == "Connect" and self.sessions.began(record.thread) and known != session:
            # No thread connects twice: a statement may have written this line.
            self.sessions.put(record.thread, UNKNOWN)
            yield self.file.hole("log-account", record.line)
            return
        else:
            self.sessions.put(record.thread, session)
        found = self.event(record, None, replace_action="login", session=session)
        yield replace(found, result="denied") if refused and isinstance(found, Event) else found

    def event(
        self, record: _Record, sql: str | None, *, replace_action: str = "", session: Session | None = None
    ) -> Event | Hole:
        if not hasattr(record.at, "utcoffset"):
            uncertain = isinstance(record.at, UncertainTimeError)
            return self.file.hole("log-time-zone" if uncertain else "log-time", record.line)
        who = session or self.sessions.get(record.thread)
        return Event(
            id=f"{record.thread}@{record.line}",
            location=Location(self.file.name, record.line, 1),
            account=who.account,
            at=record.at,  # type: ignore[arg-type] # a datetime, asked above
            action=replace_action or action_of(sql or ""),  # type: ignore[arg-type] # one of ours
            sql=sql,
            database=who.database,
            source_ip=who.source_ip,
            statement_complete=record.whole and closed(sql or ""),
            extra={"session": record.thread, "command": record.command},
        )


def _complete(record: _Record) -> bool:
    return record.command not in _STATEMENTS or closed("\n".join(record.parts))


def general_at(head: list[str]) -> int:
    """Where the first record of a general query log is in the first lines; beyond them when there is none."""
    return next((at for at, line in enumerate(head[:HEAD_LINES]) if _HEADER.fullmatch(line)), HEAD_LINES)


def read_general(file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read a general query log; account and database come from the same thread's connect."""
    return _Reader(file, zone, skipped).read()
