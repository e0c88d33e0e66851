"""csvlogs as PostgreSQL writes them, made at random: sessions in all their ways; and both readers on one log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tutela.connectors.event_table import EVENTS, row_of
from tutela.connectors.logs import read_log
from tutela.engine.events import Event, Hole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

QUOTED: Final = (1, 2, 4, 7, 13, 14, 15, 16, 18, 19, 21, 22, 23)
TEXTS: Final = (
    "SELECT a FROM app.t", "select 1", "SELECT 'a, \"b\"' FROM t", "select a,\n  b\nfrom t",
    "UPDATE t SET a = '身份证'", "", " ; ", "COPY t TO STDOUT", " copy t to stdout", "EXECUTE plan (1)",
    "select ': select 2'", "select 1 ",
    "insert into t values ('x: /* y')", "select a\r\nfrom t", "select a\rfrom t", "line\u2028end",
    "/* purpose=x */ TABLE t",
)  # fmt: skip
REMARKS: Final = (
    "connection received: host=10.0.0.1 port=5", "checkpoint starting: time", "日志: 完成", "unbekannt:  select 1",
    "disconnection: session time: 0:00:01.000 user=u", "duration: 1.5 ms", "plan: x", "statement:x", "",
    "durée : 1.234 ms", 'temporary file: path "x", size 1', 'fastpath function call: "f" (OID 1)',
    "duration: 0.2 ms  plan:\nQuery Text: select 1\nSeq Scan on t  (cost=0.00..1.00 rows=1)", "语句: select 2",
    "执行时间: 0.3 ms  语句: select 3", "执行 <unnamed>: select 1", "断开连接: x", "statement: select 1",
    "execute fetch from x: select 1",
)  # fmt: skip
KINDS: Final = (
    ("READ", "SELECT"), ("READ", "COPY"), ("WRITE", "INSERT"), ("DDL", "CREATE TABLE"), ("MISC", "SET"),
    ("FUNCTION", "DO"), ("ROLE", "GRANT"), ("WRITE", "X"),
)  # fmt: skip
Message = tuple[str, str, dict[int, str]]
"""Severity, message, and other columns."""


@dataclass(slots=True)
class Server:
    """A server and its log."""

    seed: int
    columns: int = 26
    zone: str = "UTC"
    ways: tuple[str, ...] = ("plain", "timed", "bound", "audit", "mixed", "odd")
    sessions: int = 12
    first: int = 0
    """The number of the first session."""
    texts: tuple[str, ...] = TEXTS
    random: Random = field(init=False)
    clock: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 (test data)

    def lines(self, count: int) -> Iterator[str]:
        """So many records, a session at a time."""
        known = [
            _Session(number, self.random.choice(self.ways)) for number in range(self.first, self.first + self.sessions)
        ]
        for _ in range(count):
            session = self.random.choice(known)
            while not session.waiting:
                session.waiting = list(self._turn(session))
            severity, message, more = session.waiting.pop(0)
            yield self._record(session, severity, message, more)

    def _turn(self, session: _Session) -> Iterator[Message]:
        """The messages of one execution."""
        r, text = self.random, self.random.choice(self.texts)
        way = r.choice(("plain", "timed", "bound", "audit", "odd")) if session.way == "mixed" else session.way
        error: Message = (
            "ERROR", r.choice(("permission denied for table t", "division by zero")), {19: text, 12: "42501"}
        )  # fmt: skip
        errors = [error] if r.random() < 0.08 else []
        if r.random() < (0.004 if way == "audit" else 0.05):
            way = "odd"
        yield from getattr(self, f"_{way}")(session, text, errors)

    def _odd(self, _: _Session, text: str, __: list[Message]) -> Iterator[Message]:
        r = self.random
        more = {19: r.choice(("", " ", text))} if r.random() < 0.3 else {}
        yield r.choice(("LOG", "LOG", "LOG", "WARNING", "FATAL", "日志", "SONST")), r.choice(REMARKS), more

    def _plain(self, _: _Session, text: str, errors: list[Message]) -> Iterator[Message]:
        """`log_statement`, and `log_duration` here and there."""
        r = self.random
        yield "LOG", f"execute <unnamed>: {text}" if r.random() < 0.3 else f"statement: {text}", {}
        yield from errors
        for _number in range(r.choice((0, 0, 1, 1, 1, 2, 4))):
            yield "LOG", "duration: 0.123 ms", {7: r.choice(("SELECT", "BIND", "PARSE"))}

    def _timed(self, _: _Session, text: str, errors: list[Message]) -> Iterator[Message]:
        """`log_min_duration_statement`."""
        yield from errors
        yield "LOG", f"duration: 1.250 ms  {self.random.choice(('statement', 'execute S_1'))}: {text}", {}

    def _bound(self, _: _Session, text: str, errors: list[Message]) -> Iterator[Message]:
        """The same for a client that prepares."""
        r = self.random
        for step in ("parse", "bind", "execute"):
            if r.random() < 0.95:
                detail = {14: r.choice(("", "parameters: $1 = 'x'", "prepare: prepare plan as select a from t"))}
                other = r.choice(self.texts) if r.random() < 0.05 else text
                yield "LOG", f"duration: 0.010 ms  {step} S_{r.randrange(3)}: {other}", detail
        yield from errors

    def _audit(self, session: _Session, text: str, errors: list[Message]) -> Iterator[Message]:
        """pgaudit, with one line or several, rows and parameters here and there."""
        r = self.random
        session.number += r.random() < 0.95
        for part in range(1, r.choice((1, 1, 1, 1, 2, 3)) + 1):
            kind, command = r.choice(KINDS)
            name = r.choice(("", "app.t", "app.t", '"we""ird, name"', "app.身份"))
            shown = r.choice((text, text, text, text, "<not logged>", "<previously logged>", "", "a <REDACTED>"))
            given = r.choice(("<none>", "<not logged>", "5", '"1,2"', "a"))
            number = str(r.choice((part, 1)))
            about = r.choice(("SESSION", "SESSION", "OBJECT"))
            fields = [about, str(session.number), number, kind, command, "TABLE", name, shown, given]
            if r.random() < 0.5:
                fields.append(r.choice(("1", "20000", "", "x", "9" * 20)))
            payload = ",".join(_quoted(value) if i != 6 else value for i, value in enumerate(fields))
            if r.random() < 0.02:
                payload = payload[: r.randrange(len(payload))]
            yield "LOG", f"AUDIT: {payload}", {}
        yield from errors
        if r.random() < 0.1:
            yield "LOG", f"duration: 1500.000 ms  statement: {text}", {}

    def _record(self, session: _Session, severity: str, message: str, more: dict[int, str]) -> str:
        r = self.random
        self.clock += r.choice((0, 1, 40))
        cells = [""] * self.columns
        minutes, seconds = divmod(self.clock // 10, 60)
        hours, minutes = divmod(minutes, 60)
        fraction = r.choice(("", f".{self.clock % 10}00", f".{self.clock % 10}00", f".{self.clock % 10}00000"))
        cells[0] = f"2026-11-{1 + hours // 24:02d} {hours % 24:02d}:{minutes:02d}:{seconds:02d}{fraction} {self.zone}"
        if r.random() < 0.01:
            cells[0] = r.choice(("2026-02-30 09:00:00 UTC", "2026-11-02 09:00:00", "2026-11-02 09:00:00.12 XYZ", "x"))
        cells[1], cells[2], cells[3] = session.account, "crm", str(1000 + session.number_of)
        cells[4] = "[local]" if session.number_of % 3 == 0 else f"10.0.0.{session.number_of}:{5400 + session.number_of}"
        cells[5], cells[6], cells[7] = f"68e1a2b3.{session.number_of:x}", "1", "SELECT"
        cells[8], cells[9], cells[10], cells[11], cells[12] = "2026-11-01 00:00:00 UTC", "3/4", "0", severity, "00000"
        cells[13], cells[22] = message, r.choice(("psql", "psql", "purpose=marketing"))
        if self.columns > 23:
            cells[23] = "client backend"
        for column, value in more.items():
            cells[column] = value
        return ",".join(_always(value) if i in QUOTED and value else value for i, value in enumerate(cells))


@dataclass(slots=True)
class _Session:
    number_of: int
    way: str
    number: int = 0
    waiting: list[tuple[str, str, dict[int, str]]] = field(default_factory=list[tuple[str, str, dict[int, str]]])

    @property
    def account(self) -> str:
        return ("wangfang", "mali", 'o"hara', "王芳")[self.number_of % 4]


def _always(value: str) -> str:
    doubled = value.replace('"', '""')
    return f'"{doubled}"'


def _quoted(value: str) -> str:
    """As pgaudit writes a field."""
    return _always(value) if any(mark in value for mark in ',"\r\n') else value


def said(items: Iterable[Event | Hole]) -> Counter[tuple[Any, ...]]:
    """What a log comes to: the columns of events, the places and codes of holes; denied ones are not asked."""
    found: Counter[tuple[Any, ...]] = Counter()
    for item in items:
        line = item.location.line
        if isinstance(item, Hole):
            found[(line, item.code, *map(str, item.problem.args.values()))] += 1
        elif item.result != "denied":
            row = row_of(item, line)
            row["instant"] = datetime.fromisoformat(str(row["instant"])) if row["instant"] else None
            found[tuple(row[name] for name in EVENTS)] += 1
    return found


def in_duckdb(path: Path, timezone: str | None = None) -> tuple[Counter[tuple[Any, ...]], int, int] | None:
    """What DuckDB and the reader of its rest find; how many events are DuckDB's; how many messages were passed over."""
    from tutela.connectors.audit_duckdb import duck_database
    from tutela.connectors.event_files import load_file

    reader = read_log(path, format="postgres-csvlog", timezone=timezone)
    with duck_database() as database:
        rest = load_file(database, path, "postgres-csvlog", reader.mapping, reader.skip)
        if rest is None:
            return None
        found = said(rest.items)
        taken = Counter(tuple(row) for row in database.rows(f"SELECT {', '.join(EVENTS)} FROM events"))
    return found + taken, taken.total(), reader.skipped


def same_twice(path: Path, timezone: str | None = None) -> int:
    """Hold both against each other; how many events DuckDB took."""
    reader = read_log(path, format="postgres-csvlog", timezone=timezone)
    expected = said(reader)
    found = in_duckdb(path, timezone)
    assert found is not None
    assert found[0] == expected
    assert found[2] == reader.skipped
    return found[1]
