"""`tutela explain`: how a decision comes about, what it rests on, and what would be needed for an allow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import as_of_option, instant, project_options

if TYPE_CHECKING:
    from datetime import datetime

    from .options import Setup


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
    """Show for each request or form in REQUESTS how its decision comes about.

    Every rule that has a say with the tree of its conditions and the (masked) values they read, the register entries
    that were used with file and line, and what would be needed for an allow.
    """
    from tutela.project import load_authorizer

    from .explanation import write_explanations
    from .requests import read_requests

    asked = read_requests(requests or (Path("-"),), instant(as_of))
    if not asked:
        raise click.UsageError("no request in the input")
    authorizer = load_authorizer(setup.project)
    decisions = authorizer.decide_many(asked)
    told = [(decision, ()) for decision in decisions]
    write_explanations(authorizer, told, format_, setup.lang, everything=everything)
    return 0 if all(decision.allowed for decision in decisions) else 1
