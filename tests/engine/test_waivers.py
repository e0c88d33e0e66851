"""What a waiver covers, for how long, and what is wrong with one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from tutela.engine.documents import read_document
from tutela.engine.errors import Location
from tutela.engine.model import Finding, Report, Severity, Waiver, Words
from tutela.engine.waivers import read_waivers, rules_acts, waive

CASES = Path(__file__).parent / "cases" / "waivers"
RULES = ("COL-02.over-collection", "RET-01.retention-undefined")
ACTS = rules_acts({"COL-02.over-collection": ["collect"], "RET-01.retention-undefined": ["retain"]})
SHANGHAI = ZoneInfo("Asia/Shanghai")
FINGERPRINT = "0123456789abcdef0123456789abcdef"
AS_OF = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # half past eleven at night in Shanghai


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a file, with their days as text."""
    found: list[dict[str, Any]] = yaml.load((CASES / name).read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 (texts only)
    return found


def finding(rule: str, resource: str, file: str) -> Finding:
    """A finding at the first line of a file, or nowhere."""
    place = Location(file, 1, 1) if file else None
    return Finding(rule, Severity.HIGH, Words("m"), "column", resource, place, (), FINGERPRINT)


def report(*findings: Finding) -> Report:
    """A report of `collect` requests."""
    return Report("lint", "sha256:0", AS_OF, findings, checked=1, actions=frozenset({"collect"}))


def waiver(**stated: str) -> Waiver:
    """A waiver with an owner and a reason."""
    days = {name: date.fromisoformat(stated.pop(name)) for name in ("since", "expires") if name in stated}
    return Waiver(reason="r", owner="o", location=Location("w.yaml", 2, 5), **stated, **days)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType, reportCallIssue]


@pytest.mark.parametrize("case", cases("cover.yaml"), ids=lambda case: f"{case['waiver']['rule']}-{case['becomes']}")
def test_what_a_waiver_covers(case: dict[str, Any]) -> None:
    """Rule, resource, file, fingerprint and days decide together."""
    stated = waiver(**case["waiver"])
    [found] = waive(report(finding(**case["finding"])), [stated], SHANGHAI, acts=ACTS).findings
    becomes = "counts" if found.waiver is None else "waived" if found.waived else "lapsed"

    assert case["becomes"] == becomes
    assert found.counts == (becomes != "waived")


@pytest.mark.parametrize(
    "case", cases("wrong.yaml"), ids=lambda case: f"{case['problem'] or 'right'}-{case['waiver'][6:20]}"
)
def test_what_is_wrong_with_a_waiver(case: dict[str, Any]) -> None:
    """Each mistake has its problem, at the line of the entry; a waiver with a mistake is none."""
    text = f"waivers:\n  - {{{case['waiver']}}}\n"
    waivers, problems = read_waivers(read_document(text, "w.yaml"), RULES, "P1Y")
    expected = [case["problem"]] if case["problem"] else []

    assert expected == [problem.code for problem in problems]
    assert all(problem.location.line == 2 and problem.location.column for problem in problems)
    assert len(waivers) == 1 - len(problems)


def test_all_mistakes_of_a_file_are_told() -> None:
    """Those of form do not hide those of meaning, and what is right by itself stays."""
    entries = [case["waiver"] for case in cases("wrong.yaml")]
    text = "waivers:\n" + "".join(f"  - {{{entry}}}\n" for entry in entries)
    waivers, problems = read_waivers(read_document(text, "w.yaml"), RULES, "P1Y")
    expected = sorted(case["problem"] for case in cases("wrong.yaml") if case["problem"])

    assert expected == sorted(problem.code for problem in problems)
    assert 3 == len(waivers)


def test_all_mistakes_of_a_waiver_are_told() -> None:
    """A field that is missing or malformed does not hide a rule that nobody has, or a day that does not exist."""
    text = "waivers: [{rule: COL-99, reason: r, since: soon, expires: 2027-13-01}, {rule: 5}, x]\n"
    _, problems = read_waivers(read_document(text, "w.yaml"), RULES)
    expected = [
        *["key-missing"] * 4, *["type-wrong"] * 2, "value-malformed", "waiver-day", "waiver-rule-unknown",
    ]  # fmt: skip

    assert expected == sorted(problem.code for problem in problems)


@pytest.mark.parametrize(
    "text", ["waivers: 1\n", "- a\n", "waivers: [1]\n", "waivers: [{}]\n", "x: 1\n", "a", "{", "&a [*a]"]
)
def test_what_is_no_file_of_waivers(text: str) -> None:
    """Nothing but problems come of it."""
    waivers, problems = read_waivers(read_document(text, "w.yaml"), RULES)

    assert [] == waivers
    assert problems


def test_a_waiver_in_force_goes_before_one_that_is_not() -> None:
    """Whatever their order in the file; of two in force the one that holds longer is shown."""
    old, new, long = (
        waiver(rule="COL-02", resource="*", expires=day) for day in ("2026-01-01", "2026-12-01", "2027-12-01")
    )
    found = waive(report(finding(RULES[0], "a", "")), [old, long, new], SHANGHAI, acts=ACTS).findings[0]

    assert (long, True) == (found.waiver, found.waived)


def test_only_a_waiver_that_could_have_been_used_is_unused() -> None:
    """A rule that this command did not ask about needs its waiver elsewhere."""
    waivers = [
        waiver(rule="COL-02", resource="b", expires="2027-01-01"),
        waiver(rule="RET-*", resource="b", expires="2027-01-01"),
        waiver(rule="COL-*", resource="a", expires="2020-01-01"),
        waiver(rule="unparsed", file="b", expires="2027-01-01"),
    ]
    marked = waive(report(finding(RULES[0], "a", "")), waivers, SHANGHAI, acts=ACTS)

    assert ["COL-02", "unparsed"] == [note.args["rule"] for note in marked.notes]


def test_files_are_named_as_the_project_names_them() -> None:
    """Whatever folder the command ran in."""
    stated = waiver(rule="unparsed", file="db/a.sql", expires="2027-01-01")
    found = finding("unparsed", "x", "../p/db/a.sql")
    marked = waive(report(found), [stated], SHANGHAI, acts=ACTS, relative=lambda name: name.removeprefix("../p/"))

    assert [True] == [finding.waived for finding in marked.findings]


def test_an_empty_list_waives_nothing() -> None:
    """A file of no waivers is right and changes nothing."""
    waivers, problems = read_waivers(read_document("waivers: []\n", "w.yaml"), RULES)
    before = report(finding(RULES[0], "a", ""))

    assert ([], []) == (waivers, problems)
    assert before == waive(before, waivers, SHANGHAI, acts=ACTS)
