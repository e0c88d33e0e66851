"""Callers who mean harm, or are many: the service goes on answering others."""

from __future__ import annotations

import contextlib
import resource
import socket
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Serving

PATH = "/access/v1/evaluation"
ASK: dict[str, Any] = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}
MANY = 1_500


@pytest.fixture
def room() -> Iterator[None]:
    """As many open files as the test needs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < MANY + 500:
        pytest.skip(f"the system allows {hard} open files, and {MANY} connections need more")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY + 500), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_idle_and_slow_callers_keep_nobody_out(start: Callable[..., Serving], room: None, workers: str) -> None:
    """1,500 connections that say nothing, or one letter now and then; a service with few files of its own."""
    del room
    service = start("--workers", workers, "--read-timeout", "60")
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(service.connect()) for _ in range(MANY)]
        for number, connection in enumerate(held):
            if number % 2:
                connection.sendall(b"POST /access/v1/evaluation HTTP/1.1\r\nX-A: ")
        for letter in b"abc":
            for connection in held[1::2]:
                connection.sendall(bytes([letter]))
            assert service.ask(PATH, ASK).json["decision"]
        held[0].setblocking(False)  # noqa: FBT003
        with pytest.raises(BlockingIOError):
            held[0].recv(1)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b'{"a":' * 100_000,
        b'{"subject":' + b'{"a":' * 60 + b"1" + b"}" * 61,
        b'{"a":"' + b"\\u0000" * 100_000 + b'"}',
        b'{"a":' + b"9" * 900_000 + b"}",
        b'{"a":1e' + b"9" * 900_000 + b"}",
        b'{"a":[' + b"{}," * 300_000 + b"{}]}",
        b"{" + b",".join(b'"k%d":1' % number for number in range(60_000)) + b"}",
    ],
    ids=["brackets", "objects", "deep", "escapes", "number", "exponent", "empty objects", "keys"],
)
def test_bombs_are_refused_or_answered_soon(service: Serving, body: bytes) -> None:
    """JSON that is made to hurt costs one refusal, and the next caller is answered."""
    assert 400 == service.ask(PATH, body).status
    assert service.ask(PATH, ASK).json["decision"]


def test_headers_without_end_are_cut_off(service: Serving) -> None:
    """Many small ones, in small pieces; the connection ends, and the memory that it took with it."""
    with service.connect() as connection:
        connection.sendall(b"POST /access/v1/evaluation HTTP/1.1\r\n")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 1_000_000:
                connection.sendall(b"X-%d: a\r\n" % sent)
                sent += 1
        assert sent < 1_000_000
    assert service.ask(PATH, ASK).json["decision"]


def test_a_caller_who_does_not_read_is_waited_for_by_nobody(service: Serving) -> None:
    """Answers that nobody takes do not pile up without end: the connection stops being read."""
    import json

    body = json.dumps({**ASK, "evaluations": [{}] * 1000}).encode()
    head = b"POST /access/v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    request = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with service.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(0.2)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 3_000:
                connection.sendall(request)
                sent += 1
        assert sent < 3_000
        assert service.ask(PATH, ASK).json["decision"]
