"""Names in pinyin read like Chinese comments: what stands last is what they are, what stands before says whose.

`dingdanzhuangtai` is a status, whatever it is of; `jianhurendianhua` the telephone of a guardian. Of initials only
whole names are known: `ddzt` is one of the plain terms, `ghlb` ends in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .hints import TOLD_BY_FLAGS, Nouns
from .pinyin import PERSON, is_pinyin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .hints import Hint, Hints

LONGEST: Final = 40
_SHORTEST: Final = 4
_NAME: Final = "personal.name.full"
_WHETHER: Final = ("shifou", "youwu")
_BELONGS_TO: Final = "suoshu"
_LIMITS: Final = ("zuidi", "zuigao", "zuida", "zuixiao")
_ROLES: Final = (
    *("ren", "zhe", "yuan", "kehu", "yonghu", "huiyuan", "huanzhe", "xuesheng", "jiazhang"),
    *("jingli", "fuqin", "muqin", "peiou", "geren", "dianzhang", "yuanzhang", "xiaozhang", "zuzhang", "zhuguan"),
)
_TABLES: Final = ("subject", "staff", "organisation", "object", "dictionary", "clinical", "talk")
_INFORMATION: Final = ("jbxx", "xxb", "xx", "dab", "da", "jlb", "jl", "mx", "zb", "b", "dj")
"""信息, 档案, 记录, 明细, 表: what ends the initials of a table's name and says nothing of whom it is about."""
_OF_PERSONS: Final = (
    *("cj", "cf", "jc", "jcxx", "jtcy", "jtxx", "jtcyxx", "lxr", "yd", "xjyd", "kq", "zz", "zzxx", "jxj", "zxj"),
    *("gz", "gzb", "gzmx", "xc", "bx", "jkda", "jy", "sx"),
)
"""成绩, 处分, 奖惩, 家庭成员, 学籍异动, 考勤, 资助, 工资, 就业: what only persons have, behind their initials."""
_LISTS: Final = ("zd", "ml", "fl", "lx", "kc")
"""字典, 目录, 分类, 类型, 库存: what ends the name of a table of things."""
_LONGEST_INITIALS: Final = 10
_LONGEST_OWNERS: Final = 4
_REMEMBERED: Final = 1 << 12
_FIRST: Final = frozenset({"t", "tb", "tbl", "b", "sys", "biz"})
_VOWELS: Final = frozenset("aeiou")


@dataclass(frozen=True, slots=True)
class PinyinNames:
    """What ends names in pinyin, and what turns them away from a person."""

    nouns: Mapping[str, tuple[Hint, ...]]
    longest: int
    plain: frozenset[str]
    """Whole syllables that are no person's: `zhuangtai`."""
    initials: frozenset[str]
    """The same as initials: `ddzt`."""
    endings: tuple[str, ...]
    """Initials that end names of technical columns: `zt`."""
    roles: tuple[str, ...]
    """Whole syllables of persons: `kehu`."""
    other: tuple[str, ...]
    generic: tuple[str, ...]

    def read(self, name: str) -> Nouns:
        """What stands at the end of a name; nothing when it is no pinyin, or says nothing."""
        if not _SHORTEST <= len(name) <= LONGEST:
            return Nouns(())
        flag = name.startswith(_WHETHER)
        whole = name.removeprefix(_WHETHER[0]) if flag else name
        for text in (whole, self._bare(whole)):
            found = self._at_end(text, flag=flag)
            if found is not None:
                return found
        return Nouns((), turned=flag and is_pinyin(name))

    def is_plain(self, name: str) -> bool:
        """Tell whether initials are, or end in, what is no person's."""
        if name in self.initials:
            return True
        return name.endswith(self.endings) and len(name) <= _LONGEST_INITIALS and _VOWELS.isdisjoint(name)

    def is_other(self, name: str) -> bool:
        """Tell whether initials are those of something that is no person's: `ddzt`."""
        return name in self.initials

    def asks(self, name: str) -> bool:
        """Tell whether initials begin with 是否."""
        asks = _SHORTEST < len(name) <= _LONGEST_INITIALS and name.startswith("sf") and not name.startswith("sfz")
        return asks and _VOWELS.isdisjoint(name)

    def _at_end(self, text: str, *, flag: bool) -> Nouns | None:
        for length in range(min(len(text), self.longest), _SHORTEST - 1, -1):
            end, before = text[-length:], text[:-length]
            found = self.nouns.get(end, ())
            plain = end in self.plain
            if before and found and not (found[0].strong or before.endswith(self.roles)):
                found = ()  # `jiashu` in `pingjiashu`
            if not (found or plain) or (before and not is_pinyin(before)):
                continue
            if plain and not found:
                return Nouns((), turned=True)
            if before.endswith(self.other) or before.startswith(_BELONGS_TO):
                return Nouns((), turned=True)
            if flag or before.startswith(_LIMITS):
                found = tuple(hint for hint in found if hint.category.startswith(TOLD_BY_FLAGS))
            owned = before.endswith(self.roles) or (end not in self.roles and end.startswith(self.roles))
            owned = owned or (end.endswith(PERSON) and any(hint.category == _NAME for hint in found))
            return Nouns(found, end, owned=owned, turned=not found)
        return None

    def _bare(self, name: str) -> str:
        for word in self.generic:
            if name.endswith(word) and len(name) > len(word):
                return name[: -len(word)]
        return name


