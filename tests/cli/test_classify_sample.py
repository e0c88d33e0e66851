"""`tutela classify` and `lint` with --sample: two permissions, live databases only, counts and never values."""

from __future__ import annotations

import json
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


def test_lint_tells_identifiers_in_free_text(tutela: Tool, copy: Path) -> None:
    """With --sample, a remark that holds resident ids is a finding; no value is printed."""
    settings = copy / "tutela.toml"
    settings.write_text('sampling = "allowed"\n' + settings.read_text("utf-8"), encoding="utf-8")
    with closing(sqlite3.connect(copy / "x.db")) as made:
        made.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, remark TEXT)")
        made.executemany(
            "INSERT INTO customer (remark) VALUES (?)",
            [("客户身份证11010519491231002X,下周回访",), ("call again",), ("nothing to say",)],
        )
        made.commit()
    plain = tutela("lint", "x.db", "-f", "json", cwd=copy)
    done = tutela("lint", "x.db", "--sample", "50", "-f", "json", cwd=copy)
    refused = tutela("lint", "s.sql", "--sample", "50", cwd=copy)
    rules = [(found["rule"], found["resource"]["id"]) for found in json.loads(done.stdout)["findings"]]

    assert 1 == done.returncode, done.stderr
    assert [("COL-18.identifier-in-free-text", "customer.remark")] == [r for r in rules if r[0][:6] == "COL-18"]
    assert "personal.government_id.resident_id" in done.stdout
    assert "11010519491231002X" not in done.stdout + done.stderr
    assert "COL-18" not in plain.stdout
    assert (2, True) == (refused.returncode, "sample-source" in refused.stderr)
