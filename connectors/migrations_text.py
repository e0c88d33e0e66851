"""The part of a migration that is applied: what undoes it becomes empty lines."""

from __future__ import annotations

import re
from typing import Final

from .migrations_liquibase import FORMATTED, other_databases

_MARK: Final = re.compile(
    r"^[ \t]*--[ \t]*(?:\+goose|migrate:|\+migrate)[ \t]*(up|down)\b[^\n]*", re.IGNORECASE | re.MULTILINE
)
_ALEMBIC: Final = re.compile(r"^-- Running (upgrade|downgrade) [^\n]*", re.MULTILINE)


def applied(text: str, dialect: str) -> str:
    """The text with spaces in place of the parts that undo it, and of those for other databases."""
    if FORMATTED.match(text):
        return other_databases(text, dialect)
    for marks in (_MARK, _ALEMBIC):
        if marks.search(text):
            return _without_down(text, marks)
    return text


def _without_down(text: str, marks: re.Pattern[str]) -> str:
    parts: list[str] = []
    at, down = 0, False
    for mark in (*marks.finditer(text), None):
        end = mark.start() if mark else len(text)
        part = text[at:end]
        parts.append(re.sub(r"[^\n]", " ", part) if down else part)
        if mark:
            at, down = end, mark[1].lower() in {"down", "downgrade"}
    return "".join(parts)
