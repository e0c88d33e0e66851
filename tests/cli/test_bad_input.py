"""Bad input: one clear error each with its place, exit status 2, nothing on stdout, nothing written."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]
    Tool = Callable[..., Run]

BIG = 100 * 1024 * 1024
DEEP = 200_000


class Place(NamedTuple):
    """Where bad input can come in: the command with `{}` for the file, and the file's name."""

    command: tuple[str, ...]
    name: str


PLACES = {
    "policy": Place(("check",), "policies/bad.yaml"),
    "register": Place(("check",), "registers/consents.yaml"),
    "register-csv": Place(("check",), "registers/filings.csv"),
    "settings": Place(("check",), "tutela.toml"),
    "tests": Place(("test",), "policies/tests/bad_test.yaml"),
    "decide": Place(("decide", "{}"), "bad.yaml"),
    "decide-jsonl": Place(("decide", "{}"), "bad.jsonl"),
    "explain": Place(("explain", "{}"), "bad.json"),
    "lint": Place(("lint", "{}"), "bad.sql"),
    "classify": Place(("classify", "{}"), "bad.sql"),
    "audit": Place(("audit", "{}"), "bad.csv"),
    "mapping": Place(("audit", "ok.jsonl", "--mapping", "{}"), "bad.yaml"),
    "share": Place(("share", "check", "{}"), "bad.yaml"),
    "hash": Place(("share", "hash", "{}"), "bad.yaml"),
    "retention": Place(("retention", "check", "{}"), "bad.csv"),
}


def written(folder: Path) -> dict[str, int]:
    """Every path below a folder with the time of its last change."""
    return {str(path.relative_to(folder)): path.lstat().st_mtime_ns for path in folder.rglob("*")}


def refuse(tutela: Tool, folder: Path, command: tuple[str, ...], **more: Any) -> str:  # noqa: ANN401 (goes to the tool)
    """Run a command that must refuse: exit status 2, words on stderr only, no traceback, nothing written."""
    if command[0] in ("lint", "audit") or command[:2] in (("share", "check"), ("retention", "check")):
        command = (*command, "-f", "json", "-o", "report.json", "-f", "human")
    before = written(folder)
    done = tutela(*command, cwd=folder, **more)

    assert (2, "") == (done.returncode, done.stdout), done.stderr
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    assert before == written(folder)
    return str(done.stderr)


def spoil(copy: Path, place: Place, content: bytes) -> tuple[str, ...]:
    """Put bad content where a command reads it; the command as it must be called."""
    if "ok.jsonl" in place.command:
        (copy / "ok.jsonl").write_text('{"at": "2026-11-20T10:00:00Z"}\n', encoding="utf-8")
    (copy / place.name).write_bytes(content)
    return tuple(part.format(place.name) for part in place.command)


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("bad", ["binary", "empty", "big"])
def test_a_file_that_is_no_text(tutela: Tool, copy: Path, kind: str, bad: str) -> None:
    """A binary file, an empty one and one of 100 MB, everywhere where a file is read."""
    place = PLACES[kind]
    if bad == "empty" and kind == "settings":
        pytest.skip("empty settings are the default settings")
    command = spoil(copy, place, b"\x7fELF\x02\x01\x01\0\0\0\xff\xfe\x80" * 400 if bad == "binary" else b"")
    if bad == "big":
        os.truncate(copy / place.name, BIG)
    said = refuse(tutela, copy, command)

    assert place.name in said.partition(": ")[0]
    assert said.endswith("1 problem\n")


@pytest.mark.parametrize(
    "kind", [kind for kind in PLACES if kind not in ("register", "register-csv", "tests", "settings", "policy")]
)
def test_a_missing_file(tutela: Tool, copy: Path, kind: str) -> None:
    """A file that is not there is named."""
    place = PLACES[kind]
    command = spoil(copy, place, b"")
    (copy / place.name).unlink()
    said = refuse(tutela, copy, command)

    assert place.name in said
    assert "-missing" in said


