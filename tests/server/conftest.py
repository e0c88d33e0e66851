"""Fixtures of the service's tests: real `tutela serve` processes, asked over sockets."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import described

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator, Iterator

    Until = Callable[[Callable[[], bool]], None]

PROJECT = Path(__file__).with_name("project")
TOOL = Path(sys.executable).parent / "tutela"
TIMEOUT = 60


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers with names in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 (JSON)
        """The body, which must be said to be JSON."""
        assert "application/json" == self.headers["content-type"]
        return json.loads(self.body)


@dataclass
class Serving:
    """A service that runs: its process, where it listens, and what it said so far."""

    process: subprocess.Popen[str]
    port: int
    said: str

    def ask(
        self,
        path: str,
        body: object = None,
        *,
        method: str = "POST",
        headers: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Reply:
        """Send one request on a connection of its own; a body that is no bytes goes as JSON."""
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        if tls is not None:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=TIMEOUT, context=tls)
        try:
            connection.request(method, path, sent, {"Content-Type": "application/json", **(headers or {})})
            found = connection.getresponse()
            reply = Reply(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            connection.close()
        if method != "HEAD":
            described.check(method, path, reply.status, reply.headers, reply.body)
        return reply

    def until(
        self,
        path: str,
        fits: Callable[[Reply], bool],
        *,
        method: str = "GET",
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Ask again and again until an answer fits."""
        end = time.monotonic() + TIMEOUT
        while not fits(reply := self.ask(path, body, method=method, headers=headers)):
            assert time.monotonic() < end, reply
            time.sleep(0.05)
        return reply

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(TIMEOUT)
        assert self.process.stderr is not None
        self.said += self.process.stderr.read()
        return status


@contextmanager
def served(*args: str, env: dict[str, str], cwd: Path = PROJECT, wrap: tuple[str, ...] = ()) -> Generator[Serving]:
    """A service on a free port; it is killed in the end. `wrap` is what it runs under."""
    process = subprocess.Popen(
        [*wrap, TOOL, "serve", "--port", "0", *args],
        cwd=cwd,
        env=env,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        while said and "tutela listens on" not in said:  # what a service says that waits for a valid set
            said += process.stderr.readline() or "\n(the end)"
            assert "(the end)" not in said, said
        found = re.search(r"tutela listens on https?://[0-9.]+:(\d+) ", said)
        assert found, said + process.stderr.read()
        yield Serving(process, int(found[1]), said)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of every run: none of the user's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TUTELA_", "LC_", "LANG"))}
    return {**kept, "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")), "LANG": "C.UTF-8"}


@pytest.fixture(scope="session")
def service(environment: dict[str, str]) -> Iterator[Serving]:
    """The service that most tests ask; nobody stops it."""
    with served("--public-url", "https://pdp.example.com/", env=environment) as found:
        yield found


@pytest.fixture(scope="session")
def until() -> Until:
    """Wait for something that must come."""

    def wait(holds: Callable[[], bool]) -> None:
        end = time.monotonic() + TIMEOUT
        while not holds():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.05)

    return wait


@pytest.fixture(scope="module")
def serve(environment: dict[str, str]) -> Iterator[Callable[..., Serving]]:
    """Start services with options; they run until the module's tests are over."""
    with ExitStack() as stack:
        yield lambda *args, **more: stack.enter_context(
            served(*args, env={**environment, **more.pop("env", {})}, **more)
        )


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., Serving]]:
    """Start a service of one's own, with options."""
    with ExitStack() as stack:
        yield lambda *args, **more: stack.enter_context(
            served(*args, env={**environment, **more.pop("env", {})}, **more)
        )
