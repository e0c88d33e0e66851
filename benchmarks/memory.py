"""Resident memory of one loaded contender, in this (fresh) process: `python -m benchmarks.memory NAME N`."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .engines import ENGINES
from .expressions import EXPRESSIONS
from .subject import SUBJECT
from .workload import make_cases, make_rules

CONTENDERS = {contender.name: contender for contender in (*SUBJECT, *ENGINES, *EXPRESSIONS)}


def resident_mb() -> float:
    """Resident memory after giving free pages back, so that what the parser threw away is not counted."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # not glibc: the figure is then an upper bound
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(name: str, count: int) -> float:
    """Megabytes that loading `count` rules adds to a process that has loaded ten and decided with them."""
    contender = CONTENDERS[name]
    rules, few = make_rules(count), make_rules(10)
    warm = contender.load(few)
    for case in make_cases(few, 100):
        warm(contender.prepare(case))
    before = resident_mb()
    decide = contender.load(rules)
    for case in make_cases(rules, 100):
        decide(contender.prepare(case))
    return resident_mb() - before


def in_fresh_process(name: str, count: int, *, folder: str | None = None) -> float | None:
    """Run `measure` in a new interpreter; None when it fails."""
    environment = dict(os.environ)
    if folder:
        environment["TUTELA_BENCH_FOLDER"] = folder
    command = [sys.executable, "-m", "benchmarks.memory", name, str(count)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["mb"] if done.returncode == 0 else None


def twice(name: str, count: int) -> tuple[float | None, float | None]:
    """Memory after a cold load and after one from the cache, which the first filled."""
    with tempfile.TemporaryDirectory(prefix="tutela-bench-") as folder:
        return in_fresh_process(name, count, folder=folder), in_fresh_process(name, count, folder=folder)


if __name__ == "__main__":
    print(json.dumps({"mb": round(measure(sys.argv[1], int(sys.argv[2])), 2)}))
