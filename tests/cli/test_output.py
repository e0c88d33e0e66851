"""Where reports go, what counts for the exit status, languages, and that the same input gives the same bytes."""

from __future__ import annotations

import json
import os
import pty
import sys
from typing import TYPE_CHECKING, cast

import pytest

from tutela.project import find_project

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = subprocess.CompletedProcess[str]
    Tool = Callable[..., Run]

NOW = ("--as-of", "2026-11-20T10:00:00+08:00")


def files(folder: Path) -> list[str]:
    """Every path below a folder, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_several_formats_at_once(tutela: Tool, project: Path, tmp_path: Path) -> None:
    """Each format goes to the output at the same place; what is left goes to stdout; nothing else appears."""
    outputs = ("-o", tmp_path / "new" / "report.json", "-o", tmp_path / "report.sarif")
    done = tutela("lint", *NOW, "-f", "json", "-f", "sarif", "-f", "human", *outputs, cwd=project)

    assert (1, "") == (done.returncode, done.stderr)
    assert "1 finding (1 high), 7 checked" in done.stdout
    assert ["new", "new/report.json", "report.sarif"] == files(tmp_path)
    assert 1 == json.loads((tmp_path / "new" / "report.json").read_text("utf-8"))["summary"]["findings"]
    assert "2.1.0" == json.loads((tmp_path / "report.sarif").read_text("utf-8"))["version"]


def test_output_replaces_a_file_whole(tutela: Tool, project: Path, tmp_path: Path) -> None:
    """An older and longer report is gone, not overwritten in part; a new file has usual rights, an old one its own."""
    fresh, target = tmp_path / "fresh.json", tmp_path / "report.json"
    target.write_text("x" * 100_000, encoding="utf-8")
    target.chmod(0o600)
    done = tutela("lint", *NOW, "-f", "json", "-f", "json", "-o", target, "-o", fresh, cwd=project)
    mask = os.umask(0)
    os.umask(mask)

    assert (1, "") == (done.returncode, done.stdout)
    assert 1 == json.loads(target.read_text("utf-8"))["summary"]["findings"]
    assert [0o600, 0o666 & ~mask] == [path.stat().st_mode & 0o777 for path in (target, fresh)]
    assert ["fresh.json", "report.json"] == files(tmp_path)


def test_output_to_a_pipe_and_through_a_link(tutela: Tool, project: Path, tmp_path: Path) -> None:
    """A pipe or device is written to, never replaced by a file (root would lose /dev/null); a link stays one."""
    pipe, link, report = tmp_path / "pipe", tmp_path / "link", tmp_path / "report.json"
    os.mkfifo(pipe)
    link.symlink_to(report)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        tutela("lint", *NOW, "-f", "json", "-f", "json", "-o", pipe, "-o", link, cwd=project)
        piped = os.read(reader, 1 << 16)
    finally:
        os.close(reader)

    assert pipe.is_fifo()
    assert link.is_symlink()
    assert json.loads(report.read_text("utf-8")) == json.loads(piped)


@pytest.mark.parametrize("target", ["folder", "/proc/report.json", "file/report.json", "file"])
def test_an_output_that_cannot_be_written(tutela: Tool, project: Path, tmp_path: Path, target: str) -> None:
    """Exit status 2, one line that names the target, and no other report either: none is half done."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "file").chmod(0o444)
    wanted = str(tmp_path / target)
    done = tutela(
        "lint", *NOW, "-f", "json", "-o", tmp_path / "a.json", "-f", "sarif", "-o", wanted, "-f", "human", cwd=project
    )

    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert done.stderr.startswith("error: ")
    assert done.stderr.endswith(f": {wanted}\n")
    assert ["file", "folder"] == files(tmp_path)


def test_more_outputs_than_formats(tutela: Tool, project: Path, tmp_path: Path) -> None:
    """An output without a format is a usage error before anything is written."""
    done = tutela("lint", "-f", "json", "-o", tmp_path / "a", "-o", tmp_path / "b", cwd=project)

    assert (2, []) == (done.returncode, files(tmp_path))
    assert "more --output than --format" in done.stderr


