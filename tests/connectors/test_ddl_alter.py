"""ALTER TABLE in every dialect: no column that it brings, renames or keys is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tutela.connectors.ddl import parse_schema

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "alter.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["sql"])
def test_what_the_table_has_at_the_end(case: dict[str, str]) -> None:
    """Columns in order (`*` key, `#` counted, `>` foreign key), and nothing that was not understood."""
    schema = parse_schema(case["sql"], dialect=case["dialect"])
    shown = [
        f"{table.path}: "
        + " ".join(
            f"{c.name}{'*' * c.primary_key}{'#' * c.identity}{'>' * bool(c.references)}{c.references}"
            for c in table.columns
        )
        for table in schema.tables
    ]

    assert () == schema.unparsed
    assert case["expected"] == " | ".join(shown)


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("postgres", "ALTER TABLE c FROBNICATE mobile text;"),
        ("postgres", "ALTER TABLE c ADD COLUMN;"),
        ("postgres", "ALTER TABLE c ALTER COLUMN a BECOME text;"),
        ("postgres", "ALTER TABLE c RENAME COLUMN a mobile;"),
        ("mysql", "ALTER TABLE c CHANGE a;"),
        ("oracle", "ALTER TABLE c MODIFY (a NUMBER, 9 9 9);"),
        ("tsql", "ALTER TABLE c ADD a int, 9 9 9"),
    ],
)
def test_a_change_that_is_not_understood_is_listed(dialect: str, text: str) -> None:
    """Only actions that are known to bring no column are passed over."""
    schema = parse_schema(f"CREATE TABLE c (a int);\n{text}", dialect=dialect)

    assert [2] == [missed.location.line for missed in schema.unparsed]


def test_places_of_changed_columns() -> None:
    """A column that ALTER TABLE brings stands where its name stands, also in a list and among several."""
    texts = {
        "mysql": "ALTER TABLE c ADD COLUMN (x text,\n mobile text), CHANGE a\n  email text;",
        "tsql": "ALTER TABLE c ADD x int,\n mobile int\nALTER TABLE c ALTER COLUMN a int\nALTER TABLE c ADD\n e int",
    }
    for dialect, text in texts.items():
        lines = f"CREATE TABLE c (a int);\n{text}".split("\n")
        (table,) = parse_schema("\n".join(lines), dialect=dialect).tables
        for column in table.columns[1:]:
            assert lines[column.location.line - 1][column.location.column - 1 :].startswith(column.name)
