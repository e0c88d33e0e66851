"""Which tables list kinds, codes or settings: what their columns are called is what others choose from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .names import singular, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .pinyin_names import PinyinTables
    from .reading import Reader
    from .tables import Table

_LISTS: Final = frozenset({"d", "ref", "lu", "lkp", "lookup", "cd"})
"""First words of names of tables that list codes."""
_LISTED: Final = ("zd",)
"""字典, as the last word of several; of persons it is 诊断."""
_FEW_OF_A_LIST: Final = 8
_OF_CODES: Final = frozenset({"code", "cd", "cde"})
"""Last words of names of tables of codes, where it is written what they mean: `visa_status_code`."""
_MEANINGS: Final = frozenset({"label", "description", "desc", "descr", "name", "meaning", "title", "text", "value"})
_SHORT: Final = frozenset({"code", "cd", "id", "key", "abbr", "abbreviation"})
_TITLE: Final = re.compile(r"[\]】)。,;\n]")
"""Where the title of a table ends, and its comment goes on: `[民族码表]本代码引自...`."""


class Lister:
    """Tells tables that list something by the vocabulary of a taxonomy."""

    def __init__(self, words: Mapping[str, frozenset[str]], reader: Reader, pinyin: PinyinTables) -> None:
        self._reader, self._pinyin = reader, pinyin
        self._dictionary, self._dictionary_zh = words["dictionary_words"], tuple(words["dictionary_words_zh"])
        self._persons = words["subject_words"] | words["staff_words"] | words["organisation_words"]

    def lists(self, table: Table, stems: frozenset[str], *, persons: bool) -> bool:
        """Tell whether a table is a list, whatever it is of; `dengji` of persons is 登记."""
        return (
            self._by_name(table, stems, persons=persons)
            or self._attributes(table)
            or (not persons and self._codes(table))
        )

    def _by_name(self, table: Table, stems: frozenset[str], *, persons: bool) -> bool:
        words = words_of(table.name)
        if len(words) > 1 and words[0] in _LISTS:
            return True
        last = singular(words[-1]) if words else ""
        title = _TITLE.split(table.comment.strip().lstrip("[【("), maxsplit=1)[0].strip()
        ends = title.endswith(self._dictionary_zh) or title.removesuffix("表").endswith(self._dictionary_zh)
        return (
            last in self._dictionary
            or ends
            or (not persons and (words[-1:] == _LISTED or self._pinyin.says(words, "dictionary_words")))
            or bool(stems & {"dict", "dictionary", "lookup", "vocabulary"})
        )

    def _attributes(self, table: Table) -> bool:
        """A table called like an attribute of persons, with names: `nation`, `job_level`."""
        if len(table.columns) > _FEW_OF_A_LIST or not self._reader.is_attribute("".join(words_of(table.name))):
            return False
        return any(words_of(column.name)[-1:] == ("name",) for column in table.columns)

    def _codes(self, table: Table) -> bool:
        """A table of codes and what they mean, by its end or by columns called like it: `rank_code`, `rank_name`."""
        title = tuple(map(singular, words_of(table.name)))
        columns = [words_of(column.name) for column in table.columns]
        if title[-1:] and title[-1] in _OF_CODES:
            return len(title) > 1 and any(words[-1:] and words[-1] in _MEANINGS for words in columns)
        if not title or len(columns) > _FEW_OF_A_LIST or not self._persons.isdisjoint(title[-1:]):
            return False
        own = [(words[:-1], words[-1]) for words in columns if len(words) > 1 and _ends(title, words[:-1])]
        bare = any(_ends(title, words) for words in columns)
        meant = any(last in _MEANINGS for _, last in own)
        return meant and (bare or any(last in _SHORT - {"id"} for _, last in own))


def _ends(title: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Tell whether the name of a table ends in some words, also behind a prefix glued to it: `tblICD10`."""
    return title[-len(words) :] == words or "".join(title) == "".join(words)
