"""What an access states: in comments, never in a value that somebody else may have written."""

from __future__ import annotations

import pytest

from tutela.engine.errors import Location
from tutela.engine.events import Event
from tutela.engine.stated import stated


def _stated(sql: str, application: str = "") -> dict[str, str]:
    event = Event(
        id="e", location=Location("log", 1), account="u", at=None, action="read", sql=sql, application=application
    )
    return stated(event)


@pytest.mark.parametrize(
    "sql",
    [
        "/* purpose=support */ SELECT a FROM t",
        "SELECT a FROM t -- purpose: support",
        "SELECT a FROM t WHERE b = 'it''s' /*purpose='support'*/",
        'SELECT "a--b" FROM t /* purpose=support */',
        r"/* purpose=support */ SELECT a FROM t WHERE b ~ '\d'",
        "-- purpose=support\nSELECT $$a$$",
    ],
)
def test_a_comment_states_a_purpose(sql: str) -> None:
    """Wherever it is sure that it is a comment."""
    assert _stated(sql) == {"purpose": "support"}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM t WHERE note = '-- purpose=support'",
        "SELECT a FROM t WHERE note = '/* purpose=support */'",
        "SELECT a FROM t WHERE note = 'it''s /* purpose=support */'",
        'SELECT "/* purpose=support */" FROM t',
        r"SELECT a FROM t WHERE note = '\' -- purpose=support'",
        "SELECT a FROM t WHERE note = $$ -- purpose=support $$",
        "SELECT a FROM t WHERE note = E'\\'/* purpose=support */'",
        "SELECT a FROM t WHERE purpose = 'support'",
        "SELECT a FROM t WHERE note = 'cut -- purpose=support",
        r"SELECT a -- purpose=support\_vip",
        'SELECT "cut /* purpose=support */',
    ],
)
def test_a_value_or_a_name_states_nothing(sql: str) -> None:
    """A customer's text in a value must not say what an access is for."""
    assert _stated(sql) == {}


def test_a_comment_counts_before_the_application() -> None:
    """Both may state a purpose; the statement's own word is nearer."""
    assert _stated("SELECT 1 /* purpose=support */", "desk purpose=sales request=R-1") == {
        "purpose": "support", "request": "R-1",
    }  # fmt: skip
