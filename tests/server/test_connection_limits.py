"""A connection costs what it may and no more: memory, time, and what nobody takes."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvloop
from uvicorn import Config
from uvicorn.server import ServerState

from tutela.server.protocol import PARTING_SECONDS, Guard, protocol_of
from tutela.server.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from connections import CHUNKED, CLOSING, connected, echo, post, reply, talk_raw

if TYPE_CHECKING:
    from connections import Stream


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


def test_tiny_requests_in_one_piece_do_not_all_wait_at_once() -> None:
    """Ten thousand requests in a few large pieces: a few hundred of them exist at a time, and all are answered."""
    most, count = 0, 10_000
    state = ServerState()

    async def counting(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
        nonlocal most
        del scope
        connection: Any = next(iter(state.connections))
        most = max(most, len(connection._waiting))
        await receive()
        await reply(send, b"")

    async def talk() -> None:
        async with connected(counting, state=state) as stream:
            stream.writer.write(b"GET / HTTP/1.1\r\nHost:x\r\n\r\n" * count)
            for _ in range(count):
                assert 200 == (await stream.reply()).status

    uvloop.run(talk())
    assert 10 < most < 1000


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
