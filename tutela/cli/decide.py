"""`tutela decide`: answer requests."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import as_of_option, instant, project_options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tutela.engine.decision import Decision
    from tutela.engine.errors import Lang

    from .options import Setup


@click.command("decide")
@click.argument("requests", nargs=-1, type=click.Path(path_type=Path))
@as_of_option
@click.option("--format", "-f", "format_", default="human", show_default=True, help="human, json, jsonl or markdown.")
@project_options
def command(requests: tuple[Path, ...], as_of: datetime | None, format_: str, setup: Setup) -> int:
    """Answer the requests in REQUESTS (JSON, JSONL or YAML; one, a list, or a form; stdin by default).

    Exit status 0: all allowed; 1: at least one denied.
    """
    from tutela.cli.requests import read_requests
    from tutela.project import load_authorizer
    from tutela.reports import DECISION_FORMATS

    if format_ not in DECISION_FORMATS:
        raise click.UsageError(f"unknown format '{format_}'. Formats: {', '.join(DECISION_FORMATS)}")
    asked = read_requests(requests or (Path("-"),), instant(as_of))
    if not asked:
        raise click.UsageError("no request in the input")
    decisions = load_authorizer(setup.project).decide_many(asked)
    _write(decisions, format_, setup.lang)
    return 0 if all(decision.allowed for decision in decisions) else 1


def _write(decisions: Sequence[Decision], format_: str, lang: Lang) -> None:
    from tutela.reports import write_decision
    from tutela.reports.json_document import write_document
    from tutela.reports.shape import decision_shape

    stdout = sys.stdout
    if format_ == "json" and len(decisions) > 1:
        write_document([decision_shape(decision, lang) for decision in decisions], stdout)
        return
    for decision in decisions:
        write_decision(decision, format_, stdout, lang)
