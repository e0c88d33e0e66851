"""A logged access asks for everything that it may have touched, in every action that it took."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.accesses import accesses
from tutela.connectors.ddl import parse_schema
from tutela.connectors.policy_files import packs_folder
from tutela.engine.classifier import Classifier
from tutela.engine.documents import read_document
from tutela.engine.errors import Location
from tutela.engine.events import Event, EventAction
from tutela.engine.findings import Asked
from tutela.engine.lineage import SchemaClassifier
from tutela.engine.lineage_rules import LineageRules
from tutela.engine.taxonomy import Taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterable

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
SCHEMA = parse_schema(
    "CREATE TABLE crm.customer (id int, full_name text, mobile text);"
    "CREATE TABLE crm.orders (id int, customer_id int);"
    "CREATE VIEW crm.v AS SELECT mobile FROM crm.customer;",
    "s.sql",
    "postgres",
)
TEXT = (packs_folder() / "taxonomy.yaml").read_text(encoding="utf-8")
TAXONOMY = Taxonomy.from_data(read_document(TEXT, "taxonomy.yaml").data)
RULES = read_document((packs_folder() / "lineage.yaml").read_text(encoding="utf-8"), "lineage.yaml")
CLASSIFIER = SchemaClassifier(
    Classifier(TAXONOMY), LineageRules.from_document(RULES, TAXONOMY), TAXONOMY, "pipl_strict"
)


def asked(events: Iterable[Event], minutes: int = 30) -> list[Asked]:
    """The requests of some events."""
    prepared = accesses(SCHEMA, CLASSIFIER, "postgres", AT, default_schema="crm", window_minutes=minutes)
    return [item for item in prepared.ask(events) if isinstance(item, Asked)]


def event(
    sql: str | None,
    *,
    action: EventAction = "read",
    tables: tuple[str, ...] = (),
    columns: tuple[str, ...] = (),
    at: datetime = AT,
    rows: int | None = None,
) -> Event:
    """One event of an account."""
    return Event(
        id="1", location=Location("log", 1), account="a", at=at, action=action, sql=sql, tables=tables, columns=columns,
        row_count=rows,
    )  # fmt: skip


def questions(found: Event) -> set[tuple[str, str, tuple[str, ...]]]:
    """Action, table and columns of each request of an event."""
    return {
        (item.request.action_name, item.request.resource["dataset"], tuple(item.request.resource["columns"]))
        for item in asked([found])
    }


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (event("SELECT mobile FROM customer"), {("read", "crm.customer", ("mobile",))}),
        (event("SELECT count(*) FROM customer"), {("read", "crm.customer", ("*",))}),
        (event("SELECT 1", tables=("crm.customer",)), {("read", "crm.customer", ("*",))}),
        (event("SELECT 1", columns=("crm.customer.mobile",)), {("read", "crm.customer", ("mobile",))}),
        (event("SELECT mobile FROM customer", action="export"), {("export", "crm.customer", ("mobile",))}),
        (event(None, tables=("crm.customer",)), {("read", "crm.customer", ("*",))}),
        (event(None, action="export"), {("export", "*", ("*",))}),
    ],
)
def test_what_an_event_asks(found: Event, expected: set[tuple[str, str, tuple[str, ...]]]) -> None:
    """What the statement names and what the log itself names count together, under the graver action."""
    assert expected == questions(found)


@pytest.mark.parametrize(
    ("found", "exposed", "aggregated"),
    [
        (event("SELECT count(mobile), max(full_name) FROM customer WHERE id = 1"), "full_name", "mobile"),
        (event("SELECT count(*) FROM customer"), "", ""),
        (event("SELECT mobile FROM v"), "mobile", ""),
        (event("SELECT count(mobile) FROM v"), "", "mobile"),
        (event("COPY customer (mobile) TO STDOUT", action="export"), "mobile", ""),
        (event("CREATE TABLE x AS SELECT mobile FROM customer"), "", ""),
        # Where it is not known what came out, all did.
        (event("CREATE TABLE x AS SELECT mobile FROM customer", action="export"), "mobile", ""),
        (replace(event("SELECT count(mobile) FROM customer"), statement_complete=False), "mobile", ""),
        (event("SELECT nobody_knows(count(mobile)) FROM customer"), "*", ""),
        (event("SELECT count(mobile) FROM customer", columns=("crm.customer.full_name",)), "full_name", "mobile"),
        (event(None, tables=("crm.customer",)), "*", ""),
        (event(None, columns=("crm.customer.mobile",)), "mobile", ""),
        (event(None), "*", ""),
        (event("GRANT SELECT (mobile) ON customer TO PUBLIC"), "*", ""),
    ],
)
def test_how_an_event_touches_columns(found: Event, exposed: str, aggregated: str) -> None:
    """Shown, and in aggregates alone."""
    resources = [item.request.resource for item in asked([found]) if item.request.action_name != "update"]

    assert exposed == " ".join({name for resource in resources for name in resource["exposed"]})
    assert aggregated == " ".join({name for resource in resources for name in resource["aggregated"]})


@pytest.mark.parametrize(
    ("sql", "action"),
    [
        ("GRANT SELECT ON crm.customer TO PUBLIC", "grant"),
        ("DELETE FROM customer WHERE id = 1", "delete"),
        ("DROP TABLE crm.customer", "delete"),
        ("DROP TABLE crm.customer", "update"),
        ("ALTER TABLE crm.customer DROP COLUMN mobile", "delete"),
        ("MERGE INTO crm.customer c USING crm.customer o ON c.id = o.id WHEN MATCHED THEN DELETE", "delete"),
        ("DELETE FROM crm.customer; CREATE INDEX i ON crm.customer (id)", "delete"),
        ("UPDATE crm.customer SET mobile = ''; DELETE FROM crm.customer", "update"),
        ("COPY crm.customer TO STDOUT; DELETE FROM crm.customer", "delete"),
        ("DROP TABLE crm.customer; GRANT SELECT ON crm.customer TO PUBLIC", "delete"),
    ],
)
def test_grants_and_deletes_concern_whole_rows(sql: str, action: str) -> None:
    """Whatever columns are named."""
    assert (action, "crm.customer", ("*",)) in questions(event(sql))


def test_a_grant_on_a_view_is_one_on_its_tables() -> None:
    """Who may use the view may use what lies behind it."""
    assert ("grant", "crm.customer", ("*",)) in questions(event("GRANT SELECT ON crm.v TO PUBLIC"))


@pytest.mark.parametrize("sql", ["DROP TABLE crm.customer", "CREATE INDEX i ON crm.customer (mobile)"])
def test_definitions_are_asked_too(sql: str) -> None:
    """A statement that changes a table is never no access at all."""
    assert any(columns == ("*",) for _, _, columns in questions(event(sql, action="ddl")))


@pytest.mark.parametrize(
    "sql",
    ["ALTER TABLE crm.customer ALTER COLUMN mobile DROP NOT NULL", "ALTER TABLE crm.customer ADD COLUMN note text"],
)
def test_a_definition_that_takes_no_data_away_deletes_nothing(sql: str) -> None:
    """It changes the table."""
    assert {("update", "crm.customer", ("*",))} == questions(event(sql, action="ddl"))


MYSQL = parse_schema(
    "CREATE TABLE crm.customer (id int, mobile text); CREATE TABLE hr.customer (id int, salary int);", "s.sql", "mysql"
)


@pytest.mark.parametrize(
    ("database", "sql", "expected"),
    [
        ("crm", "SELECT mobile FROM customer", ("crm.customer", ("mobile",), True)),
        ("hr", "SELECT salary FROM `customer`", ("hr.customer", ("salary",), True)),
        ("hr", "SELECT mobile FROM crm.customer", ("crm.customer", ("mobile",), True)),
        ("hr", "SELECT mobile FROM customer", ("hr.customer", ("*",), False)),
        ("", "SELECT mobile FROM customer", ("customer", ("*",), False)),
    ],
)
def test_in_mysql_the_database_of_the_connection_is_the_schema(
    database: str, sql: str, expected: tuple[str, tuple[str, ...], bool]
) -> None:
    """A name without a schema is one of that database; where none is known, it may be any."""
    prepared = accesses(MYSQL, CLASSIFIER, "mysql", AT)
    found = replace(event(sql), database=database)
    (request,) = [item.request for item in prepared.ask([found]) if isinstance(item, Asked)]
    resource = request.resource

    assert expected == (resource["dataset"], tuple(resource["columns"]), resource["lineage_resolved"])


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("snowflake", "SELECT MOBILE FROM {}.CRM.CUSTOMER"),
        ("snowflake", 'SELECT MOBILE FROM "{}"."CRM"."CUSTOMER"'),
        ("bigquery", "SELECT mobile FROM `{}.crm.customer`"),
        ("tsql", "SELECT mobile FROM [{}].[crm].[customer]"),
        ("redshift", "SELECT mobile FROM {}.crm.customer"),
    ],
)
def test_a_full_name_is_of_the_database_of_the_event(dialect: str, sql: str) -> None:
    """The event's own database is that of the schema; a table of another one is not known, and all is asked for."""
    made = "CREATE TABLE crm.customer (id int, mobile text); CREATE VIEW crm.v AS SELECT mobile FROM prod.crm.customer"
    schema = parse_schema(made, "s.sql", "tsql" if dialect == "tsql" else "postgres")
    prepared = accesses(schema, CLASSIFIER, dialect, AT)

    def found(text: str, database: str) -> tuple[str, list[str], bool]:
        logged = replace(event(text), database=database)
        (item,) = [item for item in prepared.ask([logged]) if isinstance(item, Asked)]
        resource = item.request.resource
        return resource["dataset"].lower(), resource["columns"], resource["lineage_resolved"]

    for text in (sql, "SELECT mobile FROM crm.v"):
        assert ("crm.customer", ["mobile"], True) == found(text.format("prod"), "prod")
    for name, database in (("other", "prod"), ("prod", "other"), ("prod", "")):
        assert ("crm.customer", ["*"], False) == found(sql.format(name), database)


