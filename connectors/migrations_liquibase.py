"""Liquibase: which scripts a changelog includes, in which order; and the change sets of formatted SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FORMATTED: Final = re.compile(r"\A\s*--[ \t]*liquibase[ \t]+formatted[ \t]+sql\b", re.IGNORECASE)
"""The first line of a script of change sets."""

_XML: Final = re.compile(r"<include(All)?\b[^>]*?\b(?:file|path)\s*=\s*[\"']([^\"']+)[\"']")
_YAML: Final = re.compile(
    r"include(All)?[\"']?\s*:\s*\{?\s*(?:[\"']?relativeToChangelogFile[\"']?\s*:\s*\S+\s+)?[\"']?(?:file|path)[\"']?\s*:\s*"
    r"[\"']?([^\"'\s,}]+)"
)
_CHANGE_SET: Final = re.compile(r"<changeSet\b|\bchangeSet[\"']?\s*:")
_SET: Final = re.compile(r"^[ \t]*--[ \t]*changeset\b([^\n]*)", re.IGNORECASE | re.MULTILINE)
_DBMS: Final = re.compile(r"\bdbms:\s*\"?([\w!, ]+?)\"?(?=\s+\w+:|\s*$)", re.IGNORECASE)
_NAMES: Final = {
    "postgres": ("postgresql", "h2"),
    "mysql": ("mysql", "mariadb"),
    "oracle": ("oracle",),
    "tsql": ("mssql",),
    "sqlite": ("sqlite",),
}
_MAX_BYTES: Final = 4 << 20
_MAX_DEPTH: Final = 20


@dataclass(slots=True)
class Listed:
    """What changelogs include, in their order."""

    scripts: list[Path] = field(default_factory=list["Path"])
    left_out: list[tuple[Path, str]] = field(default_factory=list[tuple["Path", str]])
    seen: set[Path] = field(default_factory=set["Path"])


def changelog_order(folder: Path, changelogs: list[Path]) -> Listed:
    """The scripts that the changelogs of a folder include; those that no other includes are roots."""
    listed = Listed()
    listed.left_out += [
        (path, f"it is longer than {_MAX_BYTES >> 20} MiB; what stands behind that is not read")
        for path in changelogs
        if path.stat().st_size > _MAX_BYTES
    ]
    texts = {path: changelog(path) for path in changelogs}
    included = {target for path, text in texts.items() for target in _targets(text, path, folder)}
    roots = [path for path in changelogs if path not in included] or changelogs
    for root in roots:
        _follow(root, folder, texts, listed, 0)
    return listed


def _follow(path: Path, folder: Path, texts: dict[Path, str], listed: Listed, depth: int) -> None:
    if path in listed.seen:
        return
    listed.seen.add(path)
    for target in _targets(texts[path], path, folder):
        if not target.is_file():
            listed.left_out.append((path, f"it includes `{target.name}`, which is not there"))
        elif target.suffix.lower() == ".sql":
            if target not in listed.scripts:
                listed.scripts.append(target)
        elif target not in texts or depth == _MAX_DEPTH:
            listed.left_out.append((path, f"it includes `{target.name}`, which is not read"))
        else:
            _follow(target, folder, texts, listed, depth + 1)


def _targets(text: str, path: Path, folder: Path) -> list[Path]:
    """The files that a changelog includes, by names relative to it or to one of the folders above it."""
    found: list[Path] = []
    for every, name in (_XML if path.suffix == ".xml" else _YAML).findall(text):
        target = _resolve(name.removeprefix("classpath:").lstrip("/"), path, folder)
        if target is None:
            found.append(path.parent / name.rpartition("/")[2])
        elif every:
            found += sorted(inner for inner in target.rglob("*") if inner.is_file())
        else:
            found.append(target)
    return found


def _resolve(name: str, path: Path, folder: Path) -> Path | None:
    """A changelog's path: it starts at its own folder or, inside the source, at one above; which is not known."""
    parts = name.split("/")
    bases = [path.parent, *(parent for parent in path.parents if parent.is_relative_to(folder))]
    for start in range(len(parts)):
        for base in bases:
            target = base.joinpath(*parts[start:])
            if target.exists() and target.resolve().is_relative_to(folder.resolve()):
                return target
    return None


def changelog(path: Path) -> str:
    """The text of a changelog, as far as it is read."""
    with path.open("rb") as stream:
        return stream.read(_MAX_BYTES).decode("utf-8", "replace")


def has_change_sets(path: Path) -> bool:
    """Whether a changelog holds changes of its own, besides including others."""
    return bool(_CHANGE_SET.search(changelog(path)))


def other_databases(text: str, dialect: str) -> str:
    """A script of change sets without those for other databases; every line keeps its place."""
    parts: list[str] = []
    at = 0
    for begin, end in foreign_sets(text, dialect):
        parts += [text[at:begin], re.sub(r"[^\n]", " ", text[begin:end])]
        at = end
    return "".join((*parts, text[at:]))


def foreign_sets(text: str, dialect: str) -> list[tuple[int, int]]:
    """Where the change sets for other databases stand."""
    marks = list(_SET.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return [
        (mark.start(), end)
        for mark, end in zip(marks, ends, strict=True)
        if (wanted := _DBMS.search(mark[1])) and not _fits(wanted[1], dialect)
    ]


def never_named(text: str, dialect: str) -> bool:
    """Whether change sets name databases, and never one of this dialect: then it is not what they are for."""
    named = {name.strip().lower() for mark in _SET.finditer(text) for name in _dbms(mark[1])}
    return bool(named) and not named & {*_NAMES.get(dialect, ()), "all"}


def _dbms(attributes: str) -> list[str]:
    found = _DBMS.search(attributes)
    return [name for name in found[1].split(",") if "!" not in name] if found else []


def _fits(wanted: str, dialect: str) -> bool:
    names = {name.strip().lower() for name in wanted.split(",")}
    own = set(_NAMES.get(dialect, ()))
    refused = {name[1:] for name in names if name.startswith("!")}
    return not own & refused if refused else bool(own & names) or "all" in names
