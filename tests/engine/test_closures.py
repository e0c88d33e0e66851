"""Generated functions against the reference, sharing of shapes, and the constants' way through a cache."""

from __future__ import annotations

import marshal
import subprocess
import sys
from functools import partial
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine.closures import (
    FALLBACK,
    Plan,
    clause_text,
    clauses,
    decode_constants,
    encode_constants,
    maker,
    plan,
)
from tutela.engine.ir import reads
from tutela.engine.values import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parent))
from strategies import FUNCTIONS, LANGUAGE, SYMBOLS, Requests, accepted

CALLS = {function.name: function.call for function in FUNCTIONS}


def compiled(text: str) -> Callable[[Any], bool]:
    """The function of a condition, its constants taken through the cache form."""
    shape, constants = plan(LANGUAGE.parse(text).root, LANGUAGE.parameter_values)
    encoded: Any = encode_constants(constants)
    stored = marshal.loads(marshal.dumps(encoded))  # noqa: S302 (what was just dumped)
    return maker(shape, CALLS)(decode_constants(stored))


def outcome(work: Callable[[], object]) -> object:
    """A value, or the marker `...` for any exception."""
    try:
        return work()
    except Exception:  # noqa: BLE001 (any exception means no answer)
        return ...


@settings(max_examples=2000, deadline=None)
@given(seed=st.integers(0, 2**48))
def test_a_function_that_returns_returns_what_the_reference_returns(seed: int) -> None:
    """Closure and reference agree on a generated condition and hostile requests, as values and as bool."""
    random = Random(seed)  # noqa: S311 (test data)
    text = accepted(random)
    expression, test = LANGUAGE.parse(text), compiled(text)

    for number in range(8):
        q = Requests(random, 0.08 if number % 2 else 0.01).one()
        found = outcome(partial(test, q))
        wanted = outcome(partial(LANGUAGE.evaluate, expression, q))

        assert found is ... or found is wanted, (text, q)


def test_the_fast_path_is_taken_where_the_reference_answers() -> None:
    """On well-formed requests nearly every answer comes from the function."""
    random = Random(7)  # noqa: S311 (test data)
    fast = answered = 0
    for _ in range(150):
        text = accepted(random)
        test, q = compiled(text), Requests(random, 0).one()
        wanted = outcome(partial(LANGUAGE.evaluate, text, q))
        answered += wanted is not ...
        fast += wanted is not ... and outcome(partial(test, q)) is wanted

    assert answered > 90
    assert fast > 0.95 * answered


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**48))
def test_normalised_requests_get_the_same_answer(seed: int) -> None:
    """A request whose values were normalised beforehand is decided like the raw one."""
    random = Random(seed)  # noqa: S311 (test data)
    test, q = compiled(accepted(random)), Requests(random, 0).one()
    q.subject.update({name: str(value) for name, value in q.subject.items() if isinstance(value, str)})
    ready = SimpleNamespace(
        subject=normalise(q.subject, SYMBOLS["subject"]),
        resource=normalise(q.resource, SYMBOLS["resource"]),
        now=q.now,
    )
    found = outcome(partial(test, q))

    assert found is ... or found is outcome(partial(test, ready))


def request(**subject: object) -> SimpleNamespace:
    """A request with these attributes of the subject."""
    return SimpleNamespace(subject=subject, resource={}, now=None)


@pytest.mark.parametrize(
    ("text", "subject", "expected"),
    [
        ("subject.active and subject.id == 'a'", {"active": False}, False),
        ("subject.active or subject.id == 'a'", {"active": True}, True),
        ("subject.active ? subject.id == 'a' : subject.level > 1", {"active": False, "level": 2}, True),
        ("subject.level == 3.0", {"level": 3}, True),
        ("subject.level + 0.1 == 0.3", {"level": 0.2}, True),
        ("subject.level == 2", {"level": True}, ...),
        ("subject.level < 2", {"level": float("nan")}, ...),
        ("subject.id == 'a'", {}, ...),
        ("subject.id == 'a'", {"id": None}, ...),
        ("subject.nick == null", {}, True),
        ("subject.id.as_lower == 'k'", {"id": "\u212a"}, True),
        ("subject.id =~ '(?i)k'", {"id": "\u212a"}, False),
        ("subject.since < d'2024-01-01T00:00:00+08:00'", {"since": "2023-12-31T15:59:59Z"}, True),
        ("subject.since < d'2024-01-01T00:00:00+08:00'", {"since": "2023-12-31T15:59:59"}, ...),
    ],
)
def test_functions_read_lazily_and_check_what_they_read(
    text: str, subject: dict[str, object], expected: object
) -> None:
    """Short circuits spare absent attributes; a value in doubt raises (`...`) instead of answering."""
    found = outcome(lambda: compiled(text)(request(**subject)))

    assert expected is found


def test_conditions_of_one_shape_share_one_text() -> None:
    """Constants are no part of a shape, attribute paths are."""
    shapes = [
        plan(LANGUAGE.parse(text).root, {}).shape
        for text in ("subject.id == 'a'", "subject.id == 'b\\'); import os'", "resource.kind == 'a'")
    ]

    assert shapes[0] == shapes[1]
    assert shapes[0] != shapes[2]


def test_an_unbound_parameter_falls_back() -> None:
    """A plan without the value of a parameter it reads is the raising function."""
    made = plan(LANGUAGE.parse("subject.level > param.limits.low").root, {})

    assert Plan(FALLBACK, ()) == made
    assert outcome(lambda: maker(made.shape, {})(())(request(level=3))) is ...


def test_the_decision_path_does_not_import_rule_engine() -> None:
    """Importing closures, values and ir leaves rule_engine alone."""
    code = (
        "import sys, tutela.engine.closures, tutela.engine.values, tutela.engine.ir;"
        "sys.exit('rule_engine' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_clauses_split_what_should_have_been_true_and_what_should_not() -> None:
    """Conjuncts for an allow, disjuncts for a deny, through negations by De Morgan."""
    text = "subject.active and not (subject.id == 'a' or subject.level > 2)"
    root = LANGUAGE.parse(text).root
    wanted = clauses(root, expect=True)
    unwanted = clauses(LANGUAGE.parse("subject.id == 'a' or subject.active and subject.level > 1").root, expect=False)

    assert ["subject.active", "not (subject.id == 'a')", "not (subject.level > 2)"] == [
        clause_text(part.shown, text) for part in wanted
    ]
    assert [("subject.active",), ("subject.id",), ("subject.level",)] == [reads(part.shown) for part in wanted]
    assert [("subject.id",), ("subject.active", "subject.level")] == [reads(part.shown) for part in unwanted]


def test_clauses_evaluate_by_themselves() -> None:
    """Each clause can be planned alone, also the negated ones."""
    root = LANGUAGE.parse("subject.active and not (subject.id == 'a' or subject.level > 2)").root
    q = request(active=True, id="a", level=1)
    plans = [plan(part.test, LANGUAGE.parameter_values) for part in clauses(root, expect=True)]

    assert [True, False, True] == [maker(p.shape, CALLS)(p.constants)(q) for p in plans]
