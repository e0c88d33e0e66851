"""`tutela lint`: judge the columns and tables of schema files and live databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from .accepted import accepted_options
from .comparison import compared
from .live import live_options
from .options import as_of_option, instant, output_options, project_options
from .sampling import sample_option, sampling
from .sources import source_options

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from .live import Live
    from .options import Output, Setup
    from .sources import Given


@click.command("lint")
@click.argument("sources", nargs=-1)
@click.option("--diff-base", metavar="BASE", help="Count only what differs from BASE: a git revision, file or folder.")
@click.option("--diff/--no-diff", default=None, help="Two SOURCES are the old and the new state.  [default: if alike]")
@source_options
@live_options
@sample_option
@as_of_option
@output_options
@project_options
@accepted_options
def command(  # noqa: PLR0913 (options)
    sources: tuple[str, ...],
    diff_base: str | None,
    diff: bool | None,
    given: Given,
    live: Live,
    sample: int | None,
    as_of: datetime | None,
    output: Output,
    setup: Setup,
) -> int:
    """Ask for every column of SOURCES whether it may be collected, and for every table how its retention is settled.

    SOURCES are DDL files and dumps, folders of them or of migrations, dbt projects, OpenAPI documents and JSON Schemas
    (whose forms are asked about), and addresses of databases; the project's schemas by default.
    """
    from tutela.connectors.columns import ask_columns
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.changes import report_change
    from tutela.engine.facts import Facts
    from tutela.project import load_classifier, load_facts_of, load_policies_of
    from tutela.taxonomies import load_taxonomy

    project = setup.project
    paths: list[str | Path] = [*sources] or project.sources()
    if not paths:
        raise click.UsageError("name a schema file, or `schemas` in tutela.toml")
    policies = load_policies_of(project)
    if not sources:
        given = replace(given, dialect=given.dialect or project.dialect)
        diff = bool(diff)  # the project's own schemas are one schema, whatever they have in common
    taxonomy = load_taxonomy(project)
    authorizer = Authorizer(policies, load_facts_of(project, policies, taxonomy))
    when = instant(as_of)
    classifier = load_classifier(project, policies, facts=authorizer.facts, taxonomy=taxonomy)
    with live.progress(setup.lang) as options, sampling(paths, project, sample, options) as taken:
        states = compared(
            paths,
            lambda names: given.read(names, project, options, setup.lang),
            base=diff_base,
            diff=diff,
            lang=setup.lang,
        )
        facts = authorizer.facts
        catalog = facts.world.catalog if isinstance(facts, Facts) else None
        asked = live.each(ask_columns(states.now, classifier, when, taken, catalog=catalog), states.now.size())
        if states.base is not None and output.explain is None:
            before = ask_columns(states.base, classifier, when, catalog=catalog)
            change = report_change("lint", authorizer, asked, before, when, states.name)
            return output.finish(replace(change, categories=classifier.labels), policies, setup.lang)
        return output.judge("lint", authorizer, asked, when, setup.lang, categories=classifier.labels)
