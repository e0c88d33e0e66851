"""The audit of a large log: `python -m benchmarks.audit`. README.md says how to read it.

In one run, on the same log: DuckDB from Parquet, JSON lines and csvlog end to end (policies and registers loaded,
findings made), the same events in a Python loop over `decide_many`, and rule-engine itself row by row. Each in a
process of its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from . import audit_workload, machine
from .decide import note

GOALS = "goals: 1,500,000 events/s from Parquet, 400,000 from text, 10 x the loop, 100 x rule-engine by row, 2 GB"
LOOP, BY_ROW = 20_000, 300
"""Events that the slow contenders are given: their cost an event is the same for more."""


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Run every contender and print what they took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--literals", type=float, default=0.02, help="share of statements with values in their text")
    parser.add_argument("--worker", nargs=2, metavar=("NAME", "LOG"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        return _worker(*options.worker)
    print(machine.lines(machine.describe({"duckdb", "rule-engine", "sqlglot"})))
    results: dict[str, Any] = {"runs": []}
    with tempfile.TemporaryDirectory(prefix="tutela-bench-") as folder:
        root = Path(folder)
        audit_workload.write_project(root)
        print(f"{'events':>11}  {'contender':28}{'s':>8}{'events/s':>12}{'denied':>9}{'MB':>7}")
        for events in options.events:
            for suffix in ("parquet", "jsonl", "csvlog"):
                log = root / f"log.{suffix}"
                note(f"writing {events:,} events as {suffix}")
                audit_workload.write_log(log, events, literals=options.literals)
                results["runs"].append(_run(f"duckdb, {suffix}", log, events))
        small = root / "loop.jsonl"
        for name, most in (("python, decide_many", LOOP), ("rule-engine by row", BY_ROW)):
            count = min(most, options.events[-1])
            audit_workload.write_log(small, count, literals=options.literals)
            results["runs"].append(_run(name, small, count))
    best = {run["name"]: run["rate"] for run in results["runs"]}
    for slow, times in (("python, decide_many", 10), ("rule-engine by row", 100)):
        for fast in ("duckdb, parquet", "duckdb, jsonl", "duckdb, csvlog"):
            print(f"{fast} is {best[fast] / best[slow]:,.0f} x {slow} (goal {times})")
    print(GOALS)
    return results


def _run(name: str, log: Path, events: int) -> dict[str, Any]:
    """One contender in a process of its own: from the start of the command to the last finding."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.audit", "--worker", name, str(log)]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    elapsed = time.perf_counter() - started
    told = json.loads(found.stdout)
    assert told["checked"] == events, told
    seconds = told.get("seconds", elapsed)
    run = {"name": name, "events": events, "seconds": round(seconds, 2), "rate": events / seconds, **told}
    print(
        f"{events:>11,}  {name:28}{seconds:>8.2f}{run['rate']:>12,.0f}{told['denied']:>9,}{told['mb']:>7,.0f}",
        flush=True,
    )
    return run


def _worker(name: str, log: str) -> dict[str, Any]:
    """What one contender finds; the slow ones time their loop alone."""
    from tutela.cli import COLLECT
    from tutela.connectors.audit_engines import judged
    from tutela.engine.findings import report

    gc.set_threshold(*COLLECT)  # as the command does
    reader, asked, authorizer, when = _ready(Path(log))
    if name.startswith("duckdb"):
        made = report("audit", authorizer, judged(reader, asked, authorizer, "duckdb"), when)
        denied = len({finding.location for finding in made.findings})
        told: dict[str, Any] = {"checked": made.checked, "denied": denied}
    else:
        requests = [item.request for item in asked.ask(reader) if hasattr(item, "request")]
        started = time.perf_counter()
        if name.startswith("python"):
            allowed = [decision.allowed for decision in authorizer.decide_many(requests)]
        else:
            allowed = [_by_row(authorizer, request) for request in requests]
        told = {"seconds": time.perf_counter() - started, "checked": len(requests), "denied": allowed.count(False)}
    told["mb"] = machine.peak_mb()
    print(json.dumps(told))
    return told


def _by_row(authorizer: Any, request: Any) -> bool:
    """Every rule by rule-engine's own evaluation; the facts come from the same registers."""
    from tutela.engine.authorizer import evaluate

    policies = authorizer.policies
    question = authorizer.facts.enrich(request, policies)
    allowed = denied = False
    for number, rule in enumerate(policies.rules):
        hit = evaluate(policies, rule.when.text, question)
        if hit is True or (hit is not False and policies.is_deny[number]):
            denied, allowed = denied or bool(policies.is_deny[number]), allowed or not policies.is_deny[number]
    return allowed and not denied


def _ready(log: Path) -> tuple[Any, Any, Any, Any]:
    from tutela.connectors.accesses import accesses
    from tutela.connectors.logs import read_log
    from tutela.engine.authorizer import Authorizer
    from tutela.project import find_project, load_classifier, load_facts_of, load_policies_of, load_schema
    from tutela.taxonomies import load_taxonomy

    project = find_project(log.parent, required=True)
    policies, taxonomy = load_policies_of(project), load_taxonomy(project)
    authorizer = Authorizer(policies, load_facts_of(project, policies, taxonomy))
    classifier = load_classifier(project, policies, facts=authorizer.facts, taxonomy=taxonomy)
    window = policies.parameters.values["export.window_minutes"]
    asked = accesses(load_schema(project), classifier, "postgres", audit_workload.END, window_minutes=window)
    return read_log(log), asked, authorizer, audit_workload.END


if __name__ == "__main__":
    main()
