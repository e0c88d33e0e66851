"""Which data category a column holds, from its name, its comment and its table; no row is looked at.

Evidence is scored (`taxonomy.yaml` has the words): a strong name 3, a weak one 1, a comment's noun 3,
a table about persons 2, a table about things -3. An explicit tag in the comment always wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from .errors import InputError, Problem
from .hints import INITIALS, Hint, Hints, compile_hints, is_chinese, singular, words_of

if TYPE_CHECKING:
    from .hints import NameHit
    from .tables import Column, Table
    from .taxonomy import Taxonomy

CLINICAL: Final = "personal.health.medical_record"
_TAG: Final = re.compile(r"@tutela\(\s*category\s*=\s*([\w.]{1,100})\s*\)")
_BOOL: Final = re.compile(r"bool|bit(?:\(1\))?$|tinyint\(1\)", re.IGNORECASE)
_DATE: Final = re.compile(r"date|time|year", re.IGNORECASE)
_NUMBER: Final = re.compile(
    r"(?:tiny|small|medium|big)?u?int|integer|number|numeric|decimal|float|double|real|serial", re.IGNORECASE
)
_TEXT_ONLY: Final = (
    "personal.name",
    "personal.contact.email",
    "personal.contact.address",
    "personal.account",
    "personal.occupation",
    "personal.communication.content",
    "personal.device.ip",
    "free_text",
    "organisation.name",
)
_DATE_TOO: Final = ("personal.demographic.birth_date", "personal.health", "personal.location", "system")
_FLAG_TOO: Final = (
    "personal.demographic",
    "personal.health",
    "personal.minor",
    "personal.account.preferences",
    "system",
)
_PLACE: Final = frozenset({"city", "street", "zip", "postal", "postcode", "county", "address"})


@dataclass(frozen=True, slots=True)
class Classified:
    """What a column holds: `category` is None when nothing says that it holds more than technical data."""

    column: Column
    category: str | None
    sensitive: bool
    confidence: float
    evidence: tuple[str, ...]


class _Context(NamedTuple):
    """What a table says about its columns."""

    person: bool
    thing: bool
    clinical: bool
    address: bool


@dataclass(slots=True)
class _Score:
    points: int
    longest: int
    order: int
    evidence: list[str]
    initials: bool = False
    """The name is pinyin initials, which stand for many words."""


class Classifier:
    """The compiled hints of one taxonomy under one sensitivity profile."""

    def __init__(self, taxonomy: Taxonomy, profile: str = "pipl_strict") -> None:
        taxonomy.check_profile(profile)
        self._taxonomy = taxonomy
        self._profile = profile
        self._hints: Hints = compile_hints(taxonomy)
        self._words = {name: frozenset(words) for name, words in taxonomy.matching.items()}
        self._sensitive = {key: taxonomy.sensitive(key, profile) for key in taxonomy.categories}

    def table(self, table: Table) -> list[Classified]:
        """Classify every column of a table, in its order."""
        context = self._context(table)
        return [self.column(column, context) for column in table.columns]

    def column(self, column: Column, context: _Context) -> Classified:
        """Classify one column of a table with this context."""
        if column.tag:
            return self._tagged(column, column.tag)
        if tag := _TAG.search(column.comment[:2000]):
            return self._tagged(column, tag[1])
        scores = self._scores(column, context)
        if not scores:
            return Classified(column, None, sensitive=False, confidence=0.8, evidence=())
        key, best = max(scores.items(), key=lambda item: (item[1].points, item[1].longest, -item[1].order))
        if best.points < self._taxonomy.report or key.startswith("system.operational"):
            confidence = 0.5 if best.points >= self._taxonomy.suspect else 0.8
            return Classified(column, None, sensitive=False, confidence=confidence, evidence=tuple(best.evidence))
        confidence = min(0.95, 0.55 + 0.07 * best.points)
        return Classified(column, key, self._sensitive[key], round(confidence, 2), tuple(best.evidence))

    def _tagged(self, column: Column, key: str) -> Classified:
        evidence = (f"tag category={key}",)
        if key == "none":
            return Classified(column, None, sensitive=False, confidence=1.0, evidence=evidence)
        if key not in self._taxonomy.categories:
            problem = Problem(code="taxonomy-unknown-category", location=column.location, args={"category": key})
            raise InputError([problem])
        return Classified(column, key, self._sensitive[key], 1.0, evidence)

    def _context(self, table: Table) -> _Context:
        words = words_of(table.name)
        stems = {*words, *(singular(word) for word in words)}
        chinese = table.name + table.comment
        person = bool(stems & self._words["subject_words"]) or _contains(chinese, self._words["subject_words_zh"])
        listing = bool(words) and singular(words[-1]) in self._words["dictionary_words"]
        thing = bool(stems & self._words["object_words"]) or _contains(chinese, self._words["object_words_zh"])
        clinical = bool(stems & self._words["clinical_words"]) or any(
            f"{first}_{second}" in self._words["clinical_words"] for first, second in pairwise(words)
        )
        address = any(_PLACE & {*words_of(column.name)} for column in table.columns)
        return _Context(person and not listing, thing or listing, clinical, address)

    def _scores(self, column: Column, context: _Context) -> dict[str, _Score]:
        scores: dict[str, _Score] = {}
        words = words_of(column.name)
        for hit in self._hints.in_name(words):
            if hit.matched != "state" or context.address:  # beside a city it is a place, elsewhere a status
                self._name(hit, scores)
        turned = self._comment(column, scores)
        self._clinical(scores, column, context, words)
        flag = bool(words) and words[0] in self._words["flag_prefixes"] and len(words) > 1
        for key, score in scores.items():
            if any(key.startswith(f"{other}.") for other in scores):
                score.points += 1  # the narrower of two that both fit
            self._adjust(key, score, column, context, words)
            if (flag or turned) and not key.startswith("system"):
                score.points -= 4
                score.evidence.append("flag or attribute")
        return scores

    def _clinical(self, scores: dict[str, _Score], column: Column, context: _Context, words: tuple[str, ...]) -> None:
        """Take what is no key and no technical column of a clinical table for health data."""
        technical = set(words) & self._words["technical_words"] or words == ("date",) or _BOOL.search(column.data_type)
        if any(score.points >= self._taxonomy.report for score in scores.values()) or CLINICAL not in self._sensitive:
            return
        if context.clinical and not technical:
            _add(scores, Hint(CLINICAL, strong=True), 3, "clinical table", 0)
        elif words and words[-1].endswith(tuple(self._words["clinical_endings"])):
            _add(scores, Hint(CLINICAL, strong=True), 3, f"name {words[-1]}", 0)

    def _name(self, hit: NameHit, scores: dict[str, _Score]) -> None:
        """Score a name hit by the words before it: a person's, somebody else's, or unknown ones."""
        before = {*hit.before, *(singular(word) for word in hit.before)}
        points = 3 if hit.hint.strong else 1
        if before & self._words["subject_words"]:
            points += 2
        elif before:
            short = hit.hint.pinyin and len(hit.matched) <= INITIALS
            if short or not hit.hint.strong or before & self._words["other_owners"]:
                return
        _raise(scores, hit.hint, points, f"name {hit.matched}", len(hit.matched))

    def _comment(self, column: Column, scores: dict[str, _Score]) -> bool:
        """Score the comment (or Chinese name); True when it says the column is about something else."""
        text = column.name if is_chinese(column.name) else column.comment
        if not is_chinese(text) and not text.isascii():
            return False
        if not is_chinese(text):
            return self._english(text, scores)
        found, turned = self._hints.in_noun(text)
        matched = {hint.category for hint, _ in found}
        if not turned and not column.name.isascii():
            matched.update(scores)
        for key, score in scores.items():
            if key not in matched and not any(_related(key, other) for other in matched):
                score.points -= 3 if score.points < 3 or score.initials else 1 if matched else 0
        for hint, noun in found:
            _add(scores, hint, 3, f"comment {noun}", len(noun))
        return turned

    def _english(self, text: str, scores: dict[str, _Score]) -> bool:
        """Score a short English comment like a name, by its strong hints only."""
        words = words_of(re.split(r"[(:,;.\n]", text, maxsplit=1)[0])
        if not words or len(words) > 4:
            return False
        for hit in self._hints.in_name(words):
            if hit.hint.strong and not {*hit.before} & self._words["other_owners"]:
                _add(scores, hit.hint, 2, f"comment {hit.matched}", len(hit.matched))
        return False

    def _adjust(self, key: str, score: _Score, column: Column, context: _Context, words: tuple[str, ...]) -> None:
        """Weigh in the table and the type of the column."""
        weak = score.points < 3
        if context.person:
            score.points += 2
            score.evidence.append("table about persons")
        if context.thing:
            score.points -= (2 if weak else 0) if context.person else 3
            score.evidence.append("table about things")
        if _BOOL.search(column.data_type):
            off = not key.startswith(_FLAG_TOO)
        elif _DATE.search(column.data_type):
            off = not key.startswith(_DATE_TOO)
        elif _NUMBER.match(column.data_type):
            off = key.startswith(_TEXT_ONLY) or words[-1:] == ("id",)
        else:
            off = False
        if off:
            score.points -= 4
            score.evidence.append(f"type {column.data_type}")


def _related(key: str, other: str) -> bool:
    """Tell whether two categories are siblings or one is above the other."""
    return key.startswith(other) or other.startswith(key) or key.rsplit(".", 1)[0] == other.rsplit(".", 1)[0]


def _raise(scores: dict[str, _Score], hint: Hint, points: int, evidence: str, length: int) -> None:
    """Keep the best of several name hits of one category."""
    score = scores.get(hint.category)
    if score is None or (points, length) > (score.points, score.longest):
        scores[hint.category] = _Score(points, length, hint.order, [evidence], hint.pinyin and length <= INITIALS)


def _add(scores: dict[str, _Score], hint: Hint, points: int, evidence: str, length: int) -> None:
    """Add points to a category."""
    score = scores.setdefault(hint.category, _Score(0, 0, hint.order, []))
    score.points += points
    score.longest = max(score.longest, length)
    score.evidence.append(evidence)


def _contains(text: str, words: frozenset[str]) -> bool:
    return any(word in text for word in words)


def classify(table: Table, taxonomy: Taxonomy, profile: str = "pipl_strict") -> list[Classified]:
    """Classify every column of a table; for many tables make one `Classifier`."""
    return Classifier(taxonomy, profile).table(table)
