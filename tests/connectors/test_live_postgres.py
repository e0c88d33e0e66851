"""A real PostgreSQL as a schema source: all that its catalog holds, read-only, and what can go wrong."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tutela.connectors import live_postgres
from tutela.connectors.ddl import parse_schema
from tutela.connectors.live import LiveOptions, read_live
from tutela.connectors.live_target import parse_target
from tutela.engine.errors import InputError
from tutela.project import Project, load_classifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tutela.engine.tables import Schema

    Lines = Callable[[Schema], str]

pytestmark = pytest.mark.usefixtures("no_password")


@pytest.fixture
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """No password comes from outside."""
    for name in ("TUTELA_DB_PASSWORD", "PGPASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PGPASSFILE", "/nonexistent")


@pytest.fixture(scope="module")
def crm(postgres: Callable[[str, str], str], live_case: Callable[[str], tuple[str, str]]) -> str:
    """The address of the database of the cases."""
    return postgres("shop", live_case("postgres")[0])


def problem(address: str, **options: int | str | tuple[str, ...]) -> str:
    """The code and the words of the one problem that reading meets."""
    with pytest.raises(InputError) as raised:
        read_live(address, replace(LiveOptions(), **options))  # type: ignore[arg-type]
    (found,) = raised.value.problems
    return f"{found.code} {found.message()}"


def as_anna(address: str, password: str = "") -> str:
    """The address for the role that needs a password."""
    return address.replace("postgres@", f"anna{password and ':'}{password}@")


def test_the_whole_catalog(crm: str, live_case: Callable[[str], tuple[str, str]], lines_of: Lines) -> None:
    """Views, partitions, inheritance, identity, generated columns, arrays, JSON, domains, comments, keys, grants."""
    assert live_case("postgres")[1] == lines_of(read_live(crm))


def test_the_name_of_a_domain_is_evidence(postgres: Callable[[str, str], str]) -> None:
    """A column whose own name says nothing is what its domain or enumeration is called."""
    address = postgres(
        "domains",
        "CREATE DOMAIN email AS text; CREATE TYPE gender AS ENUM ('a', 'b');"
        "CREATE TABLE t (x1 email, x2 gender, x3 text)",
    )
    schema = read_live(address)
    found = load_classifier(Project(Path()), None).classify(schema).columns()

    assert {"x1": "email", "x2": "gender", "x3": ""} == {column.name: column.domain for column in schema.columns()}
    assert {"x1": "personal.contact.email", "x2": "personal.demographic.gender", "x3": None} == {
        one.column.name: one.category for _, one in found
    }


def test_all_privileges_are_told_as_such(postgres: Callable[[str, str], str]) -> None:
    """The catalog lists what GRANT ALL gave one by one."""
    address = postgres(
        "given",
        "CREATE ROLE every; CREATE ROLE much; CREATE TABLE t (mobile text, email text); GRANT ALL ON t TO every;"
        "GRANT SELECT (mobile) ON t TO every; GRANT SELECT, INSERT, UPDATE, DELETE ON t TO much",
    )

    assert {"every": ("ALL",), "much": ("DELETE", "INSERT", "SELECT", "UPDATE")} == {
        grant.grantee: grant.privileges for grant in read_live(address).grants if grant.dataset
    }


def test_rights_on_tables_that_come_later(postgres: Callable[[str, str], str]) -> None:
    """ALTER DEFAULT PRIVILEGES gives rights as GRANT does: live and in the script, on a schema's tables or on all."""
    script = (
        "CREATE SCHEMA crm; CREATE ROLE later; CREATE TABLE crm.t (mobile text);"
        "ALTER DEFAULT PRIVILEGES IN SCHEMA crm GRANT SELECT ON TABLES TO PUBLIC;"
        "ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO later;"
        "ALTER DEFAULT PRIVILEGES IN SCHEMA crm GRANT USAGE ON SEQUENCES TO PUBLIC;"
    )
    expected = {("PUBLIC", "crm.*", ("SELECT",)), ("later", "*.*", ("INSERT",))}
    live, file = read_live(postgres("later", script)), parse_schema(script, dialect="postgres")

    for schema in (live, file):
        assert expected == {(g.grantee, g.dataset, g.privileges) for g in schema.grants if g.dataset}


