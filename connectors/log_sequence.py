"""The numbers that a server gives to the lines of each session: one that is skipped is a line that is missing."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from tutela.engine.errors import Location
from tutela.engine.reconcile import Missing

MAX_SESSIONS: Final = 100_000
"""Sessions whose last number is remembered; the longest silent are forgotten first."""


class Sequence:
    """The last number of each session of one log, and the lines that are missing so far.

    A session that began before the log begins with any number. A number that does not rise is of a log that was put
    together of parts: nothing is missing.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._last: OrderedDict[str, int] = OrderedDict()
        self._sessions: set[str] = set()
        self._lines = self._gaps = self._first = self._end = 0

    def see(self, session: str, number: str, line: int) -> None:
        """One line of a session; a number that is none says nothing."""
        if not (session and number.isdecimal() and number.isascii() and len(number) < 19):
            return
        found, last = int(number), self._last.get(session)
        self._last[session] = found
        self._last.move_to_end(session)
        if last is not None and found > last + 1:
            self._lines += found - last - 1
            self._gaps += 1
            self._sessions.add(session)
            self._first = self._first or line
            self._end = line
        if len(self._last) > MAX_SESSIONS:
            self._last.popitem(last=False)

    @property
    def missing(self) -> Missing | None:
        """What is missing; None when nothing is, as far as can be told."""
        if not self._gaps:
            return None
        first, last = Location(self._file, self._first, 1), Location(self._file, self._end, 1)
        return Missing(self._lines, len(self._sessions), self._gaps, first, last)
