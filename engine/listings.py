"""Which tables list kinds, codes or settings: what their columns are called is what others choose from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .column_types import is_date
from .names import singular, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .pinyin_names import PinyinTables
    from .reading import Reader
    from .tables import Table

_LISTS: Final = frozenset({"d", "ref", "lu", "lkp", "lookup", "cd"})
"""First words of names of tables that list codes."""
_INFORMS: Final = frozenset({"info", "information", "inf"})
"""Last words that add nothing: `user_group_info`."""
_LISTED: Final = ("zd",)
"""字典, as the last word of several; of persons it is 诊断."""
_FEW_OF_A_LIST: Final = 8
_OF_CODES: Final = frozenset({"code", "cd", "cde"})
"""Last words of names of tables of codes, where it is written what they mean: `visa_status_code`."""
_BANNED: Final = frozenset({"ban", "banned", "blacklist", "blocklist", "denylist", "blocked"})
"""Who is kept out by a rule is somebody."""
_PREFIXES: Final = (("tbl",), ("tb",), ("t",), ("ref",), ("mst",))
_PAIR: Final = 3
"""So many columns have a list of nothing but codes and what they mean, and perhaps whether they are used."""
_MEANINGS: Final = frozenset(
    {"label", "description", "desc", "descr", "descript", "name", "meaning", "title", "text", "value"}
)
_SHORT: Final = frozenset({"code", "cd", "id", "key", "abbr", "abbreviation"})
_CHOSEN: Final = frozenset(
    {"medicine", "drug", "medication", "vaccine", "disease", "illness", "symptom", "allergen", "diagnosis", "procedure"}
    | {"treatment", "surgery", "operation", "test", "condition", "disability", "injury", "therapy", "immunization"}
)
"""What is chosen from lists, and had or got by somebody in other tables of that name."""
_REGISTERS: Final = frozenset({"master", "mst", "list", "catalog", "catalogue", "definition", "directory"})
"""Last words of names of lists of these: `lab_tests_master`."""
_PRICES: Final = frozenset({"rate", "tariff", "factor", "fee", "price"})
_RATED: Final = frozenset(
    {"tax", "premium", "exchange", "interest", "currency", "price", "vat", "shipping", "room", "base", "discount"}
    | {"insurance", "mortality", "conversion", "freight", "labour", "labor", "service", "postage", "fuel", "delivery"}
)
"""Of what lists of prices are; a heart has a rate, too."""
_KEPT_UP: Final = frozenset(
    {"created", "updated", "modified", "deleted", "create", "update", "modify", "added", "expiry", "expire", "expires"}
    | {"expiration", "valid", "effective", "manufacture", "manufactured", "mfg", "exp", "inserted", "changed"}
)
_OF_LISTS: Final = frozenset(
    {"category", "type", "unit", "supplier", "manufacturer", "company", "brand", "form", "group", "parent", "class"}
    | {"department", "vendor", "route", "tenant", "store", "pharmacy", "hospital", "clinic", "external"}
)
"""Whose keys stand in lists."""
_VALUES: Final = ("号码表", "密码表", "条码表", "维码表", "证码表", "请码表", "活码表", "换码表")
"""Ends of titles like those of tables of codes, where numbers, passwords or codes of their own are kept."""
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
            or (not persons and (self._codes(table) or self._choices(table)))
        )

    def _by_name(self, table: Table, stems: frozenset[str], *, persons: bool) -> bool:
        words = self._reader.title(table.name)
        if len(words) > 1 and words[0] in _LISTS:
            return True
        named = words[:-1] if len(words) > 1 and words[-1] in _INFORMS else words
        last = singular(named[-1]) if named else ""
        title = _TITLE.split(table.comment.strip().lstrip("[【("), maxsplit=1)[0].strip()
        coded = title.endswith(self._dictionary_zh) and not title.endswith(_VALUES)
        ends = coded or title.removesuffix("表").endswith(self._dictionary_zh)
        return (
            (last in self._dictionary and stems.isdisjoint(_BANNED))
            or (last in _PRICES and not _RATED.isdisjoint(words[-2:-1]))
            or ends
            or (not persons and (words[-1:] == _LISTED or self._pinyin.says(words, "dictionary_words")))
            or bool(stems & {"dict", "dictionary", "lookup", "vocabulary"})
        )

    def _attributes(self, table: Table) -> bool:
        """A table called like an attribute of persons, with names: `nation`, `job_level`."""
        title = words_of(table.name)
        title = title[1:] if title[:1] in _PREFIXES else title
        whole = "".join((*title[:-1], singular(title[-1]))) if title else ""
        if len(table.columns) > _FEW_OF_A_LIST or not any(map(self._reader.is_attribute, ("".join(title), whole))):
            return False
        last = [words_of(column.name)[-1:] for column in table.columns]
        return ("name",) in last or (len(last) <= _PAIR and any(word and word[0] in _MEANINGS for word in last))

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

    def _choices(self, table: Table) -> bool:
        """A list of medicines or illnesses to choose from: each has a name, and neither a day nor whose it is."""
        title = tuple(map(singular, words_of(table.name)))
        if len(title) > 1 and title[-1] in _REGISTERS:
            title = title[:-1]
        if not title or title[-1] not in _CHOSEN:
            return False
        columns = [words_of(column.name) for column in table.columns]
        named = any(words == ("name",) or (words[-1:] == ("name",) and _ends(title, words[:-1])) for words in columns)
        return named and all(
            _of_a_list(words, title, dated=is_date(column.data_type))
            for words, column in zip(columns, table.columns, strict=True)
        )


def _of_a_list(words: tuple[str, ...], title: tuple[str, ...], *, dated: bool) -> bool:
    """Tell whether a column may stand in a list: no day of care, and no key of somebody or of a visit."""
    if dated:
        return not _KEPT_UP.isdisjoint(words)
    if words[-1:] not in {("id",), ("uuid",), ("by",)}:
        return True
    return words[-1] == "by" or len(words) == 1 or _ends(title, words[:-1]) or not _OF_LISTS.isdisjoint(words)


def is_own_code(table: Table) -> bool:
    """Tell whether a table has the code that it is called by, and what that means: `CONTACT_TYPE_CODE` and a text."""
    title = words_of(table.name)
    if len(title) == 1 or title[-1:] not in {(end,) for end in _OF_CODES}:
        return False
    columns = [words_of(column.name) for column in table.columns]
    return title in columns and any(words[-1:] and words[-1] in _MEANINGS for words in columns)


def _ends(title: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Tell whether the name of a table ends in some words, also behind a prefix glued to it: `tblICD10`."""
    return title[-len(words) :] == words or "".join(title) == "".join(words)
