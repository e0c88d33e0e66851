"""Messages that PostgreSQL has sent to syslog: taken out of their envelopes, and joined again."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from tutela.engine.events import Hole

from .log_lines import MAX_RECORD, Line, LogFile
from .log_pgaudit import MAX_OPEN
from .log_record import SECTIONS
from .log_stderr import TextRecords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .log_prefix import Prefix
    from .log_record import Record

_HEADER: Final = re.compile(
    r"(?:<\d{1,3}>)?"
    r"(?:1 (?P<time5>\S+) (?P<host5>\S+) (?P<name5>\S+) (?P<pid5>\S+) \S+ (?:-|(?:\[[^\]]*\])+)"
    r"(?: \ufeff?(?P<text5>.*))?"
    r"|(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?P<host>\S+) (?P<name>[^\s\[:]+)"
    r"(?:\[(?P<pid>\d+)\])?:(?: (?P<text>.*))?)",
    re.ASCII | re.DOTALL,
)
"""RFC 5424, or RFC 3164 with its own time or that of RFC 3339."""
_CHUNK: Final = re.compile(r"\[(\d+)-(\d+)\](?: (.*))?", re.ASCII | re.DOTALL)
_REPEATED: Final = re.compile(r"message repeated \d+ times: \[")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NAME: Final = "postgres"
"""What a server calls itself (`syslog_ident`), unless it numbers its lines."""


class Parcel(NamedTuple):
    """One line of syslog: who sent what."""

    time: str
    host: str
    name: str
    pid: str
    message: int | None
    """The number of the message that it is a part of; None without `syslog_sequence_numbers`."""
    part: int
    text: str


def parcel(line: str) -> Parcel | None:
    """The parts of a line; None when it is none of syslog."""
    match = _HEADER.fullmatch(line)
    if match is None:
        return None
    groups = {name.removesuffix("5"): value for name, value in match.groupdict().items() if value is not None}
    text = groups.get("text", "").replace("#011", "\t").replace("#012", "\n")
    chunk = _CHUNK.fullmatch(text)
    number, part = (int(chunk[1]), int(chunk[2])) if chunk else (None, 0)
    text = (chunk[3] or "") if chunk else text
    time, pid = ("" if groups.get(name) in (None, "-") else groups[name] for name in ("time", "pid"))
    return Parcel(time, groups["host"], groups["name"], pid, number, part, text)


def texts(head: Iterable[str]) -> list[str]:
    """What PostgreSQL may have said in the first lines of a log."""
    found = (parcel(line) for line in head)
    return [one.text.partition("\n")[0] for one in found if one and _ours(one) and one.part <= 1]


def is_syslog(head: Iterable[str]) -> bool:
    """Whether there is a line of PostgreSQL among these."""
    return any(_ours(one) for one in map(parcel, head) if one)


def _ours(one: Parcel) -> bool:
    return one.message is not None or one.name == NAME


@dataclass(slots=True)
class Years:
    """Adds the year to times without one: that of the first line, and the next one from December to January."""

    year: int | None
    _month: int = 0

    def dated(self, time: str) -> str:
        """A time with its year, where it is known."""
        month = _MONTHS.index(time[:3]) + 1 if time[:3] in _MONTHS else 0
        if self.year is None or not month:
            return time
        if self._month and abs(month - self._month) > 6:
            self.year += 1 if month < self._month else -1
        self._month = month
        return f"{self.year:04}-{month:02}-{time[4:6].replace(' ', '0')}T{time[7:]}"


@dataclass(slots=True)
class _Message:
    first: Parcel
    time: str
    lines: list[Line]
    part: int = 0
    size: int = 0
    lost: bool = False


@dataclass(slots=True)
class _Joiner:
    """Joins the parts of messages; those of different processes are mixed."""

    text: TextRecords
    years: Years
    skip: Callable[[], None]
    _open: OrderedDict[tuple[str, str, str], _Message] = field(
        default_factory=OrderedDict["tuple[str, str, str]", "_Message"]
    )
    _names: set[str] = field(default_factory=lambda: {NAME})

    def add(self, line: Line) -> Iterator[Record | Hole]:
        """One line: the messages that it completes."""
        one = parcel(line.text)
        if one is None:
            if line.text.strip():
                yield self.text.file.hole("log-line", line.number, format="syslog")
            return
        time = self.years.dated(one.time)
        if one.name not in self._names and self._begins(one):
            self._names.add(one.name)
        if one.name in self._names:
            yield from self._part(line, one, time)
        else:
            self.skip()

    def _part(self, line: Line, one: Parcel, time: str) -> Iterator[Record | Hole]:
        key = (one.host, one.name, one.pid)
        held = self._open.get(key)
        if held is None or not self._follows(one, held):
            if held:
                yield from self._give(key)
            held = self._open[key] = _Message(one, time, [], lost=not self._begins(one))
            if held.lost:
                yield self.text.file.hole("log-cut", line.number)
            if len(self._open) > MAX_OPEN:
                yield from self._give(next(iter(self._open)))
        elif one.message is not None and one.part != held.part + 1 and not held.lost:
            held.lost = True
            yield self.text.file.hole("log-cut", line.number)
        held.part = one.part
        if not held.lost:
            yield from self._append(held, line, one.text)

    def finish(self) -> Iterator[Record | Hole]:
        """Everything that is still open at the end of the log."""
        while self._open:
            yield from self._give(next(iter(self._open)))
        yield from self.text.finish()

    def _follows(self, one: Parcel, held: _Message) -> bool:
        """Whether a part belongs to the message that its process has begun."""
        if one.message is not None:
            return one.part > 1 and one.message == held.first.message
        match = self.text.prefix.pattern.fullmatch(one.text.partition("\n")[0])
        return match is None or match["severity"] in SECTIONS

    def _begins(self, one: Parcel) -> bool:
        """Whether a part is the first one of a message of PostgreSQL."""
        if one.message is not None:
            return one.part == 1
        return self.text.prefix.pattern.fullmatch(one.text.partition("\n")[0]) is not None

    def _append(self, held: _Message, line: Line, text: str) -> Iterator[Hole]:
        held.size += len(text)
        if held.size > MAX_RECORD:
            held.lost = True
            yield self.text.file.hole("log-line-long", held.lines[0].number, limit=MAX_RECORD)
            return
        if _REPEATED.match(text):
            yield self.text.file.hole("log-line", line.number, format="syslog")
            return
        for index, piece in enumerate(text.split("\n")):
            match = None if piece.startswith("\t") else self.text.prefix.pattern.fullmatch(piece)
            new = not held.lines or piece.startswith("\t") or index or (match and match["severity"] in SECTIONS)
            if new:
                held.lines.append(Line(line.number, piece, line.ended))
            else:
                before = held.lines[-1]
                held.lines[-1] = Line(before.number, before.text + piece, line.ended)

    def _give(self, key: tuple[str, str, str]) -> Iterator[Record | Hole]:
        held = self._open.pop(key)
        if held.lost:
            return
        for line in held.lines:
            yield from self.text.add(line, origin=held.first.host, process=held.first.pid, time=held.time)


def syslog_records(
    file: LogFile, prefix: Prefix, year: int | None, skip: Callable[[], None]
) -> Iterator[Record | Hole]:
    """The messages of PostgreSQL in a log of syslog; those of other programs are passed over."""
    joiner = _Joiner(TextRecords(file, prefix, "syslog"), Years(year), skip)
    for line in file.lines():
        if isinstance(line, Hole):
            yield line
        else:
            yield from joiner.add(line)
    yield from joiner.finish()
