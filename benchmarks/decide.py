"""One decision in process, side by side: `python -m benchmarks.decide`. README.md says how to read it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from . import machine, table, timing
from .engines import ENGINES
from .expressions import EXPRESSIONS
from .memory import in_fresh_process, twice
from .subject import READY, SUBJECT
from .workload import expected, make_cases, make_rules

LIMIT = 60.0
"""Seconds that one pass over all requests may take; slower contenders are skipped at that size."""

ALL = (*SUBJECT, *ENGINES, *EXPRESSIONS)


def note(text: str) -> None:
    """Progress goes to stderr; the table alone is on stdout."""
    print(text, file=sys.stderr, flush=True)


def first_line(error: Exception) -> str:
    """The error without the native stack trace that some peers append."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {text}"[:160]


def enter(contender: Any, rules: Any, cases: Any, answers: list[bool]) -> tuple[dict[str, Any], Any]:
    """Load a contender, check every answer, and give its row and, if it may be timed, its runner."""
    row: dict[str, Any] = {"name": contender.name, "group": contender.group, "status": "timed"}
    try:
        started = time.process_time()
        decide = contender.load(rules)
        row["load_s"] = round(time.process_time() - started, 3)
        requests = [contender.prepare(case) for case in cases]
    except ImportError as error:
        return row | {"status": "absent", "detail": str(error)}, None
    except Exception as error:
        return row | {"status": "failed", "detail": first_line(error)}, None
    probe = requests[:: max(len(requests) // 20, 1)]
    try:
        started = time.process_time()
        for request in probe:
            decide(request)
        each = (time.process_time() - started) / len(probe)
        if each * len(requests) > LIMIT:
            detail = f"about {each * 1e6:,.0f} us a decision"
            return row | {"status": "skipped", "detail": detail, "probe_us": round(each * 1e6, 1)}, None
        wrong = sum(decide(r) is not answer for r, answer in zip(requests, answers, strict=True))
    except Exception as error:
        return row | {"status": "failed", "detail": first_line(error)}, None
    if wrong:
        return row | {"status": "wrong", "mismatches": wrong, "detail": f"{wrong} wrong answers"}, None
    stride = max(1, min(timing.BLOCK, round(each * len(requests) / timing.BUDGET)))
    return row | {"mismatches": 0}, timing.Runner(contender.name, decide, timing.blocks_of(requests, answers), stride)


def measure_size(count: int, asked: int, rounds: int, names: list[str]) -> dict[str, Any]:
    """Everything about one number of rules, memory excepted."""
    rules = make_rules(count)
    cases = make_cases(rules, asked)
    answers = expected(rules, cases)
    rows: list[dict[str, Any]] = []
    runners: list[timing.Runner] = []
    for contender in ALL:
        if names and not any(name in contender.name for name in names):
            continue
        row, runner = enter(contender, rules, cases, answers)
        note(f"  {count:>6} {contender.name}: {row['status']} {row.get('detail', '')}")
        rows.append(row)
        if runner is not None:
            runners.append(runner)
    timing.run_rounds(runners, rounds)
    results = {runner.name: runner.summary() for runner in runners}
    allowed = sum(answers) / len(answers)
    for row in rows:
        row.update(results.get(row["name"], {}))
        if row["status"] == "timed":
            row["mean_us"] = allowed * row["allow"]["median_us"] + (1 - allowed) * row["deny"]["median_us"]
    add_ratios(rows)
    return {"rules": count, "requests": asked, "allowed_share": round(allowed, 4), "rows": rows}


def add_ratios(rows: list[dict[str, Any]]) -> None:
    """Say of each row how many times tutela's cost it has."""
    base = next((row for row in rows if row["name"] == READY and row["status"] == "timed"), None)
    for row in rows:
        if base is not None and row["status"] == "timed":
            row["times_tutela"] = round(row["mean_us"] / base["mean_us"], 2)


def add_memory(size: dict[str, Any]) -> None:
    """Measure what the loaded set holds, each contender in a fresh process."""
    for row in size["rows"]:
        if row["status"] not in {"timed", "skipped"} or (row["group"] == "tutela" and row["name"] != READY):
            continue
        note(f"  memory of {row['name']} at {size['rules']}")
        if row["name"] == READY:
            row["memory_mb"], row["memory_cached_mb"] = twice(READY, size["rules"])
        else:
            row["memory_mb"] = in_fresh_process(row["name"], size["rules"])


def main() -> None:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decide", description=__doc__)
    parser.add_argument("--sizes", default="10,100,1000,10000", help="numbers of rules")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds for the medians")
    parser.add_argument("--only", default="", help="comma-separated parts of contender names")
    parser.add_argument("--no-memory", action="store_true", help="leave out the fresh processes")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "decide.json")
    options = parser.parse_args()
    counts = [int(part) for part in options.sizes.split(",")]
    names = [part for part in options.only.split(",") if part]
    facts = machine.describe({contender.distribution for contender in ALL})
    with tempfile.TemporaryDirectory(prefix="tutela-bench-cache-") as cache:
        os.environ["XDG_CACHE_HOME"] = cache  # the user's own cache stays as it is
        sizes = [measure_size(count, options.requests, options.rounds, names) for count in counts]
        if not options.no_memory:
            add_memory(sizes[-1])
    result = {"benchmark": "decide", "machine": facts, "sizes": sizes, **table.conclusions(sizes)}
    print(machine.lines(facts), *(table.size(one) for one in sizes), table.closing(result), sep="\n\n")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    note(f"written: {options.json}")


if __name__ == "__main__":
    main()
