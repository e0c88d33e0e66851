"""Primary and foreign keys that ALTER TABLE adds, read from their text: each dialect has its own options after them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .ddl_names import NAME, PART, name_of, unquoted
from .ddl_parse import Link, NotUnderstood
from .ddl_split import blank_comments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ddl_apply import Context
    from .ddl_draft import Draft
    from .ddl_split import Statement

_COLUMNS: Final = r"\(((?:[^()]|\([^()]*\))*)\)"
_PRIMARY: Final = re.compile(rf"PRIMARY\s+KEY\b[^()]*{_COLUMNS}", re.IGNORECASE)
_FOREIGN: Final = re.compile(
    rf"FOREIGN\s+KEY\b[^()]*{_COLUMNS}\s*REFERENCES\s+({NAME})\s*(?:{_COLUMNS})?", re.IGNORECASE
)
_FIRST: Final = re.compile(rf"\s*({PART})")
_INDEX: Final = re.compile(rf"\bUSING\s+INDEX\s+({NAME})", re.IGNORECASE)
_UNIQUE: Final = re.compile(
    rf"CREATE\s+UNIQUE\s+INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?({NAME})\s+ON\s+(?:ONLY\s+)?{NAME}"
    rf"\s*(?:USING\s+\w+\s*)?{_COLUMNS}",
    re.IGNORECASE,
)


def unique_index(statement: Statement, context: Context) -> None:
    """Remember the columns of a unique index: it may become a primary key."""
    context.builder.skip(statement.head)
    if found := _UNIQUE.match(blank_comments(statement.text, context.dialect)):
        context.builder.indexes[name_of(found[1]).name.lower()] = frozenset(name.lower() for name in _names(found[2]))


def add_key(text: str, draft: Draft, indexes: Mapping[str, frozenset[str]]) -> None:
    """Make the columns that the text names the primary key, or give them what their foreign key leads to."""
    if foreign := _FOREIGN.search(text):
        target = name_of(foreign[2])
        columns = _names(foreign[1])
        others = _names(foreign[3] or "") or [""] * len(columns)
        for column, other in zip(columns, others, strict=False):
            if draft.index(column) is not None:
                draft.links[column.lower()] = Link(target, other)
    elif primary := _PRIMARY.search(text):
        draft.key(frozenset(name.lower() for name in _names(primary[1])))
    elif index := _INDEX.search(text):
        draft.key(indexes.get(name_of(index[1]).name.lower(), frozenset()))
    else:
        raise NotUnderstood("a key that is not understood")


def _names(text: str) -> list[str]:
    """The column names of a list, without directions and lengths."""
    return [unquoted(match[1]) for part in text.split(",") if (match := _FIRST.match(part))]
