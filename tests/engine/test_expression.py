"""Refused texts with code and offsets, the reference evaluation, and what must never take long."""

from __future__ import annotations

import inspect
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import rule_engine  # type: ignore[import-untyped] # it has no stubs

from tutela.engine.errors import Location, Problem
from tutela.engine.expression import ConditionError, Expression, Function, Indeterminate, Language
from tutela.engine.ir import BOOLEAN, DATETIME, NUMBER, STRING, Attribute, Compare, Type, array, object_
from tutela.engine.messages_expression import EXPRESSION

COLUMN = object_(name=STRING, category=STRING.optional())

if TYPE_CHECKING:
    from decimal import Decimal


def twice(n: Decimal) -> Decimal:
    """A custom function."""
    return n * 2


def fail(n: Decimal) -> Decimal:
    """A custom function that raises."""
    raise ZeroDivisionError(n)


LANGUAGE = Language(
    {
        "subject": object_(
            id=STRING,
            age=NUMBER,
            active=BOOLEAN,
            nick=STRING.optional(),
            roles=array(STRING),
            purpose=Type("string", enum=("service", "research")),
        ),
        "resource": object_(owner=object_(name=STRING).optional(), columns=array(COLUMN)),
        "now": DATETIME,
    },
    {"limits.age": NUMBER, "limits.open": NUMBER},
    {"limits.age": 18},
    [
        Function("twice", twice, (NUMBER,), NUMBER),
        Function("fail", fail, (NUMBER,), NUMBER),
    ],
)


def faults(text: str, *, boolean: bool = True) -> list[tuple[str, str]]:
    """The codes of the errors of a condition, each with the text it points at."""
    with pytest.raises(ConditionError) as caught:
        LANGUAGE.parse(text, boolean=boolean)
    return [(f.code, text[f.start : f.end]) for f in caught.value.faults if f.severity == "error"]


def request(**subject: object) -> SimpleNamespace:
    """A request with these attributes of the subject."""
    return SimpleNamespace(subject=subject, resource={}, now=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("condition-empty", "")]),
        ("# nothing", [("condition-empty", "# nothing")]),
        ("subject.age >", [("condition-unexpected-end", "")]),
        ("subject.age > > 1", [("condition-syntax", ">")]),
        ("subject.id == 'a", [("condition-unterminated-string", "'a")]),
        ("subject.age \uff1e 1", [("condition-character-instead", "\uff1e")]),
        ("subject.age = 1", [("condition-character-instead", "=")]),
        ("subject.age =< 1", [("condition-character-instead", "=<")]),
        ("subject.id \uff01\uff1d 'a'", [("condition-character-instead", "\uff01\uff1d")]),
        ("subject.id == \u201ca\u201d",
         [("condition-character-instead", "\u201c"), ("condition-character-instead", "\u201d")]),
        ("subject.age > 1 并且 subject.age < 5", [("condition-character-instead", "并且")]),
        ("subject.age > 1。", [("condition-illegal-character", "。")]),
        ("subject.age > 1 && subject.age < 5",
         [("condition-operator-refused", "&"), ("condition-operator-refused", "&")]),
        ("while", [("condition-reserved-word", "while")]),
        ("1 << 10000000 == 1", [("condition-operator-refused", "<<")]),
        ("2 ** 3 == 8 and 1 | 2 == 3",
         [("condition-operator-refused", "**"), ("condition-operator-refused", "|")]),
        ("b'a' == b'a'", [("condition-literal-refused", "b'a'"), ("condition-literal-refused", "b'a'")]),
        ("subject.age < inf", [("condition-literal-refused", "inf")]),
        ("subject.id in {'a'}", [("condition-literal-refused", "{")]),
        ("now > $now", [("condition-function-refused", "$now")]),
        ("$range(10000000).length > 1", [("condition-function-refused", "$range")]),
        ("$twize(1) == 2", [("condition-unknown-function", "$twize")]),
        ("now > d'2024-01-01'", [("condition-naive-datetime", "d'2024-01-01'")]),
        ("now > d'soon'", [("condition-bad-literal", "d'soon'")]),
        ("now - now > t'P1M'", [("condition-bad-literal", "t'P1M'")]),
        ("subject.age == 1e999999", [("condition-bad-literal", "1e999999")]),
        ("subjct.id == 'a'", [("condition-unknown-name", "subjct")]),
        ("subject.idd == 'a'", [("condition-unknown-attribute", "idd")]),
        ("subject.age > param.limits.agee", [("condition-unknown-parameter", "agee")]),
        ("subject.id.lenth > 1", [("condition-unknown-member", "lenth")]),
        ("subject.id.to_int > 1", [("condition-unknown-member", "to_int")]),
        ("subject.id.starts_with", [("condition-function-not-called", "starts_with")]),
        ("subject.roles[:1] == []", [("condition-not-supported", "subject.roles[:1]")]),
        ("subject.id =~ subject.nick", [("condition-regex-not-literal", "subject.nick")]),
        ("subject.id =~ '('", [("condition-regex-invalid", "'('")]),
        ("subject.id =~~ '(a+)+$'", [("condition-regex-unsafe", "'(a+)+$'")]),
        ("$any([$any([$any([true for c in subject.roles]) for b in subject.roles]) for a in subject.roles])",
         [("condition-too-many-loops", "[true for c in subject.roles]")]),
        ("$any([$any([a == 'x' for a in subject.roles]) for a in subject.roles])",
         [("condition-shadowed", "[a == 'x' for a in subject.roles]")]),
        ("1 / 0 == 1", [("condition-refused", "1 / 0")]),
        ("subject.age ==\n  'x' and\n  subjct.id == 'a'",
         [("condition-unlike-types", "subject.age ==\n  'x'"), ("condition-unknown-name", "subjct")]),
    ],
)  # fmt: skip
def test_refused_texts_say_what_and_where(text: str, expected: list[tuple[str, str]]) -> None:
    """Each refused text gives exactly these codes at these places, in order."""
    assert expected == faults(text)


