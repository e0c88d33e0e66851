"""Every decision of the service is in the decision log before its answer is told: also on `kill -9` and a full disk."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).with_name("project")
TOOL = Path(sys.executable).parent / "tutela"
ASK = {
    "subject": {"type": "user", "id": "alice"}, "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}  # fmt: skip


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A project that records its decisions in a file."""
    folder = Path(shutil.copytree(PROJECT, tmp_path / "project"))
    with (folder / "tutela.toml").open("a") as stream:
        stream.write('\n[decision_log]\naddress = "decisions.jsonl"\n')
    return folder


def entries(folder: Path) -> list[dict[str, Any]]:
    """What the log holds."""
    return [json.loads(line) for line in (folder / "decisions.jsonl").read_text("utf-8").splitlines()]


def verified(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What `tutela log verify` says."""
    return subprocess.run(
        [TOOL, "log", "verify", "decisions.jsonl"], cwd=folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_what_is_answered_is_recorded(recorded: Path, start: Callable[..., Any], environment: dict[str, str]) -> None:
    """A single one and each of a batch, under the names that callers were told."""
    serving = start(cwd=recorded)
    told = [serving.ask("/access/v1/evaluation", ASK).json["context"]["evaluation_id"]]
    batch = serving.ask("/access/v1/evaluations", {**ASK, "evaluations": [{}, {}, {"resource": {"type": 1}}]}).json
    told += [item["context"]["evaluation_id"] for item in batch["evaluations"][:2]]
    figures = serving.ask("/metrics", method="GET").body.decode()
    assert 'tutela_decision_log_total{outcome="recorded"} 3' in figures
    assert serving.stop() == 0
    assert set(told) <= {entry.get("id") for entry in entries(recorded)}
    assert verified(recorded, environment).returncode == 0


def test_a_killed_service_loses_no_decision_that_it_told(
    recorded: Path, start: Callable[..., Any], environment: dict[str, str]
) -> None:
    """`kill -9` under load, three times over: the chain goes on, and holds everything that a caller heard."""
    told: list[str] = []
    for _ in range(3):
        serving = start(cwd=recorded)

        def ask(serving: Any = serving) -> None:  # noqa: ANN401
            while True:
                try:
                    told.append(serving.ask("/access/v1/evaluation", ASK).json["context"]["evaluation_id"])
                except (OSError, ValueError, EOFError):
                    return
                except Exception:  # noqa: BLE001 (whatever http.client says of a connection that was cut)
                    return

        callers = [threading.Thread(target=ask) for _ in range(4)]
        goal = len(told) + 60
        for caller in callers:
            caller.start()
        while len(told) < goal and any(caller.is_alive() for caller in callers):
            callers[0].join(0.02)
        serving.process.send_signal(signal.SIGKILL)
        for caller in callers:
            caller.join()
    assert verified(recorded, environment).returncode == 0
    assert set(told) <= {entry.get("id") for entry in entries(recorded)}


def test_without_the_log_there_is_no_answer(recorded: Path, start: Callable[..., Any]) -> None:
    """A disk that is full: 503, and never a permit; `drop` answers, and counts."""
    limited = ("bash", "-c", 'ulimit -f 8; exec "$0" "$@"')
    serving = start(cwd=recorded, wrap=limited)
    replies = [serving.ask("/access/v1/evaluation", ASK) for _ in range(60)]
    assert {reply.status for reply in replies} == {200, 503}
    last = replies[-1]
    assert (503, "server-unrecorded") == (last.status, last.json["error"]["code"])
    assert "decision" not in last.json
    assert b"decisions.jsonl" not in last.body  # where they are kept is for those who look after the service
    assert 503 == serving.ask("/access/v1/evaluations", {**ASK, "evaluations": [{}] * 5}).status
    figures = serving.ask("/metrics", method="GET").body.decode()
    assert 'tutela_decision_log_total{outcome="unrecorded"} 0' not in figures
    assert serving.stop() == 0
    assert 1 == serving.said.count("decisions are not recorded: decisions.jsonl decision-log-unwritable")
    assert "never retrieved" not in serving.said  # what was answered is no fault that nobody heard of


@pytest.mark.parametrize("policy", ["fail_closed", "drop"])
def test_an_outage_is_told_with_its_end(
    recorded: Path, start: Callable[..., Any], until: Callable[[Callable[[], bool]], None], policy: str
) -> None:
    """One line when decisions are not recorded, one when they are again; with `drop`, too, where no caller is told."""
    settings = (recorded / "tutela.toml").read_text("utf-8").replace("decisions.jsonl", "sqlite:///decisions.db")
    more = f'timeout = 1\nwhen_unavailable = "{policy}"\n'
    (recorded / "tutela.toml").write_text(settings + more, "utf-8")
    serving = start(cwd=recorded)
    assert 200 == serving.ask("/access/v1/evaluation", ASK).status  # it says where it listens before the log is open
    with closing(sqlite3.connect(recorded / "decisions.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        statuses = {serving.ask("/access/v1/evaluation", ASK).status for _ in range(2)}
        assert {503 if policy == "fail_closed" else 200} == statuses
        other.execute("ROLLBACK")
    figure = re.compile(r'outcome="recorded"} ([0-9]+)')

    def again() -> bool:
        serving.ask("/access/v1/evaluation", ASK)
        found = figure.search(serving.ask("/metrics", method="GET").body.decode())
        return found is not None and int(found[1]) > 1

    until(again)
    end = time.monotonic() + 3
    until(lambda: serving.ask("/access/v1/evaluation", ASK).status == 200 and time.monotonic() > end)
    serving.stop()
    assert 1 == serving.said.count("decisions are not recorded: sqlite:///decisions.db decision-log-")
    assert 1 == serving.said.count("decisions are recorded again unrecorded=")


@pytest.mark.parametrize(("policy", "workers"), [("fail_closed", "1"), ("fail_closed", "2"), ("drop", "1")])
def test_a_service_that_cannot_record_is_not_ready(
    recorded: Path, start: Callable[..., Any], until: Callable[[Callable[[], bool]], None], policy: str, workers: str
) -> None:
    """Nobody is sent there to be told no; when recording goes on it is ready again, although nobody has asked."""
    settings = (recorded / "tutela.toml").read_text("utf-8").replace("decisions.jsonl", "sqlite:///decisions.db")
    more = f'timeout = 1\nwhen_unavailable = "{policy}"\n'
    (recorded / "tutela.toml").write_text(settings + more, "utf-8")
    serving = start("--workers", workers, cwd=recorded)

    def ready() -> Any:  # noqa: ANN401
        return serving.ask("/readyz", method="GET")

    assert 200 == serving.ask("/access/v1/evaluation", ASK).status  # it says where it listens before the log is open
    assert 200 == ready().status
    with closing(sqlite3.connect(recorded / "decisions.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert {503 if policy == "fail_closed" else 200} == {serving.ask("/access/v1/evaluation", ASK).status}
        replies = [ready() for _ in range(10)]  # whichever worker is asked
        other.execute("ROLLBACK")
    if policy == "drop":
        assert {200} == {reply.status for reply in replies}
        return
    assert {(503, "not ready", "server-not-recording")} == {
        (reply.status, reply.json["status"], reply.json["error"]["code"]) for reply in replies
    }
    assert "policy_digest" in replies[0].json
    assert b"decisions.db" not in replies[0].body
    until(lambda: ready().status == 200)


@pytest.mark.parametrize("address", ["decisions.jsonl", "sqlite:///decisions.db"])
def test_a_service_whose_log_is_gone_for_good_is_not_ready(
    recorded: Path, start: Callable[..., Any], address: str
) -> None:
    """A file that somebody moved away is not written to any more, however long one waits; another start makes one."""
    settings = recorded / "tutela.toml"
    settings.write_text(settings.read_text("utf-8").replace("decisions.jsonl", address), "utf-8")
    serving = start(cwd=recorded)
    assert 200 == serving.ask("/access/v1/evaluation", ASK).status
    (recorded / "away").mkdir()
    for path in recorded.glob("decisions.[jd]*"):
        path.rename(recorded / "away" / path.name)
    assert 503 == serving.ask("/access/v1/evaluation", ASK).status
    time.sleep(1.2)  # longer than it takes to try again
    assert 503 == serving.ask("/readyz", method="GET").status
    assert 200 == serving.ask("/healthz", method="GET").status
    serving.stop()
    assert 200 == start(cwd=recorded).ask("/readyz", method="GET").status


def test_a_request_that_is_too_large_to_be_recorded_takes_nothing_else_down(
    recorded: Path, start: Callable[..., Any]
) -> None:
    """A caller who sends one would shut out all others."""
    settings = recorded / "tutela.toml"
    settings.write_text(settings.read_text("utf-8") + 'request = "full"\n', "utf-8")
    serving = start("--max-body", str(64 << 20), cwd=recorded)
    large = {**ASK, "context": {f"k{number}": "x" * 1000 for number in range(20_000)}}
    assert "server-unrecorded" == serving.ask("/access/v1/evaluation", large).json["error"]["code"]
    assert 200 == serving.ask("/readyz", method="GET").status


def test_a_worker_that_cannot_open_the_log_says_why(
    recorded: Path, start: Callable[..., Any], until: Callable[[Callable[[], bool]], None]
) -> None:
    """In the words of the problem, without a traceback; another one takes its place when the log is back."""
    settings = (recorded / "tutela.toml").read_text("utf-8").replace("decisions.jsonl", "sqlite:///decisions.db")
    (recorded / "tutela.toml").write_text(settings, "utf-8")
    serving = start("--workers", "2", cwd=recorded)
    assert 200 == serving.ask("/access/v1/evaluation", ASK).status

    def workers() -> list[str]:
        found = subprocess.run(["pgrep", "-P", str(serving.process.pid)], capture_output=True, text=True, check=False)
        return found.stdout.split()

    until(lambda: len(workers()) == 2)
    before = workers()
    for name in recorded.glob("decisions.db*"):
        name.rename(recorded / f"away-{name.name}")
    (recorded / "decisions.db").write_text("no database, and long enough to be looked at" * 40, "utf-8")
    os.kill(int(before[0]), signal.SIGKILL)
    seen = set[str]()

    def failed() -> bool:
        now = set(workers())
        seen.update(now - set(before))
        return bool(seen - now)

    until(failed)  # another one has come, and gone
    (recorded / "decisions.db").unlink()
    for name in recorded.glob("away-decisions.db*"):
        name.rename(recorded / name.name.removeprefix("away-"))
    until(lambda: len(workers()) == 2)
    serving.stop()
    assert "refused: sqlite:///decisions.db" in serving.said
    assert "Traceback" not in serving.said


def test_a_log_that_cannot_be_opened_ends_the_start(recorded: Path, environment: dict[str, str]) -> None:
    """Exit status 2 and the reason, before anybody is answered."""
    (recorded / "decisions.jsonl").write_text("no entry\n")
    done = subprocess.run(
        [TOOL, "serve", "--port", "0"], cwd=recorded, env=environment, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "decisions.jsonl" in done.stderr
