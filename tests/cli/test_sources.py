"""Sources that are files, on the command line: what is a finding, what is an error, what is said on stderr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.project import find_project

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Run = subprocess.CompletedProcess[str]

FILES = {
    "cut.sql": "-- MySQL dump 10.13\nCREATE TABLE `t` (`a` int);\nINSERT INTO t VALUES (1,'secret-of-a-row",
    "latin.sql": "CREATE TABLE café (mobile text);",
    "m/V1__a.sql": "CREATE TABLE a (mobile text);",
    "m/V2__b.py": "class V2: ...",
    "tags.json": '[{"name": "t", "columns": [{"name": "a", "tags": [{"tagFQN": "PII.Odd"}, {"tagFQN": "PII.Rare"}]}]}]',
    "dump.sql": "CREATE TABLE t (a int);",
    "form.yaml": "openapi: 3.0.0\npaths:\n  /x:\n    post:\n      operationId: x\n      requestBody: {content: {a/b: "
    "{schema: {properties: {id_card: {type: string}}}}}}\n",
}


@pytest.fixture
def folder(copy: Path) -> Path:
    """A project with files of every kind."""
    for name, text in FILES.items():
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_bytes(text.encode("latin-1"))
    return copy


def test_a_database_in_a_file_is_relative_to_the_project(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As every path of its settings: a service that is started elsewhere writes, and reads, the same files."""
    odd = copy.rename(copy.parent / "a project")
    (odd / "tutela.toml").write_text(
        """registers = ["registers", "sqlite:///hr.db?x=1", "sqlite:////srv/hr.db", "postgresql://h/hr"]
schemas = ["duckdb:///data/shop%20a.duckdb"]
decision_log = {address = "sqlite:///decisions.db"}
""",
        encoding="utf-8",
    )
    project = find_project(odd)
    place = str(odd).replace(" ", "%20")
    assert project.register_sources()[1:] == [
        f"sqlite:///{place}/hr.db?x=1",
        "sqlite:////srv/hr.db",
        "postgresql://h/hr",
    ]
    assert project.sources() == [f"duckdb:///{place}/data/shop%20a.duckdb"]
    log = project.recording()
    assert log is not None
    assert log.address == f"sqlite:///{place}/decisions.db"
    monkeypatch.chdir(odd)
    assert find_project(Path()).register_sources()[1] == "sqlite:///hr.db?x=1"
    monkeypatch.setenv("TUTELA_REGISTERS", "sqlite:///mine.db")
    monkeypatch.chdir(odd.parent)
    assert find_project(odd).register_sources() == ["sqlite:///mine.db"]


def test_a_dump_that_is_cut_off_is_a_finding(tutela: Callable[..., Run], folder: Path) -> None:
    """It is judged as far as it goes, exit status 1, and no value of a row is shown."""
    run = tutela("lint", "cut.sql", "-f", "json", cwd=folder)

    assert run.returncode == 1
    found = [finding for finding in json.loads(run.stdout)["findings"] if finding["rule"] == "unparsed"]
    assert [3, 3] == [finding["location"]["line"] for finding in found]
    assert "secret" not in run.stdout + run.stderr


def test_migrations_say_what_they_were_taken_for(tutela: Callable[..., Run], folder: Path) -> None:
    """On stderr; what is left out of them is a finding."""
    run = tutela("lint", "m", "-f", "json", "--lang", "zh", cwd=folder)

    assert (1, "m:按迁移脚本(Flyway)处理,依次重放 1 个脚本\n") == (run.returncode, run.stderr)
    assert "V2__b.py" in run.stdout


def test_fields_of_forms_are_judged(tutela: Callable[..., Run], folder: Path) -> None:
    """A personal field of a form that no channel allows is a finding at its place."""
    run = tutela("lint", "form.yaml", "-f", "json", cwd=folder)
    findings = json.loads(run.stdout)["findings"]

    assert {"form_field"} == {finding["resource"]["type"] for finding in findings}
    assert {6} == {finding["location"]["line"] for finding in findings}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("latin.sql",), ["--encoding"]),
        (("latin.sql", "--encoding", "klingon"), ["klingon"]),
        (("dump.sql", "--tags", "tags.json"), ["PII.Odd", "PII.Rare", "[tags]"]),
        (("dump.sql", "--dialect", "klingon"), ["klingon", "postgres"]),
    ],
)
def test_what_cannot_be_read_is_an_error(
    tutela: Callable[..., Run], folder: Path, arguments: tuple[str, ...], words: list[str]
) -> None:
    """Exit status 2, nothing on stdout, and on stderr everything that is wrong and what to do."""
    run = tutela("lint", *arguments, cwd=folder)

    assert (2, "") == (run.returncode, run.stdout)
    assert [] == [word for word in words if word not in run.stderr]
