"""Rewritten queries on all rows answer what the original ones answer on the masked and filtered rows: in DuckDB."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

sys.path.insert(0, str(Path(__file__).parent))
from rewrite_bench import compared, fill, kept, views
from rewrite_queries import seen, shop, traps
from rewriting import rewriter

if TYPE_CHECKING:
    from collections.abc import Callable

QUERIES = 270


def database(rows: dict[str, list[Any]], employee: str) -> Callable[[str, str], list[Any] | str]:
    """What answers statements in one of two schemas: `main` with all rows, `seen` with those that may be seen."""
    db = duckdb.connect()
    fill(db.execute, "main", rows, "?")
    fill(db.execute, "seen", seen(rows, employee), "?")

    def answer(schema: str, sql: str) -> list[Any] | str:
        db.execute(f"SET schema = '{schema}'")
        try:
            return sorted(db.execute(sql).fetchall(), key=repr)
        except duckdb.Error as error:
            return f"{type(error).__name__} {error}"

    return answer


def test_random_queries() -> None:
    """Hundreds of random queries: the answer is that on the rows that may be seen, exactly."""
    answer = database(shop(random.Random(5)), "E1")  # noqa: S311 # a reproducible test

    count, rows = compared(answer, "duckdb", "main", QUERIES, 20261129)

    assert count >= 250
    assert rows > count


def test_ways_round() -> None:
    """No attempt shows a value that is masked or a row that is hidden, in its answer or in an error."""
    count = kept(database(traps(), "7"), rewriter("duckdb", *views()), "duckdb")

    assert count > 60