def test_what_a_type_says_is_read(postgres: Callable[[str, str], str]) -> None:
    """The comment of a domain or type counts for its columns; a composite type has attributes, also within an array."""
    address = postgres(
        "types",
        "CREATE DOMAIN d AS text; COMMENT ON DOMAIN d IS '手机号';"
        "CREATE TYPE e AS ENUM ('a'); COMMENT ON TYPE e IS '性别';"
        "CREATE TYPE zip AS (code text); CREATE TYPE home AS (phone text, zip zip, gone int);"
        "ALTER TYPE home DROP ATTRIBUTE gone; COMMENT ON COLUMN home.phone IS '家庭电话';"
        "CREATE TABLE t (a d, b d[], c e, own d, home home, homes home[]); COMMENT ON COLUMN t.own IS '备注';"
        "CREATE VIEW v AS SELECT (home).phone AS x FROM t",
    )
    schema = read_live(address)
    shown = [
        f"{c.name}{c.comment and f' {c.comment}'}{c.inside and f' in {c.inside}'}" for c in schema.tables[0].columns
    ]

    assert ["a 手机号", "b 手机号", "c 性别", "own 备注"] == shown[:4]
    assert [
        "home", "home.phone 家庭电话 in home", "home.zip in home", "home.zip.code in home",
        "homes", "homes.phone 家庭电话 in homes", "homes.zip in homes", "homes.zip.code in homes",
    ] == shown[4:]  # fmt: skip
    assert ["x"] == [column.name for column in schema.tables[1].columns]


def test_an_account_without_rights_sees_the_same(crm: str, lines_of: Lines) -> None:
    """PostgreSQL shows its catalog to everybody: nothing is hidden from a role that may read no table."""
    assert lines_of(read_live(crm)) == lines_of(read_live(as_anna(crm, "of-anna")))


def test_the_place_has_no_account(crm: str) -> None:
    """Where findings are is the address without user, password and options."""
    schema = read_live(f"{crm}?sslmode=prefer")

    assert {crm.replace("postgres@", "")} == {column.location.file for column in schema.columns()}
    assert {0} == {column.location.line for column in schema.columns()}


@pytest.mark.parametrize(("pattern", "tables"), [("crm", 4), ("s*", 4), ("*", 8)])
def test_schemas_are_chosen(crm: str, pattern: str, tables: int) -> None:
    """`--schema` takes patterns."""
    assert tables == len(read_live(crm, LiveOptions(schemas=(pattern,))).tables)


