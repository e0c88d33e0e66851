"""Every decision stands in the decision log before its answer is sent; without that there is no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutela.connectors.decision_log import open_log
from tutela.engine.errors import InputError, NotRecordedError
from tutela.project import FILE

from .refusals import Refused, problem

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from tutela.connectors.decision_log import LogSettings
    from tutela.connectors.decision_log_writer import DecisionLog

    from .app import Record
    from .exchange import Exchange


def check_log(settings: LogSettings | None, workers: int) -> None:
    """InputError when a log cannot be opened, or not by so many processes."""
    if settings is None:
        return
    if workers > 1 and "://" not in settings.address:
        raise InputError([problem("serve-log-workers", FILE, workers=workers)])
    open_log(settings).close()


def recording(log: DecisionLog, tell: Callable[[int, int], None]) -> Record:
    """The step that records what was decided; Refused (status 503) when it is not on the disk and must be.

    `tell` hears how many decisions are recorded, and how many are not.
    """

    async def record(exchange: Exchange) -> None:
        if exchange.recorder is None:
            raise RuntimeError("a service without a recorder")
        waiting = [log.record(entry) for entry in exchange.entries]
        kept = 0
        try:
            for entry in waiting:
                kept += await entry
        except NotRecordedError as error:
            for entry in waiting:
                entry.add_done_callback(_heard)
            tell(0, len(exchange.entries))
            raise Refused(503, error.problems) from None
        tell(kept, len(waiting) - kept)

    return record


def _heard(entry: asyncio.Future[bool]) -> None:
    """Take note of what became of an entry; nobody else does when another one of the request has failed."""
    if not entry.cancelled():
        entry.exception()
