"""Several processes that answer on one socket, and the one that looks after them.

The socket is one for all, so that no connection is lost with a worker. A reload has two phases: the process that looks
after them loads, then every worker does, and only when all have the same do they all swap. A worker that does not is
stopped, and one with the new set takes its place: nobody goes on answering with an old one.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tutela.engine.errors import InputError

from . import logs
from .aside import LOOK_SECONDS, Stopped, waited
from .refusals import problem
from .running import State, check_unchanged, tell
from .starting import Beginning

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from multiprocessing.context import ForkProcess

    from .aside import Made
    from .running import Plan
    from .sources import Loaded

PREPARE_SECONDS: Final = 60.0
"""How long a worker may take to load what the others have loaded."""
SWAP_SECONDS: Final = 5.0
"""How long a worker may take to swap: longer, and it would go on answering with what is old."""
SHORT: Final = 2.0
"""A worker that lived for fewer seconds is not started again at once."""
PAUSE: Final = 1.0
MARGIN: Final = 5.0
"""Seconds beyond the time to drain after which a worker is killed."""
FORK: Final = multiprocessing.get_context("fork")


class Worker(NamedTuple):
    """A process that answers, and the pipe to it."""

    row: int
    process: ForkProcess
    pipe: Connection
    since: float

    def send(self, *message: object) -> None:
        """Tell it something; one that is gone is found by its end."""
        with suppress(OSError):
            self.pipe.send(message)


class Supervisor:
    """Starts workers, starts others in the place of those that end, and tells all of them when to load and to swap."""

    def __init__(
        self,
        plan: Plan,
        began: Beginning,
        listening: socket.socket,
        work: Callable[[Plan, Beginning, socket.socket, Connection], None],
        count: int,
    ) -> None:
        self._plan = plan
        self._began = began
        self._listening = listening
        self._work = work
        self._count = count
        self._seen = began.seen
        self._workers: list[Worker] = []
        self._attempt = 0
        self._stopping = False
        self._asked = False
        plan.metrics.use_row(count)

    def run(self) -> None:
        """Look after the workers until SIGTERM or SIGINT; SIGHUP loads again."""
        heard, woken = os.pipe()
        os.set_blocking(woken, False)
        signal.set_wakeup_fd(woken)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: setattr(self, "_stopping", True))
        signal.signal(signal.SIGHUP, lambda _number, _frame: setattr(self, "_asked", True))
        for row in range(self._count):
            self._start(row)
        due = time.monotonic() + self._plan.interval
        with suppress(Stopped):
            while not self._stopping:
                left = max(0.0, due - time.monotonic()) if self._plan.interval else None
                self._wait(heard, left)
                self._revive()
                if self._plan.interval and time.monotonic() >= due:
                    self._look()
                    due = time.monotonic() + self._plan.interval
                if self._asked and not self._stopping:
                    self._asked = False
                    self._reload()
        self._stop()

    def _waited(self, work: Callable[[], Made]) -> Made:
        return waited(work, lambda: self._stopping)

    def _look(self) -> None:
        """Look at the source: load it where it has changed, else tell that it has not."""
        at = datetime.now(UTC)
        if self._waited(self._plan.origin.state) != self._seen:
            self._asked = True
        elif self._plan.origin.told and not self._began.state.problems:
            self._tell("checked", at)

    def _wait(self, heard: int, seconds: float | None) -> None:
        """Wait for a signal, a word of a worker or the end of one."""
        ready = wait([heard, *(worker.pipe for worker in self._workers), *self._sentinels()], seconds)
        for found in ready:
            if found == heard:
                os.read(heard, 512)
            elif isinstance(found, Connection):
                self._asked = self._asked or _received(found)[:1] == ("reload",)

    def _sentinels(self) -> list[int]:
        return [worker.process.sentinel for worker in self._workers]

    def _start(self, row: int) -> None:
        ours, theirs = FORK.Pipe()
        args = (row, theirs, [ours, *(worker.pipe for worker in self._workers)])
        process = FORK.Process(target=self._become_worker, args=args, name=f"tutela-worker-{row}")
        process.start()
        theirs.close()
        self._workers.append(Worker(row, process, ours, time.monotonic()))

    def _become_worker(self, row: int, pipe: Connection, foreign: Sequence[Connection]) -> None:
        """In the new process: let go of what belongs to the old one, and answer."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        # An end that stays open here would hide from others that the process which looks after them is gone.
        for other in foreign:
            other.close()
        self._plan.metrics.use_row(row)
        self._work(self._plan, self._began, self._listening, pipe)

    def _revive(self) -> None:
        """Start others in the place of workers that have ended."""
        for worker in [worker for worker in self._workers if worker.process.exitcode is not None]:
            self._workers.remove(worker)
            worker.pipe.close()
            if self._stopping:
                continue
            fields = {"worker": worker.row, "exit": worker.process.exitcode}
            logs.say("a worker ended", fields, logging.ERROR)
            if time.monotonic() - worker.since < SHORT:
                time.sleep(PAUSE)
            self._start(worker.row)

    def _reload(self) -> None:
        plan, at = self._plan, datetime.now(UTC)
        self._seen = self._waited(plan.origin.state)
        try:
            loaded = self._waited(plan.load)
            check_unchanged(loaded, self._began, self._began.loaded)
            self._prepare(loaded)
        except InputError as error:
            tell(error.problems, plan.lang)
            state = State(at, error.problems, self._began.state.revision)
            self._began = replace(self._began, state=state)
            plan.metrics.reload(good=False)
            self._tell("state", state)
            return
        # A worker that is started from now on has it; those that run swap at the same moment.
        state = State(at, revision=loaded.revision)
        self._began = Beginning(loaded, loaded.configuration, state, self._seen, loaded.log)
        plan.metrics.reload(good=True)
        self._tell("swap", self._attempt, state)
        self._hear("swapped", SWAP_SECONDS)
        logs.say("loaded", {**loaded.service.digests, **state.told()})

    def _prepare(self, loaded: Loaded) -> None:
        """Have every worker load what was loaded here; InputError when one has something else."""
        self._attempt += 1
        self._tell("prepare", self._attempt, loaded.identity)
        if not all(self._hear("prepared", PREPARE_SECONDS)):
            self._seen = None  # it is tried again at the next look
            raise InputError([problem("reload-raced", "policies")])

    def _hear(self, word: str, seconds: float) -> list[bool]:
        """What each worker answers to this attempt; those that do not answer in time are killed."""
        until = time.monotonic() + seconds
        answers: list[bool] = []
        waiting = {worker.pipe: worker for worker in self._workers}
        while waiting and (left := until - time.monotonic()) > 0:
            if self._stopping:
                raise Stopped
            sentinels = [worker.process.sentinel for worker in waiting.values()]
            for found in wait([*waiting, *sentinels], min(left, LOOK_SECONDS)):
                if isinstance(found, Connection):
                    message = _received(found)
                    if message[:2] == (word, self._attempt):
                        answers.append(message[2])
                        del waiting[found]
                    self._asked = self._asked or message[:1] == ("reload",)
            for pipe, worker in list(waiting.items()):
                if worker.process.exitcode is not None:
                    del waiting[pipe]
        for worker in waiting.values():
            logs.say("a worker did not answer", {"worker": worker.row}, logging.ERROR)
            worker.process.kill()
            worker.process.join()
        return answers

    def _tell(self, *message: object) -> None:
        for worker in self._workers:
            worker.send(*message)

    def _stop(self) -> None:
        """Let workers answer what they have begun, then end."""
        self._listening.close()
        for worker in self._workers:
            worker.process.terminate()
        until = time.monotonic() + self._plan.settings.drain_seconds + MARGIN
        for worker in self._workers:
            worker.process.join(max(0.0, until - time.monotonic()))
            if worker.process.exitcode is None:
                worker.process.kill()
                worker.process.join()


def _received(pipe: Connection) -> tuple[Any, ...]:
    """A message of a worker; nothing when it is gone."""
    try:
        message: tuple[Any, ...] = pipe.recv()
    except (EOFError, OSError):
        return ()
    return message
