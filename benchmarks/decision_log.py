"""What recording a decision costs, and how many a store takes: `python -m benchmarks.decision_log`."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
import timeit
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path

import tutela
from tutela.connectors.decision_log import LogSettings, open_log
from tutela.connectors.decision_log_store import open_reader
from tutela.connectors.live_target import LiveOptions
from tutela.engine.decision_log import Recorder
from tutela.engine.decision_log_chain import START, seal
from tutela.engine.decision_log_masks import Masks
from tutela.engine.decision_log_verify import Verifier

KEY = b"k" * 32
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)


def subject():
    """The pack's decision point, and a request with a handful of properties."""
    starter = Path(str(files("tutela"))) / "starter"
    policies = tutela.load("pack:customer-information", starter / "policies")
    pdp = tutela.Authorizer(policies, tutela.load_facts(starter / "registers", policies=policies))
    request = tutela.Request(
        {"type": "employee", "id": "E0088", "properties": {"roles": ["x"], "device": "d1"}},
        "read",
        {"type": "table", "id": "crm.customer", "properties": {"columns": ["mobile"]}},
        {"purpose": "marketing", "row_count": 10},
        as_of=AT,
    )
    return pdp, request


def each(what, number=4000):
    """Microseconds of one call, the best of seven rounds."""
    return min(timeit.repeat(what, number=number, repeat=7)) / number * 1e6


async def drive(log, content, entries, callers):
    """Record entries from some callers of one event loop, each waiting until its own is durable."""

    async def call():
        for _ in range(entries // callers):
            await log.record(content)

    await asyncio.gather(*(call() for _ in range(callers)))


def store(name, address, content, entries, callers):
    """One line: entries a second, the processor's time for each, and how fast the log verifies."""
    log = open_log(LogSettings(address=address))
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(drive(log, content, entries, callers))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    log.close()
    verifier, start = Verifier(), time.perf_counter()
    for line in open_reader(address, LiveOptions()).lines():
        assert not verifier.check(line.text, line.location, line.number)
    took = time.perf_counter() - start
    done = entries // callers * callers
    print(
        f"{name:12}{callers:5} callers {done / wall:10,.0f} entries/s {cpu / done * 1e6:7.1f} us CPU each"
        f" {verifier.count / took:10,.0f} verified/s"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=50_000)
    parser.add_argument("--folder", help="where the files are made: the disk counts")
    parser.add_argument("--postgres", help="the address of an empty database")
    options = parser.parse_args()
    pdp, request = subject()
    decision = pdp.decide(request)
    print(f"decide                    {each(lambda: pdp.decide(request)):6.2f} us")
    for key in (None, KEY):
        for full in (False, True):
            recorder = Recorder(pdp, Masks(pdp.policies.vocabulary, key), full=full)
            content = recorder.entry(decision, request, "ev-1", AT)
            name = f"{'full' if full else 'masked'}{', key' if key else ''}"
            made = each(partial(recorder.entry, decision, request, "ev-1", AT))
            sealed = each(partial(seal, content, START, key))
            print(f"entry, {name:18} {made:6.2f} us for the caller, {sealed:5.2f} us to seal {len(content):5} bytes")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for callers in (1, 32, 256):
            few = options.entries if callers > 1 else max(options.entries // 50, 1)
            store("jsonl", f"{folder}/{callers}.jsonl", content, few, callers)
            store("sqlite", f"sqlite:///{folder}/{callers}.db", content, few, callers)
    if options.postgres:
        store("postgresql", options.postgres, content, options.entries, 256)


if __name__ == "__main__":
    main()
