"""Conditions that differ in their literals only are parsed, checked and planned once.

Large policy sets are made of a few kinds of rules. A condition's *template* is its text with text and whole-number
literals cut out. The first time a template is met, it is compiled with a different *marker* in each gap; where each
marker ends up among the plan's constants is the *recipe*, and the next condition of the template needs nothing but
its own literals. Whatever is not that simple (other literals, regular expressions, a marker that is not found
again) has no recipe and is compiled in full.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LITERAL: Final = re.compile(r"'[^'\\\n]*'|\"[^\"\\\n]*\"|(?<![\w.$])[0-9]{1,15}(?![\w.])", re.ASCII)
UNFIT: Final = re.compile(r"=~|!~|#|[A-Za-z0-9_]['\"]|\\", re.ASCII)
"""Regular expressions, comments, prefixed literals (d'...') and escapes: conditions with them are compiled in full."""
NUMBER_MARK: Final = 899_999_990_000_000
"""Markers for numbers count up from here; a condition that holds such a number itself is compiled in full."""
TEXT_MARK: Final = "\u2063{}\u2063"

Constants = tuple[Any, ...]
Planned = tuple[int, Constants]


class Cut(NamedTuple):
    """A condition cut into its template and its literals."""

    template: str
    literals: tuple[str | int, ...]


class Recipe(NamedTuple):
    """How to make a plan and its clauses from literals."""

    shape: int
    slots: tuple[Any, ...]
    clauses: tuple[tuple[tuple[str | int, ...], int, tuple[Any, ...], bool], ...]


def cut(text: str) -> Cut | None:
    """The template of a condition, or None when it has parts that no template may have."""
    found: list[str | int] = []

    def gap(match: re.Match[str]) -> str:
        literal = match[0]
        quoted = literal[0] in "'\""
        found.append(literal[1:-1] if quoted else int(literal))
        return "''" if quoted else "0"

    template = LITERAL.sub(gap, text)
    if UNFIT.search(template) or any(_is_mark(literal) for literal in found):
        return None
    return Cut(template, tuple(found))


def _is_mark(literal: str | int) -> bool:
    return literal >= NUMBER_MARK if isinstance(literal, int) else "\u2063" in literal


def marked(text: str, start: int) -> str:
    """The condition with a marker in place of each literal; markers count from `start`."""
    count = start

    def mark(match: re.Match[str]) -> str:
        nonlocal count
        number, count = count, count + 1
        return f"'{TEXT_MARK.format(number)}'" if match[0][0] in "'\"" else str(NUMBER_MARK + number)

    return LITERAL.sub(mark, text)


def make_recipe(planned: Planned, clauses: Sequence[tuple[str, int, Constants, bool]], count: int) -> Recipe | None:
    """The recipe of a plan that was made with `count` markers, or None when one of them is lost in the plan."""
    used: set[int] = set()
    slots = tuple(_slot(constant, used) for constant in planned[1])
    if len(used) != count:
        return None
    parts = tuple(
        (_parts(text), shape, tuple(_slot(constant, set()) for constant in constants), expect)
        for text, shape, constants, expect in clauses
    )
    return Recipe(planned[0], slots, parts)


class Gap(NamedTuple):
    """A place in a plan's constants that takes a literal."""

    number: int
    make: Callable[[Any], Any]


class Group(NamedTuple):
    """A place that takes several: a tuple or set of literals."""

    make: Callable[[Any], Any]
    items: tuple[Any, ...]


def _slot(constant: object, used: set[int]) -> object:
    """What stands at one place of the constants: a gap, a group of gaps, or the constant itself."""
    if isinstance(constant, str) and (match := _TEXT.fullmatch(constant)):
        used.add(int(match[1]))
        return Gap(int(match[1]), str)
    if isinstance(constant, int | Decimal) and not isinstance(constant, bool) and constant >= NUMBER_MARK:
        used.add(int(constant) - NUMBER_MARK)
        return Gap(int(constant) - NUMBER_MARK, type(constant))
    if isinstance(constant, tuple | frozenset):
        members = cast("tuple[object, ...] | frozenset[object]", constant)
        return Group(type(members), tuple(_slot(item, used) for item in members))
    return constant


_TEXT: Final = re.compile("\u2063([0-9]+)\u2063")
_SHOWN: Final = re.compile(f"'\u2063([0-9]+)\u2063'|{NUMBER_MARK // 10_000}([0-9]{{4}})")


def fill(slot: Any, literals: Sequence[str | int]) -> Any:  # noqa: ANN401 (constants of any type)
    """The constant that a slot takes from some literals."""
    if isinstance(slot, Gap):
        return slot.make(literals[slot.number])
    if isinstance(slot, Group):
        return slot.make(fill(item, literals) for item in slot.items)
    return slot


def _parts(text: str) -> tuple[str | int, ...]:
    """A clause's text as pieces and the numbers of the literals between them."""
    pieces: list[str | int] = []
    end = 0
    for match in _SHOWN.finditer(text):
        pieces += [text[end : match.start()], int(match[1] or match[2])]
        end = match.end()
    return (*pieces, text[end:])


def write(parts: tuple[str | int, ...], literals: Sequence[str | int]) -> str:
    """The text of a clause with its literals."""
    return "".join(piece if isinstance(piece, str) else _source(literals[piece]) for piece in parts)


def _source(literal: str | int) -> str:
    if isinstance(literal, int):
        return str(literal)
    return f"'{literal}'" if "'" not in literal else f'"{literal}"'
