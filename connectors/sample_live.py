"""Samples from a live database, in the same read-only and limited session in which its catalog is read."""

from __future__ import annotations

from contextlib import closing, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

from tutela.engine.errors import InputError, Location, Problem

from .live import address_of
from .live_target import parse_target
from .sampler import DatabaseSampler

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from .live_target import LiveOptions, Target

_DRIVERS: Final = {"postgresql": "psycopg", "mysql": "pymysql", "sqlite": "sqlite3", "duckdb": "duckdb"}
_NAMES: Final = {"postgresql": "postgres"}
"""What our module and sqlglot call a kind, where that is another word."""


@contextmanager
def live_sampler(source: str | Path, options: LiveOptions) -> Generator[DatabaseSampler]:
    """A sampler of the database that a source names; InputError for everything that is none, or cannot be sampled."""
    address = address_of(source)
    if address is None:
        _refuse("sample-source", str(source))
    target = parse_target(address)
    if target.kind not in _DRIVERS or target.driver:
        target.fail("sample-kind", known=", ".join(_DRIVERS))
    driver: Any = import_module(_DRIVERS[target.kind])
    with closing(_connect(target, options)) as connection:

        def execute(query: str) -> Sequence[Sequence[object]]:
            cursor = connection.cursor()
            try:
                cursor.execute(query)
                rows: Sequence[Sequence[object]] = cursor.fetchall()
            except driver.Error as error:  # its words may quote a value
                target.fail("sample-failed", what=type(error).__name__)
            finally:
                cursor.close()
            return rows

        yield DatabaseSampler(execute, _NAMES.get(target.kind, target.kind))


def _connect(target: Target, options: LiveOptions) -> Any:  # noqa: ANN401 (the connections have a protocol, and no type)
    reader: Any = import_module(f"tutela.connectors.live_{_NAMES.get(target.kind, target.kind)}")
    return reader.connect(target) if target.kind == "duckdb" else reader.connect(target, options)


def _refuse(code: str, file: str) -> NoReturn:
    raise InputError([Problem(code=code, location=Location(file), args={})])
