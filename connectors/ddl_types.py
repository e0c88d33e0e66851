"""Composite types: CREATE TYPE ... AS (...), OBJECT (...) and STRUCT (...): every column of one has its attributes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .ddl_actions import pieces
from .ddl_draft import Attributes, Draft
from .ddl_names import NAME, PART, name_of, unquoted
from .ddl_parse import MAX_DEPTH, NotUnderstood, column_of
from .ddl_split import blank_comments

if TYPE_CHECKING:
    from .ddl_apply import Context
    from .ddl_split import Statement

_TYPE: Final = re.compile(
    rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:NON)?EDITIONABLE\s+)?TYPE\s+({NAME})\s+(?:FORCE\s+)?(?:OID\s+'\w*'\s+)?"
    rf"(?:(?:AS|IS)\s*(?P<object>(?:OBJECT|STRUCT)\s*)?\(|UNDER\s+(?P<under>{NAME})\s*\("
    rf"|(?:AS|IS)\s+(?:TABLE|VARRAY\s*\(\s*\d+\s*\)|VARYING\s+ARRAY\s*\(\s*\d+\s*\))\s+OF\s+(?:REF\s+)?(?P<of>{NAME}))",
    re.IGNORECASE,
)
_DOMAIN: Final = re.compile(
    rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:DOMAIN|TYPE)\s+(?:IF\s+NOT\s+EXISTS\s+)?({NAME})"
    rf"|(?:EXEC|EXECUTE)\s+(?:{PART}\s*\.\s*){{0,2}}\[?sp_addtype\]?\s+(?:@typename\s*=\s*)?(?:N?'([^']+)'|({PART}))",
    re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(
    rf"ALTER\s+TYPE\s+({NAME})\s+(?:(?P<add>ADD)\s+ATTRIBUTES?\s+(?P<new>.+)"
    rf"|RENAME\s+ATTRIBUTE\s+(?P<old>{PART})\s+TO\s+(?P<name>{PART})|(?P<rest>.*))",
    re.IGNORECASE | re.DOTALL,
)
_METHOD: Final = re.compile(
    r"\s*(?:(?:NOT\s+)?(?:OVERRIDING|FINAL|INSTANTIABLE)\s+)*(?:MEMBER|STATIC|CONSTRUCTOR|MAP|ORDER|PRAGMA)\b",
    re.IGNORECASE,
)
_END: Final = re.compile(r"\s+(?:CASCADE|RESTRICT|INVALIDATE)\b.*\Z", re.IGNORECASE | re.DOTALL)
_OF: Final = re.compile(
    rf"CREATE\s+(?:\w+\s+){{0,2}}TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?({NAME})\s+OF\s+({NAME})", re.IGNORECASE
)


def create_type(statement: Statement, context: Context) -> None:
    """Remember the attributes of a composite type; of other types and of domains their names."""
    text = blank_comments(statement.text, context.dialect)
    found = _TYPE.match(text)
    context.builder.skip(statement.head)
    if found is None:
        if domain := _DOMAIN.match(text):
            own = name_of(domain[1] or domain[2] or domain[3]).name
            context.builder.domains[own.lower()] = own
        return
    if statement.depth > MAX_DEPTH:
        raise NotUnderstood(f"brackets nest deeper than {MAX_DEPTH}")
    name, known = name_of(found[1]).name.lower(), context.builder.types
    if found["of"]:
        known[name] = known.get(name_of(found["of"]).name.lower(), ())
        return
    parent = known.get(name_of(found["under"]).name.lower(), ()) if found["under"] else ()
    close = text.rfind(")")
    listed = [(begin, text[begin:end]) for begin, end in pieces(text[:close], found.end(), context.dialect)]
    known[name] = parent + _attributes([part for part in listed if part[1].strip()], statement, context)


def _attributes(parts: list[tuple[int, str]], statement: Statement, context: Context) -> Attributes:
    found: Attributes = ()
    for begin, part in parts:
        if not _METHOD.match(part):
            column = column_of(part, context.dialect)
            found += ((column, context.places.at(statement.offset + begin + column.offset)),)
    return found


def alter_type(statement: Statement, context: Context) -> None:
    """ALTER TYPE as far as it adds or renames an attribute; what is dropped stays."""
    found = _ATTRIBUTE.match(blank_comments(statement.text, context.dialect))
    if found is None:
        raise NotUnderstood("a change of a type that is not understood")
    known, name = context.builder.types, name_of(found[1]).name.lower()
    if found["add"]:
        new = _END.sub("", found["new"]).strip()
        at = found.start("new")
        if new.startswith("("):
            new, at = new[1 : new.rfind(")")], at + 1
        listed = [(at + begin, new[begin:end]) for begin, end in pieces(new, 0, context.dialect)]
        known[name] = known.get(name, ()) + _attributes(listed, statement, context)
    elif found["old"]:
        old, place = unquoted(found["old"]), context.places.at(statement.offset)
        renamed = [
            (c._replace(name=unquoted(found["name"])), place) if c.name == old else (c, p) for c, p in known[name]
        ]
        known[name] = tuple(renamed)
    elif re.search(r"\bADD\s+ATTRIBUTE\b", found["rest"], re.IGNORECASE):
        raise NotUnderstood("a change of a type that is not understood")
    else:
        context.builder.skip(statement.head)


def table_of_type(statement: Statement, context: Context) -> bool:
    """`CREATE TABLE t OF type`: a table of the type's attributes; False when it is none."""
    found = _OF.match(blank_comments(statement.text, context.dialect))
    if found is None or (attributes := context.builder.types.get(name_of(found[2]).name.lower())) is None:
        return False
    draft = Draft(name=name_of(found[1]), location=context.places.at(statement.offset + found.start(1)))
    for column, place in attributes:
        draft.add(column, place)
    context.builder.add(draft)
    return True
