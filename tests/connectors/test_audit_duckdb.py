"""The audit in DuckDB finds what the audit event by event finds: on generated events of years, and on real readers."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.connectors.csvlogs import Server
from tutela.connectors.accesses import Accesses, accesses
from tutela.connectors.audit_engines import judged
from tutela.connectors.logs import read_log
from tutela.engine.authorizer import Authorizer
from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.events import Event, Hole
from tutela.engine.findings import report
from tutela.project import find_project, load_classifier, load_facts_of, load_policies_of, load_schema
from tutela.taxonomies import load_taxonomy

if TYPE_CHECKING:
    from tutela.engine.model import Report

pytest.importorskip("duckdb")
from tutela.connectors.audit_duckdb import duck_database
from tutela.connectors.audit_sql import SqlAudit

CRM = Path(__file__).parents[2] / "examples" / "crm"
WHEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
ACCOUNTS = ["wangfang", "mali", "lijianguo", "lina", "linxiaoyu", "hejing", "hanmeimei", "zhoujie", "fengxue", "suntao",
            "chenxiao", "zhaolei", "svc_export", "nobody", "", "o'hara"]  # fmt: skip
STATEMENTS = [
    "SELECT full_name, mobile FROM crm.customer WHERE id = {n}",
    "SELECT customer_no FROM crm.customer WHERE id IN ({n}, 2)",
    "SELECT * FROM crm.v_customer_contact WHERE full_name = '{w}'",
    "select count(*) from crm.orders where id = {n}",
    "SELECT amount FROM crm.orders /* purpose={p} */ LIMIT {n}",
    "SELECT amount FROM crm.orders /*traceparent='00-{n}',purpose='{p}'*/ LIMIT {n} -- {n} request={p}",
    "SELECT amount FROM crm.orders WHERE note <> '/* purpose={p} */' /* {n} */",
    "SELECT full_name, mobile FROM crm.customer -- {n} (\n WHERE id = 1 /* {p} */",
    "SELECT amount FROM crm.orders WHERE a = 'cut -- purpose={p} /* purpose=marketing */",
    "UPDATE crm.customer SET customer_class = '{w}' WHERE id = {n}",
    "DELETE FROM crm.contact_log WHERE id = {n}",
    "COPY (SELECT id_card_no FROM crm.customer) TO STDOUT",
    "GRANT SELECT ON crm.customer TO {w}",
    "SELECT secret FROM nowhere_{n}",
    "SELECT unknown_function(mobile, {n}) FROM crm.customer",
    "SELECT c.id, l.summary FROM crm.customer c JOIN crm.contact_log l ON l.customer_id = c.id WHERE c.id = {n}",
    "EXECUTE plan_{n}",
    "selec full_name frm crm.customer -- '{w}",
    "SELECT mobile AS 'x{n}' FROM crm.customer",
    "SELECT 1; SELECT full_name FROM crm.customer WHERE mobile = '{w}\\{w}'",
]


@pytest.fixture(scope="module")
def project() -> tuple[Authorizer, Any]:
    """The example's policies and registers, and what makes its accesses."""
    found = find_project(CRM, required=True)
    policies, taxonomy = load_policies_of(found), load_taxonomy(found)
    authorizer = Authorizer(policies, load_facts_of(found, policies, taxonomy))
    classifier = load_classifier(found, policies, facts=authorizer.facts, taxonomy=taxonomy)
    schema = load_schema(found)

    def make(window: object = policies.parameters.values["export.window_minutes"]) -> Accesses:
        return accesses(schema, classifier, "postgres", WHEN, default_schema="crm", window_minutes=window)

    return authorizer, make


def _event(r: Random, number: int, at: datetime | None) -> Event:
    sql: str | None = r.choice(STATEMENTS).format(
        n=r.randrange(1000),
        w=r.choice(["甲", "a''b", "public", ""]),
        p=r.choice(["customer_service", "marketing", "x"]),
    )
    tables: tuple[str, ...] = r.choice([(), (), ("crm.customer",), ("crm.orders", "hidden")])
    if r.random() < 0.1:
        sql, tables = None, r.choice([(), ("crm.customer",), ("Crm.Orders",)])
    rows = r.choice([None, 0, 1, 20, 300, 501, 5_000, 10**12])
    return Event(
        id=f"e{number}",
        location=Location("made.log", number, 1),
        account=r.choice(ACCOUNTS),
        at=at,
        action=r.choice(["other", "other", "read", "update", "export", "delete", "login"]),
        sql=sql,
        tables=tables,
        columns=r.choice([(), (), ("crm.customer.mobile",), ("id_card_no",)]),
        purpose=r.choice(["", "", "customer_service", "marketing", "nonsense"]),
        request_id=r.choice(["", "", "", "USE-2026-001", "SR-1", "x"]),
        row_count=rows,
        application=r.choice(["", "crm-desktop", "purpose=marketing", "psql"]),
        result=r.choice(["", "", "success", "denied", "error"]),
        statement_complete=r.random() < 0.95,
        extra=r.choice([{}, {}, {"role": "sales"}, {"role": "customer_service", "break_glass": "BG-1"}]),
    )


