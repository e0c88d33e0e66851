# the statements are made here, and nobody else's words are in them
"""What a statement touches: a table of cases, the limits, and the memory."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tutela.engine import statements
from tutela.engine.errors import Location
from tutela.engine.messages_log import LOG
from tutela.engine.statements import ANYTHING, Analyser, ColumnRef, Touched, analyse
from tutela.engine.tables import Column, Schema, Table

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "statements.yaml").read_text("utf-8"))
CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "queries" / "queries.jsonl.gz"


def _table(name: str, columns: str, sql: str = "", schema: str = "", partition_of: str = "") -> Table:
    place = Location("schema.sql")
    cells = tuple(Column(table=name, name=column, schema=schema, location=place) for column in columns.split())
    return Table(
        name=name, columns=cells, location=place, schema=schema, kind="view" if sql else "table", sql=sql,
        partition_of=partition_of,
    )  # fmt: skip


SCHEMA = Schema(
    tables=(
        _table("customer", "id name ssn"),
        _table("orders", "id customer_id note"),
        _table("Mixed", "Id plain"),
        _table("staff", "id pay", schema="hr"),
        _table(
            "v_name",
            "id label",
            "create view v_name (id, label) as select id, name from customer where ssn <> ''",
        ),
        _table("v_top", "label", "select label from v_name"),
        _table("v_loop", "x", "select x from v_loop"),
    )
)
ALL = sorted(f"{table.path}.*" for table in SCHEMA.tables)


def _names(refs: frozenset[ColumnRef]) -> list[str]:
    return sorted(ref.path.removeprefix("public.").removeprefix("main.").removeprefix("pg_catalog.") for ref in refs)


def _expected(text: str) -> list[str]:
    return ALL if text == "all" else sorted(text.split())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.get('dialect', 'postgres')}: {case['sql'][:60]}")
def test_case(case: dict[str, Any]) -> None:
    """Reads, exposed, aggregated, written columns and kind are exactly as the case file says."""
    touched = analyse(case["sql"], case.get("dialect", "postgres"), SCHEMA)
    reads = _expected(case["reads"])
    resolved = case.get("resolved", True)

    assert resolved == touched.resolved, touched
    assert reads == _names(touched.reads)
    aggregated = _expected(case.get("aggregated", ""))
    exposed = _expected(case["exposed"]) if "exposed" in case else sorted(set(reads) - set(aggregated))
    assert (exposed, aggregated) == (_names(touched.exposed), _names(touched.aggregated))
    assert _expected(case.get("writes", "")) == _names(touched.writes)
    assert case.get("kind", "read") == touched.kind
    assert resolved or f"statement-{touched.reason}" in LOG


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * 5000 + "1" + ")" * 5000,
        "select " + "not " * 10000 + "true",
        "select " + "- " * 10000 + "1",
        "select " + "case when 1=1 then " * 3000 + "1" + " end" * 3000,
        "select " + "name || " * 8000 + "name from customer",
        "select 1 from customer where " + " and ".join(["name = 'x'"] * 5000),
        "select '" + "x" * 70000 + "' from customer",
        "select \0 from customer",
        "select name from \u212austomer",
        "\ud800",
        "with " + ", ".join(f"c{n} as (select * from c{n - 1 if n else 0})" for n in range(800)) + " select 1",
    ],
    ids=[
        "parentheses",
        "nots",
        "minuses",
        "cases",
        "concat",
        "ands",
        "size",
        "nul",
        "kelvin",
        "surrogate",
        "ctes",
    ],
)
def test_a_hostile_text_ends_unresolved(sql: str) -> None:
    """Depth, size and odd characters never crash and never come out clean."""
    touched = analyse(sql, "postgres", SCHEMA)

    assert not touched.resolved
    assert touched.reads


def test_without_a_schema_everything_may_be_read() -> None:
    """With no catalogue an unreadable text touches `ANYTHING`, a readable one the tables it names."""
    assert frozenset({ANYTHING}) == analyse("call p()", "postgres", None).reads
    assert ["customer.*"] == _names(analyse("select name from customer", "postgres", None).reads)


def test_the_search_path_decides() -> None:
    """An unqualified name means the first schema of the path that has it."""
    found = analyse("select pay from staff", "postgres", SCHEMA, search_path=("hr", "public"))

    assert ["hr.staff.pay"] == _names(found.reads)


def test_a_partition_is_also_its_parent() -> None:
    """Reading a partition reads the partitioned table's column."""
    schema = Schema(
        tables=(_table("log", "at who"), _table("log_2026", "at who", partition_of="log")),
        partitions=(("log_2027_1", "log_2027"), ("log_2027", "log"), ("x", "y"), ("y", "x")),
    )

    assert ["log.who", "log_2026.who"] == _names(analyse("select who from log_2026", "postgres", schema).reads)
    assert ["log.who"] == _names(analyse("select who from log_2027", "postgres", schema).reads)
    assert ["log.who"] == _names(analyse("select who from log_2027_1", "postgres", schema).reads)


