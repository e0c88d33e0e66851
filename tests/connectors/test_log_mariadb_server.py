"""What a real MariaDB writes into its three logs comes back as the same statements of the same accounts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pymysql
import pytest

from tutela.connectors.ddl import parse_schema
from tutela.connectors.logs import LogReader, read_log
from tutela.engine.events import Event, Hole
from tutela.engine.statements import Analyser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tutela.engine.statements_catalog import ColumnRef

LOGS = {"general": "mysql-general", "slow": "mysql-slow", "audit": "mariadb-audit"}
MULTI = "SELECT mobile,\n\tname -- ', \"quoted\"\nFROM customer\nWHERE name = 'O''Neil \\\"x\\\"\\n, 王 \\\\'"
TABLE = "CREATE TABLE crm.customer (id int PRIMARY KEY, name varchar(50), mobile varchar(20))"
SETUP = [
    "CREATE DATABASE crm",
    "CREATE DATABASE hr",
    TABLE,
    "CREATE VIEW crm.contact AS SELECT id, mobile FROM crm.customer",
    "CREATE FUNCTION crm.touch() RETURNS int MODIFIES SQL DATA BEGIN UPDATE crm.customer SET name = 'x'; RETURN 1; END",
    "CREATE USER wang, li",
    "GRANT ALL ON crm.* TO wang",
    "GRANT SELECT ON crm.customer TO li",
]
WANG = [
    "INSERT INTO customer VALUES (1,'a','138'),(2,'b','139'),(3,'王','137')",
    MULTI,
    "PREPARE p FROM 'SELECT name FROM customer WHERE id = ?'",
    "SET @a = 2",
    "EXECUTE p USING @a",
    "UPDATE customer SET mobile = '1' WHERE id < 3",
    "SELECT touch()",
    "DELETE FROM customer WHERE id = 3",
]
LI = [
    "SELECT id, mobile FROM crm.customer",
    "SELECT mobile FROM crm.contact",
    "DELETE FROM crm.customer",
    "SELECT nope FROM crm.customer",
    "SELEC nope FROM crm.customer",
    "USE hr",
]


class Logs(NamedTuple):
    """The three logs of one server, read."""

    readers: dict[str, LogReader]
    items: dict[str, list[Event | Hole]]
    files: dict[str, Path]


def _try(connection: Any, statements: list[str]) -> None:  # noqa: ANN401 # pymysql's connection is generic
    for sql in statements:
        with connection.cursor() as cursor:
            try:
                cursor.execute(sql)
            except pymysql.MySQLError as error:
                assert error.args[0] in {1142, 1054, 1064, 1044}  # noqa: PT017


@pytest.fixture(scope="module")
def logs(logging_mariadb: Callable[[], tuple[int, Path]], tmp_path_factory: pytest.TempPathFactory) -> Logs:
    """What two persons did, in the three logs."""
    port, folder = logging_mariadb()

    def connect(**options: Any) -> Any:  # noqa: ANN401
        return pymysql.connect(host="127.0.0.1", port=port, charset="utf8mb4", autocommit=True, **options)

    with connect(user="root") as root:
        _try(root, SETUP)
    with connect(user="wang", database="crm") as wang, connect(user="li") as li:
        for first, second in zip(WANG, [*LI, *[""] * len(WANG)], strict=False):
            _try(wang, [first])
            _try(li, [second] if second else [])
    with pytest.raises(pymysql.err.OperationalError):
        connect(user="zhao")
    time.sleep(0.3)
    target = tmp_path_factory.mktemp("logs")
    files = {name: target / f"{name}.log" for name in LOGS}
    for name, path in files.items():
        path.write_bytes((folder / f"{name}.log").read_bytes())
    readers = {name: read_log(path, timezone="UTC") for name, path in files.items()}
    return Logs(readers, {name: list(reader) for name, reader in readers.items()}, files)


def _statements(logs: Logs, name: str, account: str) -> list[str]:
    return [
        item.sql.strip()
        for item in logs.items[name]
        if isinstance(item, Event) and item.account == account and item.sql is not None
    ]


@pytest.mark.parametrize("name", LOGS)
def test_each_log_is_detected_and_whole(logs: Logs, name: str) -> None:
    """No line of a server is a hole, every statement is whole, and it is known whose it is."""
    events = [item for item in logs.items[name] if isinstance(item, Event)]

    assert (LOGS[name], "mysql") == (logs.readers[name].format, logs.readers[name].dialect)
    assert [] == [item.code for item in logs.items[name] if isinstance(item, Hole)]
    assert {"root", "wang", "li"} == {event.account for event in events if event.action != "login"}
    assert {"zhao"} == {event.account for event in events if event.result == "denied" and event.action == "login"} or (
        name == "slow"
    )
    assert all(event.statement_complete and event.at for event in events)


@pytest.mark.parametrize("account", ["wang", "li"])
def test_the_three_logs_tell_the_same_statements(logs: Logs, account: str) -> None:
    """In the same order, prepared ones with their values, errors and denials too."""
    general, slow, audit = (_statements(logs, name, account) for name in LOGS)
    routine = "UPDATE crm.customer SET name = 'x'"

    assert general.count(routine) == audit.count(routine) == (account == "wang")
    general, audit = ([sql for sql in found if sql != routine] for found in (general, audit))
    assert general == slow == audit
    if account == "wang":
        kept = {sql for sql in WANG if not sql.startswith(("PREPARE", "SET", "EXECUTE"))}
        assert kept | {"SELECT name FROM customer WHERE id = 2"} == set(general)
    else:
        assert LI[:-1] == general


def test_the_database_is_that_of_the_connection(logs: Logs) -> None:
    """From the connect line, the attribute, or the column of the log; `USE` of what is refused changes nothing.

    The audit plugin writes the database of the table that was opened last: it says the tables besides.
    """
    for name in LOGS:
        found = {
            (item.account, item.database)
            for item in logs.items[name]
            if isinstance(item, Event) and item.sql and item.account != "root"
        }
        assert {("wang", "crm"), ("li", "crm" if name == "audit" else "")} == found, name


def _one(logs: Logs, name: str, account: str, sql: str) -> Event:
    (found,) = [
        item for item in logs.items[name] if isinstance(item, Event) and (item.account, item.sql) == (account, sql)
    ]
    return found


def test_rows_results_and_tables(logs: Logs) -> None:
    """The slow log counts rows, the audit plugin tells results and tables."""
    assert 3 == _one(logs, "slow", "wang", WANG[0]).row_count
    assert 3 == _one(logs, "slow", "li", LI[0]).row_count
    assert 2 == _one(logs, "slow", "wang", WANG[5]).row_count
    assert ("success", ("crm.customer",)) == _result(_one(logs, "audit", "wang", MULTI))
    assert ["success", "denied", "denied", "error", "error"] == [
        _one(logs, "audit", "li", sql).result for sql in LI[:-1]
    ]
    assert ("update", ("crm.customer",)) == _action(_one(logs, "audit", "wang", "SELECT touch()"))


def _result(event: Event) -> tuple[str, tuple[str, ...]]:
    return event.result, event.tables


def _action(event: Event) -> tuple[str, tuple[str, ...]]:
    return event.action, event.tables


@pytest.mark.parametrize("name", LOGS)
def test_statements_are_analysed_in_their_database(logs: Logs, name: str) -> None:
    """In MySQL's own dialect: a name without a schema is one of the connection's database."""
    schema = parse_schema(f"{TABLE};CREATE TABLE hr.customer (id int, salary int)", "s.sql", "mysql")
    analyser = Analyser(schema, logs.readers[name].dialect or "").within("crm")
    touched = {sql: analyser.analyse(sql) for sql in _statements(logs, name, "wang")}

    assert ["crm.customer.id", "crm.customer.name"] == _paths(touched["SELECT name FROM customer WHERE id = 2"].reads)
    assert ["crm.customer.mobile", "crm.customer.name"] == _paths(touched[MULTI].reads)
    assert ["crm.customer.mobile"] == _paths(touched[WANG[5]].writes)


def _paths(refs: Iterable[ColumnRef]) -> list[str]:
    return sorted(ref.path for ref in refs)
