"""Figures of a service, counted in memory that all its workers share, and written as Prometheus reads them.

Each worker counts in a row of its own, so nobody waits for a lock and an increment costs some ten nanoseconds; a
worker that is started in the place of a dead one goes on counting in its row. Whoever is asked adds up all rows.
"""

from __future__ import annotations

import mmap
import os
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .exchange import Exchange

STATUSES: Final = (200, 400, 401, 403, 404, 405, 408, 409, 413, 429, 431, 500, 503)
SECONDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of the histogram of durations."""
SIZES: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)
"""Bounds of the histogram of evaluations in one request."""
NONE: Final = "none"
"""The endpoint of requests that did not get as far, and of paths that are none."""
PAGE: Final = 1_000_000_000


class Sample(NamedTuple):
    """One figure that is worked out when somebody asks: a counter or a gauge with its labels."""

    name: str
    kind: str
    about: str
    value: float
    labels: Mapping[str, str] = {}


class Metrics:
    """The figures of all workers; made before workers are. `row` is the one in which this process counts."""

    def __init__(self, endpoints: Iterable[str], workers: int) -> None:
        self._endpoints = (*endpoints, NONE)
        requests = [(endpoint, status) for endpoint in self._endpoints for status in STATUSES]
        self._requests = {key: place for place, key in enumerate(requests)}
        place = len(requests)
        self._durations: dict[str, int] = {}
        for endpoint in self._endpoints:
            self._durations[endpoint] = place
            place += len(SECONDS) + 2  # the last bound is infinity, and behind it stands the sum
        self._sizes = place
        place += len(SIZES) + 2
        self._allowed, self._denied, self._reloaded, self._refused = range(place, place + 4)
        self._recorded, self._unrecorded, self._pid, self._down = range(place + 4, place + 8)
        self._width = place + 8
        self._workers = workers
        # One more for the process that looks after workers.
        self._cells = memoryview(mmap.mmap(-1, self._width * 8 * (workers + 1))).cast("Q")
        self._row = 0
        self.use_row(0)
        self.sources: list[Callable[[], Iterable[Sample]]] = []
        """What else is told when somebody asks: the state of whatever counts for itself."""

    def use_row(self, row: int) -> None:
        """Count in the row of a worker from now on."""
        self._row = row * self._width
        self._cells[self._row + self._pid] = os.getpid()

    def request(self, endpoint: str, status: int, seconds: float, exchange: Exchange | None, _caller: str = "") -> None:
        """Count a request that was answered, and the decisions that it was answered with."""
        cells, row = self._cells, self._row
        place = self._requests.get((endpoint, status))
        if place is None:
            endpoint = endpoint if endpoint in self._durations else NONE
            place = self._requests[endpoint, status if status in STATUSES else 500]
        cells[row + place] += 1
        start = row + self._durations[endpoint]
        cells[start + bisect_left(SECONDS, seconds)] += 1
        cells[start + len(SECONDS) + 1] += int(seconds * PAGE)
        if exchange is not None and exchange.decided:
            count, allowed = exchange.decided, exchange.allowed
            if allowed:
                cells[row + self._allowed] += allowed
            if allowed != count:
                cells[row + self._denied] += count - allowed
            cells[row + self._sizes + bisect_left(SIZES, count)] += 1
            cells[row + self._sizes + len(SIZES) + 1] += count

    def reload(self, *, good: bool) -> None:
        """Count an attempt to load policies again."""
        self._cells[self._row + (self._reloaded if good else self._refused)] += 1

    def record(self, recorded: int, unrecorded: int) -> None:
        """Count decisions that are in the decision log, and those that are not although there is one."""
        self._cells[self._row + self._recorded] += recorded
        self._cells[self._row + self._unrecorded] += unrecorded

    def outage(self, *, down: bool) -> None:
        """Note whether this process can record no decisions although it must."""
        self._cells[self._row + self._down] = down

    @property
    def down(self) -> bool:
        """Whether some process can record no decisions: who asks whether the service is ready may meet any of them."""
        return any(self._cells[self._down :: self._width])

    def text(self) -> bytes:
        """All figures in the text format of Prometheus."""
        width = self._width
        total = [sum(self._cells[place::width]) for place in range(width)]
        lines = [*self._head("tutela_requests_total", "counter", "Requests by endpoint and status.")]
        lines += [
            _line("tutela_requests_total", total[place], {"endpoint": endpoint, "status": str(status)})
            for (endpoint, status), place in self._requests.items()
            if total[place]
        ]
        name = "tutela_request_duration_seconds"
        lines += self._head(name, "histogram", "Seconds from a request's head to its answer.")
        for endpoint, place in self._durations.items():
            found = total[place : place + len(SECONDS) + 2]
            if any(found):
                lines += _histogram(name, SECONDS, found, PAGE, {"endpoint": endpoint})
        name = "tutela_request_evaluations"
        lines += self._head(name, "histogram", "Decisions in one answer.")
        lines += _histogram(name, SIZES, total[self._sizes : self._sizes + len(SIZES) + 2], 1, {})
        for name, label, about, cells in (
            (
                "tutela_decisions_total",
                "effect",
                "Decisions by effect.",
                {"allow": self._allowed, "deny": self._denied},
            ),
            (
                "tutela_reloads_total",
                "outcome",
                "Attempts to load policies again.",
                {"good": self._reloaded, "refused": self._refused},
            ),
            (
                "tutela_decision_log_total",
                "outcome",
                "Decisions in the decision log, and those that it did not take.",
                {"recorded": self._recorded, "unrecorded": self._unrecorded},
            ),
        ):
            lines += self._head(name, "counter", about)
            lines += [_line(name, total[place], {label: value}) for value, place in cells.items()]
        lines += self._others()
        return ("\n".join(lines) + "\n").encode()

    def _others(self) -> Iterator[str]:
        seen: set[str] = set()
        for sample in (*self._memory(), *(found for source in self.sources for found in source())):
            if sample.name not in seen:
                seen.add(sample.name)
                yield from self._head(sample.name, sample.kind, sample.about)
            yield _line(sample.name, sample.value, sample.labels)

    def _memory(self) -> Iterator[Sample]:
        """The memory of each process of the service that runs, where the system tells."""
        about = "Resident memory of a worker."
        for row in range(self._workers):
            pid = self._cells[row * self._width + self._pid]
            try:
                pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
            except (OSError, ValueError):
                continue
            value = pages * os.sysconf("SC_PAGE_SIZE")
            yield Sample("tutela_worker_resident_memory_bytes", "gauge", about, value, {"worker": str(row)})

    @staticmethod
    def _head(name: str, kind: str, about: str) -> list[str]:
        return [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]


def _histogram(
    name: str, bounds: Sequence[float], found: Sequence[int], unit: int, labels: Mapping[str, str]
) -> Iterator[str]:
    count = 0
    for bound, cell in zip((*(f"{bound:g}" for bound in bounds), "+Inf"), found, strict=False):
        count += cell
        yield _line(f"{name}_bucket", count, {**labels, "le": bound})
    yield _line(f"{name}_sum", found[-1] / unit, labels)
    yield _line(f"{name}_count", count, labels)


def _line(name: str, value: float, labels: Mapping[str, str]) -> str:
    shown = ",".join(f'{label}="{_escape(text)}"' for label, text in labels.items())
    return f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
