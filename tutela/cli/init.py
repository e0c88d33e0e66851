"""`tutela init DIR`: a project that works at once."""

from __future__ import annotations

import shutil
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from .problems import choose, language

EXAMPLES: Final = ("crm",)


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--example", type=click.Choice(EXAMPLES), help="Start from an example instead: a whole small company.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages.")
def command(folder: Path, example: str | None, lang: str | None) -> int:
    """Make a project in DIR: the starter pack, parameters, registers, a schema, a request and tests.

    `--example crm` makes the CRM of the acceptance scenarios: registers, schema, log, requests, and a test file each.
    """
    from tutela.engine.errors import InputError, Location, Problem

    choose(lang)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        problem = Problem(code="project-exists", location=Location(str(folder)), args={"path": str(folder)})
        raise InputError([problem])
    try:
        _make(folder, "starter" if example is None else f"examples/{example}")
    except OSError as error:
        error.filename = str(folder)  # the folder that was asked for, not one on the way
        raise
    if language(lang) == "zh":
        click.echo(f"已创建 {folder}。接下来:cd {folder} && tutela check && tutela test && tutela lint")
    else:
        click.echo(f"made {folder}; next: cd {folder} && tutela check && tutela test && tutela lint")
    return 0


def _make(folder: Path, source: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Built beside its place and moved there whole: an interrupted init leaves nothing half done.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".tutela-init-") as scratch:
        made = Path(scratch) / "project"
        shutil.copytree(
            Path(str(files("tutela"))) / source, made, ignore=shutil.ignore_patterns("__pycache__", "reports")
        )
        if folder.exists():
            folder.rmdir()
        made.rename(folder)
