"""Values as evidence: how many of a few sampled cells are valid numbers of a kind; no value is kept or shown.

Whoever calls hands over a `Sampler` (it reads a database) and `Validator`s (they know check digits and numbering
plans). A sequence is no evidence: a running number passes a check digit now and then, and a numbering plan always.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, Protocol, cast

from .lineage_columns import CERTAIN

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .classifier import Classified
    from .lineage_columns import Scale
    from .tables import Table

MAX_ROWS: Final = 1000
MAX_CELL: Final = 1024
"""Characters of a cell that are looked at; a longer one is no number of any kind."""
MAX_PROSE: Final = 4096
"""Characters of a cell that are searched for numbers in running text."""
MAX_PARTS: Final = 50
"""Values of one JSON cell that are looked at, one level deep."""
LEAST: Final = 5
"""Distinct values that it takes to say anything."""
SHARE: Final = 0.8
"""The share of distinct values that must be valid."""
GAP: Final = 1000
"""Whole numbers that lie closer together on average are a sequence."""
FREE_TEXT: Final = "free_text"
"""The category of texts that may hold anything."""

Strength = Literal["strong", "medium", "weak"]
_CONFIDENCE: Final[Mapping[Strength, float]] = {"strong": 0.93, "medium": 0.8, "weak": 0.0}
_ORDER: Final[Mapping[Strength, int]] = {"strong": 2, "medium": 1, "weak": 0}


@dataclass(frozen=True, slots=True)
class Validator:
    """Tells values of one kind; a weak one only supports what the name says already."""

    name: str
    """As evidence says it, in the plural: `resident ids`."""
    category: str
    strength: Strength
    valid: Callable[[str], bool]
    inside: re.Pattern[str] | None = None
    """What such a value looks like in running text; None when it cannot be told from other numbers there."""


class Sampler(Protocol):
    """Reads a few rows of a table in a read-only session."""

    def __call__(self, table: Table, columns: Sequence[str], rows: int, /) -> Mapping[str, Sequence[object]]:
        """Some values of each column, in the order of the rows; at most `rows` each."""
        ...


@dataclass(frozen=True, slots=True)
class Sampling:
    """What sampling takes: who reads, who judges, and how many rows of each table."""

    sampler: Sampler
    validators: Sequence[Validator]
    rows: int


def with_samples(
    table: Table, columns: Sequence[Classified], sampling: Sampling, scale: Scale
) -> tuple[Classified, ...]:
    """The columns of a table with what their values say; what a person declared stays."""
    own = [column for column in columns if not column.column.inside]  # an attribute of a composite type is no column
    asked = [column.column.name for column in own if column.confidence < CERTAIN or _open(column)]
    if not asked or not table.stored:
        return tuple(columns)
    cells = sampling.sampler(table, asked, min(sampling.rows, MAX_ROWS))
    found: list[Classified] = []
    for column in columns:
        values = cells.get(column.column.name, ())
        judged = column if column.confidence >= CERTAIN else _judge(column, values, sampling.validators, scale)
        found.append(_searched(judged, values, sampling.validators) if _open(judged) else judged)
    return tuple(found)


def _open(column: Classified) -> bool:
    """Whether anybody may have written anything here: free text, and what nobody knows or has reviewed."""
    if column.category is None:
        return column.confidence < CERTAIN
    category = column.category
    return category == FREE_TEXT or category.startswith(f"{FREE_TEXT}.")


def _searched(column: Classified, cells: Sequence[object], validators: Sequence[Validator]) -> Classified:
    """A column of running text with the kinds of identifiers that stand in it."""
    texts = [str(cast("object", cell))[:MAX_PROSE] for cell in cells[:MAX_ROWS] if isinstance(cell, str | dict | list)]
    hidden: list[str] = []
    notes: list[str] = []
    for validator, values, count in hidden_values(texts, validators):
        # A number that is valid by chance is alone, or one of a row that counts up.
        counted = len(values) > 2 and is_sequence(values)
        if not counted and len(values) >= (1 if validator.strength == "strong" else 2):
            hidden.append(validator.category)
            notes.append(f"sample: {count} of {len(texts)} values hold {validator.name} in their text")
    return column._replace(hidden=tuple(dict.fromkeys(hidden)), evidence=(*column.evidence, *notes))


def hidden_values(
    texts: Sequence[str], validators: Sequence[Validator]
) -> Iterator[tuple[Validator, Sequence[str], int]]:
    """For each kind that stands in running text: its distinct values, and in how many texts they are.

    The surest kinds come first, and what one of them found is no candidate for the next: the number of a resident id
    may pass for one of a bank card.
    """
    left = list(texts)
    for validator in sorted(validators, key=lambda validator: -_ORDER[validator.strength]):
        if validator.inside is None:
            continue
        values: dict[str, None] = {}
        count = 0
        for number, text in enumerate(left):
            found = [match[0] for match in validator.inside.finditer(text) if validator.valid(match[0])]
            count += bool(found)
            for value in found:
                values[value] = None
                left[number] = left[number].replace(value, " ")
        if values:
            yield validator, tuple(values), count


def _judge(column: Classified, cells: Sequence[object], validators: Sequence[Validator], scale: Scale) -> Classified:
    """One column with its values: they support its category, give it one, or cast doubt."""
    values = list(dict.fromkeys(_values(cells)))
    if len(values) < LEAST:
        return column
    counts = [(validator, sum(map(validator.valid, values))) for validator in validators]
    passed = [(validator, count) for validator, count in counts if count >= SHARE * len(values)]
    passed.sort(key=lambda found: (_ORDER[found[0].strength], found[1]), reverse=True)
    if passed and is_sequence(values):
        return _noted(column, column.confidence, "sample: a sequence, which says nothing")
    for validator, count in passed:
        note = f"sample: {count} of {len(values)} values are valid {validator.name}"
        if column.category and _near(column.category, validator.category):
            narrower = max(column.category, validator.category, key=len)
            better = min(0.99, round(1 - (1 - column.confidence) * 0.3, 2))
            return _noted(_changed(column, narrower, scale), better, note)
        if validator.strength != "weak":
            found = _changed(column, validator.category, scale)
            # The values speak against the name: of the two, what is sensitive stays.
            kept = column if column.sensitive and not found.sensitive else found
            return _noted(kept, _CONFIDENCE[validator.strength] if kept is found else column.confidence, note)
    for validator, count in counts:
        if validator.category == column.category and validator.strength != "weak" and not count:
            note = f"sample: none of {len(values)} values is among the valid {validator.name}"
            return _noted(column, max(0.5, round(column.confidence - 0.2, 2)), note)
    return column


def _changed(column: Classified, category: str, scale: Scale) -> Classified:
    return column._replace(category=category, sensitive=scale.trait(category, 0, "").sensitive)


def _noted(column: Classified, confidence: float, note: str) -> Classified:
    return column._replace(confidence=confidence, evidence=(*column.evidence, note))


def _near(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _values(cells: Sequence[object]) -> Iterator[str]:
    """The cells as texts, those of JSON cells one level deep; empty, long and binary ones say nothing."""
    for cell in cells[:MAX_ROWS]:
        if isinstance(cell, dict | list):
            yield from _parts(cast("object", cell))
        elif isinstance(cell, str | int) and not isinstance(cell, bool):
            text = str(cell).strip() if not isinstance(cell, str) or len(cell) <= 64 * MAX_CELL else ""
            if text[:1] in ("{", "["):
                yield from _json(text)
            elif text and len(text) <= MAX_CELL:
                yield text


def _json(text: str) -> Iterator[str]:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _parts(parsed)


def _parts(value: object) -> Iterator[str]:
    found: list[object] = []
    if isinstance(value, dict):
        found = list(cast("dict[object, object]", value).values())
    elif isinstance(value, list):
        found = cast("list[object]", value)
    for part in found[:MAX_PARTS]:
        if isinstance(part, str | int) and not isinstance(part, bool) and 0 < len(str(part)) <= MAX_CELL:
            yield str(part).strip()


def is_sequence(values: Sequence[str]) -> bool:
    """Whether distinct whole numbers lie close together, or evenly apart: a counter, whatever it looks like."""
    numbers: list[int] = []
    for value in values:
        digits = value[:-1] if value[-1:] in "Xx" else value
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 40:
            return False
        numbers.append(int(digits))
    numbers.sort()
    gaps = {after - before for before, after in pairwise(numbers)}
    return len(numbers) > 1 and (numbers[-1] - numbers[0] <= GAP * (len(numbers) - 1) or len(gaps) == 1)
