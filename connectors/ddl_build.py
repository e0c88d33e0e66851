"""The tables of a schema while its statements are applied to them, in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from tutela.engine.findings import fingerprint
from tutela.engine.tables import Column, Schema, Unparsed

from .ddl_draft import NOWHERE, Attributes, Draft, Session, column_as
from .ddl_parse import Definition, Name
from .ddl_relink import FOLLOWED, follow, tell_apart
from .struct_types import struct_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tutela.engine.errors import Location
    from tutela.engine.tables import Grant

    from .ddl_parse import Link

_NESTED: Final = 5
"""How deep composite types are followed."""
_USUAL: Final = frozenset({"public", "dbo", "main"})
"""The schema of PostgreSQL, SQL Server and SQLite for names without one."""


def _type_name(data_type: str) -> str:
    """The name of a type without its schema, brackets and quotes."""
    return data_type.rstrip("[]").rpartition(".")[2].strip('"`').lower()


def _schema(name: str) -> str:
    """A schema to compare with others: the usual one is that of a name without any."""
    return "" if name.lower() in _USUAL else name.lower()


class _Comment(NamedTuple):
    """A comment on a table or column that was not there yet."""

    table: Name
    column: str
    text: str
    location: Location
    statement: str


@dataclass(slots=True)
class Builder:
    """The drafts of a schema, found by name; `build` makes the values."""

    drafts: list[Draft] = field(default_factory=list[Draft])
    unparsed: list[Unparsed] = field(default_factory=list[Unparsed])
    partitions: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    skipped: dict[str, int] = field(default_factory=dict[str, int])
    dialect: str = ""
    ordered: bool = False
    """Whether the files are one history, in which a later one drops the tables of an earlier one."""
    session: Session = NOWHERE
    """Where the statement that is applied runs."""
    grants: list[Grant] = field(default_factory=list["Grant"])
    indexes: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """The columns of unique indexes, by name in lower case."""
    notes: dict[str, str] = field(default_factory=dict[str, str])
    """The comments of domains and types, by name in lower case."""
    domains: dict[str, str] = field(default_factory=dict[str, str])
    """The names of domains, enumerations and aliases, by name in lower case."""
    types: dict[str, Attributes] = field(default_factory=dict[str, "Attributes"])
    """What composite types consist of, by name in lower case."""
    changed: bool | None = None
    """Whether the transaction that is open changed the schema; None outside of one."""
    _by_name: dict[str, list[Draft]] = field(default_factory=dict[str, list[Draft]])
    _comments: list[_Comment] = field(default_factory=list["_Comment"])

    def add(self, draft: Draft) -> None:
        """Take a new table; a view defined again replaces the view of the same name in the same file or history."""
        draft.session = self.session
        old = self.own(draft.name) if draft.kind == "view" else None
        if old and old.kind == "view" and (self.ordered or old.location.file == draft.location.file):
            self._remove(old)
        self.drafts.append(draft)
        self._by_name.setdefault(draft.name.name.lower(), []).append(draft)

    def define(self, altered: Draft, draft: Draft) -> None:
        """Take the definition of a table of which changes were read before; the columns that they added stay."""
        for column in altered.columns:
            if draft.index(column.name) is None:
                draft.put(column)
        self._remove(altered)

    def drop(self, name: Name, file: str) -> None:
        """Forget a table or view; in files that are no history, only one of the same file.

        One that may be of another schema or database stays: nothing is taken away on a guess.
        """
        self.partitions = [pair for pair in self.partitions if pair[0].lower() != name.name.lower()]
        draft = self.own(name)
        if draft and (self.ordered or draft.location.file == file):
            self.grants = [grant for grant in self.grants if not grant.dataset or self._granted(grant) is not draft]
            self._remove(draft)

    def _remove(self, draft: Draft) -> None:
        self.drafts = [other for other in self.drafts if other is not draft]
        same = self._by_name[draft.name.name.lower()]
        self._by_name[draft.name.name.lower()] = [other for other in same if other is not draft]

    def rename(self, draft: Draft, name: Name) -> None:
        """Give a table another name; rights, foreign keys and, where the database keeps them so, views follow it."""
        old, new = draft.name, Name(name.name, name.schema or draft.name.schema)
        if self.dialect in FOLLOWED:
            follow(self, {id(draft): new})
        for other in self.drafts:
            for column, link in other.links.items():
                if self.find(link.table) is draft:
                    other.links[column] = link._replace(table=new)
        path = ".".join(filter(None, (new.schema, new.name)))
        self.grants = [
            replace(grant, dataset=path) if grant.dataset and self._granted(grant) is draft else grant
            for grant in self.grants
        ]
        self._by_name[old.name.lower()] = [same for same in self._by_name[old.name.lower()] if same is not draft]
        draft.name = new
        self._by_name.setdefault(new.name.lower(), []).append(draft)

    def detach(self, name: Name, parent: Draft, location: Location) -> None:
        """Make a partition without columns of its own a table with those of its parent."""
        self.partitions = [pair for pair in self.partitions if pair[0].lower() != name.name.lower()]
        draft = Draft(name=name, location=location)
        for column in parent.columns:
            draft.put(column)
        self.add(draft)

    def _granted(self, grant: Grant) -> Draft | None:
        """The table that a right is on."""
        schema, _, name = grant.dataset.rpartition(".")
        return self.find(Name(name, schema.rpartition(".")[2]))

    def find(self, name: Name) -> Draft | None:
        """The last table of this name; a schema that one of the two leaves out does not count."""
        if draft := self.own(name):
            return draft
        for draft in reversed(self._by_name.get(name.name.lower(), [])):
            if not name.schema or not draft.name.schema or draft.name.schema.lower() == name.schema.lower():
                return draft
        return None

    def own(self, name: Name) -> Draft | None:
        """The last table that is surely the one of this name: in the same database and schema."""
        schema = _schema(name.schema or self.session.schema)
        for draft in reversed(self._by_name.get(name.name.lower(), [])):
            same = schema == _schema(draft.name.schema or draft.session.schema)
            if same and draft.session.database == self.session.database:
                return draft
        return None

    def comment(self, table: Name, column: str, text: str, location: Location, statement: str) -> None:
        """Apply a comment, at the end when its table comes later; one on a column that is not there may be a tag."""
        if not self._apply(table, column, text):
            self._comments.append(_Comment(table, column, text, location, statement))

    def _apply(self, table: Name, column: str, text: str) -> bool:
        draft = self.find(table)
        if draft is None:
            return self._describe(table.name.lower(), column.lower(), text)
        if not column:
            draft.comment = text
            return True
        index = draft.index(column)
        if index is None:
            return False
        draft.columns[index] = replace(draft.columns[index], comment=text)
        return True

    def _describe(self, name: str, attribute: str, text: str) -> bool:
        """Comment an attribute of a composite type."""
        known = [column.name.lower() for column, _ in self.types.get(name, ())]
        if attribute not in known:
            return False
        self.types[name] = tuple(
            (column._replace(comment=text) if column.name.lower() == attribute else column, place)
            for column, place in self.types[name]
        )
        return True

    def skip(self, head: str, count: int = 1) -> None:
        """Count a statement that does not matter to the schema under its first word."""
        word = head.split(" ", 1)[0][:20]
        self.skipped[word] = self.skipped.get(word, 0) + count

    def miss(self, location: Location, reason: str, text: str = "") -> None:
        """Record a statement that matters and is not understood; with its text it can be told apart from others."""
        self.unparsed.append(Unparsed(location, reason, fingerprint(" ".join(text.split())) if text else ""))

    def build(self) -> Schema:
        """The schema as a value."""
        tell_apart(self)
        partitions = {name.lower() for name, _ in self.partitions}
        for table, column, text, location, statement in self._comments:
            done = self._apply(table, column, text) or not column or table.name.lower() in partitions
            if not done and self.drafts:  # a script of comments alone defines nothing, and is told so
                self.miss(location, "a comment on a column that is not there", statement)
        return Schema(
            tables=tuple(draft.frozen(self._columns(draft)) for draft in self.drafts),
            grants=tuple(self._named(grant) for grant in self.grants),
            unparsed=tuple(sorted(self.unparsed, key=lambda miss: miss.location)),
            dialect=self.dialect,
            partitions=tuple(self.partitions),
            heirs=tuple(
                (_path(heir.full), _path(draft.full))
                for draft in self.drafts
                for heir in draft.heirs
                if any(heir is kept for kept in self.drafts)
            ),
            skipped=dict(sorted(self.skipped.items())),
        )

    def _columns(self, draft: Draft) -> Iterator[Column]:
        """The columns of a draft under its last name, with what only the whole schema can tell."""
        for column in draft.columns:
            link = draft.links.get(column.name.lower())
            own = self._typed(column)
            if link or (own.table, own.schema) != draft.full:
                target = self._target(link, draft.full.schema) if link else ""
                name, schema = draft.full
                own = replace(own, table=name, schema=schema, references=target)
            yield own
            yield from self._nested(own, 0)

    def _typed(self, column: Column) -> Column:
        """A column with what its domain or type says: its name, and its comment where the column has none."""
        if not self.domains and not self.notes:
            return column
        kind = _type_name(column.data_type)
        domain, comment = self.domains.get(kind, ""), column.comment or self.notes.get(kind, "")
        if (domain, comment) == (column.domain, column.comment):
            return column
        return replace(column, domain=domain, comment=comment)

    def _nested(self, column: Column, depth: int) -> Iterator[Column]:
        """The attributes of a column of a composite type, as columns of their own: `address.phone`."""
        for attribute in self.attributes(column.data_type) if depth < _NESTED else ():
            inner = column_as(Name(column.table, column.schema), attribute, column.location)
            top = column.inside or column.name
            inner = replace(self._typed(inner), name=f"{column.name}.{attribute.name}", inside=top)
            yield inner
            yield from self._nested(inner, depth + 1)

    def attributes(self, data_type: str) -> list[Definition]:
        """What a type consists of, when it is a composite one."""
        known = [attribute for attribute, _ in self.types.get(_type_name(data_type), ())] if self.types else []
        return known or [Definition(name, 0, kind) for name, kind in struct_fields(data_type)]

    def _named(self, grant: Grant) -> Grant:
        """A right with the full name of its table."""
        draft = self._granted(grant) if grant.dataset else None
        return grant if draft is None or not draft.full.schema else replace(grant, dataset=_path(draft.full))

    def _target(self, link: Link, schema: str) -> str:
        """The column that a foreign key leads to, by its full name; the table's alone when it is not known.

        A table of the same `schema` comes before those of others.
        """
        near = self.find(link.table._replace(schema=schema)) if schema and not link.table.schema else None
        draft = near or self.find(link.table)
        name = draft.full if draft else link.table
        keys = [column.name for column in draft.columns if column.primary_key] if draft else []
        column = link.column or (keys[0] if len(keys) == 1 else "")
        return ".".join(part for part in (name.schema, name.name, column) if part)

    def parents(self, names: Iterable[Name]) -> list[Draft] | None:
        """The tables of these names, or None when one is not known."""
        found = [self.find(name) for name in names]
        known = [draft for draft in found if draft is not None]
        return known if len(known) == len(found) else None


def _path(name: Name) -> str:
    """The name of a table with its schema: `crm.customer`."""
    return f"{name.schema}.{name.name}" if name.schema else name.name
