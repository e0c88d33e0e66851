"""`audit --state` and `--follow` through the installed command: what is new, as it comes, and nothing twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Tool = Callable[..., subprocess.CompletedProcess[str]]

TOOL = Path(sys.executable).parent / "tutela"
EXAMPLE = Path(__file__).parents[2] / "examples" / "crm"
LOG = EXAMPLE / "logs" / "access.csv"
NOW = ("--as-of", "2026-11-20T10:00:00+08:00")
WAIT = 60
"""Seconds for which a process is waited for; a test never needs them all."""


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    """A copy of the example project, whose log can grow."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "crm"))


def findings(text: str) -> list[tuple[str, int, str]]:
    """Rule, line and fingerprint of each finding of a stream."""
    found = [json.loads(line) for line in text.splitlines()]
    return [(one["rule"], one["location"]["line"], one["fingerprint"]) for one in found]


def parts(log: Path, count: int) -> list[bytes]:
    """A log in parts, cut anywhere."""
    data = log.read_bytes()
    ends = [len(data) * number // count + 7 for number in range(1, count)]
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


def test_runs_with_a_state_find_together_what_one_run_finds(tutela: Tool, crm: Path) -> None:
    """Also the rows that add up over the runs; what was judged is not judged again."""
    whole = tutela("audit", "logs/access.csv", "-f", "jsonl", *NOW, cwd=crm)
    log, found = crm / "logs" / "access.csv", list[tuple[str, int, str]]()
    log.write_bytes(b"")
    for part in parts(LOG, 4):
        with log.open("ab") as stream:
            stream.write(part)
        done = tutela("audit", "logs/access.csv", "--state", "state.json", "-f", "jsonl", *NOW, cwd=crm)
        assert done.returncode == (1 if done.stdout else 0), done.stderr
        found += findings(done.stdout)
    assert sorted(found) == sorted(findings(whole.stdout))
    again = tutela("audit", "logs/access.csv", "--state", "state.json", "-f", "jsonl", *NOW, cwd=crm)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "nothing new in the log\n")


def test_the_state_holds_no_statement(tutela: Tool, crm: Path) -> None:
    """It is a file that lies about: positions, accounts and counts."""
    tutela("audit", "logs/access.csv", "--state", "state.json", *NOW, cwd=crm)
    text = (crm / "state.json").read_text("utf-8")
    assert "SELECT" not in text
    assert (crm / "state.json").stat().st_mode & 0o077 == 0


def test_other_formats_give_one_report_of_what_is_new(tutela: Tool, crm: Path) -> None:
    """The state is kept when the report is written; a report that cannot be written leaves it."""
    first, rest = parts(LOG, 2)
    (crm / "logs" / "access.csv").write_bytes(first)
    options = ("--state", "state.json", *NOW)
    failed = tutela("audit", "logs/access.csv", *options, "-f", "json", "-o", "logs", cwd=crm)
    assert failed.returncode == 2
    reports = list[dict[str, Any]]()
    for part in (b"", rest):
        with (crm / "logs" / "access.csv").open("ab") as stream:
            stream.write(part)
        done = tutela("audit", "logs/access.csv", *options, "-f", "json", cwd=crm)
        reports.append(json.loads(done.stdout))
    whole = json.loads(tutela("audit", "logs/access.csv", "-f", "json", *NOW, cwd=EXAMPLE).stdout)
    assert sum(one["summary"]["checked"] for one in reports) == whole["summary"]["checked"]
    assert sum(len(one["findings"]) for one in reports) == len(whole["findings"])


@pytest.mark.parametrize("form", ["json", "sarif", "csv", "html", "markdown", "human"])
def test_a_report_of_nothing_new_is_a_report(tutela: Tool, crm: Path, form: str) -> None:
    """A program that reads the document gets one each time; a person is told."""
    tutela("audit", "logs/access.csv", "--state", "state.json", *NOW, cwd=crm)
    again = ("audit", "logs/access.csv", "--state", "state.json", *NOW, "-f", form)
    done = tutela(*again, cwd=crm)
    assert (done.returncode, done.stderr) == (0, "nothing new in the log\n")
    assert bool(done.stdout) is (form != "human")
    if form == "json":
        made = json.loads(done.stdout)
        assert (made["findings"], made["summary"]["checked"]) == ([], 0)
    assert tutela(*again, "-o", "report", cwd=crm).returncode == 0
    assert (crm / "report").read_text("utf-8")


@pytest.fixture
def following(crm: Path, environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `tutela audit --follow`; whatever happens, it ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*args: str, stdin: int | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(TOOL), "audit", "--follow", *args, *NOW],
            cwd=crm, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=stdin,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(test: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + WAIT
    while not test():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_following_writes_findings_as_they_come(
    tutela: Tool, crm: Path, following: Callable[..., subprocess.Popen[str]]
) -> None:
    """Through a rotation, until it is interrupted; then nothing is left for the next run."""
    expected = sorted(
        one[0] for one in findings(tutela("audit", "logs/access.csv", "-f", "jsonl", *NOW, cwd=crm).stdout)
    )
    first, middle, last = parts(LOG, 3)
    rest, _, begun = last.partition(b"\n2026-11-18 ")
    log, out = crm / "logs" / "access.csv", crm / "found.jsonl"
    log.write_bytes(first)
    process = following("logs/access.csv", "--state", "state.json", "-f", "jsonl", "-o", "found.jsonl")
    until(lambda: out.exists() and out.stat().st_size > 0)
    with log.open("ab") as stream:
        stream.write(middle + rest + b"\n")
    log.rename(crm / "logs" / "access.csv.1")
    log.write_bytes(b"2026-11-18 " + begun)
    until(lambda: len(out.read_text("utf-8").splitlines()) >= len(expected))
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=WAIT)
    assert process.returncode == 1, told
    assert sorted(one[0] for one in findings(out.read_text("utf-8"))) == expected
    assert told.splitlines()[-1].endswith(f"{len(expected)} findings")
    again = tutela("audit", "logs/access.csv", "--state", "state.json", *NOW, cwd=crm)
    assert (again.returncode, again.stderr) == (0, "nothing new in the log\n")


