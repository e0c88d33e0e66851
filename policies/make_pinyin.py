"""Writes `taxonomy_pinyin.yaml`: what the Chinese hints of `taxonomy.yaml` are called in pinyin.

    python policies/make_pinyin.py [TAXONOMY]

A hint becomes whole syllables (`chushengriqi`) and first letters (`csrq`). What else a text may stand for decides how
much it says: another hint, a term of `plain_terms.yaml`, an English word, or a homophone in pypinyin's dictionary.
Needs pypinyin; nothing of tutela does at run time.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

FOLDER: Final = Path(__file__).parent
SILENT: Final = ("organisation", "system")
"""Categories that are no person's: a text that stands for one of them, too, says little."""
KEPT: Final = ("personal.financial", "personal.account", "personal.transaction")
"""What tables are kept of persons, by initials that stand for things, too: `zh` is 账户 and 租户."""
CLINICAL: Final = "personal.health.medical_record"
"""Its weak initials count in tables of patients only."""
FULL_STRONG: Final = 3
"""So many syllables mean one thing."""
FULL_SHORTEST: Final = 4
ENGLISH_SHORTEST: Final = 6
"""Words of other lists that are longer are pinyin themselves: `chezhu`."""
INITIALS_STRONG: Final = 5
INITIALS_SHORTEST: Final = 3
TABLE_LISTS: Final = ("subject", "staff", "organisation", "object", "dictionary", "clinical", "talk")
INITIALS_LISTS: Final = frozenset(
    {
        *("clinical_initials", "clinical_initials_tails", "clinical_initials_tables"),
        *("pinyin_places", "pinyin_place_parts", "pinyin_coded", "patient_keys"),
    }
)
"""Initials themselves, which a hint may have, too."""
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")
_PLAIN_TEXT: Final = re.compile(r"[0-9A-Za-z\u3400-\u9fff]*[\u3400-\u9fff][0-9A-Za-z\u3400-\u9fff]*")
READINGS: Final = {
    "还款": "huan kuan",
    "应还": "ying huan",
    "归还": "gui huan",
    "已还": "yi huan",
    "着床": "zhuo chuang",
}
"""What pypinyin reads otherwise; both are kept, because names are made by libraries and by people."""
LATIN: Final = ("ip", "token", "openid", "unionid", "imei", "qq")
"""What the engine takes off whatever stands before."""
UMLAUT: Final = {"lv": ("lu", "lyu"), "nv": ("nu", "nyu")}
HEAD: Final = """\
# Pinyin of the Chinese hints and words of taxonomy.yaml: written by `python policies/make_pinyin.py`, not by hand.
#
# `hints`: whole syllables and initials, strong where they mean one thing. `matching`: what ends or begins a name in
# pinyin and turns it away from a person, and what names of tables say.
"""


class Sounds(NamedTuple):
    """How a text is written in pinyin."""

    full: tuple[str, ...]
    initials: str
    syllables: int


def sounds(text: str) -> Sounds | None:
    """The pinyin of a text; nothing when it is more than a plain noun: `说明(备注)`."""
    from pypinyin import Style, lazy_pinyin

    if not _PLAIN_TEXT.fullmatch(text):
        return None
    syllables = [part.lower() for part in lazy_pinyin(text, style=Style.NORMAL)]
    found = {"".join(syllables)}
    for word, reading in READINGS.items():
        if word in text:
            before, _, after = text.partition(word)
            found.add("".join((*lazy_pinyin(before), *reading.split(), *lazy_pinyin(after))).lower())
    for place, syllable in enumerate(syllables):
        found.update(
            "".join((*syllables[:place], other, *syllables[place + 1 :])) for other in UMLAUT.get(syllable, ())
        )
    initials = "".join(lazy_pinyin(text, style=Style.FIRST_LETTER)).lower()
    return Sounds(tuple(sorted(found)), initials, len(syllables))


def homophones() -> dict[str, set[str]]:
    """Words of two characters by their pinyin, of pypinyin's dictionary."""
    from pypinyin import lazy_pinyin
    from pypinyin.constants import PHRASES_DICT

    found: dict[str, set[str]] = defaultdict(set)
    for word in PHRASES_DICT:
        if len(word) == 2 and _CHINESE.fullmatch(word):
            found["".join(lazy_pinyin(word))].add(word)
    return found


