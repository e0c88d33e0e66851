"""The one JSON shape of reports and decisions, and the one order of findings. `schemas` describes both."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Final, cast

from .text import tool_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tutela.engine.errors import Lang, Location
    from tutela.engine.model import Access, Finding, Obligation, Reason, Report, TableEntry, Waiver

    from .writer import DecisionLike

DEPTH: Final = 32
"""Arguments of obligations nested deeper than this are shown as text."""

SHARED: Final = 1_000
"""How many reasons are remembered in words."""

_Place = tuple[int, str, int, int, str, str, str, str]


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by severity, place, rule and resource: the same findings always give the same bytes."""
    result: list[Finding] = []
    for _, group in groupby(sorted(findings, key=_place), key=_place):
        same = list(group)
        result += same if len(same) == 1 else sorted(same, key=repr)
    return result


def _place(finding: Finding) -> _Place:
    at = finding.location
    file, line, column = (at.file, at.line, at.column) if at else ("", 0, 0)
    rank, rule = finding.severity.rank, finding.rule
    return (rank, file, line, column, rule, finding.resource_type, finding.resource_id, finding.fingerprint)


def report_shape(report: Report, lang: Lang) -> dict[str, object]:
    """The report as JSON values (`schemas.REPORT_SCHEMA`); findings and inventory are made while they are read."""
    return {
        "tool": {"name": "tutela", "version": tool_version()},
        "command": report.command,
        "policies": {"digest": report.policies_digest},
        "as_of": report.as_of.isoformat(),
        "summary": {
            "findings": len(report.counting),
            "by_severity": report.by_severity(),
            "waived": report.waived,
            "unchanged": report.known,
            "absent": len(report.absent),
            "checked": report.checked,
            "unparsed": report.unparsed,
        },
        "findings": finding_shapes(ordered(report.findings), lang),
        "comparison": _comparison(report),
        "notes": [
            {"code": note.code, "message": note.message(lang), "location": _location(note.location)}
            for note in report.notes
        ],
        "inventory": map(_table, report.inventory),
    }


def _comparison(report: Report) -> dict[str, object] | None:
    if not report.compared_with:
        return None
    absent = [gone._asdict() for gone in report.absent]
    return {"with": report.compared_with, "changed": report.changed, "absent": absent}


def _table(table: TableEntry) -> dict[str, object]:
    columns = [
        {
            "name": column.name,
            "data_type": column.data_type,
            "category": column.category or None,
            "sensitive": column.sensitive,
            "confidence": column.confidence,
            "evidence": column.evidence,
        }
        for column in table.columns
    ]
    return {"dataset": table.dataset, "location": _location(table.location), "columns": columns}


def finding_shapes(findings: Sequence[Finding], lang: Lang) -> Iterator[dict[str, object]]:
    """Findings as JSON values; reasons that several findings share are put into words once."""
    told: dict[int, list[dict[str, object]]] = {}
    for finding in findings:  # they hold their reasons, so an id stays that of the same reasons
        reasons = told.get(id(finding.reasons))
        if reasons is None:
            if len(told) >= SHARED:
                told.clear()
            reasons = told[id(finding.reasons)] = [reason_shape(reason, lang) for reason in finding.reasons]
        yield _finding(finding, reasons, lang)


def finding_shape(finding: Finding, lang: Lang) -> dict[str, object]:
    """One finding as JSON values."""
    return _finding(finding, [reason_shape(reason, lang) for reason in finding.reasons], lang)


def _finding(finding: Finding, reasons: list[dict[str, object]], lang: Lang) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message.text(lang),
        "resource": {"type": finding.resource_type, "id": finding.resource_id},
        "location": _location(finding.location),
        "reasons": reasons,
        "access": access_shape(finding.access) if finding.access else None,
        "fingerprint": finding.fingerprint,
        "counts": finding.counts,
        "state": finding.state or None,
        "waiver": waiver_shape(finding.waiver, in_force=finding.waived) if finding.waiver else None,
    }


def access_shape(access: Access) -> dict[str, object]:
    """Who did something, when, with which columns and what for, as JSON values."""
    return {
        "account": access.account or None,
        "person": access.person or None,
        "at": access.at.isoformat() if access.at else None,
        "columns": list(access.columns),
        "exposed": list(access.exposed),
        "aggregated": list(access.aggregated),
        "written": list(access.written),
        "purpose": access.purpose or None,
        "request": access.request or None,
    }


def waiver_shape(waiver: Waiver, *, in_force: bool) -> dict[str, object]:
    """A waiver as JSON values."""
    return {
        "reason": waiver.reason,
        "owner": waiver.owner,
        "since": waiver.since.isoformat() if waiver.since else None,
        "expires": waiver.expires.isoformat(),
        "ticket": waiver.ticket or None,
        "in_force": in_force,
        "location": _location(waiver.location),
    }


def _location(location: Location | None) -> dict[str, object] | None:
    if location is None or not location.file:
        return None
    return {"file": location.file, "line": location.line or None, "column": location.column or None}


def reason_shape(reason: Reason, lang: Lang) -> dict[str, object]:
    """One reason as JSON values; several failing clauses are joined by `; `."""
    return {
        "rule": reason.rule,
        "message": reason.message.text(lang),
        "clause": "; ".join(map(str, reason.clauses)),
        "basis": list(map(str, reason.basis)),
        "remedy": reason.remedy.text(lang),
    }


def decision_shape(decision: DecisionLike, lang: Lang) -> dict[str, object]:
    """The decision as JSON values (`schemas.DECISION_SCHEMA`)."""
    return {
        "effect": decision.effect,
        "reasons": [reason_shape(reason, lang) for reason in decision.reasons],
        "obligations": [{"kind": duty.kind, "args": plain(duty.args)} for duty in decision.obligations],
        "missing": list(decision.missing),
        "errors": list(decision.errors),
        "policies": {"digest": decision.policies_digest},
        "as_of": decision.as_of.isoformat(),
    }


def plain(value: object, depth: int = DEPTH) -> object:
    """Turn a value that policies may hold into one that JSON can."""
    match value:
        case None | bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case date():
            return value.isoformat()
        case Mapping() if depth:
            pairs = cast("Mapping[object, object]", value)
            return {str(key): plain(item, depth - 1) for key, item in pairs.items()}
        case list() | tuple() | set() | frozenset() if depth:
            items = [plain(item, depth - 1) for item in cast("Iterable[object]", value)]
            return sorted(items, key=repr) if isinstance(value, set | frozenset) else items
        case _:  # text, the members of enumerations, NaN, and what is nested too deep
            return str(value)


def obligation_text(duty: Obligation) -> str:
    """An obligation on one line: `mask (columns = ["phone"], with = "*")`."""
    shown = (f"{name} = {json.dumps(plain(value), ensure_ascii=False)}" for name, value in duty.args.items())
    return f"{duty.kind} ({', '.join(shown)})" if duty.args else duty.kind
