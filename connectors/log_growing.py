"""A log that grows: a file or a pipe, read from a position on, in stretches that end between two records.

`lines` gives one stretch: up to where nothing has come for a moment, or where it is long enough. Its reader then gives
out all that it held back, and the position behind it can be kept: whoever starts there again misses nothing.
"""

from __future__ import annotations

import os
import re
import select
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from tutela.engine.events import Hole

from .files import STDIN
from .log_lines import HEAD, MAX_LINE, MAX_RECORD, PARQUET, Line, LogFile, decode
from .log_sequence import Sequence
from .log_stream import packing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

QUIET: Final = 1.0
"""Seconds without anything new after which a record is taken to be whole."""
GRACE: Final = 5.0
"""Seconds for which a file that was replaced is still read: its writer learns of it later."""
POLL: Final = 0.2
"""Seconds between two looks at a file."""
STRETCH: Final = 20_000
"""Lines after which a stretch ends with the next record."""
QUOTES: Final = "quotes"
_BRACE: Final = re.compile(rb"\{")
_SECTIONS: Final = rb"(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION|\xe8\xaf\xad\xe5\x8f\xa5): {1,2}"
_MARGIN: Final = re.compile(rb"(?!\s)(?!.*" + _SECTIONS + rb")")
"""No continuation, and nothing that explains the message before."""
_WRAPPED: Final = re.compile(rb"\{(?!.*(?::\s*\"\\t|" + _SECTIONS + rb"))")
"""The same of a line inside JSON."""
_NONE: Final = re.compile(rb"(?!)")
"""The lines of a message stand among those of others: only a pause says that all are whole."""
_STAMP: Final = re.compile(rb"\d{8} \d\d:\d\d:\d\d,")
BEGINS: Final[Mapping[str, re.Pattern[bytes] | str]] = {
    "pgaudit-jsonlog": _BRACE,
    "postgres-jsonlog": _BRACE,
    "postgres-cloud": _WRAPPED,
    "postgres-syslog": _NONE,
    "pgaudit-csvlog": QUOTES,
    "postgres-csvlog": QUOTES,
    "pgaudit-psql": _MARGIN,
    "pgaudit-stderr": _MARGIN,
    "postgres-stderr": _MARGIN,
    "mariadb-audit": _STAMP,
    "mysql-audit-json": _BRACE,
    "mysql-audit-csv": QUOTES,
    "bigquery": _BRACE,
    "jsonl": _BRACE,
    "csv": QUOTES,
}
"""Which lines begin a record, in the formats of logs that can be taken up anywhere; with QUOTES, those before which all
quotes are closed. MySQL's general and slow logs say who and where only once, so that reading begins at their start."""
HEADED: Final = frozenset({"csv"})
"""Formats whose first line names the fields."""


class Position(NamedTuple):
    """How much of a log lies behind."""

    offset: int = 0
    """Bytes."""
    line: int = 0
    """Lines."""


START: Final = Position()


class Pace(NamedTuple):
    """How long to wait for what is not there yet, and when to stop."""

    follow: bool
    """Whether to wait for more at the end of a file."""
    idle: Callable[[float], None]
    """Is told that nothing has come, and lets some seconds pass."""
    stopped: Callable[[], bool] = lambda: False
    final: bool = False
    """Whether nobody writes any more: the last line counts although it has no end."""


