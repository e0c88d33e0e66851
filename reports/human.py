"""The format `human`: for a terminal, grouped by file, with every failing clause, its basis and its remedy.

Texts reach the terminal as `rich.text.Text` after `visible`: neither markup nor escape sequences in data act.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

from rich.console import Console
from rich.text import Text

from tutela.engine.model import Severity

from .kinds import with_kind
from .shape import obligation_text, ordered
from .text import live, resource_name, visible
from .words import access_text, colon, counts, label, labelled, provenance, severity_word, waiver_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tutela.engine.errors import Lang
    from tutela.engine.model import Finding, Reason, Report

    from .writer import DecisionLike, Options

STYLES: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "blue",
}
GONE: Final = 20
"""How many findings that are gone are named."""
NARROWEST: Final = 24
"""Text is folded no narrower than this, even where the terminal is."""

_Part = tuple[str, str]
"""A text and its style."""


class _Page(NamedTuple):
    """A console, and whether lines are folded: only for a reader who has a width, never for a pipe."""

    console: Console
    fold: bool
    lang: Lang

    def put(self, indent: int, parts: Iterable[_Part]) -> None:
        """Write one line of parts, folded with a hanging indent."""
        space = " " * indent
        if not self.fold and self.console.color_system is None:  # rich takes its time, and has nothing to add
            self.console.file.write(f"{space}{''.join(text for text, _ in parts)}\n")
            return
        line = Text.assemble(*parts)
        width = max(NARROWEST, self.console.width - indent)
        fits = not self.fold or line.cell_len <= width
        for piece in [line] if fits else line.wrap(self.console, width):
            self.console.print(Text(space) + piece, soft_wrap=True)

    def detail(self, key: str, text: str, indent: int = 6) -> None:
        """Write a labelled line, by default under a finding or a reason."""
        self.put(indent, [(label(key, self.lang) + colon(self.lang), "dim"), (visible(text), "")])


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write the findings, file by file in the order of their worst finding, then the counts."""
    page = _page(stream, options)
    files: dict[str, list[Finding]] = {}
    for finding in ordered(report.counting):
        files.setdefault(finding.location.file if finding.location else "", []).append(finding)
    for file, findings in files.items():
        page.put(0, [(visible(file) or label("no-file", options.lang), "bold underline")])
        for finding in findings:
            _put_finding(page, finding)
        page.put(0, [])
    _put_accepted(page, report)
    style = "bold green" if report.checked and not report.counting else "bold"
    page.put(0, [(counts(report, options.lang), style)])
    source = provenance(report.command, report.policies_digest, report.as_of.isoformat(), options.lang)
    page.put(0, [(source, "dim")])


def _put_accepted(page: _Page, report: Report) -> None:
    """Write what is waived, with its waivers, and what is gone."""
    waived = [finding for finding in ordered(report.findings) if finding.waived]
    if waived:
        page.put(0, [(label("waived", page.lang), "bold underline")])
    for finding in waived:
        place = f"{finding.location} " if finding.location and finding.location.file else ""
        what = f"{visible(finding.rule)} {visible(with_kind(finding.resource_type, resource_name(finding), page.lang))}"
        page.put(2, [(visible(place), ""), (what, "bold")])
        if finding.waiver:
            page.detail("waiver", waiver_text(finding.waiver, page.lang))
    if waived:
        page.put(0, [])
    if report.absent:
        head = labelled("absent", f"{label('compared', page.lang)} {visible(report.compared_with)}", page.lang)
        page.put(0, [(head, "bold underline")])
    for gone in report.absent[:GONE]:
        page.put(2, [(f"{visible(gone.rule)} {visible(gone.resource)}", "")])
    if len(report.absent) > GONE:
        page.put(2, [(label("more", page.lang).format(len(report.absent) - GONE), "dim")])
    if report.absent:
        page.put(0, [])


def write_decision(decision: DecisionLike, stream: TextIO, options: Options) -> None:
    """Write the effect, every reason, and what must be done or is missing."""
    page = _page(stream, options)
    allowed = decision.allowed
    page.put(0, [(label("allow" if allowed else "deny", page.lang), "bold green" if allowed else "bold red")])
    for reason in decision.reasons:
        _put_head(page, reason.severity, reason.rule, reason.message.text(page.lang))
        _put_reason(page, reason)
    for duty in decision.obligations:
        page.detail("obligation", obligation_text(duty), 2)
    for name in decision.missing:
        page.detail("missing", name, 2)
    for error in decision.errors:
        page.detail("error", error, 2)
    page.put(0, [(provenance("", decision.policies_digest, decision.as_of.isoformat(), page.lang), "dim")])


def _page(stream: TextIO, options: Options) -> _Page:
    color = False if options.color is None and os.environ.get("NO_COLOR") else options.color
    console = Console(
        file=stream,
        force_terminal=True if color else None,
        no_color=False if color else None,
        color_system="auto" if color is None else "standard" if color else None,
        markup=False,
        emoji=False,
        highlight=False,
    )
    tty = getattr(stream, "isatty", bool)()
    return _Page(console, bool(tty or os.environ.get("COLUMNS")), options.lang)


def _put_finding(page: _Page, finding: Finding) -> None:
    message = finding.message.text(page.lang)
    place = ""
    if finding.location and finding.location.line:
        place = ":".join(str(number) for number in (finding.location.line, finding.location.column) if number) + " "
    elif live(finding):
        place = visible(resource_name(finding)) + " "
    _put_head(page, finding.severity, finding.rule, message, place)
    if not live(finding):
        page.detail("resource", with_kind(finding.resource_type, finding.resource_id, page.lang))
    if finding.access:
        page.detail("access", access_text(finding.access, page.lang))
    for reason in finding.reasons:
        if (reason.rule, reason.message.text(page.lang)) != (finding.rule, message):
            page.detail("also", f"{reason.rule}{colon(page.lang)}{reason.message.text(page.lang)}")
        _put_reason(page, reason)
    if finding.waiver:
        page.detail("waiver", waiver_text(finding.waiver, page.lang, holds=False))


def _put_head(page: _Page, severity: Severity, rule: str, message: str, place: str = "") -> None:
    word = (severity_word(severity, page.lang), STYLES[severity])
    page.put(2, [(place, ""), word, (f" {visible(rule)} ", "bold"), (visible(message), "")])


def _put_reason(page: _Page, reason: Reason) -> None:
    for clause in reason.clauses:
        page.detail("why", str(clause))
    if reason.basis:
        page.detail("basis", "; ".join(str(basis) for basis in reason.basis))
    if remedy := reason.remedy.text(page.lang):
        page.detail("remedy", remedy)
