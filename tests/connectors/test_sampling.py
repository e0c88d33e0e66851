"""Sampled values support, give or doubt a category; sequences say nothing, and no value ever comes out."""

from __future__ import annotations

import random
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml
from stdnum.cn import ric, uscc

from tutela.connectors.ddl import parse_schema
from tutela.connectors.live import LiveOptions
from tutela.connectors.sample_live import live_sampler
from tutela.connectors.sampler import MAX_TEXT, DatabaseSampler
from tutela.connectors.validators import load_validators
from tutela.engine.errors import InputError
from tutela.engine.sampling import MAX_ROWS, Sampling, is_sequence
from tutela.project import Project, load_classifier
from tutela.taxonomies import load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tutela.engine.classifier import Classified

PROJECT = Project(Path())
TABLE = parse_schema("CREATE TABLE t (a int);", "s.sql", "sqlite").tables[0]
TAXONOMY = load_taxonomy(PROJECT)
VALIDATORS = load_validators(TAXONOMY)
PROSE = yaml.safe_load((Path(__file__).parent / "cases" / "prose.yaml").read_text("utf-8"))
CLASSIFIER = load_classifier(PROJECT, None)
RNG = random.Random(4)  # noqa: S311


def resident_ids(count: int) -> list[str]:
    """Invented resident ids: region, birth date, number, check character."""
    made = (
        f"110105{RNG.randint(1950, 2004)}{RNG.randint(1, 12):02}{RNG.randint(1, 28):02}{RNG.randint(0, 999):03}"
        for _ in range(count)
    )
    return [text + ric.calc_check_digit(text + "0") for text in made]


def credit_codes(count: int) -> list[str]:
    """Invented unified social credit codes."""
    made = (f"91110105MA{RNG.randint(0, 9_999_999):07}" for _ in range(count))
    return [text + uscc.calc_check_digit(text) for text in made]


def mobiles(count: int) -> list[str]:
    """Invented mobile numbers, all over the plan."""
    return [f"13{RNG.randint(5, 9)}{RNG.randint(10**7, 10**8 - 1)}" for _ in range(count)]


def judged(name: str, values: Sequence[object], *, data_type: str = "text", table: str = "t1") -> Classified:
    """One column of a table with these values."""
    schema = parse_schema(f"CREATE TABLE {table} ({name} {data_type});", "s.sql", "postgres")
    sampling = Sampling(lambda _table, columns, _rows: dict.fromkeys(columns, values), VALIDATORS, 100)
    return next(found for _, found in CLASSIFIER.classify(schema, sampling).columns())


@pytest.mark.parametrize(
    ("values", "category"),
    [
        (resident_ids(20), "personal.government_id.resident_id"),
        (credit_codes(20), "organisation.uscc"),
        (mobiles(20), "personal.contact.phone.mobile"),
        ([f"someone{n}@example{n}.com" for n in range(9)], "personal.contact.email"),
        ([f"10.0.{n}.7" for n in range(9)], "personal.device.ip"),
        ([f'{{"a": "x", "n": {n}, "m": "{m}"}}' for n, m in enumerate(mobiles(9))], None),
        ([f'{{"m": "{m}"}}' for m in mobiles(9)], "personal.contact.phone.mobile"),
        ([f'["{m}"]' for m in mobiles(9)], "personal.contact.phone.mobile"),
    ],
)
def test_values_give_a_category_that_the_name_does_not(values: list[str], category: str | None) -> None:
    """Numbers that are valid say what a meaningless name hides; cells that are JSON are looked into, one level."""
    found = judged("x1", values)

    assert category == found.category
    if category:
        assert f"{len(values)} of {len(values)} values are valid" in found.evidence[-1]


@pytest.mark.parametrize(
    "values",
    [
        [str(13_800_000_000 + n) for n in range(50)],
        [str(13_800_000_000 + 7_000_000 * n) for n in range(50)],
        list(range(6222020200112230000, 6222020200112230900, 9)),
        [None, "", "   "] * 20,
        mobiles(4),
        ["x" * 5000] * 9,
        mobiles(10) + [f"order {n}" for n in range(10)],
        ["[" * 5000] * 9 + [f"{{{n}" for n in range(9)],
        [b"\x00\x01", 1.5, True, object()] * 9,
        [f"1.2.{n}" for n in range(20)],
        [f"2024010{n}123456" for n in range(9)],
    ],
)
def test_values_that_say_nothing(values: list[object]) -> None:
    """Sequences, too few distinct values, mixtures, long cells and what is no text give no category."""
    assert judged("x1", values).category is None


def test_values_support_or_doubt_the_name() -> None:
    """A name that the values bear out is surer, also in a wider category; one that they do not is less sure."""
    named = judged("mobile", [], table="customer")
    sure = judged("mobile", mobiles(20), table="customer")
    doubted = judged("mobile", [f"n{n}" for n in range(20)], table="customer")
    narrower = judged("buyer_phone", mobiles(20), table="customer")

    assert doubted.confidence < named.confidence < sure.confidence < 1
    assert "personal.contact.phone.mobile" == sure.category == doubted.category == narrower.category
    assert "sample: none of 20 values is among the valid mobile numbers" == doubted.evidence[-1]


