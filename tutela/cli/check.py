"""`tutela check`: load everything that a project declares and list every problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .options import project_options

if TYPE_CHECKING:
    from .options import Setup


@click.command("check")
@project_options
def command(setup: Setup) -> int:
    """Check the policies, parameters and registers of a project.

    Lists every problem of every file as file:line:col, with the line and what to do.
    """
    from tutela.project import load_facts_of, load_policies_of

    policies = load_policies_of(setup.project)
    facts = load_facts_of(setup.project, policies)
    count = len(policies.ids())
    entries = sum(map(len, facts.registers.values())) if facts else 0
    if setup.lang == "zh":
        click.echo(f"通过:{count} 条规则,{entries} 条登记,{policies.digest}")
    else:
        click.echo(f"ok: {count} rules, {entries} register entries, {policies.digest}")
    return 0
