"""A `log_line_prefix` of PostgreSQL as a pattern that takes log lines apart."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from .log_record import SECTIONS, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_PREFIX: Final = "%m [%p] %q%u@%d "
_WHO: Final = (
    "%q%u@%d ",
    "",
    "%u@%d ",
    "user=%u,db=%d ",
    "db=%d,user=%u ",  # Cloud SQL, AlloyDB
    "db=%d,user=%u,host=%h ",
    "user=%u,db=%d,client=%h ",
    "user=%u,db=%d,app=%a,client=%h ",  # pgBadger
    "db=%d,user=%u,app=%a,client=%h ",
    "%q[user=%u,db=%d,app=%a] ",
)
_PROCESS: Final = ("[%p] ", "[%p]: ", "[%p]: [%l-1] ", "[%p-%l] ", "[%p] [queryid=%Q] ")
KNOWN_PREFIXES: Final = (
    *(f"{time} {process}{who}" for time in ("%m", "%t") for process in _PROCESS for who in _WHO),
    "%t:%r:%u@%d:[%p]:",  # Amazon RDS
    "%t:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a:",
    "%t:%h:%u@%d:[%p]:",
    "%t [%a] [%e] [%p]: [%l-1] user=%u,db=%d,client=%h ",  # IBM Cloud
    "%t-%c-",  # Azure
    "%n %r [%p] %a %u %d %c %x ",  # YugabyteDB
)
"""Prefixes that are common, or that a provider sets: they are tried where none is given."""
MAX_HEAD: Final = 200
"""Lines that are looked at to find the prefix."""
BARE_PREFIXES: Final = tuple(dict.fromkeys(f"{process}{who}" for process in ("", *_PROCESS) for who in _WHO))
"""Prefixes without a time, which stand where something else adds it."""

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
_PLAIN_NAME: Final = r"(?:\[unknown\]|[^\s=,:@\[\]]*)"
_SEVERITY: Final = f"(?P<severity>{'|'.join(sorted((*SEVERITIES, *SECTIONS), key=len, reverse=True))})"
_SOURCE: Final = r"\[\w+\.\w+:\d+\]"
"""The place in the server's source that AlloyDB names."""


class Prefix(NamedTuple):
    """A `log_line_prefix` and the lines that it makes."""

    text: str
    pattern: re.Pattern[str]


class PrefixError(ValueError):
    """An escape that is not known."""


def prefix_pattern(prefix: str, *, guessed: bool = False) -> re.Pattern[str]:
    """The pattern of a whole line: groups named by the escape letters, `severity` and `message`.

    In a prefix that is only guessed, users and databases have plain names: else one prefix fits the lines of another.
    Raises PrefixError.
    """
    escapes = _ESCAPES | {"u": _PLAIN_NAME, "d": _PLAIN_NAME} if guessed else _ESCAPES
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
        elif letter in escapes:
            value = escapes[letter] if letter in seen else f"(?P<{letter}>{escapes[letter]})"
            parts.append(rf"\s*{value}\s*" if match[1] else value)
            seen.add(letter)
        else:
            raise PrefixError(f"%{letter}")
        position = match.end()
    if optional:
        parts.append(")?")
    # A server writes two blanks; what has been copied by hand or passed through other programs may have one.
    end = rf"{_SEVERITY}:(?: {{0,2}}{_SOURCE} {{0,2}}| {{1,2}})(?P<message>.*)"
    return re.compile("".join(parts) + end, re.ASCII | re.DOTALL)


@cache
def known_prefixes(*, bare: bool = False) -> tuple[Prefix, ...]:
    """The prefixes that are tried where none is given; `bare` ones, too, where something else adds the time."""
    texts = (*KNOWN_PREFIXES, *BARE_PREFIXES) if bare else KNOWN_PREFIXES
    return tuple(Prefix(text, prefix_pattern(text, guessed=True)) for text in texts)


def best(known: Sequence[Prefix], lines: Sequence[str]) -> Prefix | None:
    """The prefix of most lines, and of those the one that says most of them; None when no line has any."""
    found = max(known, key=lambda prefix: _fit(prefix, lines), default=None)
    return found if found and _fit(found, lines)[0] else None


def _fit(prefix: Prefix, lines: Sequence[str]) -> tuple[int, int]:
    matches = [match for line in lines[:MAX_HEAD] if (match := prefix.pattern.fullmatch(line))]
    return len(matches), sum(1 for match in matches for value in match.groupdict().values() if value is not None)
