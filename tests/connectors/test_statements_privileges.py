# the statements are made here, and nobody else's words are in them
"""The columns that a SELECT touches are those that PostgreSQL checks.

A role with exactly them can run the statement; with one less it cannot. For views the owner is asked, for all
columns of the query at once: so the columns of views are checked as if views were tables,
and each column's own query by itself.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from tutela.engine.statements import Analyser, ColumnRef, TableRef, Touched
from tutela.engine.tables import Schema

from .postgres import new_server, pgaudit_servers
from .privileges import Oracle
from .select_queries import Queries, add_views
from .select_worlds import SCHEMAS, Relation, World, quoted, tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

QUERIES = Path(__file__).parents[2].parent / "shared" / "corpus" / "queries" / "queries.jsonl.gz"
SEED = 20261129
WORLDS = 6
STATEMENTS = 160
"""Valid statements a world."""


@dataclass
class Tally:
    """What came out."""

    counts: Counter[str] = field(default_factory=Counter[str])
    wrong: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])


@pytest.fixture(scope="module")
def server() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A session of somebody who may do everything."""
    for servers in pgaudit_servers(pgaudit=False):
        started = new_server(servers, shared_preload_libraries="''", logging_collector="off", pgaudit__log="'none'")
        with started.connect() as connection:
            yield connection


@pytest.fixture(scope="module")
def oracle(server: psycopg.Connection[tuple[object, ...]]) -> Oracle:
    """The role without privileges, and the functions that lend them."""
    return Oracle(server)


def columns(touched: Touched, world: World) -> list[ColumnRef]:
    """The columns read, `*` written out."""
    found = set[ColumnRef]()
    for ref in touched.reads:
        if "*" == ref.column:
            found |= {ref._replace(column=name) for name in world.find(ref.schema, ref.table).columns}
        else:
            found.add(ref)
    return sorted(found)


def ends(touched: Touched, world: World) -> list[list[ColumnRef]]:
    """For the tables of which no column is read: the first column of each, and the last.

    PostgreSQL wants the privilege for some column then, whichever; both must do.
    """
    named = {(ref.schema, ref.table) for ref in touched.reads}
    bare = [ref for ref in touched.tables if tuple(ref) not in named]
    return [[ColumnRef(*ref, world.find(*ref).columns[at]) for ref in sorted(bare)] for at in (0, -1)]


def check(oracle: Oracle, sql: str, touched: Touched, world: World, tally: Tally) -> None:
    """Grant what the analysis says, run, and take the columns away one by one."""
    exact = columns(touched, world)
    first, last = ends(touched, world)
    answer, spare = oracle.probe(sql, [*exact, *first])
    tally.counts["resolved" if touched.resolved else f"unresolved {touched.reason}"] += 1
    tally.counts["columns"] += len(exact)
    if answer == "ran" and first:
        answer, _ = oracle.probe(sql, [*exact, *last])
    if answer != "ran":
        tally.wrong.append(("missed", sql, answer, str(exact)))
    elif touched.resolved and spare:
        # The planner drops what it need not compute, with the subqueries in it: named, but never read.
        unnamed = (set(spare) & set(exact)) - oracle.named(sql)
        tally.counts["with a part that the planner drops"] += not unnamed
        if unnamed:
            tally.wrong.append(("too much", sql, str(sorted(unnamed))))


def make(connection: psycopg.Connection[tuple[object, ...]], rng: random.Random) -> World:
    """A world, on the server too."""
    world = tables(rng)
    for name in SCHEMAS:
        connection.execute(f"DROP SCHEMA IF EXISTS {quoted(name)} CASCADE; CREATE SCHEMA {quoted(name)}".encode())
        connection.execute(f"GRANT USAGE ON SCHEMA {quoted(name)} TO reader".encode())
    for statement in world.script():
        connection.execute(statement.encode())
    wanted = list(world.relations)
    while len(wanted) < 11:
        add_views(rng, world, 1)
        view = World(world.path, [world.relations[-1]])
        try:
            connection.execute(view.script()[0].encode())
        except connection.Error:
            world.relations.pop()
        else:
            wanted.append(world.relations[-1])
    path = ", ".join(quoted(name) for name in world.path)
    connection.execute(f"SET search_path = {path}".encode())
    connection.execute("GRANT USAGE ON SCHEMA public TO reader")
    return world


