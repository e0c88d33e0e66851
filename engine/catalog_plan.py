"""A classified schema beside the catalog: what is missing there, what is gone, and where the two disagree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .facts_catalog import key_of, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .classifier import Classified
    from .lineage import Classification
    from .tables import Table
    from .taxonomy import Taxonomy

SURE: Final = 0.85
"""The confidence from which the classifier contradicts a person."""


class NewColumn(NamedTuple):
    """A column for the catalog; without a category it is listed and nobody has said anything."""

    name: str
    category: str | None
    note: str
    """Why: `0.90 name mobile`."""


class NewDataset(NamedTuple):
    """A table for the catalog."""

    dataset: str
    copy_of: str
    columns: tuple[NewColumn, ...]


class Contradiction(NamedTuple):
    """A category that a person wrote, and another one that the classifier is sure of."""

    at: tuple[int, int]
    """The numbers of the data set and of the column in the catalog."""
    declared: str | None
    found: Classified


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogPlan:
    """What a merge adds, and what a check tells; numbers are those of entries and columns in the catalog."""

    datasets: tuple[NewDataset, ...] = ()
    columns: Mapping[int, tuple[NewColumn, ...]] = field(default_factory=dict[int, tuple[NewColumn, ...]])
    categories: Mapping[tuple[int, int], NewColumn] = field(default_factory=dict[tuple[int, int], NewColumn])
    """Columns that are listed without a category, for which one was found."""
    gone_datasets: tuple[int, ...] = ()
    gone_columns: tuple[tuple[int, int], ...] = ()
    undeclared: tuple[Classified, ...] = ()
    """Personal columns for which the catalog has no category."""
    contradictions: tuple[Contradiction, ...] = ()
    listed: int = 0
    total: int = 0

    @property
    def coverage(self) -> float:
        """The share of columns that stand in the catalog; of none, all do."""
        return self.listed / self.total if self.total else 1.0


class _Books:
    """The catalog by name."""

    def __init__(self, entries: Sequence[Mapping[str, Any]], default_schema: str | None) -> None:
        self.default = default_schema
        self.numbers = {key_of(entry["dataset"]): number for number, entry in enumerate(entries)}
        self.short: dict[str, list[int]] = {}
        for name, number in self.numbers.items():
            self.short.setdefault(name.rpartition(".")[2], []).append(number)

    def find(self, table: Table) -> int | None:
        """The number of a table's entry: by its full name, in the default schema, or by a last part that is unique."""
        found = self.numbers.get(key_of(self.name(table)))
        if found is None and not table.schema:
            ending = self.short.get(key_of(table.name), ())
            found = ending[0] if len(ending) == 1 else None
        return found

    def name(self, table: Table) -> str:
        """The name under which a table enters the catalog."""
        return f"{self.default}.{table.name}" if self.default and not table.schema else table.path


def plan_catalog(
    found: Classification,
    entries: Sequence[Mapping[str, Any]],
    taxonomy: Taxonomy,
    *,
    default_schema: str | None = None,
) -> CatalogPlan:
    """Compare every column of a schema with the catalog's entries."""
    books = _Books(entries, default_schema)
    tables = _tables(found, books)
    work = _Work(entries, taxonomy)
    names = {key_of(name) for name in tables} | books.numbers.keys()
    for name, (table, columns) in tables.items():
        number = books.find(table)
        if number is None:
            copy = table.copy_of if key_of(table.copy_of) in names else ""
            made = tuple(_new(column) for column in columns.values())
            work.datasets.append(NewDataset(name, copy, made))
            work.undeclared += [column for column in columns.values() if work.personal(column)]
        else:
            work.merge(number, columns)
    seen = {number for table, _ in tables.values() if (number := books.find(table)) is not None}
    spaces = {key_of(name).rpartition(".")[0] for name in tables}
    gone = [n for name, n in books.numbers.items() if n not in seen and name.rpartition(".")[0] in spaces]
    return CatalogPlan(
        datasets=tuple(work.datasets),
        columns=work.columns,
        categories=work.categories,
        gone_datasets=tuple(gone),
        gone_columns=tuple(work.gone),
        undeclared=tuple(work.undeclared),
        contradictions=tuple(work.contradictions),
        listed=work.listed,
        total=sum(len(columns) for _, columns in tables.values()),
    )


def _tables(found: Classification, books: _Books) -> dict[str, tuple[Table, dict[str, Classified]]]:
    """The tables by the name of the catalog, each column once; partitions are their parents' rows."""
    tables: dict[str, tuple[Table, dict[str, Classified]]] = {}
    spelled: dict[str, str] = {}
    for table, columns in found.tables:
        if not table.partition_of and table.columns:
            name = spelled.setdefault(key_of(books.name(table)), books.name(table))
            kept = tables.setdefault(name, (table, {}))[1]
            for column in columns:
                kept.setdefault(key_of(column.column.name), column)
    return tables


class _Work:
    """What comes together while tables are compared."""

    def __init__(self, entries: Sequence[Mapping[str, Any]], taxonomy: Taxonomy) -> None:
        self.entries = entries
        self.taxonomy = taxonomy
        self.datasets: list[NewDataset] = []
        self.columns: dict[int, tuple[NewColumn, ...]] = {}
        self.categories: dict[tuple[int, int], NewColumn] = {}
        self.gone: list[tuple[int, int]] = []
        self.undeclared: list[Classified] = []
        self.contradictions: list[Contradiction] = []
        self.listed = 0

    def personal(self, column: Classified) -> bool:
        """Whether a column holds personal data."""
        return column.category is not None and self.taxonomy.is_personal(column.category)

    def merge(self, number: int, columns: Mapping[str, Classified]) -> None:
        """Compare the columns of one data set."""
        declared: Sequence[Mapping[str, Any]] = self.entries[number].get("columns", ())
        known = {key_of(entry["name"]): at for at, entry in enumerate(declared)}
        added = [_new(column) for name, column in columns.items() if name not in known]
        if added:
            self.columns[number] = tuple(added)
        self.gone += [(number, at) for name, at in known.items() if name not in columns]
        self.listed += len(columns.keys() & known.keys())
        for name, column in columns.items():
            at = known.get(name)
            if at is None or "category" not in declared[at]:
                self.undeclared += [column] if self.personal(column) else []
                if at is not None and column.category:
                    self.categories[number, at] = _new(column)
            elif (
                column.category and column.confidence >= SURE and not _agree(declared[at]["category"], column.category)
            ):
                self.contradictions.append(Contradiction((number, at), declared[at]["category"], column))


def _agree(declared: str | None, found: str) -> bool:
    """Whether one category is the other, or stands above or below it."""
    return declared is not None and (within(declared, [found]) or within(found, [declared]))


def _new(column: Classified) -> NewColumn:
    return NewColumn(column.column.name, column.category, _note(column.confidence, column.evidence))


def _note(confidence: float, evidence: Iterable[str]) -> str:
    return f"{confidence:.2f} {'; '.join(evidence)}".strip()
