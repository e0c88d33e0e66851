"""PostgreSQL's text log: lines with a prefix, and the lines that continue or explain them, as messages."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tutela.engine.events import Hole

from .log_lines import MAX_RECORD, Line, LogFile
from .log_pgaudit import MAX_OPEN
from .log_plain import plain
from .log_postgres import AUDIT
from .log_record import SECTIONS, SEVERITIES, Context, Record, address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .log_prefix import Prefix

_STATE: Final = re.compile(r"(?=[0-9A-Z]*[0-9])([0-9A-Z]{5}): ")
"""The SQLSTATE before a message, with `log_error_verbosity = verbose`."""
_AGAIN: Final = re.compile(rf"(?:{'|'.join((*SEVERITIES, *SECTIONS))}):  ")
"""What is the real beginning of a message where a name in the prefix is made to look like one."""
Key = tuple[str, str, str, str, str]


@dataclass(slots=True)
class _Message:
    """A message whose lines are still coming."""

    context: Context
    severity: str
    time: str
    state: str
    parts: dict[str, list[str]]
    """The lines of each section; the message itself is the section without a name."""
    section: str = ""
    size: int = 0
    ended: bool = True
    whole: bool = True

    def takes(self, section: str) -> bool:
        """Whether a line of this section may belong to it: what shows a statement does not name it again."""
        return section != "STATEMENT" or not (section in self.parts or _shows(self.parts.get("", [""])[0]))

    def record(self) -> Record:
        """The whole message."""
        texts = {name: "\n".join(lines) for name, lines in self.parts.items()}
        message, state = texts.get("", ""), self.state
        if found := _STATE.match(message):
            message, state = message[found.end() :], found[1]
        return Record(
            self.context, self.severity, message, self.time, state, texts.get("DETAIL", ""), texts.get("CONTEXT", ""),
            texts.get("STATEMENT", ""), ended=self.ended, whole=self.whole,
        )  # fmt: skip


@dataclass(slots=True)
class TextRecords:
    """Joins lines to messages; the messages of different sessions may be mixed."""

    file: LogFile
    prefix: Prefix
    name: str
    """The form of the log, for its holes."""
    _open: OrderedDict[Key, _Message] = field(default_factory=OrderedDict["Key", "_Message"])
    _last: dict[str, Key] = field(default_factory=dict[str, "Key"])
    """Of each origin, the message that its last line belongs to."""

    def add(self, line: Line, *, origin: str = "", process: str = "", time: str = "") -> Iterator[Record | Hole]:
        """One line: the messages that it completes.

        `origin` is where it comes from: lines of one origin follow each other. `process` and `time` are what the
        envelope says, where the prefix does not.
        """
        held = self._held(origin)
        match = None if line.text.startswith("\t") and held else self.prefix.pattern.fullmatch(line.text)
        if match is None:
            if held and line.text.startswith(("\t", " ")):  # a blank, where something has replaced tabs
                yield from self._continue(held, line, origin)
            elif line.text.strip():
                self.damage(origin)
                yield self.file.hole("log-line", line.number, format=self.name)
            return
        groups = match.groupdict()
        session = groups.get("c") or groups.get("p") or process
        context = Context(
            line.number,
            f"{origin}/{session}" if origin and session else session,
            None,
            groups.get("u") or "",
            groups.get("d") or "",
            groups.get("a") or "",
            address(groups.get("r") or groups.get("h") or ""),
        )
        message = match["message"]
        if _AGAIN.search(message) and not (match["severity"] in SEVERITIES and _shows(message)):
            self.damage(origin)
            yield self.file.hole("log-line", line.number, format=self.name)
            return
        key = (origin, *context.owner)
        section = SECTIONS.get(match["severity"], "")
        held = self._open.get(key)
        if section and held and held.takes(section):
            self._last[origin] = key
            held.section, held.ended = section, line.ended
            held.parts.setdefault(section, []).append(message)
            held.size += len(message)
            return
        if held:
            del self._open[key]
            yield held.record()
        stamp = groups.get("m") or groups.get("t") or groups.get("n") or time
        severity = SEVERITIES.get(match["severity"], "")
        new = _Message(context, severity, stamp, groups.get("e") or "", {section: [message]}, section)
        new.size, new.ended = len(message), line.ended
        new.whole = not _AGAIN.search(message)
        self._open[key] = new
        self._last[origin] = key
        if len(self._open) > MAX_OPEN:
            yield self._open.popitem(last=False)[1].record()

    def damage(self, origin: str = "") -> None:
        """A line was lost: it may have been of the last message."""
        if held := self._held(origin):
            held.whole = False
        self._last.pop(origin, None)

    def finish(self) -> Iterator[Record]:
        """Everything that is still open at the end of the log."""
        while self._open:
            yield self._open.popitem(last=False)[1].record()

    def _held(self, origin: str) -> _Message | None:
        key = self._last.get(origin)
        return self._open.get(key) if key else None

    def _continue(self, held: _Message, line: Line, origin: str) -> Iterator[Hole]:
        held.parts[held.section].append(line.text.removeprefix("\t"))
        held.size += len(line.text)
        held.ended = line.ended
        if held.size > MAX_RECORD:
            yield self.file.hole("log-line-long", held.context.line, limit=MAX_RECORD)
            del self._open[self._last.pop(origin)]


def _shows(message: str) -> bool:
    """Whether a message shows a statement in any case, which may hold any text."""
    text = message[found.end() :] if (found := _STATE.match(message)) else message
    return text.startswith(AUDIT) or ((shown := plain(text)) is not None and shown.kind != "parse")


def stderr_records(file: LogFile, prefix: Prefix) -> Iterator[Record | Hole]:
    """The messages of a text log; lines that begin with a tab continue the one before."""
    text = TextRecords(file, prefix, "stderr")
    for line in file.lines():
        if isinstance(line, Hole):
            text.damage()
            yield line
        else:
            yield from text.add(line)
    yield from text.finish()
