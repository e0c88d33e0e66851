"""HTTP/1.1 on a socket, under uvicorn's server: each request becomes a cycle of the application.

A caller is held to the size of a request's head, to the time in which a request arrives, and to taking the answers:
nothing is read, and nothing begun, of a caller who leaves them. Answers go out in the order of the requests. uvicorn's
own protocol has none of those limits, makes a task of every request, and takes twice as long for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from .cycle import Cycle, lines_of, refusal
from .deadline import Deadline
from .headers import language
from .parsing import Requests
from .refusals import problem
from .tls import names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from uvicorn import Config
    from uvicorn.server import ServerState

    from tutela.engine.errors import Problem

    from .parsing import Fault
    from .refusals import Header
    from .settings import Settings

PARTING_SECONDS: Final = 0.5
"""How long a request may be on its way when the service stops."""
KEPT: Final = 64 << 10
"""Bytes of a body that wait for the application before no more is read."""
LINGER_SECONDS: Final = 2.0
"""How long what a caller still sends is read and dropped after the last answer."""
DROPPED: Final = 1 << 20
"""How many bytes of that."""
SLICE: Final = 8 << 10
"""Bytes that are parsed before a look at what they brought: a piece of data can hold thousands of requests."""


class Guard(NamedTuple):
    """What a connection asks and tells the service."""

    most: Callable[[], int]
    """How many connections there may be."""
    refused: Callable[[int], None]
    """Counts a status that the application did not see."""


class Connection(asyncio.Protocol):
    """A connection of a caller; `protocol_of` makes the class with its settings."""

    app: Callable[..., Coroutine[Any, Any, None]]
    settings: Settings
    guard: Guard

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: object,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        del app_state  # there is no lifespan that could have one
        self.loop = _loop or asyncio.get_running_loop()
        self.tasks = server_state.tasks
        self.transport: asyncio.Transport
        self._state = server_state
        self._idle_seconds = config.timeout_keep_alive
        self._requests: Requests
        self._current: Cycle | None = None
        """The request that is being answered."""
        self._waiting: deque[Cycle] = deque()
        """Requests that came before the one before them was answered."""
        self._rest = b""
        """What came behind them; it is parsed when they have begun."""
        self._said_all = False
        """Whether the caller sends nothing any more."""
        self._farewell: tuple[int, Problem] | None = None
        """The refusal after which nothing follows; it waits for the answers before it."""
        self._deadline = Deadline(self.loop, self._look)
        self._timed = True
        """Whether by the deadline a request must be there; otherwise, nobody needs the connection any more then."""
        self._clogged = False
        """Whether the caller leaves what is ready."""
        self._reading = True
        self._parting = False
        """Whether the service stops: the next answer is the last one."""
        self._ended = False
        self._dropped = 0
        """Bytes that came after the last answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request, but not for ever; of too many connections, the last one is refused."""
        self.transport = cast("asyncio.Transport", transport)
        connections: set[Any] = self._state.connections
        connections.add(self)
        secure = transport.get_extra_info("sslcontext") is not None
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "scheme": "https" if secure else "http",
            "root_path": "",
            "client": transport.get_extra_info("peername"),
            "server": transport.get_extra_info("sockname"),
        }
        if secure:
            names = names_of(transport.get_extra_info("peercert"))
            scope["extensions"] = {"tls": {"client_names": names}}
        self._requests = Requests(self.settings.head_limit, scope, self._begin)
        if len(connections) > self.guard.most():
            self._refuse(503, problem("connections-too-many", "connection", limit=self.guard.most()))
        else:
            self._deadline.put_off(self.settings.read_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the caller; what is being worked on hears that nobody waits for it."""
        del exc
        connections: set[Any] = self._state.connections
        connections.discard(self)
        self._deadline.end()
        self._lose()
        self._requests.close()

    def data_received(self, data: bytes) -> None:
        """Take more of a request; one that comes in one piece costs no timer."""
        if self._ended:
            self._dropped += len(data)
            if self._dropped > DROPPED:
                self.transport.close()
            return
        if self._farewell is None:
            self._take(self._rest + data if self._rest else data)

    def _take(self, data: bytes) -> None:
        """Parse what came until a request must wait for another one."""
        at = 0
        while at < len(data) and not (self._waiting or self._ended or self._farewell):
            fault = self._requests.feed(data[at : at + SLICE])
            at += SLICE
            if fault is not None:
                self._refuse(*self._told(fault))
            if self._waiting:
                self._advance()
        if self._ended:
            return
        self._rest = b"" if self._farewell else data[at:]
        self._set_pace()
        if self._said_all and not self._go_on():
            self.transport.close()

    def _set_pace(self) -> None:
        """By when the next request must be there, and whether there is enough to do already."""
        requests = self._requests
        if requests.arriving:
            if not self._timed or requests.began:
                self._timed = True
                self._deadline.put_off(self.settings.read_seconds)
        else:
            if self._timed:
                self._timed = False
                self._deadline.put_off(self._idle_seconds)
            if self._parting:
                self._part()
        if requests.arriving or self._waiting:
            self.flow()

    def eof_received(self) -> bool:
        """A caller that has said all may still wait for answers; whether the connection stays open for them."""
        self._said_all = True
        return self._go_on()

    def _go_on(self) -> bool:
        """Whether there is something to answer for a caller that has said all."""
        last = self._waiting[-1] if self._waiting else self._current
        if last is None or last.more or "extensions" in last.scope:  # TLS ends in both directions at once
            return bool(self._rest)
        if not self._rest:
            last.keep_alive = False
        return True

    def pause_writing(self) -> None:
        """The caller leaves its answers: begin nothing more, and read nothing more."""
        self._clogged = True
        self.flow()

    def resume_writing(self) -> None:
        """The caller has caught up."""
        self._clogged = False
        self.flow()
        self._advance()

    def shutdown(self) -> None:
        """Answer what has begun, and what is on its way already, then hang up."""
        if self._parting:
            return
        self._parting = True
        last = self._waiting[-1] if self._waiting else self._current
        if last is None:
            self.loop.call_later(PARTING_SECONDS, self._part)
        else:
            last.keep_alive = False

    def _part(self) -> None:
        if not (
            self._ended or self._requests.arriving or self._current or self._waiting or self._rest or self._farewell
        ):
            self._hang_up(PARTING_SECONDS)

    def _hang_up(self, seconds: float, *, unread: bool = False) -> None:
        """Close, and do not wait for ever for a caller who leaves what was written, or TLS's own farewell.

        To close what still has something `unread` is a reset, which takes from the caller the answers on their way: so
        that is read and dropped for a while, until the caller closes.
        """
        self._ended = True
        if not self.transport.is_closing() and (unread or not self._reading) and self.transport.can_write_eof():
            self.transport.write_eof()
            if not self._reading:
                self._reading = True
                self.transport.resume_reading()
            self._deadline.set(LINGER_SECONDS, partial(self._hang_up, seconds))
            return
        self.transport.close()
        self._deadline.set(seconds, self.transport.abort)

    def _begin(self, scope: dict[str, Any], keep_alive: bool, expects: bool) -> Cycle:
        cycle = Cycle(self, scope, keep_alive=keep_alive and not self._parting, expects=expects)
        self._waiting.append(cycle)
        return cycle

    def _advance(self) -> None:
        """Begin with the next request unless there is one; those behind it get their turn after other callers."""
        if self._current is not None or self._clogged or self._ended:
            return
        if self._waiting:
            self._current = self._waiting.popleft()
            self._current.run()
            if self._waiting or not self._reading:
                self.flow()
        elif self._farewell is not None:
            self._say_farewell(*self._farewell)
        if self._rest and not self._waiting:
            rest, self._rest = self._rest, b""
            self._take(rest)

    def answer(self, cycle: Cycle, data: bytes) -> None:
        """Send the answer to the request that is being answered."""
        self.transport.write(data)
        self._current = None
        if not cycle.keep_alive:
            self._lose()
            self._hang_up(self._idle_seconds, unread=self._requests.arriving)
            return
        if not self._requests.arriving:
            self._deadline.put_off(self._idle_seconds)
        if self._waiting or self._rest or self._farewell is not None:
            self.loop.call_soon(self._advance)
        if not self._reading:
            self.flow()

    def fail(self, cycle: Cycle) -> None:
        """Tell a caller that there is no answer to the request that is being answered, nor to those behind it."""
        self._lose()
        self._say_farewell(500, problem("server-internal", "request"), cycle.scope["headers"])

    def common(self) -> bytes:
        """The lines that are the same in the heads of all answers of a second: the date."""
        return lines_of(tuple(self._state.default_headers))

    def flow(self) -> None:
        """Read on, or no more for now: there is enough to do, or what is ready is not taken."""
        last = self._requests.last
        if self._ended:
            return
        enough = self._clogged or bool(self._waiting or self._rest) or (last is not None and last.kept > KEPT)
        if enough is self._reading and not self.transport.is_closing():
            self._reading = not enough
            if enough:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def _lose(self) -> None:
        """Nothing more is answered on this connection."""
        self._ended = True
        for cycle in (self._current, *self._waiting):
            if cycle is not None:
                cycle.lose()
        self._current = None
        self._waiting.clear()
        self._rest = b""

    def _told(self, fault: Fault) -> tuple[int, Problem]:
        if fault == "malformed":
            return 400, problem("http-malformed", "request")
        if fault == "header-twice":
            return 400, problem("http-header-twice", "headers", header=self._requests.twice)
        return 431, problem("http-head-too-large", "headers", limit=self.settings.head_limit)

    def _refuse(self, status: int, found: Problem) -> None:
        """Say no when what came before is answered: what follows cannot be told from what is refused."""
        requests = self._requests
        requests.arriving = False
        last = requests.last
        if last is not None and last.more:  # the fault is in its body, which never ends: the refusal is its answer
            if last.answered:
                self._lose()
                self._hang_up(self._idle_seconds, unread=True)
                return
            last.lose()
            if self._current is last:
                self._current = None
            else:
                self._waiting.remove(last)
        self._farewell = (status, found)
        self._advance()

    def _say_farewell(self, status: int, found: Problem, heads: Sequence[Header] | None = None) -> None:
        self._ended = True
        self.guard.refused(status)
        headers = dict(self._requests.headers if heads is None else heads)
        self.transport.write(refusal(status, found, headers, language(headers, self.settings.lang)))
        self._hang_up(self._idle_seconds, unread=True)

    def _look(self) -> None:
        """End what takes too long; while an answer is worked on, nothing does."""
        requests = self._requests
        if self._clogged:
            self.transport.abort()
        elif requests.arriving and self._behind():
            self._deadline.put_off(self.settings.read_seconds)
        elif requests.arriving and (requests.in_head or (requests.last is not None and not requests.last.answered)):
            self._lose()
            self._say_farewell(408, problem("http-slow", "request", seconds=f"{self.settings.read_seconds:g}"))
        elif requests.arriving or self._current is None:
            self._hang_up(self.settings.read_seconds)

    def _behind(self) -> bool:
        """Whether what is arriving is not what is being answered."""
        return bool(self._waiting) or (self._current is not None and self._requests.in_head)


def protocol_of(app: Callable[..., Coroutine[Any, Any, None]], settings: Settings, guard: Guard) -> type[Connection]:
    """The protocol of an ASGI application."""
    # Static: a function in a class would become a method.
    return type("ServiceConnection", (Connection,), {"app": staticmethod(app), "settings": settings, "guard": guard})
