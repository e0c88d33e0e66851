"""Baselines: what is known already does not count; what is new does, and what is gone is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .errors import Location, Problem
from .model import UNPARSED, Absent
from .plain import is_map
from .shapes import ANY_TEXT, TEXT, entry, items
from .validation import place, validate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .documents import Document
    from .model import Finding, Report, State

VERSION: Final = 1
SCHEMA: Final[dict[str, object]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:tutela:schema:baseline:1",
    "title": "baseline",
    **entry(
        "version command policies findings",
        version={"type": "integer"},
        command=TEXT,
        policies=TEXT,
        findings=items(
            entry(
                "fingerprint rule resource",
                fingerprint={"type": "string", "pattern": "^[0-9a-f]{32}$"},
                rule=TEXT,
                resource=ANY_TEXT,
            )
        ),
    ),
}
"""The shape of a baseline; a fingerprint stands as often as it was found."""


class Baseline(NamedTuple):
    """The findings of an earlier run: no more than what tells them apart."""

    command: str
    policies: str
    findings: tuple[Absent, ...]


def baseline_of(report: Report) -> dict[str, object]:
    """The baseline of a report as JSON values in a stable order; what is waived stays with its waiver."""
    found = sorted(_entry(finding) for finding in report.findings if not finding.waived)
    shown = [{"fingerprint": e.fingerprint, "rule": e.rule, "resource": e.resource} for e in found]
    return {"version": VERSION, "command": report.command, "policies": report.policies_digest, "findings": shown}


def read_baseline(document: Document, command: str) -> tuple[Baseline, list[Problem]]:
    """The baseline in a document, and everything wrong with it."""
    data: Any = document.data
    version: Any = data.get("version", VERSION) if is_map(data) else VERSION
    problems = [*document.problems]
    if not problems and type(version) is int and version != VERSION:
        problems = [place(document, ["version"], "baseline-version", found=version, wanted=VERSION)]
    problems = problems or validate(document, SCHEMA, "baseline")
    if not problems and data["command"] != command:
        problems = [place(document, ["command"], "baseline-command", found=data["command"], wanted=command)]
    if problems:
        return Baseline("", "", ()), problems
    entries = tuple(Absent(e["rule"], e["resource"], e["fingerprint"]) for e in data["findings"])
    return Baseline(data["command"], data["policies"], entries), []


def compare_baseline(report: Report, baseline: Baseline, name: str) -> Report:
    """Mark what the baseline has; a baseline of other policies is noted."""
    compared = compare(report, baseline.findings, name)
    if baseline.policies == report.policies_digest:
        return compared
    args = {"found": baseline.policies[:19]}
    note = Problem(code="baseline-other-policies", location=Location(name), args=args)
    return replace(compared, notes=(*compared.notes, note))


def compare_reports(report: Report, before: Report, name: str) -> Report:
    """Mark what an earlier state of the same things had already."""
    return compare(report, [_entry(finding) for finding in before.findings], name)


def compare(report: Report, before: Iterable[Absent], name: str) -> Report:
    """Mark each finding as new or unchanged and list those that are gone; a finding twice needs two before."""
    entries = list(before)
    left = Counter(map(_key, entries))
    findings: list[Finding] = []
    for finding in report.findings:
        key = _key(_entry(finding))
        known = left[key] > 0
        left[key] -= known
        # What another comparison knows already stays known.
        state: State = "unchanged" if known or finding.state == "unchanged" else "new"
        findings.append(finding._replace(state=state))
    gone: list[Absent] = []
    for item in entries:
        if left[_key(item)] > 0:
            left[_key(item)] -= 1
            gone.append(item)
    names = ", ".join(part for part in (report.compared_with, name) if part)
    absent = tuple(sorted({*report.absent, *gone}))
    return replace(report, findings=tuple(findings), absent=absent, compared_with=names)


def _key(entry: Absent) -> tuple[str, str, str]:
    """What makes an entry the same finding: all that a reader sees of it, but for the folder of a file."""
    return entry.rule, "" if entry.rule == UNPARSED else entry.resource, entry.fingerprint


def _entry(finding: Finding) -> Absent:
    return Absent(finding.rule, f"{finding.resource_type} {finding.resource_id}", finding.fingerprint)
