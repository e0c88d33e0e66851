"""The tables a statement can name, found by the dialect's own rules for case, quotes and default schemas."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.schema import MappingSchema

from .statements_lower import UnresolvedError
from .statements_words import LEAKING_CATALOGS, PG_CATALOGS, SYSTEM_SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .tables import Schema, Table

CATALOG_DB: Final = "tutela_catalog"
"""Every known table is renamed into this schema, so that no name of the statement can capture it."""
SYSTEM_DB: Final = "tutela_system"

_DIALECTS: Final = {
    "": "",
    "postgresql": "postgres",
    "mariadb": "mysql, normalization_strategy = case_insensitive",
    "mysql": "mysql, normalization_strategy = case_insensitive",
    "mssql": "tsql",
    "sqlserver": "tsql",
}
_DEFAULT_SCHEMAS: Final = {"postgres": "public", "tsql": "dbo", "duckdb": "main", "sqlite": "main"}


class TableRef(NamedTuple):
    """A table as the catalogue spells it."""

    schema: str
    table: str


class ColumnRef(NamedTuple):
    """A column as the catalogue spells it; the column `*` stands for all columns of the table."""

    schema: str
    table: str
    column: str

    @property
    def path(self) -> str:
        """The name with its schema and table: `crm.customer.mobile`."""
        return ".".join(part for part in self if part)


ANYTHING: Final = ColumnRef("*", "*", "*")
"""Any column of any table: what a statement touches about which nothing is known."""


@dataclass(slots=True, eq=False)
class Entry:
    """One table of the catalogue: its internal name, and its columns under every spelling that occurs."""

    key: str
    table: Table
    ref: TableRef
    spellings: dict[str, str] = field(default_factory=dict[str, str])
    folded: dict[str, str] = field(default_factory=dict[str, str])
    """The part of them that is right only if the definition has the name without quotes."""
    parent: Entry | None = None
    """The table of which this one is a partition: its rows are the parent's rows too."""
    heirs: tuple[Entry, ...] = ()
    """The tables that inherit from this one, and from those: their rows are rows of this one, too."""

    @property
    def refs(self) -> frozenset[TableRef]:
        """The tables whose rows are read where this one is named."""
        return frozenset({self.ref, *(heir.ref for heir in self.heirs)})

    def column(self, spelling: str) -> frozenset[ColumnRef]:
        """The column of this spelling, and those of the partitioned table and of heirs; empty when unknown."""
        name = self.spellings.get(spelling)
        if name is None:
            return frozenset()
        found = {ColumnRef(*self.ref, name)}
        found.update(
            ColumnRef(*heir.ref, heir.spellings[spelling]) for heir in self.heirs if spelling in heir.spellings
        )
        return self.parent.column(spelling) | found if self.parent else frozenset(found)

    def all(self) -> frozenset[ColumnRef]:
        """Every column: `*`."""
        own = frozenset({ColumnRef(*self.ref, "*")})
        if self.heirs:
            own = own.union(*(self.column(spelling) for spelling in self.spellings))
        return own | self.parent.all() if self.parent else own

    def alone(self) -> Entry:
        """The table without its heirs: a row that is added is its own."""
        return replace(self, heirs=()) if self.heirs else self


class Unknown(NamedTuple):
    """A table that the catalogue does not know."""

    ref: TableRef
    system: bool = False
    """True for a table of the system catalogue that holds no customer data."""

    @property
    def refs(self) -> frozenset[TableRef]:
        """The tables whose rows are read where this one is named."""
        return frozenset({self.ref})


def sqlglot_dialect(dialect: str) -> str:
    """The dialect as sqlglot wants it, with the folding rules that servers have by default."""
    name = dialect.strip().lower()
    return _DIALECTS.get(name, name)


