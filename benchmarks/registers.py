"""Loading large registers, in a fresh interpreter: `python -m benchmarks.registers`. See README.md."""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import machine

INSIDE = """
import gc, json, os, random, resource, sys, time
from pathlib import Path
from tutela.connectors import register_files
from tutela.connectors.register_files import read_registers

def held():
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as stream:
        return int(stream.read().split()[1]) * os.sysconf("SC_PAGESIZE")

traced = sys.argv[2] == "traced"
if traced:
    import tracemalloc
    tracemalloc.start()
checks = []
check = register_files.check_registers
def timed(registers):
    start = time.perf_counter()
    problems = check(registers)
    checks.append(time.perf_counter() - start)
    return problems
register_files.check_registers = timed
before, start, cpu = held(), time.perf_counter(), time.process_time()
registers = read_registers([Path(sys.argv[1])])
took, used = time.perf_counter() - start, time.process_time() - cpu
found = {"load_s": took, "load_cpu_s": used, "checks_s": checks[0]}
if traced:
    gc.collect()
    current, peak = tracemalloc.get_traced_memory()
    print(json.dumps({"traced_held_mb": current / 1e6, "traced_peak_mb": peak / 1e6}))
    sys.exit()
found["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
found["held_rss_mb"] = (held() - before) / 1e6
start = time.perf_counter()
for entries in registers.values():
    entries.digest
found["digest_s"] = time.perf_counter() - start
consents = registers["consents"]
start = time.perf_counter()
by_subject = {}
for consent in consents:
    by_subject.setdefault(consent.subject, []).append(consent)
found["index_s"] = time.perf_counter() - start
rng = random.Random(1)
asked = [consents[rng.randrange(len(consents))].subject for _ in range(200_000)]
start = time.perf_counter()
for subject in asked:
    by_subject.get(subject)
found["lookup_ns"] = (time.perf_counter() - start) / len(asked) * 1e9
found["entries"] = {name: len(entries) for name, entries in registers.items()}
print(json.dumps(found))
"""

ZONE = "+08:00"
START = datetime(2020, 1, 1, tzinfo=UTC)
PURPOSES = ("delivery", "service", "marketing", "billing", "support", "analysis")


def moment(rng: random.Random) -> str:
    """An instant of five years, with an offset."""
    return (START + timedelta(seconds=rng.randrange(157_000_000))).strftime("%Y-%m-%dT%H:%M:%S") + ZONE


def write(folder: Path, people: int, subjects: int, consents: int, suffix: str) -> int:
    """Write the registers of a company; the answer is their size in bytes."""
    rng = random.Random(7)
    departments = [f"D{number:03}" for number in range(200)]
    (folder / "departments.csv").write_text(
        "code,head_history\n" + "".join(f"{code},[]\n" for code in departments), encoding="utf-8"
    )
    (folder / "notices.json").write_text(
        json.dumps([
            {"version": f"v{n}", "effective_from": "2019-01-01T00:00:00Z", "purposes": list(PURPOSES), "categories": []}
            for n in range(20)
        ]),
        encoding="utf-8",
    )  # fmt: skip
    (folder / "purposes.json").write_text(
        json.dumps([{"id": name, "categories": ["personal"]} for name in PURPOSES]), encoding="utf-8"
    )
    with (folder / "people.csv").open("w", encoding="utf-8") as stream:
        stream.write("id,name,department,roles,grade,status,hired_at,accounts\n")
        for n in range(people):
            stream.write(f"E{n:06},员工{n},{departments[n % 200]},seller;lead,staff,active,2019-03-0{n % 9 + 1},u{n}\n")
    with (folder / "subjects.csv").open("w", encoding="utf-8") as stream:
        stream.write("id,subject_type,customer_class,country,owner_employee,age_band\n")
        for n in range(subjects):
            stream.write(f"C{n:07},natural_person,ordinary,CN,E{rng.randrange(people):06},adult\n")
    fields = (
        "id,subject,given_by,type,evidence.medium,evidence.ref,purposes,categories,channels,given_at,expires_at,"
        "notice_version"
    )
    with (folder / f"consents.{suffix}").open("w", encoding="utf-8") as stream:
        if suffix == "csv":
            stream.write(f"{fields}\n")
        for n in range(consents):
            subject, given, notice = f"C{rng.randrange(subjects):07}", moment(rng), f"v{rng.randrange(20)}"
            several = sorted(rng.sample(PURPOSES, rng.randrange(1, 4)))
            expires = f"2030-01-01T00:00:00{ZONE}" if n % 3 == 0 else ""
            if suffix == "csv":
                stream.write(
                    f"CN{n:08},{subject},subject,express,web,log-{n},{';'.join(several)},"
                    f"personal.contact.phone;personal.identity.name,web,{given},{expires},{notice}\n"
                )
            else:
                entry: dict[str, Any] = {
                    "id": f"CN{n:08}", "subject": subject, "given_by": "subject", "type": "express",
                    "evidence": {"medium": "web", "ref": f"log-{n}"}, "purposes": several,
                    "categories": ["personal.contact.phone", "personal.identity.name"], "channels": ["web"],
                    "given_at": given, "expires_at": expires or None, "notice_version": notice,
                }  # fmt: skip
                stream.write(json.dumps(entry) + "\n")
    return sum(path.stat().st_size for path in folder.iterdir())


def inside(folder: Path, mode: str) -> dict[str, Any]:
    """What one fresh interpreter measures."""
    command = [sys.executable, "-c", INSIDE, str(folder), mode]
    root = Path(__file__).parents[1]
    environment = dict(os.environ, PYTHONUTF8="1")
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"failed": (done.stderr or done.stdout).strip()[-500:]}
    return json.loads(done.stdout)


def layout(row: dict[str, Any]) -> str:
    """One line for each figure."""
    return "\n".join(
        f"  {name:16} {value:,.3f}" if isinstance(value, float) else f"  {name:16} {value}"
        for name, value in row.items()
    )


def main() -> None:
    """Run the benchmark as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.registers", description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--subjects", type=int, default=100_000)
    parser.add_argument("--consents", type=int, default=1_000_000)
    parser.add_argument("--formats", default="csv,jsonl")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "registers.json")
    options = parser.parse_args()
    facts = machine.describe({"tutela"})
    rows: list[dict[str, Any]] = []
    print(machine.lines(facts))
    for suffix in options.formats.split(","):
        with tempfile.TemporaryDirectory(prefix="tutela-bench-") as name:
            folder = Path(name)
            start = time.perf_counter()
            size = write(folder, options.people, options.subjects, options.consents, suffix)
            print(f"  written in {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
            row = {"format": suffix, "bytes": size, **inside(folder, "plain"), **inside(folder, "traced")}
            rows.append(row)
            print(f"\n{options.people:,} people, {options.consents:,} consents as {suffix}", layout(row), sep="\n")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"benchmark": "registers", "machine": facts, "rows": rows}, indent=2, ensure_ascii=False)
    options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
