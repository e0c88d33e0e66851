"""Tags that other catalogs put on columns: what each stands for here, and a schema with them laid over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from .errors import InputError, Location, Problem
from .model import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .tables import Column, Schema, Table
    from .taxonomy import Taxonomy

    Tell = Callable[[Words], None]

NONE: Final = "none"
"""Reviewed, and no personal data."""

IGNORE: Final = "ignore"
"""What a tag stands for that says nothing about the data."""

NO_FIT: Final = (0, 0)
"""That a table is surely not the one of an entry."""

SHOWN: Final = 10
"""How many columns a note names."""

_PREFIX: Final = "tutela."


class Tagged(NamedTuple):
    """The tags of one column in an export; `table` is its name, most general part first."""

    table: tuple[str, ...]
    column: str
    tags: tuple[str, ...]
    location: Location
    near: str = ""
    """The name of what the table belongs to in the export: its schema, where there is one of that name."""

    @property
    def path(self) -> str:
        """The column with its table: `crm.customer.mobile`."""
        return ".".join((*self.table, self.column))


@dataclass(frozen=True, slots=True)
class TagNames:
    """What tags stand for: the categories themselves, the words of a project, and those of other vocabularies."""

    taxonomy: Taxonomy
    own: Mapping[str, str]
    """A project's words, with `*` for any text; they win."""
    shipped: Mapping[str, str]

    def category(self, tag: str) -> str | None:
        """The category of a tag, `none`, `ignore`, or None when nobody knows it."""
        for pattern, category in self.own.items():
            if pattern == tag or ("*" in pattern and fnmatchcase(tag, pattern)):
                return category
        name = tag.removeprefix(_PREFIX)
        if name == NONE or name in self.taxonomy.categories:
            return name
        while name:
            if name in self.shipped:
                return self.shipped[name]
            name = name.rpartition(".")[0]
        return None

    def chosen(self, tags: Iterable[str], location: Location, problems: list[Problem]) -> str:
        """The one category that some tags say, the most protected of several; nothing when they say nothing."""
        found: list[str] = []
        for tag in tags:
            category = self.category(tag)
            if category is None or category not in {NONE, IGNORE, *self.taxonomy.categories}:
                code = "tag-unknown" if category is None else "tag-category-unknown"
                args = {"tag": tag[:200], "category": category}
                problems.append(Problem(code=code, location=location, args=args))
            elif category != IGNORE:
                found.append(category)
        return self.strongest(found)

    def strongest(self, categories: Iterable[str]) -> str:
        """The most protected of some categories; nothing of none."""
        return max(categories, key=self._weight, default="")

    def _weight(self, category: str) -> tuple[int, int]:
        """How protected a category is: its level, then how precise it is; `none` yields to everything."""
        if category == NONE:
            return (-1, 0)
        return (self.taxonomy.categories[category].level, category.count("."))


def lay_over(schema: Schema, tagged: Sequence[Tagged], names: TagNames, tell: Tell) -> Schema:
    """The schema with the tags of exports on its columns, and its own tags in our words.

    InputError lists every tag that nobody knows, and every one that may be of several tables. A tag of an export wins
    over one of the source; `tell` is told those that are on no column of the schema.
    """
    problems: list[Problem] = []
    tables = _named(schema.tables) if tagged else {}
    found: dict[tuple[int, str], list[str]] = {}
    stray: list[Tagged] = []
    for entry in tagged:
        category = names.chosen(entry.tags, entry.location, problems)
        columns = list(_columns(entry, tables)) if category else []
        if category and not columns:
            stray.append(entry)
        if len({path for path, _ in columns}) > 1:
            args = {"column": entry.path, "tables": ", ".join(sorted({path for path, _ in columns}))}
            problems.append(Problem(code="tag-ambiguous", location=entry.location, args=args))
        for _, key in columns:
            found.setdefault(key, []).append(category)
    if not problems and stray and not found:
        problems.append(Problem(code="tags-fit-nothing", location=Location(tagged[0].location.file)))
    laid = {key: names.strongest(categories) for key, categories in found.items()}
    result = tuple(_table(table, laid, names, problems) for table in schema.tables)
    if problems:
        raise InputError(problems)
    for file in dict.fromkeys(entry.location.file for entry in stray):
        tell(_strays(file, [entry.path for entry in stray if entry.location.file == file]))
    return replace(schema, tables=result)


def _named(tables: Iterable[Table]) -> dict[str, list[Table]]:
    """The tables by their names in lower case."""
    named: dict[str, list[Table]] = {}
    for table in tables:
        named.setdefault(table.name.lower(), []).append(table)
    return named


def _columns(entry: Tagged, tables: Mapping[str, list[Table]]) -> Iterator[tuple[str, tuple[int, str]]]:
    """The columns that an entry may be of, each with the name of its table: those that fit best, by schema and case."""
    fits = [
        (_fit(entry, table, column.name), table.path, (id(table), column.name))
        for table in tables.get(entry.table[-1].lower(), ())
        for column in table.columns
        if column.name.lower() == entry.column.lower()
    ]
    best = max((fit for fit, *_ in fits), default=NO_FIT)
    return ((path, key) for fit, path, key in fits if fit == best and best != NO_FIT)


def _fit(entry: Tagged, table: Table, column: str) -> tuple[int, int]:
    """How well the table of an entry fits one of its name: by schema, then by how both names are written."""
    own = table.schema.lower()
    wanted = "".join(entry.table[-2:-1]).lower()
    if wanted and own and wanted != own:
        return NO_FIT
    schema = 2 if own and own in {wanted, entry.near.lower()} else 1
    return schema, (table.name in entry.table[-1:]) + (entry.column == column)


def _strays(file: str, paths: Sequence[str]) -> Words:
    """What is said of the tags of an export that are on no column."""
    shown = ", ".join(paths[:SHOWN])
    more = len(paths) - SHOWN
    return Words(
        f"{file}: {len(paths)} tagged columns are not in the source, and their tags count for nothing: {shown}"
        + (f", and {more} more" if more > 0 else ""),
        f"{file}:{len(paths)} 个带标签的字段不在来源中,其标签不起作用:{shown}"
        + (f" 等,另有 {more} 个" if more > 0 else ""),
    )


def _table(table: Table, laid: Mapping[tuple[int, str], str], names: TagNames, problems: list[Problem]) -> Table:
    columns: list[Column] = []
    changed = False
    for column in table.columns:
        tag = laid.get((id(table), column.name), "")
        if not tag and column.tag:
            tag = names.chosen((column.tag,), column.location, problems)
        changed = changed or tag != column.tag
        columns.append(replace(column, tag=tag) if tag != column.tag else column)
    return replace(table, columns=tuple(columns)) if changed else table
