"""Where a service loads from: the project's folder, or a revision of a git repository."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote

from tutela.connectors.bundle import bundle_file
from tutela.connectors.policy_files import read_policies
from tutela.connectors.revisions import commit_of, tree_at
from tutela.engine.errors import InputError, PolicyError
from tutela.project import FILE, PACK, find_project

from .auth_keys import KeySet
from .configuration import Configuration, read_configuration
from .load import load_service
from .refusals import problem
from .tls import make_context
from .watching import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tutela.connectors.decision_log import LogSettings
    from tutela.engine.errors import Problem
    from tutela.project import Project

    from .service import Service


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that a service answers with, loaded from one state of its source."""

    service: Service
    configuration: Configuration
    keys: KeySet | None
    log: LogSettings | None = None
    """Where decisions are recorded; None where they are not."""
    revision: str = ""
    """The commit; of a bundle that is not in git, what its builder called it; empty where there is neither."""
    signed: bool = False
    """Whether policies had to come from a bundle that somebody trusted has signed."""

    @property
    def identity(self) -> tuple[object, ...]:
        """What must be equal in all workers."""
        return (*self.service.digests.values(), self.configuration, self.log, self.revision)


class Origin(Protocol):
    """Where a service loads from; both are slow, and called in a thread."""

    told: bool
    """Whether a state that is as before means that what was loaded is current: of databases it does not."""

    def state(self) -> object:
        """What the source is like now: equal values mean that there is nothing new to load."""
        ...

    def load(self) -> Loaded:
        """Load everything; InputError or PolicyError lists all problems."""
        ...


def load_project(project: Project, commit: str = "") -> Loaded:
    """Load a project: policies, registers, the table `[serve]` and the files that it names."""
    configuration = configuration_of(project)
    keys = None if configuration.jwt is None else KeySet(configuration.jwt)
    if configuration.tls is not None:
        make_context(configuration.tls)
    log = project.recording()
    service = load_service(project, datetime.now(UTC), log)
    revision = commit or ("" if project.bundle is None else project.bundle.manifest.revision)
    return Loaded(service, configuration, keys, log, revision, bool(project.bundle_keys))


def configuration_of(project: Project) -> Configuration:
    """The table `[serve]` of a project; InputError lists everything that is wrong with it."""
    return read_configuration(project.serve, FILE, project.path)


@dataclass(slots=True)
class FolderOrigin:
    """A project's folder; `find` reads its settings again."""

    find: Callable[[], Project]
    refresh: float = 60.0
    """Seconds after which databases are read again: nothing tells that they have changed."""
    told: bool = True
    _named: frozenset[str] | None = None
    """All policy files, those outside the project's folders, which others include, too."""

    def state(self) -> object:
        """The fingerprint of all files that settings and policies name; the turn of time where databases are, too."""
        try:
            return self._state()
        except (OSError, ValueError, RuntimeError, OverflowError) as error:
            # A name that is none, links in a circle.
            return type(error).__name__, str(error)  # whoever loads says what is wrong

    def _state(self) -> object:
        try:
            project = self.find()
        except InputError as error:
            return tuple(error.problems)
        own = [project.root / FILE, project.root / "pyproject.toml"]
        if self._named is None:
            self._named = _included(project)
        self.told = not _databases(project)
        return fingerprint([*own, *_files(project), *self._named]), _turn(project, self.refresh)

    def load(self) -> Loaded:
        """Load the project as it is now."""
        project = self.find()
        loaded = load_project(project)
        self._named = _included(project)
        return loaded


def _databases(project: Project) -> bool:
    """Whether a project reads from databases: nothing tells that they have changed."""
    return any("://" in str(source) for source in (*project.register_sources(), *project.sources()))


