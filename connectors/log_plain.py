"""Messages of PostgreSQL that show a statement: of `log_statement`, `log_min_duration_statement`, auto_explain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .log_record import FAILED

if TYPE_CHECKING:
    from .log_record import Record

Kind = Literal["statement", "execute", "bind", "parse", "duration", "call", "plan"]

_MESSAGE: Final = re.compile(
    r"(?:(?:duration|执行时间): (?P<ms>\d+(?:\.\d+)?) ms\s*)?"
    r"(?:(?:statement|语句):[ ]?(?P<statement>.*)"
    r"|(?P<step>parse|bind|解析|绑定)[ ]?(?P<name>.*?): (?P<prepared>.*)"
    r"|(?:execute |执行(?!时间))(?P<portal>.*?): (?P<execute>.*)"
    r"|(?:fastpath function call|快捷路径函数调用): (?P<call>.*)"
    r"|plan:\s*(?P<plan>.*)"
    r")?",
    re.ASCII | re.DOTALL,
)
_STEPS: Final[dict[str, Kind]] = {"parse": "parse", "解析": "parse", "bind": "bind", "绑定": "bind"}
VERBS: Final = (
    r"(?:select|with|insert|update|delete|merge|copy|table|values|call|do|execute|fetch|declare|truncate|create|alter"
    r"|drop|grant)\b"
)
"""How a statement begins, in any case of letters."""
_NAMED: Final = re.compile(rf": [\s(]*(?:/\*|--|{VERBS})", re.IGNORECASE)
"""What may be the statement where the name before it is made to hide it."""
_STRANGE: Final = re.compile(rf"[^:\n]{{1,60}}:\s+[\s(]*{VERBS}|[^:\n]{{1,20}}: \d+\.\d{{3}} ", re.IGNORECASE)
"""A message in a language that is not known, which may show a statement."""
_PLAN: Final = re.compile(r"Query Text: (.*?)\n[^\n]*\(cost=\d.*", re.DOTALL)
_PREPARE: Final = re.compile(r"(?:prepare|准备): (.*)", re.DOTALL)
_PREPARED: Final = re.compile(
    r"\s*prepare\s+(?:\"[^\"]*\"|\w+)\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s*as\s(.*)", re.IGNORECASE | re.DOTALL
)
_REFUSED: Final = re.compile(
    r"permission denied for (?:table|view|relation|materialized view|foreign table) (.+)"
    r"|对(?:表|视图|关系) (.+) 权限不够"
)
_SIMPLE: Final = re.compile(r"\s*(?:select|table|copy|update|delete|insert|truncate)\b[^();]*;?\s*", re.IGNORECASE)


class Plain(NamedTuple):
    """What a message shows of a statement."""

    kind: Kind
    text: str = ""
    seconds: float | None = None
    """How long it took; None when it only begins."""
    sure: bool = True
    """False where the text may be another one than the statement's."""


def plain(message: str) -> Plain | None:
    """The statement that a message shows; None when it shows none."""
    match = _MESSAGE.fullmatch(message)
    if match is None or not message:
        return None
    seconds = float(match["ms"]) / 1000 if match["ms"] else None
    if match["statement"] is not None:
        return Plain("statement", match["statement"], seconds)
    if match["step"]:
        return Plain(_STEPS[match["step"]], match["prepared"], seconds, not _NAMED.search(match["prepared"]))
    if match["execute"] is not None:
        return Plain("execute", match["execute"], seconds, not _NAMED.search(match["execute"]))
    if match["call"] is not None:
        return Plain("call", "", seconds)
    if match["plan"] is not None:
        found = _PLAN.fullmatch(match["plan"])
        return Plain("plan", found[1] if found else "", seconds, found is not None)
    return Plain("duration", "", seconds)


def strange(message: str) -> bool:
    """Whether a message that is not known may show a statement."""
    return _STRANGE.match(message) is not None


def prepared(detail: str) -> str | None:
    """The statement behind an EXECUTE, as its DETAIL gives it; None when it gives none."""
    found = _PREPARE.fullmatch(detail)
    inner = _PREPARED.fullmatch(found[1]) if found else None
    return inner[1] if inner else None


def refused(record: Record, sql: str) -> bool:
    """Whether an error says for sure that nothing was read: rights on a table are asked before its first row.

    An error inside a function comes after rows have gone out, so a statement that may call one never counts.
    """
    said = _REFUSED.match(record.message)
    return bool(
        said
        and record.severity in FAILED
        and record.state in ("", "42501")
        and not record.where
        and _SIMPLE.fullmatch(sql)
        and re.search(rf"(?<!\w){re.escape((said[1] or said[2]).strip())}(?!\w)", sql, re.IGNORECASE)
    )