def _is_ending(word: str) -> bool:
    return 1 < len(word) < _SHORTEST and _VOWELS.isdisjoint(word)


def compile_pinyin(matching: Mapping[str, tuple[str, ...]], hints: Hints) -> PinyinNames:
    """The hints in whole syllables, and the plain terms, as look-ups."""
    nouns = {
        name: pinyin
        for name, found in hints.names.items()
        if len(name) >= _SHORTEST and (pinyin := tuple(hint for hint in found if hint.pinyin)) and is_pinyin(name)
    }
    plain = frozenset(matching["plain_full"])
    return PinyinNames(
        nouns=nouns,
        longest=max(map(len, (*nouns, *plain)), default=0),
        plain=plain,
        initials=frozenset(matching["plain_initials"]),
        endings=tuple(word for word in (*matching["technical_words"], *matching["plain_endings"]) if _is_ending(word)),
        roles=(*_ROLES, *matching["subject_full"], *matching["staff_full"]),
        other=matching["other_full"],
        generic=tuple(sorted(matching["generic_full"], key=len, reverse=True)),
    )


class PinyinTables:
    """What names of tables in pinyin say: `kehuxinxi` and `khxx` are of customers."""

    def __init__(self, matching: Mapping[str, tuple[str, ...]]) -> None:
        self._full = {f"{kind}_words": matching[f"{kind}_full"] for kind in _TABLES}
        persons = {*matching["pinyin_owners"], *matching["owner_initials"]}
        self._initials = {
            "subject_words": (tuple(persons), (*_OF_PERSONS, *_INFORMATION)),
            "object_words": (tuple({*matching["object_initials"]} - persons), (*_INFORMATION, *_LISTS)),
            "organisation_words": (tuple({*matching["organisation_initials"]} - persons), (*_INFORMATION, *_LISTS)),
        }
        self.kinds = lru_cache(_REMEMBERED)(self._kinds)

    def says(self, words: tuple[str, ...], kind: str) -> bool:
        """Tell whether a table's name has one of the words of a kind."""
        return kind in self.kinds(words)

    def _kinds(self, words: tuple[str, ...]) -> frozenset[str]:
        words = words[1:] if len(words) > 1 and words[0] in _FIRST else words
        name = "".join(words).removesuffix("biao")
        last = "".join(words[-1:])
        if not name.isalpha() and len(last) >= _SHORTEST:
            name = last  # behind the numbers of a standard: `EDU_03_01_JZGJBXX`
        if not name.isascii() or not name.isalpha() or len(name) > LONGEST:
            return frozenset()
        if is_pinyin(name):
            found = {kind for kind, texts in self._full.items() if any(text in name for text in texts)}
            # Only at its end such a word says that the table lists values.
            lists = name.endswith(self._full["dictionary_words"])
            return frozenset(found | {"dictionary_words"} if lists else found - {"dictionary_words"})
        if len(name) > _LONGEST_INITIALS or not _VOWELS.isdisjoint(name):
            return frozenset()
        return frozenset(kind for kind in self._initials if self._by_initials(name, kind))

    def _by_initials(self, name: str, kind: str) -> bool:
        starts, ends = self._initials[kind]
        if name in starts:
            return False
        bare = next((name[: -len(end)] for end in ends if name.endswith(end)), "")
        if kind == "subject_words" and len(bare) <= _LONGEST_OWNERS:
            return bare.endswith(starts)
        return bare in starts
