"""Options of commands that read schema sources, and how these are read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tutela.connectors.live import LiveOptions
    from tutela.engine.errors import Lang
    from tutela.engine.model import Words
    from tutela.engine.tables import Schema
    from tutela.project import Project


@dataclass(frozen=True, slots=True)
class Given:
    """How sources are read, and which exports of tags are laid over them."""

    dialect: str | None
    encoding: str | None
    tags: tuple[str, ...]

    def read(self, names: Sequence[str | Path], project: Project, live: LiveOptions, lang: Lang) -> Schema:
        """The schema of some sources, tags included; notes about them go to stderr."""
        from tutela.connectors.sources import read_sources
        from tutela.project import tagged
        from tutela.reports.text import visible

        def tell(note: Words) -> None:
            click.echo(visible(note.text(lang)), err=True)

        schema = read_sources(names, dialect=self.dialect, live=live, encoding=self.encoding, tell=tell)
        return tagged(project, schema, self.tags, tell)


def source_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --dialect, --encoding and --tags; the command gets them as `given`."""

    @click.option(
        "--dialect",
        help="mysql, postgres, oracle, tsql, sqlite, or a database that speaks one of them.  [default: detected]",
    )
    @click.option("--encoding", help="Encoding of SQL files.  [default: UTF-8, UTF-16 or GB18030, whichever fits]")
    @click.option(
        "--tags", multiple=True, help="Tags to lay over: export of OpenMetadata, DataHub or fides. (repeatable)"
    )
    @wraps(function)
    def wrapped(dialect: str | None, encoding: str | None, tags: tuple[str, ...], **more: Any) -> Any:  # noqa: ANN401
        return function(given=Given(dialect, encoding, tags), **more)

    return wrapped
