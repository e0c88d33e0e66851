"""How decisions come about, on paper: trees of conditions, register entries, and what an allow needs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.decision import Decision
    from tutela.engine.errors import Lang
    from tutela.engine.explain import Trace
    from tutela.engine.model import Finding
    from tutela.engine.tree import Branch


WORDS: Final = {
    "denies": "拒绝", "allows": "允许", "does not apply": "不适用", "cannot be told": "无法判断",
    "all of": "以下全部", "any of": "以下任一",
    "true": "真", "false": "假", "unknown": "未知", "when": "当", "unless": "除非",
    "register entries used": "所用登记", "needed for an allow": "获准所需", "written in place": "就地写入",
}  # fmt: skip


def write_explanations(
    authorizer: Authorizer,
    decisions: Iterable[tuple[Decision, Sequence[Finding]]],
    format_: str,
    lang: Lang,
    *,
    everything: bool = False,
) -> None:
    """Write decisions, each with the findings that it led to, to the standard output; one JSON object when it is one.

    With `everything`, rules that do not apply are shown, too.
    """
    from tutela.engine.explain import explain
    from tutela.reports import write_decision
    from tutela.reports.json_document import write_document

    shapes: list[dict[str, Any]] = []
    for decision, findings in decisions:
        traces = [t for t in explain(authorizer, decision) if everything or t.outcome != "does not apply"]
        if format_ == "json":
            shapes.append(_document(authorizer, decision, traces, lang) | _found(findings, lang))
            continue
        for finding in findings:
            place = f"{finding.location} " if finding.location else ""
            _line(0, f"{place}{finding.rule} {finding.resource_type} {finding.resource_id} [{finding.fingerprint}]")
        write_decision(decision, "human", sys.stdout, lang)
        for trace in traces:
            _show(trace, lang)
        _show_rest(authorizer, decision, lang)
    if format_ == "json":
        write_document(shapes[0] if len(shapes) == 1 else shapes, sys.stdout)


def _found(findings: Sequence[Finding], lang: Lang) -> dict[str, Any]:
    """Which findings a decision is behind; nothing for a decision that was asked for itself."""
    from tutela.reports.shape import finding_shape

    return {"findings": [finding_shape(finding, lang) for finding in findings]} if findings else {}


def _document(authorizer: Authorizer, decision: Decision, traces: list[Trace], lang: Lang) -> dict[str, Any]:
    from tutela.engine.explain import entries, needed
    from tutela.reports.shape import decision_shape

    return {
        **decision_shape(decision, lang),
        "rules": [_shape(trace) for trace in traces],
        "entries": [
            {"register": used.register, "id": used.id, "location": str(used.location) if used.location else None}
            for used in entries(authorizer, decision)
        ],
        "needed": [
            {"rule": need.rule, "needs": list(need.needs), "remedy": need.remedy.text(lang)}
            for need in needed(authorizer, decision)
        ],
    }


def _shape(trace: Trace) -> dict[str, Any]:
    return {
        "rule": trace.rule.id,
        "variant": trace.rule.variant or None,
        "effect": trace.rule.effect,
        "outcome": trace.outcome,
        "location": str(trace.rule.location),
        "when": _branch(trace.when),
        "unless": _branch(trace.unless),
    }


def _branch(branch: Branch | None) -> dict[str, Any] | None:
    if branch is None:
        return None
    return {
        "text": branch.text,
        "value": branch.value,
        "values": dict(branch.values),
        "parts": [_branch(part) for part in branch.branches],
    }


def _show(trace: Trace, lang: Lang) -> None:
    name = trace.rule.id + (f" ({trace.rule.variant})" if trace.rule.variant else "")
    _line(2, f"{name}: {_say(trace.outcome, lang)}  [{trace.rule.location}]")
    for word, branch in (("when", trace.when), ("unless", trace.unless)):
        if branch is not None:
            _line(4, f"{_say(word, lang)}:")
            _show_branch(branch, 6, lang)


def _show_branch(branch: Branch, indent: int, lang: Lang) -> None:
    value = "unknown" if branch.value is None else str(branch.value).lower()
    text = _say(branch.joined, lang) if branch.joined and branch.branches else branch.text
    _line(indent, f"{text}  = {_say(value, lang)}")
    for path, shown in branch.values:
        if path != branch.text:
            _line(indent + 4, f"{path} = {shown}")
    for part in branch.branches:
        _show_branch(part, indent + 2, lang)


def _show_rest(authorizer: Authorizer, decision: Decision, lang: Lang) -> None:
    from tutela.engine.explain import entries, needed

    used = entries(authorizer, decision)
    if used:
        _line(2, f"{_say('register entries used', lang)}:")
        for entry in used:
            place = str(entry.location) if entry.location else ""
            _line(4, f"{entry.register} {entry.id}  {place}".rstrip())
    needs = needed(authorizer, decision)
    if needs:
        _line(2, f"{_say('needed for an allow', lang)}:")
        for need in needs:
            what = f" [{', '.join(need.needs)}]" if need.needs else ""
            _line(4, f"{need.rule}{what}: {need.remedy.text(lang)}")


def _say(word: str, lang: Lang) -> str:
    return WORDS.get(word, word) if lang == "zh" else word


def _line(indent: int, text: str) -> None:
    from tutela.reports.text import visible

    click.echo(visible(" " * indent + text))
