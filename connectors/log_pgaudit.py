"""Records of pgaudit in csvlog, stderr and psql form: one event a statement, however many lines it takes."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from tutela.engine.errors import Location
from tutela.engine.events import Event, Hole

from .log_lines import MAX_RECORD, Cells, Line, LogFile, records, split_csv
from .log_times import UncertainTimeError, epoch, server_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from tutela.engine.events import EventAction

CSVLOG_WIDTHS: Final = (23, 24, 26)
"""Columns of csvlog in PostgreSQL up to 12, in 13, and from 14 on."""
MAX_OPEN: Final = 2_000
"""Statements of different sessions that may be open at once; beyond, the oldest is given out as it is."""

_PSQL: Final = re.compile(r"(?:LOG|INFO|NOTICE|WARNING|DEBUG\d?):  (AUDIT: .*)", re.DOTALL)
_GRAVITY: Final = ("export", "grant", "ddl", "delete", "update", "insert", "read", "other")
_WRITES: Final[dict[str, EventAction]] = {
    "INSERT": "insert", "UPDATE": "update", "DELETE": "delete", "MERGE": "update", "TRUNCATE TABLE": "delete",
    "COPY": "insert", "COPY FROM": "insert",
}  # fmt: skip
_COPY_OUT: Final = re.compile(r"\s*copy\b", re.IGNORECASE)


Owner = tuple[str, str, str, str]
"""(session or process, account, database, address)."""


class Context(NamedTuple):
    """What the line around an AUDIT record says."""

    line: int
    session: str
    at: datetime | None = None
    account: str = ""
    database: str = ""
    application: str = ""
    source_ip: str = ""

    @property
    def owner(self) -> Owner:
        """Whose statements may belong together: a session of one account on one database."""
        return self.session, self.account, self.database, self.source_ip


@dataclass(slots=True)
class _Open:
    """A statement whose AUDIT lines are still coming."""

    context: Context
    statement_id: str
    first: str
    sql: str | None
    subs: set[str]
    actions: set[EventAction] = field(default_factory=set["EventAction"])
    objects: dict[str, None] = field(default_factory=dict[str, None])
    commands: dict[str, None] = field(default_factory=dict[str, None])
    rows: dict[str, int] = field(default_factory=dict[str, int])
    uncounted: set[str] = field(default_factory=set[str])
    """Parts whose logged rows say nothing: PostgreSQL counts 0 for COPY and DO, whatever they touch."""
    lines: int = 0
    seen: dict[tuple[str, ...], datetime | None] = field(default_factory=dict[tuple[str, ...], "datetime | None"])
    """The lines so far, without text and rows, and when."""
    again: bool = False
    """Whether its number was given before, to a statement with the same text."""


UNCOUNTED: Final = ("COPY", "DO", "CALL", "EXECUTE")


class Merger:
    """Joins the AUDIT lines of a statement: (owner, statement id, text) -> one event."""

    def __init__(self, file: LogFile) -> None:
        self.file = file
        self._open: OrderedDict[tuple[Owner, str, str | None], _Open] = OrderedDict()
        self._current: dict[Owner, str] = {}

    def add(self, context: Context, payload: str, *, ended: bool = True) -> Iterator[Event | Hole]:
        """One AUDIT record (the text after `AUDIT: `): the events that it completes."""
        fields = split_csv(payload)
        if fields is None or len(fields) not in (9, 10) or (not ended and _looks_cut(fields)):
            cut = fields is None or not ended or len(fields) < 9
            yield self.file.hole("log-cut" if cut else "log-audit", context.line, count=len(fields or ()))
            return
        if not (fields[1].isdecimal() and fields[2].isdecimal() and fields[0] in ("SESSION", "OBJECT")):
            yield self.file.hole("log-line", context.line, format="pgaudit")
            return
        again = self._again(context, fields)
        if again or self._current.get(context.owner) not in (None, fields[1]):
            yield from self.close(context.owner)
        self._current[context.owner] = fields[1]
        self._merge(context, fields, again=again)
        if len(self._open) > MAX_OPEN:
            yield self._event(self._open.popitem(last=False)[1])

    def _again(self, context: Context, fields: list[str]) -> bool:
        """Whether this very line of an open statement was there before, at an earlier time."""
        text = fields[7]
        if context.at is None or text == "<previously logged>":
            return False
        key = (context.owner, fields[1], f"\0{fields[2]}" if text in ("<not logged>", "<none>") else text)
        item = self._open.get(key)
        before = item.seen.get(_line(fields)) if item else None
        return before is not None and before < context.at

    def close(self, owner: Owner) -> Iterator[Event]:
        """The open statements of a session that has gone on to the next statement, or has ended."""
        self._current.pop(owner, None)
        for key in [key for key in self._open if key[0] == owner]:
            yield self._event(self._open.pop(key))

    def finish(self) -> Iterator[Event]:
        """Everything that is still open at the end of the log."""
        while self._open:
            yield self._event(self._open.popitem(last=False)[1])

    def _merge(self, context: Context, fields: list[str], *, again: bool) -> None:
        number, sub, class_, command, object_name, text = (
            fields[1],
            fields[2],
            *fields[3:5],
            fields[6],
            fields[7],
        )
        hidden = text in ("<not logged>", "<none>", "<previously logged>")
        found: _Open | None = None
        if text == "<previously logged>":
            same = [item for key, item in self._open.items() if key[:2] == (context.owner, number)]
            found = next((item for item in reversed(same) if sub in item.subs), None)
        sql = None if hidden else text
        key = (context.owner, number, sql if not hidden else f"\0{sub}")
        found = found or self._open.get(key)
        if found is None:
            found = self._open[key] = _Open(context, number, sub, sql, {sub}, again=again)
        found.lines += 1
        found.seen[_line(fields)] = context.at
        found.subs.add(sub)
        found.actions.add(_action(class_, command, found.sql))
        found.commands[command] = None
        if object_name:
            found.objects[object_name] = None
        if command.startswith(UNCOUNTED):
            found.uncounted.add(sub)
        elif len(fields) == 10 and fields[9].isdecimal() and len(fields[9]) <= 18:
            found.rows[sub] = max(int(fields[9]), found.rows.get(sub, 0))

    def _event(self, item: _Open) -> Event:
        context = item.context
        complete = item.sql is not None and "<REDACTED>" not in item.sql
        unclear = item.again or not context.session
        return Event(
            id=f"{context.session}:{item.statement_id}.{item.first}" + (f"@{context.line}" if unclear else ""),
            location=Location(self.file.name, context.line, 1),
            account=context.account,
            at=context.at,
            action=min(item.actions, key=_GRAVITY.index),
            sql=item.sql,
            tables=tuple(item.objects),
            row_count=_row_count(item),
            application=context.application,
            database=context.database,
            source_ip=context.source_ip,
            statement_complete=complete,
            extra={
                "session": context.session,
                "command": ", ".join(item.commands),
                "audit_lines": str(item.lines),
            },
        )


def _line(fields: list[str]) -> tuple[str, ...]:
    """An AUDIT line without its text, parameters and rows."""
    return (fields[0], *fields[2:7])


def _row_count(item: _Open) -> int | None:
    """The rows of all parts that count theirs; unknown when one of them does not say, or when none counts."""
    counted = item.subs - item.uncounted
    return sum(item.rows.values()) if counted and item.rows.keys() >= counted else None


def _looks_cut(fields: list[str]) -> bool:
    """Whether the last field of a line without a line end is only the beginning of a known word."""
    return len(fields) < 9 or (fields[-1].startswith("<") and not fields[-1].endswith(">")) or not fields[-1]


def _action(class_: str, command: str, sql: str | None) -> EventAction:
    if class_ == "READ":
        return "export" if command.startswith("COPY") or (sql and _COPY_OUT.match(sql)) else "read"
    if class_ == "WRITE":
        return _WRITES.get(command, "update")
    return {"ROLE": "grant", "DDL": "ddl"}.get(class_, "other")  # type: ignore[return-value] # a literal table


def read_csvlog(file: LogFile, zone: ZoneInfo | None, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read csvlog of PostgreSQL 9.0 to 18."""
    merger = Merger(file)
    for record in records(file, CSVLOG_WIDTHS.__contains__):
        if isinstance(record, Hole):
            yield record
            continue
        row = record.values
        message = row[13]
        if not (row[3].isdecimal() and row[11].isupper()):
            yield file.hole("log-line", record.number, format="csvlog")
        elif message.startswith("AUDIT: "):
            yield from _csv_audit(merger, record, zone)
        else:
            skipped()
            if message.startswith("disconnection: "):
                yield from merger.close((row[5] or row[3], row[1], row[2], _address(row[4])))
    yield from merger.finish()


