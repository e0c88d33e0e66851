# the statements are made here, and nobody else's words are in them
"""A column whose data changes the answer of a query is one that it reads; one whose values stand in it, exposed."""

from __future__ import annotations

import random
from dataclasses import replace

import duckdb

from tutela.engine.errors import Location
from tutela.engine.statements import Analyser
from tutela.engine.tables import Column, Schema, Table

TABLES = {"a": ("k", "x", "y"), "b": ("k", "x", "z"), "c": ("k", "w")}
VIEWS = {
    "va": ("SELECT k, x + 1 AS x1 FROM a WHERE y > 1", ("k", "x1")),
    "vb": ("SELECT DISTINCT z FROM b", ("z",)),
}
ROWS = 6
QUERIES = 300


def _schema() -> Schema:
    place = Location("schema.sql")
    tables = [
        Table(
            name=name,
            location=place,
            columns=tuple(Column(table=name, name=c, location=place) for c in columns),
        )
        for name, columns in TABLES.items()
    ]
    tables += [
        Table(
            name=name, location=place, kind="view", sql=sql,
            columns=tuple(Column(table=name, name=c, location=place) for c in columns),
        )
        for name, (sql, columns) in VIEWS.items()
    ]  # fmt: skip
    return Schema(tables=tuple(tables))


