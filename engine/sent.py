"""The send log, indexed: which promotional messages a customer got by which kind of channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

KINDS: Final = ("email", "phone", "push", "sms", "wechat")
"""Kinds of channels that have a limit of their own; all others have one together."""
OTHER: Final = "other"
SERVICE: Final = "service"


def kind_of(channel: str) -> str:
    """The kind of channel that a limit is about."""
    name = channel.strip().casefold()
    return name if name in KINDS else OTHER


class Sent:
    """Look-ups in the register `messages`."""

    def __init__(self, entries: Iterable[Mapping[str, Any]]) -> None:
        self.by_id: dict[str, Mapping[str, Any]] = {}
        self._times: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
        for entry in entries:
            self.by_id[entry["id"]] = entry
            if entry["message_type"] != SERVICE:
                kind = kind_of(entry["channel"])
                for subject in dict.fromkeys(entry["subjects"]):
                    self._times.setdefault((subject, kind), []).append((entry["sent_at"], entry["id"]))

    def before(self, subject: str, kind: str, now: datetime, but: str | None) -> list[datetime]:
        """When a customer got messages by now, other than one of the log that is asked about."""
        return [at for at, name in self._times.get((subject, kind), ()) if at <= now and name != but]