class Maker:
    """Decides what the pinyin of each hint says."""

    def __init__(self, taxonomy: dict[str, Any], terms: dict[str, list[str]]) -> None:
        self._categories: list[dict[str, Any]] = taxonomy["categories"]
        self._words: dict[str, list[str]] = taxonomy["matching"]
        hints = {text for key, texts in self._hints("zh") if not key.startswith(SILENT) for text in texts}
        silent = {text for key, texts in self._hints("zh") if key.startswith(SILENT) for text in texts}
        self._plain = sorted({*(term for part in terms.values() for term in part), *silent} - hints)
        self._plain_full = {full for term in self._plain if (found := sounds(term)) for full in found.full}
        self._plain_initials = {found.initials for term in self._plain if (found := sounds(term))}
        self._written = {
            text.replace("_", "").lower()
            for kind in ("strong_pinyin", "weak_pinyin", "strong_en", "weak_en")
            for _, texts in self._hints(kind)
            for text in texts
        }
        self._english = self._english_words()
        self._homophones = homophones()

    def _hints(self, kind: str) -> list[tuple[str, list[str]]]:
        return [(item["key"], item.get("hints", {}).get(kind, [])) for item in self._categories]

    def _english_words(self) -> set[str]:
        lists = (
            words for name, words in self._words.items() if not name.endswith("_zh") and name not in INITIALS_LISTS
        )
        hints = (texts for kind in ("strong_en", "weak_en") for _, texts in self._hints(kind))
        return {part for texts in (*lists, *hints) for text in texts for part in str(text).lower().split("_")}

    def document(self) -> dict[str, Any]:
        """All that is written."""
        hints: dict[str, dict[str, list[str]]] = {}
        for key, texts in self._hints("zh"):
            if not key.startswith(SILENT) and (found := self._category(key, texts)):
                hints[key] = found
        return {"version": 1, "hints": hints, "matching": self._matching()}

    def _category(self, key: str, texts: list[str]) -> dict[str, list[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for text in texts:
            sound = sounds(text)
            if sound is None:
                continue
            for full in sound.full:
                found[self._full_kind(text, full, sound.syllables)].add(full)
            kind = "" if self._is_composed(text) else self._initials_kind(key, sound.initials)
            found[kind].add(sound.initials)
        found["weak_full"] -= found["strong_full"]
        kinds = ("strong_full", "weak_full", "strong_initials", "weak_initials")
        return {kind: sorted(found[kind]) for kind in kinds if found[kind]}

    def _full_kind(self, text: str, full: str, syllables: int) -> str:
        if full in self._written or len(full) < FULL_SHORTEST or len(text) < 2:
            return ""
        if full in self._english and len(full) < ENGLISH_SHORTEST:
            return ""
        if syllables >= FULL_STRONG:
            return "weak_full" if full in self._plain_full else "strong_full"
        if full in self._plain_full:
            return ""
        return "weak_full" if self._homophones[full] - {text} else "strong_full"

    def _initials_kind(self, key: str, initials: str) -> str:
        if initials in self._written or initials in self._english or len(initials) < INITIALS_SHORTEST:
            return ""
        if initials in self._plain_initials:
            return "weak_initials" if key == CLINICAL or len(initials) >= INITIALS_STRONG else ""
        return "strong_initials" if len(initials) >= INITIALS_STRONG else "weak_initials"

    def _is_composed(self, text: str) -> bool:
        """Tell whether the engine takes its initials apart: a person and what a person has, or what ends in `IP`."""
        rest = sounds(text.partition("人")[2])
        if text.lower().endswith(LATIN) or (rest and rest.initials in self._words["pinyin_initials"]):
            return True
        owners = (*self._words["subject_words_zh"], *self._words["staff_words_zh"])
        ends = ((sounds(word), sounds(text[len(word) :])) for word in owners if text.startswith(word))
        return any(
            owner is not None
            and rest is not None
            and owner.initials in self._words["pinyin_owners"]
            and rest.initials in self._words["pinyin_initials"]
            for owner, rest in ends
        )

    def _matching(self) -> dict[str, list[str]]:
        found = {
            "plain_full": self._long(
                sorted({*self._plain, *self._words["comment_meta"]} - {*self._words["comment_generic"]})
            ),
            "plain_endings": sorted(
                {sound.initials for word in self._words["comment_meta"] if (sound := sounds(word)) and len(word) > 1}
            ),
            "contested": sorted(
                text
                for key, texts in self._hints("strong_pinyin")
                if not key.startswith(SILENT)
                for text in texts
                if text in self._plain_initials and len(text) >= INITIALS_SHORTEST
            ),
            "plain_initials": sorted(
                text for text in self._plain_initials - self._written if len(text) >= INITIALS_SHORTEST
            ),
            "other_full": self._long(self._words["comment_other"]),
            "generic_full": self._long(self._words["comment_generic"]),
            "owner_initials": self._owners(),
        }
        kinds = ("strong_pinyin", "weak_pinyin")
        accounts = {
            text for kind in kinds for key, texts in self._hints(kind) if key.startswith(KEPT) for text in texts
        }
        for name in TABLE_LISTS:
            words = self._words[f"{name}_words_zh"]
            found[f"{name}_full"] = self._long(words)
            if name in {"organisation", "object"}:
                known = {*self._words["pinyin_owners"], *self._words["subject_words"], *accounts}
                found[f"{name}_initials"] = sorted(
                    {sound.initials for word in words if (sound := sounds(word)) and len(word) > 1} - known
                )
        return found

    def _long(self, words: list[str]) -> list[str]:
        """Words of two syllables and more."""
        return sorted({full for word in words if len(word) > 1 and (sound := sounds(word)) for full in sound.full})

    def _owners(self) -> list[str]:
        words = (*self._words["subject_words_zh"], *self._words["staff_words_zh"])
        found = {sound.initials for word in words if (sound := sounds(word))}
        return sorted(text for text in found if len(text) >= INITIALS_SHORTEST and text not in self._english)


def made(taxonomy: Path) -> str:
    """The text of the file for a taxonomy."""
    data = yaml.safe_load(taxonomy.read_text(encoding="utf-8"))
    terms = yaml.safe_load((FOLDER / "plain_terms.yaml").read_text(encoding="utf-8"))["terms"]
    document = Maker(data, terms).document()
    text = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=140)  # pyright: ignore[reportUnknownMemberType] (the stub is incomplete)
    return HEAD + text


def main(arguments: list[str]) -> None:
    """Write the file beside the taxonomy."""
    taxonomy = Path(arguments[0]) if arguments else FOLDER / "taxonomy.yaml"
    taxonomy.with_name(f"{taxonomy.stem}_pinyin.yaml").write_text(made(taxonomy), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
