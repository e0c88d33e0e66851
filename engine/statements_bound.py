"""The tables of one statement, and under which of its spellings each of their columns stands in it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.schema import MappingSchema

from .statements_catalog import CATALOG_DB, Catalog, Entry
from .statements_lower import UnresolvedError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Bound:
    """The tables that one statement names, by the name that each is given in its tree."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.entries: dict[str, Entry] = {}
        self.named: dict[str, set[str]] = defaultdict(set)
        """What the statement calls them."""
        self.spelled: dict[str, list[str]] = {}
        """The columns of each, every one once."""
        self.renamed = False

    def add(self, entry: Entry, called: str, columns: Iterable[str]) -> str:
        """Take a table in; `columns` are the names that the statement gives to the first of its columns."""
        names = tuple(columns)
        key = entry.key
        if names:
            key = f"{entry.key}_{len(self.entries)}"
            entry = replace(entry, spellings=_renamed(entry, names), folded={})
            self.renamed = True
        self.entries[key] = entry
        self.named[key].add(called)
        return key

    def mapping(self, tree: exp.Expr) -> MappingSchema:
        """Tables and columns as `qualify` wants them: each column once."""
        unsure = [key for key, entry in self.entries.items() if entry.folded]
        if not unsure:
            self.spelled = {key: list(entry.spellings) for key, entry in self.entries.items()}
        if not unsure and not self.renamed:
            return self.catalog.mapping
        used = _Used(tree, set[str]().union(*self.named.values())) if unsure else None
        tables: dict[str, object] = {}
        for key, entry in self.entries.items():
            names = _spelled(entry, used.of(self.named[key]), used) if used else entry.spellings
            self.spelled[key] = list(names)
            tables[key] = dict.fromkeys(names, "unknown")
        if used and self.catalog.family == "postgres":
            self._refuse_two_meanings(used)
        return MappingSchema({CATALOG_DB: tables} if tables else {}, dialect=self.catalog.dialect, normalize=False)

    def _refuse_two_meanings(self, used: _Used) -> None:
        """A bare `id` is the `id` of one table, or the `Id` of another if that was defined without quotes."""
        exact = {name for entry in self.entries.values() for name in entry.spellings if name not in entry.folded}
        for entry in self.entries.values():
            for name in entry.folded:
                if name in exact and (name in used.names[""] or used.natural):
                    raise UnresolvedError("column-unknown", name)


class _Used:
    """The column names in a statement, by what stands before the dot."""

    def __init__(self, tree: exp.Expr, called: set[str]) -> None:
        self.names: dict[str, set[str]] = defaultdict(set)
        for column in tree.find_all(exp.Column):
            # A name behind a derived table may be that of any table inside it.
            self.names[column.table if column.table in called else ""].add(column.name)
        for dot in tree.find_all(exp.Dot):
            self.names[""].add(dot.expression.name)
        joins = list(tree.find_all(exp.Join))
        for join in joins:
            self.names[""].update(name.name for name in join.args.get("using") or ())
        self.natural = any(join.method == "NATURAL" for join in joins)
        self.by_place = self.natural or tree.find(exp.Star) is not None

    def of(self, called: Iterable[str]) -> set[str]:
        """The names that may be columns of a table that is called so."""
        return self.names[""].union(*(self.names[name] for name in called))


def _spelled(entry: Entry, used: set[str], where: _Used) -> list[str]:
    """One spelling for each column: that of the statement, else as it is stored."""
    names = list[str]()
    folds = {stored: name for name, stored in entry.folded.items()}
    for name, stored in entry.spellings.items():
        if name in entry.folded:
            continue
        fold = folds.get(stored)
        if fold is None or fold not in used:
            names.append(name)
        elif name not in used:
            names.append(fold)
        elif where.by_place:
            raise UnresolvedError("column-unknown", fold)
        else:
            names += [name, fold]
    return names


def _renamed(entry: Entry, names: tuple[str, ...]) -> dict[str, str]:
    """`t AS x (a, b)`: the first two columns have these names, the others keep theirs."""
    stored = [column.name for column in entry.table.columns if not column.inside]
    if len(names) > len(stored) or len(set(names)) < len(names):
        raise UnresolvedError("alias-columns", entry.ref.table)
    rest = {name: column for name, column in entry.spellings.items() if column in stored[len(names) :]}
    if rest.keys() & set(names) or len(rest) > len(stored) - len(names):
        raise UnresolvedError("alias-columns", entry.ref.table)
    return dict(zip(names, stored, strict=False)) | rest
