"""The catalog of a DuckDB file: three queries, opened read-only and cut off from other files."""

from __future__ import annotations

from contextlib import closing, contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Any, Final, NoReturn

from .live_build import ColumnRow, Found, LinkRow, TableRow
from .live_sqlite import check_file, view_query
from .live_target import chosen_schemas
from .struct_types import struct_fields

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import duckdb

    from tutela.engine.tables import Schema

    from .live_target import LiveOptions, Target

_TABLES: Final = """
SELECT schema_name, table_name, false, comment, NULL FROM duckdb_tables()
WHERE database_name = current_database() AND NOT internal AND NOT temporary
UNION ALL
SELECT schema_name, view_name, true, comment, sql FROM duckdb_views()
WHERE database_name = current_database() AND NOT internal AND NOT temporary ORDER BY 1, 2"""
_COLUMNS: Final = """
SELECT schema_name, table_name, column_name, data_type, is_nullable, column_default, comment, generation_expression
FROM duckdb_columns() WHERE database_name = current_database() AND NOT internal
ORDER BY schema_name, table_name, column_index"""
_KEYS: Final = """
SELECT constraint_type, schema_name, table_name, constraint_column_names, referenced_table, referenced_column_names
FROM duckdb_constraints()
WHERE database_name = current_database() AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')"""
_QUERIES: Final = 3
_DEEP: Final = 5
"""How deep types are followed."""
_CLOSED: Final = {
    "enable_external_access": "false",  # a view must not open files or addresses
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}


def read(target: Target, options: LiveOptions) -> Schema:
    """Read the schema; raises InputError."""
    import duckdb

    found = Found(target, options, "duckdb", _QUERIES)
    with closing(connect(target, options)) as connection:
        try:
            with _limited(connection, options.timeout):
                _read(connection, found)
        except duckdb.Error as error:
            _failed(target, options, error)
    return found.build()


def connect(target: Target, options: LiveOptions) -> duckdb.DuckDBPyConnection:
    """Open the file for reading; its views cannot reach outside of it."""
    import duckdb

    check_file(target)
    try:
        return duckdb.connect(target.database, read_only=True, config=dict(_CLOSED))
    except duckdb.Error as error:
        _failed(target, options, error)


def _failed(target: Target, options: LiveOptions, error: duckdb.Error) -> NoReturn:
    import duckdb

    file, text = target.database, str(error)
    if "lock" in text and isinstance(error, duckdb.IOException):
        target.fail("live-locked", file=file)
    if "not a valid DuckDB" in text:
        target.fail("live-no-database-file", file=file, kind="DuckDB")
    if isinstance(error, duckdb.InterruptException):
        target.fail("live-statement-timeout", seconds=options.timeout)
    target.fail("live-failed", reason=text)


def rows(connection: duckdb.DuckDBPyConnection, query: str, options: LiveOptions) -> list[Any]:
    """The rows of one query."""
    with _limited(connection, options.timeout):
        return connection.execute(query).fetchall()


@contextmanager
def _limited(connection: duckdb.DuckDBPyConnection, seconds: int) -> Generator[None]:
    """Queries inside run no longer than that: DuckDB knows no limit of time, and so another thread interrupts it."""
    timer = Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read(connection: duckdb.DuckDBPyConnection, found: Found) -> None:
    tables = [TableRow(*row) for row in _ask(connection, found, _TABLES)]
    found.schemas = chosen_schemas(found.target, {row.schema for row in tables}, found.options.schemas)
    chosen = set(found.schemas)
    for row in tables:
        if row.schema in chosen:
            found.tables.append(row._replace(sql=view_query(row.sql, "duckdb") if row.sql else None))
    for schema, table, name, kind, nullable, default, comment, generated in _ask(connection, found, _COLUMNS):
        identity = (default or "").startswith("nextval(")
        found.columns.append(ColumnRow(schema, table, name, kind, nullable, default, comment, identity, generated))
        found.columns += _nested(ColumnRow(schema, table, name, kind, inside=name), 0)
    for kind, schema, table, columns, to_table, to_columns in _ask(connection, found, _KEYS):
        if kind == "PRIMARY KEY":
            found.keys.update((schema, table, column) for column in columns)
        else:  # a foreign key of DuckDB stays in its schema
            pairs = zip(columns, to_columns, strict=True)
            found.links += [LinkRow(schema, table, column, schema, to_table, to) for column, to in pairs]


def _nested(top: ColumnRow, depth: int) -> Iterator[ColumnRow]:
    """The fields of a column of a STRUCT, as columns of their own: `address.phone`."""
    for name, kind in struct_fields(top.data_type or "") if depth < _DEEP else ():
        row = top._replace(name=f"{top.name}.{name}", data_type=kind)
        yield row
        yield from _nested(row, depth + 1)


def _ask(connection: duckdb.DuckDBPyConnection, found: Found, query: str) -> list[Any]:
    rows = connection.execute(query).fetchall()
    found.step()
    return rows
