"""`tutela classify --sample`: two permissions, live databases only, counts and never values."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Tool = Callable[..., CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that allows sampling, and a database whose names say nothing."""
    (tmp_path / "tutela.toml").write_text('sampling = "allowed"\n', encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "x.db")) as made:
        made.execute("CREATE TABLE t (k INTEGER PRIMARY KEY, x1 TEXT, x2 TEXT)")
        made.executemany("INSERT INTO t VALUES (?, ?, ?)", [(n, f"a{n}@example.com", f"{n}") for n in range(30)])
        made.execute("CREATE VIEW v AS SELECT x1 AS a FROM t")
        made.commit()
    return tmp_path


def test_values_are_counted_and_flow_on(tutela: Tool, folder: Path) -> None:
    """What the values say holds for the column and for the views on it; no value is printed."""
    done = tutela("classify", "x.db", "--sample", "20", cwd=folder)
    plain = tutela("classify", "x.db", cwd=folder)

    assert 0 == done.returncode, done.stderr
    assert "t.x1  personal.contact.email  " in done.stdout
    assert "sample: 20 of 20 values are valid email addresses" in done.stdout
    assert "v.a  personal.contact.email  " in done.stdout
    assert "@" not in done.stdout + done.stderr
    assert "personal" not in plain.stdout


@pytest.mark.parametrize("setting", ["", 'sampling = "no"\n'])
def test_without_permission_nothing_is_looked_at(tutela: Tool, folder: Path, setting: str) -> None:
    """The option alone is not enough, and no variable of the environment lends the permission."""
    (folder / "tutela.toml").write_text(f'lang = "en"\n{setting}', encoding="utf-8")
    done = tutela("classify", "x.db", "--sample", "20", cwd=folder, env={"TUTELA_SAMPLING": "allowed"})

    assert (2, "") == (done.returncode, done.stdout)
    assert "sample-refused" in done.stderr


def test_only_one_live_database_is_sampled(tutela: Tool, folder: Path) -> None:
    """A file has no values, two databases are one too many, and so are too many rows."""
    (folder / "s.sql").write_text("CREATE TABLE t (a int);", encoding="utf-8")

    assert "sample-source" in tutela("classify", "s.sql", "--sample", "20", cwd=folder).stderr
    assert 2 == tutela("classify", "x.db", "x.db", "--sample", "20", cwd=folder).returncode
    assert 2 == tutela("classify", "x.db", "--sample", "1001", cwd=folder).returncode
