"""A table while statements may still change it, and the places of what stands in a script."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from tutela.engine.errors import Location
from tutela.engine.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tutela.engine.tables import Kind

    from .ddl_parse import Definition, Link, Name

_STRETCH: Final = 1 << 11


class Places:
    """Offsets in a text as locations; little is kept, since a dump may have millions of lines."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self._text = text
        self._carriage = "\r" in text
        self._before = [0]
        for start in range(0, len(text), _STRETCH):
            self._before.append(self._before[-1] + self._breaks(start, min(len(text), start + _STRETCH)))

    def _breaks(self, start: int, end: int) -> int:
        """How many line ends there are; one of two characters counts where it starts, and counts once."""
        text = self._text
        if not self._carriage:
            return text.count("\n", start, end)
        return text.count("\n", start, end) + text.count("\r", start, end) - text.count("\r\n", start, end + 1)

    def at(self, offset: int) -> Location:
        """The line and column of an offset."""
        offset = min(offset, len(self._text))
        stretch = offset // _STRETCH
        line = self._before[stretch] + self._breaks(stretch * _STRETCH, offset) + 1
        start = self._text.rfind("\n", 0, offset) + 1
        if self._carriage:
            start = max(start, self._text.rfind("\r", start, offset) + 1)
        return Location(self.file, line, offset - start + 1)


Attributes: TypeAlias = "tuple[tuple[Definition, Location], ...]"
"""The attributes of a composite type, each with its place."""


class Session(NamedTuple):
    """Where a name without a schema leads to: `USE`, `CONNECT` and `SET search_path` change it."""

    database: str = ""
    schema: str = ""


NOWHERE: Final = Session()


@dataclass(slots=True, kw_only=True)
class Draft:
    """A table that statements may still change."""

    name: Name
    location: Location
    columns: list[Column] = field(default_factory=list[Column])
    comment: str = ""
    kind: Kind = "table"
    sql: str = ""
    partition_of: str = ""
    materialized: bool = False
    altered: bool = False
    """Only changes of it were read, and no definition."""
    session: Session = NOWHERE
    """Where it was made."""
    heirs: list[Draft] = field(default_factory=list["Draft"])
    """The tables that inherit its columns, those that it gets later, too."""
    links: dict[str, Link] = field(default_factory=dict[str, "Link"])
    """Where the foreign keys of columns lead to, by name in lower case."""

    @property
    def full(self) -> Name:
        """Its name with the schema that the session gave it where the statement names none."""
        return self.name if self.name.schema else self.name._replace(schema=self.session.schema)

    def add(self, column: Definition, location: Location) -> None:
        """Put a column at the end; one of the same name is replaced."""
        self.put(column_as(self.name, column, location))
        if column.link:
            self.links[column.name.lower()] = column.link

    def hand_down(self, column: Column) -> None:
        """Give a column to the tables that inherit from this one, unless they have it."""
        heirs = [*self.heirs]
        while heirs:
            heir = heirs.pop()
            if heir.index(column.name) is None:
                heir.put(column)
                heirs += heir.heirs

    def change(self, index: int, **changes: Any) -> None:  # noqa: ANN401 - attributes of a column
        """Give the column at `index` other attributes; its foreign key follows its name."""
        old = self.columns[index]
        self.columns[index] = new = replace(old, **changes)
        if link := self.links.pop(old.name.lower(), None):
            self.links[new.name.lower()] = link

    def key(self, names: frozenset[str]) -> None:
        """Make the columns of these names (in lower case) the primary key."""
        for index, column in enumerate(self.columns):
            if column.name.lower() in names:
                self.columns[index] = replace(column, primary_key=True, nullable=False)

    def count_rows(self) -> None:
        """SQLite counts a single INTEGER key up: it is the rowid."""
        keys = [index for index, column in enumerate(self.columns) if column.primary_key]
        if len(keys) == 1 and self.columns[keys[0]].data_type.upper() == "INTEGER":
            self.change(keys[0], identity=True)

    def put(self, column: Column) -> None:
        """Put a column of this or another table at the end, or in the place of one of the same name."""
        own = column
        if (column.table, column.schema) != self.name:
            own = replace(column, table=self.name.name, schema=self.name.schema)
        index = self.index(column.name)
        if index is None:
            self.columns.append(own)
        else:
            self.columns[index] = own

    def index(self, name: str) -> int | None:
        """Where the column of this name is; names differ by more than case."""
        wanted = name.lower()
        return next((i for i, column in enumerate(self.columns) if column.name.lower() == wanted), None)

    def frozen(self, columns: Iterable[Column]) -> Table:
        """The table as a value, with these columns."""
        return Table(
            name=self.full.name,
            schema=self.full.schema,
            columns=tuple(columns),
            location=self.location,
            comment=self.comment,
            kind=self.kind,
            sql=self.sql,
            partition_of=self.partition_of,
            materialized=self.materialized,
            altered=self.altered,
        )


def column_as(table: Name, column: Definition, location: Location) -> Column:
    """A defined column as a value."""
    return Column(
        table=table.name,
        schema=table.schema,
        name=column.name,
        location=location,
        data_type=column.data_type,
        nullable=column.nullable,
        comment=column.comment,
        primary_key=column.primary_key,
        default=column.default,
        generated=column.generated,
        identity=column.identity,
    )
