"""Rows of a catalog, as a driver gives them, put together to a `Schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tutela.engine.tables import Column, Grant, Schema, Table, Unparsed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .live_target import LiveOptions, Target

HIDDEN: Final = "the columns of `{table}` cannot be seen"
HIDDEN_VIEW: Final = "the query of the view `{table}` cannot be seen"

_EVERY_RIGHT: Final = {
    "postgres": frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}),
    "mysql": frozenset(
        {
            "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "CREATE VIEW",
            "SHOW VIEW", "TRIGGER",
        }
    ),
}  # fmt: skip
"""What `GRANT ALL` gives on a table, in every version: a catalog lists it one by one."""
Key = tuple[str, str]
"""Schema and table."""


class TableRow(NamedTuple):
    """A table or view as the catalog lists it."""

    schema: str
    name: str
    view: bool = False
    comment: str | None = None
    sql: str | None = None
    materialized: bool = False


class ColumnRow(NamedTuple):
    """A column as the catalog lists it, in the order of its table."""

    schema: str
    table: str
    name: str
    data_type: str | None = None
    nullable: bool = True
    default: str | None = None
    comment: str | None = None
    identity: bool = False
    generated: str | None = None
    domain: str | None = None
    """The name of the domain or enumeration that is its type."""
    inside: str = ""
    """The column of which this one is an attribute."""


class LinkRow(NamedTuple):
    """One column of a foreign key, and the column that it leads to."""

    schema: str
    table: str
    column: str
    to_schema: str
    to_table: str
    to_column: str


class GrantRow(NamedTuple):
    """A right of somebody on a table, or on one of its columns."""

    grantee: str
    schema: str
    table: str
    column: str
    privilege: str


class Found:
    """What a reader gathers; `build` makes the values."""

    def __init__(self, target: Target, options: LiveOptions, dialect: str, queries: int) -> None:
        self.target, self.options = target, options
        self.schemas: list[str] = []
        self.tables: list[TableRow] = []
        self.columns: list[ColumnRow] = []
        self.keys: set[tuple[str, str, str]] = set()
        self.links: list[LinkRow] = []
        self.grants: list[GrantRow] = []
        self.roles: list[tuple[str, str]] = []
        """(member, role)."""
        self.partitions: list[tuple[str, str]] = []
        self.heirs: list[tuple[str, str]] = []
        self.bare: set[Key] = set()
        """Tables that have no column, and hide none."""
        self.unseen: list[str] = []
        """What this account cannot see; each is a finding."""
        self._dialect, self._queries, self._done = dialect, queries, 0

    def step(self) -> None:
        """Another query is done."""
        self._done += 1
        self.options.step(self._done, self._queries)

    def build(self) -> Schema:
        """The schema; raises InputError when there is no table at all."""
        place = self.target.location
        by_table = self._columns()
        tables: list[Table] = []
        for row in self.tables:
            columns = by_table.pop((row.schema, row.name), [])
            if not columns and (row.schema, row.name) not in self.bare:
                self.unseen.append(HIDDEN.format(table=_path(row.schema, row.name)))
                continue
            if row.view and not row.sql:
                self.unseen.append(HIDDEN_VIEW.format(table=_path(row.schema, row.name)))
            table = Table(
                name=row.name,
                schema=row.schema,
                columns=tuple(columns),
                location=place,
                comment=row.comment or "",
                kind="view" if row.view else "table",
                sql=(row.sql or "").strip().rstrip(";"),
                materialized=row.materialized,
            )
            tables.append(table)
        if not tables and not self.unseen:
            self.target.fail("live-empty", schemas=", ".join(self.schemas[:20]) or "-")
        return Schema(
            tables=tuple(tables),
            unparsed=tuple(Unparsed(place, text) for text in self.unseen),
            grants=(*self._rights(), *(Grant(grantee=m, privileges=(), location=place, role=r) for m, r in self.roles)),
            dialect=self._dialect,
            partitions=tuple(self.partitions),
            heirs=tuple(self.heirs),
        )

    def _columns(self) -> dict[Key, list[Column]]:
        """The columns of each table; those of partitions, which the tables do not list, are among them, unused."""
        place = self.target.location
        links: dict[tuple[str, str, str], str] = {}
        for link in self.links:
            leads = f"{_path(link.to_schema, link.to_table)}.{link.to_column}"
            links.setdefault((link.schema, link.table, link.column), leads)
        texts: dict[str, str] = {}  # forty thousand columns have some twenty types
        found: dict[Key, list[Column]] = {}
        for row in self.columns:
            schema, table, name, data_type, nullable, default, comment, identity, generated, domain, inside = row
            key = (schema, table, name)
            kind = data_type or ""
            column = Column(
                table=table,
                schema=schema,
                name=name,
                location=place,
                data_type=texts.setdefault(kind, kind),
                nullable=nullable and key not in self.keys,
                comment=comment or "",
                primary_key=key in self.keys,
                default="" if generated else default or "",
                identity=identity,
                domain=domain or "",
                generated=generated or "",
                references=links.get(key, ""),
                inside=inside,
            )
            found.setdefault((schema, table), []).append(column)
        return found

    def _rights(self) -> Iterable[Grant]:
        """One grant for each grantee and table, with all privileges; `ALL` where nothing is left out."""
        every = _EVERY_RIGHT.get(self._dialect)
        rights: dict[tuple[str, str], list[str]] = {}
        for grantee, schema, table, column, privilege in self.grants:
            text = f"{privilege.upper()}({column})" if column else privilege.upper()
            rights.setdefault((grantee, _path(schema, table)), []).append(text)
        for (grantee, dataset), texts in sorted(rights.items()):
            privileges = ("ALL",) if every and every.issubset(texts) else tuple(sorted(set(texts)))
            yield Grant(grantee=grantee, privileges=privileges, location=self.target.location, dataset=dataset)


def _path(schema: str, table: str) -> str:
    return f"{schema}.{table}" if schema else table
