"""The catalog of a MySQL or MariaDB server: a dozen queries of `information_schema`, whatever its size.

`information_schema` leaves out without a word what the account has no right to: what may be hidden is said.
"""

from __future__ import annotations

import re
from contextlib import closing
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, NoReturn

from .live_build import ColumnRow, Found, GrantRow, LinkRow, TableRow
from .live_target import chosen_schemas, find_password

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymysql.connections import Connection

    from tutela.engine.tables import Schema

    from .live_target import LiveOptions, Target

_SYSTEM: Final = frozenset({"information_schema", "mysql", "performance_schema", "sys"})
_SCHEMAS: Final = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"
_TABLES: Final = """
SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_COMMENT FROM information_schema.TABLES
WHERE TABLE_SCHEMA IN %s AND TABLE_TYPE <> 'SEQUENCE' ORDER BY TABLE_SCHEMA, TABLE_NAME"""
_VIEWS: Final = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA IN %s"
)
_COLUMNS: Final = """
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, COLUMN_COMMENT,
       EXTRA, GENERATION_EXPRESSION
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN %s ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION"""
_DOCUMENTS: Final = """
SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME FROM information_schema.CHECK_CONSTRAINTS
WHERE CONSTRAINT_SCHEMA IN %s AND LEVEL = 'Column' AND CHECK_CLAUSE LIKE 'json_valid(%%'"""
"""MariaDB's JSON is a LONGTEXT with this check, which has the name of the column."""

_KEYS: Final = """
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
FROM information_schema.KEY_COLUMN_USAGE
WHERE TABLE_SCHEMA IN %s AND (REFERENCED_COLUMN_NAME IS NOT NULL OR CONSTRAINT_NAME = 'PRIMARY')"""
"""Foreign keys, and primary ones; `COLUMN_KEY` also calls a unique index primary where a table has no other."""
_SERVER_RIGHTS: Final = """
SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES
WHERE PRIVILEGE_TYPE IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'REFERENCES', 'INDEX', 'ALTER',
                         'CREATE VIEW', 'SHOW VIEW', 'TRIGGER', 'DELETE HISTORY')"""
_BUILT_IN: Final = re.compile(r"(?:root|mysql|mysql\.\w+|mariadb\.sys)@")
"""The accounts that a server comes with."""
_SCHEMA_RIGHTS: Final = "SELECT GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES"
_RIGHTS: Final = """
SELECT GRANTEE, TABLE_SCHEMA, TABLE_NAME, '', PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES
WHERE TABLE_SCHEMA IN %s
UNION ALL
SELECT GRANTEE, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, PRIVILEGE_TYPE FROM information_schema.COLUMN_PRIVILEGES
WHERE TABLE_SCHEMA IN %s"""
_ROLES: Final = "SELECT GRANTEE, ROLE_NAME FROM information_schema.APPLICABLE_ROLES"
_QUERIES: Final = 11
_SHOWS: Final = ("ALL PRIVILEGES", "SELECT", "INSERT", "UPDATE", "REFERENCES")
"""A right of this kind shows the columns that it is for."""

_GRANT: Final = re.compile(r"GRANT (?P<rights>.+?) ON (?P<on>(?:`(?:[^`]|``)*`|\*)\.(?:`(?:[^`]|``)*`|\*)) TO ")
_OPTIONS: Final = frozenset(
    {
        "charset", "read_default_file", "read_default_group", "ssl_ca", "ssl_cert", "ssl_disabled", "ssl_key",
        "ssl_key_password", "ssl_verify_cert", "ssl_verify_identity", "unix_socket",
    }
)  # fmt: skip
_FLAGS: Final = {"ssl_disabled", "ssl_verify_cert", "ssl_verify_identity"}
_TLS: Final = re.compile(r"\bSSL\b|certificate", re.IGNORECASE)
_REFUSED: Final = frozenset({1044, 1045, 1130, 1698, 1820, 3118, 4151})
_TIMEOUT: Final = frozenset({1969, 3024, 1205})
_LOST: Final = 2013
_UNKNOWN: Final = frozenset({1054, 1109})
_DENIED: Final = frozenset({1142, 1143, 1227})


