"""What is asked about views and copies: inherited categories, the retention of what they keep, and what is unclear."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tutela.connectors.accesses import accesses
from tutela.connectors.columns import ask_columns
from tutela.connectors.ddl import parse_schema
from tutela.engine.errors import Location
from tutela.engine.events import Event
from tutela.engine.facts_catalog import Catalog
from tutela.engine.findings import Asked, Unreadable
from tutela.project import Project, load_classifier

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
SCHEMA = parse_schema(
    """CREATE TABLE crm.customer (id int, full_name text, mobile text);
CREATE VIEW crm.v AS SELECT mobile AS a, count(*) AS n FROM crm.customer GROUP BY 1;
CREATE MATERIALIZED VIEW crm.mv AS SELECT full_name AS a FROM crm.customer;
CREATE TABLE crm.kept AS SELECT a AS b FROM crm.v;
CREATE VIEW crm.bad AS SELECT x FROM crm.nowhere;
""",
    "s.sql",
    "postgres",
)
CLASSIFIER = load_classifier(Project(Path()), None)


def test_lint_asks_with_inherited_categories() -> None:
    """Columns are asked with what flows into them; what keeps rows is asked for its retention, a plain view is not."""
    items = list(ask_columns(SCHEMA, CLASSIFIER, AT))
    asked = {item.request.resource["id"]: item.request for item in items if isinstance(item, Asked)}
    retained = [path for path, request in asked.items() if request.action_name == "retain"]
    (hole,) = (item for item in items if isinstance(item, Unreadable))

    assert "personal.contact.phone.mobile" == asked["crm.v.a"].resource["category"]
    assert asked["crm.v.n"].resource["category"] is None
    assert ["personal.name.full"] == asked["crm.mv"].resource["categories"]
    assert ["crm.customer", "crm.mv", "crm.kept"] == retained
    assert 5 == hole.location.line
    assert "`crm.bad`" in hole.what.en
    assert "nowhere" in hole.what.zh


MONTH = "(id int, mobile text, day date)"


@pytest.mark.parametrize(
    "partitions",
    [
        "CREATE TABLE crm.visit_1 PARTITION OF crm.visit DEFAULT; CREATE TABLE crm.log_1 PARTITION OF crm.log DEFAULT;",
        (
            f"CREATE TABLE crm.visit_1 {MONTH}; CREATE TABLE crm.visit_1_1 {MONTH}; CREATE TABLE crm.log_1 (id int);"
            "ALTER TABLE ONLY crm.visit ATTACH PARTITION crm.visit_1 DEFAULT;"
            "ALTER TABLE ONLY crm.visit_1 ATTACH PARTITION crm.visit_1_1 DEFAULT;"
            "ALTER TABLE ONLY crm.log ATTACH PARTITION crm.log_1 DEFAULT;"
        ),
    ],
)
def test_a_partition_is_asked_about_as_its_table(partitions: str) -> None:
    """Also as pg_dump writes it: a table of its own that is attached afterwards; rights on it are asked about."""
    script = (
        f"CREATE TABLE crm.visit {MONTH} PARTITION BY LIST (day); CREATE TABLE crm.log (id int) PARTITION BY LIST (id);"
        f"{partitions} GRANT ALL ON crm.visit_1 TO a; GRANT ALL ON crm.log_1 TO a;"
    )
    items = list(ask_columns(parse_schema(script, "s.sql", "postgres"), CLASSIFIER, AT))

    assert [
        "crm.visit.id", "crm.visit.mobile", "crm.visit.day", "crm.visit", "crm.log.id", "crm.log", "crm.visit_1 to a",
    ] == [item.request.resource["id"] for item in items if isinstance(item, Asked)]  # fmt: skip


def test_what_only_looks_like_a_partition_is_asked_about() -> None:
    """One with a column that its table has not, and a circle of two."""
    script = (
        "CREATE TABLE p (id int); CREATE TABLE c (id int, mobile text); ALTER TABLE p ATTACH PARTITION c DEFAULT;"
        "CREATE TABLE x (fax text); CREATE TABLE y (fax text);"
        "ALTER TABLE x ATTACH PARTITION y DEFAULT; ALTER TABLE y ATTACH PARTITION x DEFAULT;"
    )
    items = list(ask_columns(parse_schema(script, "s.sql", "postgres"), CLASSIFIER, AT))
    asked = {item.request.resource["id"] for item in items if isinstance(item, Asked)}

    assert {"p.id", "c.mobile", "x.fax", "y.fax"} <= asked


def test_tables_that_the_catalog_declares_are_asked_for_their_structure() -> None:
    """With the columns that queries see, those that must be filled, and those that somebody tagged; no other table."""
    script = """CREATE TYPE place AS (city text);
CREATE TABLE crm.customer (id int PRIMARY KEY, name text NOT NULL, home place, class text);
COMMENT ON COLUMN crm.customer.class IS '@tutela(category=none)';
CREATE TABLE crm.orders (id int NOT NULL);
CREATE VIEW crm.v AS SELECT id FROM crm.customer;
"""
    entries = [{"dataset": "CRM.Customer", "holds": ("customers",)}, {"dataset": "crm.orders", "holds": ()}]
    catalog = Catalog({"catalog": [*entries, {"dataset": "crm.v", "holds": ("customers",)}]}, None, "pipl_strict")
    schema = parse_schema(script, "s.sql", "postgres")
    asked = [item for item in ask_columns(schema, CLASSIFIER, AT, catalog=catalog) if isinstance(item, Asked)]
    (structure,) = [item for item in asked if item.request.resource["type"] == "structure"]
    said = structure.request.resource

    assert structure.location is not None
    assert ("crm.customer", "retain", 2) == (said["id"], structure.request.action_name, structure.location.line)
    assert ["id", "name", "home", "class"] == said["columns"]
    assert ["id", "name"] == said["not_null"]
    assert ["class"] == said["tagged"]


def test_audit_asks_with_the_same_categories() -> None:
    """An access to a copy is asked with the categories that lint gives its columns."""
    prepared = accesses(SCHEMA, CLASSIFIER, "postgres", AT)
    event = Event(location=Location("log", 1), at=AT, account="a", action="read", sql="SELECT b FROM crm.kept", id="1")
    (asked,) = prepared.ask([event])

    assert isinstance(asked, Asked)
    assert ["personal.contact.phone.mobile"] == asked.request.resource["categories"]


def test_a_copy_that_names_its_columns() -> None:
    """The names in the head of a CREATE TABLE ... AS are those of the query's columns, by position."""
    script = "CREATE TABLE customer (id int, mobile text); CREATE TABLE d (p, q) AS SELECT mobile, id FROM customer;"
    found = CLASSIFIER.classify(parse_schema(script, "s.sql", "postgres"))

    assert [("p", "personal.contact.phone.mobile"), ("q", None)] == [
        (column.column.name, column.category) for table, column in found.columns() if table.name == "d"
    ]
