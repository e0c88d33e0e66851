"""Statements that take something away do so only where it surely is what they name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tutela.connectors.columns import ask_columns
from tutela.connectors.ddl import parse_schema
from tutela.engine.findings import Asked
from tutela.project import Project, load_classifier

MADE = "CREATE TABLE c (id int, mobile int);\n"
GONE = "DROP TABLE IF EXISTS c;\n"
NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        # a dump of several databases has a table of the same name in each, and drops each before it makes it
        ("mysql", f"USE `a`;\n{GONE}{MADE}USE `b`;\n{GONE}CREATE TABLE c (x int);",
         ["c id mobile", "c x"]),
        ("postgres", f"\\connect a\n{MADE}\\connect b\n{GONE}CREATE TABLE c (x int);", ["c id mobile", "c x"]),
        ("postgres", f"SET search_path = a, pg_catalog;\n{MADE}SET search_path = b;\nDROP TABLE c;", ["c id mobile"]),
        ("tsql", f"USE [a]\nGO\n{MADE}GO\nUSE [b]\nGO\nDROP TABLE IF EXISTS c\nGO", ["c id mobile"]),
        ("tsql", f"USE a\nGO\n{MADE}GO\nDROP TABLE b.dbo.c\nGO", ["c id mobile"]),
        ("oracle", f"ALTER SESSION SET CURRENT_SCHEMA = a;\n{MADE}ALTER SESSION SET CURRENT_SCHEMA = b;\nDROP TABLE c;",
         ["c id mobile"]),
        # another schema is another table
        ("postgres", f"{MADE}DROP TABLE IF EXISTS archive.c;", ["c id mobile"]),
        ("postgres", f"{MADE.replace(' c ', ' crm.c ')}DROP TABLE c;", ["crm.c id mobile"]),
        ("mysql", f"{MADE}ALTER TABLE archive.c DROP COLUMN mobile, CHANGE id x int;", ["c id mobile x"]),
        ("mysql", f"{MADE}ALTER TABLE archive.c RENAME COLUMN mobile TO f1;", ["c id mobile f1"]),
        # the usual schema, and the one that is set, are those of a name without any
        ("postgres", f"{MADE}CREATE TABLE d (x int);\nDROP TABLE public.c;", ["d x"]),
        ("postgres", f"SET search_path TO a;\n{MADE}CREATE TABLE d (x int);\nDROP TABLE a.c;", ["d x"]),
        ("postgres", f"SELECT pg_catalog.set_config('search_path', 'a', false);\n{MADE}DROP TABLE a.c;", []),
        ("mysql", f"USE a;\n{MADE}USE b;\nCREATE TABLE c (x int);\nDROP TABLE a.c;\nALTER TABLE c ADD y int;",
         ["c x y"]),
    ],
)  # fmt: skip
def test_what_is_left(dialect: str, text: str, expected: list[str]) -> None:
    """Each table with its columns."""
    schema = parse_schema(text, dialect=dialect)

    assert expected == [" ".join((t.path, *(column.name for column in t.columns))) for t in schema.tables]
    assert () == schema.unparsed


def test_rights_on_tables_of_the_same_name() -> None:
    """A right is asked about when any of the tables that have its name holds customer data."""
    text = f"USE a;\n{MADE}GRANT SELECT ON c TO x;\nUSE b;\nCREATE TABLE c (x int);"
    asked = list(ask_columns(parse_schema(text, dialect="mysql"), load_classifier(Project(Path()), None), NOW))

    assert 1 == sum(isinstance(item, Asked) and item.request.action["name"] == "grant" for item in asked)
