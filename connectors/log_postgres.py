"""What the messages of a PostgreSQL server show of statements: one event for each, however many messages name it.

A statement may be shown as it begins (`log_statement`), as it ends (`log_min_duration_statement`), by pgaudit, by
auto_explain and by its error. All of them are messages of one session, which does one thing at a time.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from tutela.engine.errors import Location
from tutela.engine.events import Event, Hole

from .log_pgaudit import MAX_OPEN, Merger
from .log_plain import Plain, plain, prepared, refused, strange
from .log_record import FAILED, moment, time_hole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .log_lines import LogFile
    from .log_record import Owner, Record

AUDIT: Final = "AUDIT: "
ALONE: Final = 2
"""Durations without a statement that one statement may have before it is shown: of its parsing, and its binding."""
_EXECUTE: Final = re.compile(r"\s*execute\s+(?:\"[^\"]*\"|\w+)\s*(?:\([^()]*\))?\s*;?\s*", re.IGNORECASE)
_WORDS: Final = (AUDIT, "statement: ", "execute ", "duration: ", "fastpath ", "语句: ", "执行")
_DISCONNECTED: Final = ("disconnection: ", "断开连接: ")


@dataclass(slots=True)
class _Shown:
    """A statement that the log has shown, while more may be said of it."""

    record: Record
    at: datetime | None
    kind: str
    text: str
    sql: str | None
    complete: bool
    result: Literal["denied", "error", ""] = ""
    over: bool = False
    """Whether its end was told: what comes next is of another execution."""
    counted: bool = False
    """Whether an AUDIT record stands for it, or it is empty: then it gives no event of its own."""

    def names(self, text: str) -> bool:
        """Whether it is still running, and has this text."""
        return not self.over and self.text.strip() == text.strip()


@dataclass(slots=True)
class _Session:
    shown: _Shown | None = None
    alone: int = 0
    """Durations in a row that belong to no statement that is shown."""


@dataclass(slots=True)
class Statements:
    """Makes events of the messages of a server."""

    file: LogFile
    zone: ZoneInfo | None
    skip: Callable[[], None]
    name: str
    """The form of the log, for its holes."""
    merger: Merger = field(init=False)
    _sessions: OrderedDict[Owner, _Session] = field(default_factory=OrderedDict["Owner", "_Session"])
    _told: bool = False
    """Whether the log was said to leave out statements."""

    def __post_init__(self) -> None:
        self.merger = Merger(self.file)

    def read(self, records: Iterable[Record | Hole]) -> Iterator[Event | Hole]:
        """All events of a log."""
        for record in records:
            if isinstance(record, Hole):
                yield record
            else:
                yield from self.add(record)
        yield from self.finish()

    def add(self, record: Record) -> Iterator[Event | Hole]:
        """One message: the events that it completes."""
        found = plain(record.message) if record.severity not in FAILED else None
        if record.message.startswith(AUDIT):
            yield from self._audit(record)
        elif not record.ended and (found or record.severity in FAILED or record.statement or _begins(record)):
            yield self.file.hole("log-cut", record.context.line)
        elif found:
            yield from self._plain(record, found)
        elif record.statement.strip():
            yield from self._named(record)
        elif record.severity == "LOG" and strange(record.message):
            yield self.file.hole("log-line", record.context.line, format=self.name)
        else:
            self.skip()
            if record.message.startswith(_DISCONNECTED):
                yield from self.leave(record.context.owner)
        while len(self._sessions) > MAX_OPEN:
            yield from self._flush(self._sessions.popitem(last=False)[1])

    def finish(self) -> Iterator[Event]:
        """Everything that is still open at the end of the log."""
        for session in self._sessions.values():
            yield from self._flush(session)
        self._sessions.clear()
        yield from self.merger.finish()

    def leave(self, owner: Owner) -> Iterator[Event]:
        """Everything that is still open in a session, which is over."""
        if session := self._sessions.pop(owner, None):
            yield from self._flush(session)
        yield from self.merger.close(owner)

    def _session(self, owner: Owner) -> _Session:
        session = self._sessions.setdefault(owner, _Session())
        self._sessions.move_to_end(owner)
        return session

    def _audit(self, record: Record) -> Iterator[Event | Hole]:
        try:
            at = moment(record.time, self.zone)
        except ValueError as error:
            yield time_hole(self.file, record.context.line, error)
            return
        context = record.context._replace(at=at)
        yield from self.merger.add(context, record.message.removeprefix(AUDIT), ended=record.ended)
        self.audited(context.owner)

    def audited(self, owner: Owner) -> None:
        """An AUDIT record stands for the statement that the session has begun, when it names it."""
        session, last = self._sessions.get(owner), self.merger.last
        shown = session.shown if session and owner[0] else None
        if shown and last is not None and (shown.names(last) or (not shown.over and shown.sql == last)):
            shown.counted = True

    def _plain(self, record: Record, found: Plain) -> Iterator[Event | Hole]:
        session = self._session(record.context.owner)
        if found.kind == "parse":
            self.skip()
        elif found.kind == "duration":
            yield from self._duration(record, session)
        elif self._joins(record, found, session):
            self.skip()
        elif found.kind == "plan" and session.shown and not session.shown.over:
            # A statement inside the one that runs, which goes on.
            yield from self._begin(record, found, _Session())
        else:
            yield from self._begin(record, found, session)

    def _duration(self, record: Record, session: _Session) -> Iterator[Hole]:
        """A duration without a text: the end of what is running."""
        self.skip()
        if session.shown and not session.shown.over:
            self._over(session.shown)
            session.alone = 0
        elif record.tag not in ("PARSE", "BIND"):
            session.alone += 1
            if session.alone > ALONE and not self._told:
                self._told = True
                yield self.file.hole("log-duration-alone", record.context.line)

    def _joins(self, record: Record, found: Plain, session: _Session) -> bool:
        """Whether a message is about a statement that was shown before."""
        owner, shown = record.context.owner, session.shown
        if not owner[0]:
            return False
        if shown and shown.kind == "bind" and found.kind == "execute" and shown.names(found.text):
            shown.kind = "execute"
            if found.seconds is not None:
                self._over(shown)
            return True
        if _fetches(record) and shown and shown.text.strip() == found.text.strip():
            return True
        if found.kind == "plan":
            return found.sure and (self.merger.knows(owner, found.text) or bool(shown and shown.names(found.text)))
        if found.seconds is None or found.kind == "bind":
            return False
        if shown and shown.kind != "bind" and shown.names(found.text):
            self._over(shown)
            return True
        if not found.text or not self.merger.knows(owner, found.text):
            return False
        return self.merger.show(owner, found.text, self._began(record, found))

    def _over(self, shown: _Shown) -> None:
        """The end of a statement was told."""
        shown.over = True
        if shown.counted:
            self.merger.show(shown.record.context.owner, shown.text, None)

    def _began(self, record: Record, found: Plain) -> datetime | None:
        try:
            at = moment(record.time, self.zone)
            return at - timedelta(seconds=found.seconds or 0) if at else None
        except (ValueError, OverflowError):
            return None

    def _begin(self, record: Record, found: Plain, session: _Session) -> Iterator[Event | Hole]:
        """A statement that was not shown before."""
        sql: str | None = found.text
        if found.kind == "call" or (found.kind == "plan" and not found.sure):
            sql = None
        elif record.detail and _EXECUTE.fullmatch(found.text):
            sql = prepared(record.detail) or sql
        shown = _Shown(record, None, found.kind, found.text, sql, found.sure and record.whole and sql is not None)
        shown.over = found.seconds is not None and found.kind not in ("bind", "plan")
        shown.counted = sql is not None and not sql.strip(" \t\r\n;")
        yield from self._show(shown, session)

    def _named(self, record: Record) -> Iterator[Event | Hole]:
        """A message that names the statement that was running: an error, or a remark."""
        owner, text = record.context.owner, record.statement
        session = self._session(owner)
        failed, shown = record.severity in FAILED, session.shown
        if owner[0] and shown and shown.names(text):
            self.skip()
            if failed:
                self._over(shown)
                shown.result = "denied" if refused(record, shown.sql or "") else "error"
                if shown.counted:
                    self.merger.fail(owner, text)
            return
        if owner[0] and (self.merger.fail(owner, text) if failed else self.merger.knows(owner, text)):
            self.skip()
            return
        one = _Shown(record, None, record.severity.lower(), text, text, record.whole, over=failed)
        if failed:
            one.result = "denied" if refused(record, text) else "error"
        yield from self._show(one, session)

    def _show(self, shown: _Shown, session: _Session) -> Iterator[Event | Hole]:
        """Hold a statement until its session goes on; give out the one before."""
        yield from self._flush(session)
        record = shown.record
        try:
            shown.at = moment(record.time, self.zone)
        except ValueError as error:
            yield time_hole(self.file, record.context.line, error)
            return
        if self._sessions.get(record.context.owner) is session:
            # A session does one thing at a time: what pgaudit told of it before is over.
            yield from self.merger.close(record.context.owner)
        session.shown, session.alone = shown, 0
        if shown.counted:
            self.skip()
        if not record.context.session or self._sessions.get(record.context.owner) is not session:
            yield from self._flush(session)

    def _flush(self, session: _Session) -> Iterator[Event]:
        shown, session.shown = session.shown, None
        if shown and not shown.counted:
            yield self._event(shown)

    def _event(self, shown: _Shown) -> Event:
        context = shown.record.context
        return Event(
            id=f"{context.session}@{context.line}",
            location=Location(self.file.name, context.line, 1),
            account=context.account,
            at=shown.at,
            action="other",  # the statement itself will say
            sql=shown.sql,
            application=context.application,
            database=context.database,
            source_ip=context.source_ip,
            result=shown.result,
            statement_complete=shown.complete,
            extra={"session": context.session, "command": shown.kind},
        )


def _fetches(record: Record) -> bool:
    """Whether it goes on with a portal that was executed before."""
    return "execute fetch from " in record.message[:80] or "执行FETCH操作" in record.message[:80]


def _begins(record: Record) -> bool:
    """Whether a message that is cut may be the beginning of one that shows a statement."""
    return any(word.startswith(record.message) or record.message.startswith(word) for word in _WORDS)
