"""Names and comments of columns as words: separators, camelCase, glued words, initials and abbreviations.

`custMobileNo`, `cust_mobile_no` and `custmobileno` are the same words; `lxrdh` is `lxr` and `dh`; `HM_PH` is home
phone.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from .languages import Languages
    from .pinyin import Pinyin

MAX_TEXT: Final = 400
_MAX_TOKENS: Final = 12
_LONGEST_GLUED: Final = 40
_SHORTEST_PART: Final = 3
_LONG_PLURAL: Final = 5
_OWN_PLURALS: Final = frozenset({"series", "movies", "species", "cookies"})
_INITIALS: Final = 2
_PINYIN_TOO: Final = frozenset({"sx", "dx", "hx", "rx", "st", "sj"})
"""Abbreviations that are initials of Chinese words as often."""

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATOR: Final = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_DIGITS: Final = re.compile(r"\d+$")
_ENDING: Final = re.compile(r"(\w{2,}?)(telephone|phone|mobile|email|firstname|lastname|surname|birthdate|dateofbirth)")
_INITIALS_AND_TEL: Final = re.compile(r"([b-df-hj-np-tv-xz]{2,4})(tel)")
"""Pinyin initials glued to an English word: `bjtel`, and no hotel."""
_NO_OWNERS: Final = frozenset(
    {"micro", "head", "smart", "ear", "mega", "auto", "smartauto", "is", "has", "xylo", "saxo"}
)
_VOWELS: Final = str.maketrans("", "", "aeiou")
_TWICE: Final = re.compile(r"(.)\1")
_CLAUSE: Final = re.compile(r"[(\uFF08\[【{:\uFF1A,\uFF0C;\uFF1B。、|=\n\r\uFF5C]")
_JOINED: Final = re.compile(r"(?<=[\u3400-\u9fff]{2})[及和/或](?=[\u3400-\u9fff])")
_SPACE: Final = re.compile(r"\s+|(?<=[\u3400-\u9fff])-(?=[\u3400-\u9fff])")
_CJK: Final = re.compile(r"[\u3400-\u9fff]")
_ENGLISH_END: Final = re.compile(
    r"[(\[{:,;.\n\r=|]|\s-\s|\b(?:for|from|in|on|at|when|which|that|used|whose|if|is|are|was|to|with|by|as)\b"
)
_OF: Final = re.compile(r"\b(date|year|place|country|cause|reason) of (birth|death|admission|discharge|hire)\b")


_UNACCENTED: Final = {
    code: unicodedata.normalize("NFKD", chr(code)).encode("ascii", "ignore").decode() or None
    for code in (*range(0xC0, 0x180), *range(0x300, 0x370))
    if unicodedata.decomposition(chr(code)) or code >= 0x300
} | {ord("ß"): "ss", ord("ø"): "o", ord("Ø"): "O", ord("æ"): "ae", ord("Æ"): "Ae", ord("œ"): "oe"}
"""Letters of Latin without their accents, also such that stand for themselves."""


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name: camelCase and separators split, lower case."""
    plain = name[:MAX_TEXT] if name.isascii() else name[:MAX_TEXT].translate(_UNACCENTED)
    spaced = _CAMEL.sub("_", plain)
    return tuple(word for word in _SEPARATOR.split(spaced.lower()) if word)[:_MAX_TOKENS]


def singular(word: str) -> str:
    """A word without the s of its plural; `ies` is `y`, but not in `series` and `movies`."""
    if len(word) <= _SHORTEST_PART or not word.endswith("s") or word.endswith("ss"):
        return word
    return (
        f"{word[:-3]}y" if word.endswith("ies") and len(word) > _LONG_PLURAL and word not in _OWN_PLURALS else word[:-1]
    )


