"""Coverage: requirement -> rules -> tests, and what is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tutela.engine.coverage import coverage, read_requirements
from tutela.engine.documents import read_document
from tutela.engine.loader import Source, load_policies
from tutela.engine.policy_tests import read_suite

ROOT = Path(__file__).parents[2]
DATA = {
    "requirements": [
        {"id": name, "en": name, "zh": name, "kind": "access", "checkable": checkable, "severity": "high"}
        for name, checkable in (("A-01", "full"), ("A-02", "full"), ("A-03", "declared"), ("A-04", "no"))
    ]
}
POLICY = Source(
    "p.yaml",
    "kind: access\nid: p\ndefault: {id: A-01.default}\nrules:\n  - {id: A-02.deny, effect: deny}\n"
    "  - {id: A-03.allow, effect: allow}\n  - {id: X-01.house, effect: deny}\n",
)
TESTS = (
    "kind: tests\ntests:\n  - {name: a, request: {}, expect: {effect: deny, reasons: [A-01.default, A-02.deny]}}\n"
    "  - {name: b, request: {}, expect: {effect: deny, reasons: [A-01.default]}}\n"
)


def test_states_follow_rules_and_tests() -> None:
    """Covered with its count, open, out of scope; an allow rule enforces nothing; house rules are told apart."""
    suites = [read_suite(read_document(TESTS, "t.yaml"))]
    found, others = coverage(read_requirements(DATA), load_policies([POLICY]), suites)
    states = {entry.requirement.id: (entry.state, dict(entry.rules)) for entry in found}

    assert {
        "A-01": ("covered", {"A-01.default": 2}),
        "A-02": ("covered", {"A-02.deny": 1}),
        "A-03": ("open", {}),
        "A-04": ("out of scope", {}),
    } == states
    assert ["X-01.house"] == others


def test_a_rule_without_a_test_is_untested() -> None:
    """It is not counted as covered."""
    found, _ = coverage(read_requirements(DATA), load_policies([POLICY]), [])

    assert ["untested", "untested", "open", "out of scope"] == [entry.state for entry in found]


def test_the_shipped_list_is_whole() -> None:
    """175 requirements, each once, with titles in both languages; what cannot be checked says why."""
    data: Any = yaml.safe_load((ROOT / "policies" / "requirements.yaml").read_text(encoding="utf-8"))
    found = read_requirements(data)

    assert (175, 175) == (len(found), len({entry.id for entry in found}))
    assert all(entry.en and entry.zh and entry.checkable in ("full", "declared", "no") for entry in found)
    assert all(entry.why for entry in found if entry.checkable == "no")
