"""Fixtures of the command-line tests: the installed entry point, and projects to run it on."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Run = subprocess.CompletedProcess[str]

TOOL = Path(sys.executable).parent / "tutela"
TIMEOUT = 120


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of compiled policies that only these tests use."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def environment(cache: Path) -> dict[str, str]:
    """The variables of every run: none of the user's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TUTELA_", "LC_", "LANG"))}
    return {**kept, "XDG_CACHE_HOME": str(cache), "LANG": "C.UTF-8"}


@pytest.fixture(scope="session")
def installed(environment: dict[str, str]) -> Callable[..., Run]:
    """Run the installed `tutela`: arguments, then `cwd`, `stdin`, `env` and `wrap` (what to run it under)."""

    def call(
        *args: str | Path,
        cwd: Path,
        stdin: str = "",
        env: dict[str, str] | None = None,
        wrap: tuple[str, ...] = (),
    ) -> Run:
        return subprocess.run(
            [*wrap, str(TOOL), *map(str, args)],
            cwd=cwd,
            env={**environment, **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )

    return call


@pytest.fixture(scope="session")
def warm() -> Iterator[socket.socket]:
    """A process that forks for every run (see warm.py)."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, subprocess.Popen([sys.executable, Path(__file__).with_name("warm.py")], stdin=theirs.fileno()):
        ours.settimeout(TIMEOUT)
        yield ours
        ours.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="session")
def tutela(installed: Callable[..., Run], warm: socket.socket, environment: dict[str, str]) -> Callable[..., Run]:
    """Run `tutela` like `installed` does, without its start where nothing depends on that."""

    def call(
        *args: str | Path,
        cwd: Path,
        stdin: str = "",
        env: dict[str, str] | None = None,
        wrap: tuple[str, ...] = (),
    ) -> Run:
        if wrap or any(name.startswith("PYTHON") for name in env or {}):
            return installed(*args, cwd=cwd, stdin=stdin, env=env, wrap=wrap)
        argv = [str(TOOL), *map(str, args)]
        request = {"args": argv, "cwd": str(cwd), "env": {**environment, **(env or {})}}
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as given,
            tempfile.TemporaryFile("w+", encoding="utf-8") as out,
            tempfile.TemporaryFile("w+", encoding="utf-8") as told,
        ):
            given.write(stdin)
            given.seek(0)
            socket.send_fds(warm, [json.dumps(request).encode()], [given.fileno(), out.fileno(), told.fileno()])
            status = int(warm.recv(16))
            out.seek(0)
            told.seek(0)
            return Run(argv, status, out.read(), told.read())

    return call


@pytest.fixture(scope="session")
def made(tutela: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A project that `tutela init` made, and what it said; nothing writes into it."""
    base = tmp_path_factory.mktemp("projects")
    done = tutela("init", "shop", cwd=base)
    return base / "shop", done


@pytest.fixture(scope="session")
def project(made: tuple[Path, Run]) -> Path:
    """The folder of the project that nothing writes into."""
    return made[0]


@pytest.fixture
def copy(project: Path, tmp_path: Path) -> Path:
    """A copy of the project that a test may spoil."""
    return Path(shutil.copytree(project, tmp_path / "copy"))


@pytest.fixture(scope="session")
def crm() -> Path:
    """The example project of the repository."""
    return Path(__file__).parents[2] / "examples" / "crm"
