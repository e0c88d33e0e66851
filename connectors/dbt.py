"""dbt projects: the manifest that dbt writes, with the SQL of its models; without one, the property files alone."""

from __future__ import annotations

import csv
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.errors import InputError, Location
from tutela.engine.findings import fingerprint
from tutela.engine.tables import Column, Schema, Table, Unparsed

from .dbt_columns import Known, outputs
from .dbt_properties import column_of, is_properties, read_properties
from .ddl_parse import MAX_LENGTH
from .dialects import guessed
from .files import digest_of, read_text
from .foreign import items, mapping, read_foreign, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tutela.engine.documents import Document

PROJECT: Final = "dbt_project.yml"
_KINDS: Final = frozenset({"model", "seed", "snapshot", "source"})
_CODE: Final = ("raw_code", "raw_sql", "compiled_code", "compiled_sql")
_LINE: Final = 1 << 20
_LEFT: Final = frozenset({"target", "dbt_packages", "dbt_modules", "logs"})


def is_manifest(data: dict[str, Any]) -> bool:
    """Whether a document is a manifest of dbt."""
    marked = "getdbt.com" in text_of(mapping(data.get("metadata")).get("dbt_schema_version"))
    return marked or (isinstance(data.get("nodes"), dict) and isinstance(data.get("sources"), dict))


def read_project(folder: Path) -> Schema:
    """A dbt project by its `target/manifest.json`; without it by what its property files tell, which is listed."""
    manifest = folder / "target" / "manifest.json"
    if manifest.is_file():
        return read_manifest(read_foreign(manifest), folder)
    parts: list[Schema] = []
    for path in sorted(p for suffix in ("*.yml", "*.yaml") for p in folder.rglob(suffix)):
        inside = path.relative_to(folder).parts
        if path.name == PROJECT or _LEFT & {*inside} or any(part.startswith(".") for part in inside):
            continue
        document = read_foreign(path)
        if is_properties(mapping(document.data)):
            parts.append(read_properties(document))
    reason = "there is no target/manifest.json: only described columns are known; run `dbt compile` and lint again"
    return Schema(
        tables=tuple(table for part in parts for table in part.tables),
        unparsed=(Unparsed(Location(str(folder / PROJECT)), reason),),
    )


@dataclass(slots=True)
class _Manifest:
    """One manifest while its tables are made, each after those that it is made of."""

    document: Document
    folder: Path | None
    dialect: str
    catalog: dict[str, Any]
    known: Known = field(default_factory=Known)
    unparsed: list[Unparsed] = field(default_factory=list[Unparsed])
    _properties: dict[str, tuple[Table, ...]] = field(default_factory=dict[str, tuple[Table, ...]])

    def table(self, key: str, node: dict[str, Any]) -> Table:
        """The table of a node: columns described, of the catalog, and those that its SQL gives."""
        name = text_of(node.get("identifier")) or text_of(node.get("alias")) or text_of(node.get("name"))
        schema = text_of(node.get("schema"))
        location = self._location(node)
        columns = {
            entry["name"].lower(): column_of(entry, name, schema, self._column_place(node, entry["name"], location))
            for entry in map(mapping, mapping(node.get("columns")).values())
            if isinstance(entry.get("name"), str)
        }
        actual = mapping(mapping(self.catalog.get(key)).get("columns"))
        for found, entry in actual.items():
            old = columns.get(found.lower()) or Column(table=name, schema=schema, name=found, location=location)
            columns[found.lower()] = replace(old, data_type=old.data_type or text_of(mapping(entry).get("type")))
        sql = text_of(node.get("compiled_code")) or text_of(node.get("compiled_sql"))
        if node.get("resource_type") in {"model", "snapshot", "seed"}:
            for found in self._made(sql, key, node, location, sure=bool(actual)):
                columns.setdefault(found.lower(), Column(table=name, schema=schema, name=found, location=location))
        elif not columns:
            self._miss(f"no column of `{name}` is described, and there is no catalog.json", key, node, location)
        view = mapping(node.get("config")).get("materialized") in {"view", "ephemeral"}
        self.known.add(schema, name, [column.name for column in columns.values()])
        return Table(
            name=name,
            schema=schema,
            columns=tuple(columns.values()),
            location=location,
            comment=text_of(node.get("description")),
            kind="view" if view else "table",
            sql=sql,
        )

    def _made(self, sql: str, key: str, node: dict[str, Any], location: Location, *, sure: bool) -> list[str]:
        """The columns that a node gives; where the catalog has some, it may be older than the code that adds others."""
        if node.get("resource_type") == "seed":
            found = _heading(self._file(node), text_of(mapping(node.get("config")).get("delimiter")) or ",")
            if not found and not sure:
                reason = "only the described columns of this seed are known: its file is not there"
                self._miss(reason, key, node, location)
            return found
        if sure:
            known = outputs(sql, self.dialect, self.known) if sql else []
            return [] if isinstance(known, str) else known
        return self._outputs(sql, key, node, location)

    def _outputs(self, sql: str, key: str, node: dict[str, Any], location: Location) -> list[str]:
        if not sql:
            language = text_of(node.get("language")) or "sql"
            reason = "run `dbt compile`" if language == "sql" else f"a model in {language} is not read"
            self._miss(f"the columns of this model are not known: {reason}", key, node, location)
            return []
        found = outputs(sql, self.dialect, self.known)
        if isinstance(found, str):
            self._miss(f"the columns of this model are not known: {found}", key, node, location)
            return []
        return found

    def _miss(self, reason: str, key: str, node: dict[str, Any], location: Location) -> None:
        """List a node that is not understood; another node, or other code of the same, is another finding."""
        code = next((c for name in _CODE if (c := text_of(node.get(name)))), "")
        self.unparsed.append(Unparsed(location, reason, fingerprint(key, code)))

    def _location(self, node: dict[str, Any]) -> Location:
        """The file of a node, as far as it lies in the project; else the manifest."""
        path = self._file(node)
        return Location(str(path or self.document.file))

    def _file(self, node: dict[str, Any]) -> Path | None:
        """The file of a node, where it is there."""
        file = text_of(node.get("original_file_path"))
        path = self.folder / file if self.folder and file else None
        inside = path and self.folder and path.resolve().is_relative_to(self.folder.resolve())
        return path if path and inside and path.is_file() else None

    def stale(self, nodes: Iterable[dict[str, Any]]) -> None:
        """List the models of the project whose files are not in the manifest, or say something else there."""
        if self.folder is None:
            return
        settings: dict[str, Any] = {}
        with suppress(InputError):
            settings = mapping(read_foreign(self.folder / PROJECT).data)
        own = {text_of(settings.get("name")), ""}
        codes = {
            text_of(node.get("original_file_path")): text_of(node.get("raw_code"))
            for node in nodes
            if text_of(node.get("package_name")) in own
        }
        for path in _models(self.folder, settings):
            code = codes.get(path.relative_to(self.folder).as_posix())
            if code is None:
                reason = "this model is not in the manifest; run `dbt compile` and lint again"
            elif code and code.split() != _words(path):
                reason = "this model is another one than in the manifest; run `dbt compile` and lint again"
            else:
                continue
            self.unparsed.append(Unparsed(Location(str(path)), reason, digest_of(path)))

    def _column_place(self, node: dict[str, Any], column: str, default: Location) -> Location:
        """Where the property file describes a column."""
        file = text_of(node.get("patch_path")).partition("://")[2]
        if node.get("resource_type") == "source":
            file = text_of(node.get("original_file_path"))
        for table in self._described(file):
            if table.name in {node.get("name"), node.get("identifier"), node.get("alias")}:
                return next((found.location for found in table.columns if found.name == column), default)
        return default

    def _described(self, file: str) -> tuple[Table, ...]:
        """The tables of a property file of the project, which is read for its places only."""
        if file not in self._properties:
            self._properties[file] = ()
            path = self.folder / file if self.folder and file else None
            if self.folder and path and path.is_file() and path.resolve().is_relative_to(self.folder.resolve()):
                with suppress(InputError):
                    self._properties[file] = read_properties(read_foreign(path)).tables
        return self._properties[file]


