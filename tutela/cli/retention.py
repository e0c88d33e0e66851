"""`tutela retention`: check groups of rows against their retention periods."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .accepted import accepted_options
from .options import as_of_option, instant, output_options, project_options

if TYPE_CHECKING:
    from datetime import datetime

    from .options import Output, Setup


@click.group("retention")
def command() -> None:
    """Check how long rows are kept."""


@command.command("check")
@click.argument("records", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--erase", is_flag=True, help="Ask whether the rows may be erased now, not whether they may stay.")
@as_of_option
@output_options
@project_options
@accepted_options
def check(records: tuple[Path, ...], erase: bool, as_of: datetime | None, output: Output, setup: Setup) -> int:
    """Ask for each group of rows in RECORDS (CSV, YAML or JSON) whether it may still be kept."""
    from tutela.connectors.records import read_records
    from tutela.project import load_authorizer

    when = instant(as_of)
    asked = read_records(records, "erase" if erase else "retain", when)
    return output.judge("retention check", load_authorizer(setup.project), asked, when, setup.lang)
