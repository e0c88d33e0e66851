"""What becomes of a category on its way through functions: the breakers that a data file declares."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, cast

from .errors import InputError
from .facts_catalog import within
from .shapes import CATEGORIES, CATEGORY_KEY, TEXT, TEXTS, entry, items, or_null
from .validation import place, validate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .documents import Document
    from .taxonomy import Taxonomy

LINEAGE: Final = entry(
    "version drop flag lower copies",
    version={"const": 1},
    drop=TEXTS,
    flag=TEXTS,
    lower=items(
        entry(
            "id from to through",
            id=TEXT,
            to=or_null(CATEGORY_KEY),
            through={**TEXTS, "minItems": 1},
            **{"from": {**CATEGORIES, "minItems": 1}},
        )
    ),
    copies=TEXTS,
)
"""The shape of `lineage.yaml`."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """A rule by which a category falls to another one (None: to no category) after some steps in a row."""

    id: str
    categories: tuple[str, ...]
    to: str | None
    through: tuple[tuple[str, ...], ...]

    def fits(self, category: str, steps: Sequence[str]) -> bool:
        """Whether the last of these steps are the ones that the rule names."""
        return within(category, self.categories) and any(
            len(steps) >= len(chain)
            and all(_same(step, pattern) for step, pattern in zip(steps[-len(chain) :], chain, strict=True))
            for chain in self.through
        )


@dataclass(frozen=True, slots=True)
class LineageRules:
    """Which steps drop a category, leave no more than a flag of it, or lower it; every other step keeps it."""

    drop: frozenset[str]
    flag: frozenset[str]
    lower: tuple[Lowered, ...]
    copies: frozenset[str]
    """Words of a table's name that say it is a copy."""

    @classmethod
    def from_document(cls, document: Document, taxonomy: Taxonomy) -> LineageRules:
        """The rules of a file; raises InputError with every problem."""
        return cls.from_data(valid_rules(document, taxonomy))

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> LineageRules:
        """The rules of data that `valid_rules` found to be valid."""
        return cls(
            drop=frozenset(data["drop"]),
            flag=frozenset(data["flag"]),
            lower=tuple(
                Lowered(
                    rule["id"],
                    tuple(rule["from"]),
                    rule["to"],
                    tuple(tuple(step.strip() for step in chain.split(" > ")) for chain in rule["through"]),
                )
                for rule in data["lower"]
            ),
            copies=frozenset(data["copies"]),
        )

    def ends(self, step: str, *, sensitive: bool) -> bool:
        """Whether nothing of a category comes through a step: no values do, or only a flag of no sensitive one."""
        name = step.split(" ", 1)[0]
        return name in self.drop or (name in self.flag and not sensitive)

    def lowered(self, category: str, steps: Sequence[str]) -> Lowered | None:
        """The rule that the last of these steps fit, if one does."""
        return next((rule for rule in self.lower if rule.fits(category, steps)), None)


def valid_rules(document: Document, taxonomy: Taxonomy) -> dict[str, Any]:
    """The data of a file of such rules; raises InputError with every problem."""
    problems = list(document.problems) or validate(document, LINEAGE, "lineage")
    if problems:
        raise InputError(problems)
    data = cast("dict[str, Any]", document.data)
    for number, rule in enumerate(data["lower"]):
        keys: dict[tuple[str | int, ...], Any] = {("to",): rule["to"]}
        keys |= {("from", at): key for at, key in enumerate(rule["from"])}
        for path, key in keys.items():
            if key is not None and key not in taxonomy.categories:
                where = ("lower", number, *path)
                problems.append(place(document, where, "taxonomy-unknown-category", category=key))
    if problems:
        raise InputError(problems)
    return data


def _same(step: str, pattern: str) -> bool:
    return step == pattern or ("*" in pattern and fnmatchcase(step, pattern))
