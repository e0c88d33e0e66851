"""Generated SELECTs of PostgreSQL with the shapes in which a column can hide; the server says which are valid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .select_worlds import Relation, World, quoted

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

MAX_DEPTH = 2


@dataclass(frozen=True)
class Source:
    """Something in FROM: what it is called there, its columns, and whether its row has a name."""

    name: str
    columns: tuple[str, ...]
    row: bool = True


Levels = list[list[Source]]
"""The sources in sight, the innermost query first."""


class Queries:
    """Random SELECTs over the relations of a world."""

    def __init__(self, rng: random.Random, world: World, *, full: bool = False) -> None:
        self.rng = rng
        self.full = full
        self.world = world
        self.counter = 0
        self.ctes: list[Source] = []

    def statement(self) -> str:
        """One statement."""
        self.counter = 0
        self.ctes = []
        choice = self.rng.random()
        if choice < 0.03:
            return f"TABLE {self.relation()[0]}"
        if choice < 0.06:
            return f"VALUES ({self.value([[]], 1)}, {self.scalar([[]], 1)}), (1, 2)"
        if choice < 0.3:
            return self.with_()
        return self.query(MAX_DEPTH, [])[0]

    # Sources

    def fresh(self, letter: str = "s") -> str:
        """A name that nothing else has; now and then one that a table or column has, too."""
        self.counter += 1
        return f"{letter}{self.counter}"

    def relation(self) -> tuple[str, Relation]:
        """A table or view under its shortest or longest name."""
        found = self.rng.choice(self.world.relations)
        if not self.full and self.world.visible(found) and self.rng.random() < 0.6:
            return quoted(found.name, always=self.rng.random() < 0.3), found
        return found.path, found

    def source(self, depth: int, outer: Levels) -> tuple[str, list[Source]]:
        """One item of FROM."""
        choice = self.rng.random()
        if self.ctes and choice < 0.35:
            cte = self.rng.choice(self.ctes)
            alias = self.fresh()
            return f"{cte.name} AS {alias}", [Source(alias, cte.columns)]
        if depth and choice < 0.5:
            return self.derived(depth, outer)
        if depth and choice < 0.6:
            text, inside = self.joined(depth - 1, outer)
            return f"({text})", inside
        if choice < 0.62:
            alias = self.fresh("v")
            return f"(VALUES (1, 2), (3, 4)) AS {alias} (id, k)", [Source(alias, ("id", "k"))]
        if choice < 0.635:
            alias = self.fresh("g")
            return f"generate_series(1, 3) AS {alias}", [Source(alias, (alias,), row=False)]
        text, found = self.relation()
        if choice < 0.78 and not self.full:
            return text, [Source(quoted(found.name), found.columns)]
        alias = self.rng.choice([self.fresh(), self.fresh(), quoted(self.rng.choice(found.columns))])
        if choice < 0.81:
            names = tuple(self.rng.sample(found.columns, len(found.columns)))
            listed = ", ".join(quoted(name) for name in names)
            return f"{text} AS {alias} ({listed})", [Source(alias, names)]
        return f"{text}{self.rng.choice([' AS', ''])} {alias}", [Source(alias, found.columns)]

    def derived(self, depth: int, outer: Levels) -> tuple[str, list[Source]]:
        """A subquery in FROM."""
        alias = self.fresh("d")
        text, names = self.query(depth - 1, outer)
        if self.rng.random() < 0.25 and names:
            names = tuple(self.rng.sample(("id", "k", "name", "p", "q", "r", "u", "w", "x", "y"), min(len(names), 10)))
            return f"({text}) AS {alias} ({', '.join(names)})", [Source(alias, names)]
        return f"({text}) AS {alias}", [Source(alias, names)]

    def joined(self, depth: int, outer: Levels) -> tuple[str, list[Source]]:
        """One to three sources, joined."""
        text, found = self.source(depth, outer)
        for _ in range(self.rng.choice([0, 0, 1, 1, 2])):
            text, found = self.join(text, found, depth, outer)
        return text, found

    def join(self, text: str, left: list[Source], depth: int, outer: Levels) -> tuple[str, list[Source]]:
        """One more source behind those before it."""
        if depth and self.rng.random() < 0.2:
            other, right = self.derived(depth, [left, *outer])
            word = self.rng.choice([", LATERAL ", " CROSS JOIN LATERAL ", " LEFT JOIN LATERAL "])
            return text + word + other + (" ON true" if "LEFT" in word else ""), left + right
        other, right = self.source(depth, outer)
        both = [name for name in _names(left) if name in _names(right)]
        once = [name for name in both if 1 == _names(left).count(name) == _names(right).count(name)]
        kind = self.rng.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "INNER JOIN"])
        choice = self.rng.random()
        if once and choice < 0.35:
            listed = ", ".join(quoted(name) for name in self.rng.sample(once, self.rng.randint(1, len(once))))
            alias = f" AS {self.fresh('j')}" if self.rng.random() < 0.1 else ""
            return f"{text} {kind} {other} USING ({listed}){alias}", left + right
        if both and choice < 0.5:
            return f"{text} NATURAL {kind} {other}", left + right
        if choice < 0.65:
            return f"{text}{self.rng.choice([', ', ' CROSS JOIN '])}{other}", left + right
        condition = self.condition([left + right, *outer], 0)
        if kind == "FULL JOIN":
            condition = f"{self.column([left])} = {self.column([right])}"
        return f"{text} {kind} {other} ON {condition}", left + right

    # Values

    def column(self, levels: Levels) -> str:
        """A column of a source in sight."""
        level = levels[0] if self.rng.random() < 0.8 or len(levels) == 1 else self.rng.choice(levels[1:])
        sources = [source for source in level if source.columns]
        if not sources:
            return str(self.rng.randint(0, 9))
        source = self.rng.choice(sources)
        name = self.rng.choice(source.columns)
        if _names(level).count(name) == 1 and self.rng.random() < 0.5:
            return quoted(name, always=self.rng.random() < 0.5)
        return f"{source.name}.{quoted(name, always=self.rng.random() < 0.5)}"

    def value(self, levels: Levels, depth: int) -> str:
        """An integer without aggregates."""
        choices: list[Callable[[], str]] = [
            lambda: f"({self.column(levels)} + {self.column(levels)})",
            lambda: f"CASE WHEN {self.condition(levels, 0)} THEN {self.column(levels)} ELSE 0 END",
            lambda: f"CASE {self.column(levels)} WHEN {self.column(levels)} THEN 1 END",
            lambda: f"coalesce({self.column(levels)}, {self.column(levels)}, 1)",
            lambda: f"abs({self.column(levels)}::numeric)::integer",
            lambda: f"length(cast({self.column(levels)} AS text) || 'it''s')",
            lambda: f"(ARRAY[{self.column(levels)}, {self.column(levels)}])[1]",
            lambda: self.row(levels),
        ]
        if depth:
            choices += [lambda: self.scalar(levels, depth)] * 2
        return self.column(levels) if self.rng.random() < 0.55 else self.rng.choice(choices)()

    def row(self, levels: Levels) -> str:
        """An integer made from a whole row."""
        sources = [source for source in levels[0] if source.row and source.columns]
        if not sources:
            return "1"
        source = self.rng.choice(sources)
        column = quoted(self.rng.choice(source.columns))
        return self.rng.choice([
            f"({source.name}).{column}",
            f"length({source.name}::text)",
            f"length(row_to_json({source.name})::text)",
            f"num_nonnulls({source.name}.*)",
            f"length(ROW({source.name}.*)::text)",
            f"length(to_jsonb({source.name}) ->> 'id')",
        ])  # fmt: skip

    def scalar(self, levels: Levels, depth: int) -> str:
        """A subquery with one value."""
        text, names = self.query(depth - 1, levels, width=1)
        alias = self.fresh("e")
        choice = self.rng.random()
        if choice < 0.4 and names:
            return f"(SELECT max({alias}.{quoted(names[0])}) FROM ({text}) AS {alias})"
        if choice < 0.5:
            return f"cardinality(ARRAY({text}))"
        inner, found = self.source(0, levels)
        within = [found, *levels]
        return f"(SELECT {self.aggregate(within)} FROM {inner} WHERE {self.condition(within, 0)})"

    def aggregate(self, levels: Levels) -> str:
        """An aggregate."""
        column = self.column([levels[0]])
        other = self.column([levels[0]])
        rows = [source for source in levels[0] if source.row]
        texts = [f"max({column})", f"min({column} + {other})", "count(*)", f"count(DISTINCT {column})"]
        texts += [
            f"sum({column}) FILTER (WHERE {other} > 1)",
            f"cardinality(array_agg({column} ORDER BY {other} DESC))",
            f"percentile_disc(0.5) WITHIN GROUP (ORDER BY {column})",
            f"bool_or({column} > 2)::integer",
        ]
        if rows:
            texts.append(f"count({self.rng.choice(rows).name})")
        return self.rng.choice(texts)

    def condition(self, levels: Levels, depth: int) -> str:
        """A condition without aggregates."""
        column, other = self.column(levels), self.column(levels)
        texts = [
            f"{column} {self.rng.choice(['<', '=', '>=', '<>'])} {self.rng.randint(0, 4)}",
            f"{column} = {other}",
            f"{column} IS NOT NULL",
            f"{column} BETWEEN {other} AND 5",
            f"({column}, 1) = ({other}, 1)",
            f"{column} IS DISTINCT FROM {other}",
            f"{column}::text LIKE 'a%'",
            f"NOT ({column} IN (1, {other}))",
        ]
        rows = [source for source in levels[0] if source.row and source.columns]
        if rows:
            texts += [f"{self.rng.choice(rows).name} IS NOT NULL"]
        if depth and self.rng.random() < 0.5:
            return self.subquery_condition(levels, depth, column)
        text = self.rng.choice(texts)
        return f"{text} {self.rng.choice(['AND', 'OR'])} {self.rng.choice(texts)}" if self.rng.random() < 0.2 else text

    def subquery_condition(self, levels: Levels, depth: int, column: str) -> str:
        """EXISTS, IN, ANY and ALL."""
        text, found = self.source(0, levels)
        within = [found, *levels]
        where = f"WHERE {self.condition(within, 0)}"
        shown = self.rng.choice(["1", "*", self.column(within), ""])
        single, _ = self.query(depth - 1, levels, width=1)
        pair, _ = self.query(depth - 1, levels, width=2)
        return self.rng.choice([
            f"EXISTS (SELECT {shown} FROM {text} {where})",
            f"NOT EXISTS (SELECT {shown} FROM {text} {where})",
            f"{column} IN ({single})",
            f"{column} NOT IN ({single})",
            f"{column} = ANY ({single})",
            f"{column} > ALL ({single})",
            f"({column}, {self.column(levels)}) IN ({pair})",
        ])  # fmt: skip

    # Queries

    def with_(self) -> str:
        """One to three CTEs in front; all of them are in sight, not all need be used."""
        before, recursive = list(self.ctes), self.rng.random() < 0.25
        texts = list[str]()
        for _ in range(self.rng.randint(1, 3)):
            name = self.rng.choice(
                [self.fresh("c"), self.fresh("c"), quoted(self.rng.choice(self.world.relations).name)]
            )
            if any(name == source.name for source in self.ctes):
                continue
            text, names = self.cte(name) if recursive else self.query(1, [])
            if not recursive and self.rng.random() < 0.3:
                names = tuple(f"n{number}" for number in range(len(names)))
                listed = f" ({', '.join(names)})" if names else ""
            else:
                listed = ""
            hint = "" if recursive else self.rng.choice(["", "", "MATERIALIZED ", "NOT MATERIALIZED "])
            texts.append(f"{name}{listed} AS {hint}({text})")
            self.ctes.append(Source(name, names))
        body, _ = self.query(1, [])
        self.ctes = before
        return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(texts)} {body}"

    def cte(self, name: str) -> tuple[str, tuple[str, ...]]:
        """A query that reads itself."""
        start, found = self.source(0, [])
        more, others = self.source(0, [])
        levels = [[*others, Source("self", ("id", "k"))]]
        return (
            f"SELECT {self.column([found])} AS id, {self.column([found])} AS k FROM {start}"
            f" UNION {self.rng.choice(['ALL ', ''])}SELECT self.id + 1, {self.value(levels, 0)}"
            f" FROM {name} AS self, {more} WHERE self.id < 3 AND {self.condition(levels, 0)}"
        ), ("id", "k")

    def query(self, depth: int, outer: Levels, width: int = 0) -> tuple[str, tuple[str, ...]]:
        """A SELECT or a set operation, and the names of its output columns."""
        if depth and self.rng.random() < 0.15:
            width = width or self.rng.randint(1, 3)
            left, names = self.query(depth - 1, outer, width)
            right, _ = self.query(depth - 1, outer, width)
            word = self.rng.choice(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])
            order = self.rng.choice(["", "", " ORDER BY 1", f" ORDER BY {quoted(names[0])} LIMIT 3"])
            return f"({left}) {word} ({right}){order}", names
        text, found = self.joined(depth, outer)
        return self.select(text, [found, *outer], depth, width)

    def select(self, text: str, levels: Levels, depth: int, width: int) -> tuple[str, tuple[str, ...]]:
        """The clauses of a SELECT over what stands in FROM."""
        choice = self.rng.random()
        where = f" WHERE {self.condition(levels, depth)}" if self.rng.random() < 0.5 else ""
        if not width and choice < 0.15:
            return self.star(text + where, levels)
        if choice < 0.35:
            return self.grouped(text + where, levels, width)
        names = self.outputs(levels, width)
        cells = [self.value(levels, depth) for _ in names]
        window = ""
        if self.rng.random() < 0.15:
            cells[0], window = self.window(levels)
        distinct, order = "", ""
        if self.rng.random() < 0.15:
            distinct, order = self.distinct(levels)
        elif self.rng.random() < 0.3:
            order = f" ORDER BY {self.ordering(names, levels)}"
        limit = ""
        if self.rng.random() < 0.1:
            limit = self.rng.choice(
                [" LIMIT 3 OFFSET 1", " FETCH FIRST 2 ROWS ONLY", f" LIMIT ({self.scalar([[]], 1)})"]
            )
        shown = ", ".join(f"{cell} AS {quoted(name, always=False)}" for cell, name in zip(cells, names, strict=True))
        return f"SELECT {distinct}{shown} FROM {text}{where}{window}{order}{limit}", names

    def outputs(self, levels: Levels, width: int) -> tuple[str, ...]:
        """Names for output columns: new ones, and those that columns in sight have already."""
        known = [*{name: None for source in levels[0] for name in source.columns}, "o1", "o2", "o3", "o4"]
        return tuple(self.rng.sample(known, width or self.rng.randint(1, 3)))

    def star(self, text: str, levels: Levels) -> tuple[str, tuple[str, ...]]:
        """`*`, the columns of one source, a row taken apart, a row as a value, or nothing at all."""
        sources = [source for source in levels[0] if source.row]
        if not sources:
            return f"SELECT * FROM {text}", tuple(_names(levels[0]))
        source = self.rng.choice(sources)
        choice = self.rng.random()
        if choice < 0.45:
            return f"SELECT * FROM {text}", tuple(dict.fromkeys(_names(levels[0])))
        if choice < 0.75:
            return f"SELECT {source.name}.* FROM {text}", source.columns
        if choice < 0.9:
            return f"SELECT ({source.name}).* FROM {text}", source.columns
        if choice < 0.96:
            return f"SELECT {source.name} FROM {text}", ()
        return f"SELECT FROM {text}", ()

    def grouped(self, text: str, levels: Levels, width: int) -> tuple[str, tuple[str, ...]]:
        """GROUP BY a column, a position, an alias, sets; HAVING; ORDER BY an aggregate."""
        names = self.outputs(levels, width)
        key = self.column([levels[0]])
        if key.isdigit():
            key = f"({key} + 0)"
        cells = [key, *(self.aggregate(levels) for _ in names[1:])]
        group = self.rng.choice([
            key, "1", quoted(names[0]), f"ROLLUP ({key})", f"GROUPING SETS (({key}), ())", f"CUBE ({key}), {key}",
        ])  # fmt: skip
        having = f" HAVING {self.aggregate(levels)} > 0" if self.rng.random() < 0.3 else ""
        order = ""
        if self.rng.random() < 0.3:
            order = f" ORDER BY {self.rng.choice([self.aggregate(levels), '1 DESC', quoted(names[0])])}"
        shown = ", ".join(f"{cell} AS {quoted(name, always=False)}" for cell, name in zip(cells, names, strict=True))
        if self.rng.random() < 0.2:
            shown = ", ".join(f"{self.aggregate(levels)} AS {quoted(name)}" for name in names)
            return f"SELECT {shown} FROM {text}{having}", names
        return f"SELECT {shown} FROM {text} GROUP BY {group}{having}{order}", names

    def window(self, levels: Levels) -> tuple[str, str]:
        """A call over a window, and the clause that names the window."""
        column, one, two = (self.column([levels[0]]) for _ in range(3))
        over = f"(PARTITION BY {one} ORDER BY {two} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
        call = self.rng.choice([f"sum({column})", "rank()", f"lag({column}, 1)", f"first_value({column})"])
        call = call.replace("rank()", "row_number()")
        if self.rng.random() < 0.5:
            return f"({call} OVER {over})::integer", ""
        if self.rng.random() < 0.5:
            return f"({call} OVER w)::integer", f" WINDOW w AS {over}"
        return f"({call} OVER (w ORDER BY {two}))::integer", f" WINDOW w AS (PARTITION BY {one})"

    def distinct(self, levels: Levels) -> tuple[str, str]:
        """DISTINCT, or DISTINCT ON with its order."""
        if self.rng.random() < 0.5:
            return "DISTINCT ", ""
        column = self.column([levels[0]])
        if column.isdigit():
            return "DISTINCT ", ""
        return f"DISTINCT ON ({column}) ", self.rng.choice(["", f" ORDER BY {column}, {self.column([levels[0]])}"])

    def ordering(self, names: tuple[str, ...], levels: Levels) -> str:
        """A position, the name of an output, a column, an expression over a column of the same name as an output."""
        name = quoted(self.rng.choice(names))
        return self.rng.choice(["1", f"{name} DESC NULLS LAST", self.column(levels), f"{self.column(levels)} + 1"])


def _names(sources: list[Source]) -> list[str]:
    return [name for source in sources for name in source.columns]


def add_views(rng: random.Random, world: World, count: int = 4) -> None:
    """Views over tables and over views before them; each also with one output at a time."""
    for number in range(count):
        # What a bare name in a body means is settled when the view is made, by the path of then: full names.
        queries = Queries(rng, world, full=True)
        text, found = queries.joined(1, [])
        names = tuple(rng.sample(("id", "k", "name", "Full Name", "x1", "x2"), rng.randint(1, 4)))
        cells = [queries.value([found], 1) for _ in names]
        where = f" WHERE {queries.condition([found], 1)}" if rng.random() < 0.6 else ""
        kind = rng.random()
        parts: tuple[str, ...]
        if kind < 0.2:
            body, parts = f"SELECT DISTINCT {', '.join(cells)} FROM {text}{where}", ()
        elif kind < 0.4:
            other, _ = queries.query(1, [], len(names))
            body, parts = f"SELECT {', '.join(cells)} FROM {text}{where} UNION ALL ({other})", ()
        else:
            body = f"SELECT {', '.join(cells)} FROM {text}{where}"
            parts = (*(f"SELECT {cell} FROM {text}{where}" for cell in cells), f"SELECT 1 FROM {text}{where}")
        schema = rng.choice(("public", "hr", "Sales Dept"))
        world.relations.append(Relation(schema, f"{rng.choice(['v', 'V'])}{number}", names, body, parts))
