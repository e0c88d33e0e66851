"""Statements that drop, rename, move or describe what is there already."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from .ddl_alter import rename_column
from .ddl_draft import Draft, Session
from .ddl_grants import default_privileges, forget, grant, member
from .ddl_keys import unique_index
from .ddl_names import NAME, PART, name_of, parts_of, unquoted
from .ddl_parse import Definition, Name, NotUnderstood, parse, table_name
from .ddl_split import blank_comments
from .ddl_types import alter_type, create_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ddl_apply import Context
    from .ddl_split import Statement

_RENAME: Final = re.compile(rf"({NAME})\s+TO\s+({NAME})", re.IGNORECASE)
_NOTE: Final = re.compile(rf"COMMENT\s+ON\s+(?:DOMAIN|TYPE)\s+({NAME})\s+IS\s+'((?:[^']|'')*)'", re.IGNORECASE)
_TRANSFER: Final = re.compile(rf"ALTER\s+SCHEMA\s+({PART})\s+TRANSFER\s+(?:\w+\s*::\s*)?({NAME})", re.IGNORECASE)
_SCHEMA: Final = re.compile(rf"ALTER\s+SCHEMA\s+({PART})\s+RENAME\s+TO\s+({PART})", re.IGNORECASE)
_DROP_SCHEMA: Final = re.compile(rf"DROP\s+(?:SCHEMA|DATABASE)\s+(?:IF\s+EXISTS\s+)?({PART})", re.IGNORECASE)
_DROP_USER: Final = re.compile(rf"DROP\s+(?:USER|ROLE|GROUP)\s+(?:IF\s+EXISTS\s+)?({PART}|'[^']*')", re.IGNORECASE)
_VIRTUAL: Final = re.compile(
    rf"CREATE\s+VIRTUAL\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?({NAME})\s+USING\s+\w+", re.IGNORECASE
)
_SESSION: Final = re.compile(
    r"(?:(?P<kind>USE)\s+(?:DATABASE\s+|SCHEMA\s+)?|SET\s+(?:SESSION\s+|LOCAL\s+)?(?P<path>SEARCH_PATH\s*(?:=|TO)|SCHEMA)\s*"
    r"|ALTER\s+SESSION\s+SET\s+CURRENT_SCHEMA\s*=\s*|SELECT\s+(?:PG_CATALOG\s*\.\s*)?SET_CONFIG\s*\(\s*'search_path'\s*,\s*)"
    r"(?P<name>.*)",
    re.IGNORECASE | re.DOTALL,
)
_NO_SCHEMA: Final = frozenset({"pg_catalog", "$user", "default", "false", "true", ""})
_TEXTS: Final = re.compile(r"N?'((?:[^']|'')*)'")


def drop(statement: Statement, context: Context) -> None:
    """DROP TABLE and DROP VIEW; one that is not understood leaves its table there."""
    try:
        tree = parse(statement.text, context.dialect)
    except NotUnderstood:
        tree = None
    if not isinstance(tree, exp.Drop):
        context.builder.skip(statement.head)
        return
    for target in tree.args.get("tables") or ([tree.this] if tree.this else []):
        database = target.catalog.lower() if isinstance(target, exp.Table) else ""
        if not database or context.builder.session.database in {"", database}:
            context.builder.drop(table_name(target), context.places.file)


def drop_schema(statement: Statement, context: Context) -> None:
    """DROP SCHEMA, in a history: all its tables go with it."""
    found = _DROP_SCHEMA.match(statement.text)
    gone = name_of(found[1]).name.lower() if found else ""
    context.builder.skip(statement.head)
    if context.builder.ordered:
        for draft in [d for d in context.builder.drafts if d.name.schema.lower() == gone]:
            context.builder.drop(draft.name, context.places.file)


def drop_user(statement: Statement, context: Context) -> None:
    """DROP USER and DROP ROLE: their rights go with them."""
    if found := _DROP_USER.match(statement.text):
        forget([found[1].strip("`\"[]'")], context.builder)
    context.builder.skip(statement.head)


def rename(statement: Statement, context: Context) -> None:
    """MySQL's `RENAME TABLE a TO b, c TO d`, and Oracle's without TABLE."""
    for match in _RENAME.finditer(statement.text):
        if draft := context.builder.find(name_of(match[1])):
            context.builder.rename(draft, name_of(match[2]))


def sp_rename(statement: Statement, context: Context) -> None:
    """T-SQL's `sp_rename 's.t', 'new'`, and `sp_rename 's.t.c', 'new', 'COLUMN'`."""
    texts = [text.replace("''", "'") for text in _TEXTS.findall(statement.text)]
    if len(texts) < 2:
        raise NotUnderstood("a renaming that is not understood")
    old = parts_of(texts[0])
    kind = texts[2].upper() if len(texts) > 2 else "OBJECT"
    if kind == "COLUMN" and len(old) > 1:
        name = Name(old[-2], old[-3] if len(old) > 2 else "")
        place = context.places.at(statement.offset)
        draft = context.builder.find(name)
        fresh = draft or Draft(name=name, location=place)
        rename_column(fresh, old[-1], unquoted(texts[1]), place, sure=fresh is context.builder.own(name))
        if draft is None:
            context.builder.add(fresh)
    elif kind == "OBJECT" and (draft := context.builder.find(name_of(texts[0]))):
        context.builder.rename(draft, Name(unquoted(texts[1])))


