"""Folders of migrations are told by their looks and replayed in their order to one schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tutela.connectors.ddl import read_schema
from tutela.connectors.migrations import natural

if TYPE_CHECKING:
    from tutela.engine.model import Words

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "migrations.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_histories(case: dict[str, Any], tmp_path: Path) -> None:
    """The schema at the end, what was listed as left out, and what the folder was taken for."""
    for name, text in case["files"].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    notes: list[Words] = []
    schema = read_schema(tmp_path, tell=notes.append)

    assert case["tables"] == {table.path: [column.name for column in table.columns] for table in schema.tables}
    assert case.get("unparsed", []) == [Path(miss.location.file).name for miss in schema.unparsed]
    assert [f"({case['taken']})" in note.en for note in notes] == [True] * bool(case["taken"])


def test_places_stay_those_of_the_files(tmp_path: Path) -> None:
    """What is left out of a script moves nothing."""
    (tmp_path / "1.sql").write_text("-- migrate:down\nDROP TABLE a;\n-- migrate:up\nCREATE TABLE a (\n  x int);\n")
    column = read_schema(tmp_path).tables[0].columns[0]

    assert (5, 3) == (column.location.line, column.location.column)


def test_the_dialect_is_that_of_the_whole_history(tmp_path: Path) -> None:
    """A script that is too short to tell its dialect has that of the others."""
    (tmp_path / "V1__a.sql").write_text("CREATE TABLE `a` (`x` int) ENGINE=InnoDB;")
    (tmp_path / "V2__b.sql").write_text("ALTER TABLE a ADD y varchar(9) COMMENT 'it\\'s';")

    assert ["", "it's"] == [column.comment for column in read_schema(tmp_path).columns()]


def test_files_beyond_the_limit_are_never_left_out_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with more files than are looked at is not clean."""
    monkeypatch.setattr("tutela.connectors.migrations._MAX_FILES", 2)
    for number in range(3):
        (tmp_path / f"{number}.sql").write_text(f"CREATE TABLE t{number} (a int);")

    assert ["t0", "t1"] == [table.name for table in read_schema(tmp_path).tables]
    assert [tmp_path] == [Path(miss.location.file) for miss in read_schema(tmp_path).unparsed]


def test_a_changelog_that_is_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind the limit may include anything."""
    monkeypatch.setattr("tutela.connectors.migrations_liquibase._MAX_BYTES", 1 << 20)
    (tmp_path / "a.sql").write_text("CREATE TABLE t (x int);", encoding="utf-8")
    text = "databaseChangeLog:\n  - include: {file: a.sql}\n#" + "x" * (1 << 20)
    (tmp_path / "master.yaml").write_text(text, encoding="utf-8")
    schema = read_schema(tmp_path)

    assert ["t"] == [table.name for table in schema.tables]
    assert ["longer than 1 MiB" in found.message for found in schema.unparsed] == [True]


def test_change_sets_far_down_are_listed(tmp_path: Path) -> None:
    """A changelog is looked at as a whole, not only at its start."""
    (tmp_path / "a.sql").write_text("CREATE TABLE t (x int);", encoding="utf-8")
    notes = "<!-- nothing -->\n" * 40_000
    (tmp_path / "master.xml").write_text(
        f'<databaseChangeLog>\n<include file="a.sql"/>{notes}<changeSet id="1" author="a"/></databaseChangeLog>',
        encoding="utf-8",
    )

    assert ["master.xml"] == [Path(found.location.file).name for found in read_schema(tmp_path).unparsed]


def test_natural_order() -> None:
    """Numbers sort by their value, texts by their letters."""
    names = ["V10__a", "V2__b", "a", "V2_1__c", "01_x", "1_y"]

    assert ["01_x", "1_y", "a", "V2_1__c", "V2__b", "V10__a"] == sorted(names, key=natural)


def test_change_sets_for_other_databases_than_the_guessed_one(tmp_path: Path) -> None:
    """Where no change set names the guessed database, those left out are listed; with a dialect they are not."""
    (tmp_path / "1.sql").write_text(
        "--liquibase formatted sql\n--changeset a:1\nCREATE TABLE a (id int);\n"
        "--changeset a:2 dbms:mysql\nALTER TABLE a ADD wechat text;\n--changeset a:3 dbms:oracle\nDROP TABLE a;\n"
    )
    guessed, named = read_schema(tmp_path), read_schema(tmp_path, dialect="mysql")

    assert [4, 6] == [missed.location.line for missed in guessed.unparsed]
    assert () == named.unparsed
    assert ["id", "wechat"] == [column.name for column in named.columns()]
