"""The shipped packs: their own tests pass, and every rule is complete, known and tested both ways."""

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
from tutela.connectors.policy_files import pack_names
from tutela.policy_runner import run_suites
from tutela.project import Project

if TYPE_CHECKING:
    from tutela.engine.decision import Decision
    from tutela.engine.policyset import PolicySet
    from tutela.engine.rules import Default, Rule

ROOT = Path(__file__).parents[2]
PACKS = pack_names()
SUITES = {pack: sorted((ROOT / "policies" / pack / "tests").glob("*_test.yaml")) for pack in PACKS}
FOLDER = ROOT / "policies" / "customer-information" / "tests"
SCHEDULES = FOLDER / "schedules.yaml"
REQUIREMENTS = ROOT.parent / "shared" / "domain" / "requirements.yaml"
OWN = {
    "ACC-00.person-judged", "ACC-00.standing-judged", "ACC-01.no-customer-information", "ACC-01.permitted-by-role",
    "ACC-13.permitted-in-emergency", "AUD-00.duty-judged", "AUD-00.log-judged", "BRE-00.incident-judged",
    "CMP-00.complaint-judged", "COL-00.collectable", "COL-00.records-judged", "OTH-00.change-judged",
    "OTH-00.policy-judged", "RET-00.kept-or-erased", "RGT-00.change-judged", "RGT-00.request-judged",
    "SEC-00.protection-judged", "SHR-05.recipient-permitted", "SHR-20.egress-judged", "USE-00.applicable",
    "USE-00.message-judged",
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
def policies(pack: str) -> PolicySet:
    """A pack with the parameters of its own tests, and with the policies that they include."""
    folder = ROOT / "policies" / pack / "tests"
    included = {folder / name for path in SUITES[pack] for name in suite(path).get("include", ())}
    bound = {name: value for path in SUITES[pack] for name, value in suite(path).get("parameters", {}).items()}
    return tutela.load(f"pack:{pack}", *sorted(included), parameters=bound)


@cache
def tried(pack: str) -> tuple[Tried, ...]:
    """Every question that a pack's tests ask, with what was decided."""
    found: list[Tried] = []
    decide = tutela.Authorizer.decide

    def watched(self: tutela.Authorizer, request: tutela.Request) -> Decision:
        decision = decide(self, request)
        found.append(Tried(request.action_name, decision))
        return decision

    with patch.object(tutela.Authorizer, "decide", watched):
        run_suites(Project(ROOT, policies=(f"pack:{pack}",)), [str(path) for path in SUITES[pack]])
    return tuple(found)


def every() -> list[Rule | Default]:
    """Every rule of every pack and every default reason."""
    return [item for pack in PACKS for item in (*policies(pack).rules, *policies(pack).defaults.values())]


def ids(effect: str) -> list[tuple[str, str]]:
    """Every pack with each of its rules of one effect."""
    return sorted({(pack, rule.id) for pack in PACKS for rule in policies(pack).rules if rule.effect == effect})


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


@pytest.mark.parametrize("named", [True, False], ids=["named folder", "the pack's own"])
@pytest.mark.parametrize("pack", PACKS)
def test_the_pack_passes_its_tests(pack: str, named: bool, tmp_path: Path) -> None:
    """Every test of every file runs and passes, whether its folder is named or found in the pack."""
    path = [str(ROOT / "policies" / pack / "tests")] if named else []
    done = run("test", "--policies", f"pack:{pack}", "--format", "json", *path, cwd=tmp_path)
    result = json.loads(done.stdout)

    assert [] == [test for test in result["tests"] if not test["passed"]]
    assert sum(len(suite(path)["tests"]) for path in SUITES[pack]) == result["passed"]
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
        done = run("test", "--policies", "pack:customer-information", "wrong_test.yaml", cwd=tmp_path)

        assert (1, 1) == (done.returncode, done.stdout.count("FAILED"))
        assert said in done.stdout


@pytest.mark.parametrize("pack", PACKS)
def test_the_ids_of_reasons_are_those_of_the_reasons(pack: str) -> None:
    """A decision names the same rules whether somebody reads what failed in them or not."""
    for found in tried(pack):
        assert found.decision.reason_ids == tuple(reason.rule for reason in found.decision.reasons)


@pytest.mark.parametrize("item", every(), ids=lambda item: f"{item.id}:{getattr(item, 'variant', '')}")
def test_every_rule_is_complete(item: Rule | Default) -> None:
    """A rule has a title in both languages; one that denies also a message, a remedy and a basis."""
    words = [item.meta.title, *([item.meta.message, item.meta.remedy] if denies(item) else [])]

    assert all(word.en and word.zh and word.en != word.zh for word in words)
    assert denies(item) or item.severity.value == "info"
    assert bool(item.meta.basis) or not denies(item)


@pytest.mark.parametrize(("pack", "rule"), ids("deny"))
def test_every_denying_rule_is_tested_both_ways(pack: str, rule: str) -> None:
    """Some test is denied for this reason, and some test of the same action is allowed."""
    denied = [found for found in tried(pack) if not found.decision.allowed and rule in rules_of(found)]
    allowed = {found.action for found in tried(pack) if found.decision.allowed}

    assert denied
    assert {found.action for found in denied} & allowed


ALWAYS_DENIED = {"SHR-20.egress-judged"}
"""Allows what SHR-20 always denies: it only keeps the default, another reason, away."""


@pytest.mark.parametrize(("pack", "rule"), [entry for entry in ids("allow") if entry[1] not in ALWAYS_DENIED])
def test_every_allowing_rule_is_tested_both_ways(pack: str, rule: str) -> None:
    """Some test is allowed by this rule, and some test of one of its actions is denied."""
    actions = {action for item in policies(pack).named(rule) for action in item.actions}

    assert any(found.decision.allowed and rule in rules_of(found) for found in tried(pack))
    assert any(not found.decision.allowed and found.action in actions for found in tried(pack))


@pytest.mark.parametrize(
    ("pack", "rule"), sorted({(pack, default.id) for pack in PACKS for default in policies(pack).defaults.values()})
)
def test_every_default_reason_is_tested(pack: str, rule: str) -> None:
    """Some test is denied by nothing but this default."""
    assert any({rule} == rules_of(found) for found in tried(pack))


def test_all_packs_load_together() -> None:
    """What two packs declare, they declare in the same words; no rule stands in two of them."""
    bound: dict[str, object] = {}
    for pack in PACKS:
        bound |= policies(pack).parameters.values
    together = tutela.load(*(f"pack:{pack}" for pack in PACKS), SCHEDULES, parameters=bound)

    assert {item.id for item in every()} == set(together.ids())


@pytest.mark.skipif(not REQUIREMENTS.is_file(), reason="the list of requirements is not here")
def test_ids_are_those_of_the_requirements() -> None:
    """Every rule that denies carries the id under which the requirements know the violation, and its severity."""
    data = yaml.load(REQUIREMENTS.read_text(encoding="utf-8"), yaml.CSafeLoader)
    known = {entry["violation"]: entry["severity"] for entry in data["requirements"] if entry.get("violation")}

    assert set() == {item.id for item in every() if denies(item)} - set(known)
    assert [] == [item.id for item in every() if denies(item) and known[item.id] != item.severity.value]
    assert OWN == {item.id for item in every() if not denies(item)}
