"""What went wrong, in the user's language, on stderr."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING, Final

import click

from tutela.engine.errors import TutelaError

if TYPE_CHECKING:
    from tutela.engine.errors import Lang

LANG: Final = "TUTELA_LANG"
DEBUG: Final = "TUTELA_DEBUG"


def language(chosen: str | None = None) -> Lang:
    """The language to speak: as chosen, else `TUTELA_LANG`, else that of the locale, else English."""
    found = chosen or os.environ.get(LANG)
    if not found:
        found = next((v for v in map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG")) if v), "en")
    return "zh" if found.lower().startswith("zh") else "en"


def show(error: Exception) -> int:
    """Print an error and return the exit status 2."""
    from tutela.reports.text import visible

    context = click.get_current_context(silent=True)
    chosen = context.find_root().meta.get(LANG) if context else _CHOSEN.get(LANG)
    lang = language(chosen)
    if isinstance(error, TutelaError):
        for line in error.render(lang).splitlines():
            click.echo(visible(line), err=True)
        count = len(error.problems)
        click.echo(f"共 {count} 个问题" if lang == "zh" else f"{count} problem{'s' if count != 1 else ''}", err=True)
    elif isinstance(error, OSError):
        click.echo(f"error: {visible(str(error.strerror or error))}: {visible(str(error.filename or '-'))}", err=True)
    else:
        click.echo(
            f"internal error: {type(error).__name__}; set {DEBUG}=1 for details, and please report it",
            err=True,
        )
        if os.environ.get(DEBUG):
            traceback.print_exception(error)
    return 2


_CHOSEN: Final[dict[str, str]] = {}


def choose(lang: str | None) -> None:
    """Remember the language chosen by a flag, for problems that come up later."""
    if lang:
        _CHOSEN[LANG] = lang
