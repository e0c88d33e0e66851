"""Exports of tags from data catalogs: OpenMetadata and DataHub (JSON), fides datasets (YAML)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from tutela.engine.documents import Items, Map
from tutela.engine.errors import InputError, Location
from tutela.engine.tags import Tagged

from .foreign import items, mapping, named, place, read_foreign, refuse, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tutela.engine.documents import Document
    from tutela.engine.errors import Problem

MAX_DEPTH: Final = 40
SUGGESTED: Final = "Suggested"
"""The state of a tag in OpenMetadata that nobody has confirmed."""
_DATASET: Final = re.compile(r"urn:li:dataset:\(urn:li:dataPlatform:[^,]+,([^,]+),[^)]*\)")
_URN: Final = re.compile(r"urn:li:(?:tag|glossaryTerm):(.+)", re.DOTALL)
_VERSION: Final = re.compile(r"\[[^\]]*\]\.?")
_QUOTED: Final = re.compile(r"\"([^\"]*)\"|([^.\"]+)")


def read_tags(paths: Iterable[str | Path]) -> list[Tagged]:
    """The tags of every column in some exports; raises InputError with everything that is wrong."""
    found: list[Tagged] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            document = read_foreign(path)
            entries = list(_read(document))
            if not entries:
                raise refuse("tags-none", path)
            found += entries
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _read(document: Document) -> Iterator[Tagged]:
    data = document.data
    if items(mapping(data).get("dataset")):
        return _fides(document)
    if _mentions_urn(data):
        return _datahub(document)
    return _openmetadata(document)


def _fides(document: Document) -> Iterator[Tagged]:
    """`dataset: - collections: - fields: - data_categories`, fields within fields too."""
    for number, dataset in enumerate(items(mapping(document.data).get("dataset"))):
        namespace = mapping(mapping(mapping(dataset).get("fides_meta")).get("namespace"))
        schema = next((name for key in ("schema", "dataset_id") if (name := text_of(namespace.get(key)))), "")
        key = text_of(mapping(dataset).get("fides_key"))
        for index, collection in named(mapping(dataset).get("collections")):
            path = ("dataset", number, "collections", index)
            for field, at, name in _fields(collection, path, "fields"):
                tags = [tag for tag in items(field.get("data_categories")) if isinstance(tag, str)]
                if tags:
                    spot = place(document, (*at, "data_categories"))
                    table = tuple(filter(None, (schema, *collection["name"].split("."))))
                    yield Tagged(table, name, tuple(tags), spot, near=key)


def _openmetadata(document: Document) -> Iterator[Tagged]:
    """Tables with `columns[].tags[].tagFQN`, alone, in a list, or in `data` of an answer."""
    data = document.data
    start: tuple[str | int, ...] = ("data",) if "data" in mapping(data) else ()
    tables = items(mapping(data).get("data")) if start else items(data)
    for index, table in enumerate(tables or [data]):
        entry = mapping(table)
        if not isinstance(entry.get("columns"), list) or entry.get("deleted") is True:
            continue
        parts = [one or other for one, other in _QUOTED.findall(text_of(entry.get("fullyQualifiedName")))]
        schema = text_of(mapping(entry.get("databaseSchema")).get("name"))
        name = tuple(parts) or tuple(filter(None, (schema, text_of(entry.get("name")))))
        if not name:
            continue
        prefix = (*start, index) if tables else ()
        for column, at, full in _fields(entry, prefix, "columns"):
            given = [mapping(tag) for tag in items(column.get("tags"))]
            tags = [text_of(tag.get("tagFQN")) for tag in given if tag.get("state") != SUGGESTED]
            if any(tags):
                yield Tagged(name, full, tuple(tag for tag in tags if tag), place(document, at))


def _fields(
    entry: dict[str, Any], path: tuple[str | int, ...], key: str, prefix: str = ""
) -> Iterator[tuple[dict[str, Any], tuple[str | int, ...], str]]:
    """The named entries of a list and of the lists in them (`fields`, `children`), with dotted names."""
    stack = [(entry, (*path, key), prefix)]
    while stack:
        current, at, before = stack.pop()
        for index, field in named(current.get(str(at[-1]))):
            name = f"{before}{field['name']}"
            yield field, (*at, index), name
            stack += [(field, (*at, index, inner), f"{name}.") for inner in ("fields", "children") if inner in field]


def _datahub(document: Document) -> Iterator[Tagged]:
    """Datasets with fields that carry tags or glossary terms, without those that are removed."""
    removed: set[tuple[str, ...]] = set()
    found = list(_datasets(document, removed))
    return (entry for entry in found if entry.table not in removed)


def _datasets(document: Document, removed: set[tuple[str, ...]]) -> Iterator[Tagged]:
    """The fields of datasets in whatever envelope DataHub wrote them."""
    stack: list[tuple[object, tuple[str, ...], int]] = [(document.data, (), 0)]
    while stack:
        node, table, depth = stack.pop()
        if depth > MAX_DEPTH:
            continue
        if isinstance(node, list):
            stack += [(item, table, depth + 1) for item in reversed(cast("list[object]", node))]
            continue
        entry = mapping(node)
        for key in ("urn", "entityUrn"):
            if match := _DATASET.match(text_of(entry.get(key))):
                table = tuple(match[1].split("."))
        if table and entry.get("removed") is True:
            removed.add(table)
        path = _VERSION.sub("", text_of(entry.get("fieldPath")))
        if path and table and (tags := tuple(_terms(entry))):
            at = node.at if isinstance(node, Map | Items) else ()
            yield Tagged(table, path, tags, Location(document.file, *at))
        stack += [
            (value, table, depth + 1) for value in reversed(list(entry.values())) if isinstance(value, dict | list)
        ]


def _terms(field: dict[str, Any]) -> Iterator[str]:
    """The names of the tags and terms of one field."""
    for group, inner, own in (
        ("globalTags", "tags", "tag"),
        ("tags", "tags", "tag"),
        ("glossaryTerms", "terms", "urn"),
    ):
        for given in items(mapping(field.get(group)).get(inner)):
            entry = mapping(given)
            urn = entry.get(own) or mapping(entry.get("term")).get("urn")
            match = _URN.match(text_of(urn) or text_of(mapping(urn).get("urn")))
            if match:
                yield match[1]


def _mentions_urn(data: object) -> bool:
    stack: list[tuple[object, int]] = [(data, 0)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, dict):
            entry = cast("dict[str, object]", node)
            if text_of(entry.get("urn")).startswith("urn:li:") or "entityUrn" in entry:
                return True
            stack += [(value, depth + 1) for value in entry.values() if depth < MAX_DEPTH]
        elif isinstance(node, list):
            stack += [(value, depth + 1) for value in cast("list[object]", node) if depth < MAX_DEPTH]
    return False
