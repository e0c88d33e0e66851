"""The catalog of an SQLite file: one query for all tables, one for each view, in a session that cannot write."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import quote

from sqlglot import exp

from .ddl_parse import NotUnderstood, parse
from .live_build import ColumnRow, Found, LinkRow, TableRow
from .live_target import chosen_schemas

if TYPE_CHECKING:
    from collections.abc import Generator

    from tutela.engine.tables import Schema

    from .live_target import LiveOptions, Target

_TABLES: Final = """
SELECT l.name, l.type, l.wr, m.sql FROM pragma_table_list AS l JOIN sqlite_schema AS m ON m.name = l.name
WHERE l.schema = 'main' AND l.type <> 'shadow' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name"""
_COLUMNS: Final = """
SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS c
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL %' ORDER BY m.name, c.cid"""
_OF_ONE: Final = 'SELECT ?1, name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid'
_LINKS: Final = """
SELECT m.name, f."from", f."table", f."to" FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f
WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL %'"""
_GENERATED: Final = frozenset({2, 3})
_HIDDEN: Final = 1
_QUERIES: Final = 3
_STEPS: Final = 10_000
"""SQLite looks at the clock after so many instructions."""


def read(target: Target, options: LiveOptions) -> Schema:
    """Read the schema; raises InputError."""
    found = Found(target, options, "sqlite", _QUERIES)
    found.schemas = chosen_schemas(target, ["main"], options.schemas)
    with closing(connect(target, options)) as connection:
        try:
            with _limited(connection, options.timeout):
                _read(connection, found)
        except sqlite3.Error as error:
            _failed(target, options, error)
    return found.build()


def connect(target: Target, options: LiveOptions) -> sqlite3.Connection:
    """Open the file so that nothing can be written to it."""
    check_file(target)
    address = f"file:{quote(str(Path(target.database).absolute()))}?mode=ro"
    try:
        connection = sqlite3.connect(address, uri=True, timeout=options.timeout)
    except sqlite3.Error as error:
        _failed(target, options, error)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def rows(connection: sqlite3.Connection, query: str, options: LiveOptions) -> list[tuple[Any, ...]]:
    """The rows of one query."""
    with _limited(connection, options.timeout):
        return connection.execute(query).fetchall()


@contextmanager
def guarded(connection: sqlite3.Connection, target: Target, options: LiveOptions) -> Generator[None]:
    """Queries inside have a limit of time; InputError when one does not succeed."""
    try:
        with _limited(connection, options.timeout):
            yield
    except sqlite3.Error as error:
        _failed(target, options, error)


@contextmanager
def _limited(connection: sqlite3.Connection, seconds: int) -> Generator[None]:
    """Queries inside run no longer than that: SQLite knows no limit of time, and so looks at the clock."""
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, _STEPS)


def _failed(target: Target, options: LiveOptions, error: sqlite3.Error) -> NoReturn:
    file, text = target.database, str(error)
    if "not a database" in text:
        target.fail("live-no-database-file", file=file, kind="SQLite")
    if "locked" in text:
        target.fail("live-locked", file=file)
    if text == "interrupted":
        target.fail("live-statement-timeout", seconds=options.timeout)
    if text.startswith("Could not decode"):  # it quotes the value
        text = "a text in it is not UTF-8"
    target.fail("live-failed", reason=text)


def check_file(target: Target) -> None:
    """Raise InputError when there is no such file, or the address has options."""
    path = Path(target.database)
    if target.options:
        target.fail("live-option", reason=f"`{min(target.options)}`; a file has none")
    if path.is_dir():
        target.fail("file-directory", file=target.database)
    if not path.is_file():
        target.fail("file-missing", file=target.database)


def _read(connection: sqlite3.Connection, found: Found) -> None:
    texts: dict[str, str] = {}
    singles: list[str] = []
    rowids: set[str] = set()
    for name, kind, without_rowid, sql in connection.execute(_TABLES):
        texts[name] = sql or ""
        view = kind == "view"
        found.tables.append(TableRow("", name, view, None, view_query(texts[name], "sqlite") if view else None))
        if kind != "table":
            singles.append(name)
        elif not without_rowid:
            rowids.add(name)
    found.step()
    rows = [row for row in connection.execute(_COLUMNS) if row[0] in texts]
    for name in singles:  # a view on a table that is gone, a module that is not there: the others can be read
        try:
            rows += connection.execute(_OF_ONE, (name,)).fetchall()
        except sqlite3.OperationalError:
            if connection.in_transaction:
                connection.rollback()
    found.step()
    _columns(found, rows, texts, rowids)
    _links(found, connection.execute(_LINKS).fetchall())
    found.step()


def _columns(found: Found, rows: list[tuple[Any, ...]], texts: dict[str, str], rowids: set[str]) -> None:
    parts: dict[str, int] = {}
    for table, *_, key, _ in rows:
        parts[table] = parts.get(table, 0) + bool(key)
    expressions: dict[str, dict[str, str]] = {}
    for table, name, kind, not_null, default, key, hidden in rows:
        if hidden == _HIDDEN:  # of a virtual table: an argument of its queries
            continue
        generated = None
        if hidden in _GENERATED:
            if table not in expressions:
                expressions[table] = _expressions(texts[table])
            generated = expressions[table].get(name.lower(), "?")
        identity = table in rowids and bool(key) and parts[table] == 1 and kind.upper() == "INTEGER"
        found.columns.append(ColumnRow("", table, name, kind, not not_null, default, None, identity, generated))
        if key:
            found.keys.add(("", table, name))


def _links(found: Found, rows: list[tuple[str, str, str, str | None]]) -> None:
    """The foreign keys; one that names no column leads to the primary key."""
    keys = {table.lower(): column for _, table, column in found.keys}
    for table, column, to_table, to_column in rows:
        found.links.append(LinkRow("", table, column, "", to_table, to_column or keys.get(to_table.lower(), "?")))


def _expressions(sql: str) -> dict[str, str]:
    """The expressions of generated columns by their name in small letters, from the table's own text."""
    try:
        tree = parse(sql, "sqlite")
    except NotUnderstood:
        return {}
    found: dict[str, str] = {}
    for column in tree.find_all(exp.ColumnDef):
        computed = column.find(exp.ComputedColumnConstraint, exp.GeneratedAsIdentityColumnConstraint)
        if computed is not None:
            inner = computed.this if isinstance(computed.this, exp.Expr) else computed.expression
            found[column.name.lower()] = inner.sql("sqlite") if isinstance(inner, exp.Expr) else "?"
    return found


def view_query(sql: str, dialect: str) -> str:
    """The query of a view from its CREATE statement; the statement itself when it cannot be parsed."""
    try:
        tree = parse(sql, dialect)
    except NotUnderstood:
        return sql
    return tree.expression.sql(dialect) if isinstance(tree.expression, exp.Query) else sql
