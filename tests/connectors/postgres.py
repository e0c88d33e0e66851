"""A PostgreSQL with pgaudit of our own: in a temporary folder, on a free port, stopped with its log whole."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BIN = Path("/usr/lib/postgresql/15/bin")
MODULE = Path("/usr/lib/postgresql/15/lib/pgaudit.so")


def _user() -> str | None:
    """The account that runs the server: nobody but root needs another one."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    pytest.skip("initdb refuses root, and there is neither an account postgres nor nobody")


def _run(*command: str | Path) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        user=_user(), capture_output=True, text=True, check=False, timeout=120, cwd="/",
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-500:]} {done.stderr[-500:]}")


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class PgauditServer:
    """One server; `log()` stops it and returns the path of its whole log."""

    folder: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    running: bool = False

    def start(self) -> None:
        """Make the cluster and start it."""
        data = self.folder / "data"
        _run(
            BIN / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-N",
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
        )
        lines = {
            "port": str(self.port),
            "listen_addresses": "'127.0.0.1'",
            "unix_socket_directories": "''",
            "shared_preload_libraries": "'pgaudit'",
            "pgaudit.log": "'all'",
            "logging_collector": "on",
            "log_directory": f"'{self.folder}'",
            "log_filename": "'server.log'",
            "log_timezone": "'UTC'",
            "log_disconnections": "on",
            "fsync": "off",
            **self.settings,
        }
        text = "".join(f"{name} = {value}\n" for name, value in lines.items())
        with (data / "postgresql.conf").open("a") as out:
            out.write(text)
        _run(BIN / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", self.folder / "startup.txt", "start")
        self.running = True

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self.running:
            self.running = False
            _run(BIN / "pg_ctl", "-D", self.folder / "data", "-w", "-m", "fast", "stop")

    def connect(self, user: str = "postgres", application: str = "tests") -> psycopg.Connection[tuple[object, ...]]:
        """A session that commits every statement by itself."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=user,
            dbname="postgres",
            application_name=application,
            autocommit=True,
        )

    def log(self) -> Path:
        """Stop the server; the path of its log."""
        self.stop()
        destination = self.settings.get("log_destination", "").strip("'")
        name = {"csvlog": "server.csv", "jsonlog": "server.json"}.get(destination, "server.log")
        return self.folder / name


def pgaudit_servers(*, pgaudit: bool = True) -> Iterator[list[PgauditServer]]:
    """A list to append started servers to; all are stopped and removed at the end."""
    for needed in (BIN / "initdb", BIN / "pg_ctl", *([MODULE] if pgaudit else [])):
        if not needed.exists():
            pytest.skip(f"no {needed}: install {'postgresql-15-pgaudit' if pgaudit else 'postgresql'}")
    servers: list[PgauditServer] = []
    try:
        yield servers
    finally:
        for server in servers:
            server.stop()
            shutil.rmtree(server.folder, ignore_errors=True)


def plain_server(servers: list[PgauditServer]) -> PgauditServer:
    """A started server without pgaudit, in which the role `anna` needs her password."""
    server = new_server(servers, shared_preload_libraries="''", logging_collector="off", pgaudit__log="'none'")
    rules = server.folder / "data" / "pg_hba.conf"
    rules.write_text("host all anna 127.0.0.1/32 scram-sha-256\n" + rules.read_text(encoding="utf-8"), encoding="utf-8")
    with server.connect() as admin:
        admin.execute("SELECT pg_reload_conf()")
    return server


def new_server(
    servers: list[PgauditServer], more: Callable[[Path, str | None], Mapping[str, str]] | None = None, **settings: str
) -> PgauditServer:
    """A started server with these settings, and `more` that need its folder and account."""
    folder = Path(tempfile.mkdtemp(prefix="tutela-pg-"))
    user = _user()
    if user:
        shutil.chown(folder, user)
    given = settings | dict(more(folder, user) if more else {})
    server = PgauditServer(folder, {name.replace("__", "."): value for name, value in given.items()})
    servers.append(server)
    server.start()
    return server