class Catalog:
    """Tables and columns of a schema, looked up as the dialect folds names."""

    def __init__(
        self,
        schema: Schema | None,
        dialect: str,
        *,
        default_schema: str | None = None,
        search_path: Sequence[str] = (),
    ) -> None:
        self.dialect = sqlglot_dialect(dialect)
        self.family = self.dialect.split(",", maxsplit=1)[0]
        self._rules = Dialect.get_or_raise(self.dialect)
        default = _DEFAULT_SCHEMAS.get(self.family, "") if default_schema is None else default_schema
        self.path: tuple[str, ...] = tuple(search_path) or ((default,) if default else ())
        self.default = default or (self.path[0] if self.path else "")
        self.database = ""
        """The database that statements run in: a full name that begins with it is one of these tables."""
        self.entries: dict[str, Entry] = {}
        self._by_name: dict[str, list[Entry]] = {}
        tables = schema.tables if schema else ()
        for table in tables:
            self._add(table)
        paths = {entry.table.path: entry for entry in self.entries.values()}
        names = {entry.table.name: entry for entry in self.entries.values()}

        def named(path: str) -> Entry | None:
            return paths.get(path) or names.get(path.rpartition(".")[2])

        self._link_partitions(tables, schema.partitions if schema else (), named)
        self._link_heirs(schema.heirs if schema else (), named)
        self.mapping = MappingSchema(self._mapping(), dialect=self.dialect, normalize=False)
        self.words = frozenset(
            name.lower() for entry in self.entries.values() for name in (entry.ref.table, *entry.spellings)
        )
        """The names of all tables and columns, in lower case."""

    def within(self, schema: str) -> Catalog:
        """The same tables, as a view in this schema sees them: its own schema first."""
        if not schema or schema in self.path[:1]:
            return self
        found = copy(self)
        found.path = (schema, *self.path)
        return found

    def in_database(self, name: str) -> Catalog:
        """The same tables, as statements in this database name them; in PostgreSQL there are no others."""
        if self.family == "postgres":
            return self
        found = copy(self)
        found.database = name
        return found

    def _add(self, table: Table) -> None:
        key = f"t{len(self.entries)}"
        entry = Entry(key, table, TableRef(table.schema, table.name))
        entry.spellings = self.spell(column.name for column in table.columns if not column.inside)
        entry.folded = self._folded(entry.spellings)
        self.entries[key] = entry
        for name in self._spellings(table.name):
            self._by_name.setdefault(name, []).append(entry)

    def _link_partitions(
        self, tables: Iterable[Table], partitions: Iterable[tuple[str, str]], named: Callable[[str], Entry | None]
    ) -> None:
        for table, entry in zip(tables, list(self.entries.values()), strict=True):
            parent = named(table.partition_of)
            if table.partition_of and parent is not entry:
                entry.parent = parent
        for entry in self.entries.values():  # a cycle would never end
            seen, at = {entry.key}, entry
            while at.parent:
                if at.parent.key in seen:
                    at.parent = None
                    break
                at = at.parent
                seen.add(at.key)
        leads = {name: of for part, of in partitions for name in (part, part.rpartition(".")[2])}
        for partition, of in partitions:
            top, passed = of, {partition}
            while named(top) is None and top in leads and top not in passed:  # a partition of a partition
                passed.add(top)
                top = leads[top]
            parent = named(top)
            if parent:
                for name in self._spellings(partition.rpartition(".")[2]):
                    self._by_name.setdefault(name, []).append(parent)

    def _link_heirs(self, heirs: Iterable[tuple[str, str]], named: Callable[[str], Entry | None]) -> None:
        children: dict[str, list[Entry]] = {}
        for heir, of in heirs:
            child, parent = named(heir), named(of)
            if child and parent:
                children.setdefault(parent.key, []).append(child)
        for key, born in children.items():
            found: dict[str, Entry] = {}
            waiting = [*born]
            while waiting:  # a cycle ends, too
                entry = waiting.pop()
                if entry.key not in found and entry.key != key:
                    found[entry.key] = entry
                    waiting += children.get(entry.key, ())
            self.entries[key].heirs = tuple(found.values())

    def _mapping(self) -> dict[str, object]:
        tables: dict[str, object] = {
            entry.key: dict.fromkeys(entry.spellings, "unknown") for entry in self.entries.values() if entry.spellings
        }
        return {CATALOG_DB: tables} if tables else {}

    def spell(self, names: Iterable[str]) -> dict[str, str]:
        """Every spelling under which the columns can appear in a normalised statement -> the stored name."""
        stored = list(names)
        result = {self.fold(name, quoted=True): name for name in stored}
        for name in stored:
            result.setdefault(self.fold(name, quoted=False), name)
        return result

    def names(self, entry: Entry) -> tuple[str, ...]:
        """Every spelling of the table's own name in a normalised statement."""
        return self._spellings(entry.ref.table)

    def _folded(self, spellings: dict[str, str]) -> dict[str, str]:
        return {name: stored for name, stored in spellings.items() if self.fold(stored, quoted=True) != name}

    def _spellings(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.fold(name, quoted=False), self.fold(name, quoted=True))))

    def knows(self, column: str) -> bool:
        """Whether some table has a column of this spelling."""
        return any(column in entry.spellings for entry in self.entries.values())

    def fold(self, name: str, *, quoted: bool) -> str:
        """A name as the dialect sees it."""
        return normalize_identifiers(exp.to_identifier(name, quoted=quoted), dialect=self._rules).name

    def normalize(self, table: exp.Table) -> exp.Table:
        """The name of a table as the dialect sees it, without what hangs on it."""
        bare = exp.Table(**{part: node.copy() for part in ("this", "db", "catalog") if (node := table.args.get(part))})
        return normalize_identifiers(bare, dialect=self._rules)

    def find(self, table: exp.Table) -> Entry | Unknown:
        """The table that a (normalised) name means."""
        db, name = table.db, table.name
        foreign = table.catalog.lower() not in ("", self.database.lower()) and self.family != "postgres"
        found = self._by_name.get(name, []) if not foreign else []
        schemas = (db,) if db else self.path
        if meant := self._meant(found, schemas, name):
            return meant
        if not db and len(found) == 1:
            return found[0]
        if db and not self.default and len(found) == 1 and not found[0].ref.schema:
            return found[0]
        return Unknown(TableRef(db or self.default, name), system=not foreign and self._is_system(db, name))

    def _meant(self, found: list[Entry], schemas: tuple[str, ...], name: str) -> Entry | None:
        """The first of the tables on a path; raises UnresolvedError where case alone tells two tables apart."""
        if not found:
            return None
        here = [entry for schema in schemas for entry in found if self._stands_in(entry, schema)]
        if len({entry.ref for entry in here}) < 2:
            return here[0] if here else None
        first = here[0]
        same = [entry for entry in here if entry.ref.table == name]
        other = any(entry.ref.table != name and entry.ref.table.lower() == name.lower() for entry in here)
        if not other:
            return first
        # A schema file keeps `Customer` as it is written there, quoted or not: only in one and the same schema
        # do two such names stand for two tables.
        if same and self.fold("Aa", quoted=True) == "Aa" and same[0].ref.schema == first.ref.schema:
            return same[0]
        raise UnresolvedError("table-hidden", name, whole=True)

    def _stands_in(self, entry: Entry, schema: str) -> bool:
        own = entry.ref.schema or self.default
        return not own or schema in self._spellings(own)

    def _is_system(self, db: str, name: str) -> bool:
        folded = name.lower()
        if folded in LEAKING_CATALOGS:
            return False
        if db:
            return db.lower() in SYSTEM_SCHEMAS
        return self.family == "postgres" and folded in PG_CATALOGS

    def whole(self) -> frozenset[ColumnRef]:
        """All columns of all tables, or `ANYTHING` when no table is known."""
        return frozenset(ColumnRef(*entry.ref, "*") for entry in self.entries.values()) or frozenset({ANYTHING})
