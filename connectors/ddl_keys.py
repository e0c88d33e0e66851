"""Primary and foreign keys that ALTER TABLE adds, read from their text: each dialect has its own options after them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .ddl_names import NAME, PART, name_of, unquoted
from .ddl_parse import Link, NotUnderstood

if TYPE_CHECKING:
    from .ddl_draft import Draft

_COLUMNS: Final = r"\(((?:[^()]|\([^()]*\))*)\)"
_PRIMARY: Final = re.compile(rf"PRIMARY\s+KEY\b[^()]*{_COLUMNS}", re.IGNORECASE)
_FOREIGN: Final = re.compile(
    rf"FOREIGN\s+KEY\b[^()]*{_COLUMNS}\s*REFERENCES\s+({NAME})\s*(?:{_COLUMNS})?", re.IGNORECASE
)
_FIRST: Final = re.compile(rf"\s*({PART})")
_INDEX: Final = re.compile(r"\bUSING\s+INDEX\b", re.IGNORECASE)


def add_key(text: str, draft: Draft) -> None:
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
    elif not _INDEX.search(text):  # the columns of an index that is there already are not known here
        raise NotUnderstood("a key that is not understood")


def _names(text: str) -> list[str]:
    """The column names of a list, without directions and lengths."""
    return [unquoted(match[1]) for part in text.split(",") if (match := _FIRST.match(part))]
