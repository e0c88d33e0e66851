"""`make demo`: the main jobs on the small CRM of `examples/crm`, and whether each shows what was planned.

Says English or Chinese (`--lang zh`, or by LANG). Exit status 0: everything showed as planned.
"""

# A script, no package; it prints, and runs the installed command line as a user would.
# ruff: noqa: T201, S603

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final, NamedTuple

CRM: Final = Path(__file__).parent / "crm"
REPORTS: Final = CRM / "reports"
AS_OF: Final = "2026-11-20T10:00:00+08:00"
"""The story's day: roles, agreements and approvals count as they were then."""
FORMATS: Final = {"json": "json", "sarif": "sarif", "markdown": "md"}
RULES_SHOWN: Final = 20


class Step(NamedTuple):
    """One command, what it is for, and the rules whose findings it must show: these and no others."""

    name: str
    en: str
    zh: str
    command: tuple[str, ...]
    rules: frozenset[str]
    brief: bool = False
    """Many findings: count them by rule here, and leave the whole list to the report."""


STEPS: Final = (
    Step(
        "lint",
        "Does the schema hold what it may hold? Every column and table is judged.",
        "库表结构是否合规?逐列、逐表检查。",
        ("lint",),
        frozenset(
            {
                "COL-01.channel-undeclared",
                "COL-02.field-not-allowed-for-channel",
                "COL-04.column-without-purpose",
                "COL-08.auto-capture-undeclared",
                "COL-25.subject-type-missing",
                "RET-01.retention-undefined",
            }
        ),
    ),
    Step(
        "audit",
        "Who read what in two weeks of log? Every statement is judged as of its own time.",
        "两周日志中谁访问了什么?每条语句按其发生时刻判断。",
        ("audit", "logs/access.csv"),
        frozenset(
            {
                "ACC-01.not-authorised",
                "ACC-06.leaver-access",
                "ACC-12.bulk-export-unapproved",
                "ACC-17.lineage-unresolved-or-exceeded",
                "CRM-01.phone-outside-office-application",
                "CRM-02.identity-number-without-purpose",
                "USE-01.purpose-unlisted-or-missing",
                "USE-03.use-not-minimal",
                "unparsed",  # a block with dynamic SQL: what cannot be read is a finding
            }
        ),
        brief=True,
    ),
    Step(
        "share-denied",
        "May these customers be shared with a partner? No, and every reason is given.",
        "能否将这些客户的信息共享给合作伙伴?不能,并列出全部理由。",
        ("share", "check", "requests/share-denied.yaml"),
        frozenset(
            {
                "SHR-04.third-party-consent-missing",
                "SHR-06.nda-missing-or-not-in-force",
                "SHR-07.outside-agreement-scope",
                "SHR-08.security-agreement-missing",
                "SHR-11.level2-missing",
                "SHR-12.not-filed",
                "SHR-21.cross-border-mechanism-missing",
                "SHR-23.pia-missing",
            }
        ),
    ),
    Step(
        "share-allowed",
        "The same need done right: agreement in force, consents, approved, filed.",
        "同样的需求,手续齐备:协议有效、客户同意、已审批、已备案。",
        ("share", "check", "requests/share-allowed.yaml"),
        frozenset(),
    ),
    Step(
        "retention",
        "Which rows should be gone by now?",
        "哪些数据早该清理?",
        ("retention", "check", "records.csv"),
        frozenset({"RET-01.retention-undefined", "RET-05.expired-data-present"}),
    ),
    Step(
        "duties",
        "Which reviews, backups and trainings are due, which leavers still have accounts?",
        "哪些复核、备份和培训到期未做?哪些离职人员账号仍可使用?",
        ("duties",),
        frozenset(
            {
                "ACC-05.access-review-overdue",
                "ACC-06.leaver-access",
                "ACC-08.leaver-cleanup-missing",
                "ACC-10.training-overdue",
                "AUD-07.finding-overdue",
                "AUD-12.policy-review-overdue",
                "BRE-01.plan-missing-or-stale",
                "BRE-05.management-report-late",
                "CMP-04.complaint-overdue",
                "CMP-05.complaint-analysis-missing",
                "COL-14.entry-not-reviewed",
                "COL-24.policy-not-published",
                "OTH-02.visit-unrecorded",
                "RET-06.cleanup-overdue",
                "RGT-06.recipient-not-notified",
                "SEC-05.backup-not-distributed",
                "SEC-07.network-control-undeclared",
                "SEC-08.device-uncontrolled",
                "SEC-15.standard-stale-or-missing",
                "USE-17.contact-frequency-exceeded",
            }
        ),
        brief=True,
    ),
)


