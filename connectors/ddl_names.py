"""Identifiers as they stand in the text of a statement, where it is read without a parser."""

from __future__ import annotations

import re
from typing import Final

from .ddl_parse import Name

PART: Final = (
    r"(?:`(?:[^`]|``)+`|U&\"(?:[^\"]|\"\")+\"|\"(?:[^\"]|\"\")+\"|\[(?:[^\]]|\]\])+\]"
    r"|(?:\$\{)?[\w$#@]+\}?)"
)
"""One identifier, quoted as any dialect quotes it, or the placeholder of a migration tool."""

NAME: Final = rf"{PART}(?:\s*\.\s*(?:{PART})?){{0,3}}"
"""A table's name with what stands before it."""

_PARTS: Final = re.compile(PART)
_QUOTES: Final = {"`": "`", '"': '"', "[": "]"}


def unquoted(part: str) -> str:
    """An identifier without its quotes; a doubled quote in it is one."""
    text = part.strip()
    close = _QUOTES.get(text[:1])
    if close is None or len(text) < 2 or text[-1] != close:
        return text
    return text[1:-1].replace(close * 2, close)


def parts_of(text: str) -> list[str]:
    """The identifiers of a name, or of a list of names, without their quotes."""
    return [unquoted(part) for part in _PARTS.findall(text)]


def name_of(text: str) -> Name:
    """A table's name as it is written, without its quotes; of a database, schema and table the last two."""
    parts = parts_of(text)
    return Name(parts[-1], parts[-2] if len(parts) > 1 else "")