def test_who_reads_a_table_reads_its_heirs() -> None:
    """Rows of heirs are rows of the table that they inherit from, but for one that is added to it."""
    schema = Schema(
        tables=(
            _table("person", "id name"),
            _table("patient", "id name illness"),
            _table("child", "id name illness age"),
        ),
        heirs=(("patient", "person"), ("child", "patient"), ("patient", "child")),
    )

    def read(sql: str) -> list[str]:
        return _names(analyse(sql, "postgres", schema).reads)

    assert ["child.name", "patient.name", "person.name"] == read("select name from person")
    assert ["child.age"] == [name for name in read("select age from child") if name.endswith("age")]
    counted = analyse("select count(*) from person", "postgres", schema)
    assert {"person", "patient", "child"} == {ref.table for ref in counted.tables}
    added = analyse("insert into person (id, name) values (1, 'x')", "postgres", schema)
    assert {"person"} == {ref.table for ref in added.tables}
    changed = analyse("update person set name = 'x'", "postgres", schema)
    assert ["child.name", "patient.name", "person.name"] == _names(changed.writes)


def test_the_memory_is_bounded_and_keyed_by_exact_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same text is answered once; two texts never share an answer."""
    monkeypatch.setattr(statements, "MAX_CACHE", 2)
    analyser = Analyser(SCHEMA, "postgres")
    first = analyser.analyse("select name from customer")

    assert first is analyser.analyse("select name from customer")
    assert first is not analyser.analyse("select name  from customer")
    assert ["orders.note"] == _names(analyser.analyse("select note from orders").reads)
    assert 2 == len(analyser._cache)  # pyright: ignore[reportPrivateUsage] # nothing else shows it


def test_an_error_nobody_thought_of_ends_unresolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the parser raises, the statement is not clean."""

    def explode(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(statements, "read", explode)
    touched = analyse("select 1", "postgres", SCHEMA)

    assert ("failed", False) == (touched.reason, touched.resolved)


def test_every_reason_has_words() -> None:
    """Each reason that the modules raise is a message in both languages."""
    folder = Path(statements.__file__).parent
    text = "".join(path.read_text("utf-8") for path in folder.glob("statements*.py"))
    reasons = set(re.findall(r'UnresolvedError\(\s*"([a-z-]+)"', text)) | set(
        re.findall(r'_everything\(\w+, "([a-z-]+)"', text)
    )

    assert len(reasons) > 8
    assert set() == {reason for reason in reasons if f"statement-{reason}" not in LOG}


def test_the_corpus_never_crashes_and_never_names_nothing() -> None:
    """Every twelfth of 17,532 real statements: unresolved ones touch something."""
    if not CORPUS.exists():
        pytest.skip(f"no {CORPUS}")
    analysers = dict[str, Analyser]()
    counted = 0
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % 12:
                continue
            query = json.loads(line)
            dialect = query["dialect"]
            analyser = analysers.setdefault(dialect, Analyser(SCHEMA, dialect))
            touched: Touched = analyser.analyse(query["sql"])
            counted += 1
            assert touched.resolved or touched.reads, query["id"]
            assert touched.reason != "failed", query["id"]

    assert counted > 1400
