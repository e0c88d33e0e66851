"""Listening: a socket, and uvicorn on it until somebody says stop."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import logging
import os
import signal
import socket
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn

from tutela.engine.errors import InputError

from . import logs, traces
from .aside import leave
from .metrics import NONE
from .protocol import Guard, protocol_of
from .refusals import problem
from .running import Running, follow_origin, tell
from .worker import Obedience
from .workers import Supervisor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from multiprocessing.connection import Connection

    from .running import Plan
    from .starting import Beginning

BACKLOG: Final = 2048
IDLE_SECONDS: Final = 75
"""How long a connection without a request stays open."""
PART_SECONDS: Final = 0.1
ASIDE_SECONDS: Final = 1.0
"""How long a load or a fetch that is under way may take to end when the service stops."""
FIRST_FD: Final = 3
"""The first socket that systemd hands over."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections at an address; InputError when there can be none, the port in use included.

    Where systemd hands a socket over, it is that one: connections wait in it while the service is started again.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        return socket.socket(fileno=FIRST_FD)
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        number = getattr(error, "errno", None) or 0
        # Of the system's errors in its own words: socket adds the address, which the problem names anyway.
        what = os.strerror(number) if number > 0 else getattr(error, "strerror", None) or type(error).__name__
        raise InputError([problem("serve-address", "--port", host=host, port=port, what=what)]) from None


def address_of(listening: socket.socket, *, tls: bool = False) -> str:
    """Where a socket listens, as an address of the web."""
    host, port = listening.getsockname()[:2]
    return f"http{'s' * tls}://[{host}]:{port}" if ":" in host else f"http{'s' * tls}://{host}:{port}"


def is_loopback(listening: socket.socket) -> bool:
    """Whether only programs of this machine can reach a socket."""
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def raise_limit() -> None:
    """Take as many open files as the system gives: each connection is one."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def serve(plan: Plan, began: Beginning, listening: socket.socket, *, workers: int) -> None:
    """Answer requests until SIGTERM or SIGINT; requests in flight are answered before it returns.

    SIGHUP loads again.
    """
    raise_limit()
    # What was loaded stays: the collector need not look at it again and again, nor touch what processes share.
    gc.collect()
    gc.freeze()
    if workers > 1:
        Supervisor(plan, began, listening, _work, workers).run()
        return
    running = Running(plan, began)

    async def reload_when_told() -> None:
        again = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, again.set)
        while True:
            await again.wait()
            again.clear()
            await running.reload()

    _answer(running, listening, [lambda: follow_origin(running, began.seen), reload_when_told])


def _work(plan: Plan, began: Beginning, listening: socket.socket, pipe: Connection) -> None:
    try:
        running = Running(plan, began)
    except InputError as error:  # the log of decisions is away; the next worker tries again
        tell(error.problems, plan.lang)
        plan.metrics.outage(down=began.log is not None and began.log.when_unavailable == "fail_closed")
        raise SystemExit(1) from None
    _answer(running, listening, [Obedience(running, pipe).follow])


def _answer(running: Running, listening: socket.socket, jobs: Sequence[Callable[[], Awaitable[None]]]) -> None:
    settings = running.plan.settings
    traced = traces.Traced(running.app) if traces.wanted() else None

    def refused(status: int) -> None:
        running.metrics.request(NONE, status, 0.0, None)

    guard = Guard(lambda: running.configuration.max_connections, refused)
    config = uvicorn.Config(
        traced or running.app,
        http=protocol_of(traced or running.app, settings, guard),
        loop="uvloop",
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=settings.drain_seconds,
    )
    config.load()
    config.ssl = running.context
    server = _Server(config, [_keys(running), *jobs], settings.read_seconds)
    # For the time before uvicorn listens to signals; it sends itself the signal again when it has stopped, too.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: setattr(server, "should_exit", True))
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    finally:
        leave(ASIDE_SECONDS)
        running.close()
        if traced is not None:
            traced.close()
    if server.failed:  # whoever looks after it starts it again
        raise SystemExit(1)


def _keys(running: Running) -> Callable[[], Awaitable[None]]:
    async def follow() -> None:
        running.follow()

    return follow


class _Server(uvicorn.Server):
    """uvicorn's server with jobs beside it, which end with it."""

    def __init__(
        self, config: uvicorn.Config, jobs: Sequence[Callable[[], Awaitable[None]]], read_seconds: float
    ) -> None:
        super().__init__(config)
        self._jobs = jobs
        self._read_seconds = read_seconds
        self._running: list[asyncio.Future[Any]] = []
        self.failed = False
        """Whether a job beside it ended by an error."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin the jobs, then listen."""
        self._running = [asyncio.ensure_future(job()) for job in self._jobs]
        for job in self._running:
            job.add_done_callback(self._ended)
        loop, config = asyncio.get_running_loop(), self.config
        seconds = self._read_seconds if config.ssl else None  # uvicorn's own way sets no limit to a handshake

        made = cast("Callable[..., asyncio.Protocol]", config.http_protocol_class)
        make = partial(made, config, self.server_state, None)
        self.servers = []
        for one in sockets or ():
            listening = await loop.create_server(
                make, sock=one, ssl=config.ssl, backlog=BACKLOG, ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=seconds,
            )  # fmt: skip
            self.servers.append(listening)
        self.started = True

    async def _part(self) -> None:
        """Tell those, too, who were still being let in when the service was told to stop."""
        while True:
            await asyncio.sleep(PART_SECONDS)
            for connection in list(self.server_state.connections):
                connection.shutdown()

    def _ended(self, job: asyncio.Future[Any]) -> None:
        """A service that could not reload any more would go on with what is old: it stops, and is started again."""
        if not job.cancelled() and (error := job.exception()) is not None:
            logs.say(f"stopping: {type(error).__name__}", level=logging.CRITICAL)
            self.failed = self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what has begun, then end the jobs."""
        parting = asyncio.create_task(self._part())
        await super().shutdown(sockets)
        for job in (parting, *self._running):
            job.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
