"""Names of tables and columns in other European languages, as English says them: `nombre_cliente` is `customer_name`.

A word that means something else in English or in pinyin (`ort`, `data`, `rue`) is read only beside others of its
language, in the same name or in other columns of the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from .errors import InputError, Location, Problem
from .names import without_digits, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_REMEMBERED: Final = 1 << 14
_LONGEST: Final = 4
"""So many words of a name are at most one of a language: `numero_seguridad_social`."""
_BEGINNING: Final = 4
"""By so many letters names are passed over that start like no word of any language."""
_SHORTEST_PART: Final = 4
"""Shorter words are not found inside of longer ones, but for those of `_ENDS`."""
_SHORTEST_GLUED: Final = 7
_LONGEST_GLUED: Final = 40
_ENDS: Final = {"nr": ("number",), "num": ("number",), "id": ("id",), "name": ("name",), "email": ("email",)}
"""Short or English words that are glued to others: `kundennr`, `clienteid`."""
_STARTS: Final = {"id": ("id",), "num": ("number",), "cod": ("code",), "nom": ("name",), "tel": ("phone",)}
_LINKS: Final = ("", "n", "s", "en", "es", "de", "di")
"""Letters between the parts of a glued word: `kundenname`, `fechadenacimiento`."""
_KEPT_FIRST: Final = frozenset({"tbl", "tb", "str", "txt", "vc", "nv", "n", "s", "c", "f", "t", "v", "p", "m", "pk"})
"""What stands before a name and is no part of it."""
_HEADS: Final = frozenset(
    {"id", "ids", "uuid", "code", "name", "date", "number", "no", "email", "phone", "type", "key", "hash", "status"}
)
"""English nouns at the end of a name, which then has the order of English: `fonction_id`."""
_COLUMNS_ENOUGH: Final = 2

Chunks = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Language:
    name: str
    head_first: bool
    skipped: frozenset[str]
    sure: frozenset[str]
    """Words that are nothing else, without separators or accents."""
    telling: frozenset[str]
    """These, and of each that is several the longest."""
    words: Mapping[str, tuple[str, ...]]
    """The English of all words."""

    def chunks(self, words: tuple[str, ...]) -> tuple[Chunks, int, bool]:
        """The English of each word or phrase of a name, how many letters are known, and whether surely of this one."""
        kept = [word for word in words if word not in self.skipped] or [*words]
        chunks: Chunks = []
        known, at, sure = 0, 0, False
        while at < len(kept):
            for length in range(min(_LONGEST, len(kept) - at), 0, -1):
                word = "".join(kept[at : at + length])
                form = self.form(word)
                form = form if form in self.words else ""
                if form:
                    digits = word[len(without_digits(word)) :] if form != word else ""
                    chunks += [self.words[form], *([(digits,)] if digits else [])]
                    known, at, sure = known + len(word), at + length, sure or form in self.sure
                    break
            else:
                parts = self.parts(kept[at])
                chunks += self._in_order(parts) if parts else [(kept[at],)]
                known, at = known + (len(kept[at]) if parts else 0), at + 1
                sure = sure or bool(parts)
        return chunks, known, sure

    def form(self, word: str) -> str:
        """What the vocabulary has of a word, which may be several or numbered; empty when it has none."""
        for form in (word, bare := without_digits(word), bare.removesuffix("s")):
            if form in self.words or form in self.telling:
                return form
        return ""

    def parts(self, word: str) -> list[str]:
        """The parts of a glued word, one of which is surely of this language; nothing when one is not known."""
        found = self._parts(word) if _SHORTEST_GLUED <= len(word) < _LONGEST_GLUED else []
        return [] if self.sure.isdisjoint(found) else found

    def _parts(self, word: str, *, start: bool = True) -> list[str]:
        """The parts of a glued word; nothing when one is not known."""
        if not start and (word in self.words or word in _ENDS):
            return [word]
        for length in range(len(word) - 2, 1, -1):
            first, rest = word[:length], word[length:]
            known = length >= _SHORTEST_PART and first in self.words
            if not (known or (start and self.head_first and first in _STARTS)):
                continue
            for link in _LINKS:
                if rest.startswith(link) and (others := self._parts(rest[len(link) :], start=False)):
                    return [first, *others]
        return []

    def _in_order(self, parts: list[str]) -> Chunks:
        """The English of the parts of a glued word, in its order."""
        english = [self.words.get(part) or _ENDS.get(part) or _STARTS[part] for part in parts]
        return [tuple(word for part in (english[::-1] if self.head_first else english) for word in part)]


class Languages:
    """The vocabulary of all languages; made of the data of `taxonomy_languages.yaml`."""

    def __init__(self, languages: Sequence[_Language] = (), owners: Iterable[str] = ()) -> None:
        self._languages = tuple(languages)
        self._owners = frozenset(owners)
        """Words of whom a value belongs to: a name that starts with one has the order of English."""
        self._begins = frozenset(word[:_BEGINNING] for one in languages for word in one.words)
        self.told_by = lru_cache(_REMEMBERED)(self._told_by)

    def of_table(self, names: Iterable[tuple[str, ...]]) -> str:
        """The language that surely has words in two columns of a table, which are given as their words; or none."""
        found: dict[str, int] = {}
        for words in names:
            for name in {one.name for word in words for one in self.told_by(word) if one.form(word) in one.sure}:
                found[name] = found.get(name, 0) + 1
        best = max(found, key=found.__getitem__, default="")
        return best if best and found[best] >= _COLUMNS_ENOUGH else ""

    def english(self, words: tuple[str, ...], language: str = "") -> tuple[str, ...]:
        """The words of a name in English and its order; empty when they are of no language.

        `language` is that of the table, where it has one.
        """
        told = {one.name for word in words for one in self.told_by(word)}
        if not (told or language):
            return ()
        best: tuple[int, bool] = (0, False)
        found: tuple[str, ...] = ()
        for one in self._languages:
            if one.name not in told and one.name != language:
                continue
            chunks, known, sure = one.chunks(words)
            of_table = one.name == language
            if known and (sure or of_table) and (known, of_table) > best:
                best, found = (known, of_table), self._ordered(chunks, one, _HEADS.intersection(words[-1:]))
        return found

    def _told_by(self, word: str) -> tuple[_Language, ...]:
        """The languages of which a name with this word may be: most words are of none."""
        glued = word[:_BEGINNING] in self._begins or (word[:3] in _STARTS or word[:2] in _STARTS)
        return tuple(one for one in self._languages if one.form(word) in one.telling or (glued and one.parts(word)))

    def _ordered(self, chunks: Chunks, language: _Language, heads: frozenset[str]) -> tuple[str, ...]:
        """Chunks as English orders them: what is owned last, before numbers; `heads` are at the end as in English."""
        first, last = 0, len(chunks)
        while first < last - 1 and chunks[first][0] in _KEPT_FIRST:
            first += 1
        while last > first + 1 and chunks[last - 1][0].isdigit():
            last -= 1
        middle = chunks[first:last]
        whose = middle[0][-1] in self._owners and middle[-1][-1] not in self._owners
        if language.head_first and not (whose or heads.intersection(middle[-1])):
            middle = middle[::-1]
        return tuple(word for chunk in (*chunks[:first], *middle, *chunks[last:]) for word in chunk)


def languages_from(data: object, file: str, owners: Iterable[str]) -> Languages:
    """Build the vocabulary from parsed YAML: no data, no language; raises InputError when its shape is wrong."""
    if data is None:
        return Languages()
    languages = cast("Mapping[str, object]", data).get("languages") if isinstance(data, Mapping) else None
    if not isinstance(languages, Mapping):
        raise _wrong(file, "languages", "a mapping")
    named = cast("Mapping[object, object]", languages)
    return Languages([_language(str(name), value, file) for name, value in named.items()], owners)


def _language(name: str, data: object, file: str) -> _Language:
    if not isinstance(data, Mapping):
        raise _wrong(file, f"languages.{name}", "a mapping")
    value = cast("Mapping[str, object]", data)
    skipped = value.get("skipped")
    if not isinstance(skipped, Sequence) or isinstance(skipped, str):
        raise _wrong(file, f"languages.{name}.skipped", "a list of texts")
    between = frozenset(str(word) for word in cast("Sequence[object]", skipped))
    entries = list(_entries(name, value, "words", between, file))
    sure = {"".join(parts): english for parts, english in entries}
    beside = {"".join(parts): english for parts, english in _entries(name, value, "beside", between, file)}
    return _Language(
        name=name,
        head_first=value.get("head_first") is True,
        skipped=between,
        sure=frozenset(sure),
        telling=frozenset((*sure, *(max(parts, key=len) for parts, _ in entries))),
        words={**beside, **sure},
    )


def _entries(
    name: str, data: Mapping[str, object], key: str, skipped: frozenset[str], file: str
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each way to write the words of a language, and their English."""
    entries = data.get(key)
    where = f"languages.{name}.{key}"
    if not isinstance(entries, Mapping):
        raise _wrong(file, where, "a mapping")
    for english, words in cast("Mapping[object, object]", entries).items():
        if not isinstance(words, Sequence) or isinstance(words, str):
            raise _wrong(file, f"{where}.{english}", "a list of texts")
        for word in cast("Sequence[object]", words):
            for spelled in _spellings(str(word)):
                parts = tuple(part for part in words_of(spelled) if part not in skipped)
                yield parts or words_of(spelled), tuple(str(english).split("_"))


def _spellings(word: str) -> Iterator[str]:
    """A word as it is and with its umlauts in two letters: `empfanger` and `empfaenger`."""
    yield word
    two = word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    if two != word:
        yield two


def _wrong(file: str, key: str, wanted: str) -> InputError:
    args = {"key": key, "where": "the languages", "wanted": wanted}
    return InputError([Problem(code="taxonomy-wrong-type", location=Location(file), args=args)])
