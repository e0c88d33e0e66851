"""A time by which something must have happened, put off so often that no timer may be set for it each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class Deadline:
    """Calls a function when the deadline is over; a timer of an earlier time only sets the next one."""

    __slots__ = ("_call", "_due", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
        self._loop = loop
        self._call = call
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def put_off(self, seconds: float) -> None:
        """The deadline is in so many seconds, whatever it was."""
        self._due = self._loop.time() + seconds
        if self._timer is None:
            self._timer = self._loop.call_at(self._due, self._look)
        elif self._timer.when() > self._due:
            self._timer.cancel()
            self._timer = self._loop.call_at(self._due, self._look)

    def set(self, seconds: float, call: Callable[[], object]) -> None:
        """Call something else from now on, in so many seconds the next time."""
        self._call = call
        self.put_off(seconds)

    def end(self) -> None:
        """Call nothing any more, and let go of what would have been called."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._call = _nothing

    def _look(self) -> None:
        self._timer = None
        if self._loop.time() < self._due:
            self._timer = self._loop.call_at(self._due, self._look)
        else:
            self._call()


def _nothing() -> None:
    return None