def test_databases_do_not_share_what_they_remember() -> None:
    """The same text, and the same shape with other values, in two databases of one log."""
    prepared = accesses(MYSQL, CLASSIFIER, "mysql", AT)
    texts = [("crm", 1), ("hr", 1), ("hr", 2), ("crm", 2)]
    events = [replace(event(f"SELECT id FROM customer WHERE id = {n}"), database=name) for name, n in texts]
    found = [item.request.resource["dataset"] for item in prepared.ask(events) if isinstance(item, Asked)]

    assert ["crm.customer", "hr.customer", "hr.customer", "crm.customer"] == found


@pytest.mark.parametrize("backwards", [False, True])
def test_slices_add_up_in_any_order(backwards: bool) -> None:
    """Ten reads of 400 rows within the window: the largest sum is the same, whichever way the log is sorted."""
    events = [event("SELECT mobile FROM customer", at=AT + timedelta(minutes=n), rows=400) for n in range(10)]
    sums = [item.request.context["rows_in_window"] for item in asked(events[::-1] if backwards else events)]

    assert 4000 == max(sums)


def test_reads_outside_the_window_do_not_add_up() -> None:
    """An hour later is another matter."""
    events = [event("SELECT mobile FROM customer", at=AT + timedelta(hours=n), rows=400) for n in range(3)]

    assert [400, 400, 400] == [item.request.context["rows_in_window"] for item in asked(events)]
