r"""A checked regular expression in the form that RE2 (DuckDB), Java (Spark) and PostgreSQL read as Python's `re` does.

Conditions hold safe patterns only (`regexes`); they ask whether there is a match, never where, so greedy or not is
all the same. Classes are written out (`\s` of RE2 lacks \v), and so are letters without case ((?i) of RE2 also matches
U+017F).
"""

from __future__ import annotations

import re
from string import ascii_letters
from typing import Any, Final

from .regexes import sre, sre_parser

MOST: Final = 0x10FFFF
_CLASSES: Final = {
    "CATEGORY_DIGIT": [(48, 57)],
    "CATEGORY_WORD": [(48, 57), (65, 90), (95, 95), (97, 122)],
    "CATEGORY_SPACE": [(9, 13), (32, 32)],
}
_SURROGATES: Final = (0xD800, 0xDFFF)
Ranges = list[tuple[int, int]]


class NotPortableError(ValueError):
    """A pattern that the engines read differently."""


def portable(pattern: str, *, search: bool, dialect: str) -> str:
    """The pattern as one that is searched for in the text; raises NotPortableError."""
    tree = sre_parser.parse(pattern, re.ASCII)
    folded = bool(tree.state.flags & re.IGNORECASE)
    begin = "" if search else r"\A"
    return f"{begin}(?:{_Writer(dialect).sequence(list(tree), folded=folded)})"


class _Writer:
    """Writes the parse tree of a pattern for one dialect."""

    def __init__(self, dialect: str) -> None:
        self._postgres = dialect == "postgres"

    def sequence(self, items: list[Any], *, folded: bool) -> str:
        """One item after the other."""
        return "".join(self._item(str(op), value, folded=folded) for op, value in items)

    def _item(self, op: str, value: Any, *, folded: bool) -> str:  # noqa: ANN401 (the parser of re is untyped)
        match op:
            case "LITERAL":
                return self._class([(value, value)], folded=folded, negated=False)
            case "NOT_LITERAL":
                return self._class([(value, value)], folded=folded, negated=True)
            case "ANY":
                return self._class([(10, 10)], folded=False, negated=True)
            case "IN":
                return self._members(value, folded=folded)
            case "SUBPATTERN":
                _, added, removed, body = value
                inner = (folded or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE
                return f"(?:{self.sequence(list(body), folded=inner)})"
            case "BRANCH":
                return f"(?:{'|'.join(self.sequence(list(body), folded=folded) for body in value[1])})"
            case "MAX_REPEAT" | "MIN_REPEAT":
                least, most, body = value
                upper = "" if most is sre.MAXREPEAT else str(int(most))
                return f"(?:{self.sequence(list(body), folded=folded)}){{{least},{upper}}}"
            case "AT":
                return self._at(str(value))
            case _:
                raise NotPortableError(op)

    def _at(self, where: str) -> str:
        last = r"\Z" if self._postgres else r"\z"
        match where:
            case "AT_BEGINNING" | "AT_BEGINNING_STRING":
                return r"\A"
            case "AT_END_STRING":
                return last
            case "AT_END":
                return rf"{self._char(10)}?{last}"
            case _:
                raise NotPortableError(where)

    def _members(self, items: list[Any], *, folded: bool) -> str:
        ranges: Ranges = []
        negated = False
        for op, value in items:
            match str(op):
                case "NEGATE":
                    negated = True
                case "LITERAL":
                    ranges.append((value, value))
                case "RANGE":
                    ranges.append((value[0], value[1]))
                case _:
                    name = str(value).replace("_NOT_", "_")
                    ranges += _CLASSES[name] if name == str(value) else _complement(_CLASSES[name])
        return self._class(ranges, folded=folded, negated=negated)

    def _class(self, ranges: Ranges, *, folded: bool, negated: bool) -> str:
        """A set of characters, as ranges of their numbers; no text holds a surrogate, and RE2 takes none."""
        if folded:  # with re.ASCII only letters of ASCII have another case
            ranges = ranges + [(code, code) for code in _other_cases(ranges)]
        merged = _complement(ranges) if negated else _merged(ranges)
        parts = [(a, b) for pair in merged for a, b in _without_surrogates(pair) if b or not self._postgres]
        if not parts:
            raise NotPortableError("a class that matches nothing")
        each = (self._char(a) if a == b else f"{self._char(a)}-{self._char(b)}" for a, b in parts)
        return f"[{''.join(each)}]"

    def _char(self, code: int) -> str:
        """A character of a class: letters and digits as they are, others by their number."""
        char = chr(code)
        if char.isascii() and char.isalnum():
            return char
        if self._postgres:  # there a text has no NUL
            return f"\\U{max(code, 1):08x}"
        return f"\\x{{{code:x}}}"


def _other_cases(ranges: Ranges) -> list[int]:
    return [ord(c.swapcase()) for c in ascii_letters if any(first <= ord(c) <= last for first, last in ranges)]


def _merged(ranges: Ranges) -> Ranges:
    found: Ranges = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def _complement(ranges: Ranges) -> Ranges:
    found: Ranges = []
    start = 0
    for first, last in _merged(ranges):
        if first > start:
            found.append((start, first - 1))
        start = last + 1
    if start <= MOST:
        found.append((start, MOST))
    return found


def _without_surrogates(pair: tuple[int, int]) -> Ranges:
    first, last = pair
    low, high = _SURROGATES
    if last < low or first > high:
        return [pair]
    return [(a, b) for a, b in ((first, low - 1), (high + 1, last)) if a <= b]
