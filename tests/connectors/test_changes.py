"""Changes of basic information that a log shows, held against the notices that customers got of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from tutela.connectors.accesses import accesses
from tutela.connectors.ddl import parse_schema
from tutela.connectors.reconciling import reconciliation
from tutela.engine.authorizer import Authorizer
from tutela.engine.errors import Location
from tutela.engine.events import Event
from tutela.engine.facts import Facts
from tutela.engine.findings import report
from tutela.project import Project, find_project, load_classifier, load_policies_of

CRM: Final = Path(__file__).parents[2] / "examples" / "crm"
AT: Final = datetime(2026, 11, 2, 2, tzinfo=UTC)
END: Final = datetime(2026, 11, 20, 2, tzinfo=UTC)
POLICIES: Final = load_policies_of(find_project(CRM))
SCHEMA: Final = parse_schema(
    """CREATE TABLE crm.customer (id int, full_name text, mobile text, hobby text, class text);
CREATE TABLE crm.orders (id int, receiver text);
CREATE VIEW crm.v AS SELECT id, mobile FROM crm.customer;
""",
    "s.sql",
    "postgres",
)
CATALOG: Final = [
    {
        "dataset": "crm.customer",
        "holds": ("customers",),
        "columns": (
            {"name": "id", "category": None},
            {"name": "full_name", "category": "personal.name.full"},
            {"name": "mobile", "category": "personal.contact.phone.mobile"},
            {"name": "class", "category": None},
        ),
    },
    {"dataset": "crm.orders", "columns": ({"name": "receiver", "category": "personal.name.full"},)},
]
NOTICE: Final = {
    "id": "CHG-1", "dataset": "crm.customer", "columns": ("mobile",), "event_ids": ("7",),
    "notified_at": datetime(2026, 11, 3, tzinfo=UTC), "agreed_at": datetime(2026, 11, 4, tzinfo=UTC),
}  # fmt: skip
RULE: Final = "COL-23.change-not-notified"


def found(*events: Event, notice: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    """What a reconciliation finds about changes: rule and resource."""
    registers: dict[str, Any] = {"catalog": CATALOG, "change_notices": [notice or NOTICE]}
    facts = Facts(registers, None, zone=ZoneInfo("Asia/Shanghai"), profile="pipl_strict")
    authorizer = Authorizer(POLICIES, facts)
    prepared = accesses(SCHEMA, load_classifier(Project(Path()), None), "postgres", END)
    checks = reconciliation(authorizer, prepared, None)
    assert list(events) == list(checks.watch(events))
    findings = report("audit", authorizer, checks.asked(), END).findings
    return [(one.rule, one.resource_id) for one in findings if one.resource_type == "customer_change"]


def event(sql: str | None, name: str = "1", at: datetime | None = AT, **more: Any) -> Event:  # noqa: ANN401 (fields)
    """One event of an account."""
    action = more.pop("action", "update")
    return Event(id=name, location=Location("log", int(name)), account="anna", at=at, action=action, sql=sql, **more)


UNNOTICED: Final = [(RULE, "crm.customer/anna")]
MOBILE: Final = "UPDATE crm.customer SET mobile = '1' WHERE id = 7"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (MOBILE, UNNOTICED),
        ("UPDATE crm.customer SET hobby = 'x' WHERE id = 7", UNNOTICED),  # nobody has said what it is
        ("UPDATE crm.customer SET class = 'core' WHERE id = 7", []),
        ("UPDATE crm.v SET mobile = '1' WHERE id = 7", UNNOTICED),
        ("UPDATE crm.orders SET receiver = 'x'", []),
        ("INSERT INTO crm.customer (id, mobile) VALUES (7, '1')", []),
        (
            "INSERT INTO crm.customer (id, mobile) VALUES (7, '1') ON CONFLICT (id) DO UPDATE SET mobile = '1'",
            UNNOTICED,
        ),
        ("WITH c AS (UPDATE crm.customer SET mobile = '1' RETURNING id) SELECT id FROM c", UNNOTICED),
        (
            "MERGE INTO crm.customer c USING crm.orders o ON c.id = o.id WHEN MATCHED THEN UPDATE SET mobile = 'x'",
            UNNOTICED,
        ),
        ("SELECT mobile FROM crm.customer", []),
        ("UPDATE crm.customer SET", UNNOTICED),  # cannot be read: anything
    ],
)
def test_which_statements_change_basic_information(sql: str, expected: list[tuple[str, str]]) -> None:
    """Those that change rows that were there, in columns that tell who somebody is, as far as anybody knows."""
    action = "read" if sql.startswith(("SELECT", "WITH")) else "insert" if sql.startswith("INSERT") else "update"

    assert expected == found(event(sql, action=action))


def test_a_log_may_name_tables_and_columns_itself() -> None:
    """Without a statement, what the log names was changed."""
    assert UNNOTICED == found(event(None, columns=("crm.customer.mobile",)))
    assert UNNOTICED == found(event(None, tables=("crm.customer",)))
    assert [] == found(event(None, columns=("crm.customer.class",)))


def test_a_change_names_its_notice() -> None:
    """As the request that it rests on, or the notice lists the event."""
    assert [] == found(event(MOBILE, request_id="CHG-1"))
    assert [] == found(event(MOBILE + " /* request=CHG-1 */"))
    assert [] == found(event(MOBILE, "7"))
    assert UNNOTICED == found(event(MOBILE, request_id="CHG-9"))
    assert [(RULE, "crm.customer/CHG-1")] == found(
        event("UPDATE crm.customer SET full_name = 'x', mobile = '1' WHERE id = 7", request_id="CHG-1")
    )


def test_the_first_change_counts() -> None:
    """Of changes without notice the days run from the first; each account is a finding of its own."""
    late = datetime(2026, 11, 19, tzinfo=UTC)

    assert [] == found(event(MOBILE, at=late))
    assert UNNOTICED == found(event(MOBILE, at=late), event(MOBILE, "2"), event(MOBILE, "3", late))


def test_a_change_without_a_time_is_a_finding() -> None:
    """Nobody can tell that its days are not over."""
    assert UNNOTICED == found(event(MOBILE, at=None))


def test_what_was_denied_changed_nothing() -> None:
    """An attempt is no change."""
    assert [] == found(event(MOBILE, result="denied"))
