"""The progress of an audit on a terminal: how many events a second, how far, and how long it will take."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.progress import Progress

    from tutela.engine.errors import Lang

_WORDS: Final = {
    "read": {"en": "reading", "zh": "读取"},
    "decide": {"en": "deciding", "zh": "判断"},
    "explain": {"en": "explaining what is denied", "zh": "说明被拒绝的访问"},
}


Item = TypeVar("Item")


def audit_progress(lang: Lang, *, quiet: bool) -> AuditProgress | None:
    """What is told how far an audit is; None where nobody looks."""
    return None if quiet or not sys.stderr.isatty() else AuditProgress(lang)


class AuditProgress:
    """One bar a stage, on stderr; gone before anything is written."""

    def __init__(self, lang: Lang) -> None:
        self._lang: Lang = lang
        self._tasks: dict[str, Any] = {}
        self._began: dict[str, float] = {}
        self._progress: Progress | None = None

    def until_done(self, items: Iterable[Item]) -> Iterator[Item]:
        """Pass items on; the bars are gone when the last one has been taken, or taking one fails."""
        try:
            yield from items
        finally:
            self.stop()

    def step(self, what: str, count: int, done: int, total: int) -> None:
        """Move the bar of a stage."""
        progress = self._progress or self._start()
        if what not in self._tasks:
            self._tasks[what] = progress.add_task(_WORDS[what][self._lang], total=total or None, count=0, rate="")
        task = self._tasks[what]
        elapsed = perf_counter() - self._began.setdefault(what, perf_counter())
        rate = f"{count / elapsed:,.0f}/s" if elapsed else ""
        progress.update(task, completed=done, total=total or None, count=f"{count:,}", rate=rate)

    def _start(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[count]}"),
            TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
        )  # fmt: skip
        self._progress = Progress(
            *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._progress.start()
        return self._progress

    def stop(self) -> None:
        """Take the bars away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