def test_a_run_that_is_killed_loses_no_finding(
    tutela: Tool, crm: Path, following: Callable[..., subprocess.Popen[str]]
) -> None:
    """`kill -9` at any moment: the next run tells what is missing, and perhaps something once more."""
    expected = {entry[2] for entry in findings(tutela("audit", "logs/access.csv", "-f", "jsonl", *NOW, cwd=crm).stdout)}
    log, out = crm / "logs" / "access.csv", crm / "found.jsonl"
    log.write_bytes(b"")
    for number, part in enumerate(parts(LOG, 3)):
        with log.open("ab") as stream:
            stream.write(part)
        process = following("logs/access.csv", "--state", "state.json", "-o", "found.jsonl")
        size = out.stat().st_size if out.exists() else 0
        until(lambda size=size: out.exists() and out.stat().st_size > size)  # type: ignore[misc]
        time.sleep(0.3 * number)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    tutela("audit", "logs/access.csv", "--state", "state.json", "-f", "jsonl", "-o", "found.jsonl", *NOW, cwd=crm)
    lines = out.read_text("utf-8").splitlines()
    assert {entry[2] for entry in findings("\n".join(lines))} == expected


@pytest.mark.parametrize(
    ("left", "kept"),
    [
        ('{"rule": "a"}\n{"rule": "b", "mess', '{"rule": "a"}\n'),
        ('{"rule": "a"}\n' + '{"rule": "' + "b" * 200_000, '{"rule": "a"}\n'),
        ('{"torn', ""),
        ('{"rule": "a"}', '{"rule": "a"}\n'),
        ("notes of somebody", "notes of somebody\n"),
    ],
    ids=["torn", "long", "alone", "without-end", "foreign"],
)
def test_what_a_killed_run_left_does_not_spoil_the_next_finding(tutela: Tool, crm: Path, left: str, kept: str) -> None:
    """A finding that was cut off is taken back, for it is told again; what is not the beginning of one stays."""
    out = crm / "found.jsonl"
    out.write_text(left, encoding="utf-8")
    tutela("audit", "logs/access.csv", "--state", "state.json", "-f", "jsonl", "-o", "found.jsonl", *NOW, cwd=crm)
    text = out.read_text(encoding="utf-8")
    assert text.startswith(kept)
    whole = tutela("audit", "logs/access.csv", "-f", "jsonl", *NOW, cwd=crm).stdout
    assert sorted(findings(text[len(kept) :])) == sorted(findings(whole))


def test_a_pipe_is_followed_to_its_end(
    tutela: Tool, crm: Path, following: Callable[..., subprocess.Popen[str]]
) -> None:
    """`tail -F log | tutela audit --follow -`: findings come while the pipe is open."""
    expected = findings(tutela("audit", "logs/access.csv", "-f", "jsonl", *NOW, cwd=crm).stdout)
    process = following("-", stdin=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    process.stdin.write(LOG.read_text("utf-8"))
    process.stdin.flush()
    lines = [process.stdout.readline() for _ in expected]
    process.stdin.close()
    rest = process.stdout.read()
    process.stdin = None
    assert process.wait(timeout=WAIT) == 1
    assert sorted((rule, line) for rule, line, _ in findings("".join(lines) + rest)) == sorted(
        (rule, line) for rule, line, _ in expected
    )


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--follow", "--engine", "duckdb"), "--follow judges event by event"),
        (("--state", "s", "--engine", "spark"), "--state judges event by event"),
        (("--follow", "--reconcile"), "--reconcile is about a whole log"),
        (("--state", "s", "--explain", "ACC-01"), "--explain and --write-baseline"),
        (("--state", "s", "--write-baseline", "b"), "--explain and --write-baseline"),
        (("--follow", "-f", "json", "-f", "jsonl"), "--follow writes JSON lines"),
        (("--follow", "-f", "human"), "--follow writes JSON lines"),
        (("--state", "no/such/folder"), "no/such/folder"),
        (("--state", "logs"), "logs"),
        (("--follow", "--log-year", "2026"), "the year of the first line"),
        (("--state", "tutela.toml"), "does not hold how far a log was judged"),
        (("--state", "logs/access.csv"), "is the log itself"),
        (("--state", ""), "--state names no file"),
        (("--state", "."), "--state names no file"),
        (("--state", "s", "-f", "jsonl", "-o", "logs/access.csv"), "is the log itself"),
    ],
)
def test_wrong_use(tutela: Tool, crm: Path, args: tuple[str, ...], says: str) -> None:
    """One clear error, before anything is judged."""
    done = tutela("audit", "logs/access.csv", *args, *NOW, cwd=crm)
    assert done.returncode == 2
    assert says in done.stderr
    assert not done.stdout


def test_a_state_for_a_pipe_is_refused(tutela: Tool, crm: Path) -> None:
    """Nobody can go on in it."""
    done = tutela("audit", "-", "--state", "s", *NOW, cwd=crm, stdin="x")
    assert done.returncode == 2
    assert "--state needs a file" in done.stderr