def _turn(project: Project, refresh: float) -> int:
    """Which turn of reading databases again it is; 0 where there are none."""
    return int(time.monotonic() // refresh) if _databases(project) else 0


def _files(project: Project) -> list[str | Path]:
    """The files and folders that the settings of a project name."""
    found = [source for source in (*project.register_sources(), *project.sources()) if "://" not in str(source)]
    found += [project.path(name) for name in (project.taxonomy, project.lineage) if name]
    entries = [name for name in project.entries() if not name.startswith(PACK)]
    if project.bundle is not None:
        with suppress(InputError):  # `latest`, which names a file that may be written anew, has just gone
            found.append(bundle_file(Path(entries[0])))
    with suppress(InputError):  # the table is in a file that is watched
        found += [Path(name) for name in configuration_of(project).files()]
    return [*found, *entries]


def _included(project: Project) -> frozenset[str]:
    if project.bundle is not None:  # it stands alone
        return frozenset()
    try:
        return frozenset(source.name for source in read_policies(project.entries(), root=project.root))
    except (InputError, PolicyError):  # whoever loads says so
        return frozenset()


@dataclass(slots=True)
class GitOrigin:
    """A revision of a repository: a branch is followed, its files are read from git, no work tree is touched.

    What its settings name elsewhere, databases and absolute paths, is looked at as that of a folder is.
    """

    repository: Path
    revision: str
    folder: str = "."
    """Where in the repository the project is."""
    adapt: Callable[[Project], Project] = lambda project: project
    refresh: float = 60.0
    """Seconds after which databases are read again."""
    told: bool = True
    _tried: tuple[Project, Path] | None = None
    """The project that was loaded last, if only in part, and where its files were laid out."""
    _scratch: list[tempfile.TemporaryDirectory[str]] = field(default_factory=list["tempfile.TemporaryDirectory[str]"])

    def state(self) -> object:
        """The commit that the revision names now, and what is elsewhere."""
        try:
            return commit_of(self.repository, self.revision), self._elsewhere()
        except InputError as error:
            return tuple(error.problems)
        except (OSError, ValueError, RuntimeError, OverflowError) as error:  # a name that is none, links in a circle
            return type(error).__name__, str(error)  # whoever loads says what is wrong

    def _elsewhere(self) -> object:
        """What is not in the repository, for it can change under one commit; empty where there is nothing."""
        if self._tried is None:
            return frozenset[object](), 0
        project, scratch = self._tried
        self.told = not _databases(project)
        files = [path for path in _files(project) if not Path(path).resolve().is_relative_to(scratch)]
        return fingerprint(files), _turn(project, self.refresh)

    def load(self) -> Loaded:
        """Load the project of the commit; its files stay for as long as the next one is not loaded."""
        scratch = tempfile.TemporaryDirectory(prefix="tutela-")
        try:
            loaded = self._load(Path(scratch.name))
        except (InputError, PolicyError) as error:
            scratch.cleanup()
            raise InputError([_in_repository(found, scratch.name) for found in error.problems]) from None
        except BaseException:
            scratch.cleanup()
            raise
        self._scratch.append(scratch)
        self.clean(self._scratch[:-2])
        return loaded

    def _load(self, scratch: Path) -> Loaded:
        commit = tree_at(self.repository, self.revision, scratch)
        start = scratch / self.folder
        if not _has_project(start):
            raise InputError([problem("serve-git-project", self.folder, revision=self.revision, commit=commit)])
        project = self.adapt(find_project(start))
        self._tried = project, scratch.resolve()
        log = project.recording()
        if log is not None and _file_of(log.address).is_relative_to(scratch.resolve()):
            # It would be written beside the files of this commit, and be gone with them.
            raise InputError([problem("serve-git-log", FILE)])
        return load_project(project, commit)

    def clean(self, old: Iterable[tempfile.TemporaryDirectory[str]]) -> None:
        """Remove the files of commits that nobody answers with any more."""
        for scratch in old:
            scratch.cleanup()
            self._scratch.remove(scratch)


def _in_repository(found: Problem, scratch: str) -> Problem:
    """A problem with its place as the repository has it, not where its files were laid out."""
    place = found.location
    return replace(found, location=replace(place, file=place.file.removeprefix(scratch + os.sep)))


def _file_of(address: str) -> Path:
    """Where a log is that is a file, or a database in one."""
    return Path(unquote(address.rpartition(":///")[2])).resolve()


def _has_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (FILE, "pyproject.toml"))
