"""The lints that go beyond rule-engine's type check."""

from __future__ import annotations

import pytest

from tutela.engine.expression import ConditionError, Language
from tutela.engine.ir import BOOLEAN, DATETIME, NUMBER, STRING, Type, array, object_
from tutela.engine.regexes import RegexFault, check_pattern

PURPOSE = Type("string", enum=("service", "research"))
LANGUAGE = Language(
    {
        "s": object_(
            name=STRING, age=NUMBER, flag=BOOLEAN, nick=STRING.optional(), since=DATETIME,
            maybe=BOOLEAN.optional(),
            tags=array(STRING), purpose=PURPOSE, purposes=array(PURPOSE),
            boss=object_(name=STRING).optional(),
        )
    },
    {"low": NUMBER},
    {"low": 3},
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("s.age == 'x'", "condition-unlike-types", "s.age == 'x'"),
        ("s.flag != 'true'", "condition-unlike-types", "s.flag != 'true'"),
        ("s.name in [1, 2]", "condition-unlike-types", "s.name in [1, 2]"),
        ("s.age in s.tags", "condition-unlike-types", "s.age in s.tags"),
        ("true in [1]", "condition-unlike-types", "true in [1]"),
        ("s.name < s.age", "condition-unlike-types", "s.name < s.age"),
        ("s.nick ?? 'x' == 'x'", "condition-unlike-types", "s.nick ?? 'x' == 'x'"),
        ("s.flag ? 1 : 'a'", "condition-unlike-types", "s.flag ? 1 : 'a'"),
        ("s.since + s.since == s.since", "condition-unlike-types", "s.since + s.since"),
        ("s.name and s.flag", "condition-wrong-type", "s.name"),
        ("not s.age", "condition-wrong-type", "s.age"),
        ("s.age ? true : false", "condition-wrong-type", "s.age"),
        ("s.flag > s.age", "condition-wrong-type", "s.flag"),
        ("-s.name == 'a'", "condition-wrong-type", "s.name"),
        ("s.name", "condition-not-boolean", "s.name"),
        ("s.maybe", "condition-nullable", "s.maybe"),
        ("s.maybe and s.flag", "condition-nullable", "s.maybe"),
        ("s.nick =~ 'a'", "condition-nullable", "s.nick"),
        ("s.nick.length > 1", "condition-nullable", "s.nick"),
        ("s.boss.name == 'a'", "condition-nullable", "s.boss"),
        ("s.tags&[0] =~ 'a'", "condition-nullable", "s.tags&[0]"),
        ("s.tags&[0].length > 1", "condition-nullable", "s.tags&[0]"),
        ("[1, null][0] > 1", "condition-nullable", "[1, null][0]"),
        ("s.nick in s.name", "condition-nullable", "s.nick"),
        ("$any([s.maybe])", "condition-nullable", "[s.maybe]"),
        ("$any(s.tags)", "condition-wrong-type", "s.tags"),
        ("$abs(1, 2) > 1", "condition-arguments", "$abs(1, 2)"),
        ("s.boss == s.boss", "condition-object-compared", "s.boss == s.boss"),
        ("[1, 'a'] == []", "condition-mixed-array", "'a'"),
        ("s.purpose == 'reserch'", "condition-not-in-enum", "'reserch'"),
        ("s.purpose in ['service', 'sale']", "condition-not-in-enum", "'sale'"),
        ("'sale' in s.purposes", "condition-not-in-enum", "'sale'"),
        ("$any([p == 'sale' for p in s.purposes])", "condition-not-in-enum", "'sale'"),
    ],
)
def test_mistakes_that_rule_engine_lets_pass_are_refused(text: str, code: str, at: str) -> None:
    """Each text gives one fault of this code, at this part."""
    with pytest.raises(ConditionError) as caught:
        LANGUAGE.parse(text)

    assert [(code, at)] == [(f.code, text[f.start : f.end]) for f in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 < 2", "condition-constant"),
        ("param.low > 2 or s.flag", "condition-constant"),
        ("not (s.flag and param.low > 5)", "condition-constant"),
        ("s.name == null", "condition-never-null"),
        ("(s.name ?? 'a') == 'a'", "condition-never-null"),
    ],
)
def test_conditions_that_say_nothing_get_a_warning(text: str, code: str) -> None:
    """A condition that does not depend on the request, or tests what is never null, loads with a warning."""
    assert [(code, "warning")] == [(f.code, f.severity) for f in LANGUAGE.parse(text).warnings]


@pytest.mark.parametrize("text", ["true", "s.flag", "s.nick == null", "param.low > 2 and s.flag", "s.tags == []"])
def test_sound_conditions_get_no_warning(text: str) -> None:
    """No warning where there is nothing to say."""
    assert () == LANGUAGE.parse(text).warnings


def test_all_faults_are_found_with_suggestions() -> None:
    """Independent mistakes are reported together, in the order of the text, each with the closest name."""
    with pytest.raises(ConditionError) as caught:
        LANGUAGE.parse("s.nam == 'a' and s.age > 'b' or $an(s.tags) and s.since > d'2024-01-01'")

    assert [
        ("condition-unknown-attribute", "name"),
        ("condition-unlike-types", None),
        ("condition-unknown-function", "$any"),
        ("condition-naive-datetime", None),
    ] == [(f.code, f.args.get("suggestion")) for f in caught.value.faults]


@pytest.mark.parametrize(
    "pattern",
    [r"(\d{1,3}\.){3}\d{1,3}", r"^[^@]+@[^@]+\.com$", r"^1[3-9]\d{9}$", r"(?i)^pii_.*", r"(\w+\s)*",
     "(foo|bar)+",
     r"^[a-z]+(\.[a-z]+)*$", r"^\s*\w+\s*$", "身份证.*", "(a|ab)*c"],
)  # fmt: skip
def test_useful_patterns_are_allowed(pattern: str) -> None:
    """Patterns whose repetitions are separated pass."""
    check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*", "(a|aa)+$", "(.*)*", r"(\w+\s?)*$", "(a?){30}", "(.*?,){11}P", ".*.*x", "a?" * 30,
     "(a*)*", "([ab]+c[ab]+)*", "(a|b|ab)*c", r"(a)\1", "(?=a)", "(?<!a)b", "a++b", "(?m)^a", "(x+x+)+y",
     "a{2000}", "((a{0,9}){10}){10}", "x" * 501, "(a.?)*b"],
)  # fmt: skip
def test_patterns_that_may_backtrack_are_refused(pattern: str) -> None:
    """Nested or adjacent repetitions that share characters, references, lookaround and flags are refused."""
    with pytest.raises(RegexFault) as caught:
        check_pattern(pattern)

    assert caught.value.code == "regex-unsafe"
