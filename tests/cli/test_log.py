"""`tutela log`: verify, tail, export and replay, on logs of the example project's decisions."""

from __future__ import annotations

import csv
import io
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tutela.connectors.decision_log import LogSettings, make_recorder, open_log
from tutela.engine.decision_log import note
from tutela.engine.request import Request
from tutela.project import find_project, load_authorizer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.engine.authorizer import Authorizer

    Run = Callable[..., subprocess.CompletedProcess[str]]

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
KEY = "a key of the tests, nobody else's"
PURPOSES = ("contract_performance", "contract_performance", "curiosity")


@pytest.fixture(scope="module")
def pdp(crm: Path) -> Authorizer:
    """The decision point of the example project."""
    return load_authorizer(find_project(crm))


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a run that has the key; the log is written with it, too."""
    monkeypatch.setenv("TUTELA_LOG_KEY", KEY)
    return {"TUTELA_LOG_KEY": KEY}


def record(pdp: Authorizer, **settings: Any) -> None:  # noqa: ANN401 (LogSettings)
    """Record three decisions a minute apart."""
    chosen = LogSettings(**settings)
    log, recorder = open_log(chosen), make_recorder(chosen, pdp)
    for number, purpose in enumerate(PURPOSES):
        at = AT + timedelta(minutes=number)
        subject = {"type": "employee", "id": "E0088"}
        resource = {"type": "table", "id": "crm.customer", "properties": {"columns": ["full_name"]}}
        asked = Request(subject, "read", resource, {"purpose": purpose, "row_count": 5}, as_of=at)
        assert log.append(recorder.entry(pdp.decide(asked), asked, f"ev-{number}", at)).result()
    log.close()


def change(path: Path, old: str, new: str) -> None:
    """Change a log as somebody would who has the right to."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_verify_an_intact_log(tutela: Run, pdp: Authorizer, tmp_path: Path, keyed: dict[str, str]) -> None:
    """How many entries, from where to where, and the head that may be kept as an anchor."""
    record(pdp, address=str(tmp_path / "d.jsonl"))
    done = tutela("log", "verify", "d.jsonl", cwd=tmp_path, env=keyed)
    first, head = done.stdout.splitlines()
    anchor = head.removeprefix("head ")

    assert (done.returncode, done.stderr) == (0, "")
    assert first == "d.jsonl: intact; entries: 3 (1 to 3)"
    assert anchor.startswith("3:")
    assert tutela("log", "verify", "d.jsonl", "--head", anchor, cwd=tmp_path, env=keyed).returncode == 0
    without = tutela("log", "verify", "d.jsonl", cwd=tmp_path)
    assert (without.returncode, "hashes only" in without.stderr) == (0, True)
    zh = tutela("log", "verify", "d.jsonl", "--lang", "zh", cwd=tmp_path, env=keyed)
    assert zh.stdout.splitlines()[0] == "d.jsonl:完好;条目:3(1 至 3)"

    lines = (tmp_path / "d.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "d.jsonl").write_text("".join(lines[:2]), encoding="utf-8")
    assert tutela("log", "verify", "d.jsonl", cwd=tmp_path, env=keyed).returncode == 0
    cut = tutela("log", "verify", "d.jsonl", "--head", anchor, cwd=tmp_path, env=keyed)
    assert (cut.returncode, "decision-log-anchor-missing" in cut.stdout) == (1, True)


def test_verify_lists_every_break(tutela: Run, pdp: Authorizer, tmp_path: Path) -> None:
    """On the standard output, with places; as JSON, too."""
    path = tmp_path / "d.jsonl"
    record(pdp, address=str(path))
    change(path, '"id":"ev-0"', '"id":"ev-9"')
    with path.open("a", encoding="utf-8") as stream:
        stream.write("junk\n")
    done = tutela("log", "verify", "d.jsonl", cwd=tmp_path)

    assert done.returncode == 1
    assert "d.jsonl:1: decision-log-changed entry 1 was changed" in done.stdout
    assert "d.jsonl:4: decision-log-damaged" in done.stdout
    assert "d.jsonl: broken; entries: 4 (1 to 3), breaks: 2" in done.stdout
    as_json = json.loads(tutela("log", "verify", "d.jsonl", "-f", "json", cwd=tmp_path).stdout)
    assert (as_json["intact"], as_json["entries"], as_json["authenticated"]) == (False, 4, False)
    assert [(b["code"], b["seq"]) for b in as_json["breaks"]] == [
        ("decision-log-changed", 1), ("decision-log-damaged", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        ("UPDATE decision_log SET entry = replace(entry, 'deny', 'allow') WHERE seq = 3", "decision-log-changed"),
        ("DELETE FROM decision_log WHERE seq = 2", "decision-log-gap"),
        ("DELETE FROM decision_log WHERE seq = 1", "decision-log-start"),
        ("DELETE FROM decision_log WHERE seq = 3", "decision-log-head"),
        ("DELETE FROM decision_log", "decision-log-head"),
        ("UPDATE decision_log SET seq = 9 WHERE seq = 3", "decision-log-order"),
        ("UPDATE decision_log SET seq = -seq; UPDATE decision_log SET seq = seq + 4", "decision-log-start"),
        ("INSERT INTO decision_log SELECT 4, entry FROM decision_log WHERE seq = 3", "decision-log-order"),
        ("INSERT INTO decision_log VALUES (4, x'00ff')", "decision-log-damaged"),
        ("UPDATE decision_log_head SET seq = 2", "decision-log-head"),
    ],
)
def test_verify_a_database(tutela: Run, pdp: Authorizer, tmp_path: Path, deed: str, code: str) -> None:
    """Whatever is done to its rows is found, a tail that is cut off included."""
    record(pdp, address=f"sqlite:///{tmp_path}/d.db")
    assert tutela("log", "verify", "sqlite:///d.db", cwd=tmp_path).returncode == 0
    with sqlite3.connect(tmp_path / "d.db") as session:
        session.executescript(deed)
    done = tutela("log", "verify", "sqlite:///d.db", cwd=tmp_path)

    assert (done.returncode, code in done.stdout) == (1, True), done.stdout + done.stderr


def test_an_entry_that_is_being_written_is_no_break(tutela: Run, tmp_path: Path) -> None:
    """A torn end is one only when nobody writes: then a writer was killed."""
    path = tmp_path / "d.jsonl"
    log = open_log(LogSettings(address=str(path)))
    assert log.append(note("test", AT)).result()
    with path.open("ab") as stream:
        stream.write(b'{"seq":2,')
    assert tutela("log", "verify", "d.jsonl", cwd=tmp_path).returncode == 0
    log.close()
    done = tutela("log", "verify", "d.jsonl", cwd=tmp_path)
    assert (done.returncode, "decision-log-torn" in done.stdout) == (1, True)


@pytest.mark.parametrize("command", ["verify", "tail", "export"])
def test_no_log_is_no_clean_log(tutela: Run, tmp_path: Path, command: str) -> None:
    """A mistyped address, an empty file, a folder, a database without a log, and one that keeps none."""
    (tmp_path / "empty.jsonl").touch()
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE x (y)").connection.close()
    for address in ("missing.jsonl", ".", "sqlite:///missing.db", "sqlite:///other.db", "mysql://h/d", "x/y.jsonl"):
        done = tutela("log", command, address, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), address
        assert "1 problem" in done.stderr
    assert not (tmp_path / "missing.db").exists()
    if command != "tail":
        assert tutela("log", command, "empty.jsonl", cwd=tmp_path).returncode == 2


def test_tail_shows_the_last_entries(tutela: Run, pdp: Authorizer, tmp_path: Path) -> None:
    """For people, and as they are stored; the subject is masked."""
    for address in ("d.jsonl", "sqlite:///d.db"):
        record(pdp, address=address.replace("///", f"///{tmp_path}/") if "://" in address else str(tmp_path / address))
        done = tutela("log", "tail", "-n", "2", address, cwd=tmp_path)
        assert [line.split(" (")[0] for line in done.stdout.splitlines()] == [
            "2026-11-20T02:01:00+00:00 #2 allow employee ***: read table ***",
            "2026-11-20T02:02:00+00:00 #3 deny employee ***: read table ***",
        ]
        stored = tutela("log", "tail", "-n", "1", "-f", "jsonl", address, cwd=tmp_path).stdout
        assert json.loads(stored)["seq"] == 3
        assert "E0088" not in tutela("log", "tail", address, "-f", "jsonl", cwd=tmp_path).stdout


def test_tail_of_what_is_no_log(tutela: Run, tmp_path: Path) -> None:
    """Lines that are no entries are said to be none, and the exit status says so, too."""
    (tmp_path / "junk.jsonl").write_text("hello\nworld\n", encoding="utf-8")
    for form in ("human", "jsonl"):
        done = tutela("log", "tail", "junk.jsonl", "-f", form, cwd=tmp_path)
        assert (done.returncode, len(done.stdout.splitlines())) == (1, 2), form


def test_tail_follows_what_comes(tmp_path: Path, environment: dict[str, str]) -> None:
    """Entries of a writer that turns its file over meanwhile, until the reader is interrupted."""
    path = tmp_path / "d.jsonl"
    log = open_log(LogSettings(address=str(path), rotate_mib=1))
    assert log.append(note("test", AT, n=1)).result()
    tool = Path(sys.executable).parent / "tutela"
    with subprocess.Popen(
        [tool, "log", "tail", "--follow", "-f", "jsonl", str(path)],
        env={**environment, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True,
    ) as reader:  # fmt: skip
        assert reader.stdout is not None
        try:
            seen = [json.loads(reader.stdout.readline())["seq"]]
            for number in range(2, 6):
                assert log.append(note("test", AT, n=number, fill="x" * 600_000)).result()
                seen.append(json.loads(reader.stdout.readline())["seq"])
            reader.send_signal(signal.SIGINT)
            assert reader.wait(60) == 0
        finally:
            reader.kill()
    log.close()

    assert seen == [1, 2, 3, 4, 5]
    assert (tmp_path / "d.jsonl.000001").exists()


def test_an_export_verifies_as_the_log_does(
    tutela: Run, pdp: Authorizer, tmp_path: Path, keyed: dict[str, str]
) -> None:
    """Byte for byte, also from a database; a part of it is told from where to where."""
    record(pdp, address=f"sqlite:///{tmp_path}/d.db")
    assert tutela("log", "export", "sqlite:///d.db", "-o", "e.jsonl", cwd=tmp_path, env=keyed).returncode == 0
    heads = [
        tutela("log", "verify", address, cwd=tmp_path, env=keyed).stdout.splitlines()[1]
        for address in ("e.jsonl", "sqlite:///d.db")
    ]
    assert heads[0] == heads[1]

    period = ("--from", "2026-11-20T10:01:00+08:00", "--to", "2026-11-20T02:02:00Z")
    done = tutela("log", "export", "e.jsonl", *period, cwd=tmp_path, env=keyed)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["ev-1"]
    assert tutela("log", "export", "e.jsonl", "--from", "2030-01-01T00:00:00Z", cwd=tmp_path, env=keyed).returncode == 2


def test_an_export_for_spreadsheets(tutela: Run, pdp: Authorizer, tmp_path: Path) -> None:
    """One row an entry; a subject that would be a formula is none."""
    record(pdp, address=str(tmp_path / "d.jsonl"), show=("subject.id", "context.purpose"))
    log = open_log(LogSettings(address=str(tmp_path / "d.jsonl")))
    formula = note("decision", AT, request={"subject": {"id": "=1+1"}}, reasons=["A", "B"])
    assert log.append(formula).result()
    log.close()
    done = tutela("log", "export", "d.jsonl", "--format", "csv", cwd=tmp_path)
    rows = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"))))

    assert [(row["subject"], row["purpose"], row["effect"]) for row in rows] == [
        ("E0088", "contract_performance", "allow"), ("E0088", "contract_performance", "allow"),
        ("E0088", "curiosity", "deny"), ("'=1+1", "", ""),
    ]  # fmt: skip
    assert rows[3]["reasons"] == "A; B"


def test_an_export_of_one_person(tutela: Run, pdp: Authorizer, tmp_path: Path, keyed: dict[str, str]) -> None:
    """Who has the key finds a masked person by the id; nobody else does."""
    record(pdp, address=str(tmp_path / "d.jsonl"))
    find = ("log", "export", "d.jsonl", "--resource", "crm.customer", "--subject")

    assert len(tutela(*find, "E0088", cwd=tmp_path, env=keyed).stdout.splitlines()) == 3
    assert tutela(*find, "E0089", cwd=tmp_path, env=keyed).returncode == 2
    assert tutela(*find, "E0088", cwd=tmp_path).returncode == 2


def test_an_export_of_a_broken_log_says_so(tutela: Run, pdp: Authorizer, tmp_path: Path) -> None:
    """What can be read is written, and the status is not 0."""
    record(pdp, address=str(tmp_path / "d.jsonl"))
    change(tmp_path / "d.jsonl", '"effect":"deny"', '"effect":"allow"')
    done = tutela("log", "export", "d.jsonl", cwd=tmp_path)

    assert (done.returncode, len(done.stdout.splitlines())) == (1, 3)
    assert "decision-log-changed entry 3" in done.stderr


def test_replay(tutela: Run, pdp: Authorizer, crm: Path, tmp_path: Path) -> None:
    """The same under the same policies and facts; a masked request cannot be replayed, and none replayed is no pass."""
    full, masked = tmp_path / "full.jsonl", tmp_path / "masked.jsonl"
    record(pdp, address=str(full), request="full")
    record(pdp, address=str(masked))
    done = tutela("log", "replay", str(full), cwd=crm)
    assert (done.returncode, done.stdout) == (0, "the same: 3, different: 0, not replayable: 0\n")
    done = tutela("log", "replay", str(masked), cwd=crm)
    assert (done.returncode, done.stderr) == (2, "no decision was replayed\n")
    assert "  because the request is masked: 3" in done.stdout

    record(pdp, address=str(full))
    assert tutela("log", "replay", str(full), cwd=crm).returncode == 0
    assert tutela("log", "replay", str(full), "--strict", cwd=crm).returncode == 1
    found = json.loads(tutela("log", "replay", str(full), "--format", "json", cwd=crm).stdout)
    assert found == {"same": 3, "differs": 0, "not_replayable": 3, "causes": {"masked": 3}, "entries": []}


def test_replay_finds_a_decision_that_differs(tutela: Run, pdp: Authorizer, crm: Path, tmp_path: Path) -> None:
    """Also in an intact log: somebody with the right to write recorded another answer than the policies give."""
    record(pdp, address=str(tmp_path / "d.jsonl"), request="full")
    lines = (tmp_path / "d.jsonl").read_text(encoding="utf-8").splitlines()
    log = open_log(LogSettings(address=str(tmp_path / "lie.jsonl")))
    for line in lines:
        said = {name: value for name, value in json.loads(line).items() if name not in {"seq", "prev", "hash", "at"}}
        said["effect"] = "allow"
        assert log.append(note(said.pop("kind"), AT, **said)).result()
    log.close()
    done = tutela("log", "replay", str(tmp_path / "lie.jsonl"), cwd=crm)

    assert done.returncode == 1
    assert done.stdout.splitlines() == ["#3 ev-2: differs in effect", "the same: 2, different: 1, not replayable: 0"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('registers = ["registers"]', "registers = []", "  because other facts decided: 3"),
        ('"policies"]', '"policies", "more.yaml"]', "  because other policies decided: 3"),
    ],
)
def test_replay_under_other_policies_or_facts(
    tutela: Run, pdp: Authorizer, crm: Path, tmp_path: Path, old: str, new: str, words: str
) -> None:
    """Not replayable is said with its cause, never guessed at."""
    record(pdp, address=str(tmp_path / "d.jsonl"), request="full")
    project = Path(shutil.copytree(crm, tmp_path / "crm"))
    (project / "more.yaml").write_text("kind: vocabulary\nresource:\n  shoe_size: number\n", encoding="utf-8")
    change(project / "tutela.toml", old, new)
    done = tutela("log", "replay", "../d.jsonl", cwd=project)

    assert (done.returncode, done.stdout.splitlines()[1]) == (2, words)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('request = "masked"', "`decision_log.address` is missing"),
        ('address = "d.jsonl"\nqueue = 0', "`decision_log.queue` is something else"),
        ('address = "d.jsonl"\nwhen-unavailable = "ignore"', "it must be `fail_closed` or `drop`"),
        ('address = "d.jsonl"\nmask = true', "`decision_log.mask` is unknown"),
    ],
)
def test_settings_of_a_project(tmp_path: Path, table: str, words: str) -> None:
    """All that is wrong is told; what is right has its paths ready to open."""
    from tutela.engine.errors import InputError

    (tmp_path / "tutela.toml").write_text(f"[decision_log]\n{table}\n", encoding="utf-8")
    with pytest.raises(InputError, match="decision-log-setting") as error:
        find_project(tmp_path).recording()
    assert words in str(error.value)

    right = 'address = "logs/d.jsonl"\nwhen-unavailable = "drop"\nshow = ["resource.id"]\nkey_file = "log.key"'
    (tmp_path / "tutela.toml").write_text(f"[decision_log]\n{right}\n", encoding="utf-8")
    found = find_project(tmp_path).recording()
    assert found is not None
    assert (found.address, found.key_file) == (str(tmp_path / "logs/d.jsonl"), str(tmp_path / "log.key"))
    assert (found.when_unavailable, found.show, found.request) == ("drop", ("resource.id",), "masked")


def test_a_key_file(tutela: Run, pdp: Authorizer, tmp_path: Path) -> None:
    """Only one that its owner alone can read; a short key and a missing file are problems."""
    key = tmp_path / "log.key"
    key.write_text(f"{KEY}\n", encoding="utf-8")
    key.chmod(0o600)
    record(pdp, address=str(tmp_path / "d.jsonl"), key_file=str(key))
    verify = ("log", "verify", "d.jsonl", "--key-file", "log.key")
    assert tutela(*verify, cwd=tmp_path).returncode == 0
    key.chmod(0o644)
    assert "others than its owner" in tutela(*verify, cwd=tmp_path).stderr
    key.chmod(0o600)
    key.write_text("hunter2", encoding="utf-8")
    done = tutela(*verify, cwd=tmp_path)
    assert (done.returncode, "decision-log-key-short" in done.stderr) == (2, True)
    key.unlink()
    assert tutela(*verify, cwd=tmp_path).returncode == 2
    assert "hunter2" not in done.stderr
