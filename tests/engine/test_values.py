"""Normalising raw values, and showing them without giving them away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import pytest

from tutela.engine.ir import BOOLEAN, DATETIME, DURATION, NUMBER, STRING, Type, array, object_
from tutela.engine.values import Normalised, ValueFault, mask, normalise, show


class Level(StrEnum):
    """An enumeration as callers from Python use it."""

    HIGH = "high"


@pytest.mark.parametrize(
    ("value", "of", "expected"),
    [
        ("a", STRING, "a"),
        (Level.HIGH, STRING, "high"),
        (1, NUMBER, Decimal(1)),
        (0.1, NUMBER, Decimal("0.1")),
        (10**40, NUMBER, Decimal(10**40)),
        (Decimal("2.50"), NUMBER, Decimal("2.50")),
        (True, BOOLEAN, True),
        (None, STRING.optional(), None),
        ("2024-02-29T12:00:00+08:00", DATETIME, datetime(2024, 2, 29, 4, tzinfo=UTC)),
        ("2024-10-27T02:30:00+02:00", DATETIME, datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
        ("P1DT2H", DURATION, timedelta(days=1, hours=2)),
        ("P2W", DURATION, timedelta(weeks=2)),
        ([1, "2"], array(STRING), None),
        ([["a"], []], array(array(STRING)), (("a",), ())),
        ([{"n": 1, "x": 2}], array(object_(n=NUMBER)), ({"n": Decimal(1)},)),
    ],
)
def test_values_become_what_evaluation_uses(value: object, of: Type, expected: object) -> None:
    """Raw values become str, Decimal, bool, UTC datetimes, timedeltas, checked tuples; others are refused."""
    if expected is None and value is not None:
        with pytest.raises(ValueFault):
            normalise(value, of)
        return

    assert expected == normalise(value, of)
    assert type(expected) is type(normalise(value, of)) or isinstance(normalise(value, of), Normalised)


@pytest.mark.parametrize(
    ("value", "of", "code"),
    [
        (True, NUMBER, "wrong-type"),
        ("1", NUMBER, "wrong-type"),
        (float("nan"), NUMBER, "not-finite"),
        (Decimal("sNaN"), NUMBER, "not-finite"),
        (float("-inf"), NUMBER, "not-finite"),
        (1, BOOLEAN, "wrong-type"),
        (b"a", STRING, "wrong-type"),
        (None, STRING, "null"),
        ("2024-02-29", DATETIME, "naive-datetime"),
        ("2024-02-29T12:00:00", DATETIME, "naive-datetime"),
        ("2023-02-29T12:00:00Z", DATETIME, "not-a-datetime"),
        ("0001-01-01T00:00:00+10:00", DATETIME, "not-a-datetime"),
        (datetime(2024, 1, 1), DATETIME, "naive-datetime"),  # noqa: DTZ001 (naive on purpose)
        (1700000000, DATETIME, "wrong-type"),
        ("P1M", DURATION, "not-a-duration"),
        ("P", DURATION, "not-a-duration"),
        ("PT", DURATION, "not-a-duration"),
        ("P999999999999D", DURATION, "not-a-duration"),
        ("P١D", DURATION, "not-a-duration"),
        ("ab", array(STRING), "wrong-type"),
        ({"a": 1}, array(STRING), "wrong-type"),
        (["a", None], array(STRING), "null"),
        ([1], object_(), "wrong-type"),
        ([0] * 100_001, array(NUMBER), "too-many-items"),
    ],
)
def test_other_values_are_refused_with_a_code(value: object, of: Type, code: str) -> None:
    """A value of another type is a fault, never coerced."""
    with pytest.raises(ValueFault) as caught:
        normalise(value, of)

    assert code == caught.value.code


def test_a_fault_inside_an_object_names_its_path() -> None:
    """The path of a nested attribute is in the fault, its value is not."""
    with pytest.raises(ValueFault) as caught:
        normalise({"a": {"b": "secret"}}, object_(a=object_(b=NUMBER)))

    assert caught.value.path == "a.b"
    assert "secret" not in str(caught.value)


def test_checked_arrays_are_trusted_on_sight() -> None:
    """A second normalisation returns the very same array."""
    once = normalise(["a"], array(STRING))

    assert once is normalise(once, array(STRING))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("wang", "w***"), ("王小明", "王***"), ("", "''"), ("ab", "***"), ("\x1b[31m", "***"), (None, "null"),
     (12345, "***"), (1.5, "***"), (True, "true"), (["a", "b"], "[2 items]"), ({"a": 1}, "***")],
)  # fmt: skip
def test_masked_values_say_no_more_than_their_sort(value: object, expected: str) -> None:
    """At most the first character of a longer text is shown."""
    assert expected == mask(value)


def test_shown_values_are_cut() -> None:
    """Values that may be shown are shown in the notation of conditions, and never at full length."""
    assert show([None, True, "a", Decimal("1.5")]) == "[null, true, 'a', 1.5]"
    assert len(show("a" * 1000)) == 80
