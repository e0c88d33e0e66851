"""`audit --reconcile`: findings about a whole log beside those about its accesses, in every report."""

from __future__ import annotations

import json
import runpy
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

import tutela as library

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Tool = Callable[..., subprocess.CompletedProcess[str]]

NOW = ("--as-of", "2026-11-20T10:00:00+08:00")
SHANGHAI = ZoneInfo("Asia/Shanghai")
LOG = ("audit", "logs/access.csv", *NOW)
WHOLE = {
    ("ACC-06.leaver-access", "account zhaolei"),
    ("AUD-01.log-missing", "log_window access.csv/2026-11-16T10:00+08:00"),
    ("AUD-02.log-incomplete", "log_window access.csv/sequence"),
    ("AUD-08.use-log-mismatch", "approved_use SHR-2026-0412"),
    ("AUD-08.use-log-mismatch", "approved_use SHR-2026-0451"),
    ("AUD-08.use-log-mismatch", "approved_use USE-2026-0640"),
    ("AUD-08.use-log-mismatch", "approved_use USE-2026-0771"),
}
"""What the README of the example lists."""
GRANTS = """
CREATE TABLE crm.customer (id int, full_name text, mobile text);
GRANT SELECT ON crm.customer TO sales_rep;
GRANT DELETE ON crm.customer TO sales_rep;
"""
ACCESS = (
    '{"at": "2026-11-18T09:00:00+08:00", "account": "wangfang", "sql": "SELECT mobile FROM customer", "row_count": 1}\n'
    '{"at": "2026-11-18T09:05:00+08:00", "account": "hanmeimei", "sql": "SELECT id FROM customer", "row_count": 1}\n'
)


