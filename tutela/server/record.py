"""Every decision stands in the decision log before its answer is sent; without that there is no answer."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from tutela.connectors.decision_log import open_log
from tutela.engine.errors import InputError, NotRecordedError
from tutela.project import FILE

from . import logs
from .refusals import Refused, problem

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from tutela.connectors.decision_log import LogSettings
    from tutela.connectors.decision_log_writer import DecisionLog
    from tutela.engine.errors import Lang

    from .app import Record
    from .exchange import Exchange


QUIET: Final = 2.0
"""Seconds without a failure after which recording is said to go on: a log at its limit does so all the time."""


def check_log(settings: LogSettings | None, workers: int) -> None:
    """InputError when a log cannot be opened, or not by so many processes."""
    if settings is None:
        return
    if workers > 1 and "://" not in settings.address:
        raise InputError([problem("serve-log-workers", FILE, workers=workers)])
    open_log(settings).close()


class Outage:
    """Says in the service's log that decisions are not recorded, and that they are again; once, however many there are.

    Callers are not told why: where decisions are kept is none of their business.
    """

    def __init__(self, log: DecisionLog, lang: Lang) -> None:
        self._log = log
        self._lang: Lang = lang
        self._failed_at: float | None = None
        """When the last one was not recorded; None when all is well."""

    def heed(self) -> None:
        """Look at how the log fares."""
        found = self._log.failure
        if found is not None:
            if self._failed_at is None:
                said = f"decisions are not recorded: {found.location} {found.code} {found.message(self._lang)}"
                logs.say(said, level=logging.ERROR)
            self._failed_at = time.monotonic()
        elif self._failed_at is not None and time.monotonic() - self._failed_at > QUIET:
            self._failed_at = None
            logs.say("decisions are recorded again", {"unrecorded": self._log.unrecorded})


def recording(log: DecisionLog, tell: Callable[[int, int], None], lang: Lang) -> Record:
    """The step that records what was decided; Refused (status 503) when it is not on the disk and must be.

    `tell` hears how many decisions are recorded, and how many are not.
    """
    outage = Outage(log, lang)

    async def record(exchange: Exchange) -> None:
        if exchange.recorder is None:
            raise RuntimeError("a service without a recorder")
        waiting = [log.record(entry) for entry in exchange.entries]
        kept = 0
        try:
            for entry in waiting:
                kept += await entry
        except NotRecordedError:
            for entry in waiting:
                entry.add_done_callback(_heard)
            tell(0, len(exchange.entries))
            outage.heed()
            raise Refused(503, [problem("server-unrecorded", "decision")], [(b"retry-after", b"5")]) from None
        tell(kept, len(waiting) - kept)
        outage.heed()

    return record


def _heard(entry: asyncio.Future[bool]) -> None:
    """Take note of what became of an entry; nobody else does when another one of the request has failed."""
    if not entry.cancelled():
        entry.exception()
