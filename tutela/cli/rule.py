"""`tutela rule ID`: everything about one rule."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .options import project_options

if TYPE_CHECKING:
    from tutela.engine.errors import Lang
    from tutela.engine.policyset import PolicySet
    from tutela.engine.rules import Default, Rule

    from .options import Setup


@click.command("rule")
@click.argument("rule_id")
@click.option("--format", "-f", "format_", type=click.Choice(["human", "json"]), default="human", show_default=True)
@project_options
def command(rule_id: str, format_: str, setup: Setup) -> int:
    """Show one rule: title, message, remedy, legal basis, where it stands, and the condition it is lowered to."""
    from tutela.engine.validation import suggestion
    from tutela.project import load_policies_of
    from tutela.reports.json_document import write_document

    policies = load_policies_of(setup.project)
    entries = _entries(policies, rule_id, setup.lang)
    if not entries:
        if begun := sorted(known for known in policies.ids() if known.startswith(rule_id)):
            raise click.UsageError(f"no rule '{rule_id}'. Rules that begin so: {', '.join(begun)}")
        if guess := suggestion(rule_id, policies.ids()):
            raise click.UsageError(f"no rule '{rule_id}'. Did you mean '{guess}'?")
        raise click.UsageError(f"no rule '{rule_id}'. `tutela rules` lists them")
    if format_ == "json":
        write_document({"id": rule_id, "rules": entries}, sys.stdout)
        return 0
    for entry in entries:
        _show(entry)
    return 0


def _entries(policies: PolicySet, rule_id: str, lang: Lang) -> list[dict[str, Any]]:
    found = [_rule(rule, lang) for rule in policies.named(rule_id)]
    defaults = {default.id: default for default in policies.defaults.values()}
    if rule_id in defaults:
        found.append(_default(defaults[rule_id], lang))
    return found


def _common(item: Rule | Default, lang: Lang) -> dict[str, Any]:
    meta = item.meta
    return {
        "title": meta.title.text(lang),
        "severity": item.severity.value,
        "message": meta.message.text(lang),
        "remedy": meta.remedy.text(lang),
        "basis": [f"{basis} ({basis.confidence})" for basis in meta.basis],
        "actions": list(item.actions),
        "location": str(item.location) if item.location else None,
    }


def _rule(rule: Rule, lang: Lang) -> dict[str, Any]:
    targets = {t.path: [f"{value}.*" if t.below else value for value in t.values] for t in rule.target}
    return {
        "id": rule.id,
        "variant": rule.variant or None,
        "effect": rule.effect,
        **_common(rule, lang),
        "target": targets,
        "when": rule.when.text.strip() if rule.when else None,
        "unless": rule.unless.text.strip() if rule.unless else None,
        "obligations": [{"kind": o.kind, "args": dict(o.args)} for o in rule.obligations],
        "needs": list(rule.needs),
    }


def _default(default: Default, lang: Lang) -> dict[str, Any]:
    return {
        "id": default.id,
        "effect": "deny",
        **_common(default, lang),
        "when": "no rule allows the request",
    }


def _show(entry: dict[str, Any]) -> None:
    from tutela.engine.plain import is_list
    from tutela.reports.text import visible

    click.echo(visible(entry["id"] + (f"  ({entry['variant']})" if entry.get("variant") else "")))
    for name, value in entry.items():
        if name in ("id", "variant") or value in (None, "", [], {}):
            continue
        shown = value if isinstance(value, str) else ", ".join(map(str, value)) if is_list(value) else str(value)
        lines = str(shown).splitlines() or [""]
        click.echo(visible(f"  {name + ':':<12} {lines[0]}"))
        for line in lines[1:]:
            click.echo(visible(" " * 15 + line))
