"""The events of a log that grows, with the points at which a run may end and another one go on.

A file that was renamed by a rotation is found again by its number, and read to its end before the new one. What was
rotated away while nobody read, and is not there any more, is a hole.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.events import Hole

from .files import STDIN
from .log_growing import GrowingLog, Position
from .log_lines import unopened
from .log_state import FileMark
from .logs import read_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tutela.engine.events import Event

    from .log_growing import Pace
    from .log_state import LogState
    from .logs import LogReader


class Point(NamedTuple):
    """Everything before it was given out: the state may be kept."""

    state: LogState


class _Part(NamedTuple):
    """A file that is read, from where, and whether it is over and done with."""

    name: str
    start: Position
    final: bool = False


class Following:
    """Reads a log from where its state says."""

    def __init__(self, path: str | Path, options: Mapping[str, Any], state: LogState, pace: Pace) -> None:
        self.path = str(path)
        self.state = state
        self.reader: LogReader | None = None
        """What reads the stretch at hand."""
        self.unfinished: Location | None = None
        """The last line, where it was left for the next time: its end is not there yet."""
        self._options = {name: value for name, value in options.items() if value is not None}
        self._pace = pace
        self._until = 0
        """When the file that was read last was last written to."""
        self._shortened = False
        if "year" in self._options:
            raise InputError([Problem(code="log-year-growing", location=Location(self.path))])

    def items(self) -> Iterator[Event | Hole | Point]:
        """The events and holes that have not been given yet, and a point behind each stretch of them.

        InputError for what cannot be opened, is no text, or has a format that cannot be taken up anywhere.
        """
        for part in self._parts():
            if isinstance(part, Hole):
                yield part
                continue
            try:
                file = self._open(part)
            except InputError as error:
                if not part.final:
                    raise
                yield from map(Hole, error.problems)  # a packed file that was rotated away: not judged, and said so
                continue
            self.state = replace(self.state, file=self._mark(file), position=part.start)
            yield from self._stretches(file)
            self._until, self._shortened = os.fstat(file.descriptor).st_mtime_ns, file.shortened
            if file.shortened:
                yield file.hole("log-shortened", max(file.position.line, 1))
            elif file.unfinished and not part.final:
                self.unfinished = Location(self.path, file.position.line + 1, 1)
            file.close()

    def _open(self, part: _Part) -> GrowingLog:
        try:
            stream = sys.stdin.buffer if part.name == STDIN else Path(part.name).open("rb")  # noqa: SIM115 (its log closes it)
            pace = self._pace._replace(follow=False, final=True) if part.final else self._pace
            file = GrowingLog(part.name, stream, pace, part.start)
        except OSError as error:
            raise InputError([unopened(part.name, error)]) from None
        file.check()
        return file

    def _stretches(self, file: GrowingLog) -> Iterator[Event | Hole | Point]:
        while not file.empty:
            before = file.position
            self.reader = reader = self._reader(file)
            yield from reader
            if file.position != before:
                self.state = replace(
                    self.state, format=reader.format, prefix=reader.prefix or self.state.prefix, position=file.position,
                    file=self._mark(file),
                )  # fmt: skip
                yield Point(self.state)
            if file.over or self._pace.stopped() or (file.position == before and not self._pace.follow):
                return

    def _reader(self, file: GrowingLog) -> LogReader:
        """What reads the next stretch: as the first one was read."""
        known: dict[str, Any] = {}
        if self.state.format:
            known["format"] = self.state.format
        if self.state.prefix:
            known["log_line_prefix"] = self.state.prefix
        reader = read_log(file, **{**known, **self._options})
        file.of_format(reader.format)
        return reader

    def _parts(self) -> Iterator[_Part | Hole]:
        """The files to read, in their order, and where to begin."""
        if self.path == STDIN:
            yield _Part(STDIN, Position())
            return
        here, start = Path(self.path), Position()
        behind = self.state.position
        if behind.offset and self.state.file.fits(here, behind.offset):
            start = behind
        elif self.state.file.inode and not self.state.file.fits(here, behind.offset):
            yield from self._rotated(here, behind)
        yield _Part(self.path, start)
        while self._pace.follow and not self._pace.stopped():
            if not self._shortened:
                yield from self._between(here, self._until)
            yield _Part(self.path, Position())

    def _rotated(self, here: Path, behind: Position) -> Iterator[_Part | Hole]:
        """The rest of the file that was rotated away, and those that came between it and the one there is now."""
        others = [path for path in here.resolve().parent.iterdir() if path.name != here.name and path.is_file()]
        old = next((path for path in others if self.state.file.fits(path, behind.offset)), None)
        if old is None:
            yield Hole(Problem(code="log-gone", location=Location(self.path, max(behind.line, 1), 1)))
            return
        yield _Part(str(old), behind, final=True)
        yield from self._between(here, old.stat().st_mtime_ns)

    @staticmethod
    def _between(here: Path, since: int) -> Iterator[_Part]:
        """The files that were rotated away after an instant, in the order in which they were last written to."""
        rotated = re.compile(re.escape(here.name) + r"[.-]\d[\w.-]*")
        found = [
            (path.stat().st_mtime_ns, path)
            for path in here.resolve().parent.iterdir()
            if rotated.fullmatch(path.name) and path.is_file()
        ]
        for written, path in sorted(found):
            if written > since:
                yield _Part(str(path), Position(), final=True)

    @staticmethod
    def _mark(file: GrowingLog) -> FileMark:
        return FileMark() if file.name == STDIN else FileMark.of(file.descriptor)
