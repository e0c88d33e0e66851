"""Generated schemas for statements: names that need quotes, tables of the same name, views on views."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tutela.engine.errors import Location
from tutela.engine.tables import Column, Schema, Table

if TYPE_CHECKING:
    import random

SCHEMAS = ("public", "hr", "Sales Dept")
NAMES = ("customer", "orders", "Mixed", "order", "客户", "line item", "t", 'q"x', "contract")
COLUMNS = ("id", "k", "name", "Phone", "group", "Full Name", "ssn", "手机", 'c"d', "customer", "total", "t")
PLACE = Location("schema.sql")


def quoted(name: str, *, always: bool = True) -> str:
    """The name as an identifier; without quotes where it needs none, if asked for."""
    if (
        not always
        and name.isascii()
        and name.isidentifier()
        and name == name.lower()
        and name not in ("order", "group")
    ):
        return name
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Relation:
    """A table or view: every column is an integer."""

    schema: str
    name: str
    columns: tuple[str, ...]
    body: str = ""
    """The query of a view."""
    parts: tuple[str, ...] = ()
    """For each column of a view, the same query with this output alone; the last one has none. Empty: see `body`."""

    @property
    def path(self) -> str:
        """The quoted name with its schema."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def part(self, column: str | None) -> str:
        """The query whose columns decide what this column (or just the number of rows) shows."""
        if not self.parts:
            return self.body
        return self.parts[-1 if column is None else self.columns.index(column)]

    def table(self, *, as_view: bool) -> Table:
        """The table as the analysis knows it; a view with its query, or as if it were a table."""
        columns = tuple(Column(table=self.name, name=name, schema=self.schema, location=PLACE) for name in self.columns)
        shown = bool(self.body) and as_view
        return Table(
            name=self.name,
            schema=self.schema,
            columns=columns,
            location=PLACE,
            kind="view" if shown else "table",
            sql=self.body if shown else "",
        )


@dataclass
class World:
    """Tables first, then views over what stands before them, and the path on which names are looked for."""

    path: tuple[str, ...]
    relations: list[Relation] = field(default_factory=list[Relation])

    def schema(self, *, views: bool) -> Schema:
        """What the analysis gets: views with their queries, or as tables of their own."""
        return Schema(tables=tuple(relation.table(as_view=views) for relation in self.relations), dialect="postgres")

    def find(self, schema: str, name: str) -> Relation:
        """The relation of this name."""
        return next(found for found in self.relations if (schema, name) == (found.schema, found.name))

    def visible(self, relation: Relation) -> bool:
        """Whether its bare name means it on the search path."""
        same = {found.schema for found in self.relations if found.name == relation.name}
        return relation.schema == next((schema for schema in self.path if schema in same), None)

    def script(self) -> list[str]:
        """The statements that make it; schemas come before."""
        lines = list[str]()
        for relation in self.relations:
            if relation.body:
                names = ", ".join(quoted(name) for name in relation.columns)
                lines.append(f"CREATE VIEW {relation.path} ({names}) AS {relation.body}")
            else:
                cells = ", ".join(f"{quoted(name)} integer" for name in relation.columns)
                lines.append(f"CREATE TABLE {relation.path} ({cells})")
        return lines


def tables(rng: random.Random, count: int = 7) -> World:
    """Tables with three to six columns; the first two tables have the same name in two schemas."""
    path = (*rng.sample(SCHEMAS, 2), "pg_catalog")
    world = World(path)
    names = [*(rng.sample(NAMES, count - 1))]
    for number, name in enumerate([names[0], *names]):
        schema = SCHEMAS[number] if number < 2 else rng.choice(SCHEMAS)
        columns = tuple(rng.sample(COLUMNS, rng.randint(3, 6)))
        world.relations.append(Relation(schema, name, columns))
    return world
