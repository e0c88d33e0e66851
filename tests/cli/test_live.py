"""`lint` and `classify` on live databases: names of findings, options, progress, problems in two languages."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tutela

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = subprocess.CompletedProcess[str]
    Tutela = Callable[..., Run]

PARAMETERS = Path(__file__).parents[2] / "tutela" / "starter" / "policies" / "parameters.yaml"
POLICIES = ("--policies", "pack:customer-information", "--policies", str(PARAMETERS))
FULL = "shop.customer.id_card"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with an identity document that nobody declared."""
    path = tmp_path_factory.mktemp("live") / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE customer (id_card TEXT, remark TEXT)")
    return path


def lint(tutela: Tutela, source: Path | str, *options: str, cwd: Path) -> Run:
    """Lint a source with the shipped pack."""
    return tutela("lint", source, *POLICIES, *options, cwd=cwd)


def test_a_finding_reads_as_the_databases_name(tutela: Tutela, database: Path, tmp_path: Path) -> None:
    """The place of a finding is database, schema, table and column; the address stands above."""
    done = lint(tutela, f"sqlite:///{database}", cwd=tmp_path)

    assert 1 == done.returncode, done.stderr
    assert f"sqlite:///{database}\n" in done.stdout
    assert f"\n  {FULL} " in done.stdout


@pytest.fixture(scope="module")
def report(database: Path) -> tutela.Report:
    """What the library finds in the database."""
    return tutela.lint(tutela.load("pack:customer-information", PARAMETERS), f"sqlite:///{database}")


@pytest.mark.parametrize("format_", ["sarif", "junit", "github", "markdown"])
def test_other_formats_have_the_name(report: tutela.Report, format_: str) -> None:
    """Documents for people and services name the column in full."""
    stream = StringIO()
    tutela.report(report, stream, format=format_)

    assert FULL in stream.getvalue().replace("\\_", "_")


def test_the_project_and_the_library_take_addresses(
    made: tuple[Path, Run], database: Path, report: tutela.Report
) -> None:
    """`schemas` of the project file and `tutela.lint` read a live database."""
    from dataclasses import replace

    from tutela.project import find_project, load_schema

    address = f"sqlite:///{database}"
    schema = load_schema(replace(find_project(made[0]), schemas=(address,)))

    assert schema is not None
    assert ["customer"] == [table.path for table in schema.tables]
    assert "customer.id_card" in {finding.resource_id for finding in report.findings}


def test_an_address_in_a_variable_is_one_source(made: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """The colons of an address do not separate sources."""
    from tutela.project import find_project

    monkeypatch.setenv("TUTELA_SCHEMAS", "postgresql://h:5432/shop")

    assert ["postgresql://h:5432/shop"] == find_project(made[0]).sources()


def test_classify_reads_a_database(tutela: Tutela, database: Path, tmp_path: Path) -> None:
    """`classify` takes the same sources."""
    done = tutela("classify", database, cwd=tmp_path)

    assert 0 == done.returncode, done.stderr
    assert "customer.id_card  personal.government_id.resident_id" in done.stdout


def test_a_problem_in_chinese(tutela: Tutela, tmp_path: Path) -> None:
    """One problem on stderr, exit status 2, and the password nowhere, with details of errors asked for, too."""
    done = tutela(
        "lint", "postgresql://anna:hunter2@127.0.0.1:1/shop", *POLICIES, "--lang", "zh",
        cwd=tmp_path, env={"TUTELA_DEBUG": "1"},
    )  # fmt: skip

    assert (2, "") == (done.returncode, done.stdout)
    assert "postgresql://127.0.0.1:1/shop: live-unreachable 无法连接服务器" in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(("options", "shown"), [([], True), (["--quiet"], False)])
def test_progress_is_for_terminals(database: Path, tmp_path: Path, options: list[str], shown: bool) -> None:
    """A bar on stderr where that is a terminal, none with --quiet, never a trace of it in the output."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [Path(sys.executable).parent / "tutela", "classify", database, "-f", "json", *options],
        stdout=subprocess.PIPE, stderr=theirs, stdin=subprocess.DEVNULL, cwd=tmp_path,
        env={**os.environ, "TERM": "xterm", "LANG": "C.UTF-8"},
    ) as process:  # fmt: skip
        os.close(theirs)
        seen = _all_of(ours)
        output = process.stdout.read() if process.stdout else b""

    assert shown == (b"reading the catalog" in seen), seen
    assert 2 == len(json.loads(output)["columns"])


def _all_of(terminal: int) -> bytes:
    """What was written to a terminal until its last user closed it."""
    pieces: list[bytes] = []
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # so Linux says that nobody is left
            break
        pieces.append(piece)
    os.close(terminal)
    return b"".join(pieces)
