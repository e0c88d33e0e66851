"""A project: `tutela.toml` (or `[tool.tutela]` in pyproject.toml), `TUTELA_*` variables and flags, in this order."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote, unquote

from tutela.engine.errors import InputError, Location, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tutela.connectors.bundle import Bundle
    from tutela.connectors.decision_log import LogSettings
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.facts import Facts
    from tutela.engine.lineage import SchemaClassifier
    from tutela.engine.loader import Source
    from tutela.engine.model import Words
    from tutela.engine.policyset import PolicySet
    from tutela.engine.tables import Schema
    from tutela.engine.taxonomy import Taxonomy

FILE: Final = "tutela.toml"
PREFIX: Final = "TUTELA_"
PACK: Final = "pack:"
LISTS: Final = frozenset({"policies", "registers", "schemas", "waivers", "bundle_keys"})
TABLES: Final = frozenset({"decision_log", "log", "serve", "tags"})
OWN: Final = frozenset({"sampling", "bundle_keys"})
"""Given by the project's file only: no variable of the environment lends permission or trust."""
LOG_SETTINGS: Final[Mapping[str, tuple[type, str]]] = {
    "format": (str, "a text"),
    "mapping": (dict, "a table"),
    "log_line_prefix": (str, "a text"),
    "timezone": (str, "a text"),
    "year": (int, "a whole number"),
}
"""How access logs are read: each setting's class, and how people call it."""


@dataclass(frozen=True, slots=True)
class Project:
    """The settings of a project; paths are relative to its folder."""

    root: Path
    policies: tuple[str, ...] = ("pack:customer-information", "policies")
    registers: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    dialect: str | None = None
    default_schema: str | None = None
    taxonomy: str | None = None
    lineage: str | None = None
    lang: str | None = None
    waivers: tuple[str, ...] = ()
    waiver_limit: str | None = None
    """The longest period that a waiver may hold: `P1Y`."""
    sampling: str | None = None
    """`allowed`: values of live databases may be looked at."""
    log: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """How access logs are read: `format`, `mapping`, `log_line_prefix`, `timezone`, `year`."""
    tags: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the tags of other catalogs stand for: a category, `none` or `ignore`."""
    decision_log: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Where decisions are recorded, and how: `connectors.decision_log.LogSettings`."""
    serve: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Who may ask the decision service, and how: `server.configuration.SCHEMA`."""
    bundle_keys: tuple[str, ...] = ()
    """Files of public keys: where there are any, policies come from a bundle that one of them signed, or not at all."""
    bundle: Bundle | None = field(default=None, repr=False)
    """The opened bundle (`bundles.with_bundle`), so that all is read from one state of its file; no setting."""

    def path(self, name: str) -> Path:
        """A path of the settings as one that can be opened from the working folder."""
        found = self.root / name
        here = Path.cwd()
        resolved = found.resolve()
        return resolved.relative_to(here) if resolved.is_relative_to(here) else found

    def sources(self) -> list[str | Path]:
        """The schema sources: addresses of databases as they are, paths ready to open."""
        return [name if "://" in name else self.path(name) for name in self.schemas]

    def register_sources(self) -> list[str | Path]:
        """The registers: addresses of databases as they are, folders ready to open."""
        return [name if "://" in name else self.path(name) for name in self.registers]

    def recording(self) -> LogSettings | None:
        """Where and how decisions are recorded, with paths ready to open; None where they are not.

        InputError lists everything that is wrong with the settings.
        """
        from tutela.connectors.decision_log import read_settings

        if not self.decision_log:
            return None
        found = read_settings(self.decision_log, FILE)
        return replace(
            found, address=_placed(self, found.address), key_file=found.key_file and str(self.path(found.key_file))
        )

    def entries(self) -> list[str]:
        """The policy entries, packs as they are and paths ready to open."""
        return [e if e.startswith("pack:") else str(self.path(e)) for e in self.policies]


SETTINGS: Final = tuple(f.name for f in fields(Project) if f.name not in {"root", "bundle"})


def find_project(start: Path | None = None, *, required: bool = True) -> Project:
    """The project of a folder or of one above it; without one, defaults, or InputError when it is required."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        found = _settings(folder)
        if found is not None:
            file, settings = found
            return _override(_project(folder, file, settings))
    if required:
        raise InputError([Problem(code="project-missing", location=Location(str(start or ".")))])
    return _override(Project(here))