def read(target: Target, options: LiveOptions) -> Schema:
    """Read the schema; raises InputError."""
    import pymysql

    found = Found(target, options, "mysql", _QUERIES)
    with closing(connect(target, options)) as connection:
        try:
            _read(connection, found)
        except pymysql.MySQLError as error:
            _failed(target, options, error)
    return found.build()


def connect(target: Target, options: LiveOptions) -> Connection[Any]:
    """Open a read-only session with a limit for each statement; TLS options of the address go to the driver."""
    import pymysql

    settings: dict[str, Any] = {
        "host": target.host or None,
        "user": target.user or None,
        "password": find_password(target, options) or "",
        "connect_timeout": options.timeout,
        "read_timeout": options.timeout + 1,  # the server's own limit comes first
        "write_timeout": options.timeout + 1,
        "charset": "utf8mb4",
        "program_name": "tutela",
        **_settings(target),
    }
    if target.port:
        settings["port"] = target.port
    try:
        connection: Connection[Any] = pymysql.connect(**settings)
    except (pymysql.MySQLError, OSError, ValueError, RuntimeError) as error:
        _refused(target, options, error)
    try:
        maria = _is_maria(connection)
        seconds = options.timeout
        limit = f"max_statement_time = {seconds}" if maria else f"max_execution_time = {seconds * 1000}"
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION {limit}, lock_wait_timeout = {seconds}")
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("START TRANSACTION READ ONLY")
    except pymysql.MySQLError as error:
        connection.close()
        _failed(target, options, error)
    return connection


def rows(connection: Connection[Any], query: str, options: LiveOptions) -> Sequence[tuple[Any, ...]]:
    """The rows of one query; the server limits it."""
    del options
    with connection.cursor() as cursor:
        cursor.execute(query)
        found: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return found


