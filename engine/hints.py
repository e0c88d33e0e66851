"""The detection hints of a taxonomy, turned once into look-ups by name and by head noun."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .taxonomy import Taxonomy

INITIALS: Final = 5
"""Pinyin of up to this many letters are initials: too short to be found inside a longer name."""

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATOR: Final = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_DIGITS: Final = re.compile(r"\d+$")
_CLAUSE: Final = re.compile(r"[(\uFF08\[【{:\uFF1A,\uFF0C;\uFF1B。、|=\n\r\uFF5C]")
_CJK: Final = re.compile(r"[\u3400-\u9fff]")
_MAX_TOKENS: Final = 12
_MAX_TEXT: Final = 400


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


@dataclass(frozen=True, slots=True)
class Hints:
    """Look-ups of all hints: by name without separators, and by Chinese head noun."""

    names: dict[str, tuple[Hint, ...]]
    nouns: dict[str, tuple[Hint, ...]]
    longest_noun: int
    suffixes: frozenset[str]
    variants: frozenset[str]
    meta: tuple[str, ...]
    other: tuple[str, ...]
    generic: tuple[str, ...]
    _plurals: dict[str, str] = field(default_factory=dict[str, str])

    def in_name(self, tokens: tuple[str, ...]) -> list[NameHit]:
        """Every hint that is the head of a name: at its end, or followed by words that keep its meaning."""
        hits: list[NameHit] = []
        for words in dict.fromkeys((tokens, tuple(_DIGITS.sub("", token) or token for token in tokens))):
            for end in self._ends(words):
                for start in range(end):
                    hits += self._at(words, start, end)
        return hits

    def _ends(self, words: tuple[str, ...]) -> list[int]:
        """Where a hint may end: at the name's end, and before words that keep its meaning."""
        ends = [len(words)]
        for index in range(len(words) - 1, 0, -1):
            if not (words[index] in self.suffixes or words[index] in self.variants or words[index].isdigit()):
                break
            ends.append(index)
        return ends

    def _at(self, words: tuple[str, ...], start: int, end: int) -> list[NameHit]:
        joined = "".join(words[start:end])
        found = self.names.get(joined) or self.names.get(singular(joined)) or ()
        before = words[:start]
        return [
            NameHit(hint, before, joined)
            for hint in found
            if not (hint.pinyin and len(joined) <= INITIALS and start > 1)
        ]

    def in_noun(self, comment: str) -> tuple[list[tuple[Hint, str]], bool]:
        """The hints at the head of a Chinese text, and whether it speaks of a flag or another thing."""
        head = head_noun(comment)
        if not head or head.startswith(("是否", "有无")):
            return [], bool(head)
        for stripped in (head, self._bare(head)):
            for length in range(min(len(stripped), self.longest_noun), 0, -1):
                found = self.nouns.get(stripped[-length:])
                if found:
                    before = stripped[:-length]
                    return (
                        ([], True) if before.endswith(self.other) else ([(h, stripped[-length:]) for h in found], False)
                    )
        return [], head.endswith(self.meta)

    def _bare(self, head: str) -> str:
        for word in self.generic:
            if head.endswith(word) and len(head) > len(word):
                return head[: -len(word)]
        return head


def compile_hints(taxonomy: Taxonomy) -> Hints:
    """Turn a taxonomy's hints into look-ups."""
    names: dict[str, list[Hint]] = {}
    nouns: dict[str, list[Hint]] = {}
    for order, category in enumerate(taxonomy.categories.values()):
        for kind, texts in category.hints.items():
            for text in texts:
                hint = Hint(category.key, not kind.startswith("weak"), kind.endswith("pinyin"), order)
                table, key = (nouns, text.lower()) if kind == "zh" else (names, text.replace("_", "").lower())
                if hint not in table.setdefault(key, []):
                    table[key].append(hint)
    words = taxonomy.matching
    return Hints(
        names={key: tuple(hints) for key, hints in names.items()},
        nouns={key: tuple(hints) for key, hints in nouns.items()},
        longest_noun=max(map(len, nouns), default=0),
        suffixes=frozenset(words["value_suffixes"]),
        variants=frozenset(words["variants"]),
        meta=_lower(words["comment_meta"]),
        other=_lower(words["comment_other"]),
        generic=_lower(words["comment_generic"]),
    )


def _lower(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name: camelCase and separators split, lower case."""
    spaced = _CAMEL.sub("_", name[:_MAX_TEXT])
    return tuple(word for word in _SEPARATOR.split(spaced.lower()) if word)[:_MAX_TOKENS]


def singular(word: str) -> str:
    """A word without the s of its plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def is_chinese(text: str) -> bool:
    """Tell whether a text holds Chinese characters."""
    return bool(_CJK.search(text[:_MAX_TEXT]))


def head_noun(comment: str) -> str:
    """The noun phrase that a comment starts with, from its last 的 on, without spaces, in lower case."""
    first = _CLAUSE.split(comment.strip()[:_MAX_TEXT], maxsplit=1)[0]
    return re.sub(r"\s+", "", first).rsplit("的", 1)[-1].lower()
