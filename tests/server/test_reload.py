"""Reloads under load: nothing is lost, nothing is mixed, and a bad set is refused while the last good one answers."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from conftest import PROJECT, TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from conftest import Serving

PATH = "/access/v1/evaluation"
MANY = "/access/v1/evaluations"
ASK: dict[str, Any] = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}
CLOSED = "kind: access\nid: closed\nrules:\n  - {id: C-1.closed, effect: deny, actions: [read], message: closed}\n"
BAD = "kind: access\nid: bad\nrules:\n  - {id: B-1.x, effect: maybe}\n"
FAST = ("--reload-interval", "0.1")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project in a folder that the test may change."""
    return Path(shutil.copytree(PROJECT, tmp_path / "copy"))


def ready(service: Serving) -> dict[str, Any]:
    """What `/readyz` says."""
    found: dict[str, Any] = service.ask("/readyz", method="GET").json
    return found


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_reload_lets_everybody_in(copy: Path, start: Callable[..., Serving], workers: str) -> None:
    """Settings that an editor has written to the half have no callers any more: that is no leave to ask."""
    settings = copy / "tutela.toml"
    whole = settings.read_text("utf-8")
    service = start("--workers", workers, "--reload-interval", "0", cwd=copy)
    digest = hashlib.sha256(b"tutela_key").hexdigest()
    caller = f"\n[[serve.callers]]\nname = 'a'\npermissions = ['evaluate', 'administer']\nkeys = ['{digest}']\n"
    settings.write_text(whole + caller, "utf-8")
    assert 200 == service.ask("/v1/reload").status
    assert 401 == service.ask(PATH, ASK).status

    settings.write_text(whole, "utf-8")
    reply = service.ask("/v1/reload", headers={"Authorization": "Bearer tutela_key"})
    assert (409, "serve-restart") == (reply.status, reply.json["error"]["code"])
    assert "`serve.callers`" in reply.json["error"]["message"]
    assert 401 == service.ask(PATH, ASK).status


class Load:
    """Callers who ask all the time, each on a connection of its own; what they got."""

    def __init__(self, service: Serving, count: int = 4) -> None:
        self._service = service
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]
        self.answers: list[dict[str, Any]] = []
        self.lost: list[str] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        body = json.dumps({**ASK, "evaluations": [{}] * 120})
        connection = http.client.HTTPConnection("127.0.0.1", self._service.port, timeout=TIMEOUT)
        while not self._end.is_set():
            try:
                connection.request("POST", MANY, body, {"Content-Type": "application/json"})
                found = connection.getresponse()
                answer = found.read()
                if found.status == 200:
                    self.answers.append(json.loads(answer))
                else:
                    self.lost.append(f"{found.status} {answer!r}")
                if found.getheader("connection") == "close":
                    connection.close()
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(repr(error))
                connection.close()

    def check(self) -> set[str]:
        """Fail when an answer was lost or is of two policy sets; the policy sets that answered."""
        assert [] == self.lost
        sets: set[str] = set()
        for answer in self.answers:
            items = answer["evaluations"]
            digests = {item["context"]["policy_digest"] for item in items}
            assert 1 == len(digests)
            assert 1 == len({item["decision"] for item in items})
            sets |= digests
        return sets


