"""The decision service beside its peers: `python -m benchmarks.serve`. README.md says how to read it.

Each server is pinned to one core, wrk runs on another; every server answers every request right before it is measured.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from . import machine
from .serve_peers import PEERS, Peer
from .workload import Case, Rule, expected, make_cases, make_rules

GOALS = (
    "goals: 20,000 requests/s on one core at 1,000 and 10,000 rules, p99 5 ms, a batch of 1,000 in 10 ms, 8 x cerbos,"
    " 150 MB at 1,000 rules"
)
HEAD = ("requests/s", 12), ("CPU us", 8), ("p50 ms", 8), ("p99 ms", 8), ("MB", 6), ("start s", 9), ("1,000 ms", 10)
JSON = {"Content-Type": "application/json"}
TICKS = os.sysconf("SC_CLK_TCK")
LUA = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local at = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
%s
request = function()
  at = at %% #bodies + 1
  return wrk.format(nil, "%s", nil, bodies[at])
end
"""


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Start every server, check it, measure it, and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serve", description=__doc__)
    parser.add_argument("--rules", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="contenders whose names hold this text")
    options = parser.parse_args(arguments)
    if shutil.which("wrk") is None or shutil.which("taskset") is None:
        parser.error("it needs wrk and taskset (apt-get install wrk util-linux)")
    print(machine.lines(machine.describe({"uvicorn", "httptools", "uvloop", "orjson", "cedarpy", "starlette"})))
    print(f"{'rules':>7}  {'server':28}" + "".join(f"{name:>{width}}" for name, width in HEAD))
    runs: list[dict[str, Any]] = []
    for count in options.rules:
        rules = make_rules(count)
        cases = make_cases(rules, options.cases)
        for peer in PEERS:
            if options.only is None or options.only in peer.name:
                runs += _measured(peer, rules, cases, options.seconds, options.rounds)
    print(GOALS)
    return {"runs": runs}


def _measured(peer: Peer, rules: list[Rule], cases: list[Case], seconds: int, rounds: int) -> list[dict[str, Any]]:
    """The median round of one server; nothing where it is not to be had."""
    with tempfile.TemporaryDirectory(prefix="tutela-bench-") as name:
        folder, port = Path(name), _free_port()
        made = peer.start(folder, rules, port)
        if made is None:
            print(f"{len(rules):>7,}  {peer.name:28}{'absent':>12}")
            return []
        command, more = made
        begun = time.perf_counter()
        with (folder / "stderr").open("wb") as errors:
            process = subprocess.Popen(
                ["taskset", "-c", "0", *command], cwd=folder, stderr=errors,
                env={**os.environ, **more, "GOMAXPROCS": "1"},
            )  # fmt: skip
        try:
            _wait(port, process, folder)
            started = time.perf_counter() - begun
            wrong = _check(peer, port, rules, cases)
            if wrong:
                print(f"{len(rules):>7,}  {peer.name:28}{'wrong':>12}  {wrong} of {len(cases)} answers")
                return []
            bodies = folder / "bodies"
            bodies.write_text("".join(json.dumps(peer.body(case)) + "\n" for case in cases), "utf-8")
            script = folder / "post.lua"
            known = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in peer.headers.items())
            script.write_text(LUA % (bodies, known, peer.path), "utf-8")
            _wrk(port, script, 2)
            found = sorted((_round(process.pid, port, script, seconds) for _ in range(rounds)), key=lambda r: r["rate"])
            run = {
                "name": peer.name,
                "rules": len(rules),
                "start": started,
                "mb": _memory(process.pid),
                **found[rounds // 2],
            }
            run["batch"] = _batch(port, peer, cases) if peer.path.startswith("/access") else None
        finally:
            process.terminate()
            process.wait(30)
    batch = f"{run['batch']:>10.1f}" if run["batch"] else ""
    print(
        f"{len(rules):>7,}  {peer.name:28}{run['rate']:>12,.0f}{run['cpu']:>8.1f}{run['p50']:>8.2f}{run['p99']:>8.2f}"
        f"{run['mb']:>6.0f}{run['start']:>9.1f}{batch}",
        flush=True,
    )
    return [run]


def _round(process: int, port: int, script: Path, seconds: int) -> dict[str, Any]:
    """One run of wrk: rate, latency, and what the server's processor time was for each request."""
    before = _ticks(process)
    rate, requests, p50, p99 = _wrk(port, script, seconds)
    return {"rate": rate, "p50": p50, "p99": p99, "cpu": (_ticks(process) - before) / TICKS / requests * 1e6}


def _wrk(port: int, script: Path, seconds: int) -> tuple[float, int, float, float]:
    done = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", "-c32", f"-d{seconds}s", "--timeout", "30s", "--latency",
         "-s", str(script), f"http://127.0.0.1:{port}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "Non-2xx" not in done, done
    assert "Socket errors" not in done, done
    found = re.search(r"(\d+) requests in", done)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done)
    assert found, done
    assert rate, done
    return float(rate[1]), int(found[1]), _ms(done, "50%"), _ms(done, "99%")


def _ms(text: str, name: str) -> float:
    found = re.search(rf"{name}\s+([\d.]+)(us|ms|s)", text)
    assert found, text
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]


def _check(peer: Peer, port: int, rules: list[Rule], cases: list[Case]) -> int:
    """How many answers are wrong."""
    if peer.allowed is None:
        return 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    wrong = 0
    for case, right in zip(cases, expected(rules, cases), strict=True):
        connection.request("POST", peer.path, json.dumps(peer.body(case)), {**JSON, **peer.headers})
        answer = json.loads(connection.getresponse().read())
        wrong += peer.allowed(answer) is not right
    return wrong


def _batch(port: int, peer: Peer, cases: list[Case]) -> float:
    """Milliseconds of one request with 1,000 evaluations: the median of 15."""
    body = json.dumps({"evaluations": [peer.body(cases[n % len(cases)]) for n in range(1_000)]})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times: list[float] = []
    for _ in range(15):
        begun = time.perf_counter()
        connection.request("POST", "/access/v1/evaluations", body, {**JSON, **peer.headers})
        answer = connection.getresponse().read()
        times.append((time.perf_counter() - begun) * 1000)
    assert len(json.loads(answer)["evaluations"]) == 1_000
    return sorted(times)[7]


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Until something listens."""
    while True:
        if process.poll() is not None:
            raise RuntimeError((folder / "stderr").read_text("utf-8", "replace")[-2000:])
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


def _ticks(process: int) -> int:
    parts = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(parts[11]) + int(parts[12])


def _memory(process: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
