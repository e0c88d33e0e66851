"""The option --sample: looking at values of a live database, where the project allows it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from tutela.connectors.live import LiveOptions
    from tutela.engine.sampling import Sampling
    from tutela.project import Project

sample_option = click.option(
    "--sample",
    type=click.IntRange(1, 1000),
    help="Look at the values of this many rows of each table of a live database.",
)


@contextmanager
def sampling(
    sources: Sequence[str | Path], project: Project, rows: int | None, options: LiveOptions
) -> Generator[Sampling | None]:
    """What looking at values takes, when it is asked for and the project allows it; raises InputError."""
    if rows is None:
        yield None
        return
    from tutela.connectors.sample_live import live_sampler
    from tutela.connectors.validators import load_validators
    from tutela.engine.errors import InputError, Location, Problem
    from tutela.engine.sampling import Sampling
    from tutela.taxonomies import load_taxonomy

    if project.sampling != "allowed":
        raise InputError([Problem(code="sample-refused", location=Location("--sample"), args={})])
    if len(sources) != 1:
        raise click.UsageError("--sample goes with one database at a time")
    with live_sampler(sources[0], options) as sampler:
        yield Sampling(sampler, load_validators(load_taxonomy(project)), rows)
