r"""The shape of a statement: its text without the values, so that each distinct shape is analysed once.

The key keeps names, order, structure and white space exactly and drops only what stands in single quotes, plain numbers
and plain comments: of these it says that there is one, for tracing writes a new one into each statement. What comments
state is a key of its own (`stated`). A text in which it is not sure where a quote ends (backslashes, dollar quotes,
comments inside comments, brackets around a quote, three quotes in a row) is its own shape. The same patterns work in
Python, RE2 (DuckDB) and Java (Spark).
"""

from __future__ import annotations

import re
from typing import Final

Shape = str | tuple[str | None, ...]
"""What is kept of a text, part by part, and None for each value; or a text."""
NAME: Final = r"[A-Za-z0-9_$#@\x{80}-\x{10FFFF}]"
_NAMES: Final = r'"[^"]*"|`[^`]*`'
_VALUE: Final = r"'[^']*(?:''[^']*)*'"
_COMMENT: Final = r"/\*(?s:.*?)\*/|--[^\n]*"
_WORD: Final = rf"[0-9]*[A-Za-z_\x{{80}}-\x{{10FFFF}}]{NAME}*"
TOKEN: Final = rf"({_NAMES}|{_COMMENT}|{_WORD})|{_VALUE}|[0-9]+"
"""What is kept (group 1), or a value: for RE2 and Java."""
MARK: Final = "\x01"
"""Stands behind everything that is kept, and for every value."""
COMMENT: Final = rf"({_COMMENT})|{_NAMES}|{_VALUE}|{_WORD}|[0-9]+"
"""A comment (group 1), or what could hold the beginning of one: for RE2 and Java."""
PLAIN: Final = rf"/\*\*/|/\*[^!+Mm](?s:.*?)\*/|--[ \t][^\n]*|({_NAMES}|{_VALUE}|{_COMMENT})"
"""A comment that no database executes or takes for a hint, or what could hold the beginning of one (group 1)."""
NOTE: Final = "\x02"
"""Stands for a plain comment, and behind whatever could have held the beginning of one."""
BEGINS: Final = r"/\*|--"
"""How comments begin."""
UNSURE: Final = (
    r"\\|[\x01\x02]|\$[A-Za-z0-9_]*\$|/\*[^*]*(?:\*[^/*][^*]*)*/\*|\[[^\]]*(?:'|/\*|--)|#[^\n]*(?:['\"`]|/\*)"
    r"""|--[^\n]*\r[^\n]|\'\'\'|\"\"\"|(?:^|[^A-Za-z0-9_$#'])[nN]?[qQ]\'"""
)
"""Where a quote or a comment may end elsewhere than it seems: such a text is its own shape; for RE2 and Java."""


def _python(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(r"\x{80}-\x{10FFFF}", "\x80-\U0010ffff"), re.ASCII)


_TOKEN: Final = _python(TOKEN)
_PLAIN: Final = _python(PLAIN)
_UNSURE: Final = _python(UNSURE)
_RUNS: Final = _python(
    rf"""((?:"[^"]*+"|`[^`]*+`|/\*(?s:.*?)\*/|--[^\n]*+|[0-9]*+[A-Za-z_\x{{80}}-\x{{10FFFF}}]{NAME}*+"""
    r"""|[^'"`0-9A-Za-z_/\x{80}-\x{10FFFF}-]++|/(?!\*)|-(?!-))++)|'[^']*(?:''[^']*)*'|[0-9]++"""
)
"""The same values as `TOKEN`, with everything between two of them as one match: eight times faster to split by."""
_OPEN: Final = frozenset("'\"`")
_STARTS: Final = ("\\", MARK, NOTE, "$", "/*", "[", "#", "\r", "''" + "'", '""' + '"', "q'", "Q'")


def _unsure(sql: str) -> bool:
    """Whether `UNSURE` is in a text; most have none of the characters that it begins with."""
    return any(start in sql for start in _STARTS) and _UNSURE.search(sql) is not None


def shape_of(sql: str) -> Shape:
    """The key of a statement's shape; the text itself where it is not sure which parts of it are values."""
    if _unsure(sql):
        return sql
    commented = "/*" in sql or "--" in sql
    return tuple(_RUNS.split(_PLAIN.sub(rf"\1{NOTE}", sql) if commented else sql))


def comments(sql: str) -> list[str]:
    """The comments of a statement: what stands in a value is none, and behind a place that is not sure none is told."""
    doubt = _UNSURE.search(sql)
    sure = doubt.start() if doubt else len(sql)
    found: list[str] = []
    read = 0
    for token in _TOKEN.finditer(sql, 0, sure):
        if not _OPEN.isdisjoint(sql[read : token.start()]) or (doubt and token.end() == sure):
            break  # a quote that nothing closes, or more of a comment than is sure
        if token[0].startswith(("--", "/*")):
            found.append(token[0])
        read = token.end()
    return found


def without_values(sql: str) -> str | None:
    """A statement of the same shape whose values are all `'0'` and `1`; None where the text is its own shape."""
    return None if _unsure(sql) else _TOKEN.sub(_neutral, _PLAIN.sub(lambda found: found[1] or " ", sql))


def _neutral(found: re.Match[str]) -> str:
    return found[1] or ("'0'" if found[0].startswith("'") else "1")