def _models(folder: Path, settings: dict[str, Any]) -> list[Path]:
    """The files of the models of a project."""
    said = items(settings.get("model-paths")) or items(settings.get("source-paths")) or ["models"]
    names = [name for name in map(text_of, said) if name and not Path(name).is_absolute()]
    found = (path for name in names for suffix in ("*.sql", "*.py") for path in (folder / name).rglob(suffix))
    return sorted(found)


def _words(path: Path) -> list[str]:
    """The text of a file without regard to white space; nothing when it cannot be read."""
    with suppress(InputError):
        return read_text(path, limit=MAX_LENGTH).split()
    return []


def _heading(path: Path | None, delimiter: str) -> list[str]:
    """The names of the columns of a seed: the first line of its file; no row is read."""
    if path is None or len(delimiter) != 1:
        return []
    with suppress(OSError, UnicodeDecodeError, csv.Error), path.open(encoding="utf-8-sig", newline="") as stream:
        line = stream.readline(_LINE)
        names = next(csv.reader([line], delimiter=delimiter), list[str]())
        return [name.strip() for name in names if name.strip()]
    return []


def read_manifest(document: Document, folder: Path | None = None) -> Schema:
    """The tables of a manifest; `folder` is that of the project, for the places of its files."""
    data = mapping(document.data)
    nodes = {
        key: mapping(node) for key, node in (*mapping(data.get("nodes")).items(), *mapping(data.get("sources")).items())
    }
    wanted = {key: node for key, node in nodes.items() if node.get("resource_type", "source") in _KINDS}
    dialect = guessed(text_of(mapping(data.get("metadata")).get("adapter_type")))
    manifest = _Manifest(document, folder, dialect, _catalog(document.file))
    tables = {key: manifest.table(key, wanted[key]) for key in _ordered(wanted)}
    disabled = mapping(data.get("disabled"))
    manifest.stale((*nodes.values(), *(mapping(node) for group in disabled.values() for node in items(group))))
    return Schema(
        tables=tuple(tables[key] for key in wanted),
        unparsed=tuple(manifest.unparsed),
        dialect=dialect,
        skipped={"disabled": len(disabled)} if disabled else {},
    )


def _catalog(manifest: str) -> dict[str, Any]:
    """The nodes and sources of the `catalog.json` beside a manifest: the columns that really are there."""
    path = Path(manifest).with_name("catalog.json")
    if manifest == "-" or not path.is_file():
        return {}
    data = mapping(read_foreign(path).data)
    return {**mapping(data.get("nodes")), **mapping(data.get("sources"))}


def _ordered(nodes: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The nodes, each after those that it depends on; without recursion, and a circle ends somewhere."""
    done: set[str] = set()
    for root, node in nodes.items():
        stack: list[tuple[str, Iterable[Any]]] = [(root, iter(_needs(node)))]
        open_ = {root}
        while stack and root not in done:
            key, needs = stack[-1]
            following = next((n for n in needs if n in nodes and n not in done and n not in open_), None)
            if following is None:
                stack.pop()
                done.add(key)
                yield key
            else:
                open_.add(following)
                stack.append((following, iter(_needs(nodes[following]))))


def _needs(node: dict[str, Any]) -> list[Any]:
    return items(mapping(node.get("depends_on")).get("nodes"))