def told(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The findings of a JSON report."""
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def names(findings: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Rule and resource of each finding."""
    return {(one["rule"], f"{one['resource']['type']} {one['resource']['id']}") for one in findings}


@pytest.mark.parametrize("engine", ["python", "duckdb"])
def test_the_option_adds_what_the_readme_lists(tutela: Tool, crm: Path, engine: str) -> None:
    """Nothing else changes: the findings about accesses are the same, and each has its place and its words."""
    plain = told(tutela(*LOG, "-f", "json", "--engine", engine, cwd=crm))
    done = tutela(*LOG, "-f", "json", "--engine", engine, "--reconcile", cwd=crm)
    more = told(done)

    assert (1, "") == (done.returncode, done.stderr)
    assert names(more) - names(plain) == WHOLE
    assert {one["fingerprint"] for one in plain} == {one["fingerprint"] for one in more} - {
        one["fingerprint"] for one in more if one["resource"]["type"] in ("account", "log_window", "approved_use")
    }
    assert all((crm / one["location"]["file"]).is_file() for one in more)


def test_every_format_tells_the_evidence(tutela: Tool, crm: Path) -> None:
    """Message, place and rule of a stretch of silence in each report; the same in Chinese."""
    formats = ("human", "json", "jsonl", "sarif", "junit", "github", "gitlab", "markdown", "html", "csv")
    for name in formats:
        text = tutela(*LOG, "--reconcile", "-f", name, cwd=crm).stdout
        assert "AUD-01.log-missing" in text, name
        assert "median of the other working days" in " ".join(text.split()), name

    assert "自 2026-11-16T10:00+08:00" in tutela(*LOG, "--reconcile", "--lang", "zh", "-f", "csv", cwd=crm).stdout


def test_baselines_waivers_and_explanations_know_them(tutela: Tool, crm: Path, tmp_path: Path) -> None:
    """A second run knows all of the first; a waiver covers one by its rule and resource; `--explain` shows one."""
    base = tmp_path / "b.json"
    first = tutela(*LOG, "--reconcile", "--write-baseline", base, cwd=crm)
    second = tutela(*LOG, "--reconcile", "--baseline", base, cwd=crm)
    waivers = tmp_path / "w.yaml"
    waivers.write_text(
        "waivers:\n  - {rule: AUD-08.use-log-mismatch, resource: USE-2026-0771, reason: used by telephone, owner: cid,"
        " expires: '2026-12-31'}\n",
        encoding="utf-8",
    )
    waived = told(tutela(*LOG, "--reconcile", "-f", "json", "--waivers", waivers, cwd=crm))
    explained = tutela(*LOG, "--reconcile", "--explain", "AUD-01.log-missing", cwd=crm)

    assert (0, 0) == (first.returncode, second.returncode), second.stdout
    assert [True] == [one["waiver"] is not None for one in waived if one["resource"]["id"] == "USE-2026-0771"]
    assert "AUD-01.log-missing" in explained.stdout


def test_grants_of_the_schema_and_what_they_do_not_explain(tutela: Tool, crm: Path, tmp_path: Path) -> None:
    """A right that nobody used, at its line of the schema; a use that no right explains, at its line of the log."""
    (tmp_path / "s.sql").write_text(GRANTS, encoding="utf-8")
    (tmp_path / "a.jsonl").write_text(ACCESS, encoding="utf-8")
    done = tutela(
        "audit", tmp_path / "a.jsonl", *NOW, "--schema", tmp_path / "s.sql", "--reconcile", "-f", "json", cwd=crm
    )
    found = {one["resource"]["id"]: one for one in told(done) if one["resource"]["type"] == "granted_use"}

    assert {"DELETE on crm.customer to sales_rep", "hanmeimei read crm.customer"} == found.keys()
    unused, unexplained = found["DELETE on crm.customer to sales_rep"], found["hanmeimei read crm.customer"]
    assert ("ACC-05.access-review-overdue", 4) == (unused["rule"], unused["location"]["line"])
    assert ("ACC-03.shared-or-excessive-grant", 2) == (unexplained["rule"], unexplained["location"]["line"])
    assert "likely, not sure" in unexplained["message"]


def test_the_library_does_as_the_command(tmp_path: Path) -> None:
    """Also without registers: the log itself is looked at."""
    log = tmp_path / "a.jsonl"
    events = (
        f'{{"at": "2026-11-18T{hour}:00:00+08:00", "account": "a", "sql": "SELECT 1"}}\n' for hour in (10, 12, 11)
    )
    log.write_text("".join(events), encoding="utf-8")
    policies = library.load("pack:customer-information", Path(library.__file__).parent / "starter" / "policies")
    found = [library.audit(policies, log, reconcile=reconcile).findings for reconcile in (False, True)]
    rules = [{finding.rule for finding in findings} for findings in found]

    assert {"AUD-02.log-incomplete"} == rules[1] - rules[0]


def test_the_log_of_the_example_is_what_its_script_writes(crm: Path, tmp_path: Path) -> None:
    """Byte for byte."""
    script = runpy.run_path(str(crm / "make_log.py"))
    script["main"].__globals__["TARGET"] = tmp_path / "access.csv"
    script["main"]()

    assert (crm / "logs" / "access.csv").read_bytes() == (tmp_path / "access.csv").read_bytes()


def test_spark_sees_no_single_event(tutela: Tool, crm: Path) -> None:
    """What nobody watched is not called clean: exit status 2."""
    done = tutela(*LOG, "--reconcile", "--engine", "spark", cwd=crm)

    assert (2, "") == (done.returncode, done.stdout)
    assert "not with --engine spark" in done.stderr


def unusual() -> str:
    """Six office days of a program that end with a spike, denials of two accounts, and a night of work."""
    start = datetime(2026, 11, 9, 10, tzinfo=SHANGHAI)
    office = [(start + timedelta(days=day), "svc_export", 100, "success") for day in range(5)]
    spike = [(start + timedelta(days=7, minutes=minute), "svc_export", 400, "success") for minute in range(5)]
    refused = [
        (start + timedelta(days=8, minutes=2 * minute), account, None, "denied")
        for minute in range(11)
        for account in ("hanmeimei", "nobody_knows")
    ]
    night = [(start + timedelta(days=8, hours=13, minutes=minute), "lina", 1, "success") for minute in range(6)]
    return "".join(
        json.dumps({
            "at": at.isoformat(), "account": account, "sql": "SELECT mobile FROM crm.customer", "result": result,
            **({} if rows is None else {"row_count": rows}),
        }) + "\n"
        for at, account, rows, result in (*office, *spike, *refused, *night)
    )  # fmt: skip


@pytest.mark.parametrize("engine", ["python", "duckdb"])
def test_unusual_work_of_accounts(tutela: Tool, crm: Path, tmp_path: Path, engine: str) -> None:
    """Denials that add up, a day unlike the others and a night of work: one finding each, at its first line."""
    (tmp_path / "a.jsonl").write_text(unusual(), encoding="utf-8")
    run = ("audit", tmp_path / "a.jsonl", *NOW, "--reconcile", "--engine", engine)
    done = tutela(*run, "-f", "json", cwd=crm)
    found = [one for one in told(done) if one["rule"] == "ACC-11.anomalous-access"]
    evidence = {one["resource"]["id"]: one["message"].partition(": ")[2] for one in found}

    assert (1, "") == (done.returncode, done.stderr)
    assert {"account_use"} == {one["resource"]["type"] for one in found}
    assert {"svc_export": 6, "hanmeimei": 11, "nobody_knows": 12, "lina": 33} == {
        one["resource"]["id"]: one["location"]["line"] for one in found
    }
    assert {"medium"} == {one["severity"] for one in found}
    assert evidence["svc_export"].startswith("2000 rows on 2026-11-16; the median of its 5 other days with rows is 100")
    for account in ("hanmeimei", "nobody_knows"):
        assert evidence[account].startswith("of 11 accesses and logins that were refused, the most within 60 minutes")
        assert "on crm.customer; 11 events" in evidence[account]
    assert evidence["lina"].startswith("of 6 accesses to customer data out of working hours")

    chinese = tutela(*run, "--lang", "zh", "-f", "csv", cwd=crm).stdout
    assert "被拒绝的访问和登录共 11 次,其中任意 60 分钟内最多的一段,涉及 crm.customer" in chinese
    assert "2026-11-16 共 2000 行" in chinese
    assert "非工作时间访问客户数据共 6 次" in chinese


def test_the_order_of_the_log_does_not_matter_for_unusual_work(tutela: Tool, crm: Path, tmp_path: Path) -> None:
    """The same fingerprints, numbers and times from a log that runs backwards."""
    lines = unusual().splitlines(keepends=True)
    (tmp_path / "a.jsonl").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "b.jsonl").write_text("".join(reversed(lines)), encoding="utf-8")
    found = [
        {
            (one["fingerprint"], one["access"]["account"], one["message"].partition(" events, first ")[0])
            for one in told(tutela("audit", tmp_path / name, *NOW, "--reconcile", "-f", "json", cwd=crm))
            if one["rule"] == "ACC-11.anomalous-access"
        }
        for name in ("a.jsonl", "b.jsonl")
    ]

    assert 4 == len(found[0])
    assert found[0] == found[1]
