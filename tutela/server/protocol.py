"""HTTP/1.1 on a socket: uvicorn's protocol, with a limit on the size of a request's head and on the time it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from .refusals import error_shape, problem

if TYPE_CHECKING:
    import asyncio

    from .settings import Settings


class GuardedProtocol(HttpToolsProtocol):
    """A connection whose peer may neither send a head without end nor hold it open by sending nothing."""

    settings: Settings
    """Of the service: set by `protocol_of`."""

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 (uvicorn's own)
        super().__init__(*args, **more)
        self._in_head = True
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._refusal = problem("http-malformed", "request")
        self._status = 400

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget about the time."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take more of a request; a head that came in one piece costs no timer."""
        self._size += len(data)
        super().data_received(data)
        if not self._in_head:
            self._size = 0
            self._stop_timer()
        elif self._size > self.settings.head_limit:
            self._too_large()
        elif self._timer is None:
            self._start_timer()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head has ended; one that is too large although it came at once is refused here."""
        self._in_head = False
        limit = self.settings.head_limit
        if self._size > limit and len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > limit:
            self._status, self._refusal = 431, problem("http-head-too-large", "headers", limit=limit)
            raise ValueError("head too large")  # the parser hands it on as an invalid request
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, in the form of the other refusals; before there are headers, in English."""
        del msg
        self._in_head = False
        body = orjson.dumps({"error": error_shape(self._status, [self._refusal], "en")})
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[self._status] + head + body)
        self.transport.close()

    def _too_large(self) -> None:
        self._status = 431
        self._refusal = problem("http-head-too-large", "headers", limit=self.settings.head_limit)
        self.send_400_response("")

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(self.settings.read_seconds, self._late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self._size:
            seconds = f"{self.settings.read_seconds:g}"
            self._status, self._refusal = 408, problem("http-slow", "headers", seconds=seconds)
            self.send_400_response("")
        else:
            self.transport.close()


def protocol_of(settings: Settings) -> type[GuardedProtocol]:
    """The protocol of a service."""
    return type("ServiceProtocol", (GuardedProtocol,), {"settings": settings})
