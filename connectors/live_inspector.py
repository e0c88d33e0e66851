"""The schema of any other database through SQLAlchemy's inspector, which reads all tables of a schema at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .live_build import ColumnRow, Found, LinkRow, TableRow
from .live_target import chosen_schemas, find_password

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Engine
    from sqlalchemy.engine import Inspector

    from tutela.engine.tables import Schema

    from .live_target import LiveOptions, Target

_SYSTEM_NAMES: Final = """
sys information_schema guest db_owner db_accessadmin db_securityadmin db_ddladmin db_backupoperator db_datareader
db_datawriter db_denydatareader db_denydatawriter
system outln xdb wmsys ctxsys mdsys mddata ordsys ordplugins orddata si_informtn_schema olapsys dbsnmp appqossys
gsmadmin_internal gsmcatuser gsmuser audsys lbacsys dvsys dvf ojvmsys dip remote_scheduler_agent sysbackup sysdg syskm
sysrac sys$umf dbsfwuser ggsys anonymous xs$null oracle_ocm pdbadmin dgpdb_int vecsys baassys
pg_catalog pg_toast mysql performance_schema
"""
"""Schemas of SQL Server and its fixed roles, Oracle's own accounts, the catalogs of others."""

_SYSTEM: Final = frozenset(_SYSTEM_NAMES.split())
_DIALECTS: Final = {"mssql": "tsql", "postgresql": "postgres"}
_PACKAGES: Final = {"MySQLdb": "mysqlclient", "psycopg2": "psycopg2-binary"}
_LIMITS: Final = {
    "psycopg": "connect_timeout",
    "pymysql": "connect_timeout",
    "pymssql": "login_timeout",
    "pyodbc": "timeout",
    "oracledb": "tcp_connect_timeout",
}
"""What the drivers call the limit for connecting."""


def read(target: Target, options: LiveOptions) -> Schema:
    """Read the schema; raises InputError."""
    from sqlalchemy import inspect
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    engine = _engine(target, options)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "oracle":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            inspector = inspect(connection)
            names = [name for name in inspector.get_schema_names() if name.lower() not in _SYSTEM]
            schemas = chosen_schemas(target, names, options.schemas)
            dialect = _DIALECTS.get(engine.dialect.name, engine.dialect.name)
            found = Found(target, options, dialect, max(1, len(schemas)))
            found.schemas = schemas
            for schema in schemas:
                _read(inspector, schema, found, engine.dialect)
                found.step()
    except DBAPIError as error:  # its own text quotes statement and address
        target.fail("live-unreachable" if error.connection_invalidated else "live-failed", reason=str(error.orig))
    except (SQLAlchemyError, TypeError, ValueError) as error:  # an option that the driver does not know
        target.fail("live-option", reason=str(error))
    finally:
        engine.dispose()
    return found.build()


def _engine(target: Target, options: LiveOptions) -> Engine:
    from sqlalchemy import URL, create_engine
    from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
    from sqlalchemy.pool import NullPool

    from .live import known_kinds

    url = URL.create(
        f"{target.kind}+{target.driver}" if target.driver else target.kind,
        username=target.user or None,
        password=find_password(target, options),
        host=target.host or None,
        port=target.port,
        database=target.database or None,
        query=dict(target.options),
    )
    try:
        dialect = url.get_dialect()
        limit = _LIMITS.get(dialect.driver)
        arguments = {limit: options.timeout} if limit else {}
        return create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    except NoSuchModuleError:
        shown = f"{target.kind}+{target.driver}" if target.driver else target.kind
        target.fail("live-kind", kind=shown, known=", ".join(known_kinds()))
    except ImportError as error:
        driver = error.name or "?"
        target.fail("live-driver", driver=driver, install=_PACKAGES.get(driver, driver))
    except (SQLAlchemyError, TypeError, ValueError) as error:
        target.fail("live-option", reason=str(error))


def _read(inspector: Inspector, schema: str, found: Found, dialect: Dialect) -> None:
    from sqlalchemy.engine.reflection import ObjectKind, ObjectScope

    kind: dict[str, Any] = {"schema": schema, "kind": ObjectKind.ANY, "scope": ObjectScope.DEFAULT}
    kept = set(_materialized(inspector, schema))
    views = set(inspector.get_view_names(schema)) | kept
    comments = _comments(inspector, kind)
    for (_, table), columns in inspector.get_multi_columns(**kind).items():
        view = table in views
        sql = inspector.get_view_definition(table, schema) if view else None
        found.tables.append(TableRow(schema, table, view, comments.get(table), sql, table in kept))
        found.columns += [_column(schema, table, column, dialect) for column in columns]
    for (_, table), key in inspector.get_multi_pk_constraint(**kind).items():
        found.keys.update((schema, table, column) for column in (key or {}).get("constrained_columns", ()))
    for (_, table), links in inspector.get_multi_foreign_keys(**kind).items():
        for link in links:
            to = (link["referred_schema"] or schema, link["referred_table"])
            pairs = zip(link["constrained_columns"], link["referred_columns"], strict=True)
            found.links += [LinkRow(schema, table, column, *to, to_column) for column, to_column in pairs]


def _materialized(inspector: Inspector, schema: str) -> list[str]:
    try:
        return inspector.get_materialized_view_names(schema)
    except NotImplementedError:
        return []


def _comments(inspector: Inspector, kind: dict[str, Any]) -> dict[str, str | None]:
    try:
        return {table: entry["text"] for (_, table), entry in inspector.get_multi_table_comment(**kind).items()}
    except NotImplementedError:
        return {}


def _column(schema: str, table: str, column: Any, dialect: Dialect) -> ColumnRow:  # noqa: ANN401 (ReflectedColumn)
    computed, default = column.get("computed"), column.get("default")
    identity = bool(column.get("identity")) or column.get("autoincrement") is True
    return ColumnRow(
        schema,
        table,
        column["name"],
        _type(column["type"], dialect),
        column["nullable"],
        None if default is None else str(default),
        column.get("comment"),
        identity or str(default or "").startswith("nextval("),
        computed["sqltext"] if computed else None,
    )


def _type(kind: Any, dialect: Dialect) -> str:  # noqa: ANN401 (TypeEngine of anything)
    from sqlalchemy.exc import CompileError

    try:
        return str(kind.compile(dialect))
    except CompileError:  # a type that SQLAlchemy does not know
        return str(kind)
