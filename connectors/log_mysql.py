"""What the logs of MySQL, Percona Server and MariaDB have in common: sessions, statements and error numbers."""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .log_times import UncertainTimeError, everywhere

if TYPE_CHECKING:
    from tutela.engine.events import EventAction

MAX_SESSIONS: Final = 100_000
"""Connections whose account is remembered; beyond, the oldest one has an unknown account."""

HEAD_LINES: Final = 50
"""Lines that are looked at to tell what a log is."""

DENIED: Final = frozenset({1044, 1045, 1142, 1143, 1227, 1370, 1410, 1698, 3118})
"""Errors that mean that the account lacks a right: nothing was read or written."""

_SHORT_TEXT: Final = 20_000

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d| UTC)?", re.ASCII)
_SHORT: Final = re.compile(r"(\d{2})(\d\d)(\d\d) +(\d{1,2}):(\d\d):(\d\d)(?:\.\d+)?", re.ASCII)
_BANNER: Final = re.compile(
    r"\S.*, Version: .*\bstarted with:\s*|T[Cc][Pp] [Pp]ort: .*|Time\s+Id Command\s+Argument\s*"
)

_USE: Final = re.compile(r"\s*use\s+(?:`([^`]+)`|([^\s;`]+))\s*+;?\s*+", re.IGNORECASE)
_NAME: Final = r"(?:[\w$.]|`[^`]+`)+"
_VALUE: Final = r"(?:'[^'\\]*'|\"[^\"\\]*\"|[\w.+-]+|@{1,2}[\w.]+)"
_VARIABLE: Final = rf"(?:(?:session|global|local|persist)\s+)?(?:@{{1,2}})?[\w.]+\s*:?=\s*{_VALUE}"
_QUIET: Final = re.compile(
    rf"""(?:\s++|/\*(?![!M])(?:[^*]++|\*(?!/))*+\*/)*+(?:
    prepare\s+{_NAME}\s+from\s+(?:'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|@[\w.$`'"]+)
    |(?:deallocate|drop)\s+prepare\s+{_NAME}
    |use\s+{_NAME}
    |set\s+{_VARIABLE}(?:\s*,\s*{_VARIABLE})*
    |set\s+(?:names|character\s+set|charset)\s+{_VALUE}(?:\s+collate\s+{_VALUE})?
    |set\s+(?:(?:session|global|local)\s+)?transaction\s+[\w\s,]++
    |show\s+(?:(?:global|session|full|extended|all|master|replica|slave|storage|open)\s+)*
     (?:status|variables|warnings|errors|databases|schemas|tables|table\s+status|columns|fields|index|indexes|keys|engines
     |plugins|collation|character\s+set|charset|privileges|function\s+status|procedure\s+status
     |create\s+(?:table|view|database|schema))(?![\w$])[^();]*+
    |(?:describe|desc)\s+{_NAME}(?:\s+{_NAME})?
    |lock\s+tables?\s+[\w$.`\s,]++|unlock\s+tables?|flush\s+[\w$.`\s,]++|kill\s+(?:query\s+|connection\s+)?\d+
    |do\s+(?:sleep\s*\(\s*[\d.]+\s*\)|\d+)
    |(?:analyze|optimize|check|repair)\s+tables?\s+[\w$.`\s,]++
    )\s*+;?\s*+""",
    re.IGNORECASE | re.DOTALL | re.ASCII | re.VERBOSE,
)
_SETTING: Final = re.compile(
    r"\s*set\b.*\b(?:sql_mode|password|role|old_mode|init_connect|general_log|log_bin|slow_query_log)",
    re.IGNORECASE | re.DOTALL,
)
"""Settings that change what later statements mean, who may do what, or what is logged."""
_EXECUTE: Final = re.compile(
    r"\s*execute\s+(?:immediate\s.*|[\w`]+(?:\s+using\b.*)?)\s*+;?\s*+", re.IGNORECASE | re.DOTALL
)
_LEAD: Final = re.compile(r"(?:\s++|/\*(?:[^*]++|\*(?!/))*+\*/|--[ \t][^\n]*+\n|#[^\n]*+\n|\()*+", re.DOTALL)
_WORD: Final = re.compile(r"[A-Za-z]+")
_CLOSED: Final = re.compile(
    r"""(?:[^'"`/#-]++|'(?:[^'\\]++|\\.|'')*+'|"(?:[^"\\]++|\\.|"")*+"|`[^`]*+`"""
    r"|/\*(?:[^*]++|\*(?!/))*+\*/|--[ \t\r][^\n]*+(?:\n|\Z)|--(?=\n|\Z)|\#[^\n]*+(?:\n|\Z)"
    r"|/(?!\*)|-(?!-)|--(?![ \t\r\n]))*+",
    re.DOTALL,
)

