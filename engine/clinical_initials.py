"""Clinical compounds by their initials: `xyzdmc` is the name of a 西医诊断, `ssrq` the day of a 手术.

Two letters stand for many words, so this is read in tables of patients only; there, what is about an illness or a
treatment ends in few words, and few say more of it: its name and code, when and how.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SHORTEST: Final = 3
_LONGEST: Final = 14
_TELLING: Final = 4
"""Initials of so many letters mean one thing."""
_TAILS_AT_MOST: Final = 3
_FIRST: Final = frozenset({"t", "tb", "tbl", "b", "his", "emr", "hlht", "dc"})
"""First words of names of tables that only say whose they are."""
_VOWELS: Final = frozenset("aeiou")
_DOCTORS: Final = ("ys", "hs", "js")
"""医师, 护士, 技师: who treats, and not what for."""
_ABO: Final = "abo"
"""The one word in them that is written with vowels: a blood group."""
_REMEMBERED: Final = 1 << 13


class ClinicalInitials:
    """The initials of clinical nouns, and of what may follow one."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self._stems = tuple(words["clinical_initials"])
        self._tails = tuple(sorted(words["clinical_initials_tails"], key=len, reverse=True))
        self._titles = tuple(words["clinical_initials_tables"])
        self._long_titles = tuple(word for word in self._titles if len(word) >= _TELLING)
        self.fits = lru_cache(_REMEMBERED)(self._fits)

    def _fits(self, name: str) -> bool:
        """Tell whether initials are those of a clinical noun, and perhaps of what follows it."""
        plain = name.replace(_ABO, "")
        if not _SHORTEST <= len(name) <= _LONGEST or not (plain.isascii() and plain.isalpha()):
            return False
        if name.endswith(_DOCTORS) and name not in self._stems:
            return False
        return _VOWELS.isdisjoint(plain) and any(bare.endswith(self._stems) for bare in self._bare(name))

    def _bare(self, name: str) -> Iterator[str]:
        """A name, and what is left of it without one, two and three of what may follow a noun."""
        yield name
        for _ in range(_TAILS_AT_MOST):
            tail = next((tail for tail in self._tails if name.endswith(tail)), "")
            name = name.removesuffix(tail)
            if not tail or not name:
                return
            yield name

    def names_table(self, words: tuple[str, ...], *, sure: bool) -> bool:
        """Tell whether some word of a table's name is of records of care: `zy_yzb`, and for sure `HLHT_ZYBCJL_SWJL`."""
        titles = self._long_titles if sure else self._titles
        words = words[1:] if len(words) > 1 and words[0] in _FIRST else words
        return any(
            _VOWELS.isdisjoint(word) and any(bare.endswith(titles) for bare in self._bare(word))
            for word in words
            if len(word) > 1
        )
