"""A connection: whatever pieces requests come in, each is answered once, in order, and nobody is waited for."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import re
import socket
import weakref
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from tutela.server.protocol import PARTING_SECONDS, Guard, protocol_of
from tutela.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence

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
async def connected(
    app: App, *, read: float = 5, idle: int = 5, state: ServerState | None = None
) -> AsyncGenerator[Stream]:
    """A caller's end of a connection whose other end speaks for an application."""
    refused: list[int] = []
    ours, theirs = socket.socketpair()
    config = Config(app, timeout_keep_alive=idle)
    made = protocol_of(app, Settings(page_key=b"k" * 32, read_seconds=read), Guard(lambda: 10, refused.append))
    state = state or ServerState()
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


async def talk_raw(data: Sequence[bytes], app: App = echo, *, read: float = 5, idle: int = 5) -> list[int]:
    """The statuses of all answers to pieces of data, until the other end hangs up."""
    async with connected(app, read=read, idle=idle) as stream:
        for piece in data:
            stream.writer.write(piece)
            await asyncio.sleep(0.1)
        async with asyncio.timeout(20):
            return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", await stream.reader.read())]


CHUNKED = b"POST /0 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
CLOSING = b"GET /0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("cut", [0, 1])
def test_trailers_are_no_headers(cut: int) -> None:
    """What comes behind a body says nothing about who asks, however it is cut into pieces."""

    async def tell(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        while (await receive())["more_body"]:
            pass
        await reply(send, json.dumps([name.decode() for name, _ in scope["headers"]]).encode())

    async def talk() -> list[str]:
        async with connected(tell) as stream:
            for piece in (
                (CHUNKED, b"1\r\na\r\n0\r\nAuthorization: Bearer high\r\n\r\n")
                if cut
                else (CHUNKED + b"1\r\na\r\n0\r\nAuthorization: Bearer high\r\n\r\n",)
            ):
                stream.writer.write(piece)
                await asyncio.sleep(0.1)
            found: list[str] = json.loads((await stream.reply()).body)
            return found

    assert ["host", "transfer-encoding"] == uvloop.run(talk())


@pytest.mark.parametrize("body", [b"ZZ\r\n", b"5\r\n12345XX", b"-1\r\n", b"0\r\nContent-Length: 3\r\n\r\n"])
@pytest.mark.parametrize("cut", [0, 1])
def test_a_fault_in_a_body_is_refused(body: bytes, cut: int) -> None:
    """At once, whether its head came before or with it; what was asked before is answered before."""
    pieces = [CHUNKED, body] if cut else [CHUNKED + body]
    assert [400] == uvloop.run(talk_raw(pieces))
    assert [200, 400] == uvloop.run(talk_raw([post(b"a", "/5") + pieces[0], *pieces[1:]]))


@pytest.mark.parametrize(
    "data",
    [
        [CHUNKED + b"0\r\n", *[b"a: b\r\n" * 2_000] * 12],
        [b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000, b"\r\n\r\n"],
        [b"GET /" + b"a" * 70_000, b" HTTP/1.1\r\n\r\n"],
    ],
    ids=["trailers", "header", "path"],
)
def test_heads_and_trailers_are_limited_in_any_pieces(data: list[bytes]) -> None:
    """Also where the end comes alone, and where there is no end."""
    assert [431] == uvloop.run(talk_raw(data))


def test_many_offers_of_another_protocol_are_taken_one_after_the_other() -> None:
    """However many come in one piece; `close` and the version hold for them, too."""
    offer = b"GET /0 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n"
    assert [200] * 1201 == uvloop.run(talk_raw([offer * 1200 + CLOSING]))
    for last in (offer.replace(b"Upgrade\r\n", b"Upgrade, close\r\n", 1), offer.replace(b"/1.1", b"/1.0")):
        assert [200, 200] == uvloop.run(talk_raw([offer + last + offer]))


def test_what_must_stand_once_stands_once() -> None:
    """Of two, a proxy in front could have read the other one."""
    for name in (b"Host: y", b"Authorization: a\r\nAuthorization: b"):
        assert [400] == uvloop.run(talk_raw([b"GET / HTTP/1.1\r\nHost: x\r\n" + name + b"\r\n\r\n"]))


def test_http_1_0_gets_no_leave() -> None:
    """`Expect` is of HTTP/1.1."""
    head = b"POST /0 HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
    assert [200] == uvloop.run(talk_raw([head, b"a"]))


def test_a_caller_who_leaves_the_last_answer_is_left() -> None:
    """Closing does not wait for ever until everything is taken."""

    async def large(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        del scope
        await receive()
        await reply(send, b"x" * 1_000_000)

    async def talk() -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)  # noqa: FBT003
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        state = ServerState()
        refused: list[int] = []
        made = protocol_of(large, Settings(page_key=b"k" * 32), Guard(lambda: 10, refused.append))
        config = Config(large, timeout_keep_alive=1)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: made(config, state, None), theirs)
        ours.send(CLOSING)
        async with asyncio.timeout(20):
            await asyncio.sleep(0.1)
            while state.connections:  # noqa: ASYNC110 (uvicorn's set tells nobody)
                await asyncio.sleep(0.1)
        ours.close()

    uvloop.run(talk())


