"""What an access log says: a frozen value for each statement (`Event`) and unreadable place (`Hole`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .errors import Location, Problem

EventAction = Literal["read", "insert", "update", "delete", "export", "grant", "ddl", "login", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One access as a log shows it; nothing in it is trusted to be complete."""

    id: str
    """Stable within one file: the log's own id, or session and statement number, or the line."""
    location: Location
    account: str = ""
    """The technical account; empty when the log does not say it."""
    at: datetime | None = None
    """With an offset, always; None when the log has no times."""
    action: EventAction = "other"
    sql: str | None = None
    tables: tuple[str, ...] = ()
    """The objects that the log itself names (pgaudit's OBJECT_NAME, `objects` of a mapped log)."""
    columns: tuple[str, ...] = ()
    purpose: str = ""
    request_id: str = ""
    row_count: int | None = None
    """None means that the log does not say how many, which is not the same as none."""
    application: str = ""
    database: str = ""
    source_ip: str = ""
    destination: str = ""
    result: Literal["success", "denied", "error", ""] = ""
    statement_complete: bool = True
    """False when the log cut or hid the statement's text."""
    extra: Mapping[str, str] = field(default_factory=dict[str, str])
    """What else a reader wants to keep: session, command, class, role, break-glass reason."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A place in a log that fits no format, or that a format leaves open: never a clean line."""

    problem: Problem
    log: str = ""
    """What tells this log from others of the same name: a digest of how it begins."""

    @property
    def location(self) -> Location:
        """Where the hole is."""
        return self.problem.location

    @property
    def code(self) -> str:
        """The stable code of the message."""
        return self.problem.code