@pytest.mark.parametrize("workers", ["1", "2"])
def test_reloads_under_load_lose_and_mix_nothing(start: Callable[..., Serving], copy: Path, workers: str) -> None:
    """Every answer is of one set, every request is answered, and after a change is seen everywhere, none is old."""
    service = start(*FAST, "--workers", workers, cwd=copy)
    digests = [ready(service)["policy_digest"]]
    with Load(service) as load:
        for number in range(4):
            (copy / "policies" / "closed.yaml").write_text(CLOSED.replace("closed}", f"closed {number}}}"))
            service.until("/readyz", lambda reply: reply.json["policy_digest"] not in digests)
            digests.append(ready(service)["policy_digest"])
            # All workers swap at one moment: from here on nobody answers with what was before.
            time.sleep(0.3)
            at = len(load.answers)
            while len(load.answers) < at + 8:
                time.sleep(0.01)
            late = {
                item["context"]["policy_digest"] for answer in load.answers[at + 4 :] for item in answer["evaluations"]
            }
            assert {digests[-1]} == late
    assert set(digests) >= load.check() >= set(digests[1:])
    assert len(set(digests)) == 5


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_bad_set_is_refused_and_seen(start: Callable[..., Serving], copy: Path, workers: str) -> None:
    """The last good set answers on; `/readyz`, the figures and the log tell; a good one takes its place again."""
    service = start(*FAST, "--workers", workers, cwd=copy)
    before = ready(service)
    (copy / "policies" / "bad.yaml").write_text(BAD)
    shown = service.until("/readyz", lambda reply: "reload" in reply.json).json

    assert before["policy_digest"] == shown["policy_digest"]
    assert shown["reload"].startswith("refused at 2")
    assert shown["reload"].endswith(": 1 problem")
    assert service.ask(PATH, ASK).json["decision"]
    figures = service.ask("/metrics", method="GET").body.decode()
    assert 'tutela_reloads_total{outcome="refused"} 1\n' in figures
    assert "tutela_up_to_date 0\n" in figures
    reply = service.ask("/v1/reload")
    assert (409, "value-not-listed") == (reply.status, reply.json["error"]["code"])

    (copy / "policies" / "bad.yaml").write_text(CLOSED)
    service.until("/readyz", lambda reply: "reload" not in reply.json)
    assert not service.ask(PATH, ASK).json["decision"]
    assert "tutela_up_to_date 1\n" in service.ask("/metrics", method="GET").body.decode()
    assert 0 == service.stop()
    assert "policies/bad.yaml:4:25 value-not-listed" in service.said


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_reload_can_be_asked_for(start: Callable[..., Serving], copy: Path, workers: str) -> None:
    """By a request, which waits for how it went, and by a signal; without either, nothing is looked at."""
    service = start("--reload-interval", "0", "--workers", workers, cwd=copy)
    (copy / "policies" / "closed.yaml").write_text(CLOSED)
    assert service.ask(PATH, ASK).json["decision"]
    answer = service.ask("/v1/reload").json

    assert "ready" == answer["status"]
    assert {answer["policy_digest"]} == {ready(service)["policy_digest"] for _ in range(8)}
    assert not service.ask(PATH, ASK).json["decision"]
    (copy / "policies" / "closed.yaml").unlink()
    service.process.send_signal(signal.SIGHUP)
    service.until(PATH, lambda reply: reply.json["decision"], method="POST", body=ASK)
    assert 405 == service.ask("/v1/reload", method="GET").status


def test_registers_settings_and_links_are_looked_at(start: Callable[..., Serving], copy: Path) -> None:
    """A register, the settings themselves, a file that is included from elsewhere, and a link that turns elsewhere."""
    (copy / "shared").mkdir()
    (copy / "shared" / "one.yaml").write_text(CLOSED.replace("read", "delete"))
    (copy / "policies" / "more.yaml").write_text("kind: access\nid: more\ninclude: [../shared/one.yaml]\nrules: []\n")
    (copy / "next").mkdir()
    for file in (copy / "registers").iterdir():
        shutil.copy(file, copy / "next")
    (copy / "registers").rename(copy / "now")
    (copy / "registers").symlink_to("now")
    service = start(*FAST, cwd=copy)
    seen = [ready(service)]

    def changed() -> None:
        service.until("/readyz", lambda reply: reply.json not in seen)
        seen.append(ready(service))

    (copy / "shared" / "one.yaml").write_text(CLOSED.replace("read", "update"))
    changed()
    people = (copy / "next" / "people.yaml").read_text(encoding="utf-8").replace("alice", "alicia")
    (copy / "next" / "people.yaml").write_text(people, encoding="utf-8")
    (copy / "link").symlink_to("next")
    (copy / "link").rename(copy / "registers")
    changed()
    settings = (copy / "tutela.toml").read_text(encoding="utf-8").replace('registers = ["registers"]', "")
    (copy / "tutela.toml").write_text(settings, encoding="utf-8")
    changed()
    assert "" == seen[-1]["facts_digest"]


