"""`tutela rules`: list the rules."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .options import project_options

if TYPE_CHECKING:
    from .options import Setup


@click.command("rules")
@click.option("--format", "-f", "format_", type=click.Choice(["human", "json"]), default="human", show_default=True)
@project_options
def command(format_: str, setup: Setup) -> int:
    """List every rule: id, effect, kind, severity and title."""
    from tutela.project import load_policies_of
    from tutela.reports.json_document import write_document
    from tutela.reports.text import visible

    policies = load_policies_of(setup.project)
    entries: dict[str, dict[str, Any]] = {}
    for default in policies.defaults.values():
        title = default.meta.title.text(setup.lang)
        entries[default.id] = _entry(default.id, "deny", "default", default.severity.value, title, default.actions)
    for rule in policies.rules:
        title = rule.meta.title.text(setup.lang)
        entries.setdefault(rule.id, _entry(rule.id, rule.effect, rule.kind, rule.severity.value, title, rule.actions))
    rows = [entries[name] for name in sorted(entries)]
    if format_ == "json":
        write_document({"rules": rows}, sys.stdout)
        return 0
    width = max(len(row["id"]) for row in rows)
    for row in rows:
        line = f"{row['id']:<{width}}  {row['effect']:<5}  {row['severity']:<8}  {row['kind']:<10}  {row['title']}"
        click.echo(visible(line))
    return 0


def _entry(name: str, effect: str, kind: str, severity: str, title: str, actions: tuple[str, ...]) -> dict[str, Any]:  # noqa: PLR0913
    return {
        "id": name, "effect": effect, "kind": kind, "severity": severity, "title": title, "actions": list(actions),
    }  # fmt: skip
