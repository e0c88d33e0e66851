"""Several workers: one dies, all stop, nobody is left behind, and their figures are one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tutela.server.app import App
from tutela.server.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from conftest import PROJECT, TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from conftest import Serving, Until

PATH = "/access/v1/evaluation"
ASK: dict[str, Any] = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}


def workers_of(service: Serving) -> list[int]:
    """The processes that a service has started."""
    pid = service.process.pid
    return [int(found) for found in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def figures(service: Serving) -> dict[tuple[str, ...], float]:
    """The figures of a service, as Prometheus reads them: name and labels -> value."""
    text = service.ask("/metrics", method="GET").body.decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@contextmanager
def silent_database() -> Generator[tuple[int, threading.Event]]:
    """A PostgreSQL that lets everybody in and never answers a question: its port, and whether it was asked one."""
    asked = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while (size := int.from_bytes(connection.recv(4))) == 8:  # it may ask for encryption
                connection.recv(size - 4)
                connection.sendall(b"N")
            connection.recv(size - 4)
            settings = b"".join(
                b"S" + (len(pair) + 4).to_bytes(4) + pair
                for pair in (b"server_version\x0015\0", b"client_encoding\0UTF8\0", b"server_encoding\0UTF8\0")
            )
            connection.sendall(b"R\0\0\0\x08\0\0\0\0" + settings + b"Z\0\0\0\x05I")
            if connection.recv(1):
                asked.set()
            while connection.recv(1000):
                pass

    def listen(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=server.accept()[:1], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=listen, args=(server,), daemon=True).start()
        yield server.getsockname()[1], asked


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_database_that_says_nothing_keeps_no_service_alive(
    start: Callable[..., Serving], tmp_path: Path, until: Until, workers: str
) -> None:
    """It answers with what it has, and stops when it is told to, while it waits for the registers."""
    copy = Path(shutil.copytree(PROJECT, tmp_path / "copy"))
    service = start("--workers", workers, "--reload-interval", "0.2", cwd=copy)
    with silent_database() as (port, asked):
        settings = copy / "tutela.toml"
        text = settings.read_text("utf-8")
        settings.write_text(f'schemas = ["postgresql://postgres@127.0.0.1:{port}/postgres"]\n{text}', "utf-8")
        until(asked.is_set)
        assert service.ask(PATH, ASK).json["decision"]
        assert 0 == service.stop()


def test_a_worker_that_dies_is_replaced(start: Callable[..., Serving], until: Until) -> None:
    """Others answer meanwhile, what waits to be let in is not lost, and what was counted stays counted."""
    service = start("--workers", "2")
    before = {"digest": service.ask("/readyz", method="GET").json["policy_digest"]}
    until(lambda: len(workers_of(service)) == 2)
    for count in range(1, 4):
        for _ in range(20):
            assert service.ask(PATH, ASK).json["decision"]
        assert 20 * count == figures(service)["tutela_decisions_total", "allow"]
        killed = workers_of(service)
        os.kill(killed[0], signal.SIGKILL)
        until(lambda killed=killed: len(set(workers_of(service)) - {killed[0]}) == 2)  # type: ignore[misc]
    names = {service.ask(PATH, ASK).json["context"]["evaluation_id"].partition("-")[0] for _ in range(200)}
    assert before["digest"] == service.ask("/readyz", method="GET").json["policy_digest"]
    assert 2 == len(names)  # no two workers give out the same names
    assert 0 == service.stop()
    assert 3 == service.said.count("a worker ended")


def test_workers_do_not_outlive_their_parent(start: Callable[..., Serving], until: Until) -> None:
    """Killed without a chance to tell them, it leaves none behind."""
    service = start("--workers", "2")
    until(lambda: len(workers_of(service)) == 2)
    workers = workers_of(service)
    assert 200 == service.ask("/healthz", method="GET").status
    service.process.kill()
    service.process.wait(TIMEOUT)

    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_all_workers_stop_after_what_they_have_begun(start: Callable[..., Serving]) -> None:
    """SIGTERM to the one that looks after them: the answer comes, the port is free, nobody is left."""
    service = start("--workers", "2")
    body = json.dumps({**ASK, "evaluations": [{}] * 500}).encode()
    head = "POST /access/v1/evaluations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}"
    with service.connect() as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body[:-1])
        assert 200 == service.ask(PATH, ASK).status
        workers = workers_of(service)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        connection.sendall(body[-1:])
        answer = b""
        while piece := connection.recv(1 << 20):
            answer += piece

    assert 500 == answer.count(b'"decision":true')
    assert 0 == service.process.wait(TIMEOUT)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_figures_are_those_of_all_requests(start: Callable[..., Serving]) -> None:
    """By endpoint and status, decisions by effect, durations and sizes; paths and methods of callers are no labels."""
    service = start("--workers", "2")
    denied = {**ASK, "subject": {"type": "user", "id": "nobody"}}
    for body, path in (
        (ASK, PATH),
        (denied, PATH),
        (b"{", PATH),
        ({**ASK, "evaluations": [{}, {}, {"subject": denied["subject"]}]}, "/access/v1/evaluations"),
        (ASK, "/secret-4711"),
    ):
        for _ in range(4):
            service.ask(path, body)
    with service.connect() as connection:
        connection.sendall(b"\x00\r\n\r\n")
        connection.recv(1000)
    found = figures(service)

    assert [8, 4, 4, 4, 1] == [
        found["tutela_requests_total", *labels]
        for labels in (
            (PATH, "200"),
            (PATH, "400"),
            ("/access/v1/evaluations", "200"),
            ("none", "404"),
            ("none", "400"),
        )
    ]
    assert [12, 8] == [found["tutela_decisions_total", effect] for effect in ("allow", "deny")]
    assert 12 == found["tutela_request_duration_seconds_count", PATH]
    assert 12 == found["tutela_request_duration_seconds_bucket", PATH, "+Inf"]
    assert [12, 20] == [found[f"tutela_request_evaluations_{name}",] for name in ("count", "sum")]
    assert [8, 8, 12] == [found["tutela_request_evaluations_bucket", bound] for bound in ("1", "2", "5")]
    assert 1 == found["tutela_policy_info", *list(service.ask("/readyz", method="GET").json.values())[1:]]
    memory = [value for key, value in found.items() if key[0] == "tutela_worker_resident_memory_bytes"]
    assert 2 == len(memory)
    assert all(value > 1 << 20 for value in memory)
    assert "secret" not in str(found)


def test_an_answer_is_counted_before_it_is_sent() -> None:
    """So whoever has it finds it counted, whichever worker is asked."""
    order: list[object] = []

    async def send(message: dict[str, Any]) -> None:
        order.append(message["type"])

    async def receive() -> dict[str, Any]:
        raise AssertionError

    def observe(path: str, status: int, _seconds: float, _exchange: object, _caller: str) -> None:
        order.append((path, status))

    app = App(None, Settings(page_key=b"k" * 32), lambda: datetime.now(UTC), observe=observe)
    asyncio.run(app({"type": "http", "method": "POST", "path": PATH, "headers": ()}, receive, send))
    assert [(PATH, 503), "http.response.start", "http.response.body"] == order


def test_a_metric_may_be_open(start: Callable[..., Serving], tmp_path: Path) -> None:
    """With `public_metrics` it needs no credential, and everything else does."""
    import shutil

    from conftest import PROJECT

    copy = Path(shutil.copytree(PROJECT, tmp_path / "copy"))
    table = '[serve]\npublic_metrics = true\nmax_connections = 5\n[[serve.callers]]\nname = "a"\n'
    table += f'permissions = ["evaluate"]\nkeys = ["{"a" * 64}"]\n'
    (copy / "tutela.toml").write_text((copy / "tutela.toml").read_text(encoding="utf-8") + table, encoding="utf-8")
    service = start(cwd=copy)

    assert 200 == service.ask("/metrics", method="GET").status
    assert 401 == service.ask(PATH, ASK).status
    assert 401 == service.ask("/v1/reload").status
    # Of too many connections, those that are too many are told so.
    held = [service.connect() for _ in range(5)]
    try:
        with service.connect() as one:
            answer = one.recv(10_000)
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b'"connections-too-many"' in answer
    finally:
        for connection in held:
            connection.close()
    service.until("/metrics", lambda reply: reply.status == 200)
