"""What somebody meant to type where YAML breaks: a full-width colon or comma, or no space after a colon or dash.

The parser notices such a slip only later, at a place where nothing is wrong, or takes it for text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

BACK: Final = 3
"""So many lines before the place that the parser names are looked at."""

_COLON: Final = chr(ord(":") + 0xFEE0)
_COMMA: Final = chr(ord(",") + 0xFEE0)
_NAME: Final = r"(?:[A-Za-z_][\w.-]*|'[^']*'|\"[^\"]*\")\s*"
_WIDE: Final = (
    re.compile(rf"^\s*(?:-\s+)?{_NAME}({_COLON})"),
    re.compile(rf"\{{(?:.*[,{_COMMA}])?\s*{_NAME}({_COLON})"),
    re.compile(rf"\{{.*({_COMMA}|、)\s*{_NAME}[:{_COLON}]"),
)
_TIGHT: Final = (
    re.compile(r"^\s*(?:-\s+)?[A-Za-z_][\w.-]*(:)(?=[^\s:/])"),
    re.compile(r"^\s*(-)(?=[A-Za-z_][\w.-]*:\s)"),
)
_LANGUAGE: Final = re.compile(rf"({_COMMA}|、)\s*(?:en|zh)\s*[:{_COLON}]")
_MEANT: Final = {_COLON: ":", _COMMA: ",", "、": ","}

Slip = tuple[str, tuple[int, int], dict[str, object]]
"""The code of a problem, its line and column, and its arguments."""


def slip(lines: Sequence[str], number: int) -> Slip | None:
    """The slip nearest before a line (counted from 1) at which YAML breaks."""
    for row in range(min(number, len(lines)), max(0, number - BACK), -1):
        line = lines[row - 1]
        for pattern in _WIDE:
            if match := pattern.search(line):
                return _wide(match, row, 1)
        for pattern in _TIGHT:
            if match := pattern.search(line):
                return "yaml-space-missing", (row, match.start(1) + 1), {"character": match[1]}
    return None


def swallowed(text: str, at: tuple[int, int]) -> Slip | None:
    """The other language's text, taken for a part of this one by a comma that is none to YAML."""
    match = _LANGUAGE.search(text)
    return _wide(match, *at) if match else None


def _wide(match: re.Match[str], line: int, column: int) -> Slip:
    written = match[1]
    args: dict[str, object] = {"character": written, "instead": _MEANT[written]}
    return "yaml-full-width", (line, column + match.start(1)), args
