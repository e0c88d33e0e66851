"""Samples from a live database, in the same read-only and limited session in which its catalog is read."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

from tutela.engine.errors import InputError, Location, Problem

from .live import address_of, known_kinds, reader_of
from .live_target import parse_target
from .sampler import DatabaseSampler

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from .live_target import LiveOptions

_DIALECTS: Final = {"postgresql": "postgres"}
"""What sqlglot calls a kind, where that is another word."""


@contextmanager
def live_sampler(source: str | Path, options: LiveOptions) -> Generator[DatabaseSampler]:
    """A sampler of the database that a source names; InputError for everything that is none, or cannot be sampled."""
    address = address_of(source)
    if address is None:
        _refuse("sample-source", str(source))
    target = parse_target(address)
    if target.kind not in known_kinds() or target.driver:
        target.fail("sample-kind", known=", ".join(known_kinds()))
    reader = reader_of(target)
    with closing(reader.module.connect(target, options)) as connection:

        def execute(query: str) -> Sequence[Sequence[object]]:
            try:
                rows: Sequence[Sequence[object]] = reader.module.rows(connection, query, options)
            except reader.driver.Error as error:  # its words may quote a value
                target.fail("sample-failed", what=type(error).__name__)
            return rows

        yield DatabaseSampler(execute, _DIALECTS.get(target.kind, target.kind))


def _refuse(code: str, file: str) -> NoReturn:
    raise InputError([Problem(code=code, location=Location(file), args={})])
