"""Folders of migrations: whose they are, told by their looks, and in which order their scripts are applied.

Scripts are replayed as one history. What is no SQL (Python, XML, YAML, Java) is never executed: it is listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tutela.engine.model import Words

from .migrations_liquibase import FORMATTED, changelog_order, has_change_sets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FLYWAY: Final = re.compile(r"([VBUR])(\d+(?:[._]\d+)*)?__.+\.(sql|java|kt|py)\Z")
_GOLANG: Final = re.compile(r"(\d+)_.*\.(up|down)\.sql\Z")
_NUMBERED: Final = re.compile(r"\d+")
_UNDONE: Final = "down.sql"
_UP_DOWN: Final = re.compile(
    r"^--[ \t]*(?:\+goose[ \t]+up|migrate:up|\+migrate[ \t]+up)\b", re.IGNORECASE | re.MULTILINE
)
_ALEMBIC: Final = re.compile(r"^-- Running (upgrade|downgrade) (\S*) -> (\S+)", re.MULTILINE)
_FOREIGN: Final = {
    ".py": re.compile(r"alembic|migrations\.Migration|^def upgrade\(", re.MULTILINE),
    ".xml": re.compile(r"<databaseChangeLog\b"),
    ".yaml": re.compile(r"^databaseChangeLog\s*:", re.MULTILINE),
    ".yml": re.compile(r"^databaseChangeLog\s*:", re.MULTILINE),
    ".json": re.compile(r'"databaseChangeLog"\s*:'),
    ".rb": re.compile(r"ActiveRecord::Migration"),
    ".js": re.compile(r"exports\.up\b|queryInterface|MigrationInterface|knex"),
    ".ts": re.compile(r"exports\.up\b|queryInterface|MigrationInterface|function up\(|knex"),
}
"""What marks a file of another language as a migration."""
_CHANGELOGS: Final = (".xml", ".yaml", ".yml", ".json")
_DIGITS: Final = re.compile(r"(\d+)")
_SAMPLE: Final = 64_000
_MAX_FILES: Final = 20_000


@dataclass(frozen=True, slots=True)
class History:
    """The scripts of a folder in the order in which they are applied."""

    kind: str
    """Whose migrations they are; empty for a folder of scripts that are no history."""
    scripts: tuple[Path, ...]
    left_out: tuple[tuple[Path, str], ...] = ()
    """Files that change the schema and are not read, and why."""


@dataclass(slots=True)
class _Folder:
    """The files of a folder that may belong to a history, with the start of each."""

    path: Path
    scripts: list[Path] = field(default_factory=list[Path])
    others: list[Path] = field(default_factory=list[Path])
    starts: dict[Path, str] = field(default_factory=dict[Path, str])
    cut: bool = False
    """Whether the folder holds more files than are looked at."""

    def find(self, pattern: re.Pattern[str]) -> list[Path]:
        """The scripts whose start fits."""
        return [path for path in self.scripts if pattern.search(self.starts[path])]


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts numbers in names by their value: 2 before 10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part.lower()) for part in _DIGITS.split(name) if part]


def read_history(folder: Path) -> History:
    """The scripts of a folder; without marks of a history, in natural order of their names."""
    found = _look(folder)
    for taken in (_flyway, _golang, _paired, _liquibase, _up_down, _alembic, _numbered):
        history = taken(found)
        if history:
            break
    else:
        history = History("", tuple(_by_name(folder, found.scripts)))
    done = {path.with_suffix("") for path in history.scripts}
    foreign = [(folder, f"it holds more than {_MAX_FILES} files; the others are not read")] if found.cut else []
    foreign += [
        (path, f"a migration in {path.suffix[1:]}, which is not executed; hand in the SQL that it gives")
        for path in found.others
        if path.with_suffix("") not in done and (path.suffix not in _CHANGELOGS or has_change_sets(path))
    ]
    return History(history.kind, history.scripts, tuple(sorted((*history.left_out, *foreign))))


def _look(folder: Path) -> _Folder:
    paths = sorted(folder.rglob("*"))
    found = _Folder(folder, cut=len(paths) > _MAX_FILES)
    for path in paths[:_MAX_FILES]:
        if any(part.startswith(".") for part in path.relative_to(folder).parts) or not path.is_file():
            continue
        suffix = path.suffix.lower()
        if suffix == ".sql":
            found.scripts.append(path)
            found.starts[path] = start_of(path)
        elif (_FLYWAY.match(path.name) and suffix in {".java", ".kt", ".py"}) or (
            suffix in _FOREIGN and path.name != "env.py" and _FOREIGN[suffix].search(start_of(path))
        ):
            found.others.append(path)
            found.starts[path] = start_of(path)
    return found


def start_of(path: Path) -> str:
    """The start of a file, as far as it can be told what it is; reading it says what is wrong with it."""
    try:
        with path.open("rb") as stream:
            return stream.read(_SAMPLE).decode("utf-8", "replace")
    except OSError:
        return ""


def _by_name(folder: Path, paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: [natural(part) for part in path.relative_to(folder).parts])


def _flyway(found: _Folder) -> History | None:
    """V by version (a baseline B stands for those before it), then R by name; U undoes and is left out."""
    named = [(path, match) for path in found.scripts if (match := _FLYWAY.match(path.name))]
    versions = sorted(((_version(m[2]), path, m[1]) for path, m in named if m[1] in "VB" and m[2]), key=lambda v: v[0])
    if not versions:
        return None
    base = max((version for version, _, kind in versions if kind == "B"), default=list[int]())
    scripts = [path for version, path, kind in versions if version > base or (kind == "B" and version == base)]
    scripts += sorted((path for path, m in named if m[1] == "R"), key=lambda path: path.name)
    others = [path for path in found.scripts if not _FLYWAY.match(path.name)]
    return History(
        "Flyway", tuple(scripts), tuple((path, "no name of a Flyway migration; it is not read") for path in others)
    )


def _version(text: str) -> list[int]:
    parts = [int(part) for part in re.split(r"[._]", text)]
    while parts and not parts[-1]:
        parts.pop()
    return parts


def _golang(found: _Folder) -> History | None:
    """`0001_x.up.sql` in order of their numbers; `.down.sql` undoes and is left out."""
    named = [
        (int(match[1]), path) for path in found.scripts if (match := _GOLANG.match(path.name)) and match[2] == "up"
    ]
    if not named:
        return None
    others = [path for path in found.scripts if not _GOLANG.match(path.name)]
    return History(
        "golang-migrate",
        tuple(path for _, path in sorted(named)),
        tuple((path, "no name of a golang-migrate migration; it is not read") for path in others),
    )


def _paired(found: _Folder) -> History | None:
    """Diesel and Hasura: a folder for each migration, with `up.sql`; `down.sql` beside it is left out."""
    named = sorted((_stamp(path.parent.name), path) for path in found.scripts if path.name == "up.sql")
    if not named or not any(path.name == _UNDONE for path in found.scripts):
        return None
    others = [path for path in found.scripts if path.name not in {"up.sql", _UNDONE}]
    return History(
        "Diesel",
        tuple(path for _, path in named),
        tuple((path, "no name of a Diesel migration; it is not read") for path in others),
    )


def _stamp(name: str) -> tuple[str, str]:
    """The number before the first `_`, whether or not its parts are set apart: `2020-06-30-135809_x`.

    Stamps are compared as texts, as Diesel does (some have a time, some only a day); short numbers by their value.
    """
    return re.sub(r"\D", "", name.split("_", 1)[0]).zfill(len("20200630")), name


def _liquibase(found: _Folder) -> History | None:
    """Formatted SQL in the order of the changelog that includes it, else by name."""
    masters = [path for path in found.others if path.suffix in _CHANGELOGS]
    if not found.find(FORMATTED) and not masters:
        return None
    listed = changelog_order(found.path, masters)
    rest = [path for path in _by_name(found.path, found.find(FORMATTED)) if path not in listed.scripts]
    done = {*listed.scripts, *rest}
    unlisted = [
        (path, "no changelog includes this script; it is not read") for path in found.scripts if path not in done
    ]
    return History("Liquibase", (*listed.scripts, *rest), (*listed.left_out, *unlisted))


def _up_down(found: _Folder) -> History | None:
    """goose, dbmate and sql-migrate: the parts that go up, in order of the names' numbers."""
    if not (named := found.find(_UP_DOWN)):
        return None
    mark = _UP_DOWN.search(found.starts[named[0]])
    kind = "goose" if mark and "goose" in mark[0] else "dbmate" if mark and "migrate:" in mark[0] else "sql-migrate"
    return History(kind, tuple(_by_name(found.path, found.scripts)))


