"""A process that records entries in a log as fast as it can and says which are recorded; a test kills it.

`python decision_log_worker.py ADDRESS WORKER ENTRIES`: it says `ready`, begins when a line comes in, and then each line
on stdout is the number of an acknowledged entry.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime

from tutela.connectors.decision_log import LogSettings, open_log
from tutela.engine.decision_log import note

CALLERS = 32


async def work(address: str, worker: str, entries: int) -> None:
    """Record entries from many callers at once; a number is told only when its entry is durable."""
    log = open_log(LogSettings(address=address, rotate_mib=1, timeout=60))
    numbers = iter(range(entries))
    os.write(1, b"ready\n")
    sys.stdin.readline()

    async def call() -> None:
        for number in numbers:
            await log.record(note("test", datetime.now(UTC), id=f"{worker}/{number}", fill="x" * 400))
            os.write(1, f"{worker}/{number}\n".encode())

    await asyncio.gather(*(call() for _ in range(CALLERS)))
    log.close()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