def test_what_is_sensitive_or_declared_stays() -> None:
    """Values take no sensitive category away, and a person's word stays whatever they are."""
    grave = judged("id_card_no", mobiles(20), table="customer")
    schema = "x1 text);COMMENT ON COLUMN t1.x1 IS '@tutela(category=none)';--"

    assert ("personal.government_id.resident_id", True) == (grave.category, grave.sensitive)
    assert judged(schema, mobiles(20), data_type="").category is None
    assert judged("x1", resident_ids(20)).sensitive


@pytest.mark.parametrize("case", PROSE, ids=lambda case: case["name"])
def test_identifiers_in_running_text(case: dict[str, Any]) -> None:
    """Free text tells what kinds of identifiers stand in it; what only looks like one is none."""
    found = judged(case.get("column", "remark"), case["texts"], table="customer")

    assert case["hidden"] == list(found.hidden)
    assert len(case["hidden"]) == sum(" in their text" in note for note in found.evidence)
    assert [] == [text for text in case["texts"] if text in repr(found)]


def test_numbers_that_count_up_are_no_identifiers_in_a_text() -> None:
    """A row of running numbers passes a numbering plan, and says nothing."""
    texts = [f"order {13812345000 + n} was sent" for n in range(20)]

    assert () == judged("remark", texts).hidden


def test_no_value_comes_out() -> None:
    """Neither evidence nor anything else of what is found holds a value."""
    values = resident_ids(20)
    shown = repr(judged("x1", values))

    assert [] == [value for value in values if value in shown]


def test_sequences() -> None:
    """Numbers close together or evenly apart are a sequence, in whatever order; scattered ones and texts are not."""
    assert is_sequence(["5", "1", "3"])
    assert is_sequence(["10000000", "20000000", "30000000"])
    assert not is_sequence(["1", "90000", "10000000"])
    assert not is_sequence(["1", "a"])


def _sqlite(path: Path) -> Callable[[str], Sequence[Sequence[object]]]:
    with closing(sqlite3.connect(path)) as made:
        made.execute('CREATE TABLE "od""d" ("a b" TEXT, n INTEGER)')
        made.executemany('INSERT INTO "od""d" VALUES (?, ?)', [("y" * 100_000, n) for n in range(30)])
        made.commit()
    return lambda query: sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute(query).fetchall()


def _duckdb(path: Path) -> Callable[[str], Sequence[Sequence[object]]]:
    with duckdb.connect(path) as made:
        made.execute('CREATE TABLE "od""d" ("a b" VARCHAR, n INTEGER)')
        made.execute("""INSERT INTO "od""d" SELECT repeat('y', 100000), range FROM range(30)""")
    return lambda query: duckdb.connect(path, read_only=True).execute(query).fetchall()


@pytest.mark.parametrize(("dialect", "make"), [("sqlite", _sqlite), ("duckdb", _duckdb)])
def test_a_database_is_read_within_bounds(
    dialect: str, make: Callable[[Path], Callable[[str], Sequence[Sequence[object]]]], tmp_path: Path
) -> None:
    """The query takes no more rows and characters than asked, and names that need quotes are quoted."""
    sampler = DatabaseSampler(make(tmp_path / "x.db"), dialect)
    table = parse_schema('CREATE TABLE "od""d" ("a b" text, n int);', "s.sql", "postgres").tables[0]
    found = sampler(table, ["a b", "n"], 20)

    assert [MAX_TEXT] * 20 == [len(str(cell)) for cell in found["a b"]]
    assert 20 == len(set(found["n"]))
    assert f"LIMIT {MAX_ROWS}" in sampler.query(table, ["n"], 10**9)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("duckdb:///{folder}/none", "file-missing"),
        ("duckdb:///{folder}/text", "live-no-database-file"),
        ("sqlite:///{folder}/none", "file-missing"),
        ("sqlite:///{folder}/text", "sample-failed"),
    ],
)
def test_a_file_that_is_no_database(tmp_path: Path, address: str, code: str) -> None:
    """What cannot be opened or read is told in the words of the connector, not as a failure of the program."""
    (tmp_path / "text").write_text("not a database " * 1000, encoding="utf-8")
    with (
        pytest.raises(InputError) as caught,
        live_sampler(address.format(folder=tmp_path), LiveOptions()) as sampler,
    ):
        sampler(TABLE, ["a"], 5)

    assert [code] == [problem.code for problem in caught.value.problems]


def test_a_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing driver is told with what to install."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(InputError) as caught, live_sampler("duckdb:///x.duckdb", LiveOptions()):
        pass

    assert ["live-driver"] == [problem.code for problem in caught.value.problems]


def test_the_limit_is_that_of_each_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long ago the file was opened, a query has all of its time, and no more."""
    now = 0.0
    monkeypatch.setattr("tutela.connectors.live_sqlite.time.monotonic", lambda: now)
    path = tmp_path / "x.db"
    long = "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n LIMIT 50000) SELECT count(*) AS a FROM n"
    with closing(sqlite3.connect(path)) as made:
        made.execute(f"CREATE VIEW t AS {long}")
    with live_sampler(path, LiveOptions(timeout=30)) as sampler:
        now = 1000.0

        assert {"a": ["50000"]} == sampler(TABLE, ["a"], 5)
        monkeypatch.setattr("tutela.connectors.live_sqlite.time.monotonic", iter(range(0, 1000, 20)).__next__)
        with pytest.raises(InputError, match="sample-failed"):
            sampler(TABLE, ["a"], 5)
