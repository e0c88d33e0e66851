"""The format `gitlab`: a code quality report for GitLab merge requests."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, TextIO

from tutela.engine.model import Severity

from .json_document import write_list
from .kinds import with_kind
from .shape import ordered
from .text import file_of, resource_name, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tutela.engine.errors import Lang
    from tutela.engine.model import Finding, Report

    from .writer import Options

SEVERITIES: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write one issue for each finding that counts: the format has no word for the others."""
    write_list(_issues(report, options.lang), stream)


def _issues(report: Report, lang: Lang) -> Iterator[dict[str, object]]:
    seen: dict[str, int] = {}
    for finding in ordered(report.counting):
        number = seen[finding.fingerprint] = seen.get(finding.fingerprint, 0) + 1
        yield _issue(finding, number, lang)


def _issue(finding: Finding, number: int, lang: Lang) -> dict[str, object]:
    what = visible(with_kind(finding.resource_type, resource_name(finding), lang))
    return {
        # All that the widget shows beside the path and the line, which several columns may share.
        "description": f"{visible(finding.message.text(lang))} ({what})",
        "check_name": finding.rule,
        "fingerprint": _fingerprint(finding, number),
        "severity": SEVERITIES[finding.severity],
        "location": {
            # GitLab drops an issue without a path and a line.
            "path": file_of(finding) or visible(f"{finding.resource_type}/{finding.resource_id}"),
            "lines": {"begin": (finding.location.line if finding.location else 0) or 1},
        },
    }


def _fingerprint(finding: Finding, number: int) -> str:
    """GitLab shows one issue of each fingerprint: the second and later ones get their own."""
    if number == 1:
        return finding.fingerprint
    return sha256(f"{finding.fingerprint}:{number}".encode()).hexdigest()[:32]
