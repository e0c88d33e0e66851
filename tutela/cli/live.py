"""Options of commands that read live databases, and the progress that they show on a terminal."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from rich.progress import Progress

    from tutela.connectors.live import LiveOptions
    from tutela.engine.errors import Lang

Item = TypeVar("Item")

_BATCH: Final = 200
"""The bar moves after so many items: drawing it costs more than judging one."""

_WORDS: Final = {
    "read": {"en": "reading the catalog", "zh": "读取系统目录"},
    "judge": {"en": "judging columns", "zh": "检查字段"},
}


class Live:
    """How live databases are read in one run, and how progress is shown."""

    def __init__(self, options: LiveOptions, *, quiet: bool) -> None:
        self._given, self._quiet = options, quiet
        self._lang: Lang = "en"
        self._progress: Progress | None = None
        self._task: Any = None

    @contextmanager
    def progress(self, lang: Lang) -> Generator[LiveOptions]:
        """The options to read with; while it lasts, and only on a terminal, a bar is shown on stderr."""
        from dataclasses import replace

        self._lang = lang
        try:
            yield self._given if self._quiet or not sys.stderr.isatty() else replace(self._given, step=self._step)
        finally:
            self._stop()

    def _step(self, done: int, total: int) -> None:
        if self._progress is None:
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._progress.start()
            self._task = self._progress.add_task(_WORDS["read"][self._lang], total=total)
        self._progress.update(self._task, completed=done, total=total)

    def each(self, items: Iterable[Item], total: int) -> Iterator[Item]:
        """Pass the items on and move the bar; it is gone when the last one has been taken."""
        if self._progress is None:
            yield from items
            return
        self._progress.update(self._task, description=_WORDS["judge"][self._lang], completed=0, total=total)
        for number, item in enumerate(items):
            if number % _BATCH == 0:
                self._progress.update(self._task, completed=number)
            yield item
        self._stop()

    def _stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def live_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --schema, --timeout, --password-env, --keyring and --quiet; the command gets a `Live`."""

    @click.option(
        "--schema",
        "schemas",
        multiple=True,
        help="Of a live database, only schemas that fit this pattern (repeatable).",
    )
    @click.option(
        "--timeout",
        type=click.IntRange(1, 86_400),
        default=30,
        show_default=True,
        help="Seconds to connect to a live database, and for each query.",
    )
    @click.option("--password-env", default="", help="The variable with the password.  [default: TUTELA_DB_PASSWORD]")
    @click.option("--keyring", default="", help="The service under which the keyring holds the password.")
    @click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
    @wraps(function)
    def wrapped(
        schemas: tuple[str, ...],
        timeout: int,
        password_env: str,
        keyring: str,
        quiet: bool,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        from tutela.connectors.live import LiveOptions

        options = LiveOptions(timeout=timeout, schemas=schemas, password_env=password_env, keyring=keyring)
        return function(live=Live(options, quiet=quiet), **more)

    return wrapped
