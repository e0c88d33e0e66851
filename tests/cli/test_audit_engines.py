"""`tutela audit --engine`: DuckDB and Python write the same report, byte for byte."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Tool = Callable[..., subprocess.CompletedProcess[str]]

pytest.importorskip("duckdb")
NOW = ("--as-of", "2026-11-20T10:00:00+08:00")
MAPPED = (
    '{"at": "2026-11-06T01:29:34Z", "account": "lina", "sql": "SELECT mobile FROM crm.customer", "row_count": 9}\n'
    '{"at": "2026-11-06T01:30:34Z", "account": "lina", "sql": "SELECT mobile FROM crm.customer", "row_count": "many"}\n'
    '{"at": "2026-11-06T01:31:34Z", "account": "nobody", "objects": ["crm.customer"], "action": "read"}\n'
    "no JSON\n"
    '{"at": "2026-11-06T01:32:34Z", "account": "lina", "sql": "DROP TABLE crm.customer"}\n'
)
ENDS = ("0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-08:00", "9999-12-31T23:59:59Z")
"""Times that a time zone can move out of the calendar."""


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    """A copy of the example project, for logs beside its own."""
    return Path(shutil.copytree(Path(__file__).parents[2] / "examples" / "crm", tmp_path / "crm"))


@pytest.mark.parametrize("form", ["json", "human", "sarif"])
def test_both_engines_write_the_same(tutela: Tool, crm: Path, form: str) -> None:
    """The example's own log, and one of JSON lines that is not plain everywhere."""
    (crm / "mapped.jsonl").write_text(MAPPED, encoding="utf-8")
    for log in ("logs/access.csv", "mapped.jsonl"):
        done = [
            tutela("audit", log, *NOW, "--format", form, "--engine", engine, cwd=crm) for engine in ("duckdb", "python")
        ]
        assert [1, 1] == [one.returncode for one in done], done[0].stderr
        assert done[0].stdout == done[1].stdout
        assert "log-" not in done[0].stderr


@pytest.mark.parametrize("engine", ["duckdb", "python"])
def test_times_at_the_ends_of_the_calendar_are_none(tutela: Tool, crm: Path, engine: str) -> None:
    """They are told at their lines, and the rest of the log is judged."""
    lines = MAPPED.splitlines(keepends=True)
    log = [lines[0].replace("2026-11-06T01:29:34Z", at) for at in ENDS] + [lines[2]]
    (crm / "ends.jsonl").write_text("".join(log), encoding="utf-8")
    done = tutela("audit", "ends.jsonl", *NOW, "--reconcile", "--format", "json", "--engine", engine, cwd=crm)
    found = [(one["rule"], one["location"]["line"]) for one in json.loads(done.stdout)["findings"]]

    assert (1, "") == (done.returncode, done.stderr)
    assert [("unparsed", line) for line in (1, 2, 3, 4)] == sorted(one for one in found if one[0] == "unparsed")
    assert ("ACC-01.not-authorised", 5) in found


@pytest.mark.parametrize("rows", [10**12, 10**18 - 1, 2**63 - 1, 2**63, 10**20, 10**40])
def test_more_rows_than_there_are_anywhere(tutela: Tool, crm: Path, rows: int) -> None:
    """Whatever number a log names, also several of them in one window, both engines judge all of it."""
    lines = MAPPED.splitlines(keepends=True)
    (crm / "many.jsonl").write_text(
        "".join([lines[0].replace(": 9", f": {rows}")] * 3 + [lines[0]]).replace("lina", "nobody"), encoding="utf-8"
    )
    record = (crm / "logs" / "access.csv").read_text(encoding="utf-8").splitlines(keepends=True)[1]
    (crm / "many.csv").write_text(record.replace(',1",', f',{rows}",'), encoding="utf-8")
    for log, count in (("many.jsonl", 4), ("many.csv", 1)):
        done = [
            tutela("audit", log, *NOW, "--format", "json", "--engine", engine, cwd=crm)
            for engine in ("duckdb", "python")
        ]
        assert [(1, ""), (1, "")] == [(one.returncode, one.stderr) for one in done]
        found = [[(f["rule"], f["location"]["line"]) for f in json.loads(one.stdout)["findings"]] for one in done]
        assert found[0] == found[1]
        assert count <= len({line for _, line in found[0]})


ACCESSED = (
    '{"at": "2026-11-06T01:29:34Z", "account": "nobody", "request_id": "USE-2026-0771", "row_count": 1, '
    '"sql": "/* purpose=customer_service */ SELECT mobile, full_name FROM crm.customer"}\n'
    '{"at": "2026-11-06T01:30:34Z", "account": "nobody", "row_count": 1, "sql": "SELECT count(*) FROM crm.customer"}\n'
)


