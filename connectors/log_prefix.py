"""A `log_line_prefix` of PostgreSQL as a pattern that takes log lines apart."""

from __future__ import annotations

import re
from typing import Final

DEFAULT_PREFIX: Final = "%m [%p] %q%u@%d "

_ZONE: Final = r"(?:[A-Za-z]{1,6}|[+-]\d\d(?::?\d\d)?)"
_ESCAPES: Final = {
    "m": rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{{3}} {_ZONE}",
    "t": rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d {_ZONE}",
    "s": rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d {_ZONE}",
    "n": r"\d+\.\d{3}",
    "p": r"\d+",
    "P": r"\d*",
    "l": r"\d+",
    "u": r"[^\n]*?",
    "d": r"[^\n]*?",
    "a": r"[^\n]*?",
    "b": r"[^\n]*?",
    "h": r"[^\s]*?",
    "L": r"[^\s]*?",
    "r": r"[^\s]*?",
    "c": r"[0-9a-f]+\.[0-9a-f]+",
    "e": r"[0-9A-Z]{5}",
    "i": r"[A-Za-z ]*?",
    "v": r"[-\d/]*",
    "x": r"\d*",
    "Q": r"-?\d*",
}
_SEVERITY: Final = (
    r"(?P<severity>DEBUG\d?|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC"
    r"|DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION)"
)


class PrefixError(ValueError):
    """An escape that is not known."""


def prefix_pattern(prefix: str) -> re.Pattern[str]:
    """The pattern of a whole line: groups named by the escape letters, `severity` and `message`.

    Raises PrefixError.
    """
    parts, seen, optional = list[str](), set[str](), False
    position = 0
    while position < len(prefix):
        char = prefix[position]
        if char != "%":
            parts.append(re.escape(char))
            position += 1
            continue
        match = re.compile(r"%(-?\d*)(.)").match(prefix, position)
        if match is None:
            raise PrefixError("%")
        letter = match[2]
        if letter == "%":
            parts.append("%")
        elif letter == "q":
            if not optional:
                parts.append("(?:")
            optional = True
        elif letter in _ESCAPES:
            value = _ESCAPES[letter] if letter in seen else f"(?P<{letter}>{_ESCAPES[letter]})"
            parts.append(rf"\s*{value}\s*" if match[1] else value)
            seen.add(letter)
        else:
            raise PrefixError(f"%{letter}")
        position = match.end()
    if optional:
        parts.append(")?")
    return re.compile("".join(parts) + _SEVERITY + r":  (?P<message>.*)", re.ASCII | re.DOTALL)
