"""Decisions: effect, reasons, what is missing, what went wrong, obligations, and what a reason shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yaml import safe_load

from tutela.engine.authorizer import Authorizer
from tutela.engine.loader import Source, load_policies
from tutela.engine.request import Request

CASES = Path(__file__).parent / "cases"
VOCABULARY = Path(__file__).parents[2] / "policies" / "customer-information" / "vocabulary.yaml"
BASE = [
    Source(path.name, path.read_text(encoding="utf-8"))
    for path in (VOCABULARY, *sorted((CASES / "base").glob("*.yaml")))
]
AS_OF = "2026-11-20T10:00:00+08:00"


def pdp(*policies: object) -> Authorizer:
    """An authorizer over some policies (plain data: JSON is YAML)."""
    sources = [Source(f"p{n}.yaml", json.dumps(policy)) for n, policy in enumerate(policies)]
    return Authorizer(load_policies([*BASE, *sources]))


def ask(**parts: Any) -> Request:  # noqa: ANN401 (attributes by part)
    """A request whose parts have the given attributes."""
    return Request.from_json(
        {
            "subject": {"type": "employee", "id": "e1", "properties": parts.get("subject", {})},
            "action": {"name": parts.get("action", "read")},
            "resource": {"type": "table", "id": "r1", "properties": parts.get("resource", {})},
            "context": parts.get("context", {}),
            "as_of": parts.get("as_of", AS_OF),
        }
    )


def decide_cases() -> list[Any]:
    """Every case of every file under cases/decide."""
    found: list[Any] = []
    for path in sorted((CASES / "decide").glob("*.yaml")):
        data = safe_load(path.read_text(encoding="utf-8"))
        authorizer = pdp(*data["policies"])
        for case in data["cases"]:
            base = data.get("base", {})
            found.append(pytest.param(authorizer, base, case, id=f"{path.stem}: {case['name']}"))
    return found


@pytest.mark.parametrize(("authorizer", "base", "case"), decide_cases())
def test_a_case_is_decided_as_written(authorizer: Authorizer, base: dict[str, Any], case: dict[str, Any]) -> None:
    """Effect, reasons, missing, errors and obligations are what the case file says, nothing more and nothing less."""
    resource = {**base, **case.get("resource", {})}
    parts = {name: case[name] for name in ("subject", "action", "context", "as_of") if name in case}

    decision = authorizer.decide(ask(resource=resource, **parts))

    expected: dict[str, Any] = {"missing": [], "errors": [], "obligations": [], **case["expect"]}
    found = {
        "effect": decision.effect,
        "reasons": [reason.rule for reason in decision.reasons],
        "missing": list(decision.missing),
        "errors": list(decision.errors),
        "obligations": [obligation.kind for obligation in decision.obligations],
    }
    expected["reasons"] = sorted(expected["reasons"])
    found["reasons"] = sorted(found["reasons"])
    assert expected == found


def rule(number: int, effect: str, **more: object) -> dict[str, object]:
    """A rule as plain data."""
    return {"id": f"A-{number}.x", "effect": effect, **more}


def access(*rules: object, **more: object) -> dict[str, object]:
    """An access policy as plain data."""
    return {"kind": "access", "id": "a", **more, "rules": list(rules)}


def test_a_reason_has_everything_that_the_author_wrote() -> None:
    """Words, severity, basis, remedy and the place of the rule."""
    denies = rule(
        1, "deny", when="resource.flag", severity="low", message={"en": "flagged", "zh": "已标记"},
        remedy="unflag it", basis=[{"ref": "PIPL", "article": 51, "confidence": "high"}],
    )  # fmt: skip

    (reason, _) = pdp(access(denies)).decide(ask(resource={"flag": True})).reasons

    assert ("A-1.x", "low", "flagged", "已标记") == (
        reason.rule, reason.severity.value, reason.message.en, reason.message.text("zh"),
    )  # fmt: skip
    assert "unflag it" == reason.remedy.text("zh")
    assert ["PIPL 51"] == [str(basis) for basis in reason.basis]
    assert reason.location is not None
    assert ("p0.yaml", 1) == (reason.location.file, reason.location.line)


def test_a_reason_names_the_failing_clauses_only() -> None:
    """Of an `and` that denies all parts hold; of an `unless` the parts that failed; values are shown or masked."""
    denies = rule(1, "deny", unless="resource.score > 10 and resource.tier == 'gold' and resource.secret != 'x'")

    (reason, _) = pdp(access(denies)).decide(ask(resource={"score": 50, "tier": "tin", "secret": "x"})).reasons

    assert ["resource.tier == 'gold'", "resource.secret != 'x'"] == [clause.text for clause in reason.clauses]
    assert (("resource.tier", "'tin'"),) == reason.clauses[0].values
    assert (("resource.secret", "***"),) == reason.clauses[1].values


@pytest.mark.parametrize(
    ("action", "en", "zh"),
    [
        ("read", "no rule allows this", "没有任何规则允许此操作"),
        ("raed", "no rule is about this action; did you mean `read`?", "没有任何规则涉及此操作;是否应为 `read`?"),
        ("fly", "no rule is about this action", "没有任何规则涉及此操作"),
        ("read" * 100, "no rule is about this action", "没有任何规则涉及此操作"),
    ],
)
def test_a_mistyped_action_is_denied_and_says_so(action: str, en: str, zh: str) -> None:
    """Whoever asks with a word that no rule has would wait in vain for an allow; the word itself is not repeated."""
    rule = {"id": "A-1.x", "effect": "allow", "actions": ["read"], "when": "resource.flag"}
    decision = pdp({"kind": "access", "id": "a", "rules": [rule]}).decide(ask(action=action))
    assert not decision.allowed
    assert decision.reasons[0].message == (en, zh)


def test_an_undecided_reason_says_so() -> None:
    """The message of a rule that could not be evaluated is marked, in both languages."""
    (reason, _) = pdp(access(rule(1, "deny", when="resource.flag"))).decide(ask()).reasons

    assert "could not be evaluated" in reason.message.en
    assert "无法求值" in reason.message.text("zh")


def test_a_decision_says_where_it_comes_from() -> None:
    """Digest of the policies, instant, and no facts."""
    decision = pdp(access(rule(1, "allow"))).decide(ask())

    assert decision.policies_digest.startswith("sha256:")
    assert "" == decision.facts_digest
    assert datetime(2026, 11, 20, 2, tzinfo=UTC) == decision.as_of


SECRET = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=6, max_size=20).map(
    lambda text: f"q{text}z"
)
WHOLE = st.integers(10**11, 10**12)
CONDITIONS = [
    "resource.secret == 'a'", "resource.secret =~ '^1[0-9]*$'", "resource.score > 5", "resource.holder.name == 'x'",
    "(resource.holder.age ?? 1) > 100", "resource.secret in resource.tags", "resource.marks.length > 3",
    "context.ticket.length > 100", "resource.score / (resource.score - resource.score) > 1",
    "resource.marks[0] > 1", "$any([mark > 5 for mark in resource.marks])", "subject.badge + 'x' == context.ticket",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    secret=SECRET,
    amount=WHOLE,
    conditions=st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=4, unique=True),
    wrong=st.sampled_from(["", "secret", "score", "marks", "holder"]),
    effect=st.sampled_from(["when", "unless"]),
)
def test_a_value_that_is_not_declared_open_never_shows(
    secret: str, amount: int, conditions: list[str], wrong: str, effect: str
) -> None:
    """Not in reasons, clauses, errors or the text of a decision, whether the rule decides or errs."""
    rules = [rule(n, "deny", **{effect: condition}) for n, condition in enumerate(conditions)]
    rules.append(rule(99, "deny", target={"resource.secret": "other", "subject.rank": 1}))
    properties: dict[str, Any] = {
        "secret": secret, "score": amount, "marks": [amount], "holder": {"name": secret, "age": amount}, "tags": [],
    }  # fmt: skip
    if wrong:
        properties[wrong] = {"secret": [secret], "score": secret, "marks": [secret], "holder": secret}[wrong]
    request = ask(
        resource=properties, subject={"badge": secret, "rank": secret}, context={"ticket": secret, "source_ip": secret}
    )

    decision = _authorizer(json.dumps(rules)).decide(request)

    told = f"{decision!r} {decision.reasons!r} {decision.errors} {decision.missing} "
    told += " ".join(str(clause) for reason in decision.reasons for clause in reason.clauses)
    assert secret not in told
    assert str(amount) not in told


_MADE: dict[str, Authorizer] = {}


def _authorizer(rules: str) -> Authorizer:
    """One authorizer for each set of rules: loading is the slow part."""
    if rules not in _MADE:
        _MADE[rules] = pdp(access(*json.loads(rules)))
    return _MADE[rules]