def test_callers_change_with_a_reload(start: Callable[..., Serving], copy: Path) -> None:
    """A caller that is added may ask from then on, one that is taken away no more; a wrong table is refused."""
    service = start(*FAST, cwd=copy)
    settings = (copy / "tutela.toml").read_text(encoding="utf-8")
    import hashlib

    table = '[[serve.callers]]\nname = "a"\npermissions = ["evaluate"]\nkeys = ["{}"]\n'
    headers = {"Authorization": "Bearer tutela_a"}
    asked: dict[str, Any] = {"method": "POST", "body": ASK, "headers": headers}
    digests = [hashlib.sha256(key.encode()).hexdigest() for key in ("tutela_a", "tutela_b")]
    (copy / "tutela.toml").write_text(settings + table.format(digests[0]), encoding="utf-8")
    service.until(PATH, lambda reply: reply.status == 401, method="POST", body=ASK)
    assert 200 == service.ask(PATH, **asked).status
    (copy / "tutela.toml").write_text(settings + table.format("short"), encoding="utf-8")
    service.until("/readyz", lambda reply: "reload" in reply.json)
    assert 200 == service.ask(PATH, **asked).status
    (copy / "tutela.toml").write_text(settings + table.format(digests[1]), encoding="utf-8")
    service.until(PATH, lambda reply: reply.status == 401, **asked)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_service_may_wait_for_a_valid_set(start: Callable[..., Serving], copy: Path, workers: str) -> None:
    """Not ready, and every question is refused, until there is one."""
    (copy / "policies" / "bad.yaml").write_text(BAD)
    service = start(*FAST, "--wait-ready", "--workers", workers, cwd=copy)
    shown = service.ask("/readyz", method="GET")

    assert (503, "not ready") == (shown.status, shown.json["status"])
    assert ": 1 problem" in shown.json["reload"]
    assert "server-not-ready" == shown.json["error"]["code"]
    assert 200 == service.ask("/healthz", method="GET").status
    for path in (PATH, MANY, "/access/v1/search/subject"):
        reply = service.ask(path, ASK)
        assert (503, "5") == (reply.status, reply.headers["retry-after"])
        assert "decision" not in reply.json
    (copy / "policies" / "bad.yaml").unlink()
    service.until("/readyz", lambda reply: reply.status == 200)
    assert service.ask(PATH, ASK).json["decision"]


