"""What the readers of MySQL's logs decide about a statement, and that nothing grows without bound or takes long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tutela.connectors import log_mariadb_audit, log_mysql
from tutela.connectors.log_mysql import Session, Sessions, closed, first_word, rows_of, touches_nothing, used_database
from tutela.connectors.logs import read_log
from tutela.engine.events import Event, Hole

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "sql",
    [
        "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
        "set autocommit=1",
        "SET @@session.autocommit = ON, @a := 'x'",
        "USE crm;",
        "use `a b`",
        "show full tables from `crm`",
        "SHOW VARIABLES LIKE 'a%'",
        "show create table crm.customer",
        "describe crm.customer mobile",
        "LOCK TABLES a READ, b WRITE",
        "unlock tables",
        "kill query 3",
        "do sleep(1.5)",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "/* app */ set @a = 1",
        "deallocate prepare p",
        "prepare p from 'select \\'x\\' from t'",
        "PREPARE p FROM @sql",
        "analyze table a, b",
        "flush tables",
    ],
)
def test_what_touches_no_row(sql: str) -> None:
    """Statements about the session, descriptions of tables, preparations."""
    assert touches_nothing(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "set @a = (select mobile from customer)",
        "set @a = f()",
        "SET sql_mode = ANSI_QUOTES",
        "set session sql_mode=''",
        "SET PASSWORD = 'x'",
        "set role admin",
        "set global general_log = 0",
        "show processlist",
        "show binlog events",
        "show grants",
        "show tables where (select 1)",
        "show tables; select * from customer",
        "use crm; select 1",
        "prepare p from 'x'; select mobile from customer",
        "/*!50000 set */ @a = 1",
        "/*M! use */ crm",
        "do f()",
        "do (select 1)",
        "select 1",
        "",
        "set @a = 'x\\' , @b = (select 1)",
        "execute p",
        "set names utf8 select",
        "lock tables a read; delete from a",
        "set statement max_statement_time=1 for select 1",
    ],
)
def test_what_may_touch_rows(sql: str) -> None:
    """Subqueries, functions, a second statement, executable comments, and settings that change later ones."""
    assert not touches_nothing(sql)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 'a''b\\'' , \"x\\\"\", `y'z`", True),
        ("select 'a", False),
        ("select \"a'", False),
        ("select `a", False),
        ("select 1 /* ' */", True),
        ("select 1 /* x", False),
        ("select 1 -- '", True),
        ("select 1 --'x", False),
        ("select 1 # '\n", True),
        ("select 'a\\'", False),
        ("select 5--1", True),
        ("select 1 --\n'a'", True),
        ("a/b-c", True),
    ],
)
def test_whether_a_statement_leaves_something_open(sql: str, *, expected: bool) -> None:
    """Quotes with their escapes, comments of every kind."""
    assert expected is closed(sql)


@pytest.mark.parametrize(
    ("sql", "sent", "affected", "expected"),
    [
        ("select 1", 5, None, 5),
        ("(select 1)", 5, 0, 5),
        ("-- x\nselect 1", 5, None, 5),
        ("/* x */ show tables", 5, 0, 5),
        ("select * into outfile 'x' from t", 0, 0, None),
        ("select a into @b from t", 0, 0, None),
        ("call p()", 5, 0, None),
        ("update t set a = 1", 0, None, None),
        ("update t set a = 1", 0, 7, 7),
        ("delete from t returning a", 7, 7, 7),
        ("insert into t select 1", None, 3, 3),
        ("with x as (select 1) select 1", 5, None, None),
        ("with x as (select 1) select 1", 5, 0, 5),
        ("execute immediate @a", 5, 0, 5),
        ("select 1", None, None, None),
    ],
)
def test_rows(sql: str, sent: int | None, affected: int | None, expected: int | None) -> None:
    """Sent rows for what reads, changed ones for what writes, unknown for what neither counts."""
    assert expected == rows_of(sql, sent, affected)


def test_words_and_databases() -> None:
    """The first word behind comments and brackets; the database of USE alone."""
    assert ["select", "", "update"] == [first_word(sql) for sql in ("/* a */ ((SELECT", "/* a", "# x\n-- y\nUpDate t")]
    assert ["crm", "a b", None, None] == [
        used_database(sql) for sql in ("USE crm ;", "use `a b`", "use a; b", "used x")
    ]


def test_sessions_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the oldest connection is nobody's, never somebody else's."""
    monkeypatch.setattr(log_mysql, "MAX_SESSIONS", 2)
    sessions = Sessions()
    for thread in "123":
        sessions.put(thread, Session(f"u{thread}"))

    assert ["", "u2", "u3"] == [sessions.get(thread).account for thread in "123"]


