"""Which two states of a schema `lint` compares, and how they are read."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from tutela.engine.errors import Lang
    from tutela.engine.tables import Schema

    Read = Callable[[Sequence[str | Path]], Schema]

NOTHING: Final = frozenset({"ddl-no-table", "ddl-folder-empty", "file-empty", "tags-fit-nothing"})
"""Problems of a base that only say that there was nothing yet, or nothing that is tagged: then everything counts."""
SAME_TABLES: Final = {
    "en": "{old} and {new} define the same tables: only what {new} changes counts; --no-diff judges both as one schema",
    "zh": "{old} 与 {new} 定义了相同的表:只计入 {new} 带来的变化;使用 --no-diff 可将两者作为一个结构检查",
}
ONLY_ALTERS: Final = {
    "en": "{new} only alters tables of {old}: only what it changes counts; --no-diff judges both as one schema",
    "zh": "{new} 仅修改 {old} 中的表:只计入其带来的变化;使用 --no-diff 可将两者作为一个结构检查",
}


class Compared(NamedTuple):
    """The schema to judge, and the one that it is compared with, by its name."""

    now: Schema
    base: Schema | None = None
    name: str = ""


def compared(sources: Sequence[str | Path], read: Read, *, base: str | None, diff: bool | None, lang: Lang) -> Compared:
    """Read the sources and what they are compared with: a base, or the first of two states of one schema."""
    # A source that is named twice is no change of itself.
    sources = _different(sources)
    if base is not None and diff:
        raise click.UsageError("--diff-base and --diff exclude each other")
    if diff and len(sources) != 2:
        raise click.UsageError("--diff compares two sources: the old and the new")
    if base is not None:
        with _base(base, sources) as paths:
            return Compared(read(sources), _read_base(read, paths, sources), base)
    if diff or (diff is None and len(sources) == 2 and all(_is_path(source) for source in sources)):
        return _two(sources[0], sources[1], read, sure=bool(diff), lang=lang)
    return Compared(read(sources))


def _different(sources: Sequence[str | Path]) -> list[str | Path]:
    """The sources without those that lead to the same place as one before."""
    found: dict[str | Path, str | Path] = {}
    for source in sources:
        found.setdefault(Path(source).resolve() if _is_path(source) else source, source)
    return list(found.values())


def _two(old: str | Path, new: str | Path, read: Read, *, sure: bool, lang: Lang) -> Compared:
    """Two sources: one state of a schema after the other, or two parts of one schema."""
    before, after = _read_base(read, [old]), _read_base(read, [new])
    first, second, changed = _tables(before), _tables(after), _tables(after, altered=True)
    common = len(first & second)
    again = bool(common) and 2 * common >= max(len(first), len(second))
    # A script that defines none of the tables again builds upon them.
    now = after if common else read([old, new])
    # One that defines nothing at all may still drop columns or describe them.
    upon = not second and (changed <= first if changed else not after.tables and now.tables != before.tables)
    if not (sure or again or upon):
        return Compared(read([old, new]) if common else now)
    if not sure:
        click.echo((ONLY_ALTERS if upon else SAME_TABLES)[lang].format(old=old, new=new), err=True)
    return Compared(now, before, str(old))


def _tables(schema: Schema, *, altered: bool = False) -> set[str]:
    """The tables that a source defines, or those that it only changes."""
    return {table.path.lower() for table in schema.tables if table.kind == "table" and table.altered == altered}


def _is_path(source: str | Path) -> bool:
    return str(source) != "-" and Path(source).exists()


@contextmanager
def _base(base: str, sources: Sequence[str | Path]) -> Generator[list[str | Path]]:
    """What `--diff-base` names: a file, a folder, or the sources at a revision."""
    from tutela.connectors.revisions import at_revision, is_revision
    from tutela.engine.errors import InputError, Location, Problem

    paths = [Path(source) for source in sources if _is_path(source)]
    if _is_path(base):
        if "/" not in base and paths and is_revision(base, paths[0]):
            raise InputError([Problem(code="diff-ambiguous", location=Location(base), args={"rev": base})])
        yield [base]
        return
    for source in sources:
        if not _is_path(source):
            args = {"file": source, "rev": base}
            raise InputError([Problem(code="diff-outside", location=Location(str(source)), args=args)])
    with tempfile.TemporaryDirectory(prefix="tutela-") as scratch:
        yield [*at_revision(base, paths, Path(scratch))]


def _read_base(read: Read, paths: Sequence[str | Path], sources: Sequence[str | Path] = ()) -> Schema:
    """Read a base; one in which there was nothing yet is empty."""
    from tutela.engine.errors import InputError
    from tutela.engine.tables import Schema

    if not paths:
        return Schema(tables=())
    try:
        schema = read(paths)
    except InputError as error:
        if {problem.code for problem in error.problems} <= NOTHING:
            return Schema(tables=())
        raise
    shown = {Path(source).name: str(source) for source in sources}
    # Files of a revision lie in a scratch folder, whose name means nothing to anybody.
    named = [
        replace(u, location=replace(u.location, file=shown.get(Path(u.location.file).name, Path(u.location.file).name)))
        for u in schema.unparsed
    ]
    return replace(schema, unparsed=tuple(named)) if sources else schema
