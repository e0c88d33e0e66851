"""The texts in a statement, in the ways that the dialects write them: `'x'`, `N'x'`, `E'x'`, `$$x$$`, `q'[x]'`."""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = r"'(?:[^']|'')*'"
_ESCAPED: Final = r"'(?:[^'\\]|\\.|'')*'"
_PARTS: Final = (
    rf"(?:\b[eE]{_ESCAPED}|[uU]&{_PLAIN}|\b[nN]?[qQ]'(?:\[.*?\]|\{{.*?\}}|\(.*?\)|<.*?>|(?P<mark>[^\s\[{{(<]).*?(?P=mark))'"
    rf"|(?:\b[nN]|\b_\w+\s*)?{_PLAIN}|\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)"
)
_ONE: Final = re.compile(_PARTS, re.DOTALL)
TEXT: Final = r"(?:[eEnN]|[nN]?[qQ]|[uU]&|_\w+\s*)?['\"$].*"
"""How a text starts, and what follows it."""

_ESCAPE: Final = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL
)
_UNICODE: Final = re.compile(r"\\(?:([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|(\\))")
_CONTROL: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "0": "\0", "Z": "\x1a"}


def text_of(text: str, dialect: str = "postgres") -> str | None:
    """The value of the text that stands at the start, adjacent pieces joined; None when there is none."""
    pieces: list[str] = []
    rest = text.strip()
    pattern = _MYSQL if dialect == "mysql" else _ONE
    while match := pattern.match(rest):
        pieces.append(_value(match[0], dialect))
        rest = rest[match.end() :].lstrip()
    return "".join(pieces) if pieces else None


def _value(piece: str, dialect: str) -> str:
    """The value of one piece."""
    if piece[0] == "$":
        mark = piece.index("$", 1) + 1
        return piece[mark:-mark]
    mark = piece.find("'") if piece[0] != '"' else 0
    prefix, body, quote = piece[:mark].upper(), piece[mark + 1 : -1], piece[mark]
    if prefix in {"Q", "NQ"}:
        return body[1:-1]
    if prefix == "E" or dialect == "mysql":
        return _ESCAPE.sub(_escape, body.replace(quote * 2, quote))
    body = body.replace("''", "'")
    return _UNICODE.sub(_unicode, body) if prefix == "U&" else body


def _escape(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code or match[4]:
        number = int(code, 16) if code else int(match[4], 8)
        return chr(number) if number < 0x110000 else "\ufffd"
    return _CONTROL.get(match[5], match[5])


def _unicode(match: re.Match[str]) -> str:
    number = int(match[1] or match[2], 16) if match[3] is None else ord("\\")
    return chr(number) if number < 0x110000 else "\ufffd"


_MYSQL: Final = re.compile(rf"(?:\b[nN]|\b_\w+\s*)?(?:{_ESCAPED}|\"(?:[^\"\\]|\\.|\"\")*\")", re.DOTALL)
