"""A MariaDB of our own: in a temporary folder, on a free port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAMS = ("mariadbd", "mariadb-install-db")
START_S = 60


@dataclass(frozen=True)
class MariaServer:
    """One server; its root has no password."""

    port: int

    def run(self, script: str) -> None:
        """Execute a script of statements, as root."""
        from pymysql.constants import CLIENT

        options = {"host": "127.0.0.1", "port": self.port, "user": "root", "charset": "utf8mb4", "autocommit": True}
        with pymysql.connect(**options, client_flag=CLIENT.MULTI_STATEMENTS) as root, root.cursor() as cursor:  # type: ignore[call-overload]
            cursor.execute(script)
            while cursor.nextset():
                pass


def maria_server(more: Callable[[Path, str | None], list[str]] | None = None) -> Iterator[MariaServer]:
    """A started server, stopped and removed at the end; skips where MariaDB is not installed.

    `more` options may need its folder and account.
    """
    found = {name: _program(name) for name in PROGRAMS}
    for name, path in found.items():
        if path is None:
            pytest.skip(f"no {name}: install mariadb-server")
    folder = Path(tempfile.mkdtemp(prefix="tutela-maria-"))
    user = _user()
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", _free_port()
    account = [f"--user={user}"] if user else []
    try:
        subprocess.run(
            [str(found["mariadb-install-db"]), "--no-defaults", *account, f"--datadir={data}", "--skip-test-db",
             "--auth-root-authentication-method=normal", "--skip-name-resolve"],
            check=True, capture_output=True, timeout=120, cwd="/",
        )  # fmt: skip
        server = subprocess.Popen(
            [str(found["mariadbd"]), "--no-defaults", *account, f"--datadir={data}", f"--socket={folder}/socket",
             f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder}/pid", "--skip-name-resolve",
             "--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4",
             *(more(folder, user) if more else ())],
            stdout=subprocess.DEVNULL, stderr=(folder / "log").open("wb"), cwd="/",
        )  # fmt: skip
        try:
            _await(port, folder / "log")
            yield MariaServer(port)
        finally:
            server.terminate()
            server.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")


def _user() -> str | None:
    """The account that runs the server: nobody but root needs another one."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam("mysql")
    except KeyError:
        pytest.skip("mariadbd refuses root, and there is no account mysql")
    return "mysql"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            pymysql.connect(host="127.0.0.1", port=port, user="root", connect_timeout=2).close()
        except pymysql.MySQLError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")[-500:])
