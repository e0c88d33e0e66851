"""Options of commands that read schema sources which are files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.engine.errors import Lang
    from tutela.engine.model import Words


@dataclass(frozen=True, slots=True)
class Given:
    """How files are read, and which exports of tags are laid over them."""

    encoding: str | None
    tags: tuple[str, ...]

    def tell(self, lang: Lang) -> Callable[[Words], None]:
        """Write notes about sources to stderr."""
        from tutela.reports.text import visible

        return lambda note: click.echo(visible(note.text(lang)), err=True)


def source_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --encoding and --tags; the command gets them as `given`."""

    @click.option("--encoding", help="Encoding of SQL files.  [default: UTF-8, UTF-16 or GB18030, whichever fits]")
    @click.option(
        "--tags", multiple=True, help="Tags to lay over: export of OpenMetadata, DataHub or fides. (repeatable)"
    )
    @wraps(function)
    def wrapped(encoding: str | None, tags: tuple[str, ...], **more: Any) -> Any:  # noqa: ANN401
        return function(given=Given(encoding, tags), **more)

    return wrapped