class _Queries:
    """Random queries over the tables, with most shapes that hide a column."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.names = 0

    def source(self, depth: int) -> tuple[str, str, tuple[str, ...]]:
        """(text, alias, columns) of something to select from."""
        self.names += 1
        alias = f"s{self.names}"
        choice = self.rng.random()
        if depth and choice < 0.3:
            text, columns = self.query(depth - 1)
            return f"({text}) AS {alias}", alias, columns
        if choice < 0.45:
            name = self.rng.choice(list(VIEWS))
            return f"{name} AS {alias}", alias, VIEWS[name][1]
        name = self.rng.choice(list(TABLES))
        return f"{name} AS {alias}", alias, TABLES[name]

    def value(self, scope: list[tuple[str, tuple[str, ...]]], depth: int) -> str:
        """An integer expression over the sources in scope."""
        alias, columns = self.rng.choice(scope)
        column = f"{alias}.{self.rng.choice(columns)}"
        choice = self.rng.random()
        if choice < 0.55:
            return column
        if choice < 0.65:
            return f"({column} + {self.value(scope, 0)})"
        if choice < 0.75:
            return f"CASE WHEN {self.value(scope, 0)} > 2 THEN {column} ELSE 0 END"
        if choice < 0.82 and depth:
            text, inner, names = self.source(0)
            cell = f"max({inner}.{self.rng.choice(names)})"
            return f"(SELECT {cell} FROM {text} WHERE {inner}.{names[0]} = {column})"
        if choice < 0.9:
            return f"sum({column}) OVER (PARTITION BY {self.value(scope, 0)})"
        return f"coalesce({column}, 1)"

    def condition(self, scope: list[tuple[str, tuple[str, ...]]], depth: int) -> str:
        """A condition without window functions."""
        alias, columns = self.rng.choice(scope)
        column = f"{alias}.{self.rng.choice(columns)}"
        if depth and self.rng.random() < 0.3:
            text, inner, names = self.source(0)
            return f"EXISTS (SELECT 1 FROM {text} WHERE {inner}.{self.rng.choice(names)} = {column})"
        return f"{column} {self.rng.choice(['<', '=', '>='])} {self.rng.randint(0, 4)}"

    def query(self, depth: int) -> tuple[str, tuple[str, ...]]:
        """A SELECT and the names of its output columns."""
        if depth and self.rng.random() < 0.15:
            left, names = self.query(depth - 1)
            right, others = self.query(depth - 1)
            width = min(len(names), len(others))
            word = self.rng.choice(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])
            cut = ", ".join(f"l.{name}" for name in names[:width])
            also = ", ".join(f"r.{name}" for name in others[:width])
            return f"SELECT {cut} FROM ({left}) AS l {word} SELECT {also} FROM ({right}) AS r", names[:width]
        text, alias, columns = self.source(depth)
        scope = [(alias, columns)]
        if self.rng.random() < 0.5:
            other, second, others = self.source(depth)
            style = self.rng.random()
            if style < 0.3 and columns[0] == others[0]:
                text += f" JOIN {other} USING ({columns[0]})"
            elif style < 0.5:
                where = f"{second}.{others[0]} = {alias}.{columns[0]}"
                text += f", LATERAL (SELECT * FROM {other} WHERE {where}) AS {second}l"
                second += "l"
            else:
                kind = self.rng.choice(["JOIN", "LEFT JOIN", "FULL JOIN"])
                text += f" {kind} {other} ON {alias}.{columns[-1]} = {second}.{others[0]}"
            scope.append((second, others))
        return self._select(text, scope, depth)

    def _select(self, text: str, scope: list[tuple[str, tuple[str, ...]]], depth: int) -> tuple[str, tuple[str, ...]]:
        names = tuple(f"o{number}" for number in range(self.rng.randint(1, 3)))
        where = f" WHERE {self.condition(scope, depth)}" if self.rng.random() < 0.5 else ""
        if self.rng.random() < 0.2:
            alias, columns = scope[0]
            group = f"{alias}.{self.rng.choice(columns)}"
            having = f" HAVING min({alias}.{columns[0]}) > 1" if self.rng.random() < 0.4 else ""
            cells = ", ".join(f"max({alias}.{self.rng.choice(columns)}) AS {name}" for name in names)
            return f"SELECT {cells} FROM {text}{where} GROUP BY {group}{having}", names
        distinct = "DISTINCT " if self.rng.random() < 0.15 else ""
        cells = ", ".join(f"{self.value(scope, depth)} AS {name}" for name in names)
        return f"SELECT {distinct}{cells} FROM {text}{where}", names


def _fill(db: duckdb.DuckDBPyConnection, rng: random.Random, table: str, column: str | None = None) -> None:
    if column is None:
        columns = ", ".join(f"{name} INTEGER" for name in TABLES[table])
        db.execute(f"CREATE TABLE {table} (rowno INTEGER, {columns})")
        db.executemany(
            f"INSERT INTO {table} VALUES ({', '.join('?' * (len(TABLES[table]) + 1))})",
            [[n, *(rng.randint(0, 4) for _ in TABLES[table])] for n in range(ROWS)],
        )
        return
    values = [rng.choice([None, *range(6)]) for _ in range(ROWS)]
    db.execute(f"UPDATE {table} SET {column} = CAST(? AS INTEGER[])[rowno + 1]", [values])


def test_a_column_that_changes_the_answer_is_read() -> None:
    """On hundreds of random queries no influence is missed; most queries are resolved exactly."""
    rng = random.Random(20261122)  # noqa: S311 # a reproducible test
    db = duckdb.connect()
    for table in TABLES:
        _fill(db, rng, table)
    for name, (sql, _) in VIEWS.items():
        db.execute(f"CREATE VIEW {name} AS {sql}")
    analyser = Analyser(_schema(), "duckdb")
    resolved = influences = ran = 0
    for _ in range(QUERIES):
        sql, _names = _Queries(rng).query(2)
        touched = analyser.analyse(sql)
        resolved += touched.resolved
        try:
            answer = sorted(db.execute(sql).fetchall(), key=str)
        except duckdb.Error:
            continue
        ran += 1
        reads = {(ref.table, ref.column) for ref in touched.reads}
        for table, columns in TABLES.items():
            for column in columns:
                db.execute("BEGIN")
                _fill(db, rng, table, column)
                changed = sorted(db.execute(sql).fetchall(), key=str) != answer
                db.execute("ROLLBACK")
                influences += changed
                if changed:
                    assert (table, column) in reads or (table, "*") in reads, (sql, table, column, touched)

    assert ran > QUERIES * 0.8
    assert influences > ran
    assert resolved > QUERIES * 0.8


TAGS = {(table, column): tag for tag, (table, column) in enumerate(((t, c) for t in TABLES for c in TABLES[t]), 50)}
"""What each value of a column ends with: `203` of a value is 2, and comes from the column with 03."""


class _Tagged(_Queries):
    """Queries that hand values on as they are, or count them: where a value comes from is seen in the answer."""

    def value(self, scope: list[tuple[str, tuple[str, ...]]], depth: int) -> str:
        """A value of a column in scope, or something of other columns that is none."""
        alias, columns = self.rng.choice(scope)
        column = f"{alias}.{self.rng.choice(columns)}"
        choice = self.rng.random()
        if choice < 0.5:
            return column
        if choice < 0.65:
            return f"CASE WHEN {self.condition(scope, 0)} THEN {column} END"
        if choice < 0.8 and depth:
            text, inner, names = self.source(0)
            cell = f"{self.rng.choice(['max', 'count', 'any_value'])}({inner}.{self.rng.choice(names)})"
            return f"(SELECT {cell} FROM {text} WHERE {self.condition([(inner, names)], 0)})"
        if choice < 0.9:
            return f"row_number() OVER (PARTITION BY {column} ORDER BY {self.value(scope, 0)})"
        return f"first_value({column}) OVER (ORDER BY {alias}.{columns[0]})"

    def condition(self, scope: list[tuple[str, tuple[str, ...]]], depth: int) -> str:
        """A condition on what is left of a value without its tag."""
        return super().condition(scope, depth).replace(" < ", " // 100 < ").replace(" >= ", " // 100 >= ")

    def _select(self, text: str, scope: list[tuple[str, tuple[str, ...]]], depth: int) -> tuple[str, tuple[str, ...]]:
        made, names = super()._select(text, scope, depth)
        if " GROUP BY " in made and self.rng.random() < 0.5:
            made = made.replace("max(", "count(", 1)
        return made, names


def test_a_value_that_is_shown_is_of_an_exposed_column() -> None:
    """Each value of an answer tells by its tag which column it comes from: none but exposed ones are ever shown."""
    rng = random.Random(20261130)  # noqa: S311 # a reproducible test
    db = duckdb.connect()
    for table, columns in TABLES.items():
        cells = ", ".join(f"range % {n + 3} * 100 + {TAGS[table, name]} AS {name}" for n, name in enumerate(columns))
        db.execute(f"CREATE TABLE {table} AS SELECT {cells} FROM range({ROWS * 2})")
    for name, (sql, _) in VIEWS.items():
        db.execute(f"CREATE VIEW {name} AS {sql.replace('x + 1', 'x')}")
    schema = _schema()
    views = [replace(t, sql=t.sql.replace("x + 1", "x")) if t.sql else t for t in schema.tables]
    analyser = Analyser(replace(schema, tables=tuple(views)), "duckdb")
    of_tag = {tag: column for column, tag in TAGS.items()}
    shown = hidden = aggregated = 0
    for _ in range(QUERIES):
        sql, _names = _Tagged(rng).query(2)
        touched = analyser.analyse(sql)
        try:
            answer = db.execute(sql).fetchall()
        except duckdb.Error:
            continue
        seen = {of_tag[value % 100] for row in answer for value in row if value is not None and value % 100 in of_tag}
        exposed = {(ref.table, ref.column) for ref in touched.exposed}
        whole = {ref.table for ref in touched.exposed if ref.column == "*"}
        assert all(column in exposed or column[0] in whole for column in seen), (sql, seen, touched)
        assert not touched.aggregated & touched.exposed
        assert touched.aggregated | touched.exposed <= touched.reads
        shown += len(seen)
        hidden += touched.resolved and touched.exposed < touched.reads
        aggregated += bool(touched.aggregated)

    assert shown > QUERIES / 4
    assert hidden > QUERIES / 4
    assert aggregated > QUERIES / 40
