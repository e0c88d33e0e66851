"""Schema files (DDL) as a `Schema`: MySQL, PostgreSQL, Oracle, SQL Server and SQLite.

What matters to the schema and cannot be understood is listed as unparsed with its place: it never disappears.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from tutela.engine.errors import InputError, Location, Problem

from .ddl_apply import Context, apply, handler
from .ddl_build import Builder
from .ddl_data import without_data
from .ddl_draft import Places, Session
from .ddl_files import read_script
from .ddl_parse import NotUnderstood
from .ddl_split import CONNECT, CREATE_TABLE, INCLUDE, blank_comments, split
from .ddl_words import begins_well
from .dialects import SAMPLE, canonical, detect
from .files import ENCODINGS, STDIN, digest_of, known_encoding
from .migrations import read_history, sample, taken_for
from .migrations_liquibase import FORMATTED, foreign_sets, never_named
from .migrations_text import applied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tutela.engine.model import Words
    from tutela.engine.tables import Schema

    from .ddl_data import Script
    from .ddl_split import Statement

MAX_BYTES: Final = 64 << 20
"""How much of a schema file may be left when its rows are not counted."""

MAX_INCLUDES: Final = 20

_HIDDEN: Final = re.compile(rf"(?<=\n)[ \t]*{CREATE_TABLE.pattern}", re.IGNORECASE)
_BLOCK: Final = re.compile(r"(?:BEGIN|CALL|DECLARE|DO|EXEC|EXECUTE|IF|PREPARE|SET|WHILE)\b")
_DEFINES: Final = re.compile(rf"{CREATE_TABLE.pattern}|\bALTER\s+TABLE\b", re.IGNORECASE)
_LITERAL: Final = re.compile(r"'(?:[^']|'')*+'")
_MAKES: Final = re.compile(
    r"\bSELECT\b(?:(?!\b(?:INSERT|MERGE|OUTPUT|FETCH)\b)[^;]){0,4000}?\bINTO\s+(?![@#])[\w\[\"]", re.IGNORECASE
)
_DATA: Final = frozenset({"INSERT", "REPLACE", "COPY", "DO", "UPDATE", "MERGE"})
_NO_SQL: Final = re.compile(r"^--[^\n]*\bCANNOT BE WRITTEN AS SQL\b", re.MULTILINE)
"""What Django's `sqlmigrate` writes in the place of an operation in Python."""
_ROUTINE: Final = re.compile(r"(?:CREATE|ALTER)\b.{0,200}?\b(?:FUNCTION|PROC|PROCEDURE|TRIGGER|PACKAGE|EVENT)\b")
_BEGIN: Final = re.compile(
    r"(?:BEGIN(?: (?:DEFERRED|IMMEDIATE|EXCLUSIVE|DISTRIBUTED|WORK|TRAN|TRANSACTION|ISOLATION|READ)\b.*)?"
    r"|START TRANSACTION\b.*)\Z"
)
_COMMIT: Final = re.compile(r"(?:COMMIT|END)(?: (?:WORK|TRAN|TRANSACTION)\b.*)?\Z")
_ROLLBACK: Final = re.compile(r"(?:ROLLBACK|ABORT)\b")
_UNDONE: Final = frozenset({"postgres", "sqlite", "tsql"})
"""Dialects in which a rollback undoes changes of the schema; elsewhere each of them commits."""


Tell: TypeAlias = "Callable[[Words], None]"
"""Who is told what a source was taken for."""


def silent(_note: Words) -> None:
    """Tell nobody."""


