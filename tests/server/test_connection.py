"""A connection: whatever pieces requests come in, each is answered once, as itself, and in order."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.server import protocol

sys.path.insert(0, str(Path(__file__).parent))
from connections import CHUNKED, CLOSING, Reply, connected, echo, post, reply, talk_raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connections import App

PHONE = "13800138000"
REQUEST = st.tuples(st.binary(max_size=300), st.integers(0, 3), st.sampled_from([0, 1, 7]))


@settings(deadline=None)
@given(
    st.lists(REQUEST, min_size=1, max_size=6),
    st.lists(st.integers(0, 2500), max_size=8),
    st.sampled_from([1, 20, 300, protocol.SLICE]),
    st.booleans(),
)
def test_requests_in_any_pieces_are_answered_in_order(
    asked: list[tuple[bytes, int, int]], cuts: Sequence[int], looked_at: int, says_all: bool
) -> None:
    """One after the other or all at once, cut anywhere, answered at once or later: the same answers.

    However much the other end looks at in one go, and whether or not the caller says that this was all.
    """
    data = b"".join(post(body, f"/{waits}", chunks=chunks) for body, waits, chunks in asked)
    places = [0, *sorted({cut % len(data) for cut in cuts}), len(data)]

    async def talk() -> list[Any]:
        async with connected(echo) as stream:
            for start, end in pairwise(places):
                stream.writer.write(data[start:end])
                await stream.writer.drain()
                await asyncio.sleep(0)
            if says_all:
                stream.writer.write_eof()
            found = [json.loads((await stream.reply()).body) for _ in asked]
            if says_all:
                assert b"" == await stream.reader.read()
            return found

    with patch.object(protocol, "SLICE", looked_at):
        found = uvloop.run(talk())
    assert [["POST", f"/{waits}", body.decode("latin-1")] for body, waits, _ in asked] == found


def test_a_refusal_waits_for_the_answers_before_it() -> None:
    """What is no request, behind requests that are: 200, 200, 400, and the end."""

    async def talk() -> list[int]:
        async with connected(echo) as stream:
            stream.writer.write(post(b"a", "/9") + post(b"b", "/9") + b"\x00\x01\r\n\r\n" + post(b"c"))
            found = [(await stream.reply()).status for _ in range(3)]
            assert b"" == await stream.reader.read()
            return found

    assert [200, 200, 400] == uvloop.run(talk())


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
