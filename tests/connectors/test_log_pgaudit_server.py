"""What a real PostgreSQL 15 with pgaudit writes comes back as events, statement by statement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.connectors.csvlogs import same_twice
from tutela.connectors.logs import LogReader, read_log
from tutela.engine.errors import Location
from tutela.engine.events import Event
from tutela.engine.statements import Analyser
from tutela.engine.tables import Column, Schema, Table

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "%m [%p] %q%u@%d "
MULTI = "SELECT mobile,\n\tname -- ', \"quoted\"\nFROM customer\nWHERE name = 'O''Neil \"x\", 王'"
SETTINGS = [
    {"log_destination": "'csvlog'", "pgaudit__log_rows": "on", "pgaudit__log_parameter": "on"},
    {"log_destination": "'csvlog'", "pgaudit__log_relation": "on"},
    {"log_destination": "'jsonlog'", "pgaudit__log_rows": "on", "pgaudit__log_parameter": "on"},
    {"log_destination": "'stderr'", "log_line_prefix": f"'{PREFIX}'"},
    {
        "log_destination": "'stderr'",
        "log_line_prefix": "'%t:%r:%u@%d:[%p]:%c:%l %a '",
        "pgaudit__log_rows": "on",
        "pgaudit__log_parameter": "on",
    },
]


def _table(name: str, columns: str, sql: str = "") -> Table:
    place = Location("schema.sql")
    cells = tuple(Column(table=name, name=column, location=place) for column in columns.split())
    return Table(name=name, columns=cells, location=place, kind="view" if sql else "table", sql=sql)


NAMES = ["csvlog-rows", "csvlog", "jsonlog-rows", "stderr", "stderr-prefix"]


SCHEMA = Schema(
    tables=(
        _table("customer", "id name mobile"),
        _table("contact", "id mobile", "SELECT id, mobile FROM customer WHERE name IS NOT NULL"),
    )
)


def _work(server: Any) -> None:  # noqa: ANN401 # the helper module is loaded by path and has no importable type
    """What three people do."""
    with server.connect() as admin:
        admin.execute("CREATE TABLE customer (id int, name text, mobile text)")
        admin.execute("CREATE VIEW contact AS SELECT id, mobile FROM customer WHERE name IS NOT NULL")
        admin.execute("CREATE ROLE wang LOGIN")
        admin.execute("CREATE ROLE li LOGIN")
        admin.execute("GRANT ALL ON customer, contact TO wang, li")
    with server.connect("wang", "crm") as wang, server.connect("li", "bi") as li:
        wang.execute("INSERT INTO customer SELECT n, 'name', '138' FROM generate_series(1, 3) AS g(n)")
        li.execute("SELECT id FROM customer WHERE mobile = %s", ("138",))
        wang.execute(MULTI)
        li.execute("SELECT mobile FROM contact")
        with li.cursor().copy("COPY customer (id, mobile) TO STDOUT") as copy:
            assert len(list(copy)) == 3
        wang.execute("UPDATE customer SET mobile = '139' WHERE id = 1 RETURNING name")
        wang.execute("DELETE FROM customer WHERE id = 2")


@pytest.fixture(scope="module", params=SETTINGS, ids=NAMES)
def log(
    request: pytest.FixtureRequest, pgaudit_server: Callable[..., Any]
) -> tuple[LogReader, list[Event], dict[str, str]]:
    """The events of one server's log: they must all be events."""
    started = datetime.now(UTC)
    server = pgaudit_server(**request.param)
    _work(server)
    prefix = request.param.get("log_line_prefix", f"'{PREFIX}'").strip("'")
    reader = read_log(server.log(), log_line_prefix=prefix)
    events: list[Event] = []
    for item in reader:
        assert isinstance(item, Event), item
        assert item.at is not None
        assert started - timedelta(seconds=2) <= item.at <= datetime.now(UTC)
        events.append(item)
    return reader, events, request.param


def test_duckdb_reads_the_same(log: tuple[LogReader, list[Event], dict[str, str]]) -> None:
    """A csvlog, read by DuckDB."""
    pytest.importorskip("duckdb")
    reader, events, settings = log
    assert reader.path
    if settings["log_destination"] == "'csvlog'":
        assert 0 < same_twice(reader.path) <= len(events)


def _one(events: list[Event], account: str, part: str) -> Event:
    found = [event for event in events if event.account == account and event.sql and part in event.sql]
    assert len(found) == 1, found
    return found[0]


def test_the_format_is_detected(log: tuple[LogReader, list[Event], dict[str, str]]) -> None:
    """Csvlog and stderr are told apart; the server's other lines are counted."""
    reader, _, settings = log

    assert f"pgaudit-{settings['log_destination'].strip(chr(39))}" == reader.format
    assert reader.skipped > 0


@pytest.mark.parametrize(
    ("account", "part", "action", "reads", "writes"),
    [
        ("wang", "INSERT INTO customer", "insert", "", "customer.*"),
        ("li", "WHERE mobile =", "read", "customer.id customer.mobile", ""),
        ("wang", "SELECT mobile,", "read", "customer.mobile customer.name", ""),
        ("li", "FROM contact", "read", "customer.mobile customer.name", ""),
        ("li", "COPY customer", "export", "customer.id customer.mobile", ""),
        ("wang", "UPDATE customer", "update", "customer.id customer.name", "customer.mobile"),
        ("wang", "DELETE FROM", "delete", "customer.id", "customer.*"),
    ],
)
def test_every_statement_comes_back(
    log: tuple[LogReader, list[Event], dict[str, str]],
    account: str,
    part: str,
    action: str,
    reads: str,
    writes: str,
) -> None:
    """Account, action and, after analysis, exactly the columns that were touched."""
    event = _one(log[1], account, part)
    touched = Analyser(SCHEMA, "postgres").analyse(event.sql or "")

    assert touched.resolved, touched
    assert reads.split() == sorted(ref.path for ref in touched.reads)
    assert writes.split() == sorted(ref.path for ref in touched.writes)
    assert action == (touched.kind if event.action == "other" else event.action)


def test_a_multi_line_statement_keeps_its_text(log: tuple[LogReader, list[Event], dict[str, str]]) -> None:
    """Quotes, tabs, line ends and Chinese come back as they were sent."""
    assert MULTI == _one(log[1], "wang", "SELECT mobile,").sql


def test_row_counts_are_known_only_where_logged(log: tuple[LogReader, list[Event], dict[str, str]]) -> None:
    """`log_rows` gives a count; without it the count is unknown, not zero."""
    expected = 3 if "pgaudit__log_rows" in log[2] else None

    assert expected == _one(log[1], "li", "FROM contact").row_count


def test_accounts_and_applications(log: tuple[LogReader, list[Event], dict[str, str]]) -> None:
    """All three accounts appear; the application where the log says it."""
    accounts = {event.account for event in log[1]}
    application = _one(log[1], "li", "FROM contact").application
    said = "%a" in log[2].get("log_line_prefix", "%a")

    assert {"postgres", "wang", "li"} == accounts
    assert ("bi" if said else "") == application