def skeletons(words: Iterable[str]) -> dict[str, str]:
    """Words by what is left of them without vowels: `psprt` and `cntrprty`; none that two words share."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for word in words:
        bare = word[0] + word[1:].translate(_VOWELS)
        once = _TWICE.sub(r"\1", bare) if _TWICE.search(bare) else bare
        for short in (bare,) if once == bare else (bare, once):
            if _SHORTEST_PART < len(short) < len(word) and found.setdefault(short, word) != word:
                shared.add(short)
    return {short: word for short, word in found.items() if short not in shared}


def _ending(word: str) -> tuple[str, ...]:
    """`contaltphone` -> what it ends in, where only that says what it is; `smartphone` is a word."""
    found = _ENDING.fullmatch(word) or _INITIALS_AND_TEL.fullmatch(word)
    return found.groups() if found and found[1] not in _NO_OWNERS else ()


def without_digits(word: str) -> str:
    """A word without the number at its end; a number alone stays."""
    return (_DIGITS.sub("", word) or word) if word[-1:].isdigit() else word


def is_chinese(text: str) -> bool:
    """Tell whether a text holds Chinese characters."""
    return bool(_CJK.search(text[:MAX_TEXT]))


_ANNOTATION: Final = re.compile(r"(?<=[\u3400-\u9fff])\s+[A-Za-z]+\d+\s*$")
"""What a generator of code notes for itself behind a comment: `学号 Search1`."""


_REFERRED: Final = re.compile(
    r"(?<=[\u3400-\u9fff])\s+(?=[A-Z]{2}(?:/[A-Z])?[ /-]?\d|ISO|[Yy]{4}|\d|附|参[考照见]|[见详按]|格式|精确"
    r"|例如|取值|默认|单位|url|指|即|用于|表示|必填|该|本)"
    r"|(?<=[\u3400-\u9fff])\s*[-－—]+\s*(?=[\u3400-\u9fff]{0,20}使用$|不再|已?废弃|已?弃用|已?停用|暂不|暂未|未用|预留|待定)"
    r"|(?<=类别)\s+|(?<=类型)\s+|(?<=种类)\s+|(?<=状态)\s+"
)
"""Where a comment goes on with a standard, a format or a list of codes: `婚姻状况 GB/T 2261.2`."""


def head_noun(comment: str) -> tuple[str, str]:
    """The noun phrase that a Chinese comment starts with: what stands before its last 的, and the rest; lower case."""
    first = _CLAUSE.split(comment.strip()[:MAX_TEXT], maxsplit=1)[0]
    first = _REFERRED.split(first, maxsplit=1)[0]
    first = _SPACE.sub("", _ANNOTATION.sub("", first))
    first = first if first.endswith("关系") else _JOINED.split(first, maxsplit=1)[0]
    owner, _, head = first.lower().rpartition("的")
    return owner, head


def head_words(comment: str) -> tuple[str, ...]:
    """The words at the head of an English comment: `Date of birth of the patient` -> date of birth."""
    text = _OF.sub(r"\1_of_\2", comment.strip()[:MAX_TEXT].lower())
    words = _ENGLISH_END.split(text.partition(" of ")[0], maxsplit=1)[0].replace("'s ", " ")
    return tuple(word for word in words_of(words) if word not in {"the", "a", "an"})


@dataclass(frozen=True, slots=True)
class Splitter:
    """Takes glued words and initials apart by the vocabulary, and writes abbreviations out."""

    hints: Container[str]
    """Names that stand for a category, without separators."""
    modifiers: Container[str]
    """Words that may stand before one: `cust`, `home`, `father`."""
    tails: Container[str]
    """Words that may stand after one: `no`, `enc`."""
    pinyin: Pinyin
    languages: Languages
    known: Container[str]
    """Other words that are never taken apart."""
    abbreviations: Mapping[str, str]

    def readings(self, words: tuple[str, ...], language: str = "") -> tuple[tuple[str, ...], ...]:
        """The words as written and, where that differs, taken apart, with what is owned last, and written out.

        A name in another language is read as English says it; `language` is that of the table, if it has one.
        """
        words = self.languages.english(words, language) or words
        apart = tuple(part for word in words for part in self._apart(word))
        short = frozenset[str]() if len(words) == 1 or not any(map(self._is_strange, words)) else _PINYIN_TOO
        full = tuple(
            part
            for word in apart
            for part in (word if word in short else self.abbreviations.get(word, word)).split("_")
        )
        owned = (full[full.index("of") + 1 :] + full[: full.index("of")],) if "of" in full[1:-1] else ()
        return tuple(dict.fromkeys((words, apart, *owned, full)))

    def _apart(self, word: str) -> tuple[str, ...]:
        bare = without_digits(word)
        if not _SHORTEST_PART < len(bare) < _LONGEST_GLUED or not bare.isascii() or self._is_known(bare):
            return (word,)
        return self.pinyin.parts(bare) or self._parts(bare, start=True) or _ending(bare) or (word,)

    def _is_strange(self, word: str) -> bool:
        """Tell whether a word of two letters is no English one: beside it, `sx` is 属性 and not sex."""
        return len(word) == _INITIALS and word.translate(_VOWELS) == word and not self._is_known(word)

    def _is_known(self, word: str) -> bool:
        one = singular(word)
        return any(
            form in words
            for form in (word, one)
            for words in (self.hints, self.modifiers, self.tails, self.known, self.abbreviations)
        )

    def _parts(self, word: str, *, start: bool = False) -> tuple[str, ...]:
        """`custphoneno` -> modifiers, one hint, tails; nothing when some part is unknown."""
        if not start and word in self.hints:
            return (word,)
        for length in range(len(word) - 1, _SHORTEST_PART - 1, -1):
            first, rest = word[:length], word[length:]
            tail = rest in self.tails and (len(rest) > 1 or length > _SHORTEST_PART + 1)
            if first in self.hints and (tail or (len(rest) > 1 and rest in self.modifiers)):
                return (first, rest)
            if len(rest) >= _SHORTEST_PART and (first in self.modifiers or singular(first) in self.modifiers):
                parts = self._parts(rest)
                if parts:
                    return (singular(first) if first not in self.modifiers else first, *parts)
        return ()
