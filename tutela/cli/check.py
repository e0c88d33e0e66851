"""`tutela check`: load everything that a project declares and list every problem."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import absolute, as_of_option, instant, output_options, project_options

if TYPE_CHECKING:
    from datetime import datetime

    from tutela.engine.errors import Problem
    from tutela.engine.facts import Facts
    from tutela.engine.model import Report
    from tutela.engine.policyset import PolicySet
    from tutela.project import Project

    from .options import Output, Setup


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--gate", is_flag=True, help="Also ask whether each policy file is approved, filed and in effect.")
@as_of_option
@output_options
@project_options
def command(files: tuple[str, ...], gate: bool, as_of: datetime | None, output: Output, setup: Setup) -> int:
    """Check the policies, parameters, policy tests and registers of a project, or the policies in FILES.

    FILES are policy files, folders, or a bundle with all that it holds.

    Lists every problem of every file as file:line:col, with the line and what to do. Then asks the policies about
    themselves: retention schedules against minimum, maximum and notices, and data sets without one.
    """
    from tutela.bundles import with_bundle

    project = setup.project
    if files:
        project = with_bundle(replace(project, policies=tuple(absolute(path) for path in files), registers=()))
    policies, facts = checked(project)
    report = _review(project, policies, facts, instant(as_of), gate=gate) if facts or gate else None
    if report is not None and report.findings:
        return output.write(report, setup.lang)
    count = len(policies.ids())
    entries = sum(map(len, facts.registers.values())) if facts else 0
    if setup.lang == "zh":
        click.echo(f"通过:{count} 条规则,{entries} 条登记,{policies.digest}")
    else:
        click.echo(f"ok: {count} rules, {entries} register entries, {policies.digest}")
    return 0


def checked(project: Project) -> tuple[PolicySet, Facts | None]:
    """The policies and registers of a project; PolicyError with every problem of them, and of its policy tests."""
    from tutela.engine.errors import PolicyError, TutelaError
    from tutela.project import load_facts_of, load_policies_of

    problems: list[Problem] = []
    policies: PolicySet | None = None
    facts: Facts | None = None
    try:
        policies = load_policies_of(project)
    except PolicyError as error:
        problems += error.problems
    problems += [problem for problem in _tests(project, policies) if problem not in problems]
    if policies is not None:
        problems += _categories(project)
        try:
            facts = load_facts_of(project, policies)
        except TutelaError as error:
            problems += error.problems
    if problems or policies is None:
        raise PolicyError(problems)
    return policies, facts


def _categories(project: Project) -> list[Problem]:
    """Categories that the project's own policies name in vain; a pack may name more than one's own taxonomy has."""
    from tutela.connectors.policy_files import PACK
    from tutela.engine.named_categories import unknown_categories
    from tutela.project import policy_sources
    from tutela.taxonomies import load_taxonomy

    own = [source for source in policy_sources(project) if not source.name.startswith(PACK)]
    return unknown_categories(own, load_taxonomy(project))


def _review(project: Project, policies: PolicySet, facts: Facts | None, when: datetime, *, gate: bool) -> Report:
    """What the policies say about themselves; those of the pack are no change of this project."""
    from tutela.connectors.policy_files import PACK
    from tutela.connectors.policy_review import ask_policies, changes
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.findings import report as make_report
    from tutela.project import policy_sources

    sources = policy_sources(project)
    items = ask_policies(sources, policies, facts, when)
    if gate:
        items += changes([source for source in sources if not source.name.startswith(PACK)], when)
    return make_report("check", Authorizer(policies, facts), items, when)


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
