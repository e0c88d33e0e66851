"""Sources that describe tables or forms without being SQL: dbt projects, OpenAPI and JSON Schema documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .files import STDIN
from .foreign import SUFFIXES, mapping, read_foreign, refuse

if TYPE_CHECKING:
    from tutela.engine.tables import Schema


def read_described(name: str | Path) -> Schema | None:
    """The schema of such a source; None when it is none, and so a script; raises InputError when it is unknown."""
    path = Path(name)
    if str(name) == STDIN:
        return None
    if path.is_dir():
        from .dbt import PROJECT, read_project

        return read_project(path) if (path / PROJECT).is_file() else None
    return _document(name) if path.suffix.lower() in SUFFIXES else None


def _document(name: str | Path) -> Schema:
    from .dbt import is_manifest, read_manifest
    from .dbt_properties import is_properties, read_properties
    from .forms_source import is_json_schema, is_openapi, read_json_schema, read_openapi

    document = read_foreign(name)
    data = mapping(document.data)
    if is_openapi(data):
        found = read_openapi(document)
    elif is_manifest(data):
        found = read_manifest(document, _project_of(Path(name)))
    elif is_properties(data):
        found = read_properties(document)
    elif is_json_schema(data):
        found = read_json_schema(document)
    else:
        raise refuse("source-unknown", name)
    if not found.tables and not found.unparsed:
        raise refuse("source-empty", name)
    return found


def _project_of(manifest: Path) -> Path | None:
    """The project that a manifest in its `target` folder belongs to."""
    folder = manifest.parent.parent
    return folder if (folder / "dbt_project.yml").is_file() else None