@pytest.mark.parametrize("kind", PLACES)
def test_an_unreadable_file(tutela: Tool, copy: Path, kind: str) -> None:
    """A file without permission to read it; root runs without the right to ignore permissions."""
    wrap: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root reads everything, and setpriv is not here to give that up")
        wrap = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    place = PLACES[kind]
    command = spoil(copy, place, b"kind: access\n")
    (copy / place.name).chmod(0)
    said = refuse(tutela, copy, command, wrap=wrap)

    assert place.name in said
    assert "permission denied" in said or "is not readable" in said


@pytest.mark.parametrize(
    "kind",
    [kind for kind in PLACES if kind not in ("settings", "audit", "lint", "classify", "register-csv", "retention")],
)
@pytest.mark.parametrize("bracket", ["[", "{a: ", "- "], ids=["list", "mapping", "block"])
def test_a_deeply_nested_file(tutela: Tool, copy: Path, kind: str, bracket: str) -> None:
    """Two hundred thousand brackets end in words, not in a crash."""
    place = PLACES[kind]
    said = refuse(tutela, copy, spoil(copy, place, (bracket * DEEP).encode()))

    assert said.startswith(place.name)
    assert len(said) < 2000


def test_a_deeply_nested_schema(tutela: Tool, copy: Path) -> None:
    """A statement that nests too deep is a finding at its place, not a crash and not clean."""
    text = "CREATE TABLE t (a int CHECK (" + "(" * DEEP + "1" + ")" * DEEP + "));"
    (copy / "deep.sql").write_text(text, encoding="utf-8")
    done = tutela("lint", "deep.sql", "-f", "json", cwd=copy)

    assert 1 == done.returncode
    assert 1 == json.loads(done.stdout)["summary"]["unparsed"]


