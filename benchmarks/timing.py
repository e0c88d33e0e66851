"""Clocks and statistics: CPU time of blocks of decisions, and of single ones for the tail."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BLOCK = 100
"""Decisions timed together: long enough to hide the clock (0.9 us), short enough for many samples."""

BUDGET = 2.0
"""Seconds that one contender may spend in one round; slower ones time every k-th request of each block."""


@dataclass(slots=True)
class Runner:
    """One loaded contender, its prepared requests, and what was measured so far."""

    name: str
    decide: Callable[[Any], bool]
    blocks: dict[str, list[list[Any]]]
    stride: int = 1
    block_us: dict[str, list[float]] = field(default_factory=lambda: {"allow": [], "deny": []})
    single_us: dict[str, list[float]] = field(default_factory=lambda: {"allow": [], "deny": []})

    def time_block(self, verdict: str, number: int) -> None:
        """Time one block as a caller's loop would run it."""
        decide, requests = self.decide, self.blocks[verdict][number][:: self.stride]
        start = time.process_time_ns()
        for request in requests:
            decide(request)
        took = time.process_time_ns() - start
        self.block_us[verdict].append(took / len(requests) / 1000)

    def time_singles(self, verdict: str, number: int, overhead: int) -> None:
        """Time each decision of one block; `overhead` is what reading the clock costs."""
        decide, clock = self.decide, time.thread_time_ns
        for request in self.blocks[verdict][number][:: self.stride]:
            start = clock()
            decide(request)
            took = clock() - start
            self.single_us[verdict].append(max(took - overhead, 0) / 1000)

    def summary(self) -> dict[str, dict[str, float]]:
        """Median (of block means) and p99 (of single decisions) for each verdict."""
        return {
            verdict: {
                "median_us": statistics.median(self.block_us[verdict]),
                "p99_us": percentile(self.single_us[verdict], 0.99),
                "timed": len(self.single_us[verdict]),
            }
            for verdict in ("allow", "deny")
            if self.block_us[verdict]
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def clock_overhead() -> int:
    """Nanoseconds between two readings of the single-decision clock with nothing in between (median)."""
    clock = time.thread_time_ns
    samples: list[int] = []
    for _ in range(20_000):
        start = clock()
        samples.append(clock() - start)
    return int(statistics.median(samples))


def blocks_of(requests: Sequence[Any], answers: Sequence[bool]) -> dict[str, list[list[Any]]]:
    """Part the requests by their right answer and cut them into blocks; a short last block is not timed."""
    blocks: dict[str, list[list[Any]]] = {}
    for verdict, wanted in (("allow", True), ("deny", False)):
        chosen = [r for r, answer in zip(requests, answers, strict=True) if answer is wanted]
        size = min(BLOCK, max(len(chosen), 1))
        blocks[verdict] = [chosen[i : i + size] for i in range(0, len(chosen) - size + 1, size)]
    return blocks


def run_rounds(runners: list[Runner], rounds: int) -> None:
    """Time all contenders round by round, the order turning; the last round times single decisions.

    A contender runs through all its requests before the next one starts: changing places after every block
    would measure how the others emptied the processor's caches.
    """
    gc.collect()
    gc.freeze()
    overhead = clock_overhead()
    for turn in range(rounds + 1):
        at = turn % max(len(runners), 1)
        for runner in runners[at:] + runners[:at]:
            for verdict, blocks in runner.blocks.items():
                for number in range(len(blocks)):
                    if turn < rounds:
                        runner.time_block(verdict, number)
                    else:
                        runner.time_singles(verdict, number, overhead)
    gc.unfreeze()
