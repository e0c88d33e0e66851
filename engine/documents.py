"""YAML text -> plain data that knows the place of every key, value and item.

Built from the C loader's *events*: they carry marks, and are iterative where `yaml.load` recurses in C (100,000
brackets crash the process there). The accepted language is YAML 1.2 core without anchors, aliases, merge keys,
tags, duplicate keys and several documents; what PyYAML would read as a YAML 1.1 boolean (`no`, `on`, ...) is
refused, so that a country code or a key `on` never changes its meaning unnoticed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from math import isinf
from typing import TYPE_CHECKING, Any, Final

import yaml

from .errors import Location, Problem
from .values import mask
from .yaml_slips import slip, swallowed

if TYPE_CHECKING:
    from collections.abc import Sequence

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: slower, same events
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

VALUES: Final = frozenset({"value"})
"""Arguments of problems that carry a value of the file; ids of entries stay readable."""
MAX_DEPTH: Final = 50
MAX_NODES: Final = 2_000_000
MAX_DIGITS: Final = 40

_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z", re.ASCII)
_CONSTANTS: Final[dict[str, object]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_TRAPS: Final = frozenset({"yes", "no", "on", "off"})
_NOWHERE: Final = "\0nowhere"
"""Stands for a key that was refused (compared by identity): its value is read and dropped."""
_SPACE: Final = " \t\r\n\u0085\u2028\u2029"

Mark = tuple[int, int]
"""(line, column), both counted from 1, columns in code points."""


class Map(dict[str, object]):
    """A mapping that knows where it stands and where each of its keys and values stands."""

    __slots__ = ("at", "keys_at", "values_at")

    def __init__(self, at: Mark) -> None:
        super().__init__()
        self.at = at
        self.keys_at: dict[str, Mark] = {}
        self.values_at: dict[str, Mark] = {}


class Items(list[object]):
    """A list that knows where it stands and where each of its items stands."""

    __slots__ = ("at", "items_at")

    def __init__(self, at: Mark) -> None:
        super().__init__()
        self.at = at
        self.items_at: list[Mark] = []


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: its name, text, data (`Map`, `Items` or a scalar) and what is wrong with its YAML."""

    file: str
    text: str
    data: object
    problems: tuple[Problem, ...] = ()
    lines: list[str] = field(default_factory=list[str], compare=False)
    private: bool = False
    """Whether it may hold personal data: then no problem shows a source line or a value of it."""

    def problem(self, code: str, at: Mark, /, **args: object) -> Problem:
        """A problem of this file at a mark, with its source line unless it is private."""
        source = "" if self.private else source_line(self.lines, at[0])
        return Problem(code=code, location=Location(self.file, *at), args=self.shown(args), source=source)

    def shown(self, args: dict[str, object]) -> dict[str, object]:
        """The arguments of a problem, with what may be a value of a private file masked."""
        if not self.private:
            return args
        return {name: mask(value) if name in VALUES else value for name, value in args.items()}

    def hidden(self) -> Document:
        """This document as a private one; its own problems lose their source lines."""
        bare = tuple(replace(problem, source="", args=problem.args) for problem in self.problems)
        return replace(self, problems=bare, private=True)

    def mark(self, path: Sequence[str | int], *, key: bool = False) -> Mark:
        """The place of the value at `path` (or of its key), or of the nearest parent that has one."""
        node, at = self.data, getattr(self.data, "at", (1, 1))
        for number, step in enumerate(path):
            last = number == len(path) - 1
            if isinstance(node, Map) and isinstance(step, str) and step in node:
                at = node.keys_at[step] if key and last else node.values_at[step]
                node = node[step]
            elif isinstance(node, Items) and isinstance(step, int) and step < len(node):
                at, node = node.items_at[step], node[step]
            else:
                break
        return at

    def inside(self, at: Mark, value: str, offset: int) -> Mark:
        """The place in the file of character `offset` of the scalar `value` that starts at `at`."""
        return position_in_scalar(self.lines, at, value, offset)


def source_line(lines: Sequence[str], line: int) -> str:
    """Line number `line` (from 1), or nothing when there is none."""
    return lines[line - 1] if 0 < line <= len(lines) else ""


def position_in_scalar(lines: Sequence[str], at: Mark, value: str, offset: int) -> Mark:
    """Find where character `offset` of a scalar stands, for every scalar style without numeric escapes.

    The characters of the value that are not white space stand in the source in the same order, with nothing
    but white space, quotes and backslashes between them; so both are walked together. Where that fails (an
    escape that names its character by number) the start of the scalar is the answer.
    """
    line, column = at[0] - 1, at[1] - 1
    if source_line(lines, at[0])[column : column + 1] in ("|", ">"):
        line, column = line + 1, 0
    for index, char in enumerate(value):
        if char in _SPACE and index < offset:
            continue
        if char in _SPACE:
            return line + 1, column + 1
        while line < len(lines):
            row = lines[line]
            if column >= len(row):
                line, column = line + 1, 0
            elif row[column] == char:
                break
            elif row[column] in " \t\"'\\":
                column += 1
            else:
                return at
        else:
            return at
        if index == offset:
            return line + 1, column + 1
        column += 1
    return min(line, len(lines) - 1) + 1, column + 1


def read_document(text: str, file: str) -> Document:
    """Read one YAML text whole; problems are collected in the document, never raised."""
    lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text)
    builder = _Builder(file, lines)
    data: object = None
    try:
        data = builder.build(text)
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        builder.problems.append(_syntax_problem(error, file, lines))
    return Document(file, text, data, tuple(builder.problems), lines)


