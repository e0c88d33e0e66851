# the statements are made here, and nobody else's words are in them
"""Random typed queries over the shop of `rewriting`, the rows of the shop, and the rows as they may be seen."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from rewriting import SALT, TABLES

if TYPE_CHECKING:
    import random

EMPLOYEE: Final = "E1"
LIMIT: Final = 50
ROWS: Final = 14
Cell = str | int | date | None
Columns = tuple[tuple[str, str], ...]
"""(name, kind) with the kind `int`, `text` or `date`."""
_KINDS: Final = {"INTEGER": "int", "DATE": "date"}


def columns(name: str) -> Columns:
    """The columns of a table with their kinds."""
    return tuple((column, _KINDS.get(of, "text")) for column, of in TABLES[name].items())


def shop(rng: random.Random) -> dict[str, list[tuple[Cell, ...]]]:
    """Rows for every table: nulls, empty texts, letters outside of ASCII, short and long numbers."""
    texts = ["", "a", "王小明", "O'Hare", "back\\slash", "Zoë", "x" * 12]
    found: dict[str, list[tuple[Cell, ...]]] = {"customer": [], "orders": [], "item": []}
    for number in range(ROWS):
        found["customer"].append(
            (
                number, rng.choice([*texts, None]), rng.choice([f"1380013{rng.randint(0, 99):04d}", "12345", "", None]),
                rng.choice([f"11010119900101{rng.randint(0, 9):04d}", None]),
                rng.choice([date(1980, 1, 31) + timedelta(days=rng.randint(0, 9000)), None]),
                rng.choice([1, 2, None]), rng.choice(["E1", "E1", "e1", "E2", "", None]),
                rng.choice(["north", "North", "south", None]),
            )
        )  # fmt: skip
        found["orders"].append(
            (number, rng.randint(0, ROWS), rng.choice([10, 49, 50, 51, 90, None]), rng.choice([*texts, None]))
        )
        found["item"].append((number, rng.randint(0, ROWS), rng.choice(["a", "b", None])))
    return found


def traps() -> dict[str, list[tuple[Cell, ...]]]:
    """Rows for the employee 7 in which everything that must not be seen says CANARY, or makes an error."""
    born = date(1980, 5, 17)
    customers: list[tuple[Cell, ...]] = [
        (1, "CANARY name", "13800138CANARY", "CANARY card", born, 4711, "7", "1"),
        (2, "CANARY two", "CANARY", None, born, 4711, "7", None),
        (3, "CANARY hidden", "13900139CANARY", "CANARY card", born, 4711, "CANARYOWNER", "CANARYREGION"),
        (4, None, None, None, None, None, None, None),
    ]
    orders: list[tuple[Cell, ...]] = [(1, 1, 10, "1"), (2, 3, 999, "CANARY note"), (3, 2, None, None)]
    return {"customer": customers, "orders": orders, "item": [(1, 1, "1"), (2, 2, "2")]}


def seen(rows: dict[str, list[tuple[Cell, ...]]], employee: str = EMPLOYEE) -> dict[str, list[tuple[Cell, ...]]]:
    """The same rows masked and filtered, in Python: what the policies of the shop leave for its employee."""
    customers: list[tuple[Cell, ...]] = [
        (row[0], "***", partial(row[2]), salted(row[3]), year(row[4]), None, row[6], row[7])
        for row in rows["customer"]
        if (row[6] or "") == employee or row[7] == "north"
    ]
    orders = [row for row in rows["orders"] if (row[2] or 0) < LIMIT]  # type: ignore[operator] # an amount
    return {"customer": customers, "orders": orders, "item": rows["item"]}


def partial(value: Cell) -> Cell:
    """Three letters at the start and two at the end."""
    if value is None:
        return None
    text = str(value)
    return f"{text[:3]}***{text[-2:]}" if len(text) > 5 else "***"


def salted(value: Cell) -> Cell:
    """The hash with the salt of the shop."""
    return None if value is None else hashlib.sha256(f"{SALT}{value}".encode()).hexdigest()


def year(value: Cell) -> Cell:
    """The first day of the year."""
    return value.replace(month=1, day=1) if isinstance(value, date) else None


class Queries:
    """Makes random queries: joins, subqueries, CTEs, set operations, aggregates, windows, whole rows."""

    def __init__(self, rng: random.Random, *, views: dict[str, Columns] | None = None) -> None:
        self.rng = rng
        self.names = 0
        self.ctes: dict[str, Columns] = {}
        self.views = views or {}

    def name(self, stem: str) -> str:
        """A new name; one in five is quoted and has a capital letter."""
        self.names += 1
        return f'"{stem.upper()}{self.names}"' if self.rng.random() < 0.2 else f"{stem}{self.names}"

    def statement(self) -> str:
        """A whole statement, perhaps with CTEs, one of which may hide a table of its name."""
        self.ctes = {}
        prefix: list[str] = []
        if self.rng.random() < 0.35:
            name = self.rng.choice(["c1", "item", '"Mixed"'])
            text, made = self.query(1)
            prefix.append(f"{name} AS ({text})")
            self.ctes[name] = made
        text, _ = self.query(2)
        return f"WITH {', '.join(prefix)} {text}" if prefix else text

    def source(self, depth: int) -> tuple[str, str, Columns]:
        """(text, alias, columns) of something to select from."""
        alias = self.name("s")
        choice = self.rng.random()
        if depth and choice < 0.25:
            text, made = self.query(depth - 1)
            return f"({text}) AS {alias}", alias, made
        if choice < 0.4 and self.ctes:
            name = self.rng.choice(list(self.ctes))
            return f"{name} AS {alias}", alias, self.ctes[name]
        if choice < 0.5 and self.views:
            name = self.rng.choice(list(self.views))
            return f"{name} {alias}", alias, self.views[name]
        name = self.rng.choice([name for name in TABLES if name not in self.ctes])
        spelled = self.rng.choice([name, name, name.upper(), f'"{name}"'])
        if self.rng.random() < 0.15:
            return spelled, name, columns(name)
        return f"{spelled} {alias}", alias, columns(name)

    def pick(self, scope: list[tuple[str, Columns]], kind: str) -> str:
        """A column of a kind, or a literal when there is none."""
        found = [f"{alias}.{name}" for alias, names in scope for name, of in names if of == kind]
        literals = {"int": "3", "text": "'***'", "date": "DATE '1990-01-01'"}
        return self.rng.choice(found) if found else literals[kind]

    def value(self, scope: list[tuple[str, Columns]], kind: str, depth: int) -> str:
        """An expression of a kind."""
        column = self.pick(scope, kind)
        choice = self.rng.random()
        if choice < 0.5:
            return column
        if choice < 0.6 and depth:
            text, inner, names = self.source(0)
            cell = self.pick([(inner, names)], kind)
            where = f"{self.pick([(inner, names)], 'int')} = {self.pick(scope, 'int')}"
            return f"(SELECT max({cell}) FROM {text} WHERE {where})"
        if choice < 0.7:
            return f"CASE WHEN {self.condition(scope, 0)} THEN {column} ELSE {self.pick(scope, kind)} END"
        if choice < 0.78:
            window = f"PARTITION BY {self.pick(scope, 'text')}"
            return f"{self.rng.choice(['max', 'min'])}({column}) OVER ({window})"
        if choice < 0.86 and kind == "int":
            return f"rank() OVER (ORDER BY {self.pick(scope, 'text')}, {self.pick(scope, 'int')})"
        if kind == "text":
            part = f"coalesce({column}, 'none')"
            return self.rng.choice(
                [f"upper({part})", f"substring({part}, 1, 4)", f"({part} || '-')", f"left({part}, 2)"]
            )
        if kind == "int":
            return self.rng.choice(
                [f"({column} + 1)", f"length({self.pick(scope, 'text')})", f"coalesce({column}, -1)"]
            )
        return f"coalesce({column}, DATE '2000-02-29')"

    def condition(self, scope: list[tuple[str, Columns]], depth: int) -> str:
        """A condition without window functions."""
        choice = self.rng.random()
        if depth and choice < 0.3:
            text, inner, names = self.source(0)
            kind = self.rng.choice(["int", "text", "text"])
            mine, other = self.pick(scope, kind), self.pick([(inner, names)], kind)
            no = self.rng.choice(["", "NOT "])
            if self.rng.random() < 0.5:
                return f"{mine} {no}IN (SELECT {other} FROM {text} WHERE {other} IS NOT NULL)"
            return f"{no}EXISTS (SELECT 1 FROM {text} WHERE {other} = {mine})"
        if choice < 0.5:
            return f"{self.pick(scope, 'int')} {self.rng.choice(['<', '=', '>=', '<>'])} {self.rng.randint(0, ROWS)}"
        if choice < 0.7:
            pattern = self.rng.choice(["'138%'", "'%*%'", "'E%'", "'%a%'", "'%o%'"])
            return f"{self.pick(scope, 'text')} {self.rng.choice(['LIKE', 'NOT LIKE'])} {pattern}"
        if choice < 0.8:
            return (
                f"{self.pick(scope, self.rng.choice(['int', 'text', 'date']))} IS {self.rng.choice(['', 'NOT '])}NULL"
            )
        if choice < 0.9:
            return f"({self.condition(scope, 0)} {self.rng.choice(['AND', 'OR'])} NOT {self.condition(scope, 0)})"
        return f"{self.pick(scope, 'date')} < DATE '1990-06-15'"

    def query(self, depth: int) -> tuple[str, Columns]:
        """A query and its output columns."""
        if depth and self.rng.random() < 0.15:
            kinds = [self.rng.choice(["int", "text"]) for _ in range(self.rng.randint(1, 2))]
            left, names = self.select(depth - 1, kinds)
            right, _ = self.select(depth - 1, kinds)
            word = self.rng.choice(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])
            return f"({left}) {word} ({right})", names
        return self.select(depth, None)

    def select(self, depth: int, kinds: list[str] | None) -> tuple[str, Columns]:
        """A SELECT with outputs of some kinds."""
        text, alias, names = self.source(depth)
        scope = [(alias, names)]
        if self.rng.random() < 0.55:
            text = self._join(text, scope, depth)
        where = f" WHERE {self.condition(scope, depth)}" if self.rng.random() < 0.5 else ""
        if kinds is None and self.rng.random() < 0.12:
            if len(scope) == 1:
                return f"SELECT * FROM {text}{where}", names
            return f"SELECT {scope[0][0]}.* FROM {text}{where}", names
        wanted = kinds or [self.rng.choice(["int", "text", "text", "date"]) for _ in range(self.rng.randint(1, 3))]
        made = tuple((self.name("o"), kind) for kind in wanted)
        if self.rng.random() < 0.22:
            return self._grouped(text, scope, where, made), made
        distinct = "DISTINCT " if self.rng.random() < 0.15 else ""
        cells = ", ".join(f"{self.value(scope, kind, depth)} AS {name}" for name, kind in made)
        order = ""
        if self.rng.random() < 0.2:
            order = f" ORDER BY {', '.join(str(number) for number in range(1, len(made) + 1))}"
            if self.rng.random() < 0.4:
                order += f" LIMIT {self.rng.randint(1, 4)}"
        return f"SELECT {distinct}{cells} FROM {text}{where}{order}", made

    def _join(self, text: str, scope: list[tuple[str, Columns]], depth: int) -> str:
        other, second, others = self.source(depth)
        alias, names = scope[0]
        if second == alias:
            return text
        style = self.rng.random()
        if style < 0.2 and ("id", "int") in names and ("id", "int") in others:
            scope.append((second, others))
            return f"{text} JOIN {other} USING (id)"
        if style < 0.3:
            lateral = self.name("l")
            inner = f"SELECT * FROM {other} WHERE {self.pick([(second, others)], 'int')} = {self.pick(scope, 'int')}"
            scope.append((lateral, others))
            return f"{text}, LATERAL ({inner}) AS {lateral}"
        kind = self.rng.choice(["int", "int", "text"])
        word = self.rng.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "INNER JOIN"])
        on = f"{self.pick(scope, kind)} = {self.pick([(second, others)], kind)}"
        scope.append((second, others))
        return f"{text} {word} {other} ON {on}"

    def _grouped(self, text: str, scope: list[tuple[str, Columns]], where: str, made: Columns) -> str:
        key = self.pick(scope, self.rng.choice(["text", "int"]))
        key = key if "." in key else "1"
        having = f" HAVING count(*) > {self.rng.randint(0, 2)}" if self.rng.random() < 0.4 else ""
        cells: list[str] = []
        for name, kind in made:
            word = self.rng.choice(["max", "min"])
            if kind == "int":
                word = self.rng.choice(["sum", "max", "count", "count"])
            cells.append(f"{word}({self.pick(scope, kind)}) AS {name}")
        return f"SELECT {', '.join(cells)} FROM {text}{where} GROUP BY {key}{having}"
