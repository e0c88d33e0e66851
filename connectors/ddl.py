"""Schema files (DDL) as a `Schema`: MySQL, PostgreSQL, Oracle, SQL Server and SQLite.

What matters to the schema and cannot be understood is listed as unparsed with its place: it never disappears.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tutela.engine.errors import InputError, Location, Problem

from .ddl_apply import Context, apply, handler
from .ddl_build import Builder, Places
from .ddl_parse import NotUnderstood
from .ddl_split import CREATE_TABLE, blank_comments, split
from .dialects import canonical, detect
from .files import STDIN, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tutela.engine.tables import Schema

    from .ddl_split import Statement

MAX_BYTES: Final = 64 << 20
"""The largest schema file that is read."""

_TABLE_WORD: Final = re.compile(r"\bTABLE\b")
_HIDDEN: Final = re.compile(rf"(?<=\n)[ \t]*{CREATE_TABLE.pattern}", re.IGNORECASE)
_BLOCK: Final = re.compile(r"(?:BEGIN|CALL|DECLARE|DO|EXEC|EXECUTE|IF|PREPARE|SET|WHILE)\b")
_DEFINES: Final = re.compile(rf"{CREATE_TABLE.pattern}|\bALTER\s+TABLE\b", re.IGNORECASE)
_DATA: Final = frozenset({"INSERT", "REPLACE", "COPY", "DO", "UPDATE", "MERGE"})
_ROUTINE: Final = re.compile(r"(?:CREATE|ALTER)\b.{0,200}?\b(?:FUNCTION|PROC|PROCEDURE|TRIGGER|PACKAGE|EVENT)\b")
_VERBS: Final = re.compile(
    r"(?:ALTER|ANALYZE|ATTACH|BACKUP|BEGIN|CALL|CHECKPOINT|CLUSTER|COMMENT|COMMIT|CONNECT|COPY|CREATE|DECLARE|"
    r"DELETE|DENY|DISCONNECT|DO|DROP|ELSE|END|EXEC|EXECUTE|EXIT|EXPLAIN|FLUSH|GO|GRANT|HELP|IF|IMPORT|INSERT|LOAD|"
    r"LOCK|LOOP|MERGE|NOTIFY|NULL|OPTIMIZE|PRAGMA|PREPARE|PRINT|PURGE|QUIT|RAISERROR|REFRESH|REINDEX|RELEASE|RENAME|"
    r"REPLACE|RESET|RESTORE|RETURN|REVOKE|ROLLBACK|SAVEPOINT|SECURITY|SELECT|SET|SHOW|START|TRUNCATE|UNLOCK|UPDATE|USE|"
    r"VACUUM|VALUES|WAITFOR|WHILE|WITH)\b",
)


def read_schema(
    paths: str | Path | Iterable[str | Path], *, dialect: str | None = None, limit: int = MAX_BYTES
) -> Schema:
    """Read schema files, or every *.sql below a folder, in name order as one schema; raises InputError."""
    builder = Builder()
    wanted = canonical(dialect) if dialect else None
    names = [paths] if isinstance(paths, str | Path) else list(paths)
    for file in [file for name in names for file in _files(name)]:
        text = read_text(file, limit=limit)
        _read(text, str(file), wanted or detect(text), builder)
    schema = builder.build()
    if not schema.tables and not schema.unparsed:
        shown = ", ".join(str(name) for name in names)
        raise InputError([Problem(code="ddl-no-table", location=Location(shown), args={"file": shown})])
    return schema


def parse_schema(text: str, file: str = "-", dialect: str | None = None) -> Schema:
    """Read one script that is in memory; `file` is the name that its places carry."""
    builder = Builder()
    _read(text, file, canonical(dialect) if dialect else detect(text), builder)
    return builder.build()


def _files(name: str | Path) -> list[str | Path]:
    if str(name) == STDIN or not Path(name).is_dir():
        return [name]
    found = sorted(path for path in Path(name).rglob("*.sql") if path.is_file())
    if not found:
        raise InputError([Problem(code="ddl-folder-empty", location=Location(str(name)), args={"file": str(name)})])
    return list(found)


def _read(text: str, file: str, dialect: str, builder: Builder) -> None:
    context = Context(builder, Places(text, file), dialect)
    builder.dialect = builder.dialect or dialect
    for statement in split(text, dialect):
        _statement(statement, context)


def _statement(statement: Statement, context: Context) -> None:
    kind = handler(statement.head, context.dialect)
    if statement.broken:
        context.builder.miss(context.places.at(statement.offset), statement.broken, statement.text)
        return
    if kind:
        try:
            apply(statement, kind, context)
        except NotUnderstood as error:
            context.builder.miss(context.places.at(statement.offset + error.offset), error.reason, statement.text)
    elif not _VERBS.match(statement.head) and _TABLE_WORD.search(statement.head):
        context.builder.miss(context.places.at(statement.offset), "a statement that is not understood", statement.text)
    elif _BLOCK.match(statement.head) and (hidden := _DEFINES.search(blank_comments(statement.text))):
        place = context.places.at(statement.offset + hidden.start())
        context.builder.miss(place, "a table definition inside a block or a dynamic statement", statement.text)
    else:
        context.builder.skip(statement.head)
    _look_inside(statement, context)


def _look_inside(statement: Statement, context: Context) -> None:
    """Report a table whose definition stands inside quotes, as after a quote that was closed too late."""
    if statement.head.split(" ", 1)[0] in _DATA or _ROUTINE.match(statement.head) or "$" in statement.head:
        return
    if _HIDDEN.search(statement.text):
        bare = blank_comments(statement.text)
        for match in _HIDDEN.finditer(bare):
            place = context.places.at(statement.offset + match.start())
            context.builder.miss(place, "a table definition inside quotes", statement.text)
