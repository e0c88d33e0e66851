"""A PostgreSQL that writes down every statement it gets, and the example applications as processes of their own."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"
ROWS = """
INSERT INTO customer VALUES (1, 'Anna Huber', '13800138000', 'north'), (2, 'Wei Chen', '13900139000', 'south');
INSERT INTO product VALUES (1, 'lamp'), (2, 'chair');
"""


def _postgres() -> ModuleType:
    """The helper of the connector tests: with --import-mode=importlib their folder is not on the path."""
    path = ROOT / "tests" / "connectors" / "postgres.py"
    spec = importlib.util.spec_from_file_location("integrations_postgres", path)
    if spec is None or spec.loader is None:
        pytest.fail(f"no {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@dataclass
class Database:
    """The shop's database; `since` gives what reached it."""

    port: int
    file: Path

    def address(self, driver: str = "psycopg") -> str:
        """Where SQLAlchemy finds it."""
        return f"postgresql+{driver}://postgres@127.0.0.1:{self.port}/shop"

    def seen(self) -> int:
        """How much the server has written down; it writes a statement before it runs it."""
        return self.file.stat().st_size

    def since(self, start: int) -> str:
        """What it has written down since then."""
        return self.file.read_bytes()[start:].decode()


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """A PostgreSQL with the shop's tables, which logs statements without a collector: nothing is late."""
    helper = _postgres()
    for servers in helper.pgaudit_servers(pgaudit=False):
        server = helper.new_server(
            servers,
            shared_preload_libraries="''",
            logging_collector="off",
            log_disconnections="off",
            log_statement="'all'",
            pgaudit__log="'none'",
        )
        with server.connect() as admin:
            admin.execute("CREATE DATABASE shop")
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/shop", autocommit=True) as own:
            own.execute((SHOP / "schema.sql").read_bytes() + ROWS.encode())
        yield Database(server.port, server.folder / "startup.txt")


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start a program of the examples that listens on `{port}`; gives its address once it answers."""
    running: list[subprocess.Popen[bytes]] = []
    log = tmp_path_factory.mktemp("applications") / "output.txt"

    def run(*command: str, ready: str = "/", **variables: str) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *(part.format(port=port) for part in command)],
                cwd=SHOP,
                env={**os.environ, **variables},
                stdout=output,
                stderr=output,
            )
        running.append(process)
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 60
        while True:
            try:
                httpx2.get(address + ready)
            except httpx2.TransportError:
                if process.poll() is not None or time.monotonic() > until:
                    pytest.fail(log.read_text(encoding="utf-8"))
                time.sleep(0.05)
            else:
                return address

    yield run
    for process in running:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def shop() -> Any:
    """Who decides for the shop, in this process."""
    from tutela.integrations.local import Local

    return Local.of_project(SHOP)
