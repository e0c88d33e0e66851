"""The detection hints of a taxonomy, turned once into look-ups by name and by head noun."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from .names import MAX_TEXT, Splitter, head_noun, singular, skeletons, without_digits
from .pinyin import PERSON, Pinyin, is_pinyin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .taxonomy import Taxonomy

INITIALS: Final = 5
"""Pinyin of up to this many letters are initials: too short to be found inside a longer name."""

_PARTS_TOO_SHORT: Final = frozenset({"age", "race", "face", "sex", "party", "card", "post", "given", "pan", "tin"})
"""Hints that end many other words (`postage`, `interface`), and so are not found inside one."""


TOLD_BY_FLAGS: Final = (
    "personal.health",
    "personal.criminal",
    "personal.demographic",
    "personal.minor",
    "personal.specific_identity",
    "personal.family",
)
"""What a yes or no tells of a person: smokes, is married, was convicted, lives on relief."""
_LONG: Final = 5
"""Words of fewer letters are not written without their vowels, or it says too little."""
_WHETHER: Final = ("是否", "有无")
_YES_NO: Final = re.compile(r"[01][\s:：=\-.、]*(?:表示|代表|为)?(?:是|否|不是)(?=$|[\s,，;；、/)）\]】.。01])")
"""Both answers written out in a comment: `负责人(0否,1是)` is no name."""
_ANSWERS: Final = 2
_BELONGS_TO: Final = "所属"
_MEDICAL: Final = "personal.health.medical_record"
"""When somebody was ill or treated is as telling as of what."""
_LIMITS: Final = ("最低", "最高", "最大", "最小")
_AMOUNTS: Final = ("personal.financial", "personal.transaction")
"""What a limit is set for, and then it is nobody's."""
_PINYIN: Final = ("pinyin", "full", "initials")
_INITIALS: Final = ("strong_initials", "weak_initials")
_PERSON: Final = "人"
_NOTES: Final = frozenset({"备注", "附言"})
"""Whatever a note is about, anything can stand in it."""
_LITTLE: Final = frozenset({"关系", "称谓", "图片", "国家", "国别", "签名", "行政", "行政区划"})
"""Between whom, of whom or of what place, the name says."""
_WHOSE: Final = re.compile(r"用户|客户(?!端)|会员|学生|员工|职工|患者|本人")
"""Whose something is, also further from it: `签到时用户当前经度`."""
_LONGEST_ROLE: Final = 5
_ROLES: Final = (
    "人",
    "者",
    "员",
    "长",
    "师",
    "主任",
    "司机",
    "护士",
    "教练",
    "客户",
    "用户",
    "会员",
    "患者",
    "学生",
    "家长",
    "经理",
    "父亲",
    "母亲",
    "配偶",
)


class Hint(NamedTuple):
    """A category that a name or noun stands for."""

    category: str
    strong: bool
    pinyin: bool = False
    order: int = 0
    """The place of the category in the taxonomy: the earlier wins a tie."""


class NameHit(NamedTuple):
    """A hint found in a name: the words before it, the text that matched."""

    hint: Hint
    before: tuple[str, ...]
    matched: str

    @property
    def initials(self) -> bool:
        """The name is pinyin initials, which stand for many words."""
        return self.hint.pinyin and len(self.matched) <= INITIALS


class Nouns(NamedTuple):
    """What stands at the head of a Chinese text."""

    hints: tuple[Hint, ...]
    matched: str = ""
    owned: bool = False
    """What stands before it is a person: the telephone *of the manager*."""
    turned: bool = False
    """It speaks of a flag, a kind or another thing."""
    bare: bool = False
    """It says no more than `content` or `description`, and so nothing against the name."""


