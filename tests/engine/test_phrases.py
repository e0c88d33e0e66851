"""What is composed in English has its Chinese: reasons why something was not read, and evidence."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.ddl import read_schema
from tutela.engine.check import known_names
from tutela.engine.documents import read_document
from tutela.engine.errors import Location, Problem
from tutela.engine.phrases import CAUSES, EVIDENCE, UNREAD, evidence, unread
from tutela.engine.phrases_problem import KINDS, PARSERS
from tutela.engine.validation import TYPES
from tutela.project import Project, load_classifier

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TELLERS = {"NotUnderstood", "miss", "_miss", "_cut", "on_unterminated"}
"""What is called with a reason."""
READERS = ("ddl*.py", "migrations*.py", "forms_*.py", "dbt*.py", "live_build.py", "live_mysql.py")


def _texts(node: ast.expr) -> Iterator[str]:
    """The texts that an argument may be, `{}` for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))


def _reasons() -> Iterator[str]:
    """Every reason in the connectors' code."""
    for path in sorted({path for pattern in READERS for path in (ROOT / "connectors").glob(pattern)}):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            arguments: list[ast.expr] = []
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                unseen = name == "append" and isinstance(node.func, ast.Attribute) and _is(node.func.value, "unseen")
                arguments = node.args if name in TELLERS or unseen else node.args[1:2] if name == "Unparsed" else []
            elif isinstance(node, ast.Assign | ast.NamedExpr):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                arguments = [node.value] if _is(target, "reason") else []
            elif isinstance(node, ast.Tuple):  # what a folder leaves out: (path, reason)
                arguments = node.elts[1:] if len(node.elts) == 2 and _is(node.elts[0], "path", "folder") else []
            for argument in arguments:
                yield from (text for text in _texts(argument) if " " in text)


def _is(node: ast.expr, *names: str) -> bool:
    return (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")) in names


REASONS = sorted(set(_reasons()))


def test_the_reasons_are_found() -> None:
    """The search sees plain texts, texts that are filled in, and lists of what is left out."""
    assert {
        "a grant that is not understood",
        "brackets nest deeper than {}",
        "it includes `{}`, which is not there",
        "only some columns of `{}.{}` can be seen",
    } <= set(REASONS)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_its_chinese(reason: str) -> None:
    """What stands in braces comes back where it belongs."""
    filled = reason.replace("{}", "X1", 1).replace("{}", "X2", 1)
    found = unread(filled)

    assert filled == found.en
    assert found.zh
    assert ["X1" in filled, "X2" in filled] == ["X1" in found.zh, "X2" in found.zh]


def _causes() -> Iterator[str]:
    """Every reason in our own words that a problem of a database or of git is given."""
    for path in sorted([*(ROOT / "connectors").glob("live*.py"), ROOT / "connectors" / "revisions.py"]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                given = [word.value for word in node.keywords if word.arg == "reason"]
                given += node.args[1:] if _is(node.func, "_refuse") else []
                yield from (text for argument in given for text in _texts(argument) if " " in text)


@pytest.mark.parametrize("reason", sorted(set(_causes())))
def test_the_reason_of_a_problem_has_its_chinese(reason: str) -> None:
    """A Chinese message has no English in the middle, unless a database said it."""
    filled = reason.replace("{}", "X1", 1).replace("{}", "X2", 1)
    problem = Problem(code="live-url", location=Location("x"), args={"reason": filled})

    assert filled in problem.message()
    assert filled not in problem.message("zh")
    assert ["X1" in filled, "X2" in filled] == ["X1" in problem.message("zh"), "X2" in problem.message("zh")]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [*(item for phrases in (UNREAD, CAUSES, EVIDENCE, KINDS, PARSERS) for item in phrases.items())],
)
def test_both_have_the_same_gaps(english: str, chinese: str) -> None:
    """Nothing that comes from the input is lost in translation."""
    count = english.count("{}")

    assert count == chinese.count("{")
    assert chinese.format(*"abc"[:count])


def test_evidence_of_schemas_has_its_chinese() -> None:
    """Whatever the classifier says of the labelled schemas and of the DDL of the tests."""
    classifier = load_classifier(Project(Path()), None)
    scripts = [path for path in sorted((ROOT / "tests").rglob("*.sql")) if "CREATE TABLE" in path.read_text("utf-8")]
    said = {
        part
        for script in scripts
        for _, column in classifier.classify(read_schema(script)).columns()
        for part in column.evidence
    }

    assert len(said) > 40
    assert [] == sorted(part for part in said if not evidence(part).zh)


FILLED = [
    ("key-unknown", {"key_": "k", "hint": "; did you mean `K`?", "known": "K"}, "did you mean"),
    ("type-wrong", {"what": "the key", "expected": "a text or true or false", "found": "null"}, "a text"),
    ("parameter-duplicate", {"name": "n", "what": "declared", "first": "f"}, "declared"),
    ("condition-nullable", {"found": "array of string or null"}, "array"),
    ("condition-unlike-types", {"operator": "==", "left": "number", "right": "string"}, "number"),
    ("condition-unknown-attribute", {"of": "subject", **known_names("idd", ["id"])}, "did you mean"),
    ("condition-unknown-attribute", {"of": "subject", **known_names("xyz", ["id"])}, "known here"),
    ("condition-unknown-attribute", {"of": "subject", **known_names("xyz", map(str, range(99)))}, "known here"),
    ("request-field", {"field": "f", "expected": "a mapping with type and id"}, "mapping"),
    ("parameter-type", {"name": "timezone", "expected": "a time zone such as Asia/Shanghai", "value": "x"}, "a time"),
    ("serve-address", {"host": "h", "port": 1, "what": "Address already in use"}, "Address"),
    ("project-syntax", {"what": "Invalid value (at line 3, column 5)"}, "line"),
]


@pytest.mark.parametrize(("code", "args", "english"), FILLED)
def test_what_fills_a_problem_has_its_chinese(code: str, args: dict[str, object], english: str) -> None:
    """Hints, kinds of values and the words of parsers; English says them as they are."""
    problem = Problem(code=code, location=Location("x"), args=args)

    assert english in problem.render()
    assert english not in problem.render("zh")


@pytest.mark.parametrize(
    "text", ["a: [", "a: b: c", "\ta: b", "a: {", "a: 'b", "- a\nb: c", "a: @b", 'a: "\\q"', "b\na: c"]
)
def test_what_is_said_of_yaml_has_its_chinese(text: str) -> None:
    """Libyaml's words are in the table."""
    problem = read_document(text, "x").problems[0]

    assert "yaml-syntax" == problem.code
    assert str(problem.args["what"]) not in problem.message("zh")


@pytest.mark.parametrize("kind", TYPES.values())
def test_every_kind_of_value_has_its_chinese(kind: str) -> None:
    """What a schema may ask for."""
    assert kind in KINDS


def test_what_nobody_translated_stays() -> None:
    """An unknown phrase is shown as it is."""
    assert "something new" == unread("something new").text("zh")
