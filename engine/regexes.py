r"""Which regular expressions may stand in a condition: those that cannot backtrack without bound.

The rule is conservative. Within a sequence, repetitions that could share characters multiply their ways to
match; a mandatory character that none of them can match ends the run and resets the product. A repetition
around a repetition is refused unless its body starts or ends with such a separator, so `(\d{1,3}\.){3}` is
fine and `(a+)+` is not.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any, Final, NamedTuple

# The parser of `re` has no public name; a test fails when it moves.
sre_parser: Any = import_module("re._parser")
sre: Any = import_module("re._constants")

MAX_PATTERN: Final = 500
MAX_REPEAT: Final = 1000
MAX_WAYS: Final = 4000
_UNBOUNDED_WAYS: Final = 1000

_OTHER: Final = 128
"""Stands for every character beyond ASCII."""
_ALL: Final = frozenset(range(_OTHER + 1))
_DIGIT: Final = frozenset(range(48, 58))
_WORD: Final = _DIGIT | frozenset(range(65, 91)) | frozenset(range(97, 123)) | {95}
_SPACE: Final = frozenset(map(ord, " \t\n\r\f\v"))
_CATEGORIES: Final[dict[str, frozenset[int]]] = {
    "CATEGORY_DIGIT": _DIGIT,
    "CATEGORY_NOT_DIGIT": _ALL - _DIGIT,
    "CATEGORY_WORD": _WORD,
    "CATEGORY_NOT_WORD": _ALL - _WORD,
    "CATEGORY_SPACE": _SPACE,
    "CATEGORY_NOT_SPACE": _ALL - _SPACE,
}


class RegexFault(ValueError):  # noqa: N818 (a fault is in what was given, not in the program)
    """A pattern that is refused: `code` is `regex-invalid` or `regex-unsafe`, the text says why."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


class _Shape(NamedTuple):
    """What a piece of pattern can match: its characters, ways to split, mandatory ends."""

    chars: frozenset[int]
    ways: int = 1
    variable: frozenset[int] = frozenset()
    """The characters of everything inside that may match in more than one length."""
    first: frozenset[int] | None = None
    """The characters of a mandatory first character, None when there is none."""
    last: frozenset[int] | None = None
    head: frozenset[int] | None = None
    """The characters it starts with when it matches anything, None when not known."""
    ambiguous: bool = False
    """Two alternatives may match the same text."""


def check_pattern(pattern: str) -> None:
    """Raise `RegexFault` unless the pattern is a valid and safe regular expression."""
    if len(pattern) > MAX_PATTERN:
        raise RegexFault("regex-unsafe", "longer than 500 characters")
    try:
        tree = sre_parser.parse(pattern, re.ASCII)
        re.compile(pattern, re.ASCII)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise RegexFault("regex-invalid", str(getattr(error, "msg", error))) from None
    if tree.state.flags & ~(re.ASCII | re.IGNORECASE):
        raise RegexFault("regex-unsafe", "a flag other than (?i)")
    _sequence(list(tree), ignore_case=bool(tree.state.flags & re.IGNORECASE))


def _sequence(items: list[Any], *, ignore_case: bool) -> _Shape:
    shapes = [_shape(str(op), value, ignore_case=ignore_case) for op, value in items if op is not sre.AT]
    pending: list[tuple[frozenset[int], int]] = []  # characters, ways
    most = 1
    for shape in shapes:
        if shape.first is not None:
            pending = [known for known in pending if known[0] & shape.first]
        if shape.variable or shape.ways > 1:
            most = max(most, _ways(pending, shape))
            pending.append((shape.variable or shape.chars, shape.ways))
            if most > MAX_WAYS:
                raise RegexFault("regex-unsafe", "repetitions that can match the same characters")
    return _Shape(
        frozenset().union(*(shape.chars for shape in shapes)),
        most,
        frozenset().union(*(shape.variable for shape in shapes)),
        shapes[0].first if shapes else None,
        shapes[-1].last if shapes else None,
        ambiguous=any(shape.ambiguous for shape in shapes),
    )


def _ways(pending: list[tuple[frozenset[int], int]], shape: _Shape) -> int:
    """In how many ways a piece and all before it that share characters with it can split a text."""
    chars, ways, rest = shape.head or shape.variable or shape.chars, shape.ways, pending
    while touching := [known for known in rest if known[0] & chars]:
        rest = [known for known in rest if not known[0] & chars]
        chars = chars.union(*(known[0] for known in touching))
        for known in touching:
            ways *= known[1]
    return ways


