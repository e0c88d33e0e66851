"""dbt's property files (`schema.yml`): models, sources, seeds and snapshots with their columns and declared tags."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.tables import Column, Schema, Table
from tutela.engine.tags import NONE

from .foreign import items, mapping, named, place, text_of

if TYPE_CHECKING:
    from tutela.engine.documents import Document
    from tutela.engine.errors import Location

Path = tuple[str | int, ...]
GROUPS: Final = ("models", "seeds", "snapshots")
_TAG: Final = "tutela:"


def is_properties(data: dict[str, Any]) -> bool:
    """Whether a document is a property file of dbt."""
    return any(isinstance(data.get(group), list) for group in (*GROUPS, "sources")) and (
        data.get("version", 2) in {2, "2"}
    )


def read_properties(document: Document) -> Schema:
    """The tables of one property file, as far as it tells their columns."""
    data = mapping(document.data)
    tables: list[Table] = []
    for group in GROUPS:
        for index, entry in named(data.get(group)):
            name = text_of(mapping(entry.get("config")).get("alias")) or entry["name"]
            schema = text_of(mapping(entry.get("config")).get("schema"))
            tables += _versions(document, (group, index), entry, name, schema) or [
                _table(document, (group, index), entry, name, schema)
            ]
    for index, source in named(data.get("sources")):
        schema = text_of(source.get("schema")) or source["name"]
        for inner, entry in named(source.get("tables")):
            name = text_of(entry.get("identifier")) or entry["name"]
            tables.append(_table(document, ("sources", index, "tables", inner), entry, name, schema))
    return Schema(tables=tuple(tables))


def _versions(document: Document, path: Path, entry: dict[str, Any], name: str, schema: str) -> list[Table]:
    """The tables of a model with versions: each has the columns of all, less what it excludes, and its own."""
    shared = _table(document, path, entry, name, schema)
    tables: list[Table] = []
    for index, version in enumerate(map(mapping, items(entry.get("versions")))):
        alias = text_of(mapping(version.get("config")).get("alias")) or f"{name}_v{version.get('v')}"
        own = _table(document, (*path, "versions", index), {**version, "name": name}, alias, schema)
        gone = {
            text_of(excluded)
            for part in map(mapping, items(version.get("columns")))
            for excluded in items(part.get("exclude"))
        }
        names = {column.name for column in own.columns} | gone
        taken = [replace(column, table=alias) for column in shared.columns if column.name not in names]
        comment = own.comment or shared.comment
        tables.append(replace(own, columns=(*taken, *own.columns), comment=comment, location=shared.location))
    return tables


def _table(document: Document, path: Path, entry: dict[str, Any], name: str, schema: str) -> Table:
    columns = [
        column_of(found, name, schema, place(document, (*path, "columns", index, "name")))
        for index, found in named(entry.get("columns"))
    ]
    return Table(
        name=name,
        schema=schema,
        columns=tuple(columns),
        location=place(document, (*path, "name")),
        comment=text_of(entry.get("description")),
    )


def column_of(entry: dict[str, Any], table: str, schema: str, location: Location) -> Column:
    """One column as dbt describes it, in a property file or in a manifest."""
    return Column(
        table=table,
        schema=schema,
        name=entry["name"],
        location=location,
        data_type=text_of(entry.get("data_type")),
        comment=text_of(entry.get("description")),
        tag=tag_of(entry),
    )


def tag_of(entry: dict[str, Any]) -> str:
    """The category that somebody declared in `meta` or `tags`, of the entry or of its `config`; `none` only alone."""
    found: list[str] = []
    for part in (entry, mapping(entry.get("config"))):
        meta = mapping(part.get("meta"))
        found += [text_of(mapping(meta.get("tutela")).get("category")), text_of(meta.get("category"))]
        tags = [text_of(tag) for tag in (*items(part.get("tags")), part.get("tags"))]
        found += [tag.removeprefix(_TAG) for tag in tags if tag.startswith(_TAG)]
    said = [category for category in found if category]
    return next((category for category in said if category.removeprefix("tutela.") != NONE), "".join(said[:1]))
