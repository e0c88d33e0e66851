"""Decisions with facts: `python -m benchmarks.facts`. 1,000 rules, 100,000 people; README.md says how to read it.

Each contender lives in a process of its own that loads everything, checks every answer against the oracle, and then
runs a round whenever it is told to: so the contenders take turns on the same machine, and memory is that of one.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from . import facts_engines as engines
from . import machine, timing
from .decide import note
from .facts_workload import answer, by_key, make_cases, make_company, make_rules, write_registers
from .memory import resident_mb

ROOT = Path(__file__).parents[1]
TUTELA, NEW, CEDAR, SLICED = "tutela", "tutela, people asked for first time", "cedarpy", "cedarpy, told the entities"
NAMES = (TUTELA, NEW, CEDAR, SLICED)
HOT = (("allow_hot", "verdict", "allow"), ("deny_hot", "verdict", "deny"), ("reasons_hot", "reasons", "deny"))
"""The same hundred requests again and again: what the program costs, without fetching 10,000 requests from memory."""
GOALS = {"allow": 10.0, "reasons": 30.0}
"""Median CPU microseconds."""


class Tutela:
    """Registers and policies from files; every request is ready, as in `decide`."""

    def __init__(self, folder: Path, cases: list[Any]) -> None:
        import tutela

        started = time.process_time()
        policies = tutela.load(str(folder / "policies"))
        self.rules_s = time.process_time() - started
        started = time.process_time()
        self.registers = tutela.load_facts(str(folder / "registers"), policies=policies)
        self.facts_s = time.process_time() - started
        self.pdp = tutela.Authorizer(policies, self.registers)
        self.requests = [engines.tutela_request(case) for case in cases]
        self._same = [engines.tutela_request(case._replace(user=cases[0].user)) for case in cases]

    def verdict(self, request: Any) -> bool:
        return self.pdp.decide(request).allowed

    def reasons(self, request: Any) -> bool:
        return engines.read_all(self.pdp.decide(request))

    def forget(self) -> None:
        """Index the same registers again, and ask everything as one person: nobody else has been asked for."""
        import tutela
        from tutela.project import make_facts
        from tutela.taxonomies import load_taxonomy

        policies = self.pdp.policies
        self.registers = make_facts(self.registers.registers, policies, load_taxonomy())
        self.pdp = tutela.Authorizer(policies, self.registers)
        for request in self._same:
            self.pdp.decide(request)


class Cedar:
    """Cedar with all entities, parsed once, or with those that a request touches, parsed beforehand for each."""

    def __init__(self, folder: Path, company: Any, cases: list[Any], *, sliced: bool) -> None:
        import cedarpy

        self._ask = cedarpy.is_authorized
        started = time.process_time()
        self._policies = cedarpy.PolicySet.from_str((folder / "cedar.txt").read_text(encoding="utf-8"))
        self.rules_s = time.process_time() - started
        started = time.process_time()
        parse = cedarpy.Entities.from_json_str
        if sliced:
            entities = [parse(engines.cedar_entities(company, case)) for case in cases]
        else:
            entities = [parse((folder / "entities.json").read_text(encoding="utf-8"))] * len(cases)
        self.facts_s = None if sliced else time.process_time() - started
        asked = [engines.cedar_request(company, case) for case in cases]
        self.requests = list(zip(asked, entities, strict=True))

    def verdict(self, request: Any) -> bool:
        return self._ask(request[0], self._policies, request[1]).allowed

    def reasons(self, request: Any) -> bool:
        return engines.cedar_reasons(self._ask(request[0], self._policies, request[1]))


def serve(name: str, folder: Path) -> None:
    """The process of one contender: load, check, then a line of figures for each line of input."""
    company, cases, answers = pickle.loads((folder / "world.pickle").read_bytes())
    make = {TUTELA: Tutela, NEW: Tutela}.get(name)
    before = resident_mb()
    made: Any = make(folder, cases) if make else Cedar(folder, company, cases, sliced=name == SLICED)
    held = resident_mb() - before
    for request in made.requests[:50]:
        made.reasons(request)
    first = made.requests[:: max(1, len(cases) // 300)]
    started = time.process_time()
    for request in first:
        made.verdict(request)
    each = (time.process_time() - started) / len(first)
    stride = max(1, round(each * len(cases) / timing.BUDGET))
    # Every answer is checked, also of those requests that a slow contender does not time.
    wrong = sum(made.verdict(request) is not right for request, right in zip(made.requests, answers, strict=True))
    print(json.dumps({"wrong": wrong, "rules_s": made.rules_s, "facts_s": made.facts_s, "held_mb": held}), flush=True)
    blocks = timing.blocks_of(made.requests, answers)
    gc.collect()
    gc.freeze()
    for _ in sys.stdin:
        if name == NEW:
            made.forget()
        found = {
            "allow": _blocks(made.verdict, blocks["allow"], stride),
            "deny": _blocks(made.verdict, blocks["deny"], stride),
        }
        if name != NEW:
            found["reasons"] = _blocks(made.reasons, blocks["deny"], stride)
            found["single"] = _singles(made.reasons, blocks["deny"], stride)
            for kind, decide, verdict in HOT:
                block = blocks[verdict][:1] * (50 if stride == 1 else 2)
                found[kind] = _blocks(getattr(made, decide), block, stride)
        print(json.dumps(found | {"held_mb": resident_mb() - before}), flush=True)


def _blocks(decide: Any, blocks: list[list[Any]], stride: int) -> list[float]:
    """CPU microseconds a decision, block by block."""
    found = []
    for block in blocks:
        requests = block[::stride] if stride < len(block) else block[:1]
        start = time.process_time_ns()
        for request in requests:
            decide(request)
        found.append((time.process_time_ns() - start) / len(requests) / 1000)
    return found


def _singles(decide: Any, blocks: list[list[Any]], stride: int) -> list[float]:
    """CPU microseconds of single decisions: a few that explain loops cost ten times the others."""
    overhead, clock, found = timing.clock_overhead(), time.thread_time_ns, []
    for block in blocks:
        for request in block[::stride]:
            start = clock()
            decide(request)
            found.append(max(clock() - start - overhead, 0) / 1000)
    return found


def start(name: str, folder: Path) -> tuple[dict[str, Any], Any]:
    """Start the process of a contender; gives its row and, if it may be timed, the process."""
    command = [sys.executable, "-m", "benchmarks.facts", "--serve", name, "--folder", str(folder)]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    line = child.stdout.readline() if child.stdout else ""
    if not line:
        return {"name": name, "status": "failed or absent"}, None
    row = {"name": name, "status": "timed", **json.loads(line)}
    note(f"  {name}: loaded, {row['wrong']} wrong answers")
    if row["wrong"]:
        row["status"] = "wrong"
        child.kill()
        return row, None
    return row, child


def measure(folder: Path, names: list[str], rounds: int) -> list[dict[str, Any]]:
    """All contenders, round by round, the order turning."""
    rows, children = [], []
    for name in names:
        row, child = start(name, folder)
        rows.append(row)
        if child is not None:
            children.append((row, child))
    samples: dict[str, dict[str, list[list[float]]]] = {row["name"]: {} for row in rows}
    for turn in range(rounds):
        at = turn % max(len(children), 1)
        for row, child in children[at:] + children[:at]:
            child.stdin.write("round\n")
            child.stdin.flush()
            found = json.loads(child.stdout.readline())
            row["held_used_mb"] = found.pop("held_mb")
            for kind, values in found.items():
                samples[row["name"]].setdefault(kind, []).append(values)
        note(f"  round {turn + 1} of {rounds}")
    for row, child in children:
        child.stdin.close()
        child.wait()
        for kind, values in samples[row["name"]].items():
            medians = [statistics.median(one) for one in values]
            row[kind] = {
                "median_us": round(statistics.median([v for one in values for v in one]), 2),
                "best_round_us": round(min(medians), 2),
                "p99_us": round(timing.percentile([v for one in values for v in one], 0.99), 2),
            }
    return rows


def pack() -> dict[str, Any]:
    """The project examples/crm: one read, allowed, and denied for want of a purpose."""
    import tutela
    from tutela.project import find_project, load_authorizer

    pdp = load_authorizer(find_project(ROOT / "examples" / "crm"))
    when = datetime.fromisoformat("2026-11-20T10:00:00+08:00")

    def ask(**context: Any) -> Any:
        resource = {"type": "table", "id": "crm.customer", "properties": {"columns": ["full_name"]}}
        return tutela.Request({"type": "employee", "id": "E1023"}, "read", resource, context, as_of=when)

    allowed, denied = ask(row_count=1, purpose="customer_service"), ask(row_count=1)
    if not pdp.decide(allowed).allowed or pdp.decide(denied).allowed:
        raise SystemExit("the pack answers otherwise than expected")
    asked = {
        "allow": (lambda request: pdp.decide(request).allowed, allowed),
        "deny": (lambda request: pdp.decide(request).allowed, denied),
        "reasons": (lambda request: engines.read_all(pdp.decide(request)), denied),
    }
    found: dict[str, Any] = {"rules": len(pdp.policies), "reasons_read": [r.rule for r in pdp.decide(denied).reasons]}
    for kind, (decide, request) in asked.items():
        values = _blocks(decide, [[request] * 100] * 200, 1)
        found[kind] = {"median_us": round(statistics.median(values), 2), "best_round_us": round(min(values), 2)}
    return found


def layout(result: dict[str, Any]) -> str:
    """The table for people."""
    head = f"{result['rules']:,} rules, {result['people']:,} people, {result['requests']:,} requests"
    columns = "".join(f"{title:>18}" for title in ("allow", "deny", "deny, reasons", "one by one"))
    lines = [
        f"{head}, {result['allowed_share']:.1%} allowed; CPU microseconds a decision: median (best round)",
        f"{'contender':44}{columns}{'rules s':>9}{'facts s':>9}{'MB':>8}{'used':>8}",
    ]
    for row in result["rows"]:
        if row["status"] != "timed":
            lines.append(f"{row['name']:44}{row['status']:>18}")
            continue
        cells = "".join(f"{_cell(row.get(kind)):>18}" for kind in ("allow", "deny", "reasons", "single"))
        facts_s = "-" if row["facts_s"] is None else f"{row['facts_s']:.2f}"
        lines.append(
            f"{row['name']:44}{cells}{row['rules_s']:>9.2f}{facts_s:>9}"
            f"{row['held_mb']:>8.0f}{row['held_used_mb']:>8.0f}"
        )
    for row in result["rows"]:
        if "allow_hot" in row:
            cells = "".join(f"{_cell(row[kind]):>18}" for kind in ("allow_hot", "deny_hot", "reasons_hot"))
            lines.append(f"{row['name'] + ', same 100 again':44}{cells}")
    one = result["pack"]
    lines.append(f"\nexamples/crm with its packs, {one['rules']} rules; median (best block)")
    lines += [f"  {kind:42}{_cell(one[kind]):>18}" for kind in ("allow", "deny", "reasons")]
    lines.append("\ngoals (`best`: met in the best round only)")
    for goal in result["goals"]:
        sign = "met   " if goal["met"] else "best  " if goal["best"] <= goal["limit"] else "MISSED"
        lines.append(f"  {sign} {goal['goal']}: {goal['value']}, best {goal['best']} (goal {goal['limit']})")
    return "\n".join(lines)


def _cell(part: dict[str, float] | None) -> str:
    return "-" if part is None else f"{part['median_us']:,.1f} ({part['best_round_us']:,.1f})"


def goals(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The goals of the project beside the medians."""
    row = next((row for row in result["rows"] if row["name"] == TUTELA and row["status"] == "timed"), None)
    found = []
    for where, figures in (("", row), ("the pack: ", result["pack"])):
        for kind, limit in GOALS.items() if figures else ():
            for name in (kind, f"{kind}_hot"):
                if name in figures:
                    value, best = figures[name]["median_us"], figures[name]["best_round_us"]
                    goal = f"{where}{name.replace('_hot', ', the same 100 again')}, median us"
                    found.append({"goal": goal, "limit": limit, "value": value, "best": best, "met": value <= limit})
    return found


