"""A worker's side of the pipe to the process that looks after it."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any

from tutela.engine.errors import InputError

from .aside import aside
from .running import State, tell

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from .running import Running
    from .sources import Loaded


class Obedience:
    """Loads and swaps when it is told to; ends the worker when nobody is there to tell."""

    def __init__(self, running: Running, pipe: Connection) -> None:
        self._running = running
        self._pipe = pipe
        self._held: tuple[int, Loaded] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking: list[asyncio.Future[State]] = []
        running.reload = self.ask

    async def follow(self) -> None:
        """Do as told until nobody is there any more."""
        loop = asyncio.get_running_loop()
        gone = loop.create_future()
        loop.add_reader(self._pipe.fileno(), self._hear, gone)
        try:
            await gone
        finally:
            loop.remove_reader(self._pipe.fileno())
        os.kill(os.getpid(), signal.SIGTERM)

    async def ask(self) -> State:
        """Ask for a reload of all workers, and wait for how it went."""
        future: asyncio.Future[State] = asyncio.get_running_loop().create_future()
        self._asking.append(future)
        self._pipe.send(("reload",))
        return await future

    def _hear(self, gone: asyncio.Future[None]) -> None:
        try:
            message: tuple[Any, ...] = self._pipe.recv()
        except (EOFError, OSError):
            if not gone.done():
                gone.set_result(None)
            return
        match message:
            case ("prepare", attempt, identity):
                task = asyncio.create_task(self._prepare(attempt, identity))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case ("swap", attempt, state):
                self._swap(attempt, state)
            case ("checked", at):
                self._running.app.check(at)
            case ("state", state):
                self._held = None
                self._running.state = state
                self._done(state)
            case _:
                raise ValueError(message[:1])

    async def _prepare(self, attempt: int, identity: tuple[object, ...]) -> None:
        try:
            loaded = await aside(self._running.plan.load)
        except InputError as error:
            tell(error.problems, self._running.plan.lang)
            self._pipe.send(("prepared", attempt, False))
            return
        self._held = (attempt, loaded)
        self._pipe.send(("prepared", attempt, loaded.identity == identity))

    def _swap(self, attempt: int, state: State) -> None:
        held, self._held = self._held, None
        if held is None or held[0] != attempt:
            # What all others answer with is not here: another worker takes this one's place.
            os.kill(os.getpid(), signal.SIGKILL)
            return
        self._running.swap(held[1], state)
        self._pipe.send(("swapped", attempt, True))
        self._done(state)

    def _done(self, state: State) -> None:
        asking, self._asking = self._asking, []
        for future in asking:
            if not future.done():
                future.set_result(state)
