"""MariaDB's audit plugin (server_audit), also of RDS and Aurora: one line an event, tables before their statement.

Its column `database` is that of the table opened last, so it may not be where the connection is: the tables that the
plugin names besides are asked for in any case.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tutela.engine.errors import Location
from tutela.engine.events import Event, Hole

from .log_mysql import (
    READS,
    action_of,
    closed,
    executes_prepared,
    first_word,
    mysql_time,
    natural,
    result_of,
    touches_nothing,
)
from .log_pgaudit import MAX_OPEN
from .log_times import UncertainTimeError, epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from tutela.engine.events import EventAction

    from .log_lines import Line, LogFile
    from .log_mysql import Result

_TABLES: Final = {"READ": "read", "WRITE": "update", "CREATE": "ddl", "ALTER": "ddl", "RENAME": "ddl", "DROP": "ddl"}
_ACTIONS: Final[tuple[EventAction, ...]] = ("read", "update", "ddl")
_LOGINS: Final = ("CONNECT", "FAILED_CONNECT", "CHANGEUSER", "PROXY_CONNECT")
_RECORD: Final = re.compile(
    r"(?P<time>\d{8} \d\d:\d\d:\d\d|\d{16}),(?P<server>[^,]*),(?P<user>.*?),(?P<host>[^,]*),"
    r"(?P<thread>\d+),(?P<query>\d+),"
    r"(?:(?P<statement>QUERY(?:_[A-Z_]+)?),(?P<db>.*?),'(?P<sql>(?:[^'\\]++|\\.)*+)',(?P<code>\d+)"
    rf"|(?P<table>{'|'.join(_TABLES)}),(?P<names>.*?),?(?P<empty>)"
    rf"|(?P<login>{'|'.join(_LOGINS)}|DISCONNECT),(?P<login_db>.*?),(?P<login_object>.*?),(?P<login_code>\d+))",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "b": "\b", "Z": "\x1a"}
_OWN: Final = re.compile(
    r"mysql\.(?:(?:table|column|index)_stats|innodb_(?:table|index)_stats|gtid_slave_pos|proc|func|event|plugin|servers)"
)
"""What the server itself reads for its plans and routines."""
_SYSTEM: Final = "mysql."
_LOCKING: Final = re.compile(r"\bfor\s+update\b|\block\s+in\s+share\s+mode\b", re.IGNORECASE)
_LIMITS: Final = (512, 1000)
"""The plugin cuts texts at `server_audit_query_log_limit` (1024) without a mark; limits are multiples of these."""
_WIDEST: Final = 4
MAX_NESTED: Final = 8
"""Statements of one connection, one inside the other, whose tables are kept."""


@dataclass(slots=True)
class _Tables:
    """The tables of one query id, until its statement comes."""

    query: int
    first: re.Match[str]
    line: int
    names: dict[str, dict[str, None]] = field(default_factory=dict[str, dict[str, None]])
    lines: int = 0
    """Lines that no event counts yet."""
    told: bool = False
    """Whether a statement has them."""


class _Reader:
    """Joins the table lines of a query id to its statement."""

    def __init__(self, file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> None:
        self.file, self.zone, self.skipped = file, zone, skipped
        self.open: OrderedDict[str, list[_Tables]] = OrderedDict()
        """Thread -> the query ids at hand: the statements of a routine have greater ones, and end before it."""

    def read(self) -> Iterator[Event | Hole]:
        for line in self.file.lines():
            if isinstance(line, Hole):
                yield line
            elif line.text.strip():
                match = _RECORD.fullmatch(line.text)
                if match is None or not line.ended:  # the plugin ends every line
                    yield self.file.hole("log-line" if line.ended else "log-cut", line.number, format="mariadb-audit")
                else:
                    yield from self.record(line, match)
        for thread in list(self.open):
            yield from self.close(thread)

    def record(self, line: Line, match: re.Match[str]) -> Iterator[Event | Hole]:
        thread, query = match["thread"], int(match["query"])
        if match["login"]:
            yield from self.close(thread)
            if match["login"] == "DISCONNECT":
                self.skipped()
            else:
                yield self.login(line, match)
            return
        yield from self.inner(thread, query)
        tables = self.at(match, line)
        if match["table"]:
            tables.lines += 1
            names = tables.names.setdefault(_TABLES[match["table"]], {})
            names.update(dict.fromkeys(_names(match["names"])))
        else:
            yield from self.statement(line, match, tables)
        if len(self.open[thread]) > MAX_NESTED:
            yield from self.alone(self.open[thread].pop(0))
        if len(self.open) > MAX_OPEN:
            yield from self.close(next(iter(self.open)))

    def at(self, match: re.Match[str], line: Line) -> _Tables:
        """What is known of a query id."""
        stack = self.open.setdefault(match["thread"], [])
        query = int(match["query"])
        if not stack or stack[-1].query != query:
            stack.append(_Tables(query, match, line.number))
        return stack[-1]

    def inner(self, thread: str, query: int) -> Iterator[Event | Hole]:
        """End the statements that are over when one of this id goes on."""
        stack = self.open.get(thread, [])
        while stack and (stack[-1].query > query or (stack[-1].told and stack[-1].query != query)):
            yield from self.alone(stack.pop())

    def close(self, thread: str) -> Iterator[Event | Hole]:
        """End all statements of a connection."""
        for tables in self.open.pop(thread, []):
            yield from self.alone(tables)

    def statement(self, line: Line, match: re.Match[str], tables: _Tables) -> Iterator[Event | Hole]:
        sql = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), match["sql"])
        again, tables.told = tables.told, True
        if (not tables.lines and touches_nothing(sql)) or (again and executes_prepared(sql)):
            self.skipped()
            return
        lines, tables.lines = 1 + tables.lines, 0
        read, written = (list(tables.names.get(action, ())) for action in ("read", "update"))
        action = action_of(sql)
        if written and action == "other" and not (first_word(sql) in READS and _LOCKING.search(sql)):
            action = "update"
        named = dict.fromkeys([*read, *written, *tables.names.get("ddl", ())])
        result = result_of(natural(match["code"]) or 0)
        if result == "denied" and (named or first_word(sql) == "call"):
            result = "error"  # a part of it ran
        yield self.event(
            line.number,
            match,
            action,
            sql,
            tables=tuple(name for name in named if action not in ("grant", "ddl") or not name.startswith(_SYSTEM)),
            database="" if match["db"].startswith("Access denied for user ") else match["db"],
            result=result,
            complete=closed(sql) and not _perhaps_cut(match["sql"]),
            lines=lines,
        )

    def alone(self, tables: _Tables) -> Iterator[Event | Hole]:
        """Tables whose statement the log does not have: one event for each kind of access."""
        if not tables.told:
            for action in _ACTIONS:
                if names := tables.names.get(action):
                    yield self.event(tables.line, tables.first, action, None, tables=tuple(names), lines=tables.lines)
                    tables.lines = 0
        for _ in range(tables.lines):  # the server's own tables alone
            self.skipped()

    def login(self, line: Line, match: re.Match[str]) -> Event | Hole:
        failed = match["login"] == "FAILED_CONNECT" or match["login_code"] != "0"
        return self.event(
            line.number, match, "login", None, database=match["login_db"], result="denied" if failed else "success"
        )

    def event(  # noqa: PLR0913 (what differs between the kinds of lines)
        self,
        line: int,
        match: re.Match[str],
        action: EventAction,
        sql: str | None,
        *,
        tables: tuple[str, ...] = (),
        database: str = "",
        result: Result = "",
        complete: bool = True,
        lines: int = 1,
    ) -> Event | Hole:
        try:
            at = self.time(match["time"])
        except ValueError as error:
            uncertain = isinstance(error, UncertainTimeError)
            return self.file.hole("log-time-zone" if uncertain else "log-time", line)
        return Event(
            id=f"{match['thread']}.{match['query']}@{line}",
            location=Location(self.file.name, line, 1),
            account=match["user"],
            at=at,
            action=action,
            sql=sql,
            tables=tables,
            database=database,
            source_ip=match["host"],
            result=result,
            statement_complete=complete,
            extra={"session": match["thread"], "audit_lines": str(lines)},
        )

    def time(self, text: str) -> datetime:
        if text.isdecimal():
            return epoch(int(text) / 1_000_000)
        return mysql_time(f"{text[:4]}-{text[4:6]}-{text[6:]}", self.zone)


def _names(text: str) -> list[str]:
    """`db,table`, for a renamed table `db,old|db.new`; not what the server reads for itself."""
    names = [text.replace(",", ".", 1)] if "|" not in text else text.replace(",", ".", 1).split("|")
    return [name for name in names if not _OWN.fullmatch(name)]


def _perhaps_cut(escaped: str) -> bool:
    """Whether a text is as long as a limit at which the plugin may have cut it, in the middle of a character too."""
    sizes = {len(escaped.encode(encoding, "replace")) for encoding in ("utf-8", "gb18030")}
    return any(size > _LIMITS[0] and -size % limit < _WIDEST for size in sizes for limit in _LIMITS)


def is_mariadb_audit(head: list[str]) -> bool:
    """Whether lines begin a log of the plugin."""
    return any(_RECORD.fullmatch(line) for line in head[:50])


def read_mariadb_audit(file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read a log of the plugin; the tables of a statement stand before it, under its query id."""
    return _Reader(file, zone, skipped).read()