def read_schema(
    paths: str | Path | Iterable[str | Path],
    *,
    dialect: str | None = None,
    limit: int = MAX_BYTES,
    encoding: str | None = None,
    tell: Tell = silent,
) -> Schema:
    """Read schema files, folders of them, or folders of migrations, as one schema; raises InputError.

    `tell` is told what a folder was taken for.
    """
    names = [paths] if isinstance(paths, str | Path) else list(paths)
    reader = Reader(dialect=dialect, limit=limit, encoding=encoding)
    for name in names:
        if str(name) != STDIN and Path(name).is_dir():
            reader.folder(Path(name), tell)
        else:
            reader.read(name, Path(name).parent)
    schema = reader.builder.build()
    if not schema.tables and not schema.unparsed:
        shown = ", ".join(str(name) for name in names)
        raise InputError([Problem(code="ddl-no-table", location=Location(shown), args={"file": shown})])
    return schema


def parse_schema(text: str, file: str = "-", dialect: str | None = None) -> Schema:
    """Read one script that is in memory; `file` is the name that its places carry."""
    reader = Reader(dialect=dialect)
    found = reader.dialect or detect(text)
    reader.apply(without_data(text, found), file, found)
    return reader.builder.build()


class Reader:
    """Reads scripts, and those that they include, into one builder."""

    def __init__(self, *, dialect: str | None = None, limit: int = MAX_BYTES, encoding: str | None = None) -> None:
        self.builder = Builder()
        self.dialect = canonical(dialect) if dialect else None
        self._limit = limit
        self._encodings = (known_encoding(encoding),) if encoding else ENCODINGS
        self._unsure = False
        """Whether the dialect is a guess that the change sets contradict."""
        self._done: set[Path] = set()
        self._open: list[Path] = []

    def folder(self, folder: Path, tell: Tell) -> None:
        """Read every script below a folder: as a history when it looks like one, else in order of the names."""
        history = read_history(folder)
        if not history.scripts and not history.left_out:
            raise InputError(
                [Problem(code="ddl-folder-empty", location=Location(str(folder)), args={"file": str(folder)})]
            )
        if history.kind:
            tell(taken_for(folder, history))
        self.builder.ordered = bool(history.kind)
        text = sample(history.scripts, SAMPLE) if history.kind and not self.dialect else ""
        dialect = (self.dialect or detect(text)) if history.kind else None
        self._unsure = bool(dialect and never_named(text, dialect))
        for path in history.scripts:
            if not (history.kind and _without_bytes(path)):  # a migration may do nothing
                self.read(path, folder, dialect=dialect)
        for path, reason in history.left_out:
            self.builder.miss(Location(str(path)), reason, digest_of(path))
        self.builder.ordered = False

    def read(self, file: str | Path, root: Path, *, dialect: str | None = None) -> None:
        """Read one script, unless it was read as part of another; what it includes must lie below `root`."""
        path = Path(file).resolve()
        if str(file) != STDIN and path in self._done:
            return
        wanted = dialect or self.dialect
        script, found = read_script(file, dialect=wanted, limit=self._limit, encodings=self._encodings)
        if self.builder.ordered:
            if self._unsure and FORMATTED.match(script.text):
                self._foreign(script.text, str(file), found)
            script = script._replace(text=applied(script.text, found))
        if not self._open:
            self.builder.session = Session()
            self.builder.changed = None
        self._done.add(path)
        self._open.append(path)
        self.apply(script, str(file), found, root)
        self._open.pop()

    def _foreign(self, text: str, file: str, dialect: str) -> None:
        """List the change sets that are left out because of a dialect that is a guess."""
        reason = "a change set for other databases than the one that is guessed; name the dialect"
        places = Places(text, file)
        for begin, end in foreign_sets(text, dialect):
            self.builder.miss(places.at(begin), reason, text[begin:end])

    def apply(self, script: Script, file: str, dialect: str, root: Path | None = None) -> None:
        """Apply the statements of a script that was read."""
        context = Context(self.builder, Places(script.text, file), dialect)
        self.builder.dialect = self.builder.dialect or dialect
        for word, count in script.counts.items():
            self.builder.skip(word, count)
        for offset, reason in script.cuts:
            self.builder.miss(context.places.at(offset), reason, script.text[offset:])
        for found in _NO_SQL.finditer(script.text):
            self.builder.miss(context.places.at(found.start()), "an operation that cannot be written as SQL", found[0])
        for statement in split(script.text, dialect):
            if statement.head == INCLUDE:
                if reason := self._include(statement.text, file, root):
                    self.builder.miss(context.places.at(statement.offset), reason, statement.text)
            elif statement.head == CONNECT:
                self.builder.session = Session(statement.text.lower())
            else:
                _statement(statement, context)

    def _include(self, name: str, file: str, root: Path | None) -> str:
        """Read the script that another names, relative to it; say why when it cannot be."""
        if root is None or file == STDIN:
            return f"`{name}` is not read: a script that is not a file cannot include another"
        path = Path(file).parent / name
        if not path.suffix:
            path = path.with_suffix(".sql")
        found = path.resolve()
        if not found.is_relative_to(root.resolve()):
            return f"`{name}` is not read: it lies outside of the folder `{root}`"
        if found in self._open:
            return f"`{name}` includes itself, directly or through others"
        if len(self._open) > MAX_INCLUDES:
            return f"`{name}` is not read: more than {MAX_INCLUDES} scripts include each other"
        try:
            self.read(path, root)
        except InputError as error:
            return error.problems[0].message()
        return ""


