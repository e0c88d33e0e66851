"""Waivers and baselines on the command line: what counts for the exit status, and what is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Tool = Callable[..., subprocess.CompletedProcess[str]]

NOW = ("--as-of", "2026-11-20T23:30:00+08:00")
WAIVER = "waivers:\n  - {{rule: {rule}, {covers}, reason: moves to the vault, owner: E1001, expires: {expires}}}\n"
UNPARSED = "CREATE TABLE crm.broken (LIKE crm.nowhere, x int);\n"


def found(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The report that a command wrote as JSON."""
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture(scope="module")
def finding(tutela: Tool, project: Path) -> dict[str, Any]:
    """The one finding of the project."""
    [one] = found(tutela("lint", *NOW, "-f", "json", cwd=project))["findings"]
    return dict(one)


def waive(folder: Path, rule: str, covers: str, expires: str = "2026-11-20") -> None:
    """Give a project a file of one waiver."""
    (folder / "waivers.yaml").write_text(WAIVER.format(rule=rule, covers=covers, expires=expires), encoding="utf-8")
    settings = folder / "tutela.toml"
    text = settings.read_text("utf-8")
    settings.write_text(f'waivers = ["waivers.yaml"]\n{text}', encoding="utf-8")


@pytest.mark.parametrize(("expires", "status"), [("2026-11-20", 0), ("2026-11-19", 1)])
def test_a_waiver_holds_through_its_last_day(
    tutela: Tool, copy: Path, finding: dict[str, Any], expires: str, status: int
) -> None:
    """In the time zone of the policies; then its finding is back, and says why."""
    waive(copy, finding["rule"], f"resource: {finding['resource']['id']}", expires)
    done = tutela("lint", *NOW, cwd=copy)

    assert (status, "") == (done.returncode, done.stderr)
    assert "moves to the vault (owner: E1001, until" in done.stdout
    assert ("not in force" in done.stdout) == (status == 1)


def test_no_waivers(tutela: Tool, copy: Path, finding: dict[str, Any]) -> None:
    """`--no-waivers` judges as if there were none."""
    waive(copy, finding["rule"], "resource: '*'")
    done = tutela("lint", *NOW, "-f", "json", "--no-waivers", cwd=copy)

    assert 1 == done.returncode
    assert [None] == [one["waiver"] for one in found(done)["findings"]]


def test_a_file_of_waivers_on_the_command_line(
    tutela: Tool, copy: Path, finding: dict[str, Any], tmp_path: Path
) -> None:
    """It stands instead of the project's; a path in a waiver is relative to the project wherever the command runs."""
    waive(copy, finding["rule"], f"file: {finding['location']['file']}")
    (tmp_path / "none.yaml").write_text("waivers: []\n", encoding="utf-8")
    elsewhere = tutela("lint", *NOW, "--project", copy, cwd=tmp_path)
    other = tutela("lint", *NOW, "--project", copy, "--waivers", "none.yaml", cwd=tmp_path)

    assert (0, 1) == (elsewhere.returncode, other.returncode)


def test_an_unused_waiver_is_told(tutela: Tool, copy: Path, finding: dict[str, Any]) -> None:
    """On stderr with its place, and in the JSON document; the exit status stays."""
    waive(copy, finding["rule"], "resource: nothing.*")
    done = tutela("lint", *NOW, "-f", "json", cwd=copy)

    assert 1 == done.returncode
    assert done.stderr.startswith("waivers.yaml:2:5: waiver-unused ")
    assert ["waiver-unused"] == [note["code"] for note in found(done)["notes"]]


def test_waivers_that_are_wrong_end_the_command(tutela: Tool, copy: Path) -> None:
    """Exit status 2, every mistake with its place, and no report."""
    text = WAIVER.format(rule="COL-99", covers="x: 1", expires="never") + "  - {rule: 'RET-*'}\n"
    (copy / "w.yaml").write_text(text, encoding="utf-8")
    done = tutela("lint", *NOW, "--waivers", "w.yaml", "--waivers", "absent.yaml", cwd=copy)

    assert (2, "") == (done.returncode, done.stdout)
    assert "w.yaml:2:20: key-unknown" in done.stderr
    assert "w.yaml:3:5: key-missing" in done.stderr
    assert "file-missing there is no file `absent.yaml`" in done.stderr


