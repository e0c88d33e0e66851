"""Fixtures of the command-line tests: the installed entry point, and projects to run it on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

Run = subprocess.CompletedProcess[str]

TOOL = Path(sys.executable).parent / "tutela"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of compiled policies that only these tests use."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def tutela(cache: Path) -> Callable[..., Run]:
    """Run the installed `tutela`: arguments, then `cwd`, `stdin`, `env` and `wrap` (what to run it under)."""

    def call(
        *args: str | Path,
        cwd: Path,
        stdin: str = "",
        env: dict[str, str] | None = None,
        wrap: tuple[str, ...] = (),
    ) -> Run:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("TUTELA_", "LC_", "LANG"))
        }
        return subprocess.run(
            [*wrap, str(TOOL), *map(str, args)],
            cwd=cwd,
            env={**inherited, "XDG_CACHE_HOME": str(cache), "LANG": "C.UTF-8", **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

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
