"""What happens on the wire: request ids, limits, slow and broken callers, and the end of a service."""

from __future__ import annotations

import contextlib
import json
import re
import select
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

PATH = "/access/v1/evaluation"
BODY = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}
RAW = json.dumps(BODY).encode()


def head(*more: str, length: int = len(RAW), path: str = PATH) -> bytes:
    """The head of a request."""
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {length}", *more]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def receive(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One answer: status, headers, body."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        assert piece, data
        data += piece
    top, _, rest = data.partition(b"\r\n\r\n")
    status, *lines = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(rest) < int(headers["content-length"]):
        rest += connection.recv(65536)
    return int(status.split()[1]), headers, rest


def closed(connection: socket.socket) -> bool:
    """Whether the other side hung up, and said nothing before."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ("bfe9eb29-ab87-4ca3-be83-a1d5d8305716", "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"),
        ("a b;c=1", "a b;c=1"),
        ("x" * 500, "x" * 200),
        ("caf\xe9\x80", "caf"),
        ("\xe9", None),
    ],
)
@pytest.mark.parametrize("path", [PATH, "/nowhere", "/healthz"])
def test_a_request_id_comes_back(service: Any, sent: str, echoed: str | None, path: str) -> None:  # noqa: ANN401
    """As it was sent, on every answer; cut when it is long, and without what is not printable."""
    with service.connect() as connection:
        connection.sendall(head(f"X-Request-ID: {sent}", path=path) + RAW)

        assert echoed == receive(connection)[1].get("x-request-id")


def test_without_a_request_id_there_is_none(service: Any) -> None:  # noqa: ANN401
    """The service makes up none."""
    assert "x-request-id" not in service.ask(PATH, BODY).headers


def test_one_connection_carries_many_requests(service: Any) -> None:  # noqa: ANN401
    """One after the other, after errors too, and several sent at once are answered in order."""
    with service.connect() as connection:
        for body, status in ((RAW, 200), (b"{", 400), (RAW, 200)):
            connection.sendall(head(length=len(body)) + body)
            assert status == receive(connection)[0]
        for name in ("a", "b", "c"):
            connection.sendall(head(f"X-Request-ID: {name}") + RAW)
        data = b""
        while data.count(b'"decision":true') < 3:
            data += connection.recv(65536)

        assert data.index(b"-id: a") < data.index(b"-id: b") < data.index(b"-id: c")


def test_a_body_may_come_in_pieces(service: Any) -> None:  # noqa: ANN401
    """Chunked, and byte by byte."""
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in RAW) + b"0\r\n\r\n"
    start = head().replace(b"Content-Length: %d" % len(RAW), b"Transfer-Encoding: chunked")
    with service.connect() as connection:
        connection.sendall(start + chunks)
        assert 200 == receive(connection)[0]
        for byte in head() + RAW:
            connection.sendall(bytes([byte]))
        assert 200 == receive(connection)[0]


def test_a_caller_who_asks_for_leave_gets_it_unless_the_body_is_too_large(service: Any) -> None:  # noqa: ANN401
    """`Expect: 100-continue`."""
    with service.connect() as connection:
        connection.sendall(head("Expect: 100-continue"))
        assert b"HTTP/1.1 100 Continue\r\n\r\n" == connection.recv(100)
        connection.sendall(RAW)
        assert 200 == receive(connection)[0]
    with service.connect() as connection:
        connection.sendall(head("Expect: 100-continue", length=1 << 21))
        assert 413 == receive(connection)[0]
        assert closed(connection)


def test_a_body_without_end_is_cut_off(service: Any) -> None:  # noqa: ANN401
    """What is far larger than the limit is not read to its end, whether it says so or not."""
    with service.connect() as connection:
        connection.sendall(head(length=1 << 40))
        assert (413, "close") == (receive(connection)[0], "close")
        assert closed(connection)
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    with service.connect() as connection:
        connection.sendall(head().replace(b"Content-Length: %d" % len(RAW), b"Transfer-Encoding: chunked"))
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            connection.sendall(chunk * 64)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00", 400, "http-malformed"),
        (b"GET / HTTP/9.9\r\n\r\n", 400, "http-malformed"),
        (b"POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400, "http-malformed"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "http-malformed",
        ),
        (b"GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n", 400, "http-header-twice"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 431, "http-head-too-large"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 400_000, 431, "http-head-too-large"),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 40_000, 431, "http-head-too-large"),
    ],
)
def test_what_is_no_request_is_refused_in_json(service: Any, data: bytes, status: int, code: str) -> None:  # noqa: ANN401
    """Other protocols, contradictions, and heads that are too large: an answer, and the end of the connection."""
    with service.connect() as connection:
        connection.sendall(data)
        found, headers, body = receive(connection)

        assert (status, "close") == (found, headers["connection"])
        assert (status, code) == tuple(json.loads(body)["error"][name] for name in ("status", "code"))
        assert closed(connection)


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", None), (b"POST", 408), (head()[:60], 408), (head(), 408), (head() + RAW[:-1], 408)],
    ids=["nothing", "part of a line", "part of the head", "no body", "part of the body"],
)
def test_a_request_that_does_not_arrive_is_cut_off(start: Callable[..., Any], data: bytes, status: int | None) -> None:
    """With an answer where a request had begun; and other callers are served."""
    service = start("--read-timeout", "0.3")
    with service.connect() as connection:
        connection.sendall(data)
        if status is not None:
            found, headers, body = receive(connection)
            assert (status, "close") == (found, headers["connection"])
            assert "http-slow" == json.loads(body)["error"]["code"]
        assert closed(connection)
    with service.connect() as connection:
        connection.sendall(head() + RAW)
        assert 200 == receive(connection)[0]
        connection.sendall(head("X-Request-ID: late", "Accept-Language: zh") + RAW[:-1])
        found, headers, body = receive(connection)

        assert (408, "late") == (found, headers["x-request-id"])
        assert "请求未在 0.3 秒内完整到达" == json.loads(body)["error"]["message"]


@pytest.fixture(scope="module")
def hasty(serve: Callable[..., Any]) -> Any:  # noqa: ANN401
    """A service that waits for a second."""
    return serve("--read-timeout", "1")


CHUNKED = head().replace(f"Content-Length: {len(RAW)}".encode(), b"Transfer-Encoding: chunked")
LONG = head(length=100_000)


@pytest.mark.parametrize(
    ("whole", "drip", "statuses"),
    [
        (b"", b"POST " + b"/" * 1000, [408]),
        (head()[:-2], b"X-More: 1\r\n" * 100, [408]),
        (LONG, b" " * 1000, [408]),
        (CHUNKED, b"1\r\n \r\n" * 200, [408]),
        (CHUNKED + b"1\r\n{\r\n0\r\n", b"X-More: 1\r\n" * 100, [408]),
        (head() + RAW + LONG, b" " * 1000, [200, 408]),
        (LONG.replace(b"evaluation ", b"nothing "), b" " * 1000, [404]),
        (LONG.replace(b"100000", b"9999999"), b" " * 1000, [413]),
        (LONG.replace(b"application/json", b"text/plain"), b" " * 1000, [400]),
    ],
    ids=[
        "path", "headers", "body", "chunks", "trailers", "the second one", "no endpoint", "too large", "no JSON",
    ],
)  # fmt: skip
def test_a_request_that_drips_is_cut_off(
    hasty: Any,  # noqa: ANN401
    whole: bytes,
    drip: bytes,
    statuses: list[int],
) -> None:
    """Byte by byte, always in time for the next one: what counts is when it is whole, also of one that is refused."""
    with hasty.connect() as connection:
        connection.sendall(whole)
        said = b""
        for place in range(len(drip)):
            if select.select([connection], [], [], 0.1)[0]:
                try:
                    more = connection.recv(65536)
                except ConnectionResetError:
                    break
                if not more:
                    break
                said += more
            with contextlib.suppress(OSError):  # it is closed, and what was said before is still there
                connection.sendall(drip[place : place + 1])
        else:
            raise AssertionError("everything was taken")
    assert statuses == [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", said)]
    if statuses[-1] == 408:
        assert b"http-slow" in said


def test_a_caller_who_hangs_up_harms_nobody(service: Any) -> None:  # noqa: ANN401
    """Half a head, half a body, an answer that nobody waits for."""
    for data in (head()[:20], head() + RAW[:10], head() + RAW):
        with service.connect() as connection:
            connection.sendall(data)

    assert 200 == service.ask(PATH, BODY).status


def test_an_upgrade_is_not_taken_up(service: Any) -> None:  # noqa: ANN401
    """Clients that offer HTTP/2 or WebSockets are answered in HTTP/1.1."""
    for offer in ("h2c", "websocket"):
        with service.connect() as connection:
            connection.sendall(
                head("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {offer}", "HTTP2-Settings: AAMA") + RAW
            )

            assert 200 == receive(connection)[0]
            connection.sendall(head() + RAW)
            assert 200 == receive(connection)[0]
    with service.connect() as connection:
        connection.sendall(b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert 400 == receive(connection)[0]


def test_pages_of_health(service: Any) -> None:  # noqa: ANN401
    """Live, and ready with the digests of what is loaded; HEAD has no body."""
    live, ready = (service.ask(path, method="GET") for path in ("/healthz", "/readyz"))
    top = service.ask("/healthz", method="HEAD")

    assert (200, {"status": "live"}) == (live.status, live.json)
    assert (200, "ready") == (ready.status, ready.json["status"])
    assert ready.json["policy_digest"] in service.said
    assert (200, b"") == (top.status, top.body)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_are_answered_when_the_service_stops(
    start: Callable[..., Any], number: signal.Signals
) -> None:
    """It takes no new connections, ends what it began, and exits with 0 and without a word."""
    service = start()
    body = json.dumps({**BODY, "evaluations": [{}] * 1000}).encode()
    with service.connect() as connection, service.connect() as idle:
        connection.sendall(head(length=len(body), path="/access/v1/evaluations") + body[:-1])
        assert 200 == service.ask(PATH, BODY).status  # by now the request above has begun
        status: list[int] = []
        stopping = threading.Thread(target=lambda: status.append(service.stop(number)))
        stopping.start()
        assert closed(idle)
        with pytest.raises(ConnectionRefusedError):
            service.connect()
        connection.sendall(body[-1:])
        found, headers, answer = receive(connection)
        stopping.join()

    assert (200, 1000, "close") == (found, len(json.loads(answer)["evaluations"]), headers["connection"])
    assert [0] == status
    assert 1 == len(service.said.splitlines()), service.said


def test_searches_and_batches_let_others_through(start: Callable[..., Any]) -> None:
    """A single evaluation is answered while a long batch is still being worked on."""
    service = start("--max-items", "100000", "--max-body", "10000000")
    body = json.dumps({**BODY, "evaluations": [{}] * 20_000}).encode()
    with service.connect() as long:
        long.sendall(head(length=len(body), path="/access/v1/evaluations") + body)
        assert 200 == service.ask(PATH, BODY).status
        long.setblocking(False)  # noqa: FBT003
        with pytest.raises(BlockingIOError):
            long.recv(1)
        long.setblocking(True)  # noqa: FBT003
        assert 20_000 == len(json.loads(receive(long)[2])["evaluations"])
