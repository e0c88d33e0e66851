"""The taxonomy answers only what it knows, and its data is consistent."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tutela.engine.errors import InputError
from tutela.engine.taxonomy import WORD_LISTS, Taxonomy

FILE = Path(__file__).parents[2] / "policies" / "taxonomy.yaml"
DATA = yaml.safe_load(FILE.read_text(encoding="utf-8"))
TAXONOMY = Taxonomy.from_data(DATA)


def tiny(**changes: object) -> dict[str, object]:
    """The data of a small taxonomy, with changes."""
    data: dict[str, object] = {
        "profiles": {"p": {"en": "P"}},
        "matching": {name: [] for name in WORD_LISTS},
        "categories": [
            {"key": "personal", "parent": None},
            {"key": "personal.x", "parent": "personal", "level": 4},
        ],
    }
    return {**data, **changes}


def test_paths_and_roots() -> None:
    """A category's path starts at its root; only what is under `personal` is personal."""
    assert TAXONOMY.path("personal.contact.phone") == (
        "personal",
        "personal.contact",
        "personal.contact.phone",
    )
    assert TAXONOMY.is_personal("personal.contact.phone.mobile")
    assert not TAXONOMY.is_personal("organisation.name")
    assert not TAXONOMY.is_personal("free_text")


@pytest.mark.parametrize(
    ("category", "profile", "expected"),
    [
        ("personal.health.medical_record", "pipl_strict", True),
        ("personal.health.medical_record", "pipl_enumerated", True),
        ("personal.government_id.resident_id", "pipl_strict", True),
        ("personal.government_id.resident_id", "pipl_enumerated", False),
        ("personal.contact.phone", "pipl_strict", False),
        ("personal.demographic.ethnicity", "gdpr", True),
        ("personal.biometric", "pipl_strict", True),
        ("personal.name", "pipl_strict", False),
    ],
)
def test_sensitivity_depends_on_the_profile(category: str, profile: str, expected: bool) -> None:
    """Each profile has its own list; a group is as sensitive as its most sensitive member."""
    assert expected == TAXONOMY.sensitive(category, profile)


def test_unknown_is_never_answered() -> None:
    """An unknown category or profile raises; it is not "not sensitive"."""
    for call in (
        lambda: TAXONOMY.sensitive("personal.nope", "pipl_strict"),
        lambda: TAXONOMY.sensitive("personal.name", "nope"),
        lambda: TAXONOMY.path("nope"),
        lambda: TAXONOMY.is_personal("nope"),
        lambda: TAXONOMY.level("nope"),
    ):
        with pytest.raises(InputError, match="is not a"):
            call()


def test_every_category_is_complete() -> None:
    """Each has labels in both languages and, as a leaf, a level; PIPL's letter is in its strict reading."""
    for key, category in TAXONOMY.categories.items():
        leaf = not any(other.parent == key for other in TAXONOMY.categories.values())

        assert category.label.en
        assert category.label.zh
        assert (1 <= category.level <= 4) or not leaf
        assert "pipl_enumerated" not in category.sensitive or "pipl_strict" in category.sensitive


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ([], "taxonomy-not-a-mapping"),
        (tiny(categories=[]), "taxonomy-missing-key"),
        (tiny(categories=["x"]), "taxonomy-wrong-type"),
        (tiny(categories=[{"key": "a"}, {"key": "a"}]), "taxonomy-duplicate"),
        (tiny(categories=[{"key": "a", "parent": "b"}]), "taxonomy-unknown-parent"),
        (tiny(categories=[{"key": "a", "sensitive": ["q"]}]), "taxonomy-unknown-profile"),
        (tiny(categories=[{"key": "a", "level": "high"}]), "taxonomy-wrong-type"),
        (tiny(categories=[{"key": "a", "hints": {"zh": "x"}}]), "taxonomy-wrong-type"),
        (tiny(categories=[{"parent": None}]), "taxonomy-missing-key"),
        (tiny(matching={}), "taxonomy-missing-key"),
    ],
)
def test_bad_data_is_refused(data: object, code: str) -> None:
    """What is wrong with a taxonomy is a problem with its own code, in two languages."""
    with pytest.raises(InputError) as caught:
        Taxonomy.from_data(data)

    assert code in {problem.code for problem in caught.value.problems}
    assert all(problem.message("zh") for problem in caught.value.problems)
