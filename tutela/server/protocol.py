"""HTTP/1.1 on a socket: uvicorn's protocol, with a limit on the size of a request's head and on the time it takes.

uvicorn has limits of neither kind: a peer could send headers without end, or hold a connection by sending nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from .headers import language, request_id
from .refusals import error_shape, problem
from .tls import names_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from tutela.engine.errors import Problem

    from .settings import Settings


OFFER: Final = frozenset({b"connection", b"upgrade", b"http2-settings"})
"""Headers by which a caller offers another protocol."""
CONTINUE: Final = b"HTTP/1.1 100"
PARTING_SECONDS: Final = 0.5
"""How long a request may be on its way when the service stops."""


class Guard(NamedTuple):
    """What a protocol asks and tells the service."""

    most: Callable[[], int]
    """How many connections there may be."""
    refused: Callable[[int], None]
    """Counts a status that the application did not see."""


class _Joined:
    """The way to a caller on which the head of one answer waits for the first part of its body.

    uvicorn hands them over one after the other, and each would be a call of the system: a tenth of a request's time.
    """

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = b""
        """Empty: not there yet; None: sent."""

    def write(self, data: bytes) -> None:
        """Send, or hold back what is the head; `100 Continue` is none."""
        if self._head is None or data.startswith(CONTINUE):
            self._transport.write(data)
        elif self._head:
            self._transport.write(self._head + data)
            self._head = None
        else:
            self._head = data

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether somebody has hung up."""
        return self._transport.is_closing()


class GuardedProtocol(HttpToolsProtocol):
    """A connection whose requests must arrive in time; `protocol_of` makes one with its settings."""

    settings: Settings
    guard: Guard

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 (uvicorn's own)
        super().__init__(*args, **more)
        self._in_head = False
        self._arriving = False
        """Whether a request has begun and not ended."""
        self._began = False
        """Whether the request began in the piece of data that is being taken."""
        self._size = 0
        """Bytes of the head in earlier pieces; of the one in which it began, where it begins is not known."""
        self._piece = 0
        self._timer: asyncio.TimerHandle | None = None
        self._too_large = False
        self._parting = False
        """Whether the service stops: the next answer is the last one."""
        self._extensions: dict[str, Any] | None = None
        """What the application is told of the connection: who called, where TLS says it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, but not for ever; of too many connections, the last one is refused."""
        super().connection_made(transport)
        if self.scheme == "https":
            names = names_of(transport.get_extra_info("peercert"))
            self._extensions = {"tls": {"client_names": names}}
        if len(self.connections) > self.guard.most():
            self._refuse(503, problem("connections-too-many", "connection", limit=self.guard.most()))
        else:
            self._start_timer()

    def shutdown(self) -> None:
        """Answer what has begun, and what is on its way already, then hang up.

        uvicorn hangs up at once where no request is known of, and so on a caller whose request is not read yet.
        """
        if not self._parting:
            self._parting = True
            if self._idle():
                self.loop.call_later(PARTING_SECONDS, self._part)
            else:
                self.cycle.keep_alive = False

    def _part(self) -> None:
        if not self._arriving and self._idle():
            self.transport.close()

    def _idle(self) -> bool:
        # uvicorn's own types do not say that there is none until the first request.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget about the time."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take more of a request; one that comes in one piece costs no timer."""
        self._piece = len(data)
        self._began = False
        self._unset_keepalive_if_required()
        self._feed(data)
        if self._in_head:
            self._size = 0 if self._began else self._size + self._piece
            if self._size > self.settings.head_limit:
                self._refuse(431, self._head_too_large())
                return
        if not self._arriving:
            self._stop_timer()
        elif self._timer is None:
            self._start_timer()

    def on_message_begin(self) -> None:
        """A request begins with its head."""
        self._in_head = self._arriving = self._began = True
        self._size = 0
        super().on_message_begin()
        if self._extensions is not None:
            self.scope["extensions"] = self._extensions

    def on_headers_complete(self) -> None:
        """The head has ended; one that is too large although it came at once is refused here."""
        self._in_head = False
        if self.parser.should_upgrade():
            return
        limit = self.settings.head_limit
        # Only a head in large pieces is worth to be counted.
        if self._size + self._piece > limit and self._head() > limit:
            self._too_large = True
            raise ValueError("head too large")  # for uvicorn an invalid request, which comes back below
        super().on_headers_complete()
        if self.scope["method"] == "POST":  # an answer to HEAD has no body that the head could wait for
            self.cycle.transport = _Joined(self.transport)  # type: ignore[assignment]
        if self._parting:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The request is there; of one that offers another protocol, only the head is."""
        if not self.parser.should_upgrade():
            self._arriving = False
            super().on_message_complete()

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")

    def _stay(self, rest: bytes) -> None:
        """Take a request that offers another protocol (Java's client offers HTTP/2) as one that does not.

        The parser ends with such a head and never looks at the body, so it is given the head again without the offer.
        """
        method, url, headers = self.parser.get_method(), self.url, self.headers
        self.parser = httptools.HttpRequestParser(self)
        if method == b"CONNECT":
            self.send_400_response("")
            return
        kept = [b"%s: %s\r\n" % header for header in headers if header[0] not in OFFER]
        self._feed(b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method, url, b"".join(kept), rest))

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, in the form of the other refusals."""
        del msg
        if self._too_large:
            self._refuse(431, self._head_too_large())
        else:
            self._refuse(400, problem("http-malformed", "request"))

    def _head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _head_too_large(self) -> Problem:
        return problem("http-head-too-large", "headers", limit=self.settings.head_limit)

    def _refuse(self, status: int, found: Problem) -> None:
        """Say no and hang up: what follows on this connection cannot be told from what was refused."""
        self._in_head = self._arriving = False
        self._stop_timer()
        self.guard.refused(status)
        headers = dict(self.headers or ())
        body = orjson.dumps({"error": error_shape(status, [found], language(headers, self.settings.lang))})
        name = request_id(headers)
        self.transport.write(
            STATUS_LINE[status]
            + (b"x-request-id: %s\r\n" % name if name else b"")
            + b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
            + body
        )
        self.transport.close()

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(self.settings.read_seconds, self._late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        # Without an answer on its way: half of one must not be followed by another.
        if self._arriving and not self.pipeline and (self._in_head or not self.cycle.response_started):
            self._refuse(408, problem("http-slow", "request", seconds=f"{self.settings.read_seconds:g}"))
        else:
            self.transport.close()


def protocol_of(settings: Settings, guard: Guard) -> type[GuardedProtocol]:
    """The protocol of a service."""
    return type("ServiceProtocol", (GuardedProtocol,), {"settings": settings, "guard": guard})
