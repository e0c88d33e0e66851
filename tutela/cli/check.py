"""`tutela check`: load everything that a project declares and list every problem."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import absolute, project_options

if TYPE_CHECKING:
    from tutela.engine.errors import Problem
    from tutela.engine.policyset import PolicySet
    from tutela.project import Project

    from .options import Setup


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path())
@project_options
def command(files: tuple[str, ...], setup: Setup) -> int:
    """Check the policies, parameters, policy tests and registers of a project, or the policies in FILES (and folders).

    Lists every problem of every file as file:line:col, with the line and what to do.
    """
    from tutela.engine.errors import PolicyError, TutelaError
    from tutela.project import load_facts_of, load_policies_of

    project = setup.project
    if files:
        project = replace(project, policies=tuple(absolute(path) for path in files), registers=())
    problems: list[Problem] = []
    policies: PolicySet | None = None
    try:
        policies = load_policies_of(project)
    except PolicyError as error:
        problems += error.problems
    problems += [problem for problem in _tests(project, policies) if problem not in problems]
    if policies is None or problems:
        raise PolicyError(problems)
    try:
        facts = load_facts_of(project, policies)
    except TutelaError as error:
        raise PolicyError([*problems, *error.problems]) from None
    count = len(policies.ids())
    entries = sum(map(len, facts.registers.values())) if facts else 0
    if setup.lang == "zh":
        click.echo(f"通过:{count} 条规则,{entries} 条登记,{policies.digest}")
    else:
        click.echo(f"ok: {count} rules, {entries} register entries, {policies.digest}")
    return 0


def _tests(project: Project, policies: PolicySet | None) -> list[Problem]:
    """Problems of the project's own policy tests."""
    from tutela.connectors.policy_files import PACK, SUFFIXES, TESTS, read_policies
    from tutela.engine.errors import PolicyError
    from tutela.engine.loader import parse
    from tutela.engine.policy_tests import check_suite, read_suite

    folders = [Path(e) / TESTS for e in project.entries() if not e.startswith(PACK)]
    found = [f for f in folders if f.is_dir() and any(p.suffix in SUFFIXES for p in f.rglob("*"))]
    if not found:
        return []
    try:
        parsed = parse(sorted(read_policies(found, root=project.root, tests=True)))
    except PolicyError as error:
        return list(error.problems)
    suites = [read_suite(document) for document in parsed.of("tests")]
    checked = [problem for suite in suites if policies for problem in check_suite(suite, policies)]
    return [*parsed.problems, *checked]
