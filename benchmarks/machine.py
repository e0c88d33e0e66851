"""What was measured where: machine, interpreter, versions, date."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def describe(distributions: set[str]) -> dict[str, Any]:
    """The facts without which a figure means nothing."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load_average": [round(n, 2) for n in os.getloadavg()],
        "versions": {name: _version(name) for name in sorted(distributions)},
    }


def peak_mb() -> float:
    """The most memory that this process has held; `ru_maxrss` would count what its parent held at the fork, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def lines(facts: dict[str, Any]) -> str:
    """The same for people."""
    versions = ", ".join(f"{name} {number or '(absent)'}" for name, number in facts["versions"].items())
    load = facts["load_average"][0]
    busy = " - the machine is busy: compare ratios only" if load > facts["cores"] * 0.6 else ""
    return (
        f"{facts['date']}  Python {facts['python']}  {facts['cores']} x {facts['cpu']}\n"
        f"load average {load}{busy}\n{versions}"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()
