"""One message of a PostgreSQL server, whatever the form of the log: who, when, and what it says."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from .log_times import NoYearError, UncertainTimeError, epoch, everywhere, server_time

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tutela.engine.events import Hole

    from .log_lines import LogFile

SEVERITIES: Final[dict[str, str]] = {
    **{name: name for name in ("DEBUG", *(f"DEBUG{n}" for n in range(1, 6)))},
    **{name: name for name in ("INFO", "NOTICE", "WARNING", "ERROR", "LOG", "FATAL", "PANIC")},
    "调试": "DEBUG", "信息": "INFO", "注意": "NOTICE", "警告": "WARNING", "错误": "ERROR", "日志": "LOG",
    "致命错误": "FATAL", "比致命错误还过分的错误": "PANIC",
}  # fmt: skip
"""Severities as a server writes them, in English and Chinese (`lc_messages`)."""
SECTIONS: Final[dict[str, str]] = {
    **{name: name for name in ("DETAIL", "HINT", "QUERY", "CONTEXT", "STATEMENT", "LOCATION", "BACKTRACE")},
    "详细信息": "DETAIL", "提示": "HINT", "查询": "QUERY", "上下文": "CONTEXT", "语句": "STATEMENT", "位置": "LOCATION",
}  # fmt: skip
"""What lines of the text log that belong to the message before begin with."""
FAILED: Final = ("ERROR", "FATAL", "PANIC")

Owner = tuple[str, str, str, str]
"""(session or process, account, database, address)."""


class Context(NamedTuple):
    """What the line around a message says."""

    line: int
    session: str
    at: datetime | None = None
    account: str = ""
    database: str = ""
    application: str = ""
    source_ip: str = ""

    @property
    def owner(self) -> Owner:
        """Whose statements may belong together: a session of one account on one database."""
        return self.session, self.account, self.database, self.source_ip


class Record(NamedTuple):
    """One message with all its parts."""

    context: Context
    """Without the time, which is read only where it is needed."""
    severity: str
    message: str
    time: str = ""
    state: str = ""
    """SQLSTATE; empty where the log does not say it."""
    detail: str = ""
    where: str = ""
    """CONTEXT: the functions inside which it happened."""
    statement: str = ""
    """The statement that was running, as errors name it."""
    tag: str = ""
    """The command that the session was in."""
    ended: bool = True
    """False when the log stops in the middle of the message."""
    whole: bool = True
    """False when a line that may belong to it could not be read."""


def moment(text: str, zone: ZoneInfo | None) -> datetime | None:
    """The time of a record: as the server or the envelope writes it, None where there is none.

    Raises ValueError, UncertainTimeError when only the offset is missing, NoYearError when the year is.
    """
    if not text:
        return None
    if text[4:5] == "-" and text[10:11] == " ":
        return server_time(text, zone)
    if re.fullmatch(r"\d+(?:\.\d+)?", text, re.ASCII):
        return epoch(float(text))
    if re.match(r"[A-Z][a-z]{2} ", text):
        raise NoYearError(text)
    at = everywhere(datetime.fromisoformat(text))
    if at.utcoffset() is not None:
        return at
    if zone is None:
        raise UncertainTimeError(text)
    return at.replace(tzinfo=zone)


def time_hole(file: LogFile, line: int, error: ValueError) -> Hole:
    """The hole of a record whose time is none, or could be several."""
    codes: dict[type[ValueError], str] = {UncertainTimeError: "log-time-zone", NoYearError: "log-time-year"}
    return file.hole(codes.get(type(error), "log-time"), line)


def address(text: str) -> str:
    """The client's address without its port; empty for a local socket."""
    found = re.sub(r"\(\d+\)$", "", text)
    return "" if found == "[local]" else found
