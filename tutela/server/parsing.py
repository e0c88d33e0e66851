"""Bytes from a socket -> requests: httptools parses, and here is what it does not look at.

The size of a head has a limit, and a request that offers another protocol is taken as one that does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote

import httptools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .cycle import Cycle
    from .refusals import Header

Fault = Literal["malformed", "head-too-large"]
OFFER: Final = frozenset({b"connection", b"upgrade", b"http2-settings"})
"""Headers by which a caller offers another protocol."""


class Requests:
    """The requests of one connection, one after the other.

    `scope` is what ASGI tells of all of them; `begin` makes the cycle of one whose head is there: of its scope, whether
    another request may follow it, and whether the caller waits for leave to send the body.
    """

    def __init__(
        self,
        head_limit: int,
        scope: Mapping[str, Any],
        begin: Callable[[dict[str, Any], bool, bool], Cycle],
    ) -> None:
        self.arriving = False
        """Whether a request has begun and not ended."""
        self.in_head = False
        self.headers: list[Header] = []
        self.last: Cycle | None = None
        """The request whose body is being read, or was read last."""
        self._limit = head_limit
        self._scope = scope
        self._begin = begin
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._expects = False
        self._began = False
        """Whether the request began in the piece of data that is being taken."""
        self._size = 0
        """Bytes of the head in earlier pieces; of the one in which it began, where it begins is not known."""
        self._piece = 0
        self._fault: Fault | None = None

    def feed(self, data: bytes) -> Fault | None:
        """Take more; after a fault, nothing that follows can be told from what is faulty."""
        self._piece = len(data)
        self._began = False
        self._feed(data)
        if self.in_head:
            self._size = 0 if self._began else self._size + self._piece
            if self._size > self._limit:
                return "head-too-large"
        return self._fault

    def close(self) -> None:
        """Read no more, and let go of what refers back: a connection is gone at once, not when rings are looked for."""
        self.last = None
        del self._parser, self._begin

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._fault = self._fault or "malformed"

    def _stay(self, rest: bytes) -> None:
        """Take a request that offers another protocol (Java's client offers HTTP/2) as one that does not.

        The parser ends with such a head and never looks at the body, so it is given the head again without the offer.
        """
        method, url, headers = self._parser.get_method(), self._url, self.headers
        self._parser = httptools.HttpRequestParser(self)
        if method == b"CONNECT":
            self._fault = "malformed"
            return
        kept = [b"%s: %s\r\n" % header for header in headers if header[0] not in OFFER]
        self._feed(b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method, url, b"".join(kept), rest))

    def on_message_begin(self) -> None:
        """A request begins with its head."""
        self.in_head = self.arriving = self._began = True
        self._size = 0
        self._url = b""
        self._expects = False
        self.headers = []

    def on_url(self, url: bytes) -> None:
        """The path, or a part of it."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._expects = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head has ended; one that is too large although it came at once is refused here."""
        self.in_head = False
        parser = self._parser
        if parser.should_upgrade():
            return
        # Only a head in large pieces is worth to be counted.
        if self._size + self._piece > self._limit and self._head() > self._limit:
            self._fault = "head-too-large"
            raise ValueError(self._fault)  # for the parser an invalid request
        url, query = self._url, b""
        if not url.startswith(b"/") or b"?" in url or b"#" in url:
            parsed = httptools.parse_url(url)
            url, query = parsed.path or b"", parsed.query or b""
        path = url.decode("ascii")
        version = parser.get_http_version()
        scope = {
            **self._scope,
            "http_version": version,
            "method": parser.get_method().decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": url,
            "query_string": query,
            "headers": self.headers,
        }
        self.last = self._begin(scope, version != "1.0" and parser.should_keep_alive(), self._expects)

    def on_body(self, part: bytes) -> None:
        """More of the body."""
        if self.last is not None:
            self.last.take(part)

    def on_message_complete(self) -> None:
        """The request is there; of one that offers another protocol, only the head is."""
        if self.last is not None and not self._parser.should_upgrade():
            self.arriving = False
            self.last.complete()

    def _head(self) -> int:
        return len(self._url) + sum(len(name) + len(value) for name, value in self.headers)
