"""A real MariaDB as a schema source: all that its catalog holds, read-only, and what can go wrong."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pymysql
import pytest

from tutela.connectors import live_mysql
from tutela.connectors.live import LiveOptions, read_live
from tutela.connectors.live_target import parse_target
from tutela.engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.engine.tables import Schema

    Lines = Callable[[Schema], str]

OURS = LiveOptions(schemas=("crm", "sales"))
"""Other tests put databases of their own on the same server."""

pytestmark = pytest.mark.usefixtures("no_password")


@pytest.fixture
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """No password comes from outside."""
    monkeypatch.delenv("TUTELA_DB_PASSWORD", raising=False)


@pytest.fixture(scope="module")
def crm(mariadb: Callable[[str], str], live_case: Callable[[str], tuple[str, str]]) -> str:
    """The address of the server with the databases of the cases."""
    return mariadb(live_case("mysql")[0])


def problem(address: str, **options: int | str) -> str:
    """The code and the words of the one problem that reading meets."""
    with pytest.raises(InputError) as raised:
        read_live(address, replace(LiveOptions(), **options))  # type: ignore[arg-type]
    (found,) = raised.value.problems
    return f"{found.code} {found.message()}"


def unseen(schema: Schema) -> list[str]:
    """What the account could not see."""
    return [unparsed.message for unparsed in schema.unparsed]


def test_the_whole_catalog(crm: str, live_case: Callable[[str], tuple[str, str]], lines_of: Lines) -> None:
    """Views, partitions, generated columns, JSON, enums, comments, keys, grants, and a view that is broken."""
    assert live_case("mysql")[1] == lines_of(read_live(crm, OURS))


def test_all_privileges_are_told_as_such(mariadb: Callable[[str], str]) -> None:
    """A catalog lists what GRANT ALL gave one by one; a right on the whole server is one on every table."""
    address = mariadb(
        "CREATE DATABASE given; CREATE TABLE given.t (mobile text); CREATE VIEW given.v AS SELECT mobile FROM given.t;"
        "CREATE USER db, tab, much, every, look, tool; GRANT ALL ON given.* TO db; GRANT ALL ON given.t TO tab;"
        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP ON given.t TO much; GRANT ALL ON *.* TO every;"
        "GRANT SELECT, PROCESS ON *.* TO look; GRANT PROCESS, RELOAD ON *.* TO tool"
    )
    found = {grant.grantee: (grant.privileges, grant.dataset) for grant in read_live(f"{address}given").grants}

    assert {
        "db@%": (("ALL",), "given.*"),
        "tab@%": (("ALL",), "given.t"),
        "much@%": (("CREATE", "DELETE", "DROP", "INSERT", "SELECT", "UPDATE"), "given.t"),
        "every@%": (("ALL",), "*.*"),
        "look@%": (("SELECT",), "*.*"),
    } == {
        name: right
        for name, right in found.items()
        if name.partition("@")[0] in {"db", "tab", "much", "every", "look", "tool"}
    }


def test_one_database_is_chosen_by_the_address(crm: str) -> None:
    """The last part of the address is a database; without it all are read, or those that `--schema` names."""
    assert {"crm"} == {table.schema for table in read_live(f"{crm}crm").tables}
    assert {"sales"} == {table.schema for table in read_live(crm, LiveOptions(schemas=("s*",))).tables}
    assert {"crm", "sales"} <= {table.schema for table in read_live(crm).tables}


def test_a_right_on_the_whole_database_hides_nothing(crm: str) -> None:
    """A right by pattern (`cr_`.*) counts."""
    schema = read_live(f"{crm}crm".replace("root@", "anna:of-anna@"))

    assert ([], 4) == (unseen(schema), len(schema.tables))


def test_an_account_that_sees_a_part_is_not_clean(crm: str) -> None:
    """Hidden tables, columns and queries of views are said: information_schema leaves them out without a word."""
    schema = read_live(f"{crm}crm".replace("root@", "part:of-part@"))

    assert [
        "this account sees only what it has rights on in `crm`; other tables may be hidden",
        "only some columns of `crm.contract` can be seen",
        "the query of the view `crm.contact` cannot be seen",
    ] == unseen(schema)


def test_nothing_can_be_written(crm: str) -> None:
    """The session refuses a change."""
    session = live_mysql.connect(parse_target(crm), LiveOptions())
    with session, session.cursor() as cursor, pytest.raises(pymysql.MySQLError, match="READ ONLY"):
        cursor.execute("DELETE FROM crm.contract")


@pytest.mark.parametrize("password", ["wrong-one", ""])
def test_a_refused_password(crm: str, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem says so, and does not say the password."""
    monkeypatch.setenv("TUTELA_DB_PASSWORD", password)
    said = problem(crm.replace("root@", "anna@"))

    assert said.startswith("live-refused ")
    assert "wrong-one" not in said


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("/crm", "/nope"), "live-database-missing"),
        (("/crm", "/crm?ssl_verify_cert=true&ssl_ca=/etc/ssl/certs/ca-certificates.crt"), "live-tls"),
        (("/crm", "/crm?ssl_verify_cert=perhaps"), "live-option"),
        (("/crm", "/crm?ssl_ca=/nonexistent"), "live-option"),
        (("/crm", "/crm?init_command=DROP"), "live-option"),
        (("127.0.0.1", "nowhere.invalid"), "live-unreachable"),
    ],
)
def test_what_is_wrong_with_an_address(crm: str, change: tuple[str, str], code: str) -> None:
    """Each cause has its problem; TLS options of the address reach the driver, others are refused."""
    assert code == problem(f"{crm}crm".replace(*change)).split()[0]


def test_a_server_that_does_not_answer() -> None:
    """Connecting is given up in time, also when only the greeting does not come."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        said = problem(f"mysql://root@127.0.0.1:{silent.getsockname()[1]}/crm", timeout=1)

    assert "live-connect-timeout the server did not answer within 1 s" == said


def test_a_query_that_takes_too_long(crm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server gives a query up in time."""
    monkeypatch.setattr(live_mysql, "_SCHEMAS", "SELECT SLEEP(4)")

    assert problem(crm, timeout=1).startswith("live-statement-timeout ")


def test_an_empty_database(mariadb: Callable[[str], str]) -> None:
    """No table is a problem, not a clean schema."""
    assert problem(mariadb("CREATE DATABASE IF NOT EXISTS empty") + "empty").startswith("live-empty ")


def test_an_older_server(crm: str, monkeypatch: pytest.MonkeyPatch, lines_of: Lines) -> None:
    """A view or column that information_schema does not have yet costs only what it would have said."""
    newer = lines_of(read_live(crm, OURS))
    monkeypatch.setattr(live_mysql, "_ROLES", "SELECT 1 FROM information_schema.NOT_YET")
    monkeypatch.setattr(
        live_mysql, "_DOCUMENTS", "SELECT NOT_YET FROM information_schema.TABLES WHERE TABLE_SCHEMA IN %s"
    )
    older = lines_of(read_live(crm, OURS))

    assert {"  extra json", "grant role clerks to root@127.0.0.1"} == set(newer.split("\n")) - set(older.split("\n"))