@dataclass(frozen=True, slots=True)
class Hints:
    """Look-ups of all hints: by name without separators, and by Chinese head noun."""

    names: dict[str, tuple[Hint, ...]]
    nouns: dict[str, tuple[Hint, ...]]
    longest_noun: int
    derived: frozenset[str]
    """Initials that were made of Chinese hints: too many to be looked for inside glued English words."""
    tails: frozenset[str]
    """Words that may follow a hint and keep its meaning: `no`, `enc`, `home`."""
    initials_owners: frozenset[str]
    meta: tuple[str, ...]
    other: tuple[str, ...]
    generic: tuple[str, ...]

    def in_name(self, tokens: tuple[str, ...]) -> list[NameHit]:
        """Every hint that is the head of a name: at its end, or followed by words that keep its meaning."""
        hits: list[NameHit] = []
        for words in dict.fromkeys((tokens, tuple(map(without_digits, tokens)))):
            for end in self._ends(words):
                for start in range(end):
                    hits += self._at(words, start, end)
        return hits

    def _ends(self, words: tuple[str, ...]) -> list[int]:
        """Where a hint may end: at the name's end, and before words that keep its meaning."""
        ends = [len(words)]
        for index in range(len(words) - 1, 0, -1):
            if not (words[index] in self.tails or words[index].isdigit()):
                break
            ends.append(index)
        return ends

    def _at(self, words: tuple[str, ...], start: int, end: int) -> list[NameHit]:
        joined = "".join(words[start:end])
        found = self.names.get(joined) or self.names.get(singular(joined)) or ()
        hits = [NameHit(hint, words[:start], joined) for hint in found]
        return [hit for hit in hits if not hit.initials or self._initials_fit(words[:start])]

    def _initials_fit(self, before: tuple[str, ...]) -> bool:
        """Initials are the whole name, after at most a prefix or the initials of a person."""
        return len(before) <= 1 or before[-1] in self.initials_owners

    def in_noun(self, comment: str) -> Nouns:
        """The hints at the head of a Chinese text, and whether it speaks of a flag or another thing."""
        owner, head = head_noun(comment)
        flag = any(word in head for word in _WHETHER) or _is_answered(comment)
        if head.startswith(_WHETHER):
            head = head[len(_WHETHER[0]) :]
        for stripped in (head, self._bare(head)):
            if nouns := self._at_end(stripped, owner, flag=flag):
                return nouns
        when = head.removesuffix("时间").removesuffix("日期")
        if when != head and not flag:
            ends = (self.nouns.get(when[-length:], ()) for length in range(min(len(when), self.longest_noun), 1, -1))
            found = tuple(hint for hints in ends for hint in hints if hint.category == _MEDICAL)
            if found:
                return Nouns(found[:1], when)
        turned = flag or head.endswith(self.meta) or head.startswith(_BELONGS_TO)
        bare = head in self.generic or self._bare(head) in _LITTLE
        return Nouns((), turned=turned, bare=bare)

    def _at_end(self, text: str, owner: str, *, flag: bool) -> Nouns | None:
        """The longest noun at the end of a text, unless it is another thing's."""
        for length in range(min(len(text), self.longest_noun), 0, -1):
            found = self.nouns.get(text[-length:], ())
            before = text[:-length]
            if length == 1 and before and not (text.endswith(_PERSON) and len(before) < _LONGEST_ROLE):
                continue
            if found and text[-length:] in _NOTES:
                return Nouns(found, text[-length:])
            belongs = before.startswith(_BELONGS_TO) and any(hint.category == _MEDICAL for hint in found)
            if found and (belongs or (before or owner).endswith(self.other)):
                return Nouns((), turned=True)
            if flag:
                found = tuple(hint for hint in found if hint.category.startswith(TOLD_BY_FLAGS))
            if (owner or before).startswith(_LIMITS):
                found = tuple(hint for hint in found if not hint.category.startswith(_AMOUNTS))
            if found:
                whose = before or owner
                return Nouns(found, text[-length:], owned=bool(whose.endswith(_ROLES) or _WHOSE.search(whose)))
        return None

    def _bare(self, head: str) -> str:
        for word in self.generic:
            if head.endswith(word) and len(head) > len(word):
                return head[: -len(word)]
        return head


def _is_answered(comment: str) -> bool:
    """Tell whether a comment says which of 0 and 1 is yes and which is no."""
    return "是" in comment and "否" in comment and len(set(_YES_NO.findall(comment[:MAX_TEXT]))) >= _ANSWERS