def test_answers_are_not_lost_where_more_is_sent_than_read() -> None:
    """Closing with something unread would be a reset, which takes back what is on its way."""

    async def large(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        del scope
        await receive()
        await reply(send, b"x" * 90_000)

    async def talk() -> list[int]:
        async with connected(large) as stream:
            stream.writer.write(post(b"a") + b"\x00\x01\x02\x03")
            await asyncio.sleep(0.05)
            stream.writer.write(b"more" * 1000)
            await asyncio.sleep(0.3)
            found = await stream.reply()
            return [len(found.body), (await stream.reply()).status]

    assert [90_000, 400] == uvloop.run(talk())


def test_requests_are_not_read_without_end_while_one_is_worked_on() -> None:
    """Whole requests, one in each piece: what is sent has to wait."""
    go = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        del scope
        await go.wait()
        await receive()
        await reply(send, b"")

    async def talk() -> None:
        async with connected(slow) as stream:
            for _ in range(30_000):
                stream.writer.write(post(b"a" * 1000))
                if stream.writer.transport.get_write_buffer_size() > 1 << 20:
                    break
                await asyncio.sleep(0)
            else:
                raise AssertionError("everything was read")
            go.set()
            assert 200 == (await stream.reply()).status

    uvloop.run(talk())


def test_who_is_never_slow_is_never_told_so() -> None:
    """Each piece has the rest of one request and the beginning of the next."""

    async def talk() -> None:
        async with connected(echo, read=2) as stream:
            data = post(b"a") * 12
            step = len(post(b"a"))
            await asyncio.sleep(1)
            stream.writer.write(data[:20])
            for number in range(11):
                await asyncio.sleep(0.15)
                stream.writer.write(data[20 + number * step : 20 + (number + 1) * step])
                assert 200 == (await stream.reply()).status

    uvloop.run(talk())


def test_a_failure_has_the_name_of_its_request() -> None:
    """Not that of one behind it."""

    async def fails(*_: object) -> None:
        await asyncio.sleep(0)
        raise LookupError

    async def talk() -> str:
        async with connected(fails) as stream:
            for name in (b"a", b"b"):
                stream.writer.write(post(b"x").replace(b"Host: x", b"Host: x\r\nX-Request-ID: " + name))
            return (await stream.reply()).headers["x-request-id"]

    assert "a" == uvloop.run(talk())


def test_who_has_said_all_may_still_hear_the_answer() -> None:
    """A caller that closes its half of the connection."""

    async def talk() -> tuple[int, bytes]:
        async with connected(echo) as stream:
            stream.writer.write(post(b"a", "/9"))
            stream.writer.write_eof()
            return (await stream.reply()).status, await stream.reader.read()

    assert (200, b"") == uvloop.run(talk())


def test_the_end_of_a_service_is_not_held_up_by_a_body_that_is_not_needed() -> None:
    """Refused before it was there, then the service stops, then its rest comes: the connection ends."""

    async def early(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        del scope, receive
        await reply(send, b"no")

    async def talk() -> bytes:
        state = ServerState()
        async with connected(early, read=60, idle=60, state=state) as stream:
            stream.writer.write(post(b"a" * 10)[:-5])
            await stream.reply()
            for connection in list(state.connections):
                connection.shutdown()
            await asyncio.sleep(PARTING_SECONDS + 0.2)
            stream.writer.write(b"aaaaa")
            async with asyncio.timeout(20):
                return await stream.reader.read()

    assert b"" == uvloop.run(talk())
