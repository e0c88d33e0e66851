"""Statements that take something away do so only where it surely is what they name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tutela.connectors.columns import ask_columns
from tutela.connectors.ddl import parse_schema, read_schema
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
         ["a.c id mobile", "b.c x"]),
        ("postgres", f"\\connect a\n{MADE}\\connect b\n{GONE}CREATE TABLE c (x int);",
         ["a.public.c id mobile", "b.public.c x"]),
        ("postgres", f"SET search_path = a, pg_catalog;\n{MADE}SET search_path = b;\nDROP TABLE c;", ["a.c id mobile"]),
        ("tsql", f"USE [a]\nGO\n{MADE}GO\nUSE [b]\nGO\nDROP TABLE IF EXISTS c\nGO", ["c id mobile"]),
        ("tsql", f"USE a\nGO\n{MADE}GO\nDROP TABLE b.dbo.c\nGO", ["c id mobile"]),
        ("oracle", f"ALTER SESSION SET CURRENT_SCHEMA = a;\n{MADE}ALTER SESSION SET CURRENT_SCHEMA = b;\nDROP TABLE c;",
         ["a.c id mobile"]),
        # another schema is another table
        ("postgres", f"{MADE}DROP TABLE IF EXISTS archive.c;", ["c id mobile"]),
        ("postgres", f"{MADE.replace(' c ', ' crm.c ')}DROP TABLE c;", ["crm.c id mobile"]),
        ("mysql", f"{MADE}ALTER TABLE archive.c DROP COLUMN mobile, CHANGE id x int;", ["c id mobile x"]),
        ("mysql", f"{MADE}ALTER TABLE archive.c RENAME COLUMN mobile TO f1;", ["c id mobile f1"]),
        # the usual schema, and the one that is set, are those of a name without any
        ("postgres", f"{MADE}CREATE TABLE d (x int);\nDROP TABLE public.c;", ["d x"]),
        ("postgres", f"SET search_path TO a;\n{MADE}CREATE TABLE d (x int);\nDROP TABLE a.c;", ["a.d x"]),
        ("postgres", f"SELECT pg_catalog.set_config('search_path', 'a', false);\n{MADE}DROP TABLE a.c;", []),
        ("mysql", f"USE a;\n{MADE}USE b;\nCREATE TABLE c (x int);\nDROP TABLE a.c;\nALTER TABLE c ADD y int;",
         ["b.c x y"]),
    ],
)  # fmt: skip
def test_what_is_left(dialect: str, text: str, expected: list[str]) -> None:
    """Each table with its columns."""
    schema = parse_schema(text, dialect=dialect)

    assert expected == [" ".join((t.path, *(column.name for column in t.columns))) for t in schema.tables]
    assert () == schema.unparsed


def test_a_name_without_a_schema_is_in_that_of_the_session() -> None:
    """What the catalog says of a table says nothing of one of the same name in another schema."""
    text = (
        f'SET search_path = "Sales";\n{MADE}CREATE TABLE o (c int REFERENCES c (id));\nGRANT SELECT ON c TO x;\n'
        "SET search_path = b, public;\nCREATE TABLE c (id int PRIMARY KEY, fax text);\n"
        "CREATE TABLE d (x int REFERENCES c);\n"
        "CREATE VIEW v AS SELECT fax FROM c;\nGRANT ALL ON c TO y;\nSET search_path = '';\nGRANT SELECT ON b.c TO z;"
    )
    schema = parse_schema(text, dialect="postgres")
    columns = [f"{one.path}{one.references and f' -> {one.references}'}" for one in schema.columns()]
    derived = load_classifier(Project(Path()), None).classify(schema)

    assert [
        "Sales.c.id",
        "Sales.c.mobile",
        "Sales.o.c -> Sales.c.id",
        "b.c.id",
        "b.c.fax",
        "b.d.x -> b.c.id",
    ] == columns[:6]
    assert ["x Sales.c", "y b.c", "z b.c"] == [f"{grant.grantee} {grant.dataset}" for grant in schema.grants]
    assert {"b.v.fax": "view: from b.c.fax"} == {
        one.column.path: one.evidence[0] for _, one in derived.columns() if one.column.table == "v"
    }
    assert () == derived.unresolved


def test_rights_on_tables_of_the_same_name() -> None:
    """A right is asked about when any of the tables that have its name holds customer data."""
    text = f"USE a;\n{MADE}GRANT SELECT ON c TO x;\nUSE b;\nCREATE TABLE c (x int);"
    asked = list(ask_columns(parse_schema(text, dialect="mysql"), load_classifier(Project(Path()), None), NOW))

    assert 1 == sum(isinstance(item, Asked) and item.request.action["name"] == "grant" for item in asked)


@pytest.mark.parametrize(
    ("dialect", "text", "unparsed"),
    [
        ("postgres", "BEGIN; DROP TABLE t; ROLLBACK;", 1),
        ("postgres", "START TRANSACTION ISOLATION LEVEL SERIALIZABLE; ALTER TABLE t DROP COLUMN b; ABORT;", 1),
        ("postgres", "BEGIN; COMMENT ON COLUMN t.b IS '@tutela(category=none)'; ROLLBACK AND CHAIN;", 1),
        ("postgres", "BEGIN; SAVEPOINT s; DROP TABLE t; ROLLBACK TO SAVEPOINT s; COMMIT;", 1),
        ("sqlite", "BEGIN IMMEDIATE TRANSACTION; DROP TABLE t; ROLLBACK TRANSACTION;", 1),
        ("tsql", "BEGIN TRAN\nGO\nDROP TABLE t\nGO\nROLLBACK TRAN\nGO\n", 1),
        # nothing was changed, or nothing is taken back
        ("postgres", "BEGIN; INSERT INTO t VALUES (1); SET search_path = a; ROLLBACK;", 0),
        ("postgres", "BEGIN; ALTER TABLE t ADD c int; COMMIT; ROLLBACK;", 0),
        ("postgres", "DROP TABLE t; ROLLBACK;", 0),
        ("mysql", "START TRANSACTION; DROP TABLE t; ROLLBACK;", 0),
    ],
)
def test_what_is_rolled_back_is_listed(dialect: str, text: str, unparsed: int) -> None:
    """A table that a rollback brings back does not go in silence; in MySQL each change commits."""
    go = "GO\n" if dialect == "tsql" else ""
    schema = parse_schema(f"CREATE TABLE t (a int, b text);\n{go}{text}", dialect=dialect)

    assert unparsed == len(schema.unparsed)


def test_two_databases_of_one_script() -> None:
    """Tables of one name in both are told apart by it, also in queries, keys and rights; others keep their names."""
    text = (
        "USE erp;\nGO\nCREATE TABLE dbo.customer (id int PRIMARY KEY, phone text);\nGO\nUSE [CRM]\nGO\n"
        "CREATE TABLE customer (id int PRIMARY KEY, wechat text);\nGO\n"
        "CREATE VIEW v AS SELECT dbo.customer.wechat, e.phone FROM dbo.customer JOIN erp.dbo.customer e ON e.id = 1;\n"
        "GO\n"
        "CREATE TABLE orders (customer_id int REFERENCES dbo.customer (id));\nGO\nGRANT SELECT ON SCHEMA::dbo TO x;\n"
    )
    schema = parse_schema(text, dialect="tsql")
    derived = load_classifier(Project(Path()), None).classify(schema)
    rights = [asked for asked in ask_columns(schema, load_classifier(Project(Path()), None), NOW) if asked_grant(asked)]

    assert ["erp.dbo.customer", "crm.dbo.customer", "v", "orders"] == [table.path for table in schema.tables]
    assert ["crm.dbo.customer.id"] == [one.references for one in schema.columns() if one.references]
    assert {"wechat": "view: from crm.dbo.customer.wechat", "phone": "view: from erp.dbo.customer.phone"} == {
        one.column.name: one.evidence[0] for table, one in derived.columns() if table.kind == "view"
    }
    assert ((), 1) == (derived.unresolved, len(rights))


@pytest.mark.parametrize("dialect", ["postgres", "sqlite"])
def test_a_view_of_a_table_that_is_renamed_later(dialect: str) -> None:
    """It goes on reading that table, and its columns keep their qualifier."""
    text = (
        f"{MADE}CREATE VIEW v AS SELECT c.id, mobile FROM c;\n"
        "CREATE VIEW w AS WITH c AS (SELECT * FROM v) SELECT * FROM c;\n"
        "ALTER TABLE c RENAME TO d;\nCREATE TABLE c (x int);\n"
    )
    derived = load_classifier(Project(Path()), None).classify(parse_schema(text, dialect=dialect))

    assert ({"d.mobile", "v.mobile", "w.mobile"}, ()) == (
        {one.column.path for _, one in derived.columns() if one.category},
        derived.unresolved,
    )


def test_a_database_that_is_not_named(tmp_path: Path) -> None:
    """Within a script it is another one than those that are named; another script may mean one of them."""
    (tmp_path / "a.sql").write_text(f"USE a\nGO\n{MADE}", encoding="utf-8")
    (tmp_path / "b.sql").write_text(MADE, encoding="utf-8")
    two = read_schema([tmp_path / "a.sql", tmp_path / "b.sql"], dialect="tsql")

    assert ["c", "c"] == [table.path for table in two.tables]
    assert ["c", "a.dbo.c"] == [t.path for t in parse_schema(f"{MADE}GO\nUSE a\nGO\n{MADE}", dialect="tsql").tables]


def asked_grant(asked: object) -> bool:
    """Whether this is a question about a right."""
    return isinstance(asked, Asked) and asked.request.resource["type"] == "grant"
