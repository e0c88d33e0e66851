"""What stands in a statement instead of a table: a subquery with its masked columns and the rows that may be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlglot import exp

from .masks import Masking, masking, nothing, type_of
from .obligations import FILTER_ROWS, MASK_COLUMNS
from .rewrite_words import RefusedError
from .row_filters import FilterError, RowFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .decision import Decision
    from .model import Obligation
    from .policyset import PolicySet
    from .statements_catalog import Catalog, Entry
    from .tables import Column

ALIAS: Final = "tutela"
"""The name of the table inside of its subquery: all its columns are written with it, so nothing captures them."""
CARRIED_OUT: Final = frozenset({MASK_COLUMNS, FILTER_ROWS})


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be seen of one table, whoever names it in the statement."""

    entry: Entry
    asked: frozenset[str]
    """Columns that were decided about; `*` stands for all."""
    maskings: tuple[Masking, ...]
    filters: tuple[tuple[RowFilter, Any], ...]
    """Conditions, each with the question whose values it is bound to."""

    def subquery(
        self, catalog: Catalog, name: exp.Expr, spell: Callable[[str], str], classes: Classes, *, whole: bool
    ) -> exp.Select:
        """The masked and filtered rows of the table; `whole` keeps the place of columns that nobody asked for."""
        family = catalog.family
        cells: list[exp.Expr] = []
        for column in columns_of(self.entry):
            wanted = "*" in self.asked or column.name in self.asked
            if not wanted and not whole:
                continue
            spelled = spell(column.name)
            place = exp.column(spelled, table=ALIAS, quoted=True)
            cell = self._masked(column, place, classes, catalog.dialect, family) if wanted else nothing(place)
            cells.append(exp.alias_(cell, spelled, quoted=True))
        if not cells:
            cells = [exp.alias_(exp.Literal.number(1), f"{ALIAS}_row", quoted=True)]
        made = exp.select(*cells).from_(exp.alias_(name, ALIAS, table=True, quoted=True))
        conditions = [self._condition(one, question, catalog, spell) for one, question in self.filters]
        if conditions:
            # OFFSET is a fence: without it the database may try the statement's own conditions on hidden rows
            # first, whose values then show in its errors.
            made = made.where(*conditions, copy=False).offset(0, copy=False)
        return made

    def _masked(self, column: Column, place: exp.Expr, classes: Classes, dialect: str, family: str) -> exp.Expr:
        found = None
        held, classified = classes.of(self.entry, column.name)
        for one in self.maskings:
            if one.covers(column.name, held, classified=classified):
                found = one.mask if found is None else found.stricter(one.mask)
        if found is None:
            return place
        return found.sql(place, _type(column, dialect), family)

    def _condition(self, one: RowFilter, question: Any, catalog: Catalog, spell: Callable[[str], str]) -> exp.Expr:  # noqa: ANN401 (request-like)
        places: dict[str, tuple[exp.Expr, exp.DataType | None]] = {}
        for name in one.columns:
            found = [column for column in columns_of(self.entry) if column.name.lower() == name]
            if len(found) != 1:
                raise RefusedError("rewrite-filter-column", name)
            place = exp.column(spell(found[0].name), table=ALIAS, quoted=True)
            places[name] = (place, _type(found[0], catalog.dialect))
        try:
            return one.sql(question, places, catalog.family)
        except FilterError as error:
            raise RefusedError(error.code, error.what) from None


class Declared(Protocol):
    """A catalog of columns: `engine.facts_catalog.Catalog` is the one of the registers."""

    def column(self, path: str) -> Mapping[str, Any] | None:
        """The entry of `schema.table.column`, perhaps with a `category`."""
        ...


class Classes:
    """Which data categories the columns of tables hold."""

    def __init__(
        self, categories: Mapping[str, Mapping[str, str | None]], default: str, declared: Declared | None
    ) -> None:
        self._categories = categories
        self._default = default.lower()
        self._declared = declared

    def table(self, entry: Entry) -> Mapping[str, str | None] | None:
        """Column (lower case) -> category; None for a table that nobody has classified."""
        name = ".".join(part for part in entry.ref if part).lower()
        found = self._categories.get(name)
        return found if found is not None or "." in name else self._categories.get(f"{self._default}.{name}")

    def of(self, entry: Entry, name: str) -> tuple[list[str], bool]:
        """The categories of a column and of what its type holds, and whether they can be told."""
        known = self.table(entry) or {}
        names = [name, *(column.name for column in entry.table.columns if column.inside == name)]
        held: list[str] = []
        told = True
        for part in names:
            found = self._declared.column(f"{entry.table.path}.{part}") if self._declared else None
            told = told and (found is not None or part.lower() in known)
            held += [category for category in (known.get(part.lower()), (found or {}).get("category")) if category]
        return held, told


class Filters:
    """The row filters of a policy set, each parsed once."""

    def __init__(self, policies: PolicySet) -> None:
        self.policies = policies
        self._made: dict[str, RowFilter] = {}

    def of(self, duty: Obligation) -> RowFilter:
        """The filter of an obligation."""
        key = repr(sorted(duty.args.items()))
        if key not in self._made:
            self._made[key] = RowFilter(duty, self.policies)
        return self._made[key]


def columns_of(entry: Entry) -> list[Column]:
    """The columns of a table as queries see them."""
    return [column for column in entry.table.columns if not column.inside]


def guard(
    entry: Entry, asked: Iterable[str], decisions: Sequence[Decision], made: Filters, known: frozenset[str]
) -> Guard:
    """What decisions about a table leave of it; `known` are the names of all columns of all tables."""
    if not columns_of(entry):
        raise RefusedError("rewrite-table", entry.ref.table)
    maskings: list[Masking] = []
    filters: list[tuple[RowFilter, Any]] = []
    for decision in decisions:
        for duty in decision.obligations:
            if duty.kind == MASK_COLUMNS:
                maskings.append(masking(duty, made.policies.parameters.values))
            elif duty.kind == FILTER_ROWS:
                filters.append((made.of(duty), decision.question))
    for name in sorted(name for one in maskings for name in one.columns if name not in known):
        raise RefusedError("rewrite-mask-column", name)
    return Guard(entry, frozenset(asked), tuple(maskings), tuple(filters))


def _type(column: Column, dialect: str) -> exp.DataType | None:
    """The type of a column; none for a domain, whose rules nobody can see here."""
    return None if column.domain else type_of(column.data_type, dialect)
