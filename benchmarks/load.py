"""Loading and starting, each in fresh interpreters: `python -m benchmarks.load`. See README.md."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import machine
from .subject import sample_folder

INSIDE = """
import json, sys, time
start = time.perf_counter()
import tutela
imported = time.perf_counter()
policies = tutela.load(sys.argv[1])
loaded = time.perf_counter()
pdp = tutela.Authorizer(policies)
ready = time.perf_counter()
print(json.dumps({
    "import_s": imported - start, "load_s": loaded - imported, "authorizer_s": ready - loaded,
    "inside_s": ready - start, "rule_engine_imported": "rule_engine" in sys.modules,
}))
"""

GOALS = {
    "load 10,000 rules, cold": 8.0,
    "load 10,000 rules, from the cache": 0.25,
    "load 1,000 rules, cold": 1.5,
    "tutela --version": 0.15,
    "tutela check, 1,000 rules, cold": 2.0,
}


@dataclass(slots=True)
class Measured:
    """The runs of one thing."""

    name: str
    wall_s: list[float] = field(default_factory=list[float])
    inside: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    detail: str = ""
    caches: int | None = None
    """Files that the first run left behind (only asked of runs that should fill a cache)."""

    def row(self) -> dict[str, Any]:
        """The figures; `status` is failed with the program's last words when it did not work."""
        if self.detail or not self.wall_s:
            return {"name": self.name, "status": "failed", "detail": self.detail or "not run"}
        row: dict[str, Any] = {
            "name": self.name,
            "status": "timed",
            "runs": len(self.wall_s),
            "wall_s": round(statistics.median(self.wall_s), 4),
            "best_s": round(min(self.wall_s), 4),
            "worst_s": round(max(self.wall_s), 4),
        }
        for part in ("import_s", "load_s", "authorizer_s", "inside_s"):
            if self.inside:
                row[part] = round(statistics.median(one[part] for one in self.inside), 4)
        if self.inside:
            row["rule_engine_imported"] = any(one["rule_engine_imported"] for one in self.inside)
        if self.caches is not None:
            row["cache_files"] = self.caches
        if goal := GOALS.get(self.name):
            row["goal_s"] = goal
            row["met"] = row.get("inside_s", row["wall_s"]) <= goal if self.inside else row["wall_s"] <= goal
        return row


def run(measured: Measured, command: list[str], cache: Path) -> None:
    """Run one program to its end and note its wall time and what it printed about itself."""
    environment = dict(os.environ, XDG_CACHE_HOME=str(cache), PYTHONUTF8="1", NO_COLOR="1")
    root = Path(__file__).parents[1]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - start
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        measured.detail = f"exit {done.returncode}: {' '.join(last)}"[:300]
        return
    measured.wall_s.append(took)
    if command[1:2] == ["-c"] and done.stdout.startswith("{"):
        measured.inside.append(json.loads(done.stdout))


def files_below(*folders: Path) -> set[Path]:
    """Every file in the folders."""
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}


def fresh(parent: Path, count: int, number: int) -> tuple[Path, Path]:
    """A policy folder whose text no earlier run has seen, so that no cache knows it, and a cache folder."""
    home = parent / f"{count}-{number}-{time.monotonic_ns()}"
    folder = sample_folder(home / "policies", count)
    with (folder / "rules.yaml").open("a", encoding="utf-8") as stream:
        stream.write(f"# run {number} {time.monotonic_ns()}\n")
    cache = home / "cache"
    cache.mkdir(mode=0o700)
    return folder, cache


def measure_load(parent: Path, count: int, repeat: int) -> list[dict[str, Any]]:
    """Load the same folder in two processes: the first finds no cache, the second may use the first's."""
    cold = Measured(f"load {count:,} rules, cold")
    warm = Measured(f"load {count:,} rules, from the cache")
    for number in range(repeat):
        folder, cache = fresh(parent, count, number)
        before = files_below(folder, cache)
        command = [sys.executable, "-c", INSIDE, str(folder)]
        run(cold, command, cache)
        if cold.detail:
            break
        cold.caches = warm.caches = len(files_below(folder, cache) - before)
        run(warm, command, cache)
    return [cold.row(), warm.row()]


def program() -> list[str]:
    """The installed command, or the module when the environment has no script."""
    script = Path(sys.executable).parent / "tutela"
    return [str(script)] if script.exists() else [sys.executable, "-c", "from tutela.cli import main; main()"]


def measure_commands(parent: Path, repeat: int) -> list[dict[str, Any]]:
    """The command line from outside, with an empty interpreter as the floor."""
    floor, version = Measured("python -c pass (floor)"), Measured("tutela --version")
    cold, warm = Measured("tutela check, 1,000 rules, cold"), Measured("tutela check, 1,000 rules, again")
    for number in range(repeat):
        folder, cache = fresh(parent, 1000, number)
        run(floor, [sys.executable, "-c", "pass"], cache)
        run(version, [*program(), "--version"], cache)
        run(cold, [*program(), "check", str(folder)], cache)
        run(warm, [*program(), "check", str(folder)], cache)
    return [one.row() for one in (floor, version, cold, warm)]


def layout(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out; the goal of a load counts inside the process, that of a command outside."""
    names = f"{'':36}{'wall':>8}{'best':>8}{'worst':>8}{'inside':>8}{'import':>8}{'load':>8}{'goal':>8}"
    lines = ["seconds, median of fresh processes", names]
    for row in rows:
        if row["status"] != "timed":
            lines.append(f"{row['name']:36}  failed: {row['detail']}")
            continue
        parts = [row.get(part) for part in ("wall_s", "best_s", "worst_s", "inside_s", "import_s", "load_s", "goal_s")]
        line = f"{row['name']:36}" + "".join(f"{'' if part is None else f'{part:.3f}':>8}" for part in parts)
        if "met" in row:
            line += "  met" if row["met"] else "  MISSED"
        if row.get("cache_files") == 0:
            line += "  (no cache file was left behind)"
        lines.append(line)
    return "\n".join(lines)


def main() -> None:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000", help="numbers of rules")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "load.json")
    options = parser.parse_args()
    facts = machine.describe({"tutela", "rule-engine", "PyYAML", "jsonschema", "click"})
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="tutela-bench-") as name:
        parent = Path(name)
        run(Measured("warm-up"), [sys.executable, "-c", "import tutela"], parent)  # byte code is written once
        rows += measure_commands(parent, options.repeat)
        for count in map(int, options.sizes.split(",")):
            print(f"  loading {count:,} rules", file=sys.stderr, flush=True)
            rows += measure_load(parent, count, options.repeat)
    print(machine.lines(facts), layout(rows), sep="\n\n")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"benchmark": "load", "machine": facts, "rows": rows}, indent=2, ensure_ascii=False)
    options.json.write_text(text + "\n", encoding="utf-8")
    print(f"written: {options.json}", file=sys.stderr)


if __name__ == "__main__":
    main()