def statements(oracle: Oracle, rng: random.Random, world: World, count: int) -> Iterator[str]:
    """Generated statements that the server accepts."""
    queries = Queries(rng, world)
    while count:
        sql = queries.statement()
        if oracle.valid(sql):
            count -= 1
            yield sql


def behind(world: World, flat: Analyser, refs: list[ColumnRef], bare: frozenset[TableRef]) -> set[ColumnRef] | None:
    """The base columns behind columns of tables and views, view by view, each column by its own query."""
    found = set[ColumnRef]()
    waiting: list[tuple[Relation, str | None]] = [(world.find(ref.schema, ref.table), ref.column) for ref in refs]
    waiting += [(world.find(*ref), None) for ref in bare if tuple(ref) not in {ref[:2] for ref in refs}]
    for relation, column in waiting:
        if not relation.body:
            found |= {ColumnRef(relation.schema, relation.name, column)} if column else set()
            continue
        touched = flat.analyse(relation.part(column))
        inner = behind(world, flat, columns(touched, world), touched.tables) if touched.resolved else None
        if inner is None:
            return None
        found |= inner
    return found


def test_generated_statements_touch_what_the_server_checks(
    server: psycopg.Connection[tuple[object, ...]], oracle: Oracle
) -> None:
    """A thousand SELECTs: what is said to be read suffices, and of what is said to be exact nothing is too much."""
    rng = random.Random(SEED)  # noqa: S311 # a reproducible test
    tally = Tally()
    through = 0
    for _ in range(WORLDS):
        world = make(server, rng)
        flat = Analyser(world.schema(views=False), "postgres", search_path=world.path)
        whole = Analyser(world.schema(views=True), "postgres", search_path=world.path)
        # The owner of a view is asked for what its query reads: the queries of views are statements of their own.
        for relation in world.relations:
            for part in {relation.body, *relation.parts} - {""}:
                check(oracle, part, flat.analyse(part), world, tally)
        for sql in statements(oracle, rng, world, STATEMENTS):
            touched = flat.analyse(sql)
            check(oracle, sql, touched, world, tally)
            lineage = whole.analyse(sql)
            wanted = behind(world, flat, columns(touched, world), touched.tables) if touched.resolved else None
            if wanted is not None and lineage.resolved:
                through += 1
                got = set(columns(lineage, world))
                if wanted != got:
                    tally.wrong.append(("through views", sql, f"missed {wanted - got}", f"too much {got - wanted}"))

    assert not tally.wrong, tally.wrong[:3]
    assert sum(count for reason, count in tally.counts.items() if "resolved" in reason) >= 1000
    assert tally.counts["resolved"] > 800, tally.counts
    assert through > 600
    assert tally.counts["with a part that the planner drops"] < 100


def test_explain_checks_what_execution_checks(server: psycopg.Connection[tuple[object, ...]], oracle: Oracle) -> None:
    """The privileges are checked when the executor starts: EXPLAIN and running give the same answers."""
    rng = random.Random(SEED + 1)  # noqa: S311 # a reproducible test
    world = make(server, rng)
    flat = Analyser(world.schema(views=False), "postgres", search_path=world.path)
    for sql in statements(oracle, rng, world, 40):
        found = [*columns(flat.analyse(sql), world), *ends(flat.analyse(sql), world)[0]]
        assert oracle.probe(sql, found) == oracle.probe(sql, found, explain=False), sql


