"""Placeholders of drivers: to the database's words and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutela.integrations.placeholders import Neutral, PlaceholderError, neutral, restored

PARTS = st.sampled_from(["SELECT ", "'a' ", '"b" ', "c ", "1 ", "%% ", "'%%' ", ", ", "+ ", "-- x\n", "\n"])
NAMED = st.sampled_from(["%(a)s ", "%(b)s ", "%(a)s::int "])
PLACED = st.just("%s ")


@pytest.mark.parametrize(
    ("statement", "style", "dialect", "expected"),
    [
        ("a = %(x)s OR b = %(y)s OR %(x)s", "pyformat", "postgres", Neutral("a = $1 OR b = $2 OR $1", ("x", "y"))),
        ("a = %s AND b LIKE '%%'", "format", "postgres", Neutral("a = $1 AND b LIKE '%'", (0,))),
        ("a = %s", "pyformat", "mysql", Neutral("a = ?")),
        ("a = ? AND b = '%'", "qmark", "sqlite", Neutral("a = ? AND b = '%'")),
        ("a = $1", "numeric_dollar", "postgres", Neutral("a = $1")),
        ("a %% 2", "pyformat", "postgres", Neutral("a % 2", ())),
    ],
)  # fmt: skip
def test_neutral(statement: str, style: str, dialect: str, expected: Neutral) -> None:
    """Each style of each database."""
    assert neutral(statement, style, dialect) == expected


@pytest.mark.parametrize(
    "statement",
    ["a = '%(x)s'", 'a = "%(x)s"', "a -- %(x)s", "a /* %s */", "a % 2", "a = %(x)d", "%", "%s = %(x)s", "? = $1 + %s"],
)
@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_refused(statement: str, dialect: str) -> None:
    """A placeholder where the database sees none, a percent sign that is no placeholder, two styles at once."""
    with pytest.raises(PlaceholderError):
        neutral(statement, "pyformat", dialect)


@given(st.lists(PARTS | NAMED))
def test_there_and_back_by_name(parts: list[str]) -> None:
    """A statement that nobody changed comes back as it was."""
    statement = "".join(parts)
    parameters: dict[str, Any] = {"a": 1, "b": 2}

    written = neutral(statement, "pyformat", "postgres")

    assert restored(written.sql, written, "postgres", parameters) == (statement, parameters)


@given(st.lists(PARTS | PLACED))
def test_there_and_back_by_place(parts: list[str]) -> None:
    """The same for parameters that have only their place."""
    statement = "".join(parts)
    written = neutral(statement, "format", "postgres")
    parameters = tuple(range(parts.count("%s ")))

    assert restored(written.sql, written, "postgres", parameters) == (statement, parameters)


def test_places_that_change() -> None:
    """Parameters follow their placeholders."""
    written = neutral("a = %s AND b = %s", "format", "postgres")

    assert restored("b = $2 AND a = $1 OR b = $2 AND '%' = ''", written, "postgres", ("x", "y")) == (
        "b = %s AND a = %s OR b = %s AND '%%' = ''",
        ("y", "x", "y"),
    )


def test_places_that_cannot_be_told() -> None:
    """A question mark has no number: in a rewritten statement it could stand for another one."""
    with pytest.raises(PlaceholderError):
        restored("a = ?", Neutral("a = ?"), "duckdb", (1,))