def _is_maria(connection: Connection[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        return "mariadb" in str(cursor.fetchone()).lower()


def _settings(target: Target) -> dict[str, Any]:
    """The options of the address as PyMySQL takes them."""
    unknown = sorted(set(target.options) - _OPTIONS)
    if unknown:
        target.fail("live-option", reason=f"`{unknown[0]}`; there are {', '.join(sorted(_OPTIONS))}")
    settings: dict[str, Any] = dict(target.options)
    for name in _FLAGS & set(target.options):
        if target.options[name].lower() not in {"true", "false", "1", "0"}:
            target.fail("live-option", reason=f"`{name}` must be true or false")
        settings[name] = target.options[name].lower() in {"true", "1"}
    return settings


def _ask(connection: Connection[Any], found: Found, query: str, *, lists: int = 1) -> Sequence[tuple[Any, ...]]:
    """The rows of a query, in which every `%s` stands for the chosen schemas."""
    with connection.cursor() as cursor:
        cursor.execute(query, (tuple(found.schemas),) * lists if lists else None)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    found.step()
    return rows


def _ask_if_there(
    connection: Connection[Any], found: Found, query: str, *, lists: int = 1
) -> Sequence[tuple[Any, ...]]:
    """The rows of a query about something that older servers do not know."""
    import pymysql

    try:
        return _ask(connection, found, query, lists=lists)
    except pymysql.MySQLError as error:
        if _parts(error)[0] not in _UNKNOWN:
            raise
        return ()


def _read(connection: Connection[Any], found: Found) -> None:
    database = found.target.database
    schemas = [name for (name,) in _ask(connection, found, _SCHEMAS, lists=0) if name.lower() not in _SYSTEM]
    if database and database not in schemas:
        found.target.fail("live-database-missing")
    found.schemas = chosen_schemas(found.target, [database] if database else schemas, found.options.schemas)
    if not found.schemas:
        return
    queries = {(schema, name): sql for schema, name, sql in _ask(connection, found, _VIEWS)}
    for schema, name, kind, comment in _ask(connection, found, _TABLES):
        view = "VIEW" in kind
        found.tables.append(TableRow(schema, name, view, "" if view else comment, queries.get((schema, name))))
    _columns(connection, found)
    keys = _ask(connection, found, _KEYS)
    found.links = [LinkRow(*row) for row in keys if row[-1] is not None]
    found.keys.update((schema, table, name) for schema, table, name, *target in keys if target[-1] is None)
    _grants(connection, found)


def _columns(connection: Connection[Any], found: Found) -> None:
    rows = _ask(connection, found, _COLUMNS)
    documents = set(_ask_if_there(connection, found, _DOCUMENTS)) if _is_maria(connection) else set[tuple[Any, ...]]()
    for schema, table, name, kind, nullable, default, comment, extra, expression in rows:
        identity = "auto_increment" in extra.lower()
        data_type = "json" if (schema, table, name) in documents else kind
        value = None if default == "NULL" else default  # so MariaDB writes that there is none
        found.columns.append(
            ColumnRow(schema, table, name, data_type, nullable == "YES", value, comment, identity, expression)
        )


def _grants(connection: Connection[Any], found: Found) -> None:
    for grantee, privilege in _ask(connection, found, _SERVER_RIGHTS, lists=0):
        if not _BUILT_IN.match(_account(grantee)):
            found.grants.append(GrantRow(_account(grantee), "*", "*", "", privilege))
    for grantee, pattern, privilege in _ask(connection, found, _SCHEMA_RIGHTS, lists=0):
        fitting = [schema for schema in found.schemas if _fits(schema, pattern)]
        found.grants += [GrantRow(_account(grantee), schema, "*", "", privilege) for schema in fitting]
    for grantee, schema, table, column, privilege in _ask(connection, found, _RIGHTS, lists=2):
        found.grants.append(GrantRow(_account(grantee), schema, table, column, privilege))
    found.roles = [(_account(member), role) for member, role in _ask_if_there(connection, found, _ROLES, lists=0)]
    rights = [match for (text,) in _ask(connection, found, "SHOW GRANTS", lists=0) if (match := _GRANT.match(text))]
    _look_for_hidden(found, rights)


def _account(grantee: str) -> str:
    """`'wang'@'%'` as `wang@%`, `'PUBLIC'@''` as `PUBLIC`."""
    return grantee.replace("'", "").rstrip("@")  # a role has no host


def _look_for_hidden(found: Found, rights: Sequence[re.Match[str]]) -> None:
    """Say of which schemas and tables this account may see a part only."""
    whole: list[tuple[str, str]] = []
    for right in rights:
        words = re.sub(r"\([^)]*\)", "()", right["rights"]).split(", ")
        if any(word in _SHOWS for word in words):
            schema, _, table = right["on"].replace("``", "\0").partition(".")
            whole.append((_plain(schema), _plain(table)))
    for schema in found.schemas:
        if any(table == "*" and _fits(schema, pattern) for pattern, table in whole):
            continue
        found.unseen.append(f"this account sees only what it has rights on in `{schema}`; other tables may be hidden")
        seen = {table for name, table in whole if name == schema}
        for row in found.tables:
            if row.schema == schema and row.name not in seen:
                found.unseen.append(f"only some columns of `{schema}.{row.name}` can be seen")


def _plain(name: str) -> str:
    return name.strip("`").replace("\0", "`")


def _fits(schema: str, pattern: str) -> bool:
    r"""Whether a right on a schema is for this one: `_` and `%` are wild cards unless `\` stands before them."""
    if pattern == "*":
        return True
    glob = re.sub(r"\\([_%])|([_%])|([][*?])", _glob, pattern)
    return fnmatchcase(schema, glob)


def _glob(match: re.Match[str]) -> str:
    return match[1] or ({"_": "?", "%": "*"}[match[2]] if match[2] else f"[{match[3]}]")


def _refused(target: Target, options: LiveOptions, error: Exception) -> NoReturn:
    number, text = _parts(error)
    if isinstance(error, ValueError | RuntimeError | OSError):
        target.fail("live-option", reason=text)
    if number in _REFUSED:
        target.fail("live-refused", reason=text)
    if "timed out" in text:
        target.fail("live-connect-timeout", seconds=options.timeout)
    target.fail("live-tls" if _TLS.search(text) else "live-unreachable", reason=text)


def _failed(target: Target, options: LiveOptions, error: Exception) -> NoReturn:
    number, text = _parts(error)
    if number in _TIMEOUT or (number == _LOST and "timed out" in text):
        target.fail("live-statement-timeout", seconds=options.timeout)
    target.fail("live-privilege" if number in _DENIED else "live-failed", reason=text)


def _parts(error: Exception) -> tuple[int, str]:
    """The number and the words of an error."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    return number, str(error.args[1] if len(error.args) > 1 else error)
