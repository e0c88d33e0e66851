"""The format `markdown`: a table for a comment on a change, a wiki or a mail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TextIO

from .kinds import with_kind
from .shape import obligation_text, ordered
from .text import resource_name, visible
from .words import access_text, counts, label, labelled, provenance, severity_word, waiver_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tutela.engine.errors import Lang
    from tutela.engine.model import Finding, Reason, Report

    from .writer import DecisionLike, Options

_COLUMNS: Final = ("severity", "rule", "location", "resource", "message", "why", "remedy")
_SPECIAL: Final = re.compile(r"[\\`*_{}\[\]()#+!|~$]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write the counts, the provenance and one row for each finding."""
    lang = options.lang
    source = provenance(report.command, report.policies_digest, report.as_of.isoformat(), lang)
    stream.write(f"## tutela {escape(report.command)}\n\n**{counts(report, lang)}**\n\n{escape(source)}\n")
    if report.counting:
        told = any(finding.access for finding in report.counting)
        columns = (*_COLUMNS[:3], "access", *_COLUMNS[3:]) if told else _COLUMNS
        rows = (_finding_cells(finding, lang, told=told) for finding in ordered(report.counting))
        _write_table(columns, rows, stream, lang)
    waived = [finding for finding in ordered(report.findings) if finding.waived]
    if waived:
        stream.write(f"\n### {label('waived', lang)}\n")
        _write_table(("rule", "location", "resource", "waiver"), (_waived_cells(f, lang) for f in waived), stream, lang)
    if report.absent:
        stream.write(f"\n### {label('absent', lang)}\n\n")
        stream.writelines(f"- {escape(gone.rule)} {escape(gone.resource)}\n" for gone in report.absent)


def write_decision(decision: DecisionLike, stream: TextIO, options: Options) -> None:
    """Write the effect, one row for each reason, and lists of obligations, missing attributes and errors."""
    lang = options.lang
    source = provenance("", decision.policies_digest, decision.as_of.isoformat(), lang)
    stream.write(f"## {label(decision.effect, lang)}\n\n{escape(source)}\n")
    if decision.reasons:
        columns = ("severity", "rule", "message", "why", "basis", "remedy")
        _write_table(columns, (_reason_cells(reason, lang) for reason in decision.reasons), stream, lang)
    items = [labelled("obligation", escape(obligation_text(duty)), lang) for duty in decision.obligations]
    items += [labelled("missing", escape(name), lang) for name in decision.missing]
    items += [labelled("error", escape(error), lang) for error in decision.errors]
    if items:
        stream.write("\n" + "".join(f"- {item}\n" for item in items))


def escape(text: str) -> str:
    """Keep text plain in Markdown and in table cells: no markup, HTML, links or mentions come of it."""
    escaped = _SPECIAL.sub(r"\\\g<0>", visible(text))
    for char, entity in _ENTITIES.items():
        escaped = escaped.replace(char, entity)
    escaped = re.sub(r"(?i)(www|https?|ftp|mailto)([.:])", r"\1\\\2", escaped)
    return escaped.replace("@", "@\u200b")


def _write_table(columns: Iterable[str], rows: Iterable[list[str]], stream: TextIO, lang: Lang) -> None:
    heads = [label(key, lang) for key in columns]
    stream.write(f"\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n")
    stream.writelines(f"| {' | '.join(cells)} |\n" for cells in rows)


def _waived_cells(finding: Finding, lang: Lang) -> list[str]:
    return [
        escape(finding.rule),
        escape(str(finding.location)) if finding.location else "",
        escape(with_kind(finding.resource_type, resource_name(finding), lang)),
        escape(waiver_text(finding.waiver, lang)) if finding.waiver else "",
    ]


def _finding_cells(finding: Finding, lang: Lang, *, told: bool) -> list[str]:
    remedies = [reason.remedy.text(lang) for reason in finding.reasons]
    if finding.waiver:
        remedies.append(labelled("waiver", waiver_text(finding.waiver, lang, holds=False), lang))
    return [
        severity_word(finding.severity, lang),
        escape(finding.rule),
        escape(str(finding.location)) if finding.location else "",
        *([escape(access_text(finding.access, lang)) if finding.access else ""] if told else ()),
        escape(with_kind(finding.resource_type, resource_name(finding), lang)),
        escape(finding.message.text(lang)),
        _why(finding.reasons),
        _lines(remedies),
    ]


def _reason_cells(reason: Reason, lang: Lang) -> list[str]:
    return [
        severity_word(reason.severity, lang),
        escape(reason.rule),
        escape(reason.message.text(lang)),
        _why([reason]),
        _lines(str(basis) for basis in reason.basis),
        escape(reason.remedy.text(lang)),
    ]


def _why(reasons: Iterable[Reason]) -> str:
    return _lines(str(clause) for reason in reasons for clause in reason.clauses)


def _lines(texts: Iterable[str]) -> str:
    """Join different texts in one cell, one a line."""
    return "<br>".join(dict.fromkeys(escape(text) for text in texts if text))