@pytest.mark.parametrize("engine", ["duckdb", "python"])
def test_findings_say_on_which_columns_and_under_which_purpose_and_request(
    tutela: Tool, crm: Path, engine: str
) -> None:
    """An auditor gets who, on which columns, under which purpose and approval; `*` where the table is meant."""
    (crm / "accessed.jsonl").write_text(ACCESSED, encoding="utf-8")
    done = tutela("audit", "accessed.jsonl", *NOW, "--format", "json", "--engine", engine, cwd=crm)
    said = {f["location"]["line"]: f["access"] for f in json.loads(done.stdout)["findings"]}
    stated = {"columns": ["full_name", "mobile"], "purpose": "customer_service", "request": "USE-2026-0771"}

    assert stated == {name: said[1][name] for name in stated}
    assert {"columns": ["*"], "purpose": None, "request": None} == {name: said[2][name] for name in stated}

    told = tutela("audit", "accessed.jsonl", *NOW, "--lang", "zh", "--engine", engine, cwd=crm).stdout
    assert "显示的列:full_name,mobile;用途:customer_service;申请:USE-2026-0771" in "".join(told.split())  # folded lines


HOW = """kind: access
id: how
title: {en: How columns are touched, zh: 列的使用方式}
rules:
  - id: HOW-01.phones-shown
    effect: deny
    severity: low
    title: {en: Phone numbers are not shown, zh: 不得显示电话号码}
    target: {resource.type: table}
    when: "'mobile' in (resource.exposed ?? []) or '*' in (resource.exposed ?? [])"
  - id: HOW-02.phones-counted
    effect: deny
    severity: low
    title: {en: Phone numbers are not counted, zh: 不得统计电话号码}
    target: {resource.type: table}
    when: "'mobile' in (resource.aggregated ?? [])"
"""
HOWS: dict[str, tuple[str, list[str], list[str], list[str]]] = {
    "SELECT mobile FROM crm.customer": ("HOW-01", ["mobile"], [], []),
    "SELECT max(mobile) FROM crm.customer": ("HOW-01", ["mobile"], [], []),
    "SELECT count(mobile) FROM crm.customer": ("HOW-02", [], ["mobile"], []),
    "SELECT 1 FROM crm.customer WHERE mobile = 'x'": ("", [], [], []),
    "UPDATE crm.customer SET mobile = 'x'": ("", [], [], ["mobile"]),
    "SELECT mobile FROM crm.customer, nobody_knows": ("HOW-01", ["*"], [], []),
}


@pytest.mark.parametrize("engine", ["duckdb", "python"])
def test_rules_and_findings_say_how_columns_are_touched(tutela: Tool, crm: Path, engine: str) -> None:
    """Shown, in aggregates alone, written or only used: the columns are the same, and the answers are not."""
    (crm / "policies" / "how.yaml").write_text(HOW, encoding="utf-8")
    event = '{"at": "2026-11-06T01:29:34Z", "account": "nobody", "row_count": 1, "sql": "%s"}\n'
    (crm / "how.jsonl").write_text("".join(event % sql for sql in HOWS), encoding="utf-8")
    done = tutela("audit", "how.jsonl", *NOW, "--format", "json", "--engine", engine, cwd=crm)
    found = [f for f in json.loads(done.stdout)["findings"] if f["resource"]["id"] == "crm.customer"]
    rules = {line: {f["rule"][:6] for f in found if f["location"]["line"] == line} for line in range(1, 7)}
    said = {f["location"]["line"]: f["access"] for f in found}

    assert [how[0] for how in HOWS.values()] == [" ".join(r for r in rules[n] if r[:3] == "HOW") for n in rules]
    for line, (_, exposed, aggregated, written) in enumerate(HOWS.values(), 1):
        assert (exposed, aggregated, written) == tuple(said[line][k] for k in ("exposed", "aggregated", "written"))

    told = " ".join(tutela("audit", "how.jsonl", *NOW, "--engine", engine, cwd=crm).stdout.split())
    for words in (
        "columns shown: mobile",
        "only in aggregates: mobile",
        "only used: mobile",
        "columns written: mobile",
    ):
        assert words in told


def test_explanations_are_the_same(tutela: Tool, crm: Path) -> None:
    """What is allowed has no explanation; what is denied comes about in the same way."""
    told = [
        tutela("audit", "logs/access.csv", *NOW, "--explain", "ACC-12", "--engine", engine, cwd=crm).stdout
        for engine in ("duckdb", "python")
    ]
    assert told[0] == told[1]
    assert "ACC-12" in told[0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--engine", "sqlite"), "'sqlite' is not one of"),
        (("--master", "local[2]"), "--master is for --engine spark"),
        (("--engine", "duckdb", "--master", "local[2]"), "--master is for --engine spark"),
    ],
)
def test_wrong_engines(tutela: Tool, crm: Path, options: tuple[str, ...], says: str) -> None:
    """One clear error, and nothing is judged."""
    done = tutela("audit", "logs/access.csv", *options, cwd=crm)
    assert (2, "") == (done.returncode, done.stdout)
    assert says in done.stderr


def test_a_log_that_ends_in_the_middle_is_refused_by_both(tutela: Tool, crm: Path) -> None:
    """Its end is missing: nothing that was found so far is told as if it were all."""
    (crm / "cut.jsonl").write_text(MAPPED + '{"at": "2026-11-06T', encoding="utf-8")
    for engine in ("duckdb", "python"):
        done = tutela("audit", "cut.jsonl", *NOW, "--engine", engine, cwd=crm)
        assert (2, "") == (done.returncode, done.stdout)
        assert "cut.jsonl:6" in done.stderr
