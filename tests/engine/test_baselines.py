"""What a baseline keeps, and what comes of it when findings come, go and return."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest

from tutela.engine.baselines import VERSION, baseline_of, compare_baseline, compare_reports, read_baseline
from tutela.engine.documents import Document
from tutela.engine.errors import Location
from tutela.engine.model import Finding, Report, Severity, State, Waiver, Words

AS_OF = datetime(2026, 11, 20, 2, tzinfo=UTC)
WAIVER = Waiver("R", "r", "o", date(2027, 1, 1), Location("w.yaml", 1, 1))


def finding(name: str) -> Finding:
    """A finding whose fingerprint is made of its name."""
    return Finding("R", Severity.HIGH, Words("secret"), "column", name, None, (), f"{ord(name):032x}")


def report(names: str, digest: str = "sha256:0") -> Report:
    """A report of findings with these letters as names."""
    return Report("lint", digest, AS_OF, tuple(map(finding, names)), checked=9)


def read(data: object, command: str = "lint") -> list[str]:
    """The codes of what is wrong with a baseline."""
    return [problem.code for problem in read_baseline(Document("b.json", "", data), command)[1]]


@pytest.mark.parametrize(
    ("before", "now", "new", "gone"),
    [
        ("ab", "ab", "", ""),
        ("ab", "abc", "c", ""),
        ("ab", "b", "", "a"),
        ("", "ab", "ab", ""),
        ("ab", "", "", "ab"),
        ("a", "aa", "a", ""),
        ("aa", "a", "", "a"),
        ("aab", "abb", "b", "a"),
    ],
)
def test_what_counts_beside_a_baseline(before: str, now: str, new: str, gone: str) -> None:
    """What is there more often than before is new, what is there less often is gone."""
    baseline, problems = read_baseline(Document("b.json", "", baseline_of(report(before))), "lint")
    compared = compare_baseline(report(now), baseline, "b.json")
    states: list[State] = [finding.state for finding in compared.findings]

    assert [] == problems
    assert new == "".join(finding.resource_id for finding in compared.counting)
    assert len(now) - len(new) == compared.known == states.count("unchanged")
    assert gone == "".join(absent.resource[-1] for absent in compared.absent)


def test_a_baseline_has_a_stable_order_and_no_data() -> None:
    """The same findings give the same file in whatever order, and no message, reason or place is in it."""
    texts = {json.dumps(baseline_of(report("".join(names)))) for names in permutations("abc")}

    assert 1 == len(texts)
    assert "secret" not in texts.pop()


def test_what_is_waived_is_not_in_the_baseline() -> None:
    """It comes back when the waiver ends."""
    waived = finding("a")._replace(waiver=WAIVER, waived=True)
    lapsed = finding("b")._replace(waiver=WAIVER)
    found: Any = baseline_of(replace(report(""), findings=(waived, lapsed)))

    assert ["column b"] == [entry["resource"] for entry in found["findings"]]


def test_a_baseline_of_other_policies_is_noted() -> None:
    """It still counts: rules come and go, findings keep their fingerprints."""
    baseline, _ = read_baseline(Document("b.json", "", baseline_of(report("a"))), "lint")
    compared = compare_baseline(report("ab", "sha256:1"), baseline, "b.json")

    assert ["baseline-other-policies"] == [note.code for note in compared.notes]
    assert ["b"] == [finding.resource_id for finding in compared.counting]


def test_two_comparisons_add_up() -> None:
    """What a baseline knows stays known when two states are compared, too."""
    compared = compare_reports(compare_reports(report("abc"), report("a"), "one"), report("bx"), "two")

    assert ["c"] == [finding.resource_id for finding in compared.counting]
    assert "one, two" == compared.compared_with


RIGHT: dict[str, Any] = {"version": VERSION, "command": "lint", "policies": "sha256:0", "findings": []}
ENTRY = {"fingerprint": "0" * 32, "rule": "R", "resource": "column a"}


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (RIGHT, []),
        ({**RIGHT, "version": 2, "more": 1}, ["baseline-version"]),
        ({**RIGHT, "version": "1"}, ["type-wrong"]),
        ({**RIGHT, "version": True}, ["type-wrong"]),
        ({**RIGHT, "command": "audit"}, ["baseline-command"]),
        ({**RIGHT, "more": 1}, ["key-unknown"]),
        ({**RIGHT, "findings": [{**ENTRY, "fingerprint": "x"}]}, ["value-malformed"]),
        ({**RIGHT, "findings": [{"rule": "R"}]}, ["key-missing", "key-missing"]),
        ({**RIGHT, "findings": None}, ["type-wrong"]),
        ({name: value for name, value in RIGHT.items() if name != "policies"}, ["key-missing"]),
        ([], ["type-wrong"]),
        (None, ["type-wrong"]),
    ],
)
def test_what_is_no_baseline(data: object, codes: list[str]) -> None:
    """Each mistake has its problem; of another version nothing else is said."""
    assert codes == read(data)


@pytest.mark.parametrize("other", [{"rule": "S"}, {"resource": "column b"}, {"rule": "unparsed"}])
def test_an_entry_is_what_it_shows(other: dict[str, str]) -> None:
    """Who reads a baseline sees its rules and resources: an entry lets nothing else pass by its fingerprint."""
    kept: Any = baseline_of(report("a"))
    kept["findings"][0] |= other
    baseline, problems = read_baseline(Document("b.json", "", kept), "lint")

    assert [] == problems
    assert ["a"] == [found.resource_id for found in compare_baseline(report("a"), baseline, "b.json").counting]