def _shape(op: str, value: Any, *, ignore_case: bool) -> _Shape:  # noqa: ANN401 (the parser of re is untyped)
    match op:
        case "LITERAL" | "NOT_LITERAL" | "IN" | "ANY":
            chars = _chars(op, value, ignore_case=ignore_case)
            return _Shape(chars, first=chars, last=chars)
        case "SUBPATTERN":
            _, added, removed, body = value
            if (added | removed) & ~re.IGNORECASE:
                raise RegexFault("regex-unsafe", "a flag other than (?i)")
            folded = (ignore_case or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE
            return _sequence(list(body), ignore_case=folded)
        case "BRANCH":
            return _branch(value[1], ignore_case=ignore_case)
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeat(*value, ignore_case=ignore_case)
        case _:
            raise RegexFault("regex-unsafe", "lookaround, backreference, conditional or possessive repetition")


def _branch(bodies: list[Any], *, ignore_case: bool) -> _Shape:
    shapes = [_sequence(list(body), ignore_case=ignore_case) for body in bodies if len(body)]
    empty = len(bodies) - len(shapes)
    none: frozenset[int] = frozenset()
    chars = none.union(*(shape.chars for shape in shapes))
    firsts = [shape.first for shape in shapes if shape.first is not None]
    disjoint = sum(map(len, firsts)) == len(none.union(*firsts))
    distinct = empty <= 1 and len(firsts) == len(shapes) and disjoint
    lasts = [shape.last for shape in shapes if shape.last is not None]
    fixed = distinct and not empty
    return _Shape(
        chars,
        max(shape.ways for shape in shapes) + empty if distinct else empty + sum(s.ways for s in shapes),
        none.union(*(shape.variable for shape in shapes)) if fixed else chars,
        none.union(*firsts) if not empty and len(firsts) == len(shapes) else None,
        none.union(*lasts) if not empty and len(lasts) == len(shapes) else None,
        ambiguous=not distinct or any(shape.ambiguous for shape in shapes),
    )


def _repeat(least: int, most: Any, body: Any, *, ignore_case: bool) -> _Shape:  # noqa: ANN401 (the parser of re is untyped)
    inner = _sequence(list(body), ignore_case=ignore_case)
    unbounded = most is sre.MAXREPEAT
    if not unbounded and most > MAX_REPEAT:
        raise RegexFault("regex-unsafe", "a repetition of more than 1000")
    if (unbounded or most > 1) and (inner.variable or inner.ways > 1):
        ends = (inner.first, inner.last)
        if inner.ambiguous or not any(end is not None and not end & inner.variable for end in ends):
            raise RegexFault("regex-unsafe", "a repetition inside a repetition")
    lengths = _UNBOUNDED_WAYS if unbounded else int(most) - least + 1
    return _Shape(
        inner.chars,
        inner.ways + 1 if (least, most) == (0, 1) else max(inner.ways, lengths),
        inner.chars if lengths > 1 else inner.variable,
        inner.first if least else None,
        inner.last if least else None,
        head=inner.first,
        ambiguous=inner.ambiguous,
    )


def _chars(op: str, value: Any, *, ignore_case: bool) -> frozenset[int]:  # noqa: ANN401 (the parser of re is untyped)
    match op:
        case "ANY":
            return _ALL - {10}
        case "LITERAL":
            chars = frozenset({min(value, _OTHER)})
        case "NOT_LITERAL":
            return _ALL if value >= _OTHER else _ALL - {value}
        case _:
            chars = _class(value)
    if ignore_case:
        chars |= {ord(chr(char).swapcase()) for char in chars if char < _OTHER}
    return chars


def _class(items: list[Any]) -> frozenset[int]:
    chars: set[int] = set()
    negated = False
    for op, value in items:
        match str(op):
            case "NEGATE":
                negated = True
            case "LITERAL":
                chars.add(min(value, _OTHER))
            case "RANGE":
                chars.update(range(min(value[0], _OTHER), min(value[1], _OTHER) + 1))
            case _:
                chars |= _CATEGORIES[str(value)]
    return _ALL - (chars - {_OTHER}) if negated else frozenset(chars)
