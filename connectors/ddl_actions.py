"""The actions of an ALTER TABLE as text: what stands between its commas, one entry for each column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from .ddl_names import PART

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN: Final = re.compile(
    r"'(?:[^'\\]++|\\.|'')*+'|\"(?:[^\"]++|\"\")*+\"|`(?:[^`]++|``)*+`|\[[^\]\n]*+\]|[(),]"
    r"|(?<![\w$#@.])(?P<verb>ADD|MODIFY|DROP|RENAME)(?![\w$#@])",
    re.DOTALL | re.IGNORECASE,
)
_STRICT: Final = re.compile(  # a backslash is a character as any other
    _TOKEN.pattern.replace(r"[^'\\]++|\\.|''", "[^']++|''"), _TOKEN.flags
)
_VERB: Final = re.compile(r"\s*(ADD|DROP(?:\s+(?:COLUMN|CONSTRAINT))?|ALTER|MODIFY|CHANGE|RENAME)\s", re.IGNORECASE)
_LIST: Final = re.compile(
    r"\s*(?:(?P<verb>ADD|MODIFY)(?:\s+COLUMNS?)?(?:\s+IF\s+NOT\s+EXISTS)?|(?P<drop>DROP)(?:\s+COLUMNS?)?)\s*\(",
    re.IGNORECASE,
)
_DROPPED: Final = re.compile(rf"\s*(COLUMN\s+|CONSTRAINT\s+)?(?:IF\s+EXISTS\s+)?({PART})\s*\Z", re.IGNORECASE)


class Action(NamedTuple):
    """One change of a table."""

    verb: str
    """`ADD`, `MODIFY` or `DROP COLUMN` when it stands elsewhere: before a list, or before the first of several."""
    text: str
    start: int
    """Where the text stands in the statement."""

    @property
    def whole(self) -> str:
        """The action as if it stood alone."""
        return f"{self.verb} {self.text}" if self.verb else self.text.strip()

    @property
    def offset(self) -> int:
        """Where the first character of `whole` would stand in the statement."""
        blank = len(self.text) - len(self.text.lstrip())
        return self.start - len(self.verb) - 1 if self.verb else self.start + blank


def actions(text: str, start: int, dialect: str) -> Iterator[Action]:
    """The actions that begin at `start` of a statement without comments; lists are taken apart."""
    verb = ""
    for begin, end in pieces(text, start, dialect, apart=dialect == "oracle"):
        action = Action("", text[begin:end], begin)
        if dialect == "tsql":  # only the first of several says what is done
            if found := _VERB.match(action.text):
                verb = " ".join(found[1].upper().split())
            elif verb.startswith("DROP") and (dropped := _DROPPED.match(action.text)):
                verb = f"DROP {dropped[1].strip()}".upper() if dropped[1] else verb
                action = Action(verb, dropped[2], begin + dropped.start(2))
            elif verb == "ADD":
                action = action._replace(verb=verb)
        yield from _listed(action, dialect)


def _listed(action: Action, dialect: str) -> Iterator[Action]:
    """`ADD (a ..., b ...)`, `MODIFY (...)` and `DROP (a, b)` as single actions."""
    listed = _LIST.match(action.text)
    close = action.text.rfind(")")
    if action.verb or listed is None or close < 0:
        yield action
        return
    verb = (listed["verb"] or "DROP COLUMN").upper()
    for begin, end in pieces(action.text[:close], listed.end(), dialect):
        yield Action(verb, action.text[begin:end], action.start + begin)


def pieces(text: str, start: int, dialect: str, *, apart: bool = False) -> Iterator[tuple[int, int]]:
    """Where the parts between the commas of the outermost level stand; Oracle puts actions `apart` by their verbs."""
    depth, begin = 0, start
    token = _TOKEN if dialect == "mysql" else _STRICT
    for match in token.finditer(text, start):
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth -= 1
        elif match[0] == "," and depth == 0:
            yield begin, match.start()
            begin = match.end()
        elif match["verb"] and apart and depth == 0 and text[begin : match.start()].strip():
            yield begin, match.start()
            begin = match.start()
    yield begin, len(text)
