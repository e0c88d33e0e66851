"""Conditions cut in two: cells hold what is the same for many events, the residue what must be asked of each."""

from __future__ import annotations

import pytest

from tutela.engine import ir
from tutela.engine.expression import Language
from tutela.engine.ir import BOOLEAN, DATETIME, NUMBER, STRING, object_
from tutela.engine.residue import CELL, Cells, is_atom, is_monotone, is_residual

LANGUAGE = Language(
    {
        "subject": object_(id=STRING, trusted=BOOLEAN, limit=NUMBER, since=DATETIME),
        "context": object_(row_count=NUMBER.optional(), rows_in_window=NUMBER.optional(), purpose=STRING.optional()),
        "now": DATETIME,
    },
    {"most": NUMBER},
    {"most": 500},
)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("subject.trusted and (context.row_count ?? 0) <= param.most", ["subject.trusted"]),
        ("(context.row_count ?? subject.limit + 1) <= subject.limit", ["subject.limit + 1", "subject.limit"]),
        ("now.hour >= 22 and subject.since < now", ["subject.since < now"]),
        ("not (subject.trusted or subject.id == 'x') and (context.rows_in_window ?? 0) > 5",
         ["not (subject.trusted or subject.id == 'x')"]),
        ("(context.row_count ?? 0) > 5 or (context.row_count ?? 0) > 9", []),
    ],
)  # fmt: skip
def test_the_largest_parts_that_are_no_events_become_cells(text: str, cells: list[str]) -> None:
    """Each part once; constants and parameters stay where they are."""
    made = Cells()
    residue = made.cut(LANGUAGE.parse(text).root)
    assert cells == [text[slice(*node.span)] for node in made.nodes]
    paths = {".".join(node.path) for node in ir.walk(residue) if isinstance(node, ir.Attribute)}
    assert all(path.startswith((CELL, "context.row", "now")) for path in paths)


def test_a_condition_about_no_event_has_no_residue() -> None:
    """Comparing `now` is the same for all events of a span; looking at its hour is not."""
    assert not is_residual(LANGUAGE.parse("subject.trusted and subject.since < now").root)
    assert is_residual(LANGUAGE.parse("now.hour == 3").root)


@pytest.mark.parametrize(
    ("text", "monotone"),
    [
        ("(context.row_count ?? 0) <= 5", True),
        ("subject.limit < (context.rows_in_window ?? 0)", True),
        ("(context.row_count ?? 0) == 5", False),
        ("(context.row_count ?? 0) + 1 <= 5", False),
        ("(context.row_count ?? 0) <= (context.rows_in_window ?? 0)", False),
        ("now.hour < 5", False),
    ],
)
def test_only_plain_comparisons_of_one_number_are_monotone(text: str, monotone: bool) -> None:
    """What else reads rows is looked at event by event."""
    root = LANGUAGE.parse(text).root
    assert isinstance(root, ir.Compare)
    assert is_monotone(root) is monotone


@pytest.mark.parametrize(
    ("text", "atom"),
    [
        ("(context.row_count ?? 0) <= param.most", True),
        ("now.hour >= 22 or now.hour < 6", True),
        ("now.hour >= 22 and (context.row_count ?? 0) != 7", True),
        ("(context.row_count ?? 0) <= subject.limit", False),
        ("(context.rows_in_window ?? 0) <= 5", False),
        ("now.hour >= 22 and subject.trusted", False),
        ("subject.since < now", False),
    ],
)
def test_atoms_are_about_the_event_and_nothing_else(text: str, atom: bool) -> None:
    """Whoever asks, and whatever else an account has read: events with the same atoms are alike."""
    assert is_atom(LANGUAGE.parse(text).root) is atom
