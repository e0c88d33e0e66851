"""The format `csv`: one finding a row, for spreadsheets; no cell is ever taken for a formula."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final, TextIO

from .shape import ordered
from .text import file_of, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tutela.engine.errors import Lang
    from tutela.engine.model import Access, Finding, Report

    from .writer import Options

COLUMNS: Final = (
    "severity", "rule", "file", "line", "column", "resource_type", "resource", "message", "why", "basis", "remedy",
    "counts", "state", "waiver_reason", "waiver_owner", "waiver_expires", "waiver_in_force", "account", "person", "at",
    "columns", "exposed", "aggregated", "written", "purpose", "request", "fingerprint",
    "command", "policies", "as_of",
)  # fmt: skip
MARK: Final = "\ufeff"
"""Without a byte order mark, spreadsheets take UTF-8 for something else."""
FORMULA: Final = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""What a formula starts with, in wide forms, too."""


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write the names of the columns, then every finding, those that do not count as well."""
    stream.write(MARK)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    tail = [report.command, report.policies_digest, report.as_of.isoformat()]
    for finding in ordered(report.findings):
        writer.writerow([cell(text) for text in (*_texts(finding, options.lang), *tail)])


def cell(text: str) -> str:
    """A text that a spreadsheet shows as it is: what would start a formula gets an apostrophe in front."""
    shown = visible(text)
    return f"'{shown}" if shown.lstrip()[:1] in FORMULA and shown.strip() else shown


def _texts(finding: Finding, lang: Lang) -> list[str]:
    at, waiver, reasons, access = finding.location, finding.waiver, finding.reasons, finding.access
    return [
        finding.severity.value,
        finding.rule,
        file_of(finding),
        str(at.line or "") if at else "",
        str(at.column or "") if at else "",
        finding.resource_type,
        finding.resource_id,
        finding.message.text(lang),
        _joined(str(clause) for reason in reasons for clause in reason.clauses),
        _joined(str(basis) for reason in reasons for basis in reason.basis),
        _joined(reason.remedy.text(lang) for reason in reasons),
        _flag(finding.counts),
        finding.state,
        waiver.reason if waiver else "",
        waiver.owner if waiver else "",
        waiver.expires.isoformat() if waiver else "",
        _flag(finding.waived) if waiver else "",
        access.account if access else "",
        access.person if access else "",
        access.at.isoformat() if access and access.at else "",
        *_columns(access),
        access.purpose if access else "",
        access.request if access else "",
        finding.fingerprint,
    ]


def _columns(access: Access | None) -> list[str]:
    """The columns that were touched; those of them that were shown, shown in aggregates alone, written."""
    if access is None:
        return [""] * 4
    return ["; ".join(names) for names in (access.columns, access.exposed, access.aggregated, access.written)]


def _flag(value: object) -> str:
    return "true" if value else "false"


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))