_WRITES: Final[dict[str, EventAction]] = {
    "insert": "insert", "replace": "insert", "load": "insert", "import": "insert",
    "update": "update", "delete": "delete", "truncate": "delete",
    "create": "ddl", "alter": "ddl", "drop": "ddl", "rename": "ddl", "grant": "grant", "revoke": "grant",
}  # fmt: skip
READS: Final = frozenset({"select", "show", "table", "values", "desc", "describe", "explain"})
_INTO: Final = re.compile(r"\binto\s+(?:outfile|dumpfile|@)", re.IGNORECASE)

Result = Literal["success", "denied", "error", ""]


class Session(NamedTuple):
    """Who a connection belongs to, and which database it is in."""

    account: str = ""
    """Empty when the log does not say it."""
    database: str = ""
    source_ip: str = ""


UNKNOWN: Final = Session()


class Sessions:
    """The connections of one server by their thread id, as far as the log tells them."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Session] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()

    def get(self, thread: str) -> Session:
        """The session of a thread; an unknown one is nobody's, never that of another thread."""
        return self._known.get(thread, UNKNOWN)

    def began(self, thread: str) -> bool:
        """Whether a thread of this id was there before: a server never gives an id twice."""
        return thread in self._known or thread in self._ended

    def put(self, thread: str, session: Session) -> None:
        """Remember a session that began or changed."""
        self._known[thread] = session
        self._known.move_to_end(thread)
        if len(self._known) > MAX_SESSIONS:
            self._known.popitem(last=False)

    def end(self, thread: str) -> None:
        """A thread that has ended."""
        if self._known.pop(thread, None) is None:
            return
        self._ended[thread] = None
        if len(self._ended) > MAX_SESSIONS:
            self._ended.popitem(last=False)

    def clear(self) -> None:
        """The server started anew: its thread ids begin again."""
        self._known.clear()
        self._ended.clear()


def is_banner(line: str) -> bool:
    """Whether a line is one of the three that a server writes when it opens a log."""
    likely = line[:3].lower() in ("tcp", "tim") or line.rstrip().endswith("started with:")
    return likely and _BANNER.fullmatch(line) is not None


def mysql_time(text: str, zone: tzinfo | None) -> datetime:
    """A time in any of MySQL's spellings; raises ValueError, UncertainTimeError where only the offset is missing."""
    short = _SHORT.fullmatch(text)
    if short:
        year, *rest = (int(part) for part in short.groups())
        at = datetime(2000 + year, *rest)  # type: ignore[arg-type]  # noqa: DTZ001 # its zone comes next
    elif _ISO.fullmatch(text):
        at = everywhere(datetime.fromisoformat(text.removesuffix(" UTC") + ("Z" if text.endswith(" UTC") else "")))
    else:
        raise ValueError(text)
    if at.utcoffset() is not None:
        return at
    if zone is None:
        raise UncertainTimeError(text)
    return at.replace(tzinfo=zone)


def closed(sql: str) -> bool:
    """Whether no quote and no comment of a statement is left open: only then its end is its end."""
    return _CLOSED.fullmatch(sql) is not None


def used_database(sql: str) -> str | None:
    """The database that a statement `USE x` goes to; None for any other statement."""
    match = _USE.fullmatch(sql)
    return (match[1] or match[2]) if match else None


def touches_nothing(sql: str) -> bool:
    """Whether a statement is about the session, describes tables, or only prepares another one, logged by itself."""
    return len(sql) <= _SHORT_TEXT and _QUIET.fullmatch(sql) is not None and _SETTING.match(sql) is None


def executes_prepared(sql: str) -> bool:
    """Whether a statement executes another one, whose own text is logged, too."""
    return _EXECUTE.fullmatch(sql) is not None


def first_word(sql: str) -> str:
    """The first word of a statement, in small letters, behind comments and brackets."""
    lead = _LEAD.match(sql)
    match = _WORD.match(sql, lead.end() if lead else 0)
    return match[0].lower() if match else ""


def action_of(sql: str) -> EventAction:
    """What a statement does, by its first word; `other` leaves it to the analysis."""
    return _WRITES.get(first_word(sql), "other")


def rows_of(sql: str, sent: int | None, affected: int | None) -> int | None:
    """How many rows a statement touched; None where the log counts something else."""
    word = first_word(sql)
    if word == "call" or _INTO.search(sql):
        return None
    if word in READS or (word == "with" and affected == 0):
        return sent
    return None if affected is None else max(affected, sent or 0)


def result_of(code: int) -> Result:
    """What an error number means for the access."""
    if code == 0:
        return "success"
    return "denied" if code in DENIED else "error"


def natural(text: str) -> int | None:
    """A whole number of at most 18 digits; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
