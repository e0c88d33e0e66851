"""The pack `customer-information`: its own tests pass, and every rule is complete, known and tested both ways."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import pytest
import yaml

import tutela
from tutela.policy_runner import run_suites
from tutela.project import Project

if TYPE_CHECKING:
    from tutela.engine.decision import Decision
    from tutela.engine.policyset import PolicySet
    from tutela.engine.rules import Default, Rule

ROOT = Path(__file__).parents[2]
PACK = "pack:customer-information"
FOLDER = ROOT / "policies" / "customer-information" / "tests"
SUITES = sorted(FOLDER.glob("*_test.yaml"))
SCHEDULES = FOLDER / "schedules.yaml"
REQUIREMENTS = ROOT.parent / "shared" / "domain" / "requirements.yaml"
OWN = {
    "ACC-00.standing-judged", "ACC-01.permitted-by-role", "ACC-01.no-customer-information",
    "ACC-13.permitted-in-emergency", "AUD-00.log-judged", "COL-00.collectable", "OTH-00.change-judged",
    "RET-00.kept-or-erased", "RGT-00.request-judged", "SHR-05.recipient-permitted", "SHR-20.egress-judged",
    "USE-00.applicable", "USE-00.message-judged",
}  # fmt: skip
"""Rules that allow: requirements name violations only."""


class Tried(NamedTuple):
    """A request of the pack's tests and what was decided, without regard to what was expected."""

    action: str
    decision: Decision


@cache
def suite(path: Path) -> dict[str, Any]:
    """A test file as plain data."""
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return found


@cache
def policies() -> PolicySet:
    """The pack with the schedules and parameters of its own retention tests."""
    return tutela.load(PACK, SCHEDULES, parameters=suite(FOLDER / "retention_test.yaml")["parameters"])


@cache
def tried() -> tuple[Tried, ...]:
    """Every question that the pack's tests ask, with what was decided."""
    found: list[Tried] = []
    decide = tutela.Authorizer.decide

    def watched(self: tutela.Authorizer, request: tutela.Request) -> Decision:
        decision = decide(self, request)
        found.append(Tried(request.action_name, decision))
        return decision

    with patch.object(tutela.Authorizer, "decide", watched):
        run_suites(Project(FOLDER, policies=(PACK,)), [str(path) for path in SUITES])
    return tuple(found)


def every() -> list[Rule | Default]:
    """Every rule of the pack and every default reason."""
    return [*policies().rules, *policies().defaults.values()]


def denies(item: Rule | Default) -> bool:
    """Whether a rule denies; a default reason does."""
    return getattr(item, "effect", "deny") == "deny"


def rules_of(found: Tried) -> set[str]:
    """The rules that a decision names."""
    return {reason.rule for reason in found.decision.reasons}


def run(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The installed command line, away from every project."""
    tool = Path(sys.executable).parent / "tutela"
    return subprocess.run([tool, *args], cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("path", [[str(FOLDER)], []], ids=["named folder", "the pack's own"])
def test_the_pack_passes_its_tests(path: list[str], tmp_path: Path) -> None:
    """Every test of every file runs and passes, whether its folder is named or found in the pack."""
    done = run("test", "--policies", PACK, "--format", "json", *path, cwd=tmp_path)
    result = json.loads(done.stdout)

    assert [] == [test for test in result["tests"] if not test["passed"]]
    assert sum(len(suite(path)["tests"]) for path in SUITES) == result["passed"]
    assert 0 == done.returncode


def test_a_wrong_expectation_fails(tmp_path: Path) -> None:
    """The runner tells a pack test from its opposite: effect, a reason too few, a reason too many."""
    text = (FOLDER / "retention_test.yaml").read_text(encoding="utf-8")
    right = "expect: {effect: deny, reasons: [RET-02.deleted-before-minimum, RET-04.deleted-under-hold]}"
    wrong = {
        "effect": "expect: {effect: allow}",
        "expected RET-03": right.replace("RET-04.deleted-under-hold", "RET-03.important-extension-ignored"),
        "RET-04.deleted-under-hold was not expected": right.replace(", RET-04.deleted-under-hold", ""),
    }
    (tmp_path / "schedules.yaml").write_text(SCHEDULES.read_text(encoding="utf-8"), encoding="utf-8")
    for said, expectation in wrong.items():
        (tmp_path / "wrong_test.yaml").write_text(text.replace(right, expectation), encoding="utf-8")
        done = run("test", "--policies", PACK, "wrong_test.yaml", cwd=tmp_path)

        assert (1, 1) == (done.returncode, done.stdout.count("FAILED"))
        assert said in done.stdout


def test_the_ids_of_reasons_are_those_of_the_reasons() -> None:
    """A decision names the same rules whether somebody reads what failed in them or not."""
    for found in tried():
        assert found.decision.reason_ids == tuple(reason.rule for reason in found.decision.reasons)


@pytest.mark.parametrize("item", every(), ids=lambda item: f"{item.id}:{getattr(item, 'variant', '')}")
def test_every_rule_is_complete(item: Rule | Default) -> None:
    """A rule has a title in both languages; one that denies also a message, a remedy, a severity and a basis."""
    words = [item.meta.title, *([item.meta.message, item.meta.remedy] if denies(item) else [])]

    assert all(word.en and word.zh and word.en != word.zh for word in words)
    assert denies(item) == (item.severity.value != "info")
    assert bool(item.meta.basis) or not denies(item)


@pytest.mark.parametrize("rule", sorted({rule.id for rule in policies().rules if rule.effect == "deny"}))
def test_every_denying_rule_is_tested_both_ways(rule: str) -> None:
    """Some test is denied for this reason, and some test of the same action is allowed."""
    denied = [found for found in tried() if not found.decision.allowed and rule in rules_of(found)]
    allowed = {found.action for found in tried() if found.decision.allowed}

    assert denied
    assert {found.action for found in denied} & allowed


ALWAYS_DENIED = {"SHR-20.egress-judged"}
"""Allows what SHR-20 always denies: it only keeps the default, another reason, away."""


@pytest.mark.parametrize(
    "rule", sorted({rule.id for rule in policies().rules if rule.effect == "allow"} - ALWAYS_DENIED)
)
def test_every_allowing_rule_is_tested_both_ways(rule: str) -> None:
    """Some test is allowed by this rule, and some test of one of its actions is denied."""
    actions = {action for item in policies().named(rule) for action in item.actions}

    assert any(found.decision.allowed and rule in rules_of(found) for found in tried())
    assert any(not found.decision.allowed and found.action in actions for found in tried())


@pytest.mark.parametrize("rule", sorted({default.id for default in policies().defaults.values()}))
def test_every_default_reason_is_tested(rule: str) -> None:
    """Some test is denied by nothing but this default."""
    assert any({rule} == rules_of(found) for found in tried())


@pytest.mark.skipif(not REQUIREMENTS.is_file(), reason="the list of requirements is not here")
def test_ids_are_those_of_the_requirements() -> None:
    """Every rule that denies carries the id under which the requirements know the violation."""
    data = yaml.load(REQUIREMENTS.read_text(encoding="utf-8"), yaml.CSafeLoader)
    known = {entry["violation"] for entry in data["requirements"] if entry.get("violation")}

    assert set() == {item.id for item in every() if denies(item)} - known
    assert OWN == {item.id for item in every() if not denies(item)}
