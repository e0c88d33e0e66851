"""OpenAPI 3 and JSON Schema documents as forms: every request that takes data is one, its fields are columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.tables import Column, Schema, Table, Unparsed

from .foreign import items, mapping, place, refuse, text_of
from .forms_schema import At, Fields, pointed_at

if TYPE_CHECKING:
    from tutela.engine.documents import Document

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_DEFINITIONS: Final = ("$defs", "definitions")


def is_openapi(data: dict[str, Any]) -> bool:
    """Whether a document is OpenAPI, of any version."""
    return "openapi" in data or "swagger" in data


def is_json_schema(data: dict[str, Any]) -> bool:
    """Whether a document is a JSON Schema of an object."""
    marked = "json-schema.org" in text_of(data.get("$schema"))
    return (
        marked or isinstance(data.get("properties"), dict) or any(isinstance(data.get(k), dict) for k in _DEFINITIONS)
    )


def read_openapi(document: Document) -> Schema:
    """The forms of an OpenAPI document: request bodies, webhooks and parameters."""
    data = mapping(document.data)
    version = text_of(data.get("openapi"))
    if not version.startswith("3."):
        raise refuse("form-version", document.file, version=version or str(data.get("swagger")))
    tables: list[Table] = []
    unparsed: list[Unparsed] = []
    for group in ("paths", "webhooks"):
        for path, entry in mapping(data.get(group)).items():
            shared = mapping(entry)
            if "$ref" in shared:
                unparsed.append(Unparsed(place(document, [group, path]), "a path that stands in another document"))
            for method in METHODS:
                if isinstance(shared.get(method), dict):
                    _operation(document, (group, path, method), shared, tables, unparsed)
    return Schema(tables=tuple(tables), unparsed=tuple(unparsed))


def _operation(
    document: Document,
    path: tuple[str, str, str],
    shared: dict[str, Any],
    tables: list[Table],
    unparsed: list[Unparsed],
) -> None:
    """Add the form of one operation, when it takes anything."""
    operation = mapping(shared[path[2]])
    fields = Fields(document)
    for prefix, given in ((path[:2], shared.get("parameters")), (path, operation.get("parameters"))):
        for index, parameter in enumerate(items(given)):
            _parameter(fields, parameter, (*prefix, "parameters", index))
    body, at = _resolved(fields, operation.get("requestBody"), (*path, "requestBody"))
    for kind, content in mapping(body.get("content")).items():
        fields.walk(At(mapping(content).get("schema"), (*at, "content", kind, "schema")))
    name = text_of(operation.get("operationId")) or f"{path[2].upper()} {path[1]}"
    note = text_of(operation.get("summary")) or text_of(operation.get("description"))
    _add(fields, name, note, path, [operation, shared, mapping(document.data)], tables, unparsed)


def _parameter(fields: Fields, parameter: object, path: tuple[str | int, ...]) -> None:
    found, at = _resolved(fields, parameter, path)
    name = text_of(found.get("name"))
    if not name:
        return
    schema = {**mapping(found.get("schema")), **{k: v for k, v in found.items() if k == "description" or k[:2] == "x-"}}
    spot = place(fields.document, at)
    fields.walk(At(schema, (*at, "schema"), name=name, required=found.get("required") is True, location=spot))
    for kind, content in mapping(found.get("content")).items():
        fields.walk(At(mapping(content).get("schema"), (*at, "content", kind, "schema"), name=name, location=spot))


def _resolved(
    fields: Fields, value: object, path: tuple[str | int, ...]
) -> tuple[dict[str, Any], tuple[str | int, ...]]:
    """A parameter or body, or the one that it refers to; one step, as OpenAPI allows."""
    found = mapping(value)
    pointer = text_of(found.get("$ref"))
    if not pointer:
        return found, path
    target, steps = pointed_at(fields.document.data, pointer) if pointer.startswith("#/") else (None, ())
    if not mapping(target):
        spot = place(fields.document, path)
        fields.unparsed.append(Unparsed(spot, f"`$ref: {pointer[:200]}` leads nowhere, or outside of the document"))
    return mapping(target), steps


def read_json_schema(document: Document) -> Schema:
    """The form of a JSON Schema document, or one for each of its definitions when it has no fields itself."""
    data = mapping(document.data)
    tables: list[Table] = []
    unparsed: list[Unparsed] = []
    paths: list[tuple[str, ...]] = [()]
    if not data.keys() & {"properties", "$ref", "allOf", "oneOf", "anyOf", "items"}:
        paths = [(group, name) for group in _DEFINITIONS for name in mapping(data.get(group))]
    for path in paths:
        schema = mapping(mapping(data.get(path[0])).get(path[1])) if path else data
        fields = Fields(document)
        fields.walk(At(schema, path))
        stem = Path(document.file).name.removesuffix(".json").removesuffix(".schema")
        name = path[1] if path else text_of(schema.get("title")) or stem
        _add(fields, name, text_of(schema.get("description")), path, [schema, data], tables, unparsed)
    return Schema(tables=tuple(tables), unparsed=tuple(unparsed))


def _add(  # noqa: PLR0913 (what a form is made of)
    fields: Fields,
    name: str,
    note: str,
    path: tuple[str | int, ...],
    marked: list[dict[str, Any]],
    tables: list[Table],
    unparsed: list[Unparsed],
) -> None:
    """Make a form of the fields that were found; `marked` are the parts that may say its channel, nearest first."""
    unparsed += fields.unparsed
    if not fields.found:
        return
    name = _mark(marked[:1], "x-tutela-form") or name
    tables.append(
        Table(
            name=name,
            location=place(fields.document, path, key=True),
            comment=note,
            kind="form",
            channel=_mark(marked, "x-tutela-channel"),
            purpose=_mark(marked, "x-tutela-purpose"),
            columns=tuple(
                Column(
                    table=name,
                    name=field.name,
                    location=field.location,
                    data_type=field.data_type,
                    nullable=not field.required,
                    comment=field.comment,
                    tag=field.tag,
                )
                for field in fields.found.values()
            ),
        )
    )


def _mark(parts: list[dict[str, Any]], key: str) -> str:
    return next((text_of(part[key]) for part in parts if text_of(part.get(key))), "")
