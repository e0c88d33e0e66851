"""JSON objects of a log, one a line or an array over many lines, read one by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tutela.engine.events import Hole

from .log_lines import MAX_RECORD, LogFile
from .log_mapped import json_object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .log_lines import Line

_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}]')
_BETWEEN: Final = re.compile(r"[\s,\[\]]*")
_KEY: Final = re.compile(r'"([A-Za-z_]\w*)"\s*:', re.ASCII)


def first_keys(head: list[str]) -> frozenset[str]:
    """The keys, in small letters, of what the first lines hold of a JSON log; none for any other log."""
    if not head[0].lstrip().startswith(("{", "[")):
        return frozenset()
    return frozenset(key.lower() for line in head[:100] for key in _KEY.findall(line))


def objects(file: LogFile) -> Iterator[tuple[int, dict[str, object]] | Hole]:
    """The objects of a JSON array or of JSON lines, each with the line where it begins; never all at once."""
    open_ = _Open()
    for line in file.lines():
        if open_.parts and (isinstance(line, Hole) or line.text.startswith("{") or open_.size > MAX_RECORD):
            yield file.hole("log-cut", open_.first)
            open_ = _Open()
        if isinstance(line, Hole):
            yield line
            continue
        if not open_.parts and (found := json_object(line.text.strip().strip(","))) is not None:
            yield line.number, found
            continue
        for text in open_.add(line):
            found = json_object(text)
            yield (open_.first, found) if found is not None else file.hole("log-json", open_.first)
    if open_.parts:
        yield file.hole("log-cut", open_.first)


class _Open:
    """The lines of an object whose end is still coming."""

    def __init__(self) -> None:
        self.parts = list[str]()
        self.first = 0
        """The line where the object at hand begins."""
        self.size = self.depth = 0

    def add(self, line: Line) -> Iterator[str]:
        """The texts of the objects that end in this line."""
        start = 0
        for token in _TOKEN.finditer(line.text):
            if token[0] == "{":
                self.depth += 1
            elif token[0] == "}":
                self.depth -= 1
            if token[0] == "}" and self.depth <= 0:
                self._keep(line, line.text[start : token.end()])
                yield self._taken()
                start = token.end()
        self._keep(line, line.text[start:])
        if self.parts and self.depth <= 0:
            yield self._taken()

    def _keep(self, line: Line, text: str) -> None:
        if not self.parts:
            if _BETWEEN.fullmatch(text):
                return
            self.first = line.number
            text = text.lstrip("[, \t")
        self.parts.append(text)
        self.size += len(text) + 1

    def _taken(self) -> str:
        text = "\n".join(self.parts)
        self.parts, self.size, self.depth = [], 0, 0
        return text
