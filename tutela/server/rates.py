"""How many evaluations a caller may ask for: a bucket of tokens for each caller, the same for all workers.

A bucket is one number, the instant at which it is full again (the generic cell rate algorithm), in memory that all
workers share. Two workers that write at the same moment lose one of the two: a caller may be let through once more,
and is never kept out by mistake.
"""

from __future__ import annotations

import mmap
import time
from math import ceil
from typing import TYPE_CHECKING, Final

from .refusals import Refused, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from .callers import Caller

CALLERS: Final = 4096
"""Buckets; callers beyond share them."""


class Rates:
    """The buckets of all callers; made before workers are, so that they have the same memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full = memoryview(mmap.mmap(-1, CALLERS * 8)).cast("d")

    def take(self, caller: Caller, place: int, count: int) -> None:
        """Take tokens for some evaluations out of the bucket at a place; Refused (429) when it is empty.

        A request that is larger than what is left may go through, and the next ones wait for it.
        """
        if caller.rate is None:
            return
        now, one, full = self._clock(), 1 / caller.rate, self._full[place % CALLERS]
        wait = full - now - (caller.burst - 1) * one
        if wait > 0:
            found = problem("rate-limited", "Authorization", rate=f"{caller.rate:g}", burst=caller.burst)
            raise Refused(429, [found], [(b"retry-after", b"%d" % max(1, ceil(wait)))])
        self._full[place % CALLERS] = max(full, now) + count * one
