"""Scripts as the tools of each database write them: every column, key, comment, right and partition is understood."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tutela.connectors.ddl import parse_schema, read_schema

if TYPE_CHECKING:
    from tutela.engine.tables import Column, Grant, Schema

FOLDER = Path(__file__).parent / "cases" / "flavours"
EXPECTED: dict[str, Any] = yaml.safe_load(FOLDER.with_suffix(".yaml").read_text("utf-8"))
CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "schemas"


def shown(column: Column) -> str:
    """A column in one line: type, key, null, `->` its foreign key, `=` how it is generated, `#` its comment."""
    parts = [column.data_type or "-", "key" * column.primary_key, "not null" * (not column.nullable)]
    marks = (("-> ", column.references), ("= ", column.generated), ("# ", column.comment))
    return " ".join(part for part in (*parts, *(mark + text for mark, text in marks if text)) if part)


def right(grant: Grant) -> str:
    """A right in one line."""
    what = f"role {grant.role}" if grant.role else f"{', '.join(grant.privileges)} on {grant.dataset}"
    return f"{grant.grantee}: {what}"


def document(schema: Schema) -> dict[str, Any]:
    """A schema as the file of expected values writes it; what is empty is left out."""
    partitions = [f"{name} of {parent}" for name, parent in schema.partitions]
    partitions += [f"{table.path} of {table.partition_of}" for table in schema.tables if table.partition_of]
    found = {
        "dialect": schema.dialect,
        "tables": {table.path: {column.name: shown(column) for column in table.columns} for table in schema.tables},
        "partitions": partitions,
        "grants": [right(grant) for grant in schema.grants],
        "unparsed": [f"{miss.location.line}:{miss.location.column} {miss.message}" for miss in schema.unparsed],
    }
    return {key: value for key, value in found.items() if value}


@pytest.mark.parametrize("name", EXPECTED)
def test_flavours(name: str) -> None:
    """A script in the manner of one tool says what the file beside it says."""
    assert EXPECTED[name] == document(read_schema(FOLDER / f"{name}.sql"))


def test_every_flavour_is_expected() -> None:
    """No script lies there without its expected values."""
    assert sorted(EXPECTED) == sorted(path.stem for path in FOLDER.glob("*.sql"))


def grants(text: str, dialect: str = "postgres") -> list[str]:
    """The rights that stand after a script."""
    schema = parse_schema(f"CREATE TABLE t (a int);\n{text}", dialect=dialect)
    return [right(grant) for grant in schema.grants]


@pytest.mark.parametrize(
    ("dialect", "text", "expected"),
    [
        ("postgres", "GRANT SELECT, UPDATE ON t TO a; REVOKE UPDATE ON TABLE t FROM a;", ["a: SELECT on t"]),
        ("postgres", "GRANT SELECT (a), UPDATE (a) ON t TO x; REVOKE UPDATE ON t FROM x;", ["x: SELECT(a) on t"]),
        ("postgres", "GRANT SELECT ON t TO x; REVOKE SELECT (a) ON t FROM x;", ["x: SELECT on t"]),
        ("postgres", "GRANT r TO x, y; REVOKE r FROM x;", ["y: role r"]),
        ("postgres", "GRANT SELECT ON t TO x; DROP TABLE t;", []),
        ("postgres", "GRANT SELECT ON t TO x; ALTER TABLE t RENAME TO u;", ["x: SELECT on u"]),
        ("postgres", "GRANT SELECT ON s.t TO x; REVOKE ALL ON ALL TABLES IN SCHEMA s FROM x;", []),
        ("mysql", "GRANT SELECT ON s.t TO x; REVOKE ALL ON s.* FROM x;", ["x: SELECT on s.t"]),
        ("mysql", "GRANT ALL ON *.* TO ''@'%';", ["PUBLIC: ALL on *.*"]),
        ("mysql", "GRANT SELECT ON t TO x; REVOKE ALL PRIVILEGES, GRANT OPTION FROM x;", []),
        ("tsql", "GRANT SELECT ON t (a) TO x\nGO\nGRANT SELECT TO y\nGO\n", ["x: SELECT(a) on t", "y: SELECT on *.*"]),
        ("tsql", "GRANT SELECT ON t TO x\nGO\nDENY SELECT ON OBJECT::t TO x\nGO\n", []),
        (
            "tsql",
            "GRANT SELECT ON t TO x WITH\nGRANT OPTION\nGRANT\nSELECT ON t TO y\nDENY SELECT ON t TO x",
            ["y: SELECT on t"],
        ),
        ("oracle", "GRANT ALL PRIVILEGES TO x;", ["x: ALL on *.*"]),
        ("oracle", "GRANT READ ANY TABLE TO x;", ["x: READ on *.*"]),
    ],
)
def test_rights(dialect: str, text: str, expected: list[str]) -> None:
    """What is given and taken away leaves the rights that stand."""
    assert expected == grants(text, dialect)


def test_a_grant_that_is_not_understood_is_listed() -> None:
    """A right that nobody can read is unparsed at its place."""
    schema = parse_schema("CREATE TABLE t (a int);\n  GRANT SELECT ON TO x;\n", "f.sql")

    assert ["f.sql:2:3"] == [str(miss.location) for miss in schema.unparsed]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("chinook/Chinook_MySql.sql", "chinook/Chinook_PostgreSql.sql"),
        ("chinook/Chinook_MySql.sql", "chinook/Chinook_SqlServer.sql"),
        ("chinook/Chinook_MySql.sql", "chinook/Chinook_Oracle.sql"),
        ("chinook/Chinook_MySql.sql", "chinook/Chinook_Sqlite.sql"),
        ("omop-cdm/postgresql/OMOPCDM_postgresql_5.4_ddl.sql", "omop-cdm/duckdb/OMOPCDM_duckdb_5.4_ddl.sql"),
        ("omop-cdm/postgresql/OMOPCDM_postgresql_5.4_ddl.sql", "omop-cdm/redshift/OMOPCDM_redshift_5.4_ddl.sql"),
        ("omop-cdm/postgresql/OMOPCDM_postgresql_5.4_ddl.sql", "omop-cdm/sqlite/OMOPCDM_sqlite_5.4_ddl.sql"),
    ],
)
def test_the_same_model_has_the_same_categories(one: str, other: str) -> None:
    """One model in two dialects is classified alike, and its foreign keys lead to the same columns."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real schemas is not here")

    assert classified(one) == classified(other)


def classified(name: str) -> set[tuple[str, str, str | None, str]]:
    """Table, column, category and foreign key of every column, in lower case without separators."""
    from tutela.engine.classifier import Classifier
    from tutela.taxonomies import load_taxonomy

    classifier = Classifier(load_taxonomy())
    return {
        (_bare(table.name), _bare(found.column.name), found.category, _bare(found.column.references.rpartition(".")[2]))
        for table in read_schema(CORPUS / name).tables
        for found in classifier.table(table)
    }


def _bare(name: str) -> str:
    return name.lower().replace("_", "")