@pytest.mark.parametrize("second", [("-f", "sarif", "-o"), ("--write-baseline",)])
def test_two_documents_for_one_file(tutela: Tool, project: Path, tmp_path: Path, second: tuple[str, ...]) -> None:
    """One would take the place of the other: a usage error before anything is written."""
    here = tmp_path / "x" / ".." / "a"
    done = tutela("lint", "-f", "json", "-o", tmp_path / "a", *second, here, cwd=project)

    assert (2, []) == (done.returncode, files(tmp_path))
    assert "two documents" in done.stderr


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ([], 1), (["--fail-on", "high"], 1), (["--fail-on", "critical"], 0), (["--fail-on", "info"], 1),
        (["--exit-zero"], 0), (["--fail-on", "high", "--exit-zero"], 0),
    ],
    ids=lambda value: " ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else None,
)  # fmt: skip
def test_what_counts_for_the_exit_status(tutela: Tool, project: Path, options: list[str], status: int) -> None:
    """The one finding is high: it is reported in any case, and fails the run when it counts."""
    done = tutela("lint", *NOW, *options, cwd=project)

    assert status == done.returncode
    assert "COL-02.field-not-allowed-for-channel" in done.stdout


@pytest.mark.parametrize("options", [[], ["--exit-zero"]], ids=["plain", "exit-zero"])
def test_nothing_was_checked(tutela: Tool, crm: Path, tmp_path: Path, options: list[str]) -> None:
    """A log without a single access is no clean log."""
    connection = (crm / "logs" / "access.csv").read_text("utf-8").split("\n")[0]
    (tmp_path / "log.csv").write_text(connection + "\n", encoding="utf-8")
    done = tutela("audit", tmp_path / "log.csv", *options, "-o", tmp_path / "report", cwd=crm)

    assert "AUDIT" not in connection
    assert (2, "", ["log.csv"]) == (done.returncode, done.stdout, files(tmp_path))
    assert "nothing was checked" in done.stderr


def test_a_schema_without_tables(tutela: Tool, project: Path, tmp_path: Path) -> None:
    """A schema file that defines no table is no clean schema."""
    (tmp_path / "empty.sql").write_text("-- nothing here\nSELECT 1;\n", encoding="utf-8")
    done = tutela("lint", tmp_path / "empty.sql", "--exit-zero", "-o", tmp_path / "report", cwd=project)

    assert (2, "", ["empty.sql"]) == (done.returncode, done.stdout, files(tmp_path))
    assert "ddl-no-table" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["lnt"], "Did you mean 'lint'?"),
        (["lint", "--fromat", "json"], "--format"),
        (["lint", "--format", "sarf"], "Did you mean 'sarif'?"),
        (["decide", "--format", "xml"], "json"),
        (["lint", "--as-of", "2026-11-20T10:00:00"], "is not a time with an offset"),
        (["lint", "--as-of", "yesterday"], "is not a time with an offset"),
        (["check", "--policies", "pack:customer-informations"], "did you mean `customer-information`?"),
        (["lint", "--fail-on", "hihg"], "high"),
        (["share"], "check"),
        (["retention", "check"], "RECORDS"),
        (["share", "check"], "FORMS"),
        (["audit"], "LOG"),
        (["rule"], "RULE_ID"),
    ],
    ids=lambda value: " ".join(map(str, cast("list[object]", value))) if isinstance(value, list) else None,
)
def test_wrong_arguments(tutela: Tool, project: Path, arguments: list[str], hint: str) -> None:
    """Exit status 2, words on stderr that say what would be right, nothing on stdout, no traceback."""
    done = tutela(*arguments, cwd=project)

    assert (2, "") == (done.returncode, done.stdout)
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("how", ["flag", "variable", "locale", "project"])
def test_chinese(tutela: Tool, copy: Path, how: str) -> None:
    """Chinese by flag, by TUTELA_LANG, by the locale, and by the project's setting."""
    env = {"variable": {"TUTELA_LANG": "zh"}, "locale": {"LC_ALL": "zh_CN.UTF-8"}}.get(how, {})
    if how == "project":
        settings = copy / "tutela.toml"
        settings.write_text('lang = "zh"\n' + settings.read_text("utf-8"), encoding="utf-8")
    done = tutela("lint", *NOW, *(["--lang", "zh"] if how == "flag" else []), cwd=copy, env=env)

    assert 1 == done.returncode
    assert "该列的数据类别不在任何供数渠道的允许清单之内" in done.stdout


def test_problems_in_chinese(tutela: Tool, copy: Path) -> None:
    """Problems and their help are in the chosen language, too."""
    (copy / "policies" / "broken.yaml").write_text("kind: accces\n", encoding="utf-8")
    done = tutela("check", "--lang", "zh", cwd=copy)

    assert (2, "") == (done.returncode, done.stdout)
    assert "policies/broken.yaml:1:7: policy-kind-unknown" in done.stderr
    assert "共 1 个问题" in done.stderr


