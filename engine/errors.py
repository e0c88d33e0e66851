"""Where something is wrong, what it is, and the two exceptions that carry it.

A `Problem` is in what somebody wrote (a policy, a register, a request, a schema file); a *finding* is in the
world and lives in `model`. Problems are collected and raised together, never one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from .messages import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Lang = Literal["en", "zh"]

CARET_WIDTH: Final = 160
"""A source line is shown up to this many characters around the caret."""


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a text: file name, line and column, both counted from 1 in code points; 0 = not known."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in an input: a stable code of `messages.MESSAGES`, its place, and the words' arguments."""

    code: str
    location: Location
    args: Mapping[str, object] = field(default_factory=dict[str, object])
    source: str = ""
    """The source line, without its line end; empty when there is none to show."""

    def message(self, lang: Lang = "en") -> str:
        """Say what is wrong: lower case, no final period, user input in backticks."""
        return MESSAGES[self.code].text(lang).format_map(self._filling(lang))

    def help(self, lang: Lang = "en") -> str:
        """Say what to do about it; empty when the message says it all."""
        return MESSAGES[self.code].help(lang).format_map(self._filling(lang))

    def _filling(self, lang: Lang) -> _Lenient:
        args = _Lenient(self.args)
        if lang == "zh":
            from .phrases import filling

            args.update({name: filling(name, value) for name, value in args.items() if isinstance(value, str)})
        return args

    def render(self, lang: Lang = "en") -> str:
        """Lay the problem out as `file:line:col: CODE message`, the source line, a caret and the help."""
        lines = [f"{self.location}: {self.code} {self.message(lang)}"]
        if self.source and self.location.column:
            start = max(0, self.location.column - 1 - CARET_WIDTH // 2)
            shown = self.source[start : start + CARET_WIDTH].replace("\t", " ")
            lines += [f"    {shown}", "    " + " " * _width(shown[: self.location.column - 1 - start]) + "^"]
        if text := self.help(lang):
            lines.append(f"    help: {text}" if lang == "en" else f"    建议:{text}")
        return "\n".join(lines)


class _Lenient(dict[str, object]):
    """Arguments for `str.format_map` in which an absent one shows as `?` instead of raising."""

    def __missing__(self, key: str) -> str:
        return "?"


def _width(text: str) -> int:
    """Count terminal cells: East Asian wide characters take two."""
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


class TutelaError(Exception):
    """Base of every exception that tutela raises on purpose; `problems` says everything that is wrong."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=lambda p: (p.location, p.code)))
        super().__init__("\n".join(problem.render() for problem in self.problems))

    def render(self, lang: Lang = "en") -> str:
        """All problems, one after the other."""
        return "\n".join(problem.render(lang) for problem in self.problems)


class PolicyError(TutelaError):
    """Policies, vocabulary, parameters or policy tests that do not load."""


class InputError(TutelaError):
    """Registers, requests, schemas, logs or records that cannot be used."""


class NotRecordedError(TutelaError):
    """A decision that is not in the decision log although it must be: the caller has to deny."""
