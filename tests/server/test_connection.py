"""A connection: whatever pieces requests come in, each is answered once, in order, and nobody is waited for."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import socket
import weakref
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from tutela.server.protocol import Guard, protocol_of
from tutela.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence

    import pytest

    App = Callable[..., Coroutine[Any, Any, None]]

PHONE = "13800138000"


class Reply(NamedTuple):
    """An answer as it was read."""

    status: int
    headers: dict[str, str]
    body: bytes


async def echo(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
    """Tell what was asked; a path says how often to let others through before."""
    for _ in range(int(scope["path"].rpartition("/")[2] or 0)):
        await asyncio.sleep(0)
    body = b""
    more = True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    await reply(send, json.dumps([scope["method"], scope["path"], body.decode("latin-1")]).encode())


async def reply(send: Any, body: bytes) -> None:  # noqa: ANN401 (ASGI)
    """Send an answer as the application does."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def connected(app: App, *, read: float = 5, idle: int = 5) -> AsyncGenerator[Stream]:
    """A caller's end of a connection whose other end speaks for an application."""
    refused: list[int] = []
    ours, theirs = socket.socketpair()
    config = Config(app, timeout_keep_alive=idle)
    made = protocol_of(app, Settings(page_key=b"k" * 32, read_seconds=read), Guard(lambda: 10, refused.append))
    state = ServerState()
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: made(config, state, {}), theirs)
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        yield Stream(reader, writer)
    finally:
        writer.close()
        transport.close()


class Stream(NamedTuple):
    """What a caller reads and writes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def reply(self) -> Reply:
        """The next answer; one that does not come is an error."""
        async with asyncio.timeout(20):
            return await self._read()

    async def _read(self) -> Reply:
        top, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return Reply(int(top.split()[1]), headers, await self.reader.readexactly(int(headers["content-length"])))


def post(body: bytes, path: str = "/0", *, chunks: int = 0) -> bytes:
    """A request, its body as a whole or in chunks of a size."""
    if not chunks:
        return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (path.encode(), len(body), body)
    parts = [body[at : at + chunks] for at in range(0, len(body), chunks)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n" % (path.encode(), coded)


REQUEST = st.tuples(st.binary(max_size=300), st.integers(0, 3), st.sampled_from([0, 1, 7]))


@settings(deadline=None)
@given(st.lists(REQUEST, min_size=1, max_size=6), st.lists(st.integers(0, 2500), max_size=8))
def test_requests_in_any_pieces_are_answered_in_order(asked: list[tuple[bytes, int, int]], cuts: Sequence[int]) -> None:
    """One after the other or all at once, cut anywhere, answered at once or later: the same answers."""
    data = b"".join(post(body, f"/{waits}", chunks=chunks) for body, waits, chunks in asked)
    places = [0, *sorted({cut % len(data) for cut in cuts}), len(data)]

    async def talk() -> list[Any]:
        async with connected(echo) as stream:
            for start, end in pairwise(places):
                stream.writer.write(data[start:end])
                await stream.writer.drain()
                await asyncio.sleep(0)
            return [json.loads((await stream.reply()).body) for _ in asked]

    assert [["POST", f"/{waits}", body.decode("latin-1")] for body, waits, _ in asked] == uvloop.run(talk())


def test_a_refusal_waits_for_the_answers_before_it() -> None:
    """What is no request, behind requests that are: 200, 200, 400, and the end."""

    async def talk() -> list[int]:
        async with connected(echo) as stream:
            stream.writer.write(post(b"a", "/9") + post(b"b", "/9") + b"\x00\x01\r\n\r\n" + post(b"c"))
            found = [(await stream.reply()).status for _ in range(3)]
            assert b"" == await stream.reader.read()
            return found

    assert [200, 200, 400] == uvloop.run(talk())


def test_an_answer_that_takes_longer_than_a_connection_may_be_idle_comes() -> None:
    """The time for which nobody needs a connection begins with the answer, and ends the connection."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        del scope
        await receive()
        await asyncio.sleep(1.3)
        await reply(send, b"late")

    async def talk() -> None:
        async with connected(slow, read=0.2, idle=1) as stream:
            stream.writer.write(post(b"a"))
            await asyncio.sleep(0.5)
            stream.writer.write(post(b"b")[:20])  # the next one is slow, and the first one's answer comes all the same
            assert b"late" == (await stream.reply()).body
            assert 408 == (await stream.reply()).status
            assert b"" == await stream.reader.read()
        async with connected(echo, idle=1) as stream:
            stream.writer.write(post(b"a"))
            assert 200 == (await stream.reply()).status
            assert b"" == await stream.reader.read()

    uvloop.run(talk())


