"""`tutela explain`: how a decision comes about."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from .options import as_of_option, instant, project_options

if TYPE_CHECKING:
    from datetime import datetime

    from tutela.engine.errors import Lang
    from tutela.engine.explain import Trace

    from .options import Setup

WORDS: Final = {
    "denies": "拒绝", "allows": "允许", "does not apply": "不适用", "cannot be told": "无法判断",
    "true": "真", "false": "假", "unknown": "未知", "wanted": "应为",
}  # fmt: skip


@click.command("explain")
@click.argument("requests", nargs=-1, type=click.Path(path_type=Path))
@as_of_option
@click.option("--format", "-f", "format_", type=click.Choice(["human", "json"]), default="human", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Also show rules that do not apply.")
@project_options
def command(
    requests: tuple[Path, ...],
    as_of: datetime | None,
    format_: str,
    everything: bool,
    setup: Setup,
) -> int:
    """Show for each request in REQUESTS every rule that has a say, its clauses and the (masked) values they read."""
    from tutela.engine.explain import explain
    from tutela.project import load_authorizer
    from tutela.reports import write_decision
    from tutela.reports.json_document import write_document
    from tutela.reports.shape import decision_shape

    from .requests import read_requests

    asked = read_requests(requests or (Path("-"),), instant(as_of))
    if not asked:
        raise click.UsageError("no request in the input")
    authorizer = load_authorizer(setup.project)
    decisions = authorizer.decide_many(asked)
    stdout = sys.stdout
    shapes: list[dict[str, Any]] = []
    for decision in decisions:
        traces = [
            t
            for t in explain(authorizer, decision)
            if everything or t.outcome != "does not apply" or not decision.allowed
        ]
        if format_ == "json":
            shapes.append({**decision_shape(decision, setup.lang), "rules": [_shape(trace) for trace in traces]})
        else:
            write_decision(decision, "human", stdout, setup.lang)
            for trace in traces:
                _show(trace, setup.lang)
    if format_ == "json":
        write_document(shapes[0] if len(shapes) == 1 else shapes, stdout)
    return 0 if all(decision.allowed for decision in decisions) else 1


def _shape(trace: Trace) -> dict[str, Any]:
    return {
        "rule": trace.rule.id,
        "variant": trace.rule.variant or None,
        "effect": trace.rule.effect,
        "outcome": trace.outcome,
        "location": str(trace.rule.location),
        "clauses": [
            {"text": c.text, "value": c.value, "wanted": c.wanted, "values": dict(c.values)} for c in trace.clauses
        ],
    }


def _show(trace: Trace, lang: Lang) -> None:
    from tutela.reports.text import visible

    def say(word: str) -> str:
        return WORDS.get(word, word) if lang == "zh" else word

    name = trace.rule.id + (f" ({trace.rule.variant})" if trace.rule.variant else "")
    click.echo(visible(f"  {name}: {say(trace.outcome)}  [{trace.rule.location}]"))
    for clause in trace.clauses:
        value = "unknown" if clause.value is None else str(clause.value).lower()
        mark = "  " if clause.value is clause.wanted else "✗ "
        click.echo(visible(f"    {mark}{clause.text}  = {say(value)}"))
        for path, shown in clause.values:
            click.echo(visible(f"         {path} = {shown}"))