def compile_hints(taxonomy: Taxonomy) -> Hints:
    """Turn a taxonomy's hints into look-ups."""
    words = taxonomy.matching
    contested = frozenset(words["contested"])
    names: dict[str, list[Hint]] = {}
    nouns: dict[str, list[Hint]] = {}
    for order, category in enumerate(taxonomy.categories.values()):
        for kind, texts in category.hints.items():
            for text in texts:
                hint = Hint(
                    category.key, not (kind.startswith("weak") or text in contested), kind.endswith(_PINYIN), order
                )
                table, key = (nouns, text.lower()) if kind == "zh" else (names, text.replace("_", "").lower())
                if hint not in table.setdefault(key, []):
                    table[key].append(hint)
    initials = (category.hints.get(kind, ()) for category in taxonomy.categories.values() for kind in _INITIALS)
    return Hints(
        names={key: tuple(hints) for key, hints in names.items()},
        nouns={key: tuple(hints) for key, hints in nouns.items()},
        longest_noun=max(map(len, nouns), default=0),
        derived=frozenset(text for texts in initials for text in texts),
        tails=frozenset((*words["value_suffixes"], *words["variants"])),
        initials_owners=frozenset(
            (*words["pinyin_owners"], *words["pinyin_modifiers"], *words["owner_initials"], PERSON)
        ),
        meta=_lower(words["comment_meta"]),
        other=_lower(words["comment_other"]),
        generic=_lower(words["comment_generic"]),
    )


def compile_splitter(taxonomy: Taxonomy, hints: Hints) -> Splitter:
    """The vocabulary of a taxonomy as what takes names apart."""
    words = taxonomy.matching
    others = (
        "object_words",
        "organisation_words",
        "other_owners",
        "technical_words",
        "clinical_words",
        "clinical_terms",
    )
    modifiers = frozenset(
        (*words["subject_words"], *words["staff_words"], *words["neutral_words"], *words["contact_words"])
    )
    known = frozenset(word for name in others for word in words[name]) | _PARTS_TOO_SHORT | hints.derived
    written = {word for texts in _english(taxonomy) for text in texts for word in text.split("_")}
    written.update(word for word in modifiers if not is_pinyin(word))
    long = (word for word in written if len(word) >= _LONG and word.isascii() and word.isalpha())
    short = {key: full for key, full in skeletons(long).items() if key not in hints.names and key not in written}
    return Splitter(
        hints=frozenset(hints.names) - _PARTS_TOO_SHORT - hints.derived,
        modifiers=modifiers,
        tails=hints.tails,
        pinyin=Pinyin(
            tails=frozenset(words["pinyin_tails"]),
            initials=frozenset(words["pinyin_initials"]),
            coded=frozenset(words["pinyin_coded"]),
            owners=frozenset((*words["pinyin_owners"], *words["pinyin_modifiers"])),
            persons=frozenset((*words["pinyin_owners"], *words["owner_initials"])),
            derived=hints.derived | _short_pinyin(hints),
            places=frozenset(words["pinyin_places"]),
            place_parts=frozenset(words["pinyin_place_parts"]),
        ),
        languages=taxonomy.languages,
        known=known,
        abbreviations={**short, **taxonomy.abbreviations},
    )


def _short_pinyin(hints: Hints) -> frozenset[str]:
    """Initials of what a person has, written by hand."""
    return frozenset(
        name
        for name, found in hints.names.items()
        if 1 < len(name) <= INITIALS + 1 and not is_pinyin(name) and any(_is_had(hint) for hint in found)
    )


def _is_had(hint: Hint) -> bool:
    return hint.pinyin and hint.category.startswith("personal")


def _english(taxonomy: Taxonomy) -> Iterable[tuple[str, ...]]:
    yield taxonomy.matching["clinical_terms"]
    for category in taxonomy.categories.values():
        yield from (texts for kind, texts in category.hints.items() if kind.endswith("_en"))


def _lower(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)