def test_places_stay_right_in_later_parses() -> None:
    """Texts of several lines do not shift the places of texts parsed after them."""
    for _ in range(3):
        faults("subject.active and\n\n\nnope")

        assert [("condition-unknown-name", "nope")] == faults("subject.active\nand\nnope")


def test_every_code_has_words_in_two_languages() -> None:
    """The words of all codes render in both languages, without Latin leftovers of placeholders."""
    args = {"limit": 1, "size": 2, "known": "`a`", "name": "a", "of": "b", "expected": "c", "found": "d"}
    for code in EXPRESSION:
        problem = Problem(code=code, location=Location("f", 1, 1), args=args)

        assert problem.message("en")
        assert problem.message("zh")
        assert problem.message("en") != problem.message("zh")
        assert "{" not in problem.message("zh") + problem.help("zh")


def test_the_private_names_of_rule_engine_are_where_they_were() -> None:
    """Positions need `Parser._lexer`, `Parser._parser` and bound production actions: fails when they move."""
    parser: Any = rule_engine.Rule.parser
    named = [rule for rule in parser._parser.productions if getattr(rule, "callable", None)]

    assert callable(parser._lexer.clone)
    assert len(named) > 50
    assert all(hasattr(rule.callable, "__func__") for rule in named)
    assert "5.1." in rule_engine.__version__


def test_an_expression_knows_what_it_reads() -> None:
    """Text, type, attribute paths in order of reading, parameters."""
    made = LANGUAGE.parse("subject.age > param.limits.age and resource.owner&.name == subject.id")

    assert isinstance(made, Expression)
    assert BOOLEAN == made.type
    assert ("subject.age", "resource.owner.name", "subject.id") == made.reads
    assert ("limits.age",) == made.parameters


def test_nodes_carry_offsets_that_are_no_part_of_equality() -> None:
    """The same condition at another place is the same tree; offsets are exact, brackets included."""
    one = LANGUAGE.parse("(subject.nick ?? 'a') == 'b'").root
    other = LANGUAGE.parse("  (subject.nick   ??'a')=='b'").root

    assert one == other
    assert (0, 28) == one.span
    assert isinstance(one, Compare)
    assert isinstance(one.left.children()[0], Attribute)
    assert (1, 13) == one.left.children()[0].span


