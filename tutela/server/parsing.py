"""Bytes from a socket -> requests: httptools parses, and here is what it does not look at.

The size of a head has a limit, and a request that offers another protocol is taken as one that does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote

import httptools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .cycle import Cycle
    from .refusals import Header

Fault = Literal["malformed", "head-too-large", "header-twice"]
OFFER: Final = frozenset({b"connection", b"upgrade", b"http2-settings"})
"""Headers by which a caller offers another protocol."""
ONCE: Final = (b"authorization", b"content-type", b"host")
"""Headers that must not stand twice: a proxy in front could read the other one."""
_CLOSE: Final = re.compile(rb"(?i)(?:^|,)[ \t]*close[ \t]*(?:,|$)")
_NOTHING: Final = (0, 0)


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
        self.twice = ""
        """The header that must not stand twice, and does."""
        self.last: Cycle | None = None
        """The request whose body is being read, or was read last."""
        self._limit = head_limit
        self._scope = scope
        self._begin = begin
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._expects = False
        self.began = False
        """Whether a request began in the piece of data that was taken last."""
        self._trailing = False
        """Whether the head of a chunk was the last thing seen: what follows is the chunk, or trailers."""
        self._most = 0
        """Bytes of the head in earlier pieces, at most."""
        self._size = 0
        """Bytes of the head in earlier pieces; of the one in which it began, where it begins is not known."""
        self._piece = 0
        self._fault: Fault | None = None
        self._seen = False
        """Whether a chunk, or a part of one, was in the piece."""
        self._again = _NOTHING
        """What was counted of a head that is read again."""

    def feed(self, data: bytes) -> Fault | None:
        """Take more; after a fault, nothing that follows can be told from what is faulty."""
        self._piece = len(data)
        self.began = False
        trailing, self._seen = self._trailing, False
        rest = self._parse(data)
        while rest is not None and self._fault is None:
            rest = self._parse(rest)
        if self.in_head:
            self._most = self._piece if self.began else self._most + self._piece
            self._size = 0 if self.began else self._size + self._piece
            if self._size > self._limit:
                return "head-too-large"
        elif trailing and self.arriving and not self._seen:  # nothing but trailers
            self._size += self._piece
            if self._size > self._limit:
                return "head-too-large"
        return self._fault

    def close(self) -> None:
        """Read no more, and let go of what refers back: a connection is gone at once, not when rings are looked for."""
        self.last = None
        del self._parser, self._begin

    def _parse(self, data: bytes | memoryview) -> memoryview | None:
        """Parse, and give what stands behind a head that offers another protocol."""
        try:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                self._stay()
                return memoryview(data)[upgrade.args[0] :]
        except httptools.HttpParserError:
            self._fault = self._fault or "malformed"
        return None

    def _stay(self) -> None:
        """Take a request that offers another protocol (Java's client offers HTTP/2) as one that does not.

        The parser ends with such a head and never looks at the body, so it is given the head again without the offer.
        """
        method, version = self._parser.get_method(), self._parser.get_http_version()
        url, headers = self._url, self.headers
        self._again = self._size, self._most
        self._parser = httptools.HttpRequestParser(self)
        if method == b"CONNECT":
            self._fault = "malformed"
            return
        kept = [b"%s: %s\r\n" % header for header in headers if header[0] not in OFFER]
        if any(name == b"connection" and _CLOSE.search(value) for name, value in headers):
            kept.append(b"connection: close\r\n")
        self._parser.feed_data(b"%s %s HTTP/%s\r\n%s\r\n" % (method, url, version.encode(), b"".join(kept)))

    def on_message_begin(self) -> None:
        """A request begins with its head."""
        self.in_head = self.arriving = self.began = True
        self._size, self._most = self._again
        self._again = _NOTHING
        self._trailing = False
        self._url = b""
        self._expects = False
        self.headers = []

    def on_url(self, url: bytes) -> None:
        """The path, or a part of it."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; trailers are none, for they would stand for what is checked of a head."""
        if not self.in_head:
            return
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
        self._size = 0
        # Only a head in large pieces is worth to be counted.
        if self._most + self._piece > self._limit and self._head() > self._limit:
            self._fault = "head-too-large"
            raise ValueError(self._fault)  # for the parser an invalid request
        if len(dict(self.headers)) < len(self.headers):
            self._check_twice()
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
        modern = version != "1.0"
        self.last = self._begin(scope, modern and parser.should_keep_alive(), modern and self._expects)

    def on_body(self, part: bytes) -> None:
        """More of the body."""
        self._trailing, self._seen = False, True
        if self.last is not None:
            self.last.take(part)

    def on_chunk_header(self) -> None:
        """A chunk begins, or the trailers do."""
        self._trailing = self._seen = True

    def on_message_complete(self) -> None:
        """The request is there; of one that offers another protocol, only the head is."""
        if self.last is not None and not self._parser.should_upgrade():
            self.arriving = False
            self.last.complete()

    def _check_twice(self) -> None:
        names = [name for name, _ in self.headers]
        for name in ONCE:
            if names.count(name) > 1:
                self.twice = name.decode()
                self._fault = "header-twice"
                raise ValueError(self._fault)  # for the parser an invalid request

    def _head(self) -> int:
        return len(self._url) + sum(len(name) + len(value) for name, value in self.headers)