def main() -> None:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.facts", description=__doc__)
    parser.add_argument("--rules", type=int, default=1_000)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="comma-separated parts of contender names")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "facts.json")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        with contextlib.suppress(ImportError):
            serve(options.serve, options.folder)
        return
    seen = machine.describe({"tutela", "cedarpy"})
    parts = [part for part in options.only.split(",") if part]
    names = [name for name in NAMES if not parts or any(part in name for part in parts)]
    company = make_company(options.people, max(options.rules // 5, 1))
    rules = make_rules(options.rules, company)
    cases = make_cases(company, rules, options.requests)
    index = by_key(rules)
    answers = [answer(company, index, case) for case in cases]
    with tempfile.TemporaryDirectory(prefix="tutela-bench-") as name:
        folder = Path(name)
        size = write_registers(company, folder / "registers")
        engines.write_policies(folder / "policies", rules)
        (folder / "cedar.txt").write_text(engines.cedar_policies(rules), encoding="utf-8")
        (folder / "entities.json").write_text(engines.cedar_entities(company), encoding="utf-8")
        (folder / "world.pickle").write_bytes(pickle.dumps((company, cases, answers)))
        note(f"  written: {size / 1e6:.0f} MB of registers")
        rows = measure(folder, names, options.rounds)
    result: dict[str, Any] = {
        "benchmark": "facts", "machine": seen, "rules": options.rules, "people": options.people,
        "requests": options.requests, "allowed_share": round(sum(answers) / len(answers), 4), "rows": rows,
        "pack": pack(),
    }  # fmt: skip
    result["goals"] = goals(result)
    print(machine.lines(seen), layout(result), sep="\n\n")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    note(f"written: {options.json}")


if __name__ == "__main__":
    main()
