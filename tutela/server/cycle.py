"""One request on a connection and its answer: what an ASGI application is called with, and how it is driven."""

from __future__ import annotations

import logging
import os
import types
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson

from .headers import request_id
from .refusals import error_shape

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine, Generator, Mapping, MutableMapping

    from tutela.engine.errors import Lang, Problem

    from .protocol import Connection
    from .refusals import Header

LOG: Final = logging.getLogger("tutela.server")
STATUS_LINE: Final = {status.value: b"HTTP/1.1 %d %s\r\n" % (status, status.phrase.encode()) for status in HTTPStatus}
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Cycle:
    """A request whose head is there, until it is answered; the connection hands it its body as it comes."""

    __slots__ = (
        "_connection", "_expects", "_head", "_parts", "_taken", "_waiter", "answered", "gone", "keep_alive", "kept",
        "more", "scope",
    )  # fmt: skip

    def __init__(self, connection: Connection, scope: dict[str, Any], *, keep_alive: bool, expects: bool) -> None:
        self.scope = scope
        self.keep_alive = keep_alive
        """Whether another request may follow on the connection."""
        self.more = True
        """Whether the body is still coming."""
        self.answered = False
        self.gone = False
        """Whether nobody is there any more to answer."""
        self._connection = connection
        self._expects = expects
        """Whether the caller waits for leave to send the body."""
        self._parts: list[bytes] = []
        """What of the body the application has not taken."""
        self.kept = 0
        """How many bytes that is."""
        self._taken = False
        """Whether the application has the end of the body."""
        self._waiter: asyncio.Future[None] | None = None
        self._head = b""

    def run(self) -> None:
        """Call the application. Most answers are there without any waiting, and need no task."""
        connection = self._connection
        call = connection.app(self.scope, self.receive, self.send)
        try:
            waiting = call.send(None)
        except StopIteration:
            self._end(None)
        except Exception as error:  # noqa: BLE001 (whatever it is, the caller is told that there is no answer)
            self._end(error)
        else:
            task = connection.loop.create_task(self._go_on(call, waiting))
            connection.tasks.add(task)
            task.add_done_callback(connection.tasks.discard)

    async def _go_on(self, call: Coroutine[Any, Any, None], waiting: object) -> None:
        try:
            await _rest(call, waiting)
        except BaseException as error:
            self._end(error)
            if not isinstance(error, Exception):  # the service stops, and has waited long enough
                raise
        else:
            self._end(None)

    def _end(self, error: BaseException | None) -> None:
        """See to it that nobody waits for an answer that does not come."""
        if error is not None:
            LOG.error("no answer: %s", type(error).__name__, exc_info=error if os.environ.get("TUTELA_DEBUG") else None)
        if not (self.answered or self.gone):
            self._connection.fail(self)

    def take(self, part: bytes) -> None:
        """Keep a part of the body until the application wants it, if it may."""
        if not (self.answered or self.gone):
            self._parts.append(part)
            self.kept += len(part)
            self._wake()

    def complete(self) -> None:
        """The body has ended."""
        self.more = False
        self._wake()

    def lose(self) -> None:
        """Nobody is there any more."""
        self.gone = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def receive(self) -> dict[str, Any]:
        """The next part of the body; after the last one, that the caller has gone."""
        while not self.gone:
            if self._parts or not (self.more or self._taken):
                body = b"".join(self._parts)
                self._parts.clear()
                self.kept = 0
                self._taken = not self.more
                if self.more:
                    self._connection.flow()
                return {"type": "http.request", "body": body, "more_body": self.more}
            if self._expects:
                self._expects = False
                self._connection.transport.write(CONTINUE)
            self._waiter = self._connection.loop.create_future()
            await self._waiter
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """The head of an answer, which waits for its body; then the body, which comes whole."""
        if self.gone:
            return
        if message["type"] == "http.response.start":
            self._head = self._make_head(message["status"], message["headers"])
            return
        if not self._head or self.answered or message.get("more_body"):
            raise RuntimeError("an answer is a head and one body")
        self.answered = True
        self._parts.clear()
        self.kept = 0
        self._connection.answer(self, self._head if self.scope["method"] == "HEAD" else self._head + message["body"])

    def _make_head(self, status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
        if self._expects and self.more:  # whether the body still comes, or another request, nobody can tell
            self.keep_alive = False
        lines = [STATUS_LINE[status], self._connection.common()]
        for name, value in headers:
            if name == b"connection":
                self.keep_alive = False
            else:
                lines += name, b": ", value, b"\r\n"
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)


def refusal(status: int, found: Problem, headers: Mapping[bytes, bytes], lang: Lang) -> bytes:
    """An answer that no application made."""
    body = orjson.dumps({"error": error_shape(status, [found], lang)})
    name = request_id(headers)
    named = b"x-request-id: %s\r\n" % name if name else b""
    rest = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
    return STATUS_LINE[status] + named + rest + body


@lru_cache(maxsize=4)
def lines_of(headers: tuple[Header, ...]) -> bytes:
    """Headers as they are sent."""
    return b"".join(b"%s: %s\r\n" % header for header in headers)


@types.coroutine
def _rest(call: Coroutine[Any, Any, None], waiting: object) -> Generator[Any, Any, None]:
    """What is left of a coroutine that waits for something."""
    try:
        while True:
            try:
                told = yield waiting
            except GeneratorExit:
                call.close()
                raise
            except BaseException as error:  # noqa: BLE001 (whatever it is, it is the coroutine's)
                waiting = call.throw(error)
            else:
                waiting = call.send(told)
    except StopIteration:
        return