def test_nothing_can_be_written(crm: str) -> None:
    """The session refuses a change."""
    with (
        live_postgres.connect(parse_target(crm), LiveOptions()) as session,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        session.execute("INSERT INTO sales.lead VALUES (1, '138')")


def test_the_number_of_queries_does_not_depend_on_the_number_of_tables(
    postgres: Callable[[str, str], str], crm: str
) -> None:
    """Thirty tables cost as many queries as a few."""
    many = postgres("many", "".join(f"CREATE TABLE t{n} (id int);" for n in range(30)))
    counts: dict[str, list[tuple[int, int]]] = {crm: [], many: []}
    for address, steps in counts.items():
        read_live(address, LiveOptions(step=lambda done, total, steps=steps: steps.append((done, total))))  # type: ignore[misc]

    assert counts[crm] == counts[many] == [(n, 9) for n in range(1, 10)]


def test_another_driver_reads_the_same_columns(crm: str, lines_of: Lines) -> None:
    """What SQLAlchemy's inspector says of the same database agrees, but for partitions, grants and bare tables."""
    own = read_live(crm)
    other = live_postgres_by_inspector(crm)
    kept = {table.path for table in own.tables if table.columns}
    mine = replace(own, tables=tuple(t for t in own.tables if t.path in kept), partitions=(), heirs=(), grants=())
    theirs = replace(other, tables=tuple(t for t in other.tables if t.path in kept), unparsed=())

    assert plain(lines_of(mine)) == plain(lines_of(theirs))


def live_postgres_by_inspector(address: str) -> Schema:
    """The schema, through the reader of all other databases."""
    from tutela.connectors import live_inspector

    target = replace(parse_target(address), driver="psycopg")
    return live_inspector.read(target, LiveOptions())


def plain(lines: str) -> list[str]:
    """Names, keys and comments without types, defaults and queries, which SQLAlchemy spells in its own way."""
    kept = [line for line in lines.splitlines() if not line.startswith("  =")]
    return sorted(
        f"{line.split()[0]} {line.split()[1] if not line.startswith(' ') else ''}"
        f"{', key' in line}{', not null' in line}{', identity' in line}{'generated' in line}{line.partition('->')[2]}"
        for line in kept
    )


@pytest.mark.parametrize("password", ["wrong-one", ""])
def test_a_refused_password(crm: str, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem says so, and does not say the password."""
    monkeypatch.setenv("TUTELA_DB_PASSWORD", password)
    said = problem(as_anna(crm))

    assert said.startswith("live-refused ")
    assert "wrong-one" not in said


def test_the_password_may_come_from_a_variable(crm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`TUTELA_DB_PASSWORD`, or a variable of another name."""
    monkeypatch.setenv("TUTELA_DB_PASSWORD", "of-anna")

    assert read_live(as_anna(crm)).tables

    monkeypatch.setenv("TUTELA_DB_PASSWORD", "wrong")
    monkeypatch.setenv("SHOP_PASSWORD", "of-anna")

    assert read_live(as_anna(crm), LiveOptions(password_env="SHOP_PASSWORD")).tables  # noqa: S106 (its name)
    assert problem(as_anna(crm), password_env="NO_SUCH").startswith("live-password-variable ")  # noqa: S106 (its name)


def test_the_drivers_own_password_file(
    crm: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Without a password of ours, libpq looks into `~/.pgpass`."""
    file = tmp_path_factory.mktemp("home") / "pgpass"
    file.write_text("*:*:*:anna:of-anna\n", encoding="utf-8")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))

    assert read_live(as_anna(crm)).tables


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("/shop", "/nope"), "live-database-missing"),
        (("/shop", "/shop?sslmode=require"), "live-tls"),
        (("/shop", "/shop?sslmode=nope"), "live-option"),
        (("/shop", "/shop?nope=1"), "live-option"),
        (("postgres@", "nobody@"), "live-refused"),
        (("127.0.0.1", "nowhere.invalid"), "live-unreachable"),
    ],
)
def test_what_is_wrong_with_an_address(crm: str, change: tuple[str, str], code: str) -> None:
    """Each cause has its problem; options of the address reach libpq."""
    assert code == problem(crm.replace(*change)).split()[0]


def test_a_port_where_nobody_listens() -> None:
    """The reason is the system's."""
    assert "Connection refused" in problem("postgresql://postgres@127.0.0.1:1/shop")


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_server_that_does_not_answer(silent: int) -> None:
    """Connecting is given up in time."""
    said = problem(f"postgresql://postgres@127.0.0.1:{silent}/shop", timeout=2)

    assert "live-connect-timeout the server did not answer within 2 s" == said


def test_a_query_that_takes_too_long(crm: str) -> None:
    """A catalog that somebody holds is given up in time."""
    with psycopg.connect(crm) as other:
        other.execute("LOCK TABLE pg_catalog.pg_attrdef IN ACCESS EXCLUSIVE MODE")

        assert problem(crm, timeout=1).startswith("live-statement-timeout ")


def test_a_catalog_that_may_not_be_read(postgres: Callable[[str, str], str]) -> None:
    """A right that is missing is a problem, not an empty schema."""
    address = postgres("closed", "CREATE TABLE t (id int); REVOKE SELECT ON pg_catalog.pg_attrdef FROM PUBLIC")

    assert problem(as_anna(address, "of-anna")).startswith("live-privilege ")


def test_an_empty_database(postgres: Callable[[str, str], str]) -> None:
    """No table is a problem, not a clean schema; so is a pattern that nothing fits."""
    address = postgres("empty", "SELECT 1")

    assert problem(address).startswith("live-empty ")
    assert "live-schema no schema fits `crm`" == problem(address, schemas=("crm",))


def test_names_that_are_no_text(crm: str) -> None:
    """A database without encoding may hold names in any: a problem, not a crash."""
    with psycopg.connect(crm, autocommit=True) as admin:
        admin.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    address = crm.replace("/shop", "/ascii")
    with psycopg.connect(address, autocommit=True, client_encoding="latin1") as own:
        own.execute(b'CREATE TABLE "\xbf\xcd\xbb\xa7" (id int)')

    assert problem(address).startswith("live-failed ")


def test_hostile_names(postgres: Callable[[str, str], str]) -> None:
    """Quotes, dots, percent signs and escapes in names stay what they are."""
    schema = read_live(postgres("we.ird%s", 'CREATE SCHEMA "%s"; CREATE TABLE "%s"."a.b\x1b[2J" ("c%d""" int)'))

    assert [("%s", "a.b\x1b[2J", 'c%d"')] == [(c.schema, c.table, c.name) for c in schema.columns()]