@pytest.mark.parametrize(("limit", "status"), [("P1Y", 2), ("a while", 2), (None, 0)])
def test_the_project_may_limit_waivers(
    tutela: Tool, copy: Path, finding: dict[str, Any], limit: str | None, status: int
) -> None:
    """A waiver without a start has no length, and a limit that is no period no meaning."""
    waive(copy, finding["rule"], "resource: '*'")
    settings = copy / "tutela.toml"
    settings.write_text(
        (f'waiver_limit = "{limit}"\n' if limit else "") + settings.read_text("utf-8"), encoding="utf-8"
    )

    assert status == tutela("lint", *NOW, cwd=copy).returncode


def test_what_is_not_understood_is_waived_one_by_one(tutela: Tool, copy: Path, tmp_path: Path) -> None:
    """A fingerprint covers one statement wherever it stands in its file, until its text changes."""
    sql = copy / "more.sql"
    sql.write_text("CREATE TABLE crm.a (id int);\n" + UNPARSED, encoding="utf-8")
    [one] = [
        f
        for f in found(tutela("lint", "more.sql", *NOW, "-f", "json", cwd=copy))["findings"]
        if f["rule"] == "unparsed"
    ]
    waive(copy, "unparsed", f"fingerprint: {one['fingerprint']}")
    sql.write_text("CREATE TABLE crm.a (id int);\n\n\n" + UNPARSED, encoding="utf-8")
    moved = tutela("lint", "more.sql", *NOW, "--fail-on", "critical", cwd=copy)
    sql.write_text(f"CREATE TABLE crm.a (id int);\n{UNPARSED.replace('x int', 'id_card text')}", encoding="utf-8")
    changed = tutela("lint", "more.sql", *NOW, "--fail-on", "critical", cwd=copy)

    assert (0, 1) == (moved.returncode, changed.returncode)
    assert [] == list(tmp_path.glob("*.json"))


def test_a_baseline_is_written_and_used(tutela: Tool, copy: Path, finding: dict[str, Any]) -> None:
    """What is accepted does not count from this run on; what comes later does; what is gone is told."""
    written = tutela("lint", *NOW, "--write-baseline", "b.json", cwd=copy)
    first = (copy / "b.json").read_bytes()
    again = tutela("lint", *NOW, "--baseline", "b.json", "--write-baseline", "b.json", cwd=copy)
    schema = copy / "schema.sql"
    renamed = finding["resource"]["id"].rpartition(".")[2]
    schema.write_text(schema.read_text("utf-8").replace(renamed, f"{renamed}_2"), encoding="utf-8")
    later = tutela("lint", *NOW, "--baseline", "b.json", "-f", "json", cwd=copy)

    assert (0, 0, 1) == (written.returncode, again.returncode, later.returncode)
    assert first == (copy / "b.json").read_bytes()
    assert "1 known" in written.stdout
    assert {"new"} == {one["state"] for one in found(later)["findings"]}
    assert [finding["fingerprint"]] == [gone["fingerprint"] for gone in found(later)["comparison"]["absent"]]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', '{"version": 9}'])
def test_a_baseline_that_is_none(tutela: Tool, copy: Path, text: str) -> None:
    """Exit status 2 and the file's name; nothing is written, the next baseline neither."""
    (copy / "b.json").write_text(text, encoding="utf-8")
    done = tutela("lint", *NOW, "--baseline", "b.json", "--write-baseline", "next.json", cwd=copy)

    assert (2, "") == (done.returncode, done.stdout)
    assert "b.json" in done.stderr
    assert not (copy / "next.json").exists()


COMMANDS = {"audit": ("audit", "logs/access.csv"), "retention": ("retention", "check", "records.csv")}


