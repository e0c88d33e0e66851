# the statements are made here, and nobody else's words are in them
"""No argument of a function gets lost on the way from the text to the tree, whatever the function and the dialect."""

from __future__ import annotations

from typing import Any

import pytest
from sqlglot.dialects.dialect import Dialect

from tutela.engine.errors import Location
from tutela.engine.statements import Analyser
from tutela.engine.statements_read import read
from tutela.engine.tables import Column, Schema, Table

COLUMNS = ("c1", "c2", "c3", "c4", "c5")
PLACE = Location("schema.sql")
NO_COLUMNS = {"CONVERT", "TRY_CONVERT", "XMLELEMENT", "JSON_TABLE", "DIRECTORY", "SYSDATE", "VALUES"}
"""What takes a type, a name or a path, is no such call anywhere, or (`VALUES`) reads the new row in MySQL."""


@pytest.mark.parametrize(
    "dialect", ["postgres", "mysql", "duckdb", "sqlite", "snowflake", "bigquery", "tsql", "oracle"]
)
def test_every_argument_is_read_or_nothing_is_clean(dialect: str) -> None:
    """All functions that the parser has a form for, with one to five columns as arguments."""
    table = Table(name="t", location=PLACE, columns=tuple(Column(table="t", name=c, location=PLACE) for c in COLUMNS))
    analyser = Analyser(Schema(tables=(table,)), dialect)
    parser: Any = Dialect.get_or_raise(dialect).parser_class
    resolved = 0
    for name in sorted((set(parser.FUNCTIONS) | set(parser.FUNCTION_PARSERS)) - NO_COLUMNS):
        for count in range(1, len(COLUMNS) + 1):
            touched = analyser.afresh(f"SELECT {name}({', '.join(COLUMNS[:count])}) FROM t")
            resolved += touched.resolved
            assert not touched.resolved or {ref.column for ref in touched.reads} >= set(COLUMNS[:count]), name

    assert resolved > 1000


@pytest.mark.parametrize(
    ("argument", "written"),
    [
        ("m -> 'x'", "m -> 'x'"),
        ("m -> 'x' -> 'y'", "m -> 'x' -> 'y'"),
        ("m -> 'x' ->> 'y' = 'z' and a", "m -> 'x' ->> 'y' = 'z' AND a"),
        ("m -> 'x' || 'y'", "m -> 'x' || 'y'"),
        ("m -> -1", "m -> -1"),
        ("m -> n + 1", "m -> (n + 1)"),
        ("m -> 'x'::text", "m -> CAST('x' AS TEXT)"),
        ("m -> lower('x') in ('a')", "m -> LOWER('x') IN ('a')"),
    ],
)
def test_an_arrow_takes_a_member(argument: str, written: str) -> None:
    """In an argument as elsewhere; what comes out means the same."""
    tree = read(f"select f({argument}) from t", "postgres")[0]

    assert tree.sql(dialect="postgres") == f"SELECT F({written}) FROM t"
