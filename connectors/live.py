"""A live database as a `Schema`: PostgreSQL, MySQL and MariaDB, SQLite, DuckDB, and what SQLAlchemy reaches.

Only the catalog is read, never a row, in a read-only session; each reader needs a handful of queries.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .live_target import LiveOptions, parse_target

if TYPE_CHECKING:
    from tutela.engine.tables import Schema

    from .live_target import Target

_READERS: Final = {
    "postgresql": ("live_postgres", "psycopg"),
    "mysql": ("live_mysql", "pymysql"),
    "sqlite": ("live_sqlite", "sqlite3"),
    "duckdb": ("live_duckdb", "duckdb"),
}
"""The module that reads a kind of database, and the driver that it needs."""

_HEADERS: Final = (("sqlite", 0, b"SQLite format 3\0"), ("duckdb", 8, b"DUCK"))


def address_of(name: str | Path) -> str | None:
    """The address of a source that is a live database, by its form or its first bytes; None for any other."""
    text = str(name)
    if "://" in text:
        return text
    try:
        if not Path(text).is_file():  # a pipe must be left whole
            return None
        with Path(text).open("rb") as stream:
            start = stream.read(16)
    except (OSError, ValueError):  # the reader of files says what is wrong
        return None
    kind = next((kind for kind, at, mark in _HEADERS if start[at : at + len(mark)] == mark), None)
    return f"{kind}:///{_quoted(text)}" if kind else None


def _quoted(path: str) -> str:
    from urllib.parse import quote

    return quote(path)


def read_live(address: str, options: LiveOptions | None = None) -> Schema:
    """Read the schema of a database; raises InputError, in which no password appears."""
    options = options or LiveOptions()
    target = parse_target(address)
    schema: Schema = reader_of(target).module.read(target, options)
    return schema


class Reader(NamedTuple):
    """What reads a kind of database."""

    module: Any
    """Ours: `read` gives the schema; `connect` opens a read-only session, in which `rows` runs one query."""
    driver: Any
    """The module of its driver, whose `Error` is the base of what it raises."""


def reader_of(target: Target) -> Reader:
    """The reader of a database; raises InputError when its driver is not installed."""
    inspector = ("live_inspector", "sqlalchemy")
    module, driver = inspector if target.driver else _READERS.get(target.kind, inspector)
    try:
        found = import_module(driver)
    except ImportError:
        target.fail("live-driver", driver=driver, install="'PATH_OF_TUTELA[db]'")
    return Reader(import_module(f"tutela.connectors.{module}"), found)


def known_kinds() -> tuple[str, ...]:
    """The kinds of databases that have a reader of their own."""
    return tuple(_READERS)


__all__ = ["LiveOptions", "Reader", "address_of", "known_kinds", "read_live", "reader_of"]
