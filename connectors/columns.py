"""A schema -> requests: may this column be collected, this table be kept, this right stand?

Of a table that the catalog declares to hold customers, or records about them, is asked, too, whether it has the
columns that such a table needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tutela.engine.classifier import is_tagged
from tutela.engine.facts_access import SCHEMA
from tutela.engine.findings import Asked, Unreadable
from tutela.engine.model import ColumnEntry
from tutela.engine.phrases import unread
from tutela.engine.request import Request

from .grants import LINTER, ask_grants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tutela.engine.classifier import Classified
    from tutela.engine.facts_catalog import Catalog
    from tutela.engine.lineage import SchemaClassifier
    from tutela.engine.sampling import Sampling
    from tutela.engine.tables import Schema, Table


def ask_columns(
    schema: Schema,
    classifier: SchemaClassifier,
    as_of: datetime,
    sampling: Sampling | None = None,
    *,
    catalog: Catalog | None = None,
) -> Iterator[Asked | Unreadable]:
    """A `collect` request for every column, a `retain` request for every table, and what could not be analysed.

    A partition is asked about as its table. Tables of which the `catalog` says what they hold are asked about once
    more, as a `structure`.
    """
    for unparsed in schema.unparsed:
        yield Unreadable(unparsed.location, unread(unparsed.message), unparsed.digest)
    classification = classifier.classify(schema, sampling)
    for unresolved in classification.unresolved:
        yield Unreadable(unresolved.location, unresolved.words, unresolved.digest)
    for table, classified in classification.whole():
        for column in classified:
            yield _collect(table, column, as_of)
        if table.stored:
            yield _retain(table, classified, as_of)
            if catalog is not None and (catalog.dataset(table.path) or {}).get("holds"):
                yield _structure(table, classified, as_of)
    held: dict[str, list[str]] = {}
    for table, classified in classification.tables:  # several databases may have one of the same name
        held.setdefault(table.path.lower(), []).extend(c.category for c in classified if c.category)
    last = {path.rpartition(".")[2]: path for path in held}
    for partition, parent in schema.partitions:
        known = parent.lower() if parent.lower() in held else last.get(parent.lower(), "")
        if known:
            held.setdefault(partition.lower(), held[known])
    yield from ask_grants(schema.grants, held, as_of)


def _collect(table: Table, classified: Classified, as_of: datetime) -> Asked:
    column = classified.column
    if table.kind == "form":
        return _collect_field(table, classified, as_of)
    properties: dict[str, Any] = {
        "dataset": table.path,
        "column": column.name,
        "data_type": column.data_type,
        "category": classified.category,
    }
    if classified.hidden:
        properties["hidden_categories"] = list(classified.hidden)
    resource = {"type": "column", "id": column.path, "properties": properties}
    request = Request(LINTER, "collect", resource, as_of=as_of)
    return Asked(request, column.location, column=_entry(classified))


def _entry(classified: Classified) -> ColumnEntry:
    column = classified.column
    return ColumnEntry(
        column.name,
        column.data_type,
        classified.category or "",
        classified.sensitive,
        classified.confidence,
        tuple(classified.evidence),
    )


def _collect_field(table: Table, classified: Classified, as_of: datetime) -> Asked:
    """A field of a form is asked about as one; where a register holds the form, that speaks."""
    column = classified.column
    properties: dict[str, Any] = {
        "form": table.name,
        "field": column.name,
        "data_type": column.data_type,
        "category": classified.category,
    }
    said = {"channel": table.channel, "purpose": table.purpose}
    properties.update({key: value for key, value in said.items() if value})
    resource = {"type": "form_field", "id": f"{table.name}:{column.name}", "properties": properties}
    return Asked(Request(LINTER, "collect", resource, as_of=as_of), column.location, column=_entry(classified))


def _retain(table: Table, classified: Sequence[Classified], as_of: datetime) -> Asked:
    categories = list(dict.fromkeys(c.category for c in classified if c.category))
    properties: dict[str, Any] = {
        "dataset": table.path,
        "categories": categories,
        "columns": [c.column.name for c in classified],
        "known": True,
        "known_by": SCHEMA,
    }
    resource = {"type": "table", "id": table.path, "properties": properties}
    return Asked(Request(LINTER, "retain", resource, as_of=as_of), table.location)


def _structure(table: Table, classified: Sequence[Classified], as_of: datetime) -> Asked:
    """Attributes of a composite type are no columns that a query sees."""
    columns = [found for found in classified if not found.column.inside]
    properties: dict[str, Any] = {
        "dataset": table.path,
        "columns": [found.column.name for found in columns],
        "not_null": [found.column.name for found in columns if not found.column.nullable],
        "tagged": [found.column.name for found in columns if is_tagged(found)],
    }
    resource = {"type": "structure", "id": table.path, "properties": properties}
    return Asked(Request(LINTER, "retain", resource, as_of=as_of), table.location)
