"""A writer that is killed in the midst of it: everything it acknowledged is there, and the chain is whole."""

from __future__ import annotations

import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.decision_log import LogSettings, open_log
from tutela.connectors.decision_log_store import open_reader
from tutela.connectors.live_target import LiveOptions
from tutela.engine.decision_log import note
from tutela.engine.decision_log_chain import read_entry
from tutela.engine.decision_log_verify import Verifier
from tutela.engine.errors import Location

if TYPE_CHECKING:
    from collections.abc import Callable

WORKER = Path(__file__).with_name("decision_log_worker.py")
KILLS = 12
MANY = 10_000_000
"""More entries than a worker writes before it is killed."""


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty log of a kind."""
    if request.param == "postgres":
        make: Callable[[str, str], str] = request.getfixturevalue("postgres")
        return make(f"log_{uuid.uuid4().hex}", "")
    return f"{tmp_path}/d.jsonl" if request.param == "jsonl" else f"sqlite:///{tmp_path}/d.db"


def start(address: str, worker: str, entries: int = MANY) -> subprocess.Popen[bytes]:
    """A worker that is ready to record, and waits to be told to begin."""
    command = [sys.executable, str(WORKER), address, worker, str(entries)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def begin(process: subprocess.Popen[bytes]) -> None:
    """Let a worker record."""
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


def acknowledged(process: subprocess.Popen[bytes], least: int) -> list[str]:
    """Kill a worker that records after some acknowledgements, and give all that it wrote down."""
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(least)]
    process.kill()
    told += process.stdout.readlines()
    process.wait()
    return [line.decode().strip() for line in told if line.endswith(b"\n")]


def read(address: str) -> tuple[list[str], list[str], Verifier]:
    """The ids of all entries, the codes of all breaks, and what verified them."""
    verifier, codes, ids = Verifier(), list[str](), list[str]()
    reader = open_reader(address, LiveOptions())
    for line in reader.lines():
        assert not line.torn
        codes += [problem.code for problem in verifier.check(line.text, line.location, line.number)]
        ids.append(str((read_entry(line.text) or {}).get("id")))
    codes += [problem.code for problem in verifier.finish(Location("log"), reader.head())]
    return ids, codes, verifier


@pytest.mark.parametrize("address", ["jsonl", "sqlite", "postgres"], indirect=True)
def test_a_killed_writer_loses_nothing_it_acknowledged(address: str) -> None:
    """Kill after kill under load; every acknowledged entry is in a chain that verifies from its first entry on."""
    told: list[str] = []
    for kill in range(KILLS):
        process = start(address, f"w{kill}")
        begin(process)
        told += acknowledged(process, kill * 37 % 400 + 1)
    log = open_log(LogSettings(address=address))  # sets a torn end aside
    assert log.append(note("test", datetime.now(UTC), id="last")).result()
    log.close()
    ids, codes, verifier = read(address)

    assert [] == codes
    assert verifier.first == 1
    assert len(told) >= KILLS
    assert set(told) <= set(ids)
    assert len([found for found in ids if "/" in found]) == len({found for found in ids if "/" in found})
    assert ids[-1] == "last"


@pytest.mark.parametrize("address", ["sqlite", "postgres"], indirect=True)
def test_several_processes_write_one_database(address: str) -> None:
    """One of three is killed; the others end well, nothing acknowledged is lost, and there is one chain."""
    processes = [start(address, f"w{number}", 4000) for number in range(2)]
    victim = start(address, "victim")
    for process in (*processes, victim):
        begin(process)
    told = acknowledged(victim, 50)
    for process in processes:
        out, _ = process.communicate(timeout=60)
        told += out.decode().split()
        assert process.returncode == 0
    ids, codes, _ = read(address)

    assert [] == codes
    assert len(told) >= 8050
    assert set(told) <= set(ids)
