# the statements are made here, and nobody else's words are in them
"""Non-interference: a base column whose data changes an output of a view is a column that flows into this output.

Only the keys decide which rows a view has, and keys stay as they are: so every change of an output came in as a value.
"""

from __future__ import annotations

import random

import duckdb

from tutela.engine.errors import Location
from tutela.engine.lineage_flows import derive
from tutela.engine.statements_catalog import Catalog
from tutela.engine.statements_views import view_query
from tutela.engine.tables import Column, Schema, Table

TABLES = {"a": ("k", "x", "y"), "b": ("k", "x", "z"), "c": ("k", "w")}
ROWS = 6
VIEWS = 70
PLACE = Location("s.sql")


class _Views:
    """Random queries whose rows depend on the keys only; a count is the one thing that may hide a value."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.names = 0

    def source(self, depth: int) -> tuple[str, str, tuple[str, ...]]:
        """(text, alias, columns) of something to select from."""
        self.names += 1
        alias = f"s{self.names}"
        if depth and self.rng.random() < 0.4:
            text, columns = self.query(depth - 1)
            return f"({text}) AS {alias}", alias, columns
        name = self.rng.choice(list(TABLES))
        return f"{name} AS {alias}", alias, TABLES[name]

    def value(self, scope: list[tuple[str, tuple[str, ...]]], depth: int) -> str:
        """An expression over the sources in scope."""
        alias, columns = self.rng.choice(scope)
        column = f"{alias}.{self.rng.choice(columns)}"
        other = self.value(scope, depth - 1) if depth else column
        forms = (
            column,
            column,
            f"({column} + {other})",
            f"concat({column}, '-', {other})::varchar",
            f"CASE WHEN {column} > 2 THEN {other} ELSE 0 END",
            f"coalesce(nullif({column}, 1), {other})",
            f"({column} IS NULL OR {other} > 1)::int",
            f"md5({column}::varchar)",
            f"left({column}::varchar, 1)",
            f"sum({column}) OVER (PARTITION BY {other} ORDER BY {alias}.k)",
            f"rank() OVER (ORDER BY {column}, {alias}.k)",
            f"(SELECT max(t.w) FROM c t WHERE t.k = {alias}.k)",
            f"to_json({alias})::varchar",
            f"({column} IN (SELECT z FROM b))::int",
        )
        return self.rng.choice(forms)

    def query(self, depth: int) -> tuple[str, tuple[str, ...]]:
        """(text, columns) of a query."""
        sources = [self.source(depth) for _ in range(self.rng.choice((1, 1, 2)))]
        scope = [(alias, columns) for _, alias, columns in sources]
        joined = sources[0][0]
        for text, alias, _ in sources[1:]:
            joined += f" JOIN {text} ON {alias}.k = {sources[0][1]}.k"
        values = [f"{self.value(scope, 1)} AS v{n}" for n in range(self.rng.randint(1, 3))]
        text = f"SELECT {sources[0][1]}.k AS k, {', '.join(values)} FROM {joined}"
        names = ("k", *(f"v{n}" for n in range(len(values))))
        if self.rng.random() < 0.2:
            text = f"WITH q AS ({text}) SELECT * FROM q"
        elif self.rng.random() < 0.2:
            cells = [f"max({name}) AS {name}" for name in names[1:]]
            text = f"SELECT k, {', '.join(cells)} FROM ({text}) g GROUP BY k"
        if self.rng.random() < 0.2:
            text = f"{text} UNION ALL SELECT k, {', '.join(['w::varchar'] * len(values))} FROM c"
        return text, names


def _fill(db: duckdb.DuckDBPyConnection, rng: random.Random, table: str, column: str) -> None:
    for key in range(ROWS):
        value = rng.choice([None, *range(5)])
        db.execute(f"UPDATE {table} SET {column} = ? WHERE k = ?", [value, key])


def _columns(db: duckdb.DuckDBPyConnection, sql: str) -> list[list[str]]:
    """The values of each output, in an order of their own."""
    rows = db.execute(sql).fetchall()
    return [sorted(map(repr, values)) for values in zip(*rows, strict=True)]


def test_what_changes_an_output_flows_into_it() -> None:
    """Random views on DuckDB: no base column changes an output that it does not flow into."""
    rng = random.Random(20261129)  # noqa: S311
    db = duckdb.connect()
    for name, columns in TABLES.items():
        db.execute(f"CREATE TABLE {name} ({', '.join(f'{column} INTEGER' for column in columns)})")
        db.executemany(f"INSERT INTO {name} (k) VALUES (?)", [[key] for key in range(ROWS)])
        for column in columns[1:]:
            _fill(db, rng, name, column)
    tables = tuple(
        Table(name=name, location=PLACE, columns=tuple(Column(table=name, name=c, location=PLACE) for c in columns))
        for name, columns in TABLES.items()
    )
    catalog = Catalog(Schema(tables=tables), "duckdb")
    ran = changes = 0
    for _ in range(VIEWS):
        sql, _names = _Views(rng).query(2)
        try:
            before = _columns(db, sql)
        except duckdb.Error:
            continue
        ran += 1
        query, _ = view_query(Table(name="v", location=PLACE, columns=(), kind="view", sql=sql), "duckdb")
        flows = [{flow.ref for flow in cell.flows} for _, cell in derive(query, catalog).outputs]
        for table, columns in TABLES.items():
            for column in columns[1:]:
                db.execute("BEGIN")
                _fill(db, rng, table, column)
                after = _columns(db, sql)
                db.execute("ROLLBACK")
                for refs, was, now in zip(flows, before, after, strict=True):
                    if was != now:
                        changes += 1
                        found = {(ref.table, ref.column) for ref in refs}

                        assert (table, column) in found, (sql, table, column, found)

    assert ran > VIEWS * 0.6
    assert changes > ran