SOURCES = ("sqlglot/tpc-h", "sqlglot/tpc-ds", "join-order-benchmark")
"""Benchmarks whose columns tell their table (`ss_item_sk`), or are qualified throughout."""
NUMBERS = re.compile(
    r"(^|_)(id|sk|year|qty|quantity|price|cost|tax|discount|amt|profit|paid|fee|loss|size|number|count|bound|offset|hour|minute"
    r"|moy|qoy|dom|dow|seq|cash|charge|credit|acctbal|availqty|supplycost|totalprice|extendedprice|retailprice|percentage"
    r"|balance|employees|sqft|feet|hand|time|nr)$|(key|priority|linenumber)$|_sk_|amount|^[a-z]+_(week|month|birth_month|fy)|_(net|ext)_"
)
KEYS = re.compile(
    r"^[a-z]+_((?!manufact|manager|market|brand|class|category).*_)?id$|suite_number|street_number|orderpriority"
)
"""Among the names that end like numbers: those of TPC that hold texts."""


def benchmark_schema(rows: list[dict[str, str]]) -> Schema:
    """Tables of a benchmark with the columns that its own statements use."""
    tables: dict[str, set[str]] = {}
    prefixes: dict[str, set[str]] = {}
    for row in rows:
        tree = sqlglot.parse_one(row["sql"], dialect=row["dialect"])
        for scope in traverse_scope(tree):
            own = {name: source.name.lower() for name, source in scope.sources.items() if isinstance(source, exp.Table)}
            for name in own.values():
                tables.setdefault(name, set())
            for column in scope.columns:
                name, owner = column.name.lower(), own.get(column.table, "")
                if owner:
                    tables[owner].add(name)
                elif not column.table:
                    prefixes.setdefault(name.partition("_")[0], set()).add(name)
    for prefix, names in prefixes.items():
        for table in tables:
            if prefix == PREFIXES.get(table, "".join(word[0] for word in table.split("_"))):
                tables[table] |= {name for name in names if "_" in name}
    return Schema(
        dialect="postgres",
        tables=tuple(
            Relation("public", name, tuple(sorted(columns))).table(as_view=False)
            for name, columns in sorted(tables.items())
        ),
    )


PREFIXES = {
    "customer": "c", "date_dim": "d", "time_dim": "t", "inventory": "inv", "warehouse": "w", "item": "i", "store": "s",
    "partsupp": "ps", "lineitem": "l", "web_site": "web", "promotion": "p", "reason": "r", "ship_mode": "sm",
    "catalog_page": "cp",
}  # fmt: skip


def test_statements_of_benchmarks_touch_what_the_server_checks(
    server: psycopg.Connection[tuple[object, ...]], oracle: Oracle
) -> None:
    """TPC-H, TPC-DS and the join-order benchmark, on tables made of the columns that they name."""
    if not QUERIES.exists():
        pytest.skip(f"no {QUERIES}")
    with gzip.open(QUERIES, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["source"] in SOURCES]
    tally = Tally()
    for source in SOURCES:
        own = [row for row in rows if source == row["source"]]
        schema = benchmark_schema(own)
        world = World(
            ("public",), [Relation("public", t.name, tuple(c.name for c in t.columns)) for t in schema.tables]
        )
        server.execute("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public; SET search_path = public")
        server.execute("GRANT USAGE ON SCHEMA public TO reader")
        for relation in world.relations:
            cells = ", ".join(f"{quoted(name)} {_type(name, source)}" for name in relation.columns)
            server.execute(f"CREATE TABLE {relation.path} ({cells})".encode())
        analyser = Analyser(schema, "postgres")
        for row in own:
            sql = row["sql"].rstrip().rstrip(";")
            if oracle.valid(sql):
                check(oracle, sql, analyser.analyse(sql), world, tally)
            else:
                tally.counts["not valid"] += 1

    assert not tally.wrong, tally.wrong[:3]
    assert tally.counts["resolved"] >= 200, tally.counts


def _type(name: str, source: str) -> str:
    """A type with which the statements of the benchmark are valid."""
    if name.endswith("date"):
        return "date"
    text = not NUMBERS.search(name) or (source != "join-order-benchmark" and KEYS.search(name))
    return "text" if text else "numeric"
