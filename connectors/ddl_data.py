"""A SQL script without the rows it holds: the bulk of a dump is never kept, and every line keeps its number.

`INSERT ... VALUES` that are whole and the data of `COPY ... FROM stdin` become empty lines. Anything odd (a quote in
a value that closes too early, a statement without end) stays as it is, for the splitter to report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_STRING: Final = {True: r"'(?:[^'\\]++|\\.|'')*+'", False: r"'(?:[^']++|'')*+'"}
_NAMES: Final = (
    r"(?:`[^`\n]++`|\"[^\"\n]++\"|\[[^\]\n]++\]|(?!VALUES?\b)[\w$#@.]++|[ \t\r]++"
    r"|\n(?![ \t]*+(?:CREATE|ALTER|DROP|GO|INSERT|PRINT|COMMENT|GRANT|REVOKE|DENY|COMMIT|USE)\b))++"
)
"""The table, and words behind it: not beyond the line where another statement begins."""
_START: Final = re.compile(
    r"^[ \t]*+(?:(?P<copy>COPY\b[^;]{0,4000}?\bFROM\s+STDIN\b[^;\n]{0,400};[ \t]*\r?\n)"
    rf"|(?P<insert>(?:INSERT|REPLACE)\s++(?:(?:LOW_PRIORITY|DELAYED|IGNORE)\s++)?(?:INTO\s++)?{_NAMES}"
    r"(?:\([^()';]{0,100000}\)\s*+(?=(?:VALUES?|SELECT|WITH|EXEC|EXECUTE|OUTPUT|OVERRIDING|SET|TABLE)\b))?"
    r"(?:VALUES?\b)?)|(?P<like>INSERT|REPLACE|COPY)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_NEXT: Final = (
    r"[ \t]*+(?:(?:CREATE|ALTER|DROP|GO|INSERT|SET|PRINT|COMMENT|GRANT|REVOKE|DENY|EXEC|EXECUTE|COMMIT|SELECT|USE"
    r"|WITH)\b|/[ \t]*+\r?$)"
)
_BODY: Final = {
    escaped: re.compile(
        rf"(?:[^'\"`;/*\-$\\\n]++|\n(?!{_NEXT})|{string}(?!\w)|\"[^\"\n]*+\"|`[^`\n]*+`"
        r"|-(?!-)|/(?!\*)|\*(?!/))*+",
        re.DOTALL | re.IGNORECASE | re.MULTILINE,
    )
    for escaped, string in _STRING.items()
}
_WHOLE: Final = {escaped: re.compile(string, re.DOTALL) for escaped, string in _STRING.items()}
_COPY_END: Final = re.compile(r"^\\\.[ \t]*\r?$", re.MULTILINE)
_TABLE: Final = re.compile(r"^[ \t]*CREATE\s", re.IGNORECASE | re.MULTILINE)
_BREAK: Final = re.compile(r"\r\n|\n|\r")
_HEADER: Final = re.compile(
    r"^-- (?:MySQL dump \d|MariaDB dump \d|PostgreSQL database (?:cluster )?dump\s*$)", re.MULTILINE
)
_FOOTER: Final = re.compile(r"^-- (?:Dump completed|PostgreSQL database (?:cluster )?dump complete)", re.MULTILINE)
_AHEAD: Final = 110_000
"""How much text must follow the start of a statement for it to be told."""
_COMMIT: Final = 4 << 20
"""A statement longer than this is taken to be data before its end is seen."""
_LONGEST: Final = 64 << 20
"""The longest single value that is waited for."""
_PARTS: Final = 2000
_BLOCK: Final = 1 << 18


class Script(NamedTuple):
    """What is left of a script: its text, how many statements were left out, and where one is cut off."""

    text: str
    counts: dict[str, int]
    cuts: list[tuple[int, str]]
    """(offset in `text`, why)."""


def without_data(text: str, dialect: str) -> Script:
    """A script that is in memory without its rows."""
    skimmer = Skimmer(dialect)
    for start in range(0, len(text), _BLOCK):
        skimmer.feed(text[start : start + _BLOCK])
    return skimmer.close()


@dataclass(slots=True)
class Skimmer:
    """Takes a script block by block; `close` gives what is left of it."""

    dialect: str
    size: int = 0
    """How many characters are kept so far."""
    _buffer: str = ""
    _at: int = 0
    """Up to where the buffer is done with."""
    _reached: int = 0
    """Up to where the last INSERT was followed."""
    _copying: bool = False
    _inserting: bool = False
    _wanted: int = 0
    """How long the buffer must be before looking at it again is worth it."""
    _ended: bool = False
    """Whether nothing but spaces was kept since the last semicolon."""
    _parts: list[str] = field(default_factory=list[str])
    _whole: list[str] = field(default_factory=list[str])
    _counts: dict[str, int] = field(default_factory=dict[str, int])
    _cuts: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])

    def feed(self, block: str) -> None:
        """Take the next block."""
        self._buffer += block
        if len(self._buffer) >= self._wanted:
            self._work(final=False)

    @property
    def waiting(self) -> int:
        """How many characters are held until it is clear what they are."""
        return len(self._buffer)

    def close(self) -> Script:
        """What is left, once the last block is taken."""
        self._work(final=True)
        if self._copying:
            self._cut("the data of COPY has no end")
        if self._inserting:
            self._cut("a statement without end")
        text = "".join((*self._whole, *self._parts))
        # a dump that starts with its program's mark must end with it: else the end is missing
        if _HEADER.search(text, 0, 2000) and not _FOOTER.search(text, max(0, len(text) - 2000)):
            self._cuts.append((max(0, len(text.rstrip()) - 1), "the dump is cut off: the mark of its end is missing"))
        return Script(text, self._counts, self._cuts)

    def _work(self, *, final: bool) -> None:
        self._wanted = 0
        moving = True
        while moving and self._at < len(self._buffer):
            if self._copying:
                moving = self._copy(final=final)
            elif self._inserting:
                moving = self._values(self._at, final=final)
            else:
                moving = self._plain(final=final)
        self._buffer, self._at, self._reached = self._buffer[self._at :], 0, 0
        self._wanted = self._wanted or len(self._buffer) + 1

    def _plain(self, *, final: bool) -> bool:
        """Keep what stands before the next statement with data; False when more text is needed."""
        at = self._at
        while found := _START.search(self._buffer, at):
            if not final and len(self._buffer) - found.start() < _AHEAD:
                self._keep(found.start())
                return False
            if found["copy"] and self.dialect == "postgres":
                self._keep(found.end())
                self._copying = True
                return True
            step = self._insert(found, final=final) if found["insert"] else None
            if step is not None:
                return step
            # nothing that is understood as data: the splitter reads it, and what starts inside of it
            at = max(found.end(), self._reached)
        self._keep(len(self._buffer) if final else max(min(at, len(self._buffer)), self._last_line()))
        return False

    def _insert(self, found: re.Match[str], *, final: bool) -> bool | None:
        """Drop one INSERT; None when it is none that is understood, False when more text is needed."""
        end = self._end(found.end())
        if end >= 0:
            self._keep(found.start())
            self._drop(end)
            self._count(found)
            return True
        if end == _ODD or final:
            self._reached = len(self._buffer) if end == _MORE else self._reached
            return None
        self._keep(found.start())
        if len(self._buffer) - self._at < _COMMIT:
            self._wanted = 2 * (len(self._buffer) - self._at)
            return False
        self._count(found)
        self._inserting = True
        return self._values(found.end(), final=final)

    def _values(self, at: int, *, final: bool) -> bool:
        """Go on in the middle of a long INSERT."""
        end = self._end(at)
        if end >= 0:
            self._drop(end)
            self._inserting = False
            return True
        if end == _ODD or final:
            self._cut("a quote that is not closed, or a statement without end")
            after = _TABLE.search(self._buffer, at)
            self._drop(after.start() if after else len(self._buffer))
            self._inserting = False
            return True
        # never in the middle of a text, and never between a line's end and its first word
        last = self._buffer.rfind("\n", at)
        body = _BODY[self.dialect == "mysql"].match(self._buffer, at, last if last > len(self._buffer) - 200 else _END)
        stop = max(at, (body.end() if body else at) - 2)
        again = _BODY[self.dialect == "mysql"].match(self._buffer, at, stop)
        self._blank(again.end() if again else at)
        left = len(self._buffer) - self._at
        self._wanted = 2 * left if left < _LONGEST else 0
        return False

    def _end(self, at: int) -> int:
        """Where the statement ends, its semicolon included; `_ODD` or `_MORE` when that is not to be seen."""
        escaped = self.dialect == "mysql"
        body = _BODY[escaped].match(self._buffer, at)
        end = body.end() if body else at
        self._reached = end
        mark = self._buffer[end : end + 1]
        if mark == ";":
            return end + 1
        if mark == "\n" and self.dialect in {"tsql", "oracle"}:
            return end
        if end >= len(self._buffer) - 1:
            return _MORE
        if mark == "'":
            whole = _WHOLE[escaped].match(self._buffer, end)
            return _ODD if whole and whole.end() < len(self._buffer) else _MORE
        return _ODD

    def _copy(self, *, final: bool) -> bool:
        """Drop the rows of COPY up to the line that ends them."""
        end = _COPY_END.search(self._buffer, self._at)
        if end and (final or end.end() < len(self._buffer)):
            self._blank(end.start())
            self._keep(end.end())
            self._copying = False
            return True
        self._blank(len(self._buffer) if final else max(self._at, self._last_line()))
        return False

    def _last_line(self) -> int:
        return self._buffer.rfind("\n") + 1

    def _count(self, found: re.Match[str]) -> None:
        word = found["insert"].split(None, 1)[0].upper()
        self._counts[word] = self._counts.get(word, 0) + 1

    def _drop(self, end: int) -> None:
        """A statement becomes a semicolon (which ends what stands before it) and its line ends."""
        text = self._buffer[self._at : end]
        if not self._ended:
            self._put(";")
        breaks = self._breaks(text)
        self._put("\n" * breaks)
        if self._buffer[end : end + 1] not in {"", "\n", "\r"}:  # what follows on the line keeps its column
            last = max(text.rfind("\n"), text.rfind("\r"))
            self._put(" " * (len(text) - 1 - last - (0 if breaks or self._ended else 1)))
        self._ended = True
        self._at = end

    def _blank(self, end: int) -> None:
        self._put("\n" * self._breaks(self._buffer[self._at : end]))
        self._at = end

    def _breaks(self, text: str) -> int:
        return len(_BREAK.findall(text)) if "\r" in text else text.count("\n")

    def _keep(self, end: int) -> None:
        text = self._buffer[self._at : end]
        self._put(text)
        if text and not text.isspace():
            self._ended = False
        self._at = end

    def _cut(self, reason: str) -> None:
        self._cuts.append((self.size, reason))

    def _put(self, text: str) -> None:
        if text:
            self.size += len(text)
            self._parts.append(text)
            if len(self._parts) > _PARTS:
                self._whole.append("".join(self._parts))
                self._parts.clear()


_END: Final = 1 << 60
_ODD: Final = -1
_MORE: Final = -2
