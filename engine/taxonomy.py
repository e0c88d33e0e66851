"""The tree of data categories: what is personal, what is sensitive under which profile, and how it is found.

Built from plain data; whoever calls reads the file. A category or profile that is not known raises: nothing
unknown is ever answered with "not sensitive".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

from .errors import InputError, Location, Problem
from .languages import Languages, languages_from
from .model import Words
from .name_model import NameModel

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSONAL: Final = "personal"
"""The root of all personal data."""

HINT_KINDS: Final = ("strong_en", "weak_en", "strong_pinyin", "weak_pinyin", "zh")
PINYIN_KINDS: Final = ("strong_full", "weak_full", "strong_initials", "weak_initials")
"""The pinyin of `zh`, made by `policies/make_pinyin.py`: whole syllables, and first letters."""
WORD_LISTS: Final = (
    "subject_words",
    "subject_words_zh",
    "staff_words",
    "staff_words_zh",
    "organisation_words",
    "organisation_words_zh",
    "object_words",
    "object_words_zh",
    "dictionary_words",
    "dictionary_words_zh",
    "value_suffixes",
    "variants",
    "neutral_words",
    "contact_words",
    "other_owners",
    "flag_prefixes",
    "pinyin_owners",
    "pinyin_initials",
    "pinyin_modifiers",
    "pinyin_tails",
    "pinyin_coded",
    "pinyin_places",
    "pinyin_place_parts",
    "talk_words",
    "talk_words_zh",
    "money_words",
    "money_fields",
    "patient_keys",
    "clinical_codes",
    "clinical_codes_of",
    "record_words",
    "care_events",
    "administrative_words",
    "comment_other",
    "comment_meta",
    "comment_generic",
    "clinical_words",
    "clinical_words_zh",
    "clinical_terms",
    "clinical_fields",
    "clinical_initials",
    "clinical_initials_tails",
    "clinical_initials_tables",
    "technical_words",
    "technical_words_zh",
    "clinical_endings",
    "operator_columns",
)
"""The lists of `matching`, all required."""
PINYIN_LISTS: Final = (
    "plain_full",
    "plain_initials",
    "plain_endings",
    "contested",
    "other_full",
    "generic_full",
    "owner_initials",
    "subject_full",
    "staff_full",
    "organisation_full",
    "organisation_initials",
    "object_full",
    "object_initials",
    "dictionary_full",
    "clinical_full",
    "talk_full",
)
"""The pinyin of lists of `matching`, as far as a taxonomy has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One kind of data; a group has no level of its own."""

    key: str
    parent: str | None
    label: Words
    level: int = 0
    """1 public to 4 sensitive; 0 for a group."""
    sensitive: frozenset[str] = frozenset()
    """The profiles under which it is sensitive."""
    hints: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """All categories by key, the sensitivity profiles, and the word lists of the classifier."""

    categories: Mapping[str, Category]
    profiles: Mapping[str, Words]
    matching: Mapping[str, tuple[str, ...]]
    abbreviations: Mapping[str, str] = field(default_factory=dict[str, str])
    """What short forms in names stand for, `_` between words: `{"nm": "name"}`."""
    report: int = 3
    """A column whose score reaches this has the category."""
    suspect: int = 2
    languages: Languages = field(default_factory=Languages)
    """What words of names in other languages mean in English, where a taxonomy has them."""
    model: NameModel | None = None
    """What guesses at names that the vocabulary does not know, where a taxonomy has one."""

    @classmethod
    def from_data(cls, data: object, file: str = "taxonomy.yaml") -> Taxonomy:
        """Build a taxonomy from parsed YAML or JSON; raises InputError with every problem."""
        reader = _Reader(file)
        taxonomy = reader.taxonomy(data)
        if reader.problems or taxonomy is None:
            raise InputError(reader.problems)
        return taxonomy

    def category(self, key: str) -> Category:
        """The category of this key; raises InputError when there is none."""
        found = self.categories.get(key)
        if found is None:
            raise InputError([_unknown("taxonomy-unknown-category", category=key)])
        return found

    def sensitive(self, key: str, profile: str) -> bool:
        """Tell whether a category is sensitive under a profile; a group is when one of its members is."""
        self.check_profile(profile)
        category = self.category(key)
        if category.level:
            return profile in category.sensitive
        return any(profile in member.sensitive for member in self._members(key))

    def check_profile(self, profile: str) -> None:
        """Raise InputError when the profile is not known."""
        if profile not in self.profiles:
            raise InputError([_unknown("taxonomy-unknown-profile", profile=profile, known=", ".join(self.profiles))])

    def path(self, key: str) -> tuple[str, ...]:
        """The keys from the root to the category: `("personal", "personal.contact", ...)`."""
        path = [self.category(key).key]
        while (parent := self.categories[path[-1]].parent) is not None:
            path.append(parent)
        return tuple(reversed(path))

    def is_personal(self, key: str) -> bool:
        """Tell whether a category is personal data."""
        return self.path(key)[0] == PERSONAL

    def level(self, key: str) -> int:
        """The level of a category; that of a group is the highest of its members."""
        category = self.category(key)
        return category.level or max((member.level for member in self._members(key)), default=4)

    def _members(self, key: str) -> Iterator[Category]:
        return (member for member in self.categories.values() if member.level and key in self.path(member.key))


def _unknown(code: str, **args: object) -> Problem:
    return Problem(code=code, location=Location("taxonomy"), args=args)


class _Reader:
    """Reads plain data and collects everything that is wrong with it."""

    def __init__(self, file: str) -> None:
        self.location = Location(file)
        self.problems: list[Problem] = []

    def _wrong(self, code: str, **args: object) -> None:
        self.problems.append(Problem(code=code, location=self.location, args=args))

    def taxonomy(self, data: object) -> Taxonomy | None:
        if not isinstance(data, Mapping):
            self._wrong("taxonomy-not-a-mapping")
            return None
        top = cast("Mapping[object, object]", data)
        profiles = {name: self._label(value) for name, value in self._mapping(top, "profiles").items()}
        matching = self._mapping(top, "matching")
        lists = {name: self._texts(matching, name, "`matching`", required=True) for name in WORD_LISTS}
        pinyin = self._mapping(top, "pinyin", required=False)
        made = self._mapping(pinyin, "matching", required=False)
        lists |= {name: self._texts(made, name, "`pinyin`") for name in PINYIN_LISTS}
        categories = self._categories(top.get("categories"), frozenset(profiles))
        self._add_pinyin(categories, self._mapping(pinyin, "hints", required=False))
        limits = self._mapping(top, "thresholds", required=False)
        short = self._mapping(top, "abbreviations", required=False)
        return Taxonomy(
            categories=categories,
            profiles=profiles,
            matching=lists,
            abbreviations={word: str(full) for word, full in short.items()},
            report=self._number(limits, "report", 3),
            suspect=self._number(limits, "suspect", 2),
            languages=self._languages(top.get("languages"), lists),
            model=self._model(top.get("model"), categories),
        )

    def _languages(self, data: object, lists: Mapping[str, tuple[str, ...]]) -> Languages:
        owners = (*lists["subject_words"], *lists["staff_words"], *lists["organisation_words"])
        try:
            return languages_from(data, self.location.file, owners)
        except InputError as error:
            self.problems += error.problems
            return Languages()

    def _model(self, data: object, categories: Mapping[str, Category]) -> NameModel | None:
        if data is None:
            return None
        try:
            return NameModel.from_data(data, categories, self.location.file)
        except InputError as error:
            self.problems += error.problems
            return None

    def _categories(self, data: object, profiles: frozenset[str]) -> dict[str, Category]:
        found: dict[str, Category] = {}
        if not isinstance(data, Sequence) or isinstance(data, str) or not data:
            self._wrong("taxonomy-missing-key", where="the taxonomy", key="categories")
            return found
        for item in cast("Sequence[object]", data):
            if not isinstance(item, Mapping):
                self._wrong("taxonomy-wrong-type", key="categories", where="the taxonomy", wanted="a list of mappings")
                continue
            category = self._category(cast("Mapping[object, object]", item), profiles)
            if category is None:
                continue
            if category.key in found:
                self._wrong("taxonomy-duplicate", key=category.key)
            if category.parent is not None and category.parent not in found:
                self._wrong("taxonomy-unknown-parent", key=category.key, parent=category.parent)
            found[category.key] = category
        return found

    def _category(self, item: Mapping[object, object], profiles: frozenset[str]) -> Category | None:
        key, parent = item.get("key"), item.get("parent")
        if not isinstance(key, str) or not key:
            self._wrong("taxonomy-missing-key", where="a category", key="key")
            return None
        where = f"category `{key}`"
        if parent is not None and not isinstance(parent, str):
            self._wrong("taxonomy-wrong-type", key="parent", where=where, wanted="a text")
            parent = None
        sensitive = self._texts(item, "sensitive", where)
        for profile in sorted(set(sensitive) - profiles):
            self._wrong("taxonomy-unknown-profile", profile=profile, known=", ".join(sorted(profiles)))
        hints = self._mapping(item, "hints", required=False)
        return Category(
            key=key,
            parent=parent,
            label=self._label(item),
            level=self._number(item, "level", 0),
            sensitive=frozenset(sensitive),
            hints={kind: self._texts(hints, kind, where) for kind in HINT_KINDS},
        )

    def _add_pinyin(self, categories: dict[str, Category], made: Mapping[str, object]) -> None:
        """Add what was made of the Chinese hints to each category's own."""
        for key in made:
            category = categories.get(key)
            if category is None:
                self._wrong("taxonomy-unknown-category", category=key)
                continue
            found = self._mapping(made, key)
            hints = {kind: self._texts(found, kind, f"category `{key}`") for kind in PINYIN_KINDS}
            categories[key] = replace(category, hints={**category.hints, **hints})

    def _label(self, data: object) -> Words:
        if not isinstance(data, Mapping):
            return Words("")
        values = cast("Mapping[object, object]", data)
        return Words(str(values.get("en") or ""), str(values.get("zh") or ""))

    def _mapping(self, data: Mapping[Any, object], key: str, *, required: bool = True) -> dict[str, object]:
        value = data.get(key)
        if isinstance(value, Mapping):
            return {str(name): item for name, item in cast("Mapping[object, object]", value).items()}
        if required or value is not None:
            self._wrong("taxonomy-missing-key", where="the taxonomy", key=key)
        return {}

    def _texts(
        self,
        data: Mapping[str, object] | Mapping[object, object],
        key: str,
        where: str,
        *,
        required: bool = False,
    ) -> tuple[str, ...]:
        value = cast("Mapping[object, object]", data).get(key)
        if value is None and not required:
            return ()
        if isinstance(value, Sequence) and not isinstance(value, str):
            items = cast("Sequence[object]", value)
            if all(isinstance(item, str) for item in items):
                return tuple(str(item) for item in items)
        if value is None:
            self._wrong("taxonomy-missing-key", where=where, key=key)
        else:
            self._wrong("taxonomy-wrong-type", key=key, where=where, wanted="a list of texts")
        return ()

    def _number(self, data: Mapping[str, object] | Mapping[object, object], key: str, default: int) -> int:
        value = cast("Mapping[object, object]", data).get(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._wrong("taxonomy-wrong-type", key=key, where="the taxonomy", wanted="a whole number")
        return default
