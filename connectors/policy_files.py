"""Policy files on disk: folders, includes and shipped packs become texts for the loader."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from tutela.engine.documents import Document, read_document
from tutela.engine.errors import InputError, Location, PolicyError, Problem
from tutela.engine.loader import Source
from tutela.engine.plain import is_map
from tutela.engine.validation import place, suggestion

from .files import read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LIMIT: Final = 32 * 1024 * 1024
"""Bytes a policy file may have."""
SUFFIXES: Final = (".yaml", ".yml")
PACK: Final = "pack:"
TESTS: Final = "tests"
"""Folders with this name hold policy tests; they are read by `tutela test` only."""
MAX_INCLUDES: Final = 20
"""How deep includes may be nested."""


def packs_folder() -> Path:
    """The folder of the packs that are shipped with tutela."""
    return Path(str(files("tutela.policies")))


def pack_names() -> tuple[str, ...]:
    """The shipped packs."""
    folder = packs_folder()
    return tuple(sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith(("_", "."))))


def read_policies(entries: Iterable[str | Path], *, root: Path | None = None, tests: bool = False) -> list[Source]:
    """Read every policy file of some files, folders and packs (`pack:NAME`), each once, includes followed.

    With `tests` the folders named `tests` are read, too. PolicyError lists every file that cannot be read, an
    include that goes in a circle, and a folder without policies.
    """
    return list(read_policy_files(entries, root=root, tests=tests).values())


def read_policy_files(
    entries: Iterable[str | Path], *, root: Path | None = None, tests: bool = False
) -> dict[Path, Source]:
    """What `read_policies` reads, by the real path of each file."""
    reader = _Reader(root=(root or Path.cwd()).resolve(), tests=tests)
    for entry in entries:
        reader.entry(str(entry), None)
    if not reader.sources and not reader.problems:
        shown = ", ".join(str(entry) for entry in entries) or "."
        reader.problems.append(Problem(code="policy-none", location=Location(shown)))
    if reader.problems:
        raise PolicyError(reader.problems)
    return reader.sources


@dataclass(slots=True)
class _Reader:
    """Follows folders and includes, remembering what was read and the chain of includes it is in."""

    root: Path
    tests: bool
    sources: dict[Path, Source] = field(default_factory=dict[Path, Source])
    problems: list[Problem] = field(default_factory=list[Problem])
    chain: list[Path] = field(default_factory=list[Path])

    def entry(self, entry: str, near: Path | None) -> None:
        """Read one entry of a list of policies; relative paths are relative to the file that names them."""
        path = self._pack(entry) if entry.startswith(PACK) else (near or Path.cwd()) / entry
        if path is None:
            return
        if not path.is_dir():
            self.file(path)
            return
        before = len(self.problems)
        found = sorted(_policy_files(path, tests=self.tests, unreadable=self._unreadable))
        if not found and len(self.problems) == before:
            self.problems.append(Problem(code="policy-none", location=Location(shown(path))))
        for file in found:
            self.file(file)

    def _unreadable(self, error: OSError) -> None:
        """A folder that cannot be listed may hold denying rules: it is never left out in silence."""
        args = {"file": error.filename, "reason": (error.strerror or "unknown reason").lower()}
        self.problems.append(Problem(code="file-unreadable", location=Location(str(error.filename)), args=args))

    def _pack(self, entry: str) -> Path | None:
        name = entry.removeprefix(PACK)
        if name in pack_names():
            return packs_folder() / name
        guess = suggestion(name, pack_names())
        hint = f"; did you mean `{guess}`?" if guess else ""
        args = {"name": name, "hint": hint, "known": ", ".join(pack_names())}
        self.problems.append(Problem(code="project-pack-unknown", location=Location(entry), args=args))
        return None

    def file(self, path: Path) -> None:
        """Read one file and what it includes."""
        real = path.resolve()
        if real in self.sources:
            return
        try:
            text = read_text(path, limit=LIMIT)
        except InputError as error:
            name = shown(path)
            self.problems += [
                replace(problem, location=Location(name), args={**problem.args, "file": name})
                for problem in error.problems
            ]
            return
        source = Source(shown(path), text)
        self.sources[real] = source
        if "include" in text or "\\" in text:  # the key may be written with escapes
            self.chain.append(real)
            self._includes(read_document(text, source.name), path)
            self.chain.pop()

    def _includes(self, document: Document, path: Path) -> None:
        data: Any = document.data
        entries = data.get("include") if is_map(data) else None
        if not isinstance(entries, list):
            return
        for number, entry in enumerate(cast("list[object]", entries)):
            if not isinstance(entry, str):
                continue  # the schema says so
            problem = None if entry.startswith(PACK) else self._wrong(document, path, entry, number)
            if problem is not None:
                self.problems.append(problem)
            else:
                self.entry(entry, path.parent)

    def _wrong(self, document: Document, path: Path, entry: str, number: int) -> Problem | None:
        target = (path.parent / entry).resolve()
        if target in self.chain:
            names = [shown(step) for step in (*self.chain[self.chain.index(target) :], target)]
            return place(document, ["include", number], "include-cycle", path=entry, cycle=" -> ".join(names))
        if not target.exists():
            return place(document, ["include", number], "include-missing", path=entry)
        if len(self.chain) > MAX_INCLUDES:
            return place(document, ["include", number], "include-too-deep", limit=MAX_INCLUDES)
        allowed = (self.root, packs_folder().resolve(), path.parent.resolve())
        if not any(target.is_relative_to(folder) for folder in allowed):
            return place(document, ["include", number], "include-outside", path=entry)
        return None


def _policy_files(folder: Path, *, tests: bool, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    seen: set[Path] = set()
    for base, folders, names in os.walk(folder, onerror=unreadable, followlinks=True):
        real = Path(base).resolve()
        if real in seen:  # a link back into the tree
            folders[:] = []
            continue
        seen.add(real)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and (tests or f != TESTS))
        for name in names:
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield Path(base) / name


def shown(path: Path) -> str:
    """A path as people want to read it: of a pack, below the working folder, or in full."""
    resolved = path.resolve()
    packs = packs_folder().resolve()
    if resolved.is_relative_to(packs):
        return PACK + resolved.relative_to(packs).as_posix()
    here = Path.cwd().resolve()
    return resolved.relative_to(here).as_posix() if resolved.is_relative_to(here) else str(path)