def schema(statement: Statement, context: Context) -> None:
    """T-SQL's ALTER SCHEMA a TRANSFER b.t, and PostgreSQL's ALTER SCHEMA a RENAME TO b."""
    builder = context.builder
    if moved := _TRANSFER.match(statement.text):
        if draft := builder.find(name_of(moved[2])):
            builder.rename(draft, Name(draft.name.name, name_of(moved[1]).name))
    elif renamed := _SCHEMA.match(statement.text):
        old, new = (name_of(part).name for part in renamed.groups())
        for draft in builder.drafts:
            if draft.name.schema.lower() == old.lower():
                builder.rename(draft, Name(draft.name.name, new))
    else:
        builder.skip(statement.head)


def note(statement: Statement, context: Context) -> None:
    """COMMENT ON DOMAIN and TYPE: it says what every column of that type is."""
    if found := _NOTE.match(statement.text):
        context.builder.notes[name_of(found[1]).name.lower()] = found[2].replace("''", "'")


def virtual(statement: Statement, context: Context) -> None:
    """SQLite's CREATE VIRTUAL TABLE: the arguments of the module that are no options are columns."""
    text = blank_comments(statement.text, context.dialect)
    found = _VIRTUAL.match(text)
    if found is None:
        raise NotUnderstood("a virtual table that is not understood")
    draft = Draft(name=name_of(found[1]), location=context.places.at(statement.offset + found.start(1)))
    begin, end = text.find("(", found.end()), text.rfind(")")
    at = begin + 1
    for part in text[at:end].split(",") if 0 <= begin < end else ():
        name = parts_of(part)
        if name and "=" not in part:
            shift = len(part) - len(part.lstrip())
            draft.add(Definition(name[0], 0), context.places.at(statement.offset + at + shift))
        at += len(part) + 1
    if not draft.columns:
        raise NotUnderstood("no column could be found")
    context.builder.add(draft)


def session(statement: Statement, context: Context) -> None:
    """USE, CONNECT, SET search_path and the like: where names without a schema lead to from now on."""
    context.builder.skip(statement.head)
    found = _SESSION.match(statement.text)
    names = [name for name in parts_of(found["name"]) if name.lower() not in _NO_SCHEMA] if found else []
    name = names[0] if names else ""
    if found and found["kind"] and context.dialect != "mysql":
        context.builder.session = Session(name.lower())
    else:
        context.builder.session = context.builder.session._replace(schema=name)


def _grant(statement: Statement, context: Context) -> None:
    grant(statement, context.builder, context.places.at(statement.offset), context.dialect)


def _defaults(statement: Statement, context: Context) -> None:
    default_privileges(statement, context.builder, context.places.at(statement.offset), context.dialect)


def _member(statement: Statement, context: Context) -> None:
    member(statement, context.builder, context.places.at(statement.offset))


KINDS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("virtual", re.compile(r"CREATE VIRTUAL TABLE\b")),
    ("index", re.compile(r"CREATE UNIQUE INDEX\b")),
    ("drop", re.compile(r"DROP (?:TEMPORARY |EXTERNAL |FOREIGN |MATERIALIZED )?(?:TABLE|VIEW)\b")),
    ("drop schema", re.compile(r"DROP (?:SCHEMA|DATABASE)\b")),
    ("drop user", re.compile(r"DROP (?:USER|ROLE|GROUP)\b")),
    ("rename", re.compile(r"RENAME (?:TABLE\b|\S+ TO )")),
    ("sp_rename", re.compile(r"(?:EXEC|EXECUTE) .{0,20}\bSP_RENAME\b")),
    ("schema", re.compile(r"ALTER SCHEMA\b")),
    (
        "type",
        re.compile(
            r"CREATE (?:OR REPLACE )?(?:(?:NON)?EDITIONABLE )?(?:DOMAIN|TYPE) (?!BODY\b)"
            r"|(?:EXEC|EXECUTE) .{0,20}\bSP_ADDTYPE\b"
        ),
    ),
    ("alter type", re.compile(r"ALTER TYPE\b")),
    ("note", re.compile(r"COMMENT ON (?:DOMAIN|TYPE)\b")),
    (
        "session",
        re.compile(
            r"USE |SET (?:SESSION |LOCAL )?(?:SEARCH_PATH\b|SCHEMA )|ALTER SESSION SET CURRENT_SCHEMA\b"
            r"|SELECT (?:PG_CATALOG ?\. ?)?SET_CONFIG ?\( ?'SEARCH_PATH'"
        ),
    ),
    ("grant", re.compile(r"(?:GRANT|REVOKE|DENY)\b")),
    ("defaults", re.compile(r"ALTER DEFAULT PRIVILEGES\b")),
    (
        "member",
        re.compile(r"ALTER ROLE .{0,200}? (?:ADD|DROP) MEMBER |(?:EXEC|EXECUTE) .{0,20}\bSP_(?:ADD|DROP)ROLEMEMBER\b"),
    ),
)
"""What the head of each kind of statement looks like."""

APPLY: Final[dict[str, Callable[[Statement, Context], None]]] = {
    "virtual": virtual,
    "index": unique_index,
    "drop": drop,
    "drop schema": drop_schema,
    "drop user": drop_user,
    "rename": rename,
    "sp_rename": sp_rename,
    "schema": schema,
    "type": create_type,
    "alter type": alter_type,
    "note": note,
    "session": session,
    "grant": _grant,
    "defaults": _defaults,
    "member": _member,
}
