"""`tutela audit --follow` and `--state`: judge what has come to a log since the last time, and as it comes.

Findings are written before the state is kept: a run that is killed loses none, and the next one may tell some again.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Final

import click

from tutela.engine.findings import report

from .interruption import interruptible

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from datetime import datetime
    from typing import TextIO

    from tutela.connectors.accesses import Accesses
    from tutela.connectors.log_following import Following
    from tutela.connectors.log_state import LogState, StateFile
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.errors import Lang
    from tutela.engine.events import Event, Hole
    from tutela.engine.findings import Asked, Unreadable
    from tutela.engine.model import Report

    from .options import Output

_BLOCK: Final = 1 << 16
_WORDS: Final[dict[str, dict[Lang, str]]] = {
    "nothing": {"en": "nothing new in the log", "zh": "日志没有新内容"},
    "unfinished": {
        "en": "{at}: the last record is not whole yet, and is left for the next time",
        "zh": "{at}: 最后一条记录尚不完整,留待下次检查",
    },
    "told": {"en": "{checked} checked, {findings} findings", "zh": "检查 {checked} 项,发现 {findings} 项"},
}


class Stream:
    """Judges a log that grows."""

    def __init__(
        self,
        authorizer: Authorizer,
        asked_in: Callable[[str | None], Accesses],
        output: Output,
        when: datetime,
        lang: Lang,
    ) -> None:
        self._authorizer, self._asked_in, self._output, self._when = authorizer, asked_in, output, when
        self._lang: Lang = lang
        self._asked: Accesses | None = None
        self._checked = self._findings = 0
        self._failed = False

    def run(self, log: Path, options: Mapping[str, Any], state: Path | None, *, follow: bool) -> int:
        """Judge what is new, and return the exit status."""
        from tutela.connectors.log_following import Following
        from tutela.connectors.log_growing import Pace
        from tutela.connectors.log_state import LogState, StateFile

        with ExitStack() as stack:
            kept = StateFile(state) if state else None
            if kept:
                stack.enter_context(kept.held())
            begun = kept.load(log) if kept else LogState(str(log))
            lines = follow or self._output.targets[0][0] == "jsonl"
            stream = stack.enter_context(appended(self._output.targets[0][1])) if lines else None
            # An interruption ends the waiting, not the work: what was read is judged, and the state kept.
            stopped = stack.enter_context(interruptible()) if follow else lambda: False
            pace = Pace(follow, partial(self._idle, stream), stopped)
            following = Following(log, options, begun, pace)
            if kept:
                kept.save(begun)  # that it cannot be written is told before anything is judged
            if stream is None:
                return self._report(following, begun, kept)
            self._write(following, begun, kept, stream)
        return self._end(following)

    def _report(self, following: Following, begun: LogState, kept: StateFile | None) -> int:
        """Write one report of everything that is new, then keep the state."""
        items = self._items(following, begun, lambda _state: None)
        first = next(items, None)
        if first is None:
            self._output.write_nothing("audit", self._authorizer, self._when, self._lang)
            if kept:
                kept.save(self._with_rows(following.state))
            return self._end(following)
        status = self._output.judge("audit", self._authorizer, _again(first, items), self._when, self._lang)
        if status != 2 and kept:
            kept.save(self._with_rows(following.state))
        self._tell_unfinished(following)
        return status

    def _write(self, following: Following, begun: LogState, kept: StateFile | None, stream: TextIO) -> None:
        """Write each finding as it is found; keep the state when they are on the disk."""

        def keep(state: LogState) -> None:
            _sync(stream)
            if kept:
                kept.save(self._with_rows(state))

        for item in self._items(following, begun, keep):
            made = report("audit", self._authorizer, [item], self._when)
            self._checked += made.checked
            if made.findings:
                self._write_findings(made, stream)
        keep(following.state)

    def _write_findings(self, made: Report, stream: TextIO) -> None:
        from tutela.reports import write

        accepted = self._output.accepted
        marked = accepted.mark(made, self._authorizer.policies) if accepted else made
        self._findings += len(made.findings)
        self._failed |= self._output.fails(marked)
        write(marked, "jsonl", stream, lang=self._lang)

    def _items(
        self, following: Following, begun: LogState, keep: Callable[[LogState], None]
    ) -> Iterator[Asked | Unreadable]:
        """What the new events ask; `keep` is called wherever everything before has been asked."""
        from tutela.connectors.log_following import Point

        for item in following.items():
            if isinstance(item, Point):
                keep(item.state)
            else:
                yield from self._ask(following, begun, item)

    def _ask(self, following: Following, begun: LogState, item: Event | Hole) -> Iterator[Asked | Unreadable]:
        if self._asked is None:
            from tutela.connectors.logs import FORMATS
            from tutela.reports.text import visible

            reader = following.reader
            known = FORMATS.get(reader.format if reader else begun.format)
            self._asked = self._asked_in(known.dialect if known else None)
            self._asked.window.rows.update(begun.recent())
            if reader and reader.note and not begun.prefix:
                click.echo(visible(reader.note.text(self._lang)), err=True)
        return self._asked.ask([item])

    def _with_rows(self, state: LogState) -> LogState:
        """The state with the rows that events to come may be added to; older ones are forgotten."""
        if self._asked is None:
            return state
        self._asked.window.forget()
        return state.with_rows(self._asked.window.rows)

    def _idle(self, stream: TextIO | None, seconds: float) -> None:
        if stream:
            stream.flush()
        sleep(seconds)

    def _end(self, following: Following) -> int:
        click.echo(self._say("told", checked=self._checked, findings=self._findings) if self._checked or self._findings
                   else self._say("nothing"), err=True)  # fmt: skip
        self._tell_unfinished(following)
        return 1 if self._failed and not self._output.exit_zero else 0

    def _tell_unfinished(self, following: Following) -> None:
        if following.unfinished:
            click.echo(self._say("unfinished", at=following.unfinished), err=True)

    def _say(self, what: str, **args: object) -> str:
        return _WORDS[what][self._lang].format(**args)


@contextmanager
def appended(target: str) -> Generator[TextIO]:
    """The standard output, or a file to whose end is written."""
    if target == "-":
        yield sys.stdout
        return
    _mend(Path(target))
    with Path(target).open("a", encoding="utf-8", newline="\n") as stream:
        yield stream


def _mend(path: Path) -> None:
    """Take back the beginning of a line that a killed run left at the end of its findings: it is told again."""
    if not path.is_file() or not path.stat().st_size:
        return
    with path.open("rb+") as stream:
        start = stream.seek(0, os.SEEK_END)
        rest = b""
        while start and b"\n" not in rest:
            size = min(start, _BLOCK)
            start = stream.seek(start - size)
            rest = stream.read(size) + rest
            stream.seek(start)
        torn = rest.rpartition(b"\n")[2]
        if torn.startswith(b"{") and not _is_json(torn):
            stream.truncate(path.stat().st_size - len(torn))
        elif torn:  # a file of somebody else's, or with a last line that only lacks its end
            stream.seek(0, os.SEEK_END)
            stream.write(b"\n")


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _sync(stream: TextIO) -> None:
    """Bring what was written to the disk; a pipe or a terminal has none."""
    stream.flush()
    if stream is not sys.stdout:
        os.fsync(stream.fileno())


def _again(first: Asked | Unreadable, rest: Iterator[Asked | Unreadable]) -> Iterator[Asked | Unreadable]:
    yield first
    yield from rest
