"""`tutela share`: check sharing and use requests, and hash them for approval."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import as_of_option, instant, output_options, project_options

if TYPE_CHECKING:
    from datetime import datetime

    from .options import Output, Setup


@click.group("share")
def command() -> None:
    """Check sharing and use requests."""


@command.command("check")
@click.argument("forms", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_of_option
@output_options
@project_options
def check(forms: tuple[Path, ...], as_of: datetime | None, output: Output, setup: Setup) -> int:
    """Decide the requests in FORMS (YAML or JSON) and list every reason against them."""
    from tutela.connectors.forms import read_forms
    from tutela.project import load_authorizer

    when = instant(as_of)
    asked = read_forms(forms, when)
    return output.judge("share check", load_authorizer(setup.project), asked, when, setup.lang)


@command.command("hash")
@click.argument("form", type=click.Path(path_type=Path))
def hash_(form: Path) -> int:
    """Print the hash that an approval of FORM must carry: it binds the approval to this exact content."""
    from tutela.connectors.forms import form_hash

    click.echo(form_hash(form))
    return 0