class GrowingLog(LogFile):
    """An open log of which more may come; each call of `lines` gives the next stretch."""

    def __init__(self, name: str, stream: BinaryIO, pace: Pace, start: Position = START) -> None:
        self.name = name
        self.taken = start.offset
        self.sequence = Sequence(name)
        self.is_parquet = False
        self.position = start
        """Behind the last stretch."""
        self.format = ""
        self.over = False
        """Whether nothing can come any more: the pipe is closed, the file was replaced."""
        self.shortened = False
        """Whether the file became shorter than what was read of it."""
        self._stream = stream
        self.descriptor = stream.fileno()
        self._is_file = name != STDIN
        self._pace = pace
        self._buffer = bytearray()
        self._head = self._first(start)

    def _first(self, start: Position) -> bytes:
        """The first bytes, with a whole line if there is one; waits for it where more may come."""
        if self._is_file and start.offset:
            os.lseek(self.descriptor, start.offset, os.SEEK_SET)
            return os.pread(self.descriptor, HEAD, 0)
        waited = 0.0
        while b"\n" not in self._buffer and len(self._buffer) < HEAD and not self.over:
            if not (self._fill() or self._wait(waited)):
                break
            waited += POLL
        return bytes(self._buffer[:HEAD])

    def check(self) -> None:
        """Raise InputError for what is no text."""
        if b"\0" in self._head or self._head.startswith(PARQUET) or packing(self._head):
            raise self.refuse("log-not-growing", formats=", ".join(BEGINS))

    @property
    def unfinished(self) -> bool:
        """Whether something stands behind the last record."""
        return self._is_file and os.fstat(self.descriptor).st_size > self.position.offset

    @property
    def empty(self) -> bool:
        """Whether there is no line yet."""
        lines = self._head if self._pace.final or len(self._head) >= HEAD else self._head[: self._head.rfind(b"\n") + 1]
        return not lines.strip(b"\xef\xbb\xbf \t\r\n")

    def of_format(self, name: str) -> None:
        """Say the format; InputError when logs of it do not grow line by line."""
        if name not in BEGINS:
            raise self.refuse("log-not-growing", formats=", ".join(BEGINS))
        self.format = name

    def lines(self) -> Iterator[Line | Hole]:
        """The lines of the next stretch, whole records only."""
        if self.position.line and self.format in HEADED:
            yield Line(1, self.head()[0])
        begins, given, held, size = BEGINS[self.format], 0, list[Line | Hole](), 0
        offset, number, open_quote = *self.position, 0
        while True:
            data = self._line(quiet=given > 0 and not held)
            if data is None:
                break
            if given >= STRETCH and not open_quote and (isinstance(begins, str) or begins.match(data)):
                self._buffer[:0] = data
                break
            offset, number = offset + len(data), number + 1
            held.append(self._decoded(data, number))
            size += len(data)
            open_quote ^= begins == QUOTES and data.count(b'"') % 2
            if not open_quote or size > MAX_RECORD:
                self.position, given, open_quote, size = Position(offset, number), given + len(held), 0, 0
                yield from held
                held.clear()
        if held and self.over:  # nothing will close the quote any more
            self.position = Position(offset, number)
            yield from held
        elif held:
            self._again()

    def _again(self) -> None:
        """Read from the position on once more: a record there is not whole yet."""
        if self._is_file:
            self._buffer.clear()
            os.lseek(self.descriptor, self.position.offset, os.SEEK_SET)

    def _decoded(self, data: bytes, number: int) -> Line | Hole:
        ended = data.endswith(b"\n")
        if len(data) > MAX_LINE:
            return self.hole("log-line-long", number, limit=MAX_LINE)
        text = decode(data.removeprefix(b"\xef\xbb\xbf"))
        return self.hole("log-encoding", number) if text is None else Line(number, text.rstrip("\r\n"), ended)

    def _line(self, *, quiet: bool) -> bytes | None:
        """The next whole line; None where the stretch ends, with `quiet` also after a pause. Too long a line is cut."""
        searched, waited = 0, 0.0
        while (end := self._buffer.find(b"\n", searched)) < 0 and len(self._buffer) < 4 * MAX_LINE:
            searched = len(self._buffer)
            if self._fill():
                waited = 0.0
                continue
            if self.over:
                break
            if (quiet and waited >= QUIET and not searched) or not self._wait(waited):
                return None
            waited += POLL
        data = bytes(self._buffer[: end + 1 or None])
        del self._buffer[: len(data)]
        return data or None

    def _fill(self) -> bool:
        """Take what is there now; False when there is nothing."""
        if not self._is_file and not select.select([self.descriptor], [], [], 0)[0]:
            return False
        data = os.read(self.descriptor, 1 << 18)
        self._buffer += data
        self.taken += len(data)
        if not data and not self._is_file:
            self.over = True
        return bool(data)

    def _wait(self, waited: float) -> bool:
        """Wait for more; False when none is to be waited for."""
        if self._pace.final:
            self.over = True
            return True
        if self.over or not self._pace.follow or self._pace.stopped():
            return False
        if self._is_file:
            self.over = self._shortened() or (waited >= GRACE and self._replaced())
        if not self.over:
            self._pace.idle(POLL)
        return True

    def _shortened(self) -> bool:
        """Whether the file lost what was read of it, so that the rest is of something else."""
        self.shortened = os.fstat(self.descriptor).st_size < self.taken
        return self.shortened

    def _replaced(self) -> bool:
        """Whether another file stands under the name; while there is none, its writer may still hold this one."""
        mine = os.fstat(self.descriptor)
        try:
            there = Path(self.name).stat()
        except FileNotFoundError:
            return False
        return (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino)
