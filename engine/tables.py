"""A schema as values: tables with their columns, each with the place where it is defined."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .errors import Location

Kind = Literal["table", "view", "form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table or view; `location` is the place of its name in the file that defines it."""

    table: str
    name: str
    location: Location
    schema: str = ""
    data_type: str = ""
    """The type as the dialect writes it; empty when there is none (SQLite, a view)."""
    domain: str = ""
    """The name of the domain, enumeration or alias that is its type, where the schema defines that."""
    nullable: bool = True
    comment: str = ""
    primary_key: bool = False
    default: str = ""
    generated: str = ""
    """The expression of a generated column."""
    identity: bool = False
    """The database counts it up: an identity column, AUTO_INCREMENT, a rowid."""
    references: str = ""
    """The column that a foreign key leads to: `crm.customer.id`."""
    inside: str = ""
    """The column whose composite type this one is an attribute of: queries do not see it as a column."""
    tag: str = ""
    """The category that somebody declared beside the column (dbt `meta`, a catalog's export); `none` when reviewed."""

    @property
    def path(self) -> str:
        """The name of the column with table and schema: `crm.customer.mobile`."""
        holder = f"{self.schema}.{self.table}" if self.schema else self.table
        return f"{holder}.{self.name}" if holder else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, view or form; a view and a table made from a query carry their SQL, a form has fields for columns."""

    name: str
    columns: tuple[Column, ...]
    location: Location
    schema: str = ""
    comment: str = ""
    kind: Kind = "table"
    sql: str = ""
    partition_of: str = ""
    """The table of which this one, attached later, is a partition."""
    materialized: bool = False
    """A view that keeps rows of its own."""
    altered: bool = False
    """The source only changes it: what defines it stands elsewhere."""
    copy_of: str = ""
    """The table whose data this one seems to copy, with its schema: as `engine.copies` tells."""
    channel: str = ""
    """Of a form: the channel that it belongs to, where it says so."""
    purpose: str = ""
    """Of a form: the purpose for which it asks, where it says so."""

    @property
    def stored(self) -> bool:
        """Whether it keeps rows of its own: a plain view does not."""
        return self.kind == "table" or self.materialized

    @property
    def path(self) -> str:
        """The name of the table with its schema: `crm.customer`."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A right on a table, or a role given to somebody; `grantee` is `PUBLIC` for everybody."""

    grantee: str
    privileges: tuple[str, ...]
    """In capitals: `SELECT`; `SELECT(mobile)` when it is restricted to a column; none when a role is given."""
    location: Location
    dataset: str = ""
    """The table with its schema; `crm.*` for all of a schema."""
    role: str = ""
    """The role that is given."""


@dataclass(frozen=True, slots=True)
class Unparsed:
    """A statement that matters to the schema and could not be understood: its place and why."""

    location: Location
    message: str
    digest: str = ""
    """Of the statement's text, white space aside: it stays the same when the statement moves in its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Everything a schema source says, in its own order."""

    tables: tuple[Table, ...]
    unparsed: tuple[Unparsed, ...] = ()
    grants: tuple[Grant, ...] = ()
    dialect: str = ""
    """The dialect of the (first) file, as sqlglot names it."""
    partitions: tuple[tuple[str, str], ...] = ()
    """(partition, parent table) of partitions without columns of their own; they are not among `tables`."""
    heirs: tuple[tuple[str, str], ...] = ()
    """(heir, parent table) of PostgreSQL's inheritance: who reads the parent reads the rows of the heir, too."""
    skipped: dict[str, int] = field(default_factory=dict[str, int])
    """How many statements of each kind do not matter to the schema: `{"INSERT": 20}`."""

    def size(self) -> int:
        """How many tables and columns there are."""
        return sum(1 + len(table.columns) for table in self.tables)

    def columns(self) -> Iterator[Column]:
        """Every column of every table and view."""
        for table in self.tables:
            yield from table.columns
