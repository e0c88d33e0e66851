"""Tags that other catalogs put on columns: what each stands for here, and a schema with them laid over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from .errors import InputError, Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .tables import Column, Schema, Table
    from .taxonomy import Taxonomy

NONE: Final = "none"
"""Reviewed, and no personal data."""

IGNORE: Final = "ignore"
"""What a tag stands for that says nothing about the data."""

_PREFIX: Final = "tutela."


class Tagged(NamedTuple):
    """The tags of one column in an export; `table` is its name, most general part first."""

    table: tuple[str, ...]
    column: str
    tags: tuple[str, ...]
    location: Location


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
        return max(found, key=self._weight, default="")

    def _weight(self, category: str) -> tuple[int, int]:
        """How protected a category is: its level, then how precise it is; `none` yields to everything."""
        if category == NONE:
            return (-1, 0)
        return (self.taxonomy.categories[category].level, category.count("."))


def lay_over(schema: Schema, tagged: Sequence[Tagged], names: TagNames) -> Schema:
    """The schema with the tags of exports on its columns, and its own tags in our words.

    InputError lists every tag that nobody knows. A tag of an export wins over one of the source.
    """
    problems: list[Problem] = []
    by_column: dict[tuple[str, str], list[tuple[Tagged, str]]] = {}
    for entry in tagged:
        category = names.chosen(entry.tags, entry.location, problems)
        if category:
            by_column.setdefault((entry.table[-1].lower(), entry.column.lower()), []).append((entry, category))
    if not problems and by_column and not any(_matches(schema, by_column)):
        problems.append(Problem(code="tags-fit-nothing", location=Location(tagged[0].location.file)))
    tables = tuple(_table(table, by_column, names, problems) for table in schema.tables)
    if problems:
        raise InputError(problems)
    return replace(schema, tables=tables)


def _matches(schema: Schema, by_column: Mapping[tuple[str, str], list[tuple[Tagged, str]]]) -> Iterator[bool]:
    for table in schema.tables:
        for column in table.columns:
            yield _found(table, column, by_column) != ""


def _table(
    table: Table,
    by_column: Mapping[tuple[str, str], list[tuple[Tagged, str]]],
    names: TagNames,
    problems: list[Problem],
) -> Table:
    columns: list[Column] = []
    changed = False
    for column in table.columns:
        tag = _found(table, column, by_column) if by_column else ""
        if not tag and column.tag:
            tag = names.chosen((column.tag,), column.location, problems)
        changed = changed or tag != column.tag
        columns.append(replace(column, tag=tag) if tag != column.tag else column)
    return replace(table, columns=tuple(columns)) if changed else table


def _found(table: Table, column: Column, by_column: Mapping[tuple[str, str], list[tuple[Tagged, str]]]) -> str:
    """The category that exports say of a column: of the same table, and the same schema where both name one."""
    for entry, category in by_column.get((table.name.lower(), column.name.lower()), ()):
        schema = entry.table[-2].lower() if len(entry.table) > 1 else ""
        if not schema or not table.schema or schema == table.schema.lower():
            return category
    return ""
