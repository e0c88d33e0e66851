"""The format `github`: workflow commands that GitHub Actions shows as annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

from tutela.engine.model import Severity

from .kinds import with_kind
from .shape import ordered
from .text import file_of, live, resource_name, visible
from .words import counts, labelled, waiver_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.errors import Lang
    from tutela.engine.model import Finding, Report

    from .writer import Options

COMMANDS: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write a workflow command for each finding that counts, then the counts as a plain line of the log."""
    stream.writelines(_command(finding, options.lang) + "\n" for finding in ordered(report.counting))
    stream.write(counts(report, options.lang) + "\n")


def _command(finding: Finding, lang: Lang) -> str:
    properties: dict[str, str] = {}
    at = finding.location
    if at and at.file and not live(finding):
        properties["file"] = file_of(finding)
        properties |= {"line": str(at.line)} if at.line else {}
        properties |= {"col": str(at.column)} if at.line and at.column else {}
    properties["title"] = f"{finding.rule} ({with_kind(finding.resource_type, resource_name(finding), lang)})"
    lines = [visible(finding.message.text(lang))]
    for reason in finding.reasons:
        if reason.rule != finding.rule:
            lines.append(labelled("also", visible(f"{reason.rule} {reason.message.text(lang)}"), lang))
        lines += [labelled("why", visible(str(clause)), lang) for clause in reason.clauses]
        if remedy := reason.remedy.text(lang):
            lines.append(labelled("remedy", visible(remedy), lang))
    if finding.waiver:
        lines.append(labelled("waiver", waiver_text(finding.waiver, lang, holds=False), lang))
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{COMMANDS[finding.severity]} {shown}::{_data(chr(10).join(lines))}"


def _data(text: str) -> str:
    """Escape a message the way the runner's own toolkit does."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape the value of a property, which also ends at a colon or a comma."""
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