def test_open_statements_of_the_plugin_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many connections and nested query ids wait for their statement, no table is lost."""
    monkeypatch.setattr(log_mariadb_audit, "MAX_OPEN", 3)
    path = tmp_path / "x.log"
    lines = [f"20261102 17:00:00,s,u{n % 7},h,{n % 7},{n},READ,crm,t{n}," for n in range(100)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    events = [item for item in read_log(path, timezone="UTC") if isinstance(item, Event)]

    assert {f"crm.t{n}": f"u{n % 7}" for n in range(100)} == {one.tables[0]: one.account for one in events}


HOSTILE = {
    "mysql-general": [
        "261102 17:00:00\t     5 Query\texecute p" + " " * 60_000 + "x",
        "261102 17:00:00\t     5 Query\tlock tables a" + " " * 19_000 + "!",
        "261102 17:00:00\t     5 Query\tuse a" + " " * 60_000 + "x",
        "261102 17:00:00\t     5 Query\t" + "/* " * 20_000,
        "261102 17:00:00\t     5 Query\t" + "set " + "@a=1," * 20_000,
        "261102 17:00:00\t     5 Connect\t" + "@" * 40_000 + " on",
        "261102 17:00:00\t     5 Query\t" + "(" * 60_000,
        "261102 17:00:00\t     5 Query\tuse " + "a" * 60_000 + "!",
        "261102 17:00:00\t     5 Query\t" + "/**/ " * 16_000 + "x",
    ],
    "mysql-slow": [
        "# User@Host: " + "[" * 40_000,
        "# Query_time: " + "1: " * 20_000,
        "# Time: " + " " * 60_000 + "#",
        "# Time: " + " " * 4_000 + "#",
    ],
    "mariadb-audit": [
        "20261102 17:00:00," + "," * 60_000,
        "20261102 17:00:00,s,u,h,1,2,QUERY," + ",'" * 30_000,
        "20261102 17:00:00,s,u,h,1,2,QUERY,crm,'" + "\\" * 60_001,
        "20261102 17:00:00,s," + "h,1,2," * 16_000,
    ],
    "mysql-audit-xml": [
        "<AUDIT_RECORD " + 'A="1" ' * 12_000,
        "<AUDIT_RECORD>" + "<A>" * 20_000,
        "<AUDIT_RECORD" + " " * 80_000 + "/>",
        "<AUDIT_RECORD>" + "<A>&#1;</A>" * 8_000 + "</AUDIT_RECORD>",
    ],
    "mysql-audit-json": ["{" * 60_000, '{"a":"' * 16_000, '{"class":' + "[" * 60_000, '"' * 60_001],
    "redshift-activity": [
        "'2026-11-02T09:00:00Z UTC [ db=" + " user=" * 10_000,
        "'2026-11-02T09:00:00Z UTC [ db=a user=" + " pid=1" * 10_000,
        "'2026-11-02T09:00:00Z UTC " + "[ " * 30_000,
    ],
    "mysql-azure": ['{"category":' * 6_000, '{"records":' + "[" * 60_000],
    "snowflake": ['{"QUERY_TEXT":"' + "\\" * 60_001, "[" * 60_000],
}


XML = """<?xml version="1.0" encoding="UTF-8"?>
<AUDIT>
 <AUDIT_RECORD>
  <TIMESTAMP>2026-11-06T01:29:34 UTC</TIMESTAMP><RECORD_ID>7</RECORD_ID><NAME>Query</NAME>
  <CONNECTION_ID>12</CONNECTION_ID><STATUS>0</STATUS><USER>a[a] @ localhost [127.0.0.1]</USER>
  <OS_LOGIN/><HOST>localhost</HOST><DB>crm</DB>
  <COMMAND_CLASS>select</COMMAND_CLASS><SQLTEXT>{sql}</SQLTEXT>
 </AUDIT_RECORD>
"""


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1 &lt; 2", "SELECT 1 < 2"),
        ("<![CDATA[SELECT 1]]>", "log-xml"),  # no server writes it: whoever did may have changed more
    ],
)
def test_elements_may_share_a_line_and_the_end_may_be_missing(tmp_path: Path, sql: str, expected: str) -> None:
    """A log that is still written has no `</AUDIT>`; what a server does not write is a hole."""
    path = tmp_path / "audit.xml"
    path.write_text(XML.format(sql=sql), encoding="utf-8")
    (found,) = read_log(path)

    assert expected == (found.code if isinstance(found, Hole) else found.sql)


@pytest.mark.parametrize("format_name", HOSTILE)
def test_hostile_lines_take_no_long_time(tmp_path: Path, format_name: str) -> None:
    """Lines made to let a pattern run for ever are read in a moment."""
    for line in HOSTILE[format_name]:
        path = tmp_path / "x.log"
        path.write_text(line + "\n", encoding="utf-8")
        started = time.process_time()
        list(read_log(path, format=format_name, timezone="UTC"))

        assert time.process_time() - started < 5, line[:60]
