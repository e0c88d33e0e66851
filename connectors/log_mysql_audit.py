"""Records of MySQL Enterprise Audit and Percona's audit log, whatever they are written in -> events."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tutela.engine.errors import Location
from tutela.engine.events import Event, Hole

from .log_mysql import (
    UNKNOWN,
    Session,
    Sessions,
    action_of,
    closed,
    first_word,
    mysql_time,
    natural,
    result_of,
    rows_of,
    touches_nothing,
    used_database,
)
from .log_times import UncertainTimeError, epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from tutela.engine.events import EventAction

    from .log_lines import LogFile

_LOGINS: Final = frozenset({"connect", "change user"})
_ENDS: Final = frozenset({"quit", "disconnect"})
_STATEMENTS: Final = frozenset({"query", "execute", "query status end", "query nested status end"})
_TABLES: Final[dict[str, EventAction]] = {
    "tableread": "read", "tableinsert": "insert", "tableupdate": "update", "tabledelete": "delete",
}  # fmt: skip
_SILENT: Final = frozenset({"binlog dump", "binlog dump gtid", "table dump", "clone"})
"""Commands that touch rows, and whose record does not say which."""
_QUIET: Final = frozenset(
    {
        "audit", "noaudit", "pre authenticate", "startup", "shutdown", "server startup", "server shutdown",
        "query start", "query nested start", "command start", "command end", "preauthenticate", "authenticate",
        "authflush", "variable get", "variable set",
        "ping", "statistics", "prepare", "close stmt", "reset stmt", "init db", "field list", "long data", "fetch",
        "debug", "set option", "kill", "processlist", "refresh", "daemon", "sleep", "reset connection",
        "register slave", "register replica", "connect out", "error", "time", "message", "parse", "stored program",
    }
)  # fmt: skip
"""Records that are no access: statements are told once, when they end."""
_WHO: Final = re.compile(r"(?P<priv>[^\[\]]*)\[(?P<user>[^\[\]]*)\] @ *(?P<host>[^\s\[]*) *\[(?P<ip>[^\[\]]*)\]")


@dataclass(slots=True)
class Records:
    """Turns records into events; remembers who each connection belongs to, for those that do not say it."""

    file: LogFile
    zone: ZoneInfo | None
    skipped: Callable[[], None]
    sessions: Sessions = field(default_factory=Sessions)
    told: dict[str, str] = field(default_factory=dict[str, str])
    """Thread -> the text of its last statement: the end of a query repeats it."""

    def read(self, line: int, record: Mapping[str, str]) -> Iterator[Event | Hole]:
        """The event of one record, its keys in small letters as in the XML formats."""
        name = record.get("name", "").lower()
        thread = record.get("connection_id", "")
        if name in _LOGINS:
            session = self._session(record, self.sessions.get(thread) if name == "change user" else UNKNOWN)
            result = result_of(natural(record.get("status", "0")) or 0)
            if result == "success":
                self.sessions.put(thread, session)
            yield self._event(line, record, session, "login", None)
        elif name in _ENDS:
            self.sessions.end(thread)
            self.told.pop(thread, None)
            self.skipped()
        elif name in _STATEMENTS:
            yield from self._statement(line, record, name, thread)
        elif name in _TABLES or name in _SILENT:
            session = self._session(record, self.sessions.get(thread))
            yield self._event(line, record, session, _TABLES.get(name, "export"), record.get("sqltext") or None)
        elif name in _QUIET:
            if name == "init db" and record.get("db"):
                self.sessions.put(thread, self.sessions.get(thread)._replace(database=record["db"]))
            self.skipped()
        elif name:
            yield self.file.hole("log-line", line, format="mysql-audit")
        else:
            yield self.file.hole("log-field-missing", line, field="NAME")

    def _statement(self, line: int, record: Mapping[str, str], name: str, thread: str) -> Iterator[Event | Hole]:
        sql = record.get("sqltext")
        ends = name.endswith("end")
        if ends and sql is not None and self.told.pop(thread, None) == sql:
            self.skipped()
            return
        session = self._session(record, self.sessions.get(thread))
        if sql is not None and record.get("status", "0") == "0" and (database := used_database(sql)) is not None:
            self.sessions.put(thread, session._replace(database=database))
        if sql is not None and touches_nothing(sql):
            self.skipped()
            return
        if thread and sql is not None and not ends:
            self.told[thread] = sql
            if len(self.told) > _MAX_TOLD:
                self.told.pop(next(iter(self.told)))
        yield self._event(line, record, session, action_of(sql or ""), sql)

    def _session(self, record: Mapping[str, str], known: Session) -> Session:
        """Who a record belongs to: as it says itself, else as its connection began."""
        text = record.get("user", "")
        who = _WHO.fullmatch(text)
        user = (who["user"] or who["priv"]) if who else text
        address = record.get("ip") or record.get("host") or (who["ip"] or who["host"] if who else "")
        if user and known.account and user != known.account:
            known = UNKNOWN
        return Session(user or known.account, record.get("db") or known.database, address or known.source_ip)

    def _event(
        self, line: int, record: Mapping[str, str], session: Session, action: EventAction, sql: str | None
    ) -> Event | Hole:
        try:
            if (seconds := natural(record.get("time", ""))) is not None:
                at = epoch(seconds)
            else:
                at = mysql_time(record.get("timestamp", ""), self.zone)
        except ValueError as error:
            uncertain = isinstance(error, UncertainTimeError)
            return self.file.hole("log-time-zone" if uncertain else "log-time", line)
        thread = record.get("connection_id", "")
        code = natural(record.get("status", ""))
        result = "" if code is None else result_of(code)
        if result == "denied" and sql is not None and first_word(sql) == "call":
            result = "error"  # a part of it ran
        table = record.get("table", "")
        return Event(
            id=record.get("record_id") or f"{thread}@{line}",
            location=Location(self.file.name, line, 1),
            account=session.account,
            at=at,
            action=action,
            sql=sql,
            tables=(f"{session.database}.{table}" if session.database else table,) if table else (),
            row_count=rows_of(sql or "call", natural(record.get("rows_sent", "")), None),
            database=session.database,
            source_ip=session.source_ip,
            result=result,
            statement_complete=sql is None or closed(sql),
            extra={"session": thread, "command": record.get("command_class", "")},
        )


_MAX_TOLD: Final = 10_000