def _csv_audit(merger: Merger, record: Cells, zone: ZoneInfo | None) -> Iterator[Event | Hole]:
    row = record.values
    try:
        at = server_time(row[0], zone)
    except ValueError as error:
        yield time_hole(merger.file, record.number, error)
        return
    context = Context(record.number, row[5] or row[3], at, row[1], row[2], row[22], _address(row[4]))
    yield from merger.add(context, row[13].removeprefix("AUDIT: "))


def _address(text: str) -> str:
    """The client's address without its port; empty for a local socket."""
    address = re.sub(r":\d+$|\(\d+\)$", "", text)
    return "" if address == "[local]" else address


def time_hole(file: LogFile, line: int, error: ValueError) -> Hole:
    """The hole of a record whose time is none, or could be several."""
    return file.hole("log-time-zone" if isinstance(error, UncertainTimeError) else "log-time", line)


def read_stderr(
    file: LogFile, pattern: re.Pattern[str], zone: ZoneInfo | None, skipped: Callable[[], None]
) -> Iterator[Event | Hole]:
    """The server's text log; lines that begin with a tab continue the one before."""
    merger = Merger(file)
    for item in _joined(file, pattern):
        if isinstance(item, Hole):
            yield item
            continue
        line, match = item
        message = match["message"]
        if message.startswith("AUDIT: "):
            context = _context(line.number, match.groupdict(), zone)
            if isinstance(context, ValueError):
                yield time_hole(file, line.number, context)
            else:
                yield from merger.add(context, message.removeprefix("AUDIT: "), ended=line.ended)
        else:
            skipped()
            if message.startswith("disconnection: "):
                ended = _context(line.number, {**match.groupdict(), "m": "", "t": "", "n": ""}, zone)
                if isinstance(ended, Context):
                    yield from merger.close(ended.owner)
    yield from merger.finish()