def _syntax_problem(error: Exception, file: str, lines: Sequence[str]) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    at = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    source = source_line(lines, at[0])
    if "maximum nesting depth" in what:  # newer libyaml looks ahead, and refuses before the builder can
        return Problem(code="yaml-too-deep", location=Location(file, *at), args={"limit": MAX_DEPTH}, source=source)
    if found := slip(lines, at[0]):
        code, at, args = found
        return Problem(code=code, location=Location(file, *at), args=args, source=source_line(lines, at[0]))
    return Problem(code="yaml-syntax", location=Location(file, *at), args={"what": what}, source=source)


def _mark(event: yaml.Event) -> Mark:
    mark: Any = event.start_mark
    return mark.line + 1, mark.column + 1


class _StopError(Exception):
    """The rest of the text is not worth reading: too deep or too large."""


class _Builder:
    """Turns the events of one text into `Map`, `Items` and scalars, noting every problem on the way."""

    def __init__(self, file: str, lines: Sequence[str]) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[Problem] = []

    def note(self, code: str, at: Mark, **args: object) -> None:
        source = source_line(self.lines, at[0])
        self.problems.append(Problem(code=code, location=Location(self.file, *at), args=args, source=source))

    def build(self, text: str) -> object:
        loader: Any = _Loader(text)
        try:
            return self._documents(loader)
        except _StopError:
            return None
        finally:
            loader.dispose()

    def _documents(self, loader: Any) -> object:  # noqa: ANN401 (PyYAML's loaders are untyped)
        result: object = None
        seen = 0
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                seen += 1
                if seen == 2:
                    self.note("yaml-several-documents", _mark(event))
                    raise _StopError
            elif isinstance(event, yaml.NodeEvent):
                result = self._tree(loader, event)
        return result

    def _tree(self, loader: Any, event: yaml.Event) -> object:  # noqa: ANN401 (as above)
        """Build one document without recursion: a stack of open collections and, for each map, its open key."""
        stack: list[Map | Items] = []
        keys: list[str | None] = []
        nodes = 0
        root: object = None
        while True:
            nodes += 1
            if nodes > MAX_NODES:
                self.note("yaml-too-large", _mark(event), limit=MAX_NODES)
                raise _StopError
            if isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
                keys.pop()
            else:
                value, opened = self._node(event)
                if stack and not self._attach(stack[-1], keys, value, event, opened=opened is not None):
                    opened = self._skip(loader, event)
                if not stack and opened is None:
                    return value
                root = root if stack else value
                if opened is not None:
                    if len(stack) >= MAX_DEPTH:
                        self.note("yaml-too-deep", _mark(event), limit=MAX_DEPTH)
                        raise _StopError
                    stack.append(opened)
                    keys.append(None)
            if not stack:
                return root
            event = loader.get_event()

    def _node(self, event: yaml.Event) -> tuple[object, Map | Items | None]:
        at = _mark(event)
        if isinstance(event, yaml.AliasEvent):
            self.note("yaml-alias", _mark(event), name=event.anchor)
            return None, None
        if anchor := getattr(event, "anchor", None):
            self.note("yaml-anchor", _mark(event), name=anchor)
        if isinstance(event, yaml.MappingStartEvent):
            self._tag(event)
            opened: Map | Items = Map(at)
            return opened, opened
        if isinstance(event, yaml.SequenceStartEvent):
            self._tag(event)
            opened = Items(at)
            return opened, opened
        assert isinstance(event, yaml.ScalarEvent)  # noqa: S101 (the event kinds are closed)
        return self._scalar(event), None

    def _tag(self, event: yaml.Event) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.note("yaml-tag", _mark(event), tag=tag)

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        self._tag(event)
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if not text.isascii() and (found := swallowed(text, _mark(event))):
            code, at, args = found
            self.note(code, at, **args)
            return text
        if text.lower() in _TRAPS:
            self.note("yaml-boolean-trap", _mark(event), text=text)
            return text
        if not text[0].isdigit() and text[0] not in "+-.":
            return text
        if _INTEGER.match(text):
            if len(text) > MAX_DIGITS:
                self.note("yaml-number-too-long", _mark(event), limit=MAX_DIGITS)
                return 0
            return int(text)
        if not _FLOAT.match(text):
            return text
        if isinf(number := float(text)):
            self.note("yaml-number-too-long", _mark(event), limit=MAX_DIGITS)
            return 0
        return number

    def _attach(
        self, parent: Map | Items, keys: list[str | None], value: object, event: yaml.Event, *, opened: bool
    ) -> bool:
        """Put a node into its parent; False when it cannot stand there and must be read past."""
        at = _mark(event)
        if isinstance(parent, Items):
            parent.append(value)
            parent.items_at.append(at)
            return True
        key = keys[-1]
        if key is not None:
            if key is not _NOWHERE:
                parent[key] = value
                parent.values_at[key] = at
            keys[-1] = None
            return True
        if opened:
            self.note("yaml-key-not-scalar", _mark(event))
            keys[-1] = _NOWHERE
            return False
        keys[-1] = self._key(parent, value, event, at)
        return True

    def _key(self, parent: Map, value: object, event: yaml.Event, at: Mark) -> str:
        key = event.value if isinstance(event, yaml.ScalarEvent) else str(value)
        if key == "<<" and isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
            self.note("yaml-merge-key", _mark(event))
            return _NOWHERE
        if key in parent.keys_at:
            first = parent.keys_at[key]
            self.note("yaml-duplicate-key", _mark(event), key=key, first=f"{first[0]}:{first[1]}")
            return _NOWHERE
        parent.keys_at[key] = at
        return key

    @staticmethod
    def _skip(loader: Any, event: yaml.Event) -> None:  # noqa: ANN401 (as above)
        """Read past a collection that stands where only a scalar may."""
        depth = 1
        while depth:
            event = loader.get_event()
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