POLICIES = {
    "syntax": ("kind: access\nid: x\nrules: [\n", "yaml-syntax", 4),
    "type": ("kind: access\nid: x\nrules: {}\n", "type-wrong", 3),
    "attribute": (
        "kind: access\nid: x\nrules:\n  - id: X-1\n    effect: allow\n    when: subject.rolls == 'a'\n",
        "condition-unknown-attribute",
        6,
    ),
    "key": ("kind: access\nid: x\nrulez: []\n", "key-unknown", 3),
    "cycle": ("kind: access\nid: x\ninclude: [bad.yaml]\n", "include-cycle", 3),
    "include": ("kind: access\nid: x\ninclude: [nowhere.yaml]\n", "include-missing", 3),
    "bomb": ("a: &a [x, x]\nb: &b [*a, *a]\n", "yaml-anchor", 1),
    "tag": ("kind: !!python/object/apply:os.system ['true']\n", "yaml-tag", 1),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_broken_policy(tutela: Tool, copy: Path, name: str) -> None:
    """Each fault is told at its line, with the line itself and a caret under it."""
    text, code, line = POLICIES[name]
    (copy / "policies" / "bad.yaml").write_text(text, encoding="utf-8")
    said = refuse(tutela, copy, ("check",))

    assert f"policies/bad.yaml:{line}:" in said
    assert code in said


def test_a_misspelt_category(tutela: Tool, copy: Path) -> None:
    """A rule about a category that nobody has would never apply, and nothing else would tell."""
    (copy / "policies" / "misspelt.yaml").write_text(
        "kind: access\nid: misspelt\nrules:\n  - id: MIS-01.phones\n    effect: deny\n"
        "    target: {resource.type: table, resource.categories: [personal.name.*, personal.contact.phnoe.*]}\n",
        encoding="utf-8",
    )
    done = tutela("check", cwd=copy)

    assert 2 == done.returncode
    assert "misspelt.yaml:6:75: category-unknown `personal.contact.phnoe`" in done.stderr
    assert "did you mean `personal.contact.phone`?" in done.stderr
    assert "personal.name" not in done.stderr.replace("personal.name.*", "")


def test_a_cycle_of_two_files(tutela: Tool, copy: Path) -> None:
    """Two policies that include each other: the circle is shown."""
    for name, other in (("bad", "worse"), ("worse", "bad")):
        (copy / "policies" / f"{name}.yaml").write_text(f"kind: access\nid: {name}\ninclude: [{other}.yaml]\n", "utf-8")
    said = refuse(tutela, copy, ("check",))

    assert 1 == said.count("include-cycle")
    assert "policies/bad.yaml -> policies/worse.yaml -> policies/bad.yaml" in said


def test_a_folder_without_policies(tutela: Tool, copy: Path) -> None:
    """An empty folder of policies permits nothing and says so."""
    (copy / "none").mkdir()
    said = refuse(tutela, copy, ("check", "--policies", "none"))

    assert "none: policy-none" in said
    assert "tutela init" in said


def test_every_problem_of_every_file_at_once(tutela: Tool, copy: Path) -> None:
    """Three broken files give their problems in one run."""
    for number, name in enumerate(("syntax", "type", "key")):
        (copy / "policies" / f"bad{number}.yaml").write_text(POLICIES[name][0], encoding="utf-8")
    said = refuse(tutela, copy, ("check",))

    assert [True] * 3 == [f"policies/bad{number}.yaml:" in said for number in range(3)]
    assert said.endswith("3 problems\n")


REQUEST: dict[str, object] = {
    "subject": {"type": "employee", "id": "E1001"}, "action": {"name": "read"},
    "resource": {"type": "table", "id": "crm.customer"}, "as_of": "2026-11-20T10:00:00+08:00",
}  # fmt: skip
REQUESTS: dict[str, tuple[object, str, str]] = {
    "no subject": ({name: value for name, value in REQUEST.items() if name != "subject"}, "request-field", "subject"),
    "no id": ({**REQUEST, "resource": {"type": "table"}}, "request-field", "resource.id"),
    "action of a wrong type": ({**REQUEST, "action": 3}, "request-field", "action"),
    "date without an offset": (
        {**REQUEST, "as_of": "2026-11-20T10:00:00"},
        "request-time-naive",
        "2026-11-20T10:00:00",
    ),
    "no date at all": ({**REQUEST, "as_of": "today"}, "request-time", "today"),
    "not a mapping": ("read", "request-not-mapping", "text"),
    "nothing": ([], "no request", ""),
}


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("command", ["decide", "explain"])
def test_a_broken_request(tutela: Tool, copy: Path, name: str, command: str) -> None:
    """What is wrong with a request, and where in the file."""
    body, code, field = REQUESTS[name]
    (copy / "bad.json").write_text(json.dumps(body), encoding="utf-8")
    said = refuse(tutela, copy, (command, "bad.json"))

    assert code in said
    assert field in said


def test_one_broken_request_of_many(tutela: Tool, copy: Path) -> None:
    """No answer to the good ones: half an answer could be taken for all of it."""
    lines = [json.dumps(REQUEST), "{", json.dumps(REQUEST)]
    (copy / "bad.jsonl").write_text("\n".join(lines), encoding="utf-8")
    said = refuse(tutela, copy, ("decide", "bad.jsonl"))

    assert said.startswith("bad.jsonl:2")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("applicant", None, "key-missing"),
        ("submitted_at", "2026-11-19T10:00:00", "register-time-naive"),
        ("submitted_at", "2026-13-19T10:00:00+08:00", "register-time"),
        ("purpose_text", 7, "type-wrong"),
        ("period", {"from": "2026-11-31", "to": "2026-12-31"}, "register-date"),
        ("aplicant", "E1", "key-unknown"),
    ],
)
def test_a_broken_form(tutela: Tool, crm: Path, copy: Path, field: str, value: object, code: str) -> None:
    """A sharing request without a field, with a naive time, a wrong type, a day that is none, an unknown field."""
    form = yaml.safe_load((crm / "requests" / "share-allowed.yaml").read_text("utf-8"))
    form[field] = value
    if value is None:
        del form[field]
    (copy / "bad.yaml").write_text(json.dumps(form, ensure_ascii=False), encoding="utf-8")
    said = refuse(tutela, copy, ("share", "check", "bad.yaml"))

    assert said.startswith("bad.yaml:")
    assert code in said


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("dataset,started_at\ncrm.customer,2023-10-01T09:00:00\n", "register-time-naive"),
        ("dataset\ncrm.customer\n", "key-missing"),
        ("dataset,started_at,coutn\ncrm.customer,2023-10-01T09:00:00Z,3\n", "key-unknown"),
    ],
)
def test_broken_records(tutela: Tool, copy: Path, text: str, code: str) -> None:
    """Groups of rows without a time zone, without a column, with an unknown one."""
    (copy / "bad.csv").write_text(text, encoding="utf-8")
    said = refuse(tutela, copy, ("retention", "check", "bad.csv"))

    assert said.startswith("bad.csv")
    assert code in said