def _joined(file: LogFile, pattern: re.Pattern[str]) -> Iterator[tuple[Line, re.Match[str]] | Hole]:
    """Whole messages: a line with the prefix and its continuation lines."""
    start: tuple[Line, re.Match[str]] | None = None
    parts, size = list[str](), 0
    for line in file.lines():
        if isinstance(line, Line) and line.text.startswith("\t") and start:
            parts.append(line.text[1:])
            size += len(line.text)
            start = (start[0]._replace(ended=line.ended), start[1])
            if size > MAX_RECORD:
                yield file.hole("log-line-long", start[0].number, limit=MAX_RECORD)
                start, parts, size = None, [], 0
            continue
        if start:
            yield _complete(start, parts, pattern)
            start = None
        if isinstance(line, Hole):
            yield line
            continue
        match = pattern.fullmatch(line.text)
        if match:
            start, parts, size = (line, match), [line.text], len(line.text)
        elif line.text.strip():
            yield file.hole("log-line", line.number, format="stderr")
    if start:
        yield _complete(start, parts, pattern)


def _complete(
    start: tuple[Line, re.Match[str]], parts: list[str], pattern: re.Pattern[str]
) -> tuple[Line, re.Match[str]]:
    line, match = start
    if len(parts) == 1:
        return start
    return line, pattern.fullmatch("\n".join(parts)) or match


def _context(line: int, groups: dict[str, str | None], zone: ZoneInfo | None) -> Context | ValueError:
    try:
        at: datetime | None = None
        if text := groups.get("m") or groups.get("t"):
            at = server_time(text, zone)
        elif seconds := groups.get("n"):
            at = epoch(float(seconds))
    except ValueError as error:
        return error
    return Context(
        line,
        groups.get("c") or groups.get("p") or "",
        at,
        groups.get("u") or "",
        groups.get("d") or "",
        groups.get("a") or "",
        _address(groups.get("r") or groups.get("h") or ""),
    )


def read_psql(file: LogFile, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read what psql shows of pgaudit: no times, no account; a connect command begins another session."""
    merger, session = Merger(file), 1
    pending: tuple[int, str] | None = None
    for line in file.lines():
        if isinstance(line, Hole):
            yield line
            continue
        if pending:
            text = f"{pending[1]}\n{line.text}"
            if _PSQL.fullmatch(line.text) or len(text) > MAX_RECORD:
                yield file.hole("log-cut", pending[0])
                pending = None
            elif text.count('"') % 2:
                pending = (pending[0], text)
                continue
            else:
                yield from merger.add(Context(pending[0], str(session)), text)
                pending = None
                continue
        match = _PSQL.fullmatch(line.text)
        if match:
            payload = match[1].removeprefix("AUDIT: ")
            if payload.count('"') % 2:
                pending = (line.number, payload)
            else:
                yield from merger.add(Context(line.number, str(session)), payload, ended=line.ended)
            continue
        skipped()
        if line.text.startswith("\\connect"):
            yield from merger.close(Context(0, str(session)).owner)
            session += 1
    if pending:
        yield file.hole("log-cut", pending[0])
    yield from merger.finish()