def main(arguments: list[str]) -> int:
    """Run every step and say at the end what was not as planned."""
    lang = _language(arguments)
    tutela = shutil.which("tutela", path=str(Path(sys.executable).parent))
    if tutela is None:
        print("tutela is not installed here; run `make demo`", file=sys.stderr)
        return 2
    shutil.rmtree(REPORTS, ignore_errors=True)
    wrong = [problem for step in STEPS for problem in _run(step, tutela, lang)]
    _banner("报告位置" if lang == "zh" else "Where the reports lie")
    for path in sorted(REPORTS.iterdir()):
        print(f"  {os.path.relpath(path)}  ({path.stat().st_size:,} B)")
    print()
    for problem in wrong:
        print(f"NOT AS PLANNED  {problem}", file=sys.stderr)
    if not wrong:
        print("全部符合预期。" if lang == "zh" else "Everything showed as planned.")
    return 1 if wrong else 0


def _language(arguments: list[str]) -> str:
    """The language after `--lang`, else that of the environment, else English."""
    if "--lang" in arguments[:-1]:
        return arguments[arguments.index("--lang") + 1]
    names = ("TUTELA_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    found = next((value for value in map(os.environ.get, names) if value), "en")
    return "zh" if found.lower().startswith("zh") else "en"


def _banner(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def _run(step: Step, tutela: str, lang: str) -> list[str]:
    """Run one step; its deviations from the plan."""
    _banner(step.zh if lang == "zh" else step.en)
    print(f"$ tutela {' '.join(step.command)} --as-of {AS_OF}\n", flush=True)
    outputs = [("human", str(REPORTS / f"{step.name}.txt") if step.brief else "-")]
    outputs += [(name, str(REPORTS / f"{step.name}.{suffix}")) for name, suffix in FORMATS.items()]
    flags = [word for name, path in outputs for word in ("--format", name, "--output", path)]
    done = subprocess.run(
        [tutela, *step.command, "--as-of", AS_OF, "--lang", lang, *flags], cwd=CRM, check=False, timeout=120
    )
    expected = 1 if step.rules else 0
    if done.returncode != expected:
        return [f"{step.name}: exit status {done.returncode} instead of {expected}"]
    report: dict[str, Any] = json.loads((REPORTS / f"{step.name}.json").read_text(encoding="utf-8"))
    if step.brief:
        _show_brief(report, lang)
    found = {finding["rule"] for finding in report["findings"]}
    return [
        *(f"{step.name}: no finding of {rule}" for rule in sorted(step.rules - found)),
        *(f"{step.name}: a finding of {rule}" for rule in sorted(found - step.rules)),
    ]


def _show_brief(report: dict[str, Any], lang: str) -> None:
    """One line a rule: how often, and where first."""
    counts = Counter[str](finding["rule"] for finding in report["findings"])
    first: dict[str, dict[str, Any]] = {}
    for finding in report["findings"]:
        first.setdefault(finding["rule"], finding)
    for rule, count in counts.most_common(RULES_SHOWN):
        finding = first[rule]
        place = finding["location"] or {"file": "-", "line": 0}
        print(f"  {count:4} x {finding['severity']:<8} {rule}")
        print(f"         {finding['message']} ({place['file']}:{place['line']})")
    summary = report["summary"]
    if lang == "zh":
        print(f"\n共 {summary['findings']} 项发现,检查 {summary['checked']} 项,未能解析 {summary['unparsed']} 项")
    else:
        print(f"\n{summary['findings']} findings, {summary['checked']} checked, {summary['unparsed']} unparsed")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