def git(folder: Path, *args: str) -> str:
    """Run git."""
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *who, *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_branch_is_followed(start: Callable[..., Serving], copy: Path, tmp_path: Path, workers: str) -> None:
    """What is committed counts, whatever the work tree holds; a bad commit is refused; no hook and no filter runs."""
    folder = tmp_path / "repository"
    shutil.copytree(copy, folder / "pdp")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    first = git(folder, "rev-parse", "HEAD")
    for hook in ("post-checkout", "post-merge", "reference-transaction"):
        (folder / ".git" / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (folder / ".git" / "hooks" / hook).chmod(0o755)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    options = ("--git", str(folder), "--revision", "main", "--git-folder", "pdp", "--workers", workers)
    service = start(*FAST, *options, cwd=elsewhere)
    assert first == ready(service)["revision"]
    (folder / "pdp" / "policies" / "closed.yaml").write_text(CLOSED)
    git(folder, "add", ".")
    assert service.ask(PATH, ASK).json["decision"]
    git(folder, "-c", "core.hooksPath=/dev/null", "commit", "-qm", "two")
    service.until("/readyz", lambda reply: reply.json["revision"] == git(folder, "rev-parse", "HEAD"))
    assert not service.ask(PATH, ASK).json["decision"]
    second = ready(service)["revision"]

    (folder / "pdp" / "policies" / "bad.yaml").write_text(BAD)
    git(folder, "add", ".")
    git(folder, "-c", "core.hooksPath=/dev/null", "commit", "-qm", "three")
    shown = service.until("/readyz", lambda reply: "reload" in reply.json).json
    assert second == shown["revision"]
    assert not (tmp_path / "ran").exists()
    service.stop()
    assert "refused: pdp/policies/bad.yaml:4:" in service.said


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--git", "nowhere"), "git-repository"),
        (("--git", "."), "git-repository"),
        (("--git", "repository", "--revision", "no"), "git-revision"),
        (("--git", "repository", "--revision", "--output=x"), "git-revision"),
        (("--git", "repository"), "serve-git-project"),
        (("--git", "repository", "--git-folder", "../.."), "serve-git-project"),
    ],
)
def test_a_repository_that_cannot_be_served_is_told(
    environment: dict[str, str], tmp_path: Path, args: tuple[str, ...], code: str
) -> None:
    """No folder, no repository, no revision, no project: exit status 2."""
    from conftest import TOOL

    (tmp_path / "repository").mkdir()
    git(tmp_path / "repository", "init", "-q")
    git(tmp_path / "repository", "commit", "-q", "--allow-empty", "-m", "none")
    done = subprocess.run(
        [TOOL, "serve", "--port", "0", *args],
        cwd=tmp_path,
        env={**environment, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert 2 == done.returncode
    assert code in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("address", ["decisions.jsonl", "sqlite:///decisions.db"])
def test_a_log_is_not_kept_with_a_commit(environment: dict[str, str], copy: Path, tmp_path: Path, address: str) -> None:
    """It would be gone with the next one: exit status 2, and nothing is written."""
    from conftest import TOOL

    with (copy / "tutela.toml").open("a", encoding="utf-8") as stream:
        stream.write(f'\n[decision_log]\naddress = "{address}"\n')
    git(copy, "init", "-q")
    git(copy, "add", ".")
    git(copy, "commit", "-qm", "one")
    done = subprocess.run(
        [TOOL, "serve", "--port", "0", "--git", copy], cwd=tmp_path, env=environment, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert (2, True) == (done.returncode, "serve-git-log" in done.stderr)
    assert [] == list(tmp_path.glob("decisions*"))


@pytest.fixture
def handed_over(environment: dict[str, str], copy: Path) -> Generator[tuple[Any, Callable[[], Serving]]]:
    """A socket as systemd hands it over, and how a service is started on it."""
    import socket

    from conftest import TOOL, Serving

    running: list[subprocess.Popen[str]] = []
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:

        def begin() -> Serving:
            # The number of the process is known in the process only.
            script = 'exec 3<&"$0"; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
            process = subprocess.Popen(
                ["bash", "-c", script, str(listening.fileno()), str(TOOL), "serve"],
                cwd=copy,
                env=environment,
                stderr=subprocess.PIPE,
                text=True,
                pass_fds=[listening.fileno()],
            )
            running.append(process)
            assert process.stderr is not None
            assert "tutela listens" in process.stderr.readline()
            return Serving(process, listening.getsockname()[1], "")

        yield listening, begin
        for process in running:
            process.kill()
            process.communicate()


def test_a_restart_loses_nothing_where_the_socket_stays(handed_over: tuple[Any, Callable[[], Serving]]) -> None:
    """As with a socket unit of systemd: who connects in between waits, and is answered by the next process."""
    _, begin = handed_over
    service = begin()
    answered: list[int] = []
    end = threading.Event()

    def ask() -> None:
        while not end.is_set():
            try:
                answered.append(service.ask(PATH, ASK).status)
            except OSError:
                answered.append(0)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        old = service
        at = len(answered)
        while len(answered) < at + 10:
            time.sleep(0.01)
        assert 0 == old.stop()
        service = begin()
    end.set()
    for thread in threads:
        thread.join()

    assert {200} == set(answered)
    assert os.getpid() != service.process.pid