@pytest.mark.parametrize("command", COMMANDS)
def test_other_commands_have_baselines_too(command: str, tutela: Tool, crm: Path, tmp_path: Path) -> None:
    """One for each command: that of another ends in exit status 2."""
    target = tmp_path / "b.json"
    written = tutela(*COMMANDS[command], *NOW, "--write-baseline", target, cwd=crm)
    read = tutela(*COMMANDS[command], *NOW, "--baseline", target, cwd=crm)
    wrong = tutela("lint", *NOW, "--baseline", target, cwd=crm)

    assert (0, 0, 2) == (written.returncode, read.returncode, wrong.returncode)
    assert " known" in read.stdout
    assert "baseline-command" in wrong.stderr


def test_the_inventory_says_what_columns_hold(tutela: Tool, crm: Path) -> None:
    """By the catalog where it says something, else by the classifier, each with its evidence."""
    tables = {table["dataset"]: table for table in found(tutela("lint", *NOW, "-f", "json", cwd=crm))["inventory"]}
    columns = {
        f"{name}.{column['name']}": (column["category"], column["sensitive"], column["evidence"][:1])
        for name, table in tables.items()
        for column in table["columns"]
    }

    assert "schema.sql" == tables["crm.customer"]["location"]["file"]
    assert ("personal.device.hardware_id", False, ["catalog"]) == columns["crm.app_event.android_id"]
    assert ("personal.contact.phone.mobile", False, ["name mobile"]) == columns["crm.customer.mobile"]
    assert ("personal.government_id.resident_id", True) == columns["crm.customer.id_card_no_enc"][:2]
    assert None is columns["crm.customer.id"][0]


def test_a_page_is_written_beside_other_formats(tutela: Tool, crm: Path, tmp_path: Path) -> None:
    """From the command line as any other format."""
    done = tutela("lint", *NOW, "-f", "html", "-o", tmp_path / "r.html", "-f", "csv", "--lang", "zh", cwd=crm)

    assert (1, "") == (done.returncode, done.stderr)
    assert '<html lang="zh-CN">' in (tmp_path / "r.html").read_text("utf-8")
    assert done.stdout.startswith("\ufeffseverity,")


def _event(at: str, account: str, sql: str = "SELECT mobile FROM crm.customer", **more: object) -> str:
    said = {"at": at, "account": account, "sql": sql, "row_count": 1, "result": "success", **more}
    return json.dumps(said) + "\n"


LATER = {
    "another access": (
        _event("2026-11-18T10:00:00+08:00", "hanmeimei"),
        _event("2026-11-19T10:00:00+08:00", "zhoujie"),
    ),
    "a statement nobody can parse": (
        _event("2026-11-18T10:00:00+08:00", "wangfang", "SELECT (("),
        _event("2026-11-19T10:00:00+08:00", "wangfang", "SELECT ((("),
    ),
    "a line that is no event": (
        _event("2026-11-18T10:00:00+08:00", "wangfang") + "{broken\n",
        _event("2026-11-19T10:00:00+08:00", "wangfang") + "{broken, too\n",
    ),
    "denied again": (
        _event("2026-11-18T10:00:00+08:00", "zhaolei", result="denied") * 30,
        _event("2026-11-19T10:00:00+08:00", "zhaolei", result="denied") * 30,
    ),
}


@pytest.mark.parametrize("case", LATER)
def test_the_baseline_of_one_log_hides_nothing_of_the_next(case: str, tutela: Tool, crm: Path, tmp_path: Path) -> None:
    """What stands at the same line of a later log of the same name is something else: it counts."""
    log, base = tmp_path / "access.jsonl", tmp_path / "b.json"
    before, after = LATER[case]
    log.write_text(before, encoding="utf-8")
    options = ("audit", log, "--reconcile", *NOW, "-f", "json")
    was = found(tutela(*options, "--write-baseline", base, cwd=crm))
    again = found(tutela(*options, "--baseline", base, cwd=crm))
    log.write_text(after, encoding="utf-8")
    now = found(tutela(*options, "--baseline", base, cwd=crm))

    assert was["findings"]
    assert {"unchanged"} == {one["state"] for one in again["findings"]}
    happened = [one for one in now["findings"] if one["resource"]["type"] != "approved_use"]
    assert happened
    assert {"new"} == {one["state"] for one in happened}
