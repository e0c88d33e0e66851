"""A log as a stream of decoded lines, each with its number: constant memory, any size, any damage."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import deque
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast

from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.events import Hole

from .log_sequence import Sequence
from .log_stream import DAMAGES, Begun, open_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MAX_LINE: Final = 1 << 20
"""Bytes in one line; what is longer is a hole."""
MAX_RECORD: Final = 4 << 20
"""Characters in one record of several lines."""
MAX_RECORD_LINES: Final = 20_000
HEAD: Final = 1 << 16
MARK: Final = 1024
"""Bytes at the beginning of a log that tell it from others."""
PARQUET: Final = b"PAR1"
"""What a Parquet file begins with."""


class Line(NamedTuple):
    """One line without its end; `ended` is False when the file stops before the line end."""

    number: int
    text: str
    ended: bool = True


class Cells(NamedTuple):
    """One CSV record and the line where it begins."""

    number: int
    values: list[str]


def mark_of(head: bytes) -> str:
    """A digest of the first bytes of a log."""
    return hashlib.sha256(head[:MARK]).hexdigest()


class LogFile:
    """An open log: its first bytes for detection, and its lines."""

    def __init__(self, path: str | Path) -> None:
        self.name = str(path)
        self.taken = 0
        """Bytes that were taken from the file so far; packed ones where it is packed."""
        self.sequence = Sequence(self.name)
        """The numbers of the lines of each session, where the format has them."""
        try:
            unpacked = open_log(path, self._take)
            self._head = unpacked.read(HEAD)
        except ImportError:
            raise InputError([self.problem("log-library", library="backports.zstd")]) from None
        except DAMAGES as error:
            raise InputError([unopened(self.name, error)]) from None
        self._stream: BinaryIO = cast("BinaryIO", io.BufferedReader(Begun(self._head, unpacked)))
        if not self._head.strip(b"\xef\xbb\xbf \t\r\n"):
            self._stream.close()
            raise InputError([self.problem("log-empty")])
        self.is_parquet = self._head.startswith(PARQUET)
        """Whether its first bytes are those of Parquet, which another reader opens by its name."""
        if b"\0" in self._head and not self.is_parquet:
            self._stream.close()
            raise InputError([self.problem("log-binary")])

    def _take(self, count: int) -> None:
        self.taken += count

    def problem(self, code: str, line: int = 0, **args: object) -> Problem:
        """A problem at a line of this log."""
        return Problem(code=code, location=Location(self.name, line, 1 if line else 0), args=args)

    def hole(self, code: str, line: int, **args: object) -> Hole:
        """A hole at a line of this log."""
        return Hole(Problem(code=code, location=Location(self.name, line, 1), args=args), self._mark())

    def _mark(self) -> str:
        """A digest of how this log begins, which does not change while it grows."""
        return mark_of(self._head)

    def refuse(self, code: str, **args: object) -> InputError:
        """Close the log and say why it cannot be used."""
        self._stream.close()
        return InputError([Problem(code=code, location=Location(self.name), args=args)])

    def close(self) -> None:
        """Close the log; another reader opens it by its name."""
        self._stream.close()

    def head(self) -> list[str]:
        """The first lines, for detection; the last one may be cut by the sample."""
        lines = self._head.removeprefix(b"\xef\xbb\xbf").splitlines()
        return [decode(line) or "" for line in lines]

    def lines(self) -> Iterator[Line | Hole]:
        """Every line; a hole for each that cannot be decoded or is too long."""
        with self._stream as stream:
            number = 0
            while True:
                try:
                    data = stream.readline(MAX_LINE)
                except DAMAGES:
                    yield self.hole("log-cut", number + 1)
                    return
                if not data:
                    return
                number += 1
                # A byte order mark may also stand inside: files that were joined.
                ended = data.endswith(b"\n")
                if not ended and len(data) == MAX_LINE:
                    yield self.hole("log-line-long", number, limit=MAX_LINE)
                    while data and not data.endswith(b"\n"):
                        data = stream.readline(MAX_LINE)
                    continue
                text = decode(data.removeprefix(b"\xef\xbb\xbf"))
                if text is None:
                    yield self.hole("log-encoding", number)
                else:
                    yield Line(number, text.rstrip("\r\n"), ended)


def unopened(name: str, error: Exception) -> Problem:
    """Why a log cannot be opened, or unpacked."""
    reason = getattr(error, "strerror", None)
    if isinstance(error, FileNotFoundError):
        return Problem(code="log-missing", location=Location(name), args={"file": name})
    if reason:
        return Problem(code="log-unreadable", location=Location(name), args={"reason": reason.lower()})
    return Problem(code="log-damaged", location=Location(name))


def decode(data: bytes) -> str | None:
    """A line as UTF-8, else as GB18030; None when it is neither, or holds a NUL."""
    if b"\0" in data:
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def split_csv(text: str) -> list[str] | None:
    """The fields of one CSV record; None when it is not valid."""
    usual = csv.field_size_limit(MAX_RECORD)  # which is shorter than many an INSERT
    try:
        rows = list(csv.reader([text], strict=True)) if "\n" not in text else list(_multi(text))
    except csv.Error:
        return None
    finally:
        csv.field_size_limit(usual)
    return rows[0] if len(rows) == 1 else None


def _multi(text: str) -> Iterator[list[str]]:
    yield from csv.reader(text.splitlines(keepends=True) if "\r" in text else _kept(text), strict=True)


def _kept(text: str) -> list[str]:
    parts = text.split("\n")
    return [*(f"{part}\n" for part in parts[:-1]), parts[-1]]


def records(file: LogFile, accept: Callable[[int], bool]) -> Iterator[Cells | Hole]:
    """CSV records that may run over several lines; `accept` says whether a number of fields is right.

    Where a quote is left open (a log cut in the middle), the record that results is no record: its first line
    is a hole, and reading goes on with the next line, so that the damage does not spread.
    """
    waiting: deque[Line | Hole] = deque()
    usual = 0
    source = file.lines()

    def take() -> Line | Hole | None:
        return waiting.popleft() if waiting else next(source, None)

    while (item := take()) is not None:
        if isinstance(item, Hole):
            yield item
            continue
        if not item.text.strip():
            continue
        gathered: list[Line | Hole] = [item]
        parts, size, open_quote = [item.text], len(item.text), item.text.count('"') % 2
        broken = False
        while open_quote and size < MAX_RECORD and len(parts) < MAX_RECORD_LINES:
            more = take()
            if more is None:
                break
            gathered.append(more)
            if isinstance(more, Hole):
                broken = True
                break
            parts.append(more.text)
            size += len(more.text)
            open_quote ^= more.text.count('"') % 2
        values = None if open_quote or broken else split_csv("\n".join(parts))
        last = gathered[-1]
        cut = usual and isinstance(last, Line) and not last.ended and values is not None and len(values) != usual
        if values is not None and accept(len(values)) and not cut:
            usual = len(values)
            yield Cells(item.number, values)
            continue
        yield _csv_hole(file, item.number, values, cut=bool(open_quote) or broken)
        waiting.extendleft(reversed(gathered[1:]))


def _csv_hole(file: LogFile, number: int, values: list[str] | None, *, cut: bool) -> Hole:
    if cut or (values is not None):
        return file.hole("log-cut", number)
    return file.hole("log-csv", number)