def made_events(seed: int, count: int, days: int) -> list[Event | Hole]:
    """Events in order of time, some without any, and some places that could not be read."""
    r = Random(seed)  # noqa: S311 (test data)
    seconds = sorted(r.sample(range(days * 86_400), count))
    made: list[Event | Hole] = []
    for number, second in enumerate(seconds, start=1):
        at = WHEN - timedelta(days=days) + timedelta(seconds=second)
        made.append(_event(r, number, None if r.random() < 0.02 else at))
        if r.random() < 0.01:
            made.append(Hole(Problem(code="log-cut", location=Location("made.log", 100_000 + number, 1))))
    return made


def _by_hand(authorizer: Authorizer, asked: Accesses, events: list[Event | Hole]) -> Report:
    return report("audit", authorizer, asked.ask(events), WHEN)


def _in_database(authorizer: Authorizer, asked: Accesses, events: list[Event | Hole]) -> Report:
    with duck_database() as database:
        unreadable = list(database.load(events))
        judged = SqlAudit(database, asked, authorizer, "made.log").judge()
        return report("audit", authorizer, [*unreadable, *judged], WHEN)


@pytest.mark.parametrize(
    ("seed", "count", "days"), [(1, 900, 2), (2, 900, 40), (3, 900, 1500), (4, 30, 9000), (5, 1, 1)]
)
def test_the_database_finds_the_same(project: tuple[Authorizer, Any], seed: int, count: int, days: int) -> None:
    """Every finding, reason and count is the same, whatever changed in the registers meanwhile."""
    authorizer, make = project
    events = made_events(seed, count, days)
    expected = _by_hand(authorizer, make(), events)
    assert expected == _in_database(authorizer, make(), events)
    assert expected.checked > count * 0.7


@pytest.mark.parametrize("way", ["timed", "bound", "audit", "mixed"])
def test_a_csvlog_is_the_same_from_its_file(
    project: tuple[Authorizer, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """What DuckDB reads of a csvlog itself comes to the same report as the events of the reader line by line."""
    authorizer, make = project
    monkeypatch.chdir(tmp_path)
    path = Path("made.log")
    texts = tuple(statement.format(n=n, w="public", p="marketing") for statement in STATEMENTS for n in (1, 2))
    lines = Server(1, ways=(way,), texts=texts).lines(1_500)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="")
    found = report("audit", authorizer, judged(read_log(path), make(), authorizer, "duckdb"), WHEN)
    events = sorted(read_log(path), key=lambda item: item.location.line)
    assert _in_database(authorizer, make(), events) == found
    assert found.checked > 100
    assert found.findings


def test_without_a_window_the_rows_are_those_of_the_statement(project: tuple[Authorizer, Any]) -> None:
    """A project that binds no window compares the statement's own rows."""
    authorizer, make = project
    events = made_events(6, 300, 3)
    assert _by_hand(authorizer, make(None), events) == _in_database(authorizer, make(None), events)


def test_a_file_that_changes_meanwhile_is_refused(project: tuple[Authorizer, Any], tmp_path: Path) -> None:
    """A Parquet file is read several times over: events of two files would be taken for those of one."""
    import duckdb

    authorizer, make = project
    path = tmp_path / "log.parquet"
    columns = "i::VARCHAR AS id, '2026-11-01T10:00:00Z' AS \"at\", 'lina' AS account, 'SELECT 1 FROM crm.orders' AS sql"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns} FROM range(10) AS t(i)) TO '{path}' (FORMAT parquet)")
    items = judged(read_log(path), make(), authorizer, "duckdb")
    next(items)
    os.utime(path, (1, 1))
    with pytest.raises(InputError) as raised:
        list(items)
    assert [problem.code for problem in raised.value.problems] == ["log-changed"]


def test_most_questions_are_answered_once(project: tuple[Authorizer, Any]) -> None:
    """Events that only differ in time and values share one verdict; only what is denied is asked again."""
    authorizer, make = project
    event = Event(id="x", location=Location("made.log", 1, 1), account="lina", row_count=1, application="crm-desktop")
    events = [
        replace(
            event,
            at=WHEN - timedelta(minutes=20 * n),
            sql=f"SELECT full_name, mobile FROM crm.v_customer_contact WHERE id = {n}",
        )
        for n in range(2_000)
    ]
    with duck_database() as database:
        assert [] == list(database.load(events))
        items = list(SqlAudit(database, make(), authorizer, "made.log").judge())
    assert 2_000 == sum(getattr(item, "count", 1) for item in items)
    assert len(items) < 200
