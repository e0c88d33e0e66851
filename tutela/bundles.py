"""Bundles and projects: a project from a bundle, and a bundle from a project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from tutela.engine.errors import InputError, Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from tutela.connectors.bundle import Bundle
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.facts import Facts
    from tutela.engine.policyset import PolicySet

    from .project import Project


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What decisions come from, all of one bundle: it stays the same when the file is replaced."""

    bundle: Bundle
    project: Project
    """The settings, for what else is loaded of this bundle (`load_taxonomy`, `load_classifier`, ...)."""
    policies: PolicySet
    facts: Facts | None

    def authorizer(self) -> Authorizer:
        """A decision point on these policies and registers."""
        from tutela.engine.authorizer import Authorizer

        return Authorizer(self.policies, self.facts)


def load_bundle(path: str | Path, keys: Iterable[str | Path] = (), *, project: Project | None = None) -> Snapshot:
    """Load a bundle's policies, settings and registers in one step, for a server or a job.

    `keys` are files of public keys, one of which must have signed it; without any, those of the `project` count, and
    where that has none either, no signature is asked for. Settings of the project count before those of the bundle,
    its registers where the bundle has none. TutelaError with every problem, and then nothing of the bundle is in use.
    """
    from pathlib import Path

    from .project import Project, load_facts_of, load_policies_of

    base = project or Project(Path.cwd())
    named = tuple(str(Path(key).absolute()) for key in keys) or base.bundle_keys
    opened = with_bundle(replace(base, policies=(str(Path(path).absolute()),), bundle_keys=named, bundle=None))
    if opened.bundle is None:
        _fail("bundle-not", str(path))
    policies = load_policies_of(opened)
    return Snapshot(opened.bundle, opened, policies, load_facts_of(opened, policies))


def with_bundle(project: Project) -> Project:
    """The project with its bundle opened once for everything that is read of it; the same project without one.

    Settings that the project does not have come from the bundle.
    """
    bundle = bundle_of(replace(project, bundle=None))
    if bundle is None:
        return replace(project, bundle=None)
    given = bundle.manifest.settings
    return replace(
        project,
        bundle=bundle,
        dialect=project.dialect or given.get("dialect"),
        default_schema=project.default_schema or given.get("default_schema"),
        lang=project.lang or given.get("lang"),
    )


def bundle_of(project: Project) -> Bundle | None:
    """The bundle that the policies of a project come from, or None; InputError when it cannot be used."""
    from tutela.connectors.bundle import is_bundle, open_bundle

    if project.bundle is not None:
        return project.bundle
    found = [entry for entry in project.entries() if is_bundle(entry)]
    if not found:
        if project.bundle_keys:
            _fail("bundle-needed", ", ".join(project.policies))
        return None
    if len(project.policies) > 1:
        _fail("bundle-not-alone", found[0], file=found[0])
    keys: Any = ()
    if project.bundle_keys:
        from tutela.connectors.bundle_keys import read_publics

        keys = read_publics([project.path(name) for name in project.bundle_keys])
    return open_bundle(found[0], keys)


def policies_of(bundle: Bundle, parameters: Mapping[str, object] | None = None) -> PolicySet:
    """The policies of a bundle; InputError when this tutela makes others of them than the one that built it."""
    from importlib.metadata import version

    from tutela.connectors.policy_cache import load_cached

    sources = bundle.sources()
    policies = load_cached(sources)
    wanted = bundle.manifest.policies
    if policies.digest != wanted:
        made = {"found": policies.digest, "wanted": wanted, "built": bundle.manifest.tutela, "here": version("tutela")}
        _fail("bundle-digest", bundle.file, **made)
    return load_cached(sources, parameters) if parameters else policies


def registers_in(bundle: Bundle) -> dict[str, Any]:
    """The registers of a bundle, typed and checked; none when it was built without."""
    from functools import partial

    from tutela.connectors.bundle import REGISTERS
    from tutela.connectors.register_files import read_register_files, register_of

    return read_register_files(
        register_of(path.removeprefix(REGISTERS), path, partial(bundle.text, path)) for path in bundle.below(REGISTERS)
    )


def build(  # noqa: PLR0913 (what a manifest says)
    project: Project, file: str, *, name: str, revision: str, created: datetime, registers: bool
) -> Bundle:
    """A bundle of a project, loaded again from its own bytes, so that what was checked is what is in it.

    TutelaError with every problem of its policies, registers and names. `created` has an offset.
    """
    from datetime import UTC
    from importlib.metadata import version

    from tutela.connectors.bundle import make_bundle, parse_bundle
    from tutela.connectors.bundle_manifest import SETTINGS, Manifest
    from tutela.connectors.policy_cache import load_cached

    if bundle_of(project) is not None:
        _fail("bundle-again", ", ".join(project.policies))
    policies = _policy_files(project)
    files = policies | (_registers(project) if registers else {}) | _taxonomy(project)
    _usable(files, name, revision)
    settings = {key: value for key in SETTINGS if (value := getattr(project, key))}
    manifest = Manifest(
        name=name,
        revision=revision,
        created=created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        tutela=version("tutela"),
        policies=load_cached(_sources(policies)).digest,
        settings=settings,
        files=(),
    )
    made = parse_bundle(make_bundle(manifest, {k: v.encode() for k, v in files.items()}, file).to_bytes(), file)
    policies_of(made)
    registers_in(made)
    return made


def _sources(policies: Mapping[str, str]) -> list[Any]:
    from tutela.connectors.bundle import named
    from tutela.engine.loader import Source

    return [Source(named(path), text) for path, text in policies.items()]


def _policy_files(project: Project) -> dict[str, str]:
    from tutela.connectors.bundle import place_of
    from tutela.connectors.policy_files import packs_folder, read_policy_files

    packs, root = packs_folder().resolve(), project.root.resolve()
    found = read_policy_files(project.entries(), root=project.root)
    return {place_of(path, packs, root): source.text for path, source in found.items()}


def _registers(project: Project) -> dict[str, str]:
    from tutela.connectors.bundle import REGISTERS
    from tutela.connectors.register_files import register_files

    sources = project.register_sources()
    folders = [source for source in sources if not isinstance(source, str)]
    if len(folders) < len(sources):
        _fail("bundle-database", str(project.root))
    found, problems = register_files(folders)
    if problems:
        raise InputError(problems)
    if not found:
        _fail("bundle-no-registers", str(project.root))
    return {f"{REGISTERS}{file.name}{file.suffix}": file.text() for file in found}


def _taxonomy(project: Project) -> dict[str, str]:
    from tutela.connectors.bundle import TAXONOMY

    from .taxonomies import packed_sources

    return {TAXONOMY + name: text for name, text in packed_sources(project).items()}


def _usable(files: Iterable[str], name: str, revision: str) -> None:
    """Refuse names that the reader of the bundle would refuse, all at once."""
    import re

    from tutela.connectors.bundle_manifest import BUNDLE_NAME, REVISION
    from tutela.connectors.bundle_tar import usable_name

    problems = [
        Problem(code="bundle-entry-name", location=Location(path), args={"name": path})
        for path in files
        if not usable_name(path)
    ]
    if not re.match(BUNDLE_NAME, name):
        problems.append(Problem(code="bundle-name", location=Location("--name"), args={"name": name}))
    if not re.match(REVISION, revision):
        problems.append(Problem(code="bundle-revision", location=Location("--revision"), args={"revision": revision}))
    if problems:
        raise InputError(problems)


def _fail(code: str, where: str, **args: object) -> NoReturn:
    raise InputError([Problem(code=code, location=Location(where), args=args)])
