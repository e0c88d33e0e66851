"""The acceptance scenarios: every file passes, by library and by command line, and says what was asked for."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
import yaml

from tutela.policy_runner import run_suites
from tutela.project import find_project

ROOT: Final = Path(__file__).parents[2]
CRM: Final = ROOT / "examples" / "crm"
FOLDER: Final = CRM / "policies" / "tests" / "scenarios"
FILES: Final = sorted(FOLDER.glob("*.yaml"))
ASKED: Final = ROOT.parent / "shared" / "domain" / "scenarios.md"
EXPECT: Final = re.compile(r"^- Expect: (?:\(([^)]+)\) )?(\w+) \| ([^|]+) \| (.+)$")


@cache
def suite(path: Path) -> dict[str, Any]:
    """A scenario file as plain data."""
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return found


def listed(text: str) -> frozenset[str]:
    """The items of a part of an Expect line; `-` is none."""
    return frozenset(item.strip() for item in text.split(",") if item.strip() not in ("", "-"))


def asked() -> list[tuple[str, str, str, frozenset[str], frozenset[str]]]:
    """(scenario, part, effect, codes, obligations) of every Expect line."""
    found: list[tuple[str, str, str, frozenset[str], frozenset[str]]] = []
    name = ""
    for line in ASKED.read_text(encoding="utf-8").splitlines():
        if line.startswith("### "):
            name = line.split()[1]
        elif match := EXPECT.match(line):
            found.append((name, match[1] or "", match[2], listed(match[3]), listed(match[4])))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_passes(path: Path) -> None:
    """Every test of the file comes out as its author expects: effect, all reasons, all obligations."""
    outcomes = run_suites(find_project(CRM), [str(path)])

    assert outcomes
    assert [] == [f"{outcome.case.name}: {outcome.differences}" for outcome in outcomes if not outcome.passed]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_scenario_expects_complete_sets(path: Path) -> None:
    """No test of a scenario leaves reasons or obligations open."""
    assert all({"effect", "reasons", "obligations"} <= set(test["expect"]) for test in suite(path)["tests"])


@pytest.mark.skipif(not ASKED.exists(), reason="the scenarios' text lies beside the project, not in it")
def test_every_expect_line_is_an_assertion() -> None:
    """Each Expect line of the acceptance scenarios stands in its file: effect, complete codes, obligations."""
    missing: list[str] = []
    for name, part, effect, codes, obligations in asked():
        tests = suite(FOLDER / f"{name}.yaml")["tests"]
        mine = [test for test in tests if not part or test["name"].startswith(f"({part})")]
        said = [
            (t["expect"]["effect"], frozenset(t["expect"]["reasons"]), frozenset(t["expect"]["obligations"]))
            for t in mine
        ]
        if (effect, codes, obligations) not in said:
            missing.append(f"{name} ({part}): {effect} | {sorted(codes)} | {sorted(obligations)}")

    assert 28 == len({name for name, *_ in asked()})
    assert [] == missing


def test_the_command_line_runs_them(tmp_path: Path) -> None:
    """`tutela test --format junit` on a project made by `init --example crm`: the same tests, no failure."""
    code = "from tutela.cli import main; main()"
    tutela = [sys.executable, "-c", code]
    subprocess.run([*tutela, "init", str(tmp_path / "crm"), "--example", "crm"], check=True, capture_output=True)
    done = subprocess.run(
        [*tutela, "test", "policies/tests/scenarios", "--format", "junit"],
        cwd=tmp_path / "crm",
        capture_output=True,
        text=True,
        check=False,
    )
    root = ET.fromstring(done.stdout)  # noqa: S314 (our own output)

    assert 0 == done.returncode, done.stderr
    assert sum(len(suite(path)["tests"]) for path in FILES) == int(root.attrib["tests"])
    assert "0" == root.attrib["failures"]


def test_a_scenario_can_fail(tmp_path: Path) -> None:
    """The runner tells a wrong effect, a surplus and a lacking reason."""
    text = (FOLDER / "R-01.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "tests" / "wrong_test.yaml"
    wrong.parent.mkdir()
    wrong.write_text(text.replace("RET-02.deleted-before-minimum", "RET-04.deleted-under-hold"), encoding="utf-8")
    outcomes = run_suites(find_project(CRM), [str(wrong)])

    assert [False, False, True] == [outcome.passed for outcome in outcomes]
    assert any("RET-02.deleted-before-minimum was not expected" in line for line in outcomes[0].differences)
