"""Rewritten queries in a real PostgreSQL: exact answers, and nothing that should stay hidden in answers or errors."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
from psycopg.types.string import TextLoader
from sqlglot import exp

from tutela.engine.masks import Mask, type_of

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from rewrite_bench import compared, fill, kept, views
from rewrite_queries import seen, shop, traps
from rewriting import rewriter

if TYPE_CHECKING:
    from collections.abc import Callable

QUERIES = 270
RECORDS = 2287
"""The type of an array of rows, which has no name for psycopg."""


def database(
    address: str, rows: dict[str, list[Any]], employee: str, *settings: str
) -> Callable[[str, str], list[Any] | str]:
    """What answers statements in one of two schemas: `public` with all rows, `seen` with those that may be seen."""
    db = psycopg.connect(address, autocommit=True)
    for rows_of_subqueries in ("record", RECORDS):  # told as those of tables are
        db.adapters.register_loader(rows_of_subqueries, TextLoader)

    def run(sql: str, values: Any = None) -> None:  # noqa: ANN401 (a row)
        db.execute(sql.encode(), values)

    fill(run, "public", rows, "%s")
    fill(run, "seen", seen(rows, employee), "%s")
    for setting in settings:
        run(setting)

    def answer(schema: str, sql: str) -> list[Any] | str:
        run(f"SET search_path = {schema}")
        try:
            return sorted(db.execute(sql.encode()).fetchall(), key=repr)
        except psycopg.Error as error:
            return f"{type(error).__name__} {error} {error.diag.message_detail} {error.diag.context}"

    return answer


def test_random_queries(postgres: Callable[[str, str], str]) -> None:
    """Hundreds of random queries: the answer is that on the rows that may be seen, exactly."""
    answer = database(postgres("rewrite", ""), shop(random.Random(5)), "E1")  # noqa: S311 # a reproducible test

    count, rows = compared(answer, "postgres", "public", QUERIES, 20261130)

    assert count >= 250
    assert rows > count


def test_ways_round(postgres: Callable[[str, str], str]) -> None:
    """No attempt shows a value that is masked or a row that is hidden, in its answer or in an error."""
    answer = database(postgres("bypass", ""), traps(), "7")

    assert kept(answer, rewriter("postgres", *views()), "postgres") > 60


def test_ways_round_where_backslashes_escape(postgres: Callable[[str, str], str]) -> None:
    """A session that reads texts in the old way changes nothing: no text with a backslash is written as one."""
    answer = database(postgres("escapes", ""), traps(), "7", "SET standard_conforming_strings = off")

    assert kept(answer, rewriter("postgres", *views()), "postgres", read_alike=False) > 60


def test_a_day_without_its_year(postgres: Callable[[str, str], str]) -> None:
    """Month and day stay, whatever the year, in PostgreSQL as in DuckDB; what is no day gives NULL."""
    days = ["1988-02-29", "2001-12-03", "0004-01-31", "infinity", None]
    shown: dict[str, list[Any]] = {}
    for dialect in ("postgres", "duckdb"):
        made = Mask("month_day").sql(exp.column("x"), type_of("DATE", dialect), dialect).sql(dialect)
        rows = ", ".join(f"({number}, {f'DATE {day!r}' if day else 'NULL'})" for number, day in enumerate(days))
        query = f"SELECT {made} FROM (VALUES {rows}) AS t (n, x) ORDER BY n"
        if dialect == "duckdb":
            shown[dialect] = duckdb.connect().execute(query).fetchall()
        else:
            with psycopg.connect(postgres("yearless", "")) as db:
                shown[dialect] = db.execute(query.encode()).fetchall()

    assert [("02-29",), ("12-03",), ("01-31",), (None,), (None,)] == shown["postgres"] == shown["duckdb"]