@pytest.mark.parametrize("tail", ["", ' UTC,"mali","crm",4329'], ids=["after a comma", "in a field"])
def test_a_log_cut_in_the_middle_of_a_line(tutela: Tool, crm: Path, copy: Path, tail: str) -> None:
    """A log that ends inside a record is refused with the line; its findings would pass for all there are."""
    lines = (crm / "logs" / "access.csv").read_text("utf-8").split("\n")
    last = next(number for number in range(len(lines) - 2, 0, -1) if "AUDIT" in lines[number])
    cut = lines[last][: lines[last].index("AUDIT") + 30] if tail else lines[last][: lines[last].index("AUDIT") + 9]
    (copy / "bad.csv").write_text("\n".join([*lines[:last], cut]), encoding="utf-8")
    said = refuse(tutela, copy, ("audit", "bad.csv"))

    assert said.startswith(f"bad.csv:{last + 1}:1: log-cut")


def test_a_log_cut_in_a_json_line(tutela: Tool, copy: Path) -> None:
    """So is one of JSON lines."""
    line = json.dumps({"event_id": "1", "at": "2026-11-20T10:00:00+08:00", "account": "a", "action": "read"})
    (copy / "bad.jsonl").write_text(f"{line}\n{line[:40]}", encoding="utf-8")
    said = refuse(tutela, copy, ("audit", "bad.jsonl"))

    assert said.startswith("bad.jsonl:2:1: log-cut")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no endless file here")  # noqa: PTH110 (evaluated at import)
@pytest.mark.parametrize("command", [("lint",), ("decide",), ("audit",), ("share", "check"), ("check", "--policies")])
def test_an_endless_file(tutela: Tool, copy: Path, command: tuple[str, ...]) -> None:
    """A file without an end is cut off at the limit."""
    said = refuse(tutela, copy, (*command, "/dev/zero"))

    assert said.startswith("/dev/zero")


@pytest.mark.skipif(sys.platform == "win32", reason="a FIFO is needed")
def test_a_fifo_is_read_once(tutela: Tool, copy: Path) -> None:
    """What a shell's process substitution hands over works like a file."""
    fifo = copy / "request.json"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=(json.dumps({**REQUEST, "action": {"name": "delete"}}),))
    writer.start()
    done = tutela("decide", "request.json", cwd=copy)
    writer.join(timeout=30)

    assert 1 == done.returncode
    assert "ACC-01.not-authorised" in done.stdout


def test_nothing_on_stdin(tutela: Tool, copy: Path) -> None:
    """No request at all is an error, not a clean run."""
    said = refuse(tutela, copy, ("decide",))

    assert "file-empty" in said


def test_binary_on_stdin(tutela: Tool, copy: Path) -> None:
    """So is what is no text."""
    said = refuse(tutela, copy, ("decide",), stdin="\0\1\2" * 100)

    assert "file-binary" in said


def test_the_help_for_an_unknown_log_names_the_right_option(tutela: Tool, copy: Path) -> None:
    """What the help says to add is an option of `audit` that does it (`--format` is the report's)."""
    (copy / "bad.txt").write_text("once upon a time\n", encoding="utf-8")
    said = refuse(tutela, copy, ("audit", "bad.txt"))

    assert "log-format-unknown" in said
    assert "--log-format" in said


def test_settings_of_logs_of_another_kind(tutela: Tool, copy: Path) -> None:
    """Each setting under `[log]` that has another type than it needs is named; true is no year."""
    wrong = ["format = 1", 'mapping = "m.yaml"', "log_line_prefix = []", "timezone = 8", "year = true", 'frmat = "x"']
    with (copy / "tutela.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n[log]\n" + "\n".join(wrong) + "\n")
    said = refuse(tutela, copy, ("check",))

    expected = ["format` must be a text", "mapping` must be a table", "log_line_prefix` must be a text"]
    expected += ["timezone` must be a text", "year` must be a whole number"]
    assert all(f"`log.{words}" in said for words in expected), said
    assert "log.frmat" in said
    assert said.endswith("6 problems\n")
