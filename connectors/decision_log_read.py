"""The files of a decision log as entries: the numbered ones, which are full, and the one that is written.

`decisions.jsonl` is written; when it is full it becomes `decisions.jsonl.000001`, and so on. Both directions work
while another process writes and turns files over.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NoReturn

from tutela.engine.decision_log_chain import LARGEST
from tutela.engine.errors import InputError, Location, Problem

from .decision_log_store import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tutela.engine.decision_log_chain import Head

BLOCK: Final = 1 << 16
LOCK: Final = ".lock"
_NUMBER: Final = re.compile(r"\.([0-9]{6,9})\Z", re.ASCII)


def numbered(path: Path) -> list[Path]:
    """The full files of a log, the oldest first."""
    found = [
        (int(number[1]), file)
        for file in path.parent.iterdir()
        if file.name.startswith(f"{path.name}.") and (number := _NUMBER.match(file.name[len(path.name) :]))
    ]
    return [file for _, file in sorted(found)]


def next_name(path: Path) -> Path:
    """What the written file is called when it is full."""
    full = numbered(path)
    last = int(full[-1].name.rpartition(".")[2]) if full else 0
    return path.with_name(f"{path.name}.{last + 1:06d}")


class FileReader:
    """Reads the files of a log."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self.location = Location(path)
        try:
            there = self._path.parent.is_dir() and (self._path.exists() or numbered(self._path))
        except (OSError, ValueError) as error:
            unreadable(error, self.location)
        if not there:
            raise InputError([Problem(code="decision-log-empty", location=self.location)])

    def lines(self) -> Iterator[Line]:
        """All entries, the oldest first; the end of the last one may not be there."""
        try:
            with ExitStack() as stack:
                active, full = self._files(stack)
                for file in full:
                    yield from _of(file, _forward)
                if active is not None:
                    yield from _forward(active)
        except OSError as error:
            unreadable(error, self.location)

    def newest(self) -> Iterator[Line]:
        """All entries, the newest first; one whose end is missing is left out."""
        try:
            with ExitStack() as stack:
                active, full = self._files(stack)
                if active is not None:
                    yield from backwards(active)
                for file in reversed(full):
                    yield from _of(file, backwards)
        except OSError as error:
            unreadable(error, self.location)

    def head(self) -> Head | None:
        """Files note no head beside the entries."""
        return None

    def written(self) -> bool:
        """Whether a process writes the log at this moment: then an entry without its end is on its way."""
        from .decision_log_file import locked

        return locked(self._path)

    def _files(self, stack: ExitStack) -> tuple[BinaryIO | None, list[Path]]:
        """The file that is written, opened, and the full ones before it, each to be opened in its turn.

        What is turned over from then on is no part of this reading.
        """
        active, full = _open(self._path, stack), numbered(self._path)
        if active is None:
            return None, full
        same = os.fstat(active.fileno())
        return active, list(takewhile(lambda file: not _is(file, same), full))


def _is(file: Path, same: os.stat_result) -> bool:
    try:
        return os.path.samestat(file.stat(), same)
    except FileNotFoundError:
        return False


def _open(path: Path, stack: ExitStack) -> BinaryIO | None:
    try:
        return stack.enter_context(path.open("rb"))
    except FileNotFoundError:
        return None


def _of(file: Path, read: Callable[[BinaryIO], Iterator[Line]]) -> Iterator[Line]:
    """The lines of a full file; of one that was taken away meanwhile none."""
    with ExitStack() as stack:
        stream = _open(file, stack)
        if stream is not None:
            yield from read(stream)


def _forward(stream: BinaryIO) -> Iterator[Line]:
    number = 0
    while text := stream.readline(LARGEST + 2):
        number += 1
        whole = text.endswith(b"\n")
        torn = not whole and len(text) <= LARGEST
        yield Line(Location(str(stream.name), number), text[:-1] if whole else text, torn=torn)


def backwards(stream: BinaryIO) -> Iterator[Line]:
    """The whole lines of a file from its end; a line longer than an entry can be comes in pieces."""
    place = Location(str(stream.name))
    left = stream.seek(0, os.SEEK_END)
    rest, ended = b"", False
    while left:
        size = min(BLOCK, left)
        left -= size
        stream.seek(left)
        pieces = (stream.read(size) + rest).split(b"\n")
        rest = pieces.pop(0)
        if pieces and not ended:
            ended = True
            pieces.pop()  # behind the last line's end: nothing, or what is torn
        for text in reversed(pieces):
            yield Line(place, text)
        if len(rest) > LARGEST:
            yield Line(place, rest)
            return
    if ended:
        yield Line(place, rest)


def end_of_lines(stream: BinaryIO) -> int:
    """Where the last whole line of a file ends."""
    left = stream.seek(0, os.SEEK_END)
    while left:
        size = min(BLOCK, left)
        left -= size
        stream.seek(left)
        if (at := stream.read(size).rfind(b"\n")) >= 0:
            return left + at + 1
    return 0


def unreadable(error: Any, location: Location) -> NoReturn:  # noqa: ANN401 (OSError, or ValueError of a NUL)
    """Raise an InputError that says why a file cannot be read."""
    reason = (getattr(error, "strerror", None) or "its name is no name of a file").lower()
    raise InputError([Problem(code="decision-log-unreadable", location=location, args={"reason": reason})]) from None
