"""The tables of a schema while its statements are applied to them, in order."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tutela.engine.errors import Location
from tutela.engine.findings import fingerprint
from tutela.engine.tables import Column, Schema, Table, Unparsed

from .ddl_parse import Definition, Name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tutela.engine.tables import Kind

_LINE_END: Final = re.compile(r"\r\n|\n|\r")


class Places:
    """Offsets in a text as locations."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def at(self, offset: int) -> Location:
        """The line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return Location(self.file, line, offset - self._starts[line - 1] + 1)


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

    def add(self, column: Definition, location: Location) -> None:
        """Put a column at the end; one of the same name is replaced."""
        self.put(_column(self.name, column, location))

    def put(self, column: Column) -> None:
        """Put a column of this or another table at the end, or in the place of one of the same name."""
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

    def frozen(self) -> Table:
        """The table as a value."""
        return Table(
            name=self.name.name,
            schema=self.name.schema,
            columns=tuple(replace(column, table=self.name.name, schema=self.name.schema) for column in self.columns),
            location=self.location,
            comment=self.comment,
            kind=self.kind,
            sql=self.sql,
            partition_of=self.partition_of,
            materialized=self.materialized,
        )


def _column(table: Name, column: Definition, location: Location) -> Column:
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
    )


@dataclass(slots=True)
class Builder:
    """The drafts of a schema, found by name; `build` makes the values."""

    drafts: list[Draft] = field(default_factory=list[Draft])
    unparsed: list[Unparsed] = field(default_factory=list[Unparsed])
    partitions: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    skipped: dict[str, int] = field(default_factory=dict[str, int])
    dialect: str = ""
    _by_name: dict[str, list[Draft]] = field(default_factory=dict[str, list[Draft]])
    _comments: list[tuple[Name, str, str]] = field(default_factory=list[tuple[Name, str, str]])

    def add(self, draft: Draft) -> None:
        """Take a new table; a view defined again replaces the view of the same name in the same file."""
        old = self.find(draft.name) if draft.kind == "view" else None
        if old and (old.kind, old.name.schema, old.location.file) == (
            "view",
            draft.name.schema,
            draft.location.file,
        ):
            self._remove(old)
        self.drafts.append(draft)
        self._by_name.setdefault(draft.name.name.lower(), []).append(draft)

    def _remove(self, draft: Draft) -> None:
        self.drafts = [other for other in self.drafts if other is not draft]
        same = self._by_name[draft.name.name.lower()]
        self._by_name[draft.name.name.lower()] = [other for other in same if other is not draft]

    def rename(self, draft: Draft, name: Name) -> None:
        """Give a table another name."""
        self._by_name[draft.name.name.lower()].remove(draft)
        draft.name = Name(name.name, name.schema or draft.name.schema)
        self._by_name.setdefault(name.name.lower(), []).append(draft)

    def find(self, name: Name) -> Draft | None:
        """The last table of this name; a schema that one of the two leaves out does not count."""
        for draft in reversed(self._by_name.get(name.name.lower(), [])):
            if not name.schema or not draft.name.schema or draft.name.schema.lower() == name.schema.lower():
                return draft
        return None

    def comment(self, table: Name, column: str, text: str) -> None:
        """Remember a comment; it is applied now, and again at the end when its table comes later."""
        if not self._apply(table, column, text):
            self._comments.append((table, column, text))

    def _apply(self, table: Name, column: str, text: str) -> bool:
        draft = self.find(table)
        if draft is None:
            return False
        if not column:
            draft.comment = text
            return True
        index = draft.index(column)
        if index is None:
            return False
        draft.columns[index] = replace(draft.columns[index], comment=text)
        return True

    def skip(self, head: str) -> None:
        """Count a statement that does not matter to the schema under its first word."""
        word = head.split(" ", 1)[0][:20]
        self.skipped[word] = self.skipped.get(word, 0) + 1

    def miss(self, location: Location, reason: str, text: str = "") -> None:
        """Record a statement that matters and is not understood; with its text it can be told apart from others."""
        self.unparsed.append(Unparsed(location, reason, fingerprint(" ".join(text.split())) if text else ""))

    def build(self) -> Schema:
        """The schema as a value."""
        for table, column, text in self._comments:
            self._apply(table, column, text)
        return Schema(
            tables=tuple(draft.frozen() for draft in self.drafts),
            unparsed=tuple(sorted(self.unparsed, key=lambda miss: miss.location)),
            dialect=self.dialect,
            partitions=tuple(self.partitions),
            skipped=dict(sorted(self.skipped.items())),
        )

    def parents(self, names: Iterable[Name]) -> list[Draft] | None:
        """The tables of these names, or None when one is not known."""
        found = [self.find(name) for name in names]
        known = [draft for draft in found if draft is not None]
        return known if len(known) == len(found) else None
