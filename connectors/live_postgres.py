"""The catalog of a PostgreSQL database: nine queries in one read-only transaction, whatever its size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from .live_build import ColumnRow, Found, GrantRow, LinkRow, TableRow
from .live_target import chosen_schemas, find_password

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from tutela.engine.tables import Schema

    from .live_target import LiveOptions, Target

_Types: TypeAlias = "dict[int, list[tuple[Any, ...]]]"
"""Of each composite type its attributes: name, type, comment, domain and the number of the (element's) type."""
_SCHEMAS: Final = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
_TABLES: Final = """
SELECT n.nspname, c.relname, c.relkind IN ('v', 'm'), obj_description(c.oid, 'pg_class'),
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, c.oid, {partition}, c.relkind = 'm'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname = ANY(%s)
ORDER BY n.nspname, c.relname"""
_COLUMNS: Final = """
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       CASE WHEN a.atthasdef THEN pg_get_expr(d.adbin, d.adrelid) END, t.description,
       {identity}, {generated}, a.attnum, a.attislocal, a.atttypid
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_description t
       ON t.objoid = a.attrelid AND t.objsubid = a.attnum AND t.classoid = 'pg_class'::regclass
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname = ANY(%s)
ORDER BY a.attrelid, a.attnum"""
_NAMED: Final = """
SELECT k.oid, CASE WHEN y.typtype IN ('d', 'e') THEN y.typname END, s.description, y.oid
FROM pg_type y
JOIN pg_type k ON k.oid = y.oid OR (k.typcategory = 'A' AND k.oid = y.typarray)
LEFT JOIN pg_class c ON c.oid = y.typrelid
LEFT JOIN pg_description s ON s.objoid = y.oid AND s.classoid = 'pg_type'::regclass
WHERE y.typtype IN ('d', 'e') OR c.relkind = 'c'"""
"""Types that somebody made, and arrays of them: domain or enumeration, comment, and the type (of the elements)."""
_ATTRIBUTES: Final = """
SELECT o.reltype, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(t.description, s.description),
       CASE WHEN y.typtype IN ('d', 'e') THEN y.typname END, y.oid
FROM pg_class o
JOIN pg_attribute a ON a.attrelid = o.oid
JOIN pg_type k ON k.oid = a.atttypid
JOIN pg_type y ON y.oid = CASE WHEN k.typcategory = 'A' AND k.typelem <> 0 THEN k.typelem ELSE k.oid END
LEFT JOIN pg_description s ON y.typtype IN ('d', 'e', 'c') AND s.objoid = y.oid AND s.classoid = 'pg_type'::regclass
LEFT JOIN pg_description t
       ON t.objoid = a.attrelid AND t.objsubid = a.attnum AND t.classoid = 'pg_class'::regclass
WHERE o.relkind = 'c' AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY o.reltype, a.attnum"""
_PLAIN: Final = (None, None, 0)
"""What a type of the system has in place of that."""
_NESTED: Final = 5
"""How deep composite types are followed."""
_KEYS: Final = """
SELECT k.contype = 'p', k.conrelid, k.conkey, k.confrelid, k.confkey
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
WHERE k.contype IN ('p', 'f') AND k.conrelid <> 0 AND n.nspname = ANY(%s)"""
_PARENTS: Final = """
SELECT i.inhrelid, n.nspname, p.relname
FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace
ORDER BY i.inhrelid, i.inhseqno"""
_GRANTS: Final = """
SELECT CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END, n.nspname, c.relname, g.name,
       g.privilege_type
FROM (
    SELECT c.oid, '' AS name, (aclexplode(c.relacl)).* FROM pg_class c WHERE c.relacl IS NOT NULL
    UNION ALL
    SELECT a.attrelid, a.attname, (aclexplode(a.attacl)).* FROM pg_attribute a
    WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
) g
JOIN pg_class c ON c.oid = g.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE g.grantee <> c.relowner AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname = ANY(%s)
UNION ALL
SELECT CASE WHEN g.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END, coalesce(n.nspname, '*'), '*', '',
       g.privilege_type
FROM (
    SELECT defaclrole, defaclnamespace, (aclexplode(defaclacl)).* FROM pg_default_acl WHERE defaclobjtype = 'r'
) g
LEFT JOIN pg_namespace n ON n.oid = g.defaclnamespace
WHERE g.grantee <> g.defaclrole AND (g.defaclnamespace = 0 OR n.nspname = ANY(%s))"""
"""Rights on tables and columns, and those that every table gets that is made later."""
_ROLES: Final = """
SELECT pg_get_userbyid(member), pg_get_userbyid(roleid) FROM pg_auth_members
WHERE pg_get_userbyid(member) !~ '^pg_' ORDER BY 1, 2"""
_QUERIES: Final = 9
_FAILURES: Final = (
    (
        "live-refused",
        re.compile(r"password authentication|no password supplied|authentication failed|role .* does not"),
    ),
    ("live-refused", re.compile(r"no pg_hba\.conf entry|is not permitted to log in|permission denied for database")),
    ("live-database-missing", re.compile(r"database .* does not exist")),
    ("live-tls", re.compile(r"\bSSL\b|certificate")),
    ("live-connect-timeout", re.compile(r"timeout expired|connection timeout|timed out")),
    ("live-option", re.compile(r"invalid (?:connection option|\S+ value|value for parameter)|invalid integer value")),
)


def read(target: Target, options: LiveOptions) -> Schema:
    """Read the schema; raises InputError."""
    import psycopg

    found = Found(target, options, "postgres", _QUERIES)
    with connect(target, options) as connection:
        try:
            _read(connection, found)
        except psycopg.Error as error:
            failed(target, options, error)
        except UnicodeError:  # a database of encoding SQL_ASCII converts nothing
            target.fail("live-failed", reason="a name or comment of its catalog is not text in UTF-8")
    return found.build()


def connect(target: Target, options: LiveOptions) -> psycopg.Connection[Any]:
    """Open a read-only transaction with a limit for each statement."""
    import psycopg

    connection = session(target, options)
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # all queries see the same catalog
    # LOCAL, so that a pooler between us and the server hands nothing of it to the next session.
    limit = f"{options.timeout * 1000}"
    try:
        connection.execute(
            "SELECT set_config('search_path', 'pg_catalog', true), set_config('statement_timeout', %s, true),"
            " set_config('lock_timeout', %s, true)",
            (limit, limit),
        )
    except psycopg.Error as error:
        connection.close()
        failed(target, options, error)
    return connection


def session(target: Target, options: LiveOptions) -> psycopg.Connection[Any]:
    """Connect; the options of the address go to libpq."""
    import psycopg

    given: dict[str, Any] = {
        "host": target.host,
        "port": target.port,
        "user": target.user,
        "password": find_password(target, options),
        "dbname": target.database,
    }
    settings: dict[str, Any] = {
        "connect_timeout": options.timeout,
        "application_name": "tutela",
        "client_encoding": "UTF8",
        **{name: value for name, value in given.items() if value},
        **target.options,
    }
    try:
        connection: psycopg.Connection[Any] = psycopg.connect(**settings)
    except psycopg.Error as error:
        _refused(target, options, error)
    return connection


def rows(connection: psycopg.Connection[Any], query: str, options: LiveOptions) -> list[tuple[Any, ...]]:
    """The rows of one query; the server limits it."""
    del options
    return connection.execute(query.encode()).fetchall()


def _read(connection: psycopg.Connection[Any], found: Found) -> None:
    version = connection.info.server_version
    schemas = [name for (name,) in connection.execute(_SCHEMAS)]
    found.schemas = chosen_schemas(found.target, schemas, found.options.schemas)
    found.step()
    names = _tables(connection, found, version)
    partitions = {oid for oid, (_, _, partition) in names.items() if partition}
    local = _columns(connection, found, names, version)
    _keys(connection, found, names, local)
    heirs = partitions | {oid for oid, columns in local.items() if not any(own for _, own in columns.values())}
    for child, schema, parent in connection.execute(_PARENTS):
        if child in names:
            pair = (f"{names[child][0]}.{names[child][1]}", f"{schema}.{parent}")
            (found.partitions if child in heirs else found.heirs).append(pair)
            heirs.discard(child)
    part_of = {child for child, _ in found.partitions}
    found.tables = [row for row in found.tables if f"{row.schema}.{row.name}" not in part_of]
    found.step()
    found.grants = [GrantRow(*row) for row in connection.execute(_GRANTS, (found.schemas, found.schemas))]
    found.step()
    found.roles = list(connection.execute(_ROLES))
    found.step()


def _tables(connection: psycopg.Connection[Any], found: Found, version: int) -> dict[int, tuple[str, str, bool]]:
    """The tables; the answer has schema and name by the object's number, and whether it is a partition."""
    query = _TABLES.format(partition="c.relispartition" if version >= 100_000 else "false")
    names: dict[int, tuple[str, str, bool]] = {}
    for schema, name, view, comment, sql, oid, partition, kept in connection.execute(query, (found.schemas,)):
        names[oid] = (schema, name, partition)
        found.tables.append(TableRow(schema, name, view, comment, sql, kept))
    found.step()
    return names


def _columns(
    connection: psycopg.Connection[Any], found: Found, names: dict[int, tuple[str, str, bool]], version: int
) -> dict[int, dict[int, tuple[str, bool]]]:
    """The columns; the answer has name by table and number, and whether the table defines it itself."""
    query = _COLUMNS.format(
        identity="a.attidentity <> ''" if version >= 100_000 else "false",
        generated="a.attgenerated <> ''" if version >= 120_000 else "false",
    )
    types = _types(connection, found)
    named = {oid: tuple(kind) for oid, *kind in connection.execute(_NAMED)}
    found.step()
    numbers: dict[int, dict[int, tuple[str, bool]]] = {oid: {} for oid in names}
    rows = connection.execute(query, (found.schemas,))
    for oid, name, kind, nullable, default, comment, identity, generated, number, own, type_number in rows:
        schema, table, _ = names[oid]
        domain, told, of = named.get(type_number, _PLAIN)
        serial = identity or (default or "").startswith("nextval(")
        expression = default if generated else None
        found.columns.append(
            ColumnRow(schema, table, name, kind, nullable, default, comment or told, serial, expression, domain)
        )
        found.columns += _nested(types, of, ColumnRow(schema, table, name, inside=name), 0) if of in types else ()
        numbers[oid][number] = (name, own)
    found.bare = {names[oid][:2] for oid, columns in numbers.items() if not columns}
    found.step()
    return numbers


def _types(connection: psycopg.Connection[Any], found: Found) -> _Types:
    """The attributes of composite types, by the number of the type."""
    types: _Types = {}
    for oid, *attribute in connection.execute(_ATTRIBUTES):
        types.setdefault(oid, []).append(tuple(attribute))
    found.step()
    return types


def _nested(types: _Types, of: int, top: ColumnRow, depth: int) -> Iterator[ColumnRow]:
    """The attributes of a column of a composite type, as columns of their own: `address.phone`."""
    for name, kind, comment, domain, inner in types.get(of, ()) if depth < _NESTED else ():
        row = top._replace(name=f"{top.name}.{name}", data_type=kind, comment=comment, domain=domain)
        yield row
        yield from _nested(types, inner, row, depth + 1)


def _keys(
    connection: psycopg.Connection[Any],
    found: Found,
    names: dict[int, tuple[str, str, bool]],
    columns: dict[int, dict[int, tuple[str, bool]]],
) -> None:
    for primary, oid, numbers, to_oid, to_numbers in connection.execute(_KEYS, (found.schemas,)):
        if oid not in names:
            continue
        schema, table, _ = names[oid]
        if primary:
            found.keys.update((schema, table, columns[oid][number][0]) for number in numbers)
        elif to_oid in names:
            to_schema, to_table, _ = names[to_oid]
            for number, to_number in zip(numbers, to_numbers, strict=True):
                leads = (to_schema, to_table, columns[to_oid][to_number][0])
                found.links.append(LinkRow(schema, table, columns[oid][number][0], *leads))
    found.step()


def _refused(target: Target, options: LiveOptions, error: psycopg.Error) -> NoReturn:
    text = str(error)
    code = next((code for code, pattern in _FAILURES if pattern.search(text)), "live-unreachable")
    target.fail(code, reason=_last(text), seconds=options.timeout)


def failed(target: Target, options: LiveOptions, error: psycopg.Error) -> NoReturn:
    """Raise an InputError about a statement that did not succeed."""
    from psycopg import errors

    if isinstance(error, errors.QueryCanceled | errors.LockNotAvailable):
        target.fail("live-statement-timeout", seconds=options.timeout)
    code = "live-privilege" if isinstance(error, errors.InsufficientPrivilege) else "live-failed"
    target.fail(code, reason=_last(str(error)))


def _last(text: str) -> str:
    """The last of the reasons of the addresses that were tried, without the address."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and "Is the server running" not in line]
    reasons = [line.rpartition("FATAL:")[2] if "FATAL:" in line else line for line in lines]
    return reasons[-1] if reasons else "?"
