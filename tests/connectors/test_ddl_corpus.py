"""Real schema files: no crash, every table found, places right to the line."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.ddl import parse_schema, read_schema
from tutela.connectors.files import read_text

if TYPE_CHECKING:
    from tutela.engine.tables import Schema

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "schemas"
FILES = sorted(CORPUS.rglob("*.sql"))
HIDDEN = {"pagila-schema.sql": 1}
"""Tables that the count by lines finds and that are none of the schema: one is made inside a function."""

pytestmark = pytest.mark.skipif(not FILES, reason="the corpus of real schemas is not here")


@cache
def schema_of(path: Path) -> Schema:
    """A schema file, read once for all tests."""
    return parse_schema(read_text(path, limit=8 << 20), str(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORPUS)))
def test_every_table_is_found(path: Path) -> None:
    """As many tables as lines that start CREATE TABLE outside comments; nothing is unparsed."""
    text = re.sub(r"--[^\n]*|/\*(?!!).*?\*/", "", read_text(path, limit=8 << 20), flags=re.DOTALL)
    wanted = len(re.findall(r"^[ \t]*CREATE\s+(?:\w+ ){0,2}?TABLE\b", text, re.IGNORECASE | re.MULTILINE))
    schema = schema_of(path)
    kinds = Counter(table.kind for table in schema.tables)

    assert wanted - HIDDEN.get(path.name, 0) == kinds["table"] + len(schema.partitions)
    assert schema.unparsed == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORPUS)))
def test_places_are_right(path: Path) -> None:
    """The place of every column of a table holds the column's name, past an opening quote."""
    lines = read_text(path, limit=8 << 20).split("\n")
    wrong = [
        column.path
        for table in schema_of(path).tables
        if table.kind == "table"
        for column in table.columns
        if not lines[column.location.line - 1][column.location.column - 1 :].lstrip('`"[').startswith(column.name)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("mysql", "postgres"),
    [
        ("yudao-crm-erp/mysql/crm-2024-09-30.sql", "yudao-crm-erp/postgresql/crm-postgresql.sql"),
        ("yudao-crm-erp/mysql/erp-2024-05-03.sql", "yudao-crm-erp/postgresql/erp-postgresql.sql"),
    ],
)
def test_twins_are_equal(mysql: str, postgres: str) -> None:
    """The same model in two dialects has the same tables and columns."""
    one, other = (
        {(column.table, column.name) for column in schema_of(CORPUS / name).columns()} for name in (mysql, postgres)
    )

    assert one == other


def test_a_folder_of_dialects_is_read_file_by_file() -> None:
    """Each file of the Chinook folder keeps its own dialect, and all their tables are there."""
    schema = read_schema(CORPUS / "chinook")

    assert len(schema.tables) == 55
