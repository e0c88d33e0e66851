"""What a real PostgreSQL 15 logs by `log_statement` and by durations: the same events from all three kinds of log."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.connectors.csvlogs import same_twice
from tutela.connectors.logs import read_log
from tutela.engine.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {"postgres-csvlog": "server.csv", "postgres-jsonlog": "server.json", "postgres-stderr": "server.log"}
SETTINGS = {
    "both": {"log_statement": "'all'", "log_min_duration_statement": "0"},
    "statement": {"log_statement": "'all'"},
    "statement-duration": {"log_statement": "'all'", "log_duration": "on"},
    "duration": {"log_min_duration_statement": "0"},
    "verbose": {"log_min_duration_statement": "0", "log_error_verbosity": "verbose"},
    "ddl-duration": {"log_statement": "'ddl'", "log_min_duration_statement": "0"},
    "pgaudit": {"log_statement": "'all'", "log_min_duration_statement": "0", "pgaudit__log": "'all'"},
    "pgaudit-duration": {"log_min_duration_statement": "0", "pgaudit__log": "'all'"},
}
PREFIX = "%m [%p] user=%u,db=%d,app=%a,client=%h "
MULTI = "SELECT mobile,\n\tname -- ', \"quoted\"\nFROM customer\nWHERE name = 'O''Neil \"x\", 王'"
LISTED = "SELECT id FROM customer; SELECT mobile FROM customer"
WANTED = {
    ("wang", "INSERT INTO customer SELECT n, 'name', '138' FROM generate_series(1, 3) AS g(n)", ""): 1,
    ("li", "SELECT id FROM customer WHERE mobile = $1", ""): 1,
    ("li", "SELECT name FROM customer WHERE id = $1", ""): 2,
    ("wang", MULTI, ""): 1,
    ("wang", LISTED, ""): 1,
    ("li", "SELECT mobile FROM customer", ""): 1,
    ("li", "COPY customer (id, mobile) TO STDOUT", ""): 1,
    ("wang", "SELECT nothing FROM customer", "error"): 1,
    ("li", "SELECT name FROM staff WHERE id = 1", "denied"): 1,
    ("li", "SELECT mobile FROM customer; SELECT name FROM staff", "error"): 1,
    ("li", "SELECT mobile, 1 / (id - 3) FROM customer", "error"): 1,
    ("li", 'FETCH FORWARD 2 FROM "c"', ""): 1,
}
"""How often each statement is an event: (account, text, result) -> number."""


def _work(server: Any) -> None:  # noqa: ANN401 # the helper module is loaded by path and has no importable type
    """What three people do, in any way that a driver has."""
    with server.connect() as admin:
        admin.execute("CREATE TABLE customer (id int, name text, mobile text)")
        admin.execute("CREATE TABLE staff (id int, name text)")
        admin.execute("CREATE ROLE wang LOGIN")
        admin.execute("CREATE ROLE li LOGIN")
        admin.execute("GRANT ALL ON customer TO wang, li")
    with server.connect("wang", "crm") as wang, server.connect("li", "bi") as li:
        wang.execute("INSERT INTO customer SELECT n, 'name', '138' FROM generate_series(1, 3) AS g(n)")
        li.execute("SELECT id FROM customer WHERE mobile = %s", ("138",))
        wang.execute(MULTI)
        for number in (1, 2):
            li.execute("SELECT name FROM customer WHERE id = %s", (number,), prepare=True)
        wang.execute(LISTED)
        li.execute("PREPARE q AS SELECT mobile FROM customer")
        li.execute("EXECUTE q")
        with li.cursor().copy("COPY customer (id, mobile) TO STDOUT") as copy:
            assert len(list(copy)) == 3
        for user, text in (
            (wang, "SELECT nothing FROM customer"),
            (li, "SELECT name FROM staff WHERE id = 1"),
            (li, "SELECT mobile FROM customer; SELECT name FROM staff"),
            (li, "SELECT mobile, 1 / (id - 3) FROM customer"),
        ):
            with suppress(psycopg.Error):
                user.execute(text.encode())
        with li.transaction(), li.cursor("c") as cursor:
            cursor.execute("SELECT name FROM customer")
            cursor.fetchmany(2)


@pytest.fixture(scope="module", params=list(SETTINGS.values()), ids=list(SETTINGS))
def logs(request: pytest.FixtureRequest, pgaudit_server: Callable[..., Any]) -> tuple[dict[str, str], Path]:
    """The settings of a server, and the folder with its three logs."""
    server = pgaudit_server(
        log_destination="'csvlog,jsonlog,stderr'",
        **{"log_line_prefix": f"'{PREFIX}'", "pgaudit__log": "'none'", **request.param},
    )
    _work(server)
    return request.param, server.log().parent


def _events(path: Path) -> list[Event]:
    events: list[Event] = []
    for item in read_log(path):
        assert isinstance(item, Event), item
        events.append(item)
    return events


def _said(event: Event) -> tuple[object, ...]:
    return (
        event.account, event.at, event.sql, event.action, event.result, event.database, event.application,
        event.source_ip, event.tables, event.row_count, event.statement_complete, event.extra["command"],
    )  # fmt: skip


def test_three_logs_say_the_same(logs: tuple[dict[str, str], Path]) -> None:
    """Every event of one log is in the others, with the same time, account, text and result; none is a hole."""
    settings, folder = logs
    said = {name: Counter(map(_said, _events(folder / file))) for name, file in FILES.items()}
    formats = {read_log(folder / file).format for file in FILES.values()}

    assert said["postgres-csvlog"] == said["postgres-jsonlog"]
    assert said["postgres-csvlog"] == said["postgres-stderr"]
    assert formats == {name.replace("postgres", "pgaudit") if "pgaudit__log" in settings else name for name in FILES}


def test_duckdb_reads_the_same(logs: tuple[dict[str, str], Path]) -> None:
    """The csvlog, read by DuckDB."""
    pytest.importorskip("duckdb")
    same_twice(logs[1] / FILES["postgres-csvlog"])


def test_every_statement_is_one_event(logs: tuple[dict[str, str], Path]) -> None:
    """However many messages name it; a statement of pgaudit is as many events as pgaudit says."""
    settings, folder = logs
    found: Counter[tuple[str, str, str]] = Counter(
        (event.account, event.sql or "", event.result) for event in _events(folder / "server.csv")
    )
    if "pgaudit__log" not in settings:
        assert {key: found[key] for key in WANTED} == WANTED
        return
    denied = [key for key in WANTED if key[2] == "denied"]
    assert [found[key] for key in denied] == [1]
    assert {text for _, text, _ in WANTED} - {text for _, text, _ in found} == {"SELECT mobile FROM customer"}


def test_no_parameter_is_kept(logs: tuple[dict[str, str], Path]) -> None:
    """What the DETAIL says of parameters is nowhere in an event."""
    assert not [event for event in _events(logs[1] / "server.csv") if "parameters" in repr(event)]
