"""How many evaluations a caller may ask for: a bucket of tokens for each caller, the same for all workers.

A bucket is one number, the instant at which it is full again (the generic cell rate algorithm), in memory that all
workers share. It belongs to a caller's name, whatever the order of callers in the settings, before and after a reload.
Two workers that write at the same moment lose one of the two: a caller may be let through once more, and is never kept
out by mistake.
"""

from __future__ import annotations

import mmap
import time
from functools import lru_cache
from hashlib import blake2b
from math import ceil
from typing import TYPE_CHECKING, Final

from .refusals import Refused, problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from .callers import Caller

PLACES: Final = 1 << 16
"""Buckets; no caller gives one up."""
TRIES: Final = 64
"""Places that are looked at for a caller's bucket; one who finds none of its own shares."""


class Rates:
    """The buckets of all callers; made before workers are, so that they have the same memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, places: int = PLACES) -> None:
        self._clock = clock
        self._places = places
        self._owners = memoryview(mmap.mmap(-1, places * 8)).cast("Q")
        """Whose bucket it is, as a number of the name; 0 is nobody's."""
        self._full = memoryview(mmap.mmap(-1, places * 8)).cast("d")

    def take(self, caller: Caller, count: int) -> None:
        """Take tokens for some evaluations out of a caller's bucket; Refused (429) when it is empty.

        A request that is larger than what is left may go through, and the next ones wait for it.
        """
        if caller.rate is None:
            return
        place = self._place(caller.name)
        now, one, full = self._clock(), 1 / caller.rate, self._full[place]
        wait = full - now - (caller.burst - 1) * one
        if wait > 0:
            found = problem("rate-limited", "Authorization", rate=f"{caller.rate:g}", burst=caller.burst)
            raise Refused(429, [found], [(b"retry-after", b"%d" % max(1, ceil(wait)))])
        self._full[place] = max(full, now) + count * one

    def _place(self, name: str) -> int:
        """Where the bucket of a name is: at its number, or behind those that were there before."""
        number, owners, places = _number(name), self._owners, self._places
        first = number % places
        if owners[first] == number:
            return first
        for place in range(first, first + TRIES):
            at = place % places
            if not owners[at]:
                owners[at] = number
            if owners[at] == number:  # not when another worker has put another name there meanwhile
                return at
        return first


@lru_cache(maxsize=PLACES)
def _number(name: str) -> int:
    """A number that no other name has, and never 0."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) | 1
