"""What the columns of a table start with and what says nothing of their content: `f` in `f_name`, `ly` in `lyxm`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from .pinyin import NOT_OF_PERSONS, PERSON

if TYPE_CHECKING:
    from .reading import Reader
    from .tables import Table

_ENOUGH: Final = 3
_SHARE: Final = 0.6
_LONGEST: Final = 4
_HINTS_ENOUGH: Final = 2


class Prefix(NamedTuple):
    """The prefixes of one table."""

    shared: str = ""
    """The first word of most names, or the letter that all start with."""
    glued: tuple[str, ...] = ()
    """Initials that stand, without a separator, before initials of what a person has."""


def prefix_of(table: Table, reader: Reader, meaning: frozenset[str]) -> Prefix:
    """Find what columns start with; what is one of the words with a meaning is none."""
    firsts: dict[str, int] = {}
    for column in table.columns:
        words = reader.words(column.name)[0]
        if len(words) > 1:
            firsts[words[0]] = firsts.get(words[0], 0) + 1
    if not firsts:
        letter = _letter(table, reader)
        return Prefix(letter, () if letter else _glued(table, reader))
    first = max(firsts, key=firsts.__getitem__)
    common = firsts[first] >= max(_ENOUGH, _SHARE * len(table.columns))
    shared = first if common and len(first) <= _LONGEST and first not in meaning else ""
    return Prefix(shared, _glued(table, reader))


def without(name: str, prefix: Prefix, reader: Reader) -> str:
    """A name without the prefix of its table."""
    shared, glued = prefix
    if len(shared) == 1 and "_" not in name and name[:1].lower() == shared and reader.is_hint(name[1:]):
        return name[1:]
    if shared:
        words = reader.words(name)[0]
        name = "_".join(words[1:]) if len(words) > 1 and words[0] == shared else name
    for start in glued:
        if name[: len(start)].lower() == start and reader.is_personal(name[len(start) :].lower()):
            return f"{PERSON}_{name[len(start) :]}"
    return name


def _letter(table: Table, reader: Reader) -> str:
    """The letter that all columns start with, glued to names that stand for something: `Sname`, `Ssex`."""
    names = [column.name.lower() for column in table.columns]
    letters = {name[:1] for name in names}
    if len(letters) > 1 or len(names) < _ENOUGH:
        return ""
    return letters.pop() if sum(reader.is_hint(name[1:]) for name in names) >= _HINTS_ENOUGH else ""


def _glued(table: Table, reader: Reader) -> tuple[str, ...]:
    found: dict[str, set[str]] = {}
    for column in table.columns:
        name = column.name.lower()
        if "_" in name or len(name) > _LONGEST * 3 or reader.is_hint(name) or reader.is_plain(name):
            continue
        for length in range(1, min(_LONGEST, len(name) - 2) + 1):
            if reader.is_personal(name[length:]):
                found.setdefault(name[:length], set()).add(name[length:])
    return tuple(
        start
        for start, rests in found.items()
        if start not in NOT_OF_PERSONS and len(rests) >= (_HINTS_ENOUGH if "xm" in rests else _ENOUGH)
    )
