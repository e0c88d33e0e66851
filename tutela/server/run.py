"""Listening: a socket, and uvicorn on it until somebody says stop."""

from __future__ import annotations

import gc
import logging
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import uvicorn

from tutela.engine.errors import InputError

from .protocol import protocol_of
from .refusals import problem

if TYPE_CHECKING:
    from .app import App
    from .settings import Settings

BACKLOG: Final = 2048
IDLE_SECONDS: Final = 75
"""How long a connection without a request stays open."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections at an address; InputError when there can be none, the port in use included."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        what = getattr(error, "strerror", None) or type(error).__name__
        raise InputError([problem("serve-address", "--port", host=host, port=port, what=what)]) from None


def address_of(listening: socket.socket) -> str:
    """Where a socket listens, as an address of the web."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: App, listening: socket.socket, settings: Settings) -> None:
    """Answer requests until SIGTERM or SIGINT; requests in flight are answered before it returns."""
    config = uvicorn.Config(
        app,
        http=protocol_of(settings),
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
    # What callers send wrong is answered, not logged: anybody could fill the log.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    # uvicorn sends itself the signal again when it has stopped: by then there is nothing left to stop.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    # What was loaded stays: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