def _settings(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    own, shared = folder / FILE, folder / "pyproject.toml"
    if own.is_file():
        return own, _toml(own)
    if shared.is_file():
        found = _toml(shared).get("tool", {}).get("tutela")
        if isinstance(found, dict):
            return shared, cast("dict[str, Any]", found)
    return None


def _toml(path: Path) -> dict[str, Any]:
    from tutela.connectors.files import read_text

    try:
        return tomllib.loads(read_text(path, limit=1 << 20))
    except tomllib.TOMLDecodeError as error:
        args = {"what": str(error)}
        raise InputError([Problem(code="project-syntax", location=Location(str(path)), args=args)]) from None


def _project(root: Path, file: Path, settings: Mapping[str, Any]) -> Project:
    problems = [_unknown(file, name, SETTINGS) for name in settings if name.replace("-", "_") not in SETTINGS]
    values: dict[str, Any] = {}
    for name, value in settings.items():
        key = name.replace("-", "_")
        if key not in SETTINGS:
            continue
        texts = isinstance(value, list) and all(isinstance(v, str) for v in cast("list[object]", value))
        wanted = "a list of texts" if key in LISTS else "a table" if key in TABLES else "a text"
        fits = texts if key in LISTS else isinstance(value, dict) if key in TABLES else isinstance(value, str)
        if not fits:
            problems.append(_misfit(file, name, wanted))
        elif key == "log":
            problems += _log_problems(file, cast("dict[str, object]", value))
        elif key == "tags" and not all(isinstance(word, str) for word in cast("dict[str, object]", value).values()):
            problems.append(_misfit(file, name, "a table of texts"))
        values[key] = tuple(cast("list[str]", value)) if key in LISTS and texts else value
    if problems:
        raise InputError(problems)
    found = Project(root, **values)
    # What a variable names afterwards is where the caller is.
    registers, schemas = (tuple(_database(found, name) for name in names) for names in (found.registers, found.schemas))
    return replace(found, registers=registers, schemas=schemas)


def _placed(project: Project, name: str) -> str:
    """A file, or the address of a database, as one that can be opened from the working folder."""
    return _database(project, name) if "://" in name else str(project.path(name))


def _database(project: Project, address: str) -> str:
    """The address of a database in a file, which is relative to the project as any other path; others as they are."""
    from tutela.connectors.live_target import FILES

    scheme, _, rest = address.partition(":///")
    name, mark, query = rest.partition("?")
    if scheme.lower().partition("+")[0] not in FILES or not name or name.startswith("/"):
        return address
    return f"{scheme}:///{quote(str(project.path(unquote(name))))}{mark}{query}"


def _log_problems(file: Path, given: Mapping[str, object]) -> Iterator[Problem]:
    for name, value in given.items():
        of, wanted = LOG_SETTINGS.get(name, (None, ""))
        if of is None:
            yield _unknown(file, f"log.{name}", LOG_SETTINGS)
        elif value.__class__ is not of:  # in Python, true is a whole number
            yield _misfit(file, f"log.{name}", wanted)


def _misfit(file: Path, name: str, wanted: str) -> Problem:
    return Problem(code="project-value", location=Location(str(file)), args={"key_": name, "expected": wanted})


def _unknown(file: Path, name: str, known: Iterable[str]) -> Problem:
    from tutela.engine.validation import suggestion

    guess = suggestion(name.rpartition(".")[2], known)
    hint = f"; did you mean `{guess}`?" if guess else ""
    args = {"key_": name, "hint": hint, "known": ", ".join(known)}
    return Problem(code="project-key-unknown", location=Location(str(file)), args=args)


def _override(project: Project) -> Project:
    """Apply `TUTELA_DIALECT`, `TUTELA_POLICIES` (separated like PATH) and so on."""
    changes: dict[str, Any] = {}
    for name in SETTINGS:
        value = os.environ.get(PREFIX + name.upper())
        if value and name not in TABLES and name not in OWN:
            changes[name] = _split(value) if name in LISTS else value
    return replace(project, **changes) if changes else project


def _split(value: str) -> tuple[str, ...]:
    """The entries of a list in a variable; where paths are separated by colons, `pack:NAME` stays one entry.

    The address of a database has colons of its own and so stands alone.
    """
    if "://" in value:
        return (value,)
    found: list[str] = []
    for part in value.split(os.pathsep):
        if found and found[-1] + os.pathsep == PACK:
            found[-1] = PACK + part
        else:
            found.append(part)
    return tuple(found)


def policy_sources(project: Project) -> list[Source]:
    """The texts of the project's policies, from its files or its bundle."""
    from tutela.connectors.policy_files import read_policies

    from .bundles import bundle_of

    bundle = bundle_of(project)
    return read_policies(project.entries(), root=project.root) if bundle is None else bundle.sources()


def load_policies_of(project: Project) -> PolicySet:
    """The project's policy set."""
    from tutela.connectors.policy_cache import load_cached

    from .bundles import bundle_of, policies_of

    bundle = bundle_of(project)
    return load_cached(policy_sources(project)) if bundle is None else policies_of(bundle)


def load_registers(project: Project) -> Mapping[str, Any]:
    """The registers of the bundle, or those of the project where the bundle has none.

    What stands beside a signed whole does not change it.
    """
    from tutela.connectors.register_files import read_registers

    from .bundles import bundle_of, registers_in

    bundle = bundle_of(project)
    found = {} if bundle is None else registers_in(bundle)
    return found or read_registers(project.register_sources())


def load_facts_of(project: Project, policies: PolicySet, taxonomy: Taxonomy | None = None) -> Facts | None:
    """The project's registers, or None when it has none."""
    from .taxonomies import load_taxonomy

    registers = load_registers(project)
    if not registers and not project.registers:
        return None
    return make_facts(registers, policies, taxonomy or load_taxonomy(project))


def make_facts(registers: Mapping[str, Any], policies: PolicySet, taxonomy: Taxonomy) -> Facts:
    """Index registers with the policy set's time zone and sensitivity profile; both must be bound."""
    from zoneinfo import ZoneInfo

    from tutela.engine.facts import Facts

    bound = policies.parameters.values
    missing = [name for name in ("timezone", "sensitivity_profile") if name not in bound]
    if missing:
        raise InputError(
            [
                Problem(code="register-needs-parameter", location=Location("registers"), args={"name": name})
                for name in missing
            ]
        )
    return Facts(registers, taxonomy, zone=ZoneInfo(str(bound["timezone"])), profile=str(bound["sensitivity_profile"]))


def load_authorizer(project: Project) -> Authorizer:
    """The project's decision point: policies and registers."""
    from tutela.engine.authorizer import Authorizer

    policies = load_policies_of(project)
    return Authorizer(policies, load_facts_of(project, policies))


def load_classifier(  # noqa: PLR0913 (what a classifier knows)
    project: Project,
    policies: PolicySet | None,
    *,
    facts: object = None,
    profile: str | None = None,
    catalog: Sequence[Mapping[str, Any]] | None = None,
    taxonomy: Taxonomy | None = None,
) -> SchemaClassifier:
    """The classifier of whole schemas, which follows views and copies; the catalog's word on a base column counts."""
    from tutela.engine.classifier import Classifier
    from tutela.engine.facts import Facts
    from tutela.engine.facts_catalog import Catalog
    from tutela.engine.lineage import SchemaClassifier

    from .taxonomies import load_lineage, load_taxonomy

    taxonomy = taxonomy or load_taxonomy(project)
    if profile is None:
        bound = None if policies is None else policies.parameters.values.get("sensitivity_profile")
        profile = str(bound or "pipl_strict")
    declared = facts.world.catalog if isinstance(facts, Facts) else None
    if catalog is not None:
        declared = Catalog({"catalog": catalog}, taxonomy, profile)
    return SchemaClassifier(
        Classifier(taxonomy, profile),
        load_lineage(project, taxonomy),
        taxonomy,
        profile,
        declared=declared.declared() if declared else None,
        registered=declared.registered() if declared else (),
        default_schema=project.default_schema,
    )


def load_schema(project: Project) -> Schema | None:
    """The schema files that the project declares, as one schema."""
    from tutela.connectors.sources import read_sources

    if not project.schemas:
        return None
    return read_sources(project.sources(), dialect=project.dialect)


def _silent(_note: Words) -> None:
    """Tell nobody."""


def tagged(
    project: Project,
    schema: Schema,
    exports: Iterable[str | Path] = (),
    tell: Callable[[Words], None] = _silent,
) -> Schema:
    """The schema with the tags of exports laid over it, and every tag in the words of the taxonomy.

    `tell` is told which tags are on no column.
    """
    from tutela.connectors.files import read_text
    from tutela.connectors.policy_files import packs_folder
    from tutela.connectors.tag_exports import read_tags
    from tutela.engine.documents import read_document
    from tutela.engine.tags import TagNames, lay_over

    from .taxonomies import LIMIT, load_taxonomy

    found = read_tags(exports)
    if not found and not any(column.tag for column in schema.columns()):
        return schema
    shipped = read_document(read_text(packs_folder() / "tag_names.yaml", limit=LIMIT), "tag_names.yaml")
    names = TagNames(load_taxonomy(project), project.tags, cast("Mapping[str, str]", shipped.data))
    return lay_over(schema, found, names, tell)
