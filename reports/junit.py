"""The format `junit`: a failing test case for each finding, for services that show test results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .shape import ordered
from .text import file_of, resource_name, visible
from .words import counts, label, labelled, severity_word, waiver_text

if TYPE_CHECKING:
    from tutela.engine.errors import Lang
    from tutela.engine.model import Finding, Report

    from .writer import Options


DEPTH: Final = 2
"""Elements that a test case stands in."""


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write one suite; a report without findings is one passing case."""
    count = len(report.counting)
    totals = {
        "tests": str(len(report.findings) or 1),
        "failures": str(count),
        "errors": "0",
        "skipped": str(len(report.findings) - count),
    }
    root = Element("testsuites", {"name": "tutela", **totals})
    suite = SubElement(root, "testsuite", {"name": f"tutela {visible(report.command)}", **totals})
    properties = SubElement(suite, "properties")
    for name, value in (
        ("policies.digest", report.policies_digest),
        ("as_of", report.as_of.isoformat()),
        ("checked", str(report.checked)),
        ("unparsed", str(report.unparsed)),
    ):
        SubElement(properties, "property", {"name": name, "value": visible(value)})
    if not report.findings:
        SubElement(suite, "testcase", {"classname": "tutela", "name": visible(report.command)})
    SubElement(suite, "system-out").text = counts(report, options.lang)
    indent(root)
    # Cases go in one by one: all of them as elements would take kilobytes each.
    before, end, after = tostring(root, encoding="unicode").partition("</properties>")
    stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{before}{end}')
    for finding in ordered(report.findings):
        case = _case(finding, options.lang)
        indent(case, level=DEPTH)
        stream.write(f"\n{'  ' * DEPTH}{tostring(case, encoding='unicode')}")
    stream.write(f"{after}\n")


def _case(finding: Finding, lang: Lang) -> Element:
    name = visible(f"{finding.resource_type} {resource_name(finding)}")
    case = Element("testcase", {"classname": visible(finding.rule), "name": name})
    at = finding.location
    if at and at.file:
        case.set("file", visible(file_of(finding)))
        if at.line:
            case.set("line", str(at.line))
    message = visible(finding.message.text(lang))
    if not finding.counts:
        holds = finding.waived and finding.waiver
        SubElement(case, "skipped", {"message": waiver_text(holds, lang) if holds else label("known", lang)})
        return case
    failure = SubElement(case, "failure", {"type": finding.severity.value, "message": message})
    lines = [f"{severity_word(finding.severity, lang)} {visible(finding.rule)} {message}"]
    if at and at.file:
        lines.append(labelled("location", visible(str(at)), lang))
    for reason in finding.reasons:
        if reason.rule != finding.rule:
            lines.append(labelled("also", visible(f"{reason.rule} {reason.message.text(lang)}"), lang))
        lines += [labelled("why", visible(str(clause)), lang) for clause in reason.clauses]
        lines += [labelled("basis", visible(str(basis)), lang) for basis in reason.basis]
        if remedy := reason.remedy.text(lang):
            lines.append(labelled("remedy", visible(remedy), lang))
    if finding.waiver:
        lines.append(labelled("waiver", waiver_text(finding.waiver, lang, holds=False), lang))
    failure.text = "\n".join(lines)
    return case