def _alembic(found: _Folder) -> History | None:
    """The SQL of `alembic upgrade --sql`, one file a revision, each after the one that it builds on."""
    marks = {path: _ALEMBIC.findall(found.starts[path]) for path in found.scripts}
    if len(found.scripts) < 2 or not all(marks.values()):
        return None
    ups = {path: [mark for mark in listed if mark[0] == "upgrade"] for path, listed in marks.items()}
    waiting = [path for path in _by_name(found.path, found.scripts) if ups[path]]
    scripts: list[Path] = []
    while waiting:
        pending = {mark[2] for path in waiting for mark in ups[path]}
        ready = [path for path in waiting if ups[path][0][1] not in pending] or waiting[:1]
        scripts += ready
        waiting = [path for path in waiting if path not in ready]
    return History("Alembic SQL", tuple(scripts))


def _numbered(found: _Folder) -> History | None:
    """Scripts that all start with a number: in the order of these (Django's `sqlmigrate`, Prisma, by hand)."""
    names = [path.relative_to(found.path).parts[0] for path in found.scripts]
    if len(names) < 2 or not all(_NUMBERED.match(name) for name in names):
        return None
    return History("numbered scripts", tuple(_by_name(found.path, found.scripts)))


def sample(scripts: Sequence[Path], size: int) -> str:
    """The starts of scripts together, to tell their dialect by: a single one may be too short for that."""
    texts: list[str] = []
    for path in scripts:
        texts.append(start_of(path))
        if sum(map(len, texts)) > size:
            break
    return "\n".join(texts)


def taken_for(folder: Path, history: History) -> Words:
    """What is said of a folder that is replayed."""
    count = len(history.scripts)
    return Words(
        f"{folder}: taken for migrations ({history.kind}); {count} scripts are replayed in order",
        f"{folder}:按迁移脚本({history.kind})处理,依次重放 {count} 个脚本",
    )
