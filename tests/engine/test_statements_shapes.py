"""Shapes of statements: they drop values and nothing else, and a statement touches what its shape touches."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine.errors import Location
from tutela.engine.statements import Analyser
from tutela.engine.statements_shapes import BEGINS, MARK, NOTE, PLAIN, TOKEN, UNSURE, shape_of, without_values
from tutela.engine.tables import Column, Schema, Table

CONNECTION = pytest.importorskip("duckdb").connect()
QUERIES = Path(__file__).parents[2].parent / "shared" / "corpus" / "queries" / "queries.jsonl.gz"
SAME = [
    ("select a from t where b = 1", "select a from t where b = 22"),
    ("select a from t where b = 'x'", "select a from t where b = 'it''s'"),
    ("select a from t limit 10", "select a from t limit 5"),
    ("select a from t where b in (1, 'x', 2.5)", "select a from t where b in (7, '', 0.1)"),
    ("select \"a\" from t where d = date '2026-01-01'", "select \"a\" from t where d = date '2026-02-01'"),
    ("select a /* purpose=care */ from t", "select a /* purpose=sales */ from t"),
    ("select a from t /*traceparent='00-1f',x='1'*/", "select a from t /*traceparent='00-2e' -- */"),
    ("select a from t -- it's\n where b = 'x'", "select a from t -- its\n where b = 'x'"),
    ("/**/ select a from t", "/***/ select a from t"),
    ("select '--x' from t -- \"", "select '/*' from t -- `"),
]
OTHER = [
    ("select a from t_012", "select a from t_145"),
    ("select a, b from t", "select b, a from t"),
    ("select a from t", "select A from t"),
    ('select "a" from t', 'select "b" from t'),
    ("select `a 1` from t", "select `a 2` from t"),
    ("select a from 表1", "select a from 表2"),
    ("select a from db.2020_log", "select a from db.2021_log"),
    ("select a /* x */ from t", "select a from t"),
    ("select a /*! , b */ from t", "select a /*! , c */ from t"),
    ("select a /*M! , b */ from t", "select a /*M! , c */ from t"),
    ("select /*+ full(t) */ a from t", "select /*+ index(t) */ a from t"),
    ("select 1 --1, b from t", "select 1 --1, c from t"),
    ("select a # /*\n, b -- */", "select a # /*\n, c -- */"),
    ("select [a/*], b from t -- */", "select [a/*], c from t -- */"),
    ('select "a /* ", b from t -- */', 'select "a /* ", c from t -- */'),
    ("select 'a /* ', b from t -- */", "select 'a /* ', c from t -- */"),
    ("select a /* x /* y */, b /* */", "select a /* x /* y */, c /* */"),
    ("select a -- x\r, b from t", "select a -- x\r, c from t"),
    ("select q'{it's /* }', b from t -- */", "select q'{it's /* }', c from t -- */"),
    ('select """a " /* """, b from t -- */', 'select """a " /* """, c from t -- */'),
    ("select a from t where b = 1", "select a from t where b = 'x' or c = 1"),
    ("select a from t where b = 'x\\' or c = 'y'", "select a from t where b = 'x\\' or d = 'y'"),
    ("select $$a$$ from t", "select $$b$$ from t"),
    ("select [it's] from t where a = 'b'", "select [it's] from t where a = 'c'"),
    ("select a from t where b = '1", "select b from t where b = '1"),
    ("select '''a', ''', b from t where c = ''", "select '''a', ''', c from t where c = ''"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_values_are_no_part_of_a_shape(one: str, other: str) -> None:
    """Texts that differ in quoted values, numbers and plain comments have one shape."""
    assert shape_of(one) == shape_of(other)
    assert without_values(one) == without_values(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_everything_else_is(one: str, other: str) -> None:
    """Names, order and whatever is not surely a value or a comment that nobody executes tell shapes apart."""
    assert shape_of(one) != shape_of(other)


@pytest.mark.parametrize("dialect", ["snowflake", "dremio"])
def test_a_quote_behind_slashes_is_none(dialect: str) -> None:
    """Where `//` begins a comment, what follows on the next line is no value."""
    place = Location("s.sql")
    columns = tuple(Column(table="t", name=name, location=place) for name in ("a", "b"))
    analyser = Analyser(Schema(tables=(Table(name="t", columns=columns, location=place),)), dialect)
    touched = analyser.analyse("select a // it's\n, b from t where a = 'x'")

    assert {ref.column.lower() for ref in touched.reads} == {"a", "b"}
    assert analyser.shape("select a from t where b = 'http://x'") is not None


def test_a_shape_shows_no_value() -> None:
    """Nothing of what stood in quotes is left."""
    assert "secret" not in str(shape_of("select a from t where b = 'secret' and c = 'a''secret'"))


PIECES = [
    *(
        "select",
        " ",
        "a",
        "'",
        "''",
        '"',
        "1",
        "1a",
        "$",
        "\\",
        "--",
        "\n",
        "/*",
        "*/",
        "`",
        "表",
        ".",
        "?",
        "'x'",
        "#",
    ),
    *("[", "]", "b_2", "0x1f", "1.5", "(", ",", "="),
]


def _python(pattern: str) -> str:
    """A pattern for RE2 as one for Python."""
    return pattern.replace(r"\x{80}-\x{10FFFF}", "\x80-\U0010ffff")


def _in_duckdb(texts: list[str]) -> list[str]:
    """The shapes that a database finds."""
    bare = "CASE WHEN regexp_matches(x, $6) THEN regexp_replace(x, $5, $7, 'g') ELSE x END"
    sql = (
        f"SELECT list_transform($1, lambda x: CASE WHEN regexp_matches(x, $2) THEN x"
        f" ELSE regexp_replace({bare}, $3, $4, 'g') END)"
    )
    parameters = [texts, UNSURE, TOKEN, f"\\1{MARK}", PLAIN, BEGINS, f"\\1{NOTE}"]
    (found,) = CONNECTION.execute(sql, parameters).fetchone()
    return list(found)


@given(st.lists(st.sampled_from([*PIECES, "/*x*/", "-- y\n", "/*!z*/"]), max_size=14))
@settings(max_examples=400, deadline=None)
def test_duckdb_finds_the_same_shape(parts: list[str]) -> None:
    """The patterns mean the same in RE2, so that a database can group by shape."""
    text = "".join(parts)
    if isinstance(shape_of(text), str):
        expected = text
    else:
        bare = re.sub(_python(PLAIN), rf"\g<1>{NOTE}", text, flags=re.ASCII) if re.search(BEGINS, text) else text
        expected = re.sub(_python(TOKEN), rf"\g<1>{MARK}", bare, flags=re.ASCII)
    assert _in_duckdb([text]) == [expected]


@given(st.lists(st.lists(st.sampled_from(["a", "1", "'x'", '"b"', "/*c*/", "/**/", "-- d\n", " ", "--", "/*", "*/"]))))
@settings(max_examples=200, deadline=None)
def test_what_has_one_shape_in_a_database_is_one_statement(drawn: list[list[str]]) -> None:
    """But for the values, and for what stands in comments."""
    seen: dict[str, str] = {}
    texts = ["".join(parts) for parts in drawn]
    for text, shape in zip(texts, _in_duckdb(texts), strict=True):
        neutral = re.sub("'0'|(?<![a-z0-9])1", " 1 ", without_values(text) or text)
        assert seen.setdefault(shape, neutral).split() == neutral.split()


@given(st.lists(st.sampled_from([*PIECES, "-", "/", "*", "@", "$1", "a$1", "9", "é"]), max_size=16))
@settings(max_examples=1_000, deadline=None)
def test_both_patterns_find_the_same_values(parts: list[str]) -> None:
    """The fast one, which runs over everything between two values, finds just those of the other."""
    text = "".join(parts)
    kept = shape_of(text)
    if not isinstance(kept, str):
        bare = re.sub(_python(PLAIN), rf"\g<1>{NOTE}", text, flags=re.ASCII) if re.search(BEGINS, text) else text
        values = [found[0] for found in re.finditer(_python(TOKEN), bare, re.ASCII) if found[1] is None]
        assert kept.count(None) == len(values)
        assert "".join(values.pop(0) if part is None else part for part in kept) == bare


def _schema() -> Schema:
    place = Location("x")
    columns = tuple(Column(table="t", name=name, location=place, data_type="text") for name in ("a", "b", "c"))
    return Schema(tables=(Table(name="t", location=place, columns=columns),))


def test_values_that_are_names_are_analysed_by_text() -> None:
    """An alias in quotes that is used again, and a file that is read, are told from each other."""
    analyser = Analyser(_schema(), "mysql")
    for name in ("x", "y"):
        assert analyser.analyse("select a as 'x' from t order by `x`".replace("x", name)).resolved
    files = [analyser.analyse("select * from 'x.csv'".replace("x", name)) for name in ("x", "y")]
    assert [False, False] == [touched.resolved for touched in files]


@pytest.mark.skipif(not QUERIES.exists(), reason="no corpus beside the project")
def test_corpus_statements_touch_what_their_shapes_touch() -> None:
    """What the shape of a statement touches is what the statement itself touches."""
    with gzip.open(QUERIES) as lines:
        rows = [json.loads(line) for line in lines][::23]
    analysers: dict[str, Analyser] = {}
    compared = 0
    for row in rows:
        try:
            analyser = analysers.setdefault(row["dialect"], Analyser(None, row["dialect"] or "postgres"))
        except ValueError:
            continue
        by_shape = analyser.shape(row["sql"])
        if by_shape is not None:
            compared += 1
            itself = analyser.afresh(row["sql"])
            assert by_shape == itself or (by_shape.resolved and not itself.parsed), row["id"]
    assert compared > 400