def _without_bytes(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return False  # reading says what is wrong


def _transaction(statement: Statement, context: Context) -> None:
    """Follow transactions: changes of the schema that are rolled back did not happen, and are not taken back here."""
    builder = context.builder
    if _BEGIN.match(statement.head):
        builder.changed = builder.changed or False
    elif _COMMIT.match(statement.head):
        builder.changed = None
    elif _ROLLBACK.match(statement.head):
        if builder.changed and context.dialect in _UNDONE:
            place = context.places.at(statement.offset)
            builder.miss(place, "changes of the schema that are rolled back: they are shown as made", statement.text)
        builder.changed = None if " TO " not in f"{statement.head} " else builder.changed


def _statement(statement: Statement, context: Context) -> None:
    _transaction(statement, context)
    kind = handler(statement.head, context.dialect)
    if statement.broken:
        context.builder.miss(context.places.at(statement.offset), statement.broken, statement.text)
        return
    if kind:
        if context.builder.changed is not None and kind != "session":
            context.builder.changed = True
        try:
            apply(statement, kind, context)
        except NotUnderstood as error:
            context.builder.miss(context.places.at(statement.offset + error.offset), error.reason, statement.text)
    elif not begins_well(statement.head):
        context.builder.miss(context.places.at(statement.offset), "a statement that is not understood", statement.text)
    elif _BLOCK.match(statement.head) and (hidden := _DEFINES.search(blank_comments(statement.text, context.dialect))):
        place = context.places.at(statement.offset + hidden.start())
        context.builder.miss(place, "a table definition inside a block or a dynamic statement", statement.text)
    elif context.dialect == "tsql" and _makes_table(statement):
        reason = "a table that a query makes, after a statement without an end"
        context.builder.miss(context.places.at(statement.offset), reason, statement.text)
    else:
        context.builder.skip(statement.head)
    _look_inside(statement, context)


def _makes_table(statement: Statement) -> bool:
    """Tell whether SELECT ... INTO stands in a statement of another kind: T-SQL needs no semicolons."""
    if "into" not in statement.text.lower() or _ROUTINE.match(statement.head):
        return False
    return _MAKES.search(_LITERAL.sub("''", blank_comments(statement.text, "tsql"))) is not None


def _look_inside(statement: Statement, context: Context) -> None:
    """Report a table whose definition stands inside quotes, as after a quote that was closed too late."""
    if statement.head.split(" ", 1)[0] in _DATA or _ROUTINE.match(statement.head) or "$" in statement.head:
        return
    if _HIDDEN.search(statement.text):
        bare = blank_comments(statement.text, context.dialect)
        for match in _HIDDEN.finditer(bare):
            place = context.places.at(statement.offset + match.start())
            context.builder.miss(place, "a table definition inside quotes", statement.text)