@pytest.mark.parametrize(
    ("text", "subject", "code", "path"),
    [
        ("subject.id == 'a'", {}, "missing", "subject.id"),
        ("subject.id == 'a'", {"id": None}, "missing", "subject.id"),
        ("subject.age > 1", {"age": True}, "wrong-type", "subject.age"),
        ("subject.age > 1", {"age": float("nan")}, "not-finite", "subject.age"),
        ("subject.roles == []", {"roles": ["a", None]}, "null", "subject.roles"),
        ("subject.age > param.limits.open", {"age": 1}, "parameter-unbound", "param.limits.open"),
        ("subject.roles[3] == 'a'", {"roles": []}, "no-such-item", None),
        ("1 / subject.age > 1", {"age": 0}, "arithmetic", None),
        ("$fail(subject.age) > 1", {"age": 0}, "function-failed", None),
        ("subject.age * 1e308 * 1e308 > 1", {"age": 10**400}, None, None),
        ("resource.columns.length > 0", {}, "missing", "resource.columns"),
        ("nope", {}, "condition-refused", None),
    ],
)
def test_the_reference_says_why_it_has_no_answer(
    text: str, subject: dict[str, object], code: str | None, path: str | None
) -> None:
    """Every failure is an `Indeterminate` with a code, and the path when an attribute is to blame."""
    if code is None:
        assert LANGUAGE.evaluate(text, request(**subject)) is True
        return
    with pytest.raises(Indeterminate) as caught:
        LANGUAGE.evaluate(text, request(**subject))

    assert (code, path) == (caught.value.code, caught.value.path)


def test_errors_hold_no_value_of_the_request() -> None:
    """A personal value that makes the evaluation fail is in no text of the error."""
    with pytest.raises(Indeterminate) as caught:
        LANGUAGE.evaluate("subject.age > 1", request(age="+86 138 0013 8000"))

    assert "138" not in f"{caught.value} {caught.value.detail} {caught.value.args}"


def test_a_request_without_a_root_is_indeterminate() -> None:
    """An object that lacks a root, or holds no mapping there, gives no other exception."""
    for q in (SimpleNamespace(), SimpleNamespace(subject=None), SimpleNamespace(subject=["id"]), None):
        with pytest.raises(Indeterminate):
            LANGUAGE.evaluate("subject.id == 'a'", q)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 << 10000000 == 1", "condition-operator-refused"),
        (" or ".join(["subject.active"] * 5000), "condition-too-long"),
        (" or ".join(["subject.age==1"] * 200), "condition-too-large"),
        ("(" * 10000 + "true" + ")" * 10000, "condition-too-long"),
        ("not " * 900 + "true", "condition-too-large"),
        ("not " * 60 + "true", "condition-too-deep"),
        ("[" * 2000 + "]" * 2000, "condition-too-large"),
        ("-" * 3000 + "1 > 2", "condition-too-large"),
        ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' =~ '(a+)+$'", "condition-regex-unsafe"),
        ("subject.id =~ '(a|a)*$'", "condition-regex-unsafe"),
        ("subject.id =~ '(.*)*$'", "condition-regex-unsafe"),
        (r"subject.id =~ r'(\w+\s?)*$'", "condition-regex-unsafe"),
        (f"subject.id =~ '{'a?' * 30}{'a' * 30}'", "condition-regex-unsafe"),
        ("subject.id =~ '.*.*.*=.*'", "condition-regex-unsafe"),
    ],
)
def test_what_would_run_for_long_is_refused_at_once(text: str, code: str) -> None:
    """Shifts, huge texts, deep nesting and backtracking patterns never reach an evaluation."""
    assert code == faults(text)[0][0]


def test_long_chains_work_from_a_deep_stack() -> None:
    """A chain as long as the limit allows works although the caller left no room on its stack."""
    text = " and ".join(["subject.age==1"] * 60)
    q = request(age=1)

    def deep(levels: int) -> object:
        if levels:
            return deep(levels - 1)
        return LANGUAGE.evaluate(text, q)

    used, frame = 0, inspect.currentframe()
    while frame is not None:
        used, frame = used + 1, frame.f_back

    assert deep(sys.getrecursionlimit() - used - 100) is True


def test_a_parameter_of_the_wrong_type_is_refused() -> None:
    """A value that is not of the declared type never becomes a constant."""
    with pytest.raises(ValueError, match="number"):
        Language({}, {"a": NUMBER}, {"a": "x"})


def test_results_other_than_boolean_can_be_asked_for() -> None:
    """`boolean=False` gives expressions of any type."""
    made = LANGUAGE.parse("subject.id.as_upper", boolean=False)

    assert LANGUAGE.evaluate(made, request(id="ß")) == "SS"
