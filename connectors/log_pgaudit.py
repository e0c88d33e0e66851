"""Records of pgaudit: one event a statement, however many lines it takes; and the records that psql prints."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tutela.engine.errors import Location
from tutela.engine.events import Event, Hole

from .log_lines import MAX_RECORD, LogFile, split_csv
from .log_record import Context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tutela.engine.events import EventAction

    from .log_record import Owner

MAX_OPEN: Final = 2_000
"""Statements of different sessions that may be open at once; beyond, the oldest is given out as it is."""

CLOCK: Final = timedelta(seconds=1)
"""How much earlier a record may be than the statement that it is about: times may be whole seconds."""

_PSQL: Final = re.compile(r"(?:LOG|INFO|NOTICE|WARNING|DEBUG\d?):  (AUDIT: .*)", re.DOTALL)
_GRAVITY: Final = ("export", "grant", "ddl", "delete", "update", "insert", "read", "other")
WRITES: Final[dict[str, EventAction]] = {
    "INSERT": "insert", "UPDATE": "update", "DELETE": "delete", "MERGE": "update", "TRUNCATE TABLE": "delete",
    "COPY": "insert", "COPY FROM": "insert",
}  # fmt: skip
_COPY_OUT: Final = re.compile(r"\s*copy\b", re.IGNORECASE)


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
    failed: bool = False
    """Whether an error of the session named it."""
    shown: bool = False
    """Whether a line of `log_min_duration_statement` has told its end."""
    again: bool = False
    """Whether its number was given before, to a statement with the same text."""


HIDDEN: Final = ("<not logged>", "<none>", "<previously logged>", "")
"""What stands where a text is left out; nothing, in records that others have taken apart."""
UNCOUNTED: Final = ("COPY", "DO", "CALL", "EXECUTE")


class Merger:
    """Joins the AUDIT lines of a statement: (owner, statement id, text) -> one event."""

    def __init__(self, file: LogFile) -> None:
        self.file = file
        self.last: str | None = None
        """The text of the statement that the record at hand belongs to; None when it is hidden, or was no record."""
        self._open: OrderedDict[Owner, dict[tuple[str, str | None], _Open]] = OrderedDict()
        self._count = 0
        self._current: dict[Owner, str] = {}

    def add(self, context: Context, payload: str, *, ended: bool = True) -> Iterator[Event | Hole]:
        """One AUDIT record (the text after `AUDIT: `): the events that it completes."""
        self.last = None
        fields = split_csv(payload)
        if fields is None or len(fields) not in (9, 10) or (not ended and _looks_cut(fields)):
            cut = fields is None or not ended or len(fields) < 9
            yield self.file.hole("log-cut" if cut else "log-audit", context.line, count=len(fields or ()))
            return
        yield from self.fields(context, fields)

    def fields(self, context: Context, fields: list[str]) -> Iterator[Event | Hole]:
        """The same for a record that has been taken apart."""
        self.last = None
        if not (fields[1].isdecimal() and fields[2].isdecimal() and fields[0] in ("SESSION", "OBJECT")):
            yield self.file.hole("log-line", context.line, format="pgaudit")
            return
        again = self._again(context, fields)
        if again or self._current.get(context.owner) not in (None, fields[1]):
            yield from self.close(context.owner)
        self._current[context.owner] = fields[1]
        self._merge(context, fields, again=again)
        if self._count > MAX_OPEN:
            yield from self.close(next(iter(self._open)))

    def _again(self, context: Context, fields: list[str]) -> bool:
        """Whether this very line of an open statement was there before, at an earlier time."""
        text = fields[7]
        if context.at is None or text == "<previously logged>":
            return False
        key = (fields[1], f"\0{fields[2]}" if text in HIDDEN else text)
        item = self._open.get(context.owner, {}).get(key)
        before = item.seen.get(_line(fields)) if item else None
        return before is not None and before < context.at

    def close(self, owner: Owner) -> Iterator[Event]:
        """The open statements of a session that has gone on to the next statement, or has ended."""
        self._current.pop(owner, None)
        items = self._open.pop(owner, {})
        self._count -= len(items)
        yield from map(self._event, items.values())

    def knows(self, owner: Owner, text: str) -> bool:
        """Whether a statement with this text is open."""
        return any(_same(item, text) for item in self._open.get(owner, {}).values())

    def fail(self, owner: Owner, text: str) -> bool:
        """Mark the open statement with this text as failed; False when there is none, or it had failed before."""
        for item in self._open.get(owner, {}).values():
            if _same(item, text) and not item.failed:
                item.failed = item.shown = True
                return True
        return False

    def show(self, owner: Owner, text: str, began: datetime | None) -> bool:
        """Whether a statement that began at this time is an open one whose end was not told before."""
        for item in self._open.get(owner, {}).values():
            at = item.context.at
            before = began is not None and at is not None and at < began - CLOCK
            if _same(item, text) and not item.shown and not before:
                item.shown = True
                return True
        return False

    def finish(self) -> Iterator[Event]:
        """Everything that is still open at the end of the log."""
        while self._open:
            yield from self.close(next(iter(self._open)))

    def _merge(self, context: Context, fields: list[str], *, again: bool) -> None:
        number, sub, class_, command, object_name, text = (*fields[1:5], *fields[6:8])
        hidden = text in HIDDEN
        items = self._open.setdefault(context.owner, {})
        found: _Open | None = None
        if text == "<previously logged>":
            same = [item for key, item in items.items() if key[0] == number]
            found = next((item for item in reversed(same) if sub in item.subs), None)
        sql = None if hidden else text
        key = (number, sql if not hidden else f"\0{sub}")
        found = found or items.get(key)
        if found is None:
            found = items[key] = _Open(context, number, sub, sql, {sub}, again=again)
            self._count += 1
        self.last = found.sql
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
            result="error" if item.failed else "",
            statement_complete=complete,
            extra={
                "session": context.session,
                "command": ", ".join(item.commands),
                "audit_lines": str(item.lines),
            },
        )


def _same(item: _Open, text: str) -> bool:
    """Whether a statement has this text, but for the blanks around it."""
    return item.sql is not None and item.sql.strip() == text.strip()


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
        return WRITES.get(command, "update")
    return {"ROLE": "grant", "DDL": "ddl"}.get(class_, "other")  # type: ignore[return-value] # a literal table


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
