"""The one thread that writes a decision log: whatever waits while the disk is busy is the next group.

Nobody waits for the store without bound. What cannot be recorded is refused (`fail_closed`: the caller denies) or let
pass (`drop`), and in both cases the log says later how many decisions it lacks.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from tutela.engine.decision_log import UNRECORDED, note
from tutela.engine.decision_log_chain import LARGEST
from tutela.engine.errors import NotRecordedError, Problem, TutelaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .decision_log_store import Store

WhenUnavailable = Literal["fail_closed", "drop"]
"""What happens to a decision that cannot be recorded: its caller gets an error and denies, or it is counted."""

GROUP: Final = 5_000
GROUP_BYTES: Final = 4 << 20
QUEUE_BYTES: Final = 64 << 20
_SEAL: Final = 512
"""Bytes that the chain adds to an entry, at most."""
_AGAIN: Final = 0.5
"""Seconds after which an idle writer tries again to say what is not recorded."""

_Waiter = asyncio.Future[bool] | Future[bool]


class _Waiting(NamedTuple):
    content: bytes
    waiter: _Waiter
    loop: asyncio.AbstractEventLoop | None
    since: float


class DecisionLog:
    """A log that decisions are recorded in, from any number of threads and event loops.

    `append` and `record` give a future: True when the entry is durable, False when it was dropped; with `fail_closed`
    it raises NotRecordedError instead. `timeout` is how many seconds an entry waits, `queue` how many entries may.
    """

    def __init__(
        self,
        store: Store,
        *,
        when_unavailable: WhenUnavailable = "fail_closed",
        queue: int = 10_000,
        timeout: float = 5,
    ) -> None:
        self._store = store
        self._drops = when_unavailable == "drop"
        self._most = queue
        self._timeout = timeout
        self._changed = threading.Condition()
        self._queue: deque[_Waiting] = deque()
        self._collected: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
        """What an event loop has taken on in its present turn: the writer is woken once a turn, not for each entry."""
        self._bytes = 0
        self._group: list[_Waiting] = []
        """What is being written, until it is done or given up."""
        self._closing = False
        self._ended = threading.Event()
        self._unrecorded = 0
        self.recorded = 0
        """How many decisions are durable."""
        self.unrecorded = 0
        """How many could not be recorded, or are not known to be."""
        self.failure: Problem | None = None
        """Why the last ones could not be recorded; None while they are."""
        self.heed: Callable[[bool], None] = _nobody
        """Hears, in a thread of the log, whether the store takes entries, when that changes. While it does not, it is
        tried again although nobody records anything."""
        self._taken = True
        self._thread = threading.Thread(target=self._run, name="tutela decision log", daemon=True)
        self._watch = threading.Thread(target=self._expire, name="tutela decision log watch", daemon=True)
        self._thread.start()
        self._watch.start()

    def append(self, content: bytes) -> Future[bool]:
        """Record an entry from a thread; the future may be waited for."""
        waiter: Future[bool] = Future()
        waiter.set_running_or_notify_cancel()  # it cannot be cancelled: the entry is on its way
        self._submit([_Waiting(content, waiter, None, time.monotonic())])
        return waiter

    def record(self, content: bytes) -> asyncio.Future[bool]:
        """Record an entry from a coroutine; the future is to be awaited in the same event loop."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        collected = self._collected.get(loop)
        if collected is None:
            collected = self._collected[loop] = []
            loop.call_soon(self._hand_over, loop)
        collected.append(_Waiting(content, waiter, loop, time.monotonic()))
        return waiter

    def close(self) -> None:
        """Write what waits, and close the store; what cannot be written in time is refused."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(self._timeout + 1)
        self._watch.join(self._timeout + 1)
        if not self._thread.is_alive():
            self._store.close()

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        self._submit(self._collected.pop(loop))

    def _submit(self, waiting: Iterable[_Waiting]) -> None:
        """Put entries in the queue, and wake the writer; answer at once where that cannot be."""
        refused: list[tuple[_Waiter, Problem]] = []
        with self._changed:
            if not self._queue:
                self._changed.notify()
            for one in waiting:
                problem = self._refusal(one.content)
                if problem is None:
                    self._queue.append(one)
                    self._bytes += len(one.content)
                else:
                    refused.append((one.waiter, problem))
                    self.failure = problem
            self._unrecorded += len(refused)
            self.unrecorded += len(refused)
        for waiter, problem in refused:
            self._answer(waiter, problem)

    def _refusal(self, content: bytes) -> Problem | None:
        """Why an entry cannot even wait."""
        location = self._store.location
        if self._closing:
            return Problem(code="decision-log-closed", location=location)
        if len(content) > LARGEST - _SEAL:
            return Problem(code="decision-log-unwritable", location=location, args={"reason": "the entry is too large"})
        if len(self._queue) >= self._most or self._bytes > QUEUE_BYTES:
            return Problem(code="decision-log-queue", location=location, args={"count": len(self._queue)})
        return None

    def _answer(self, waiter: _Waiter, problem: Problem | None) -> None:
        """Tell one who waits; it may have gone away meanwhile."""
        if waiter.done():
            return
        if problem is None:
            waiter.set_result(True)
        elif self._drops:
            waiter.set_result(False)
        else:
            waiter.set_exception(NotRecordedError([problem]))

    def _answer_all(self, waiting: Iterable[_Waiting], problem: Problem | None) -> None:
        """Tell all who wait, each event loop with one call."""
        loops: dict[asyncio.AbstractEventLoop, list[_Waiter]] = {}
        for one in waiting:
            if one.loop is None:
                self._answer(one.waiter, problem)
            else:
                loops.setdefault(one.loop, []).append(one.waiter)
        for loop, waiters in loops.items():
            try:
                loop.call_soon_threadsafe(self._answer_each, waiters, problem)
            except RuntimeError:  # the loop is closed: nobody waits any more
                continue

    def _answer_each(self, waiters: list[_Waiter], problem: Problem | None) -> None:
        for waiter in waiters:
            self._answer(waiter, problem)

    def _run(self) -> None:
        while self._take():
            self._write()
        self._ended.set()

    def _take(self) -> bool:
        """Wait for entries and take a group of them; False when the log is closed and nothing is left."""
        with self._changed:
            while not self._queue and not self._closing:
                if not self._changed.wait(_AGAIN if self._unrecorded else None):
                    return True  # only to say what is not recorded
            size = 0
            while self._queue and len(self._group) < GROUP and size <= GROUP_BYTES:
                one = self._queue.popleft()
                size += len(one.content)
                self._group.append(one)
            self._bytes -= size
            return bool(self._group or self._unrecorded) if self._closing else True

    def _write(self) -> None:
        """Make a group durable, and tell those who wait for it."""
        with self._changed:
            group, lacking = list(self._group), self._unrecorded
        contents = [one.content for one in group]
        if lacking:
            policy: WhenUnavailable = "drop" if self._drops else "fail_closed"
            contents.insert(0, note(UNRECORDED, datetime.now(UTC), count=lacking, policy=policy))
        problem: Problem | None = None
        try:
            if contents:
                self._store.append(contents)
        except TutelaError as error:
            problem = error.problems[0]
        except Exception as error:  # noqa: BLE001 (whatever it is, the decisions are not recorded)
            args = {"reason": type(error).__name__}
            problem = Problem(code="decision-log-unwritable", location=self._store.location, args=args)
        with self._changed:
            waiting, self._group = self._group, []
            if contents:
                self._tell(problem)
            if problem is None:
                self._unrecorded -= lacking
                self.recorded += len(group)
                self.unrecorded -= len(group) - len(waiting)  # given up, but recorded in the end
            else:
                self._unrecorded += len(group)
                self.unrecorded += len(waiting)
            if problem is not None and self._closing:
                self._unrecorded = 0  # it was the last attempt
        self._answer_all(waiting, problem)

    def _expire(self) -> None:
        """Give up what waits for too long: a disk or a server that does not answer holds nobody up."""
        while not self._ended.wait(self._timeout / 4):
            limit = time.monotonic() - self._timeout
            with self._changed:
                late = [one for one in self._group if one.since < limit]
                # Not the first ones: an event loop hands over what it took on before others came.
                self._group = [one for one in self._group if one.since >= limit]
                self.unrecorded += len(late)
                while self._queue and self._queue[0].since < limit:
                    one = self._queue.popleft()
                    self._bytes -= len(one.content)
                    self._unrecorded += 1
                    self.unrecorded += 1
                    late.append(one)
                args = {"seconds": f"{self._timeout:g}"}
                problem = Problem(code="decision-log-slow", location=self._store.location, args=args)
                if late:  # under the lock: what the writer finds afterwards is newer
                    self._tell(problem)
            if late:
                self._answer_all(late, problem)

    def _tell(self, problem: Problem | None) -> None:
        """Note how the store fares: not that an entry is too large, or that too many wait, for it may take others."""
        self.failure = problem
        if self._taken is not (problem is None):
            self._taken = problem is None
            self.heed(self._taken)


def _nobody(_taken: bool) -> None:
    return None