@pytest.mark.parametrize(
    "command", [["lint", *NOW], ["decide", "requests/read.yaml"], ["explain", "requests/read.yaml"]]
)
def test_no_colours_where_nobody_sees_them(tutela: Tool, project: Path, command: list[str]) -> None:
    """Into a pipe go plain characters, whatever the environment says about colours that it may not force."""
    done = tutela(*command, cwd=project, env={"TERM": "xterm-256color"})

    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo terminal is needed")
@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colours_on_a_terminal(project: Path, cache: Path, env: dict[str, str], *, coloured: bool) -> None:
    """On a terminal the report has colours, unless NO_COLOR or a terminal without any says otherwise."""
    shown = on_a_terminal(["lint", *NOW], project, {"TERM": "xterm-256color", "XDG_CACHE_HOME": str(cache), **env})

    assert "COL-02.field-not-allowed-for-channel" in shown
    assert coloured == ("\x1b[" in shown)


def on_a_terminal(arguments: list[str], folder: Path, env: dict[str, str]) -> str:
    """What the command line writes to a pseudo terminal."""
    import subprocess

    keep = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR")}
    master, slave = pty.openpty()
    tool = os.path.join(os.path.dirname(sys.executable), "tutela")  # noqa: PTH118, PTH120 (plain text for exec)
    with subprocess.Popen(
        [tool, *arguments], cwd=folder, env={**keep, **env}, stdin=slave, stdout=slave, stderr=slave
    ) as process:
        os.close(slave)
        shown = b""
        try:
            while block := os.read(master, 65536):
                shown += block
        except OSError:  # Linux: the other end is closed
            pass
        os.close(master)
        process.wait(timeout=60)
    return shown.decode("utf-8", "replace")


def test_the_same_bytes_under_any_hash_seed(tutela: Tool, crm: Path, tmp_path: Path) -> None:
    """Hash seeds, the cache and the working folder's order change no byte of a report."""
    formats = ("json", "sarif", "human")
    asked = [word for name in formats for word in ("-f", name, "-o", str(tmp_path / name))]
    variants = [
        {"PYTHONHASHSEED": "0"}, {"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "4242"}, {"TUTELA_NO_CACHE": "1"},
    ]  # fmt: skip
    reports = set[tuple[bytes, ...]]()
    for env in variants:
        done = tutela("audit", "logs/access.csv", *NOW, *asked, cwd=crm, env=env)
        reports.add(tuple((tmp_path / name).read_bytes() for name in formats))

        assert 1 == done.returncode

    assert 1 == len(reports)


def test_decisions_are_the_same_under_any_hash_seed(tutela: Tool, crm: Path) -> None:
    """A denied request names the same reasons in the same order."""
    shown = {
        tutela(
            "share", "check", "requests/share-denied.yaml", *NOW, "-f", "json", cwd=crm, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "7")
    }

    assert 1 == len(shown)
    assert 8 == json.loads(shown.pop())["summary"]["findings"]


def test_settings_from_the_environment(tutela: Tool, project: Path, tmp_path: Path) -> None:
    """`TUTELA_*` variables stand in for tutela.toml, also outside of every project."""
    env = {
        "TUTELA_POLICIES": f"pack:customer-information{os.pathsep}{project / 'policies'}",
        "TUTELA_REGISTERS": str(project / "registers"),
    }
    outside = tutela("lint", project / "schema.sql", *NOW, cwd=tmp_path)
    named = tutela("lint", "schema.sql", *NOW, "-f", "json", cwd=project, env=env)

    assert 2 == outside.returncode
    assert "project-missing" in outside.stderr
    assert 1 == json.loads(named.stdout)["summary"]["findings"]


def test_a_project_is_found_from_below(tutela: Tool, project: Path) -> None:
    """A command in a folder of the project, and one with --project from anywhere, use the same settings."""
    below = tutela("check", cwd=project / "registers")
    named = tutela("check", "--project", project, cwd=project.parent)

    assert (0, 0) == (below.returncode, named.returncode)
    assert below.stdout == named.stdout


def test_a_pack_in_a_variable_is_one_entry(monkeypatch: pytest.MonkeyPatch, project: Path) -> None:
    """The colon of `pack:NAME` does not separate, wherever the pack stands in the list."""
    monkeypatch.setenv("TUTELA_POLICIES", os.pathsep.join(["a", "pack:customer-information", "b", "pack:other"]))

    assert ("a", "pack:customer-information", "b", "pack:other") == find_project(project).policies