def test_without_an_answer_the_caller_is_told_so(caplog: pytest.LogCaptureFixture) -> None:
    """An application that raises at once, or later, or that forgets: 500, and not a word of the request."""

    async def at_once(*_: object) -> None:
        raise LookupError(PHONE)

    async def later(*_: object) -> None:
        await asyncio.sleep(0)
        raise LookupError(PHONE)

    async def never(*_: object) -> None:
        await asyncio.sleep(0)

    async def talk(app: App) -> Reply:
        async with connected(app) as stream:
            stream.writer.write(post(b"a") + post(b"b"))
            found = await stream.reply()
            assert b"" == await stream.reader.read()
            return found

    for app in (at_once, later, never):
        with caplog.at_level(logging.ERROR):
            found = uvloop.run(talk(app))
        assert (500, "close") == (found.status, found.headers["connection"])
        assert "server-internal" == json.loads(found.body)["error"]["code"]
    assert ["no answer: LookupError"] * 2 == [record.getMessage() for record in caplog.records]
    assert PHONE not in caplog.text


def test_a_caller_who_leaves_answers_is_not_worked_for() -> None:
    """However many requests it sends: when its answers are not taken, no more are made; when they are, all come."""
    begun = 0

    async def large(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        nonlocal begun
        del scope
        begun += 1
        await receive()
        await reply(send, b"x" * 100_000)

    async def talk() -> None:
        async with connected(large) as stream:
            stream.writer.write(post(b"a") * 200)
            before = -1
            while before != begun:
                before = begun
                await asyncio.sleep(0.2)
            assert begun < 100
            for _ in range(200):
                assert 100_000 == len((await stream.reply()).body)

    uvloop.run(talk())


def test_a_body_that_nobody_takes_is_not_read() -> None:
    """The application takes its time: what waits for it is bounded, and then it all comes."""
    size = 40 << 20
    go = asyncio.Event()

    async def late(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        del scope
        await go.wait()
        taken, more = 0, True
        while more:
            message = await receive()
            taken += len(message["body"])
            more = message["more_body"]
        await reply(send, b"%d" % taken)

    async def talk() -> None:
        async with connected(late) as stream:
            sending = asyncio.create_task(write(stream))
            await asyncio.sleep(0.3)
            assert not sending.done()
            go.set()
            assert b"%d" % size == (await stream.reply()).body
            await sending

    async def write(stream: Stream) -> None:
        stream.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size >> 20):
            stream.writer.write(b"x" * (1 << 20))
            await stream.writer.drain()

    uvloop.run(talk())


def test_a_connection_that_ends_is_gone() -> None:
    """At once, and with all that it held: memory does not grow until somebody looks for rings."""
    made: list[weakref.ref[object]] = []

    async def seen(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        made.append(weakref.ref(receive.__self__._connection))
        await echo(scope, receive, send)

    async def talk(path: str) -> None:
        async with connected(seen) as stream:
            stream.writer.write(post(b"a", path))
            await stream.reply()

    async def all_() -> None:
        gc.disable()
        try:
            for path in ("/0", "/3", "/0"):
                await talk(path)
            await asyncio.sleep(0.1)
            assert [None] * 3 == [found() for found in made]
        finally:
            gc.enable()

    uvloop.run(all_())
