# the statements are made here, and nobody else's words are in them
"""How a rewriting is tried on a database, whichever it is: random queries, and the list of ways round it."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from rewrite_queries import Cell, Columns, Queries, columns
from rewriting import TABLES, ask, rewriter, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.engine.rewrite import Rewriter
    from tutela.engine.tables import Table

VIEWS: Final[dict[str, tuple[str, Columns]]] = {
    "phone": (
        "SELECT mobile, full_name, id FROM customer WHERE born IS NOT NULL",
        (("tel", "text"), ("who", "text"), ("cid", "int")),
    ),
    "spent": ("SELECT * FROM orders WHERE amount > 5", columns("orders")),
    "contact": ("SELECT mobile, full_name FROM customer WHERE id > 0", (("phone", "text"), ("who", "text"))),
}
BYPASSES: Final[list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "cases" / "rewrite_bypasses.yaml").read_text(encoding="utf-8")
)
CANARY: Final = "CANARY"


def fill(run: Callable[..., Any], schema: str, rows: dict[str, list[tuple[Cell, ...]]], mark: str) -> None:
    """Make the tables and views of the shop in a schema."""
    run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for name, types in TABLES.items():
        run(f"CREATE TABLE {schema}.{name} ({', '.join(f'{column} {of}' for column, of in types.items())})")
        for row in rows[name]:
            run(f"INSERT INTO {schema}.{name} VALUES ({', '.join([mark] * len(row))})", row)
    for name, (query, names) in VIEWS.items():
        text = query.replace("FROM ", f"FROM {schema}.")
        run(f"CREATE VIEW {schema}.{name} ({', '.join(column for column, _ in names)}) AS {text}")


def views() -> list[Table]:
    """The views of the shop, and one that keeps rows of its own."""
    made = [table(name, {column: "" for column, _ in names}, sql=query) for name, (query, names) in VIEWS.items()]
    return [*made, replace(table("stored", {"tel": ""}, sql="SELECT mobile FROM customer"), materialized=True)]


def compared(
    answer: Callable[[str, str], list[Any] | str], dialect: str, schema: str, queries: int, seed: int
) -> tuple[int, int]:
    """(compared, rows) of random queries; fails where the answers differ, or where a query is refused.

    `answer` runs a statement in a schema, `seen` or the one that holds everything; an error is its text.
    """
    rng = random.Random(seed)  # noqa: S311 # a reproducible test
    rewriting = rewriter(dialect, *views())
    known = {name: names for name, (_, names) in VIEWS.items()}
    count = rows = 0
    for _ in range(queries):
        sql = Queries(rng, views=known).statement()
        made = rewriting.rewrite(sql, ask())
        expected = answer("seen", sql)
        if isinstance(expected, str):
            continue  # not every random text is a query
        assert made.allowed, (sql, made.problem, made.decisions)
        assert answer(schema, made.sql) == expected, (sql, made.sql)
        count += 1
        rows += len(expected)
    return count, rows


def attempts(dialect: str) -> list[dict[str, Any]]:
    """The ways round that a dialect has."""
    return [case for case in BYPASSES if dialect in case.get("dialects", [dialect])]


def tried(rewriting: Rewriter, case: dict[str, Any]) -> str:
    """The statement that comes out of an attempt, empty where it is refused; fails where that is not as expected."""
    made = rewriting.rewrite(case["sql"], ask("7"))
    expect = case["expect"]
    code = made.problem.code if made.problem else ""
    assert made.allowed == (expect == "masked"), (case, code, made.sql)
    assert code != "rewrite-incomplete", (case, code)
    assert expect in ("masked", "refused", code), (case, code)
    return made.sql


def kept(
    answer: Callable[[str, str], list[Any] | str], rewriting: Rewriter, dialect: str, *, read_alike: bool = True
) -> int:
    """How many attempts run; fails where one shows what must not be seen, or answers otherwise than it should.

    `read_alike`: the database reads the original text as it is meant, so that its answer says what is right.
    """
    schema = "main" if dialect == "duckdb" else "public"
    count = 0
    for case in attempts(dialect):
        sql = tried(rewriting, case)
        if not sql:
            continue
        found = answer(schema, sql)
        assert CANARY not in repr(found), (case, sql, found)
        count += isinstance(found, list)
        if read_alike and f"{schema}." not in case["sql"]:  # with that name, the original would read all rows
            expected = answer("seen", case["sql"])
            assert isinstance(expected, str) or found == expected, (case, sql, found, expected)
    return count
