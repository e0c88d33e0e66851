"""The format `sarif`: SARIF 2.1.0 for code scanning services and editors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TextIO

from tutela.engine.model import Severity

from .json_document import write_around
from .shape import access_shape, ordered, reason_shape, waiver_shape
from .text import file_of, resource_name, tool_version, uri_of
from .words import labelled, waiver_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tutela.engine.errors import Lang
    from tutela.engine.model import Finding, Reason, Report, Waiver

    from .writer import Options

LEVELS: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
SCORES: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.1",
}
"""GitHub orders alerts by `security-severity` and names them critical, high, medium and low after it."""

MARGIN: Final = " " * 6
"""How far the results stand in."""
_PLACEHOLDER: Final = re.compile(r"\{(\d+)\}")


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write the report as one run."""
    findings = ordered(report.findings)
    rules = {finding.rule: number for number, finding in enumerate(_first_of_each_rule(findings))}
    driver = {
        "name": "tutela",
        "version": tool_version(),
        "rules": [_rule(finding, options.lang) for finding in _first_of_each_rule(findings)],
    }
    run: dict[str, object] = {
        "tool": {"driver": driver},
        "language": "zh-CN" if options.lang == "zh" else "en-US",
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"tutela/{report.command}/"},
        "results": [],
        "properties": {
            "command": report.command,
            "policiesDigest": report.policies_digest,
            "asOf": report.as_of.isoformat(),
            "checked": report.checked,
            "unparsed": report.unparsed,
            "waived": report.waived,
            # As results they would be open alerts: GitHub does not read `baselineState`.
            "absent": [gone._asdict() for gone in report.absent],
        },
    }
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    results = (_result(finding, rules[finding.rule], options.lang) for finding in findings)
    write_around(document, "results", results, stream, MARGIN)


def _first_of_each_rule(findings: Sequence[Finding]) -> list[Finding]:
    """The worst finding of each rule, in the order of the rules' names; `findings` come worst first."""
    worst: dict[str, Finding] = {}
    for finding in findings:
        worst.setdefault(finding.rule, finding)
    return [worst[rule] for rule in sorted(worst)]


def _rule(finding: Finding, lang: Lang) -> dict[str, object]:
    number, _, slug = finding.rule.partition(".")
    title = f"{number}: {slug.replace('-', ' ')}" if slug else finding.rule.replace("-", " ")
    severity = finding.severity
    return {
        "id": finding.rule,
        "shortDescription": {"text": _message(title)},
        "help": {"text": _message(_help(finding, lang) or title)},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {
            "severity": severity.value,
            "security-severity": SCORES[severity],
            "tags": ["security", "privacy"],
        },
    }


def _help(finding: Finding, lang: Lang) -> str:
    """The remedy and the basis of the rule itself, not of the others that failed with it."""
    own = [reason for reason in finding.reasons if reason.rule == finding.rule]
    lines = [labelled("remedy", remedy, lang) for reason in own if (remedy := reason.remedy.text(lang))]
    lines += [labelled("basis", basis, lang) for reason in own if (basis := _basis(reason))]
    return "\n".join(dict.fromkeys(lines))


def _basis(reason: Reason) -> str:
    return "; ".join(str(basis) for basis in reason.basis)


def _result(finding: Finding, rule_index: int, lang: Lang) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": LEVELS[finding.severity],
        "message": {"text": _message(finding.message.text(lang))},
        "locations": [_location(finding)],
        # GitHub follows an alert by the first one only.
        "partialFingerprints": {
            "primaryLocationLineHash": finding.fingerprint,
            "tutela/v1": finding.fingerprint,
        },
        "properties": {
            "severity": finding.severity.value,
            "resource": {"type": finding.resource_type, "id": finding.resource_id},
            "reasons": [reason_shape(reason, lang) for reason in finding.reasons],
            **({"access": access_shape(finding.access)} if finding.access else {}),
        },
    }
    if finding.state:
        result["baselineState"] = finding.state
    if finding.waiver and finding.waived:
        result["suppressions"] = [_suppression(finding.waiver, lang)]
    elif finding.waiver:
        result["message"] = {"text": _message(_lapsed(finding, finding.waiver, lang))}
    return result


def _suppression(waiver: Waiver, lang: Lang) -> dict[str, object]:
    return {
        "kind": "external",
        "status": "accepted",
        "justification": waiver_text(waiver, lang),
        "properties": waiver_shape(waiver, in_force=True),
    }


def _lapsed(finding: Finding, waiver: Waiver, lang: Lang) -> str:
    return f"{finding.message.text(lang)}\n{labelled('waiver', waiver_text(waiver, lang, holds=False), lang)}"


def _location(finding: Finding) -> dict[str, object]:
    name: dict[str, object] = {"fullyQualifiedName": resource_name(finding), "kind": finding.resource_type}
    at, path = finding.location, file_of(finding)
    region = {"startLine": 1}
    if at and path and "://" not in path:
        artifact = _artifact(path)
        region = {"startLine": at.line or 1} | ({"startColumn": at.column} if at.line and at.column else {})
    else:  # GitHub takes no result without a path and a line, not even one of a live database
        artifact = _artifact(f"{finding.resource_type}/{finding.resource_id}")
    return {"logicalLocations": [name], "physicalLocation": {"artifactLocation": artifact, "region": region}}


def _artifact(path: str) -> dict[str, object]:
    uri = uri_of(path)
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _message(text: str) -> str:
    """Keep text plain: in SARIF messages `{0}` is a placeholder and `[text](target)` a link."""
    if "](" in text:
        text = text.replace("[", "\\[").replace("]", "\\]")
    return _PLACEHOLDER.sub(r"{{\1}}", text)
