"""Registers that contradict each other or themselves, through the command line: clear problems, exit status 2."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Run = subprocess.CompletedProcess[str]
    Tool = Callable[..., Run]

PACK = Path(__file__).parents[2] / "policies" / "customer-information"
NOW = ("--as-of", "2026-11-20T10:00:00+08:00")


@pytest.fixture
def company(crm: Path, tmp_path: Path) -> Path:
    """A copy of the example."""
    shutil.copytree(crm, tmp_path / "crm", ignore=shutil.ignore_patterns("reports", "logs"))
    return tmp_path / "crm"


def change(company: Path, register: str, edit: Callable[[list[dict[str, Any]]], None]) -> None:
    """Rewrite one register of the copy."""
    path = company / "registers" / f"{register}.yaml"
    entries: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    edit(entries)
    text = json.dumps(entries, ensure_ascii=False, indent=1)
    path.unlink()
    path.with_suffix(".json").write_text(text, encoding="utf-8")


def two_heads(entries: list[dict[str, Any]]) -> None:
    """A second head of sales from 2020 on."""
    entries[0]["head_history"].append({"employee": "E0095", "from": "2020-01-01T00:00:00+08:00"})


def unknown_request(entries: list[dict[str, Any]]) -> None:
    """An approval of a request that does not exist."""
    entries[0]["request_id"] = "USE-2026-9999"


def circle(entries: list[dict[str, Any]]) -> None:
    """E0095 hands back to E0088 what E0088 handed over."""
    entries.append({**entries[0], "id": "DG-2", "from_employee": "E0095", "to_employee": "E0088"})


def naive(entries: list[dict[str, Any]]) -> None:
    """A time without an offset."""
    entries[0]["granted_at"] = "2026-11-09T16:20:00"


def backwards(entries: list[dict[str, Any]]) -> None:
    """An agreement that ends before it starts."""
    entries[0]["valid_to"] = "2025-12-31"


BROKEN = [
    ("departments", two_heads, "register-heads-overlap"),
    ("approvals", unknown_request, "register-reference"),
    ("delegations", circle, "register-delegation-circle"),
    ("delegations", naive, "register-time-naive"),
    ("agreements", backwards, "register-ends-before-start"),
]


@pytest.mark.parametrize(("register", "edit", "code"), BROKEN, ids=[code for *_, code in BROKEN])
@pytest.mark.parametrize("command", ["check", "duties"])
def test_a_broken_register_ends_the_command(
    tutela: Tool, company: Path, command: str, register: str, edit: Callable[[list[dict[str, Any]]], None], code: str
) -> None:
    """Every command that reads registers tells the place and the code, in both languages, and does nothing else."""
    change(company, register, edit)
    done = tutela(command, *NOW, cwd=company)
    chinese = tutela(command, *NOW, "--lang", "zh", cwd=company)

    assert (2, "") == (done.returncode, done.stdout)
    assert f"registers/{register}.json" in done.stderr
    assert code in done.stderr
    assert code in chinese.stderr
    assert "Traceback" not in done.stderr + chinese.stderr


def no_day_of_leaving(entries: list[dict[str, Any]]) -> None:
    """王芳 has left, and nobody wrote down when."""
    entries[0]["status"] = "terminated"


def no_time_of_transfer(entries: list[dict[str, Any]]) -> None:
    """The data went out, and nobody wrote down when."""
    entries[0] |= {"status": "executed", "submitted_at": "2026-06-01T09:00:00+08:00"}
    entries[0].pop("executed_at", None)


UNDATED = {
    "people": (
        no_day_of_leaving,
        {"ACC-06.leaver-access account wangfang", "ACC-08.leaver-cleanup-missing employee E1023"},
    ),
    "sharing_requests": (
        no_time_of_transfer,
        {
            "SHR-14.integrity-mismatch shared_copy SHR-2026-0412",
            "SHR-15.receipt-missing-or-overdue shared_copy SHR-2026-0412",
            "SHR-16.tracking-overdue shared_copy SHR-2026-0412",
        },
    ),
}


@pytest.mark.parametrize("register", UNDATED)
def test_what_happened_on_a_day_that_nobody_knows_is_overdue(tutela: Tool, company: Path, register: str) -> None:
    """Without its day a leaver, or a transfer, would never be asked about."""
    edit, expected = UNDATED[register]
    before = tutela("duties", *NOW, "-f", "json", cwd=company)
    path = company / "registers" / f"{register}.json"
    if path.exists():
        path.rename(path.with_suffix(".yaml"))
    change(company, register, edit)
    after = tutela("duties", *NOW, "-f", "json", cwd=company)
    was, now = (
        {
            f"{one['rule']} {one['resource']['type']} {one['resource']['id']}"
            for one in json.loads(done.stdout)["findings"]
        }
        for done in (before, after)
    )

    assert expected == now - was


def test_a_consent_withdrawn_before_it_was_given(tutela: Tool, company: Path) -> None:
    """In a CSV register the line is told."""
    path = company / "registers" / "consents.csv"
    head, first, *rest = path.read_text("utf-8").splitlines()
    lines = [f"{head},withdrawn_at", f"{first},2025-02-28T10:00:00+08:00", *(f"{line}," for line in rest)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = tutela("check", *NOW, cwd=company)

    assert 2 == done.returncode
    assert "registers/consents.csv:2" in done.stderr
    assert "register-ends-before-start" in done.stderr


def test_a_time_zone_that_does_not_exist(tutela: Tool, company: Path) -> None:
    """It is a parameter of the wrong type, at its place."""
    path = company / "policies" / "parameters.yaml"
    path.write_text(path.read_text("utf-8").replace("Asia/Shanghai", "Asia/Atlantis"), encoding="utf-8")
    done = tutela("check", *NOW, cwd=company)

    assert 2 == done.returncode
    assert "parameter-type" in done.stderr
    assert "policies/parameters.yaml:" in done.stderr


def test_all_problems_of_all_registers_at_once(tutela: Tool, company: Path) -> None:
    """Two broken registers, two places."""
    change(company, "departments", two_heads)
    change(company, "delegations", circle)
    said = tutela("check", *NOW, cwd=company).stderr

    assert "register-heads-overlap" in said
    assert "register-delegation-circle" in said


def test_no_value_of_a_person_shows(tutela: Tool, company: Path) -> None:
    """Names of people stay out of problems."""
    change(company, "departments", two_heads)

    assert "马丽" not in tutela("check", *NOW, cwd=company).stderr


def test_a_missing_fact_denies_and_is_named(tutela: Tool, company: Path) -> None:
    """The decision's errors say `fact-missing` and which; `missing` names it, too."""
    change(company, "use_requests", lambda entries: entries[0].pop("important_customers"))
    body = {
        "subject": {"type": "employee", "id": "E1023"},
        "action": {"name": "use"},
        "resource": {"type": "use_request", "id": "USE-2026-0771"},
        "as_of": "2026-11-20T10:00:00+08:00",
    }
    (company / "ask.json").write_text(json.dumps(body), encoding="utf-8")
    shape = json.loads(tutela("decide", "ask.json", "--format", "json", cwd=company).stdout)

    assert "deny" == shape["effect"]
    assert any("fact-missing resource.important_customers" in line for line in shape["errors"])
    assert "resource.important_customers" in shape["missing"]


def test_unbound_parameters_are_all_listed(tutela: Tool, company: Path) -> None:
    """A project that binds none is told all of them, each with what is suggested and where it is declared."""
    shutil.rmtree(company / "policies")
    (company / "tutela.toml").write_text('policies = ["pack:customer-information"]\n', encoding="utf-8")
    done = tutela("check", *NOW, cwd=company)
    declared = yaml.safe_load((PACK / "parameters.yaml").read_text("utf-8"))["declare"]

    assert 2 == done.returncode
    assert [] == [name for name in declared if f"`{name}`" not in done.stderr]
    assert len(declared) == done.stderr.count("suggested: ")


def test_a_form_is_explained(tutela: Tool, crm: Path) -> None:
    """`explain` and `decide` take a sharing form like a request, with the reasons that `share check` finds."""
    form = "requests/share-denied.yaml"
    explained = tutela("explain", form, *NOW, cwd=crm)
    decided = json.loads(tutela("decide", form, *NOW, "-f", "json", cwd=crm).stdout)
    checked = json.loads(tutela("share", "check", form, *NOW, "-f", "json", cwd=crm).stdout)

    assert 1 == explained.returncode
    assert "partners P-305  registers/partners.csv:3" in explained.stdout
    assert "resource.approvals[AP-0450-1].level = 1" in explained.stdout
    assert sorted(f["rule"] for f in checked["findings"]) == sorted(reason["rule"] for reason in decided["reasons"])


def test_a_broken_form_is_told_as_a_form(tutela: Tool, crm: Path) -> None:
    """What is wrong with a form is said of the form, at its lines, not as of a request without an action."""
    done = tutela("explain", "-", cwd=crm, stdin='{"applicant": "E1023", "recipient": {"kind": "distributor"}}')

    assert 2 == done.returncode
    assert "key-missing" in done.stderr
    assert "request-field" not in done.stderr


def test_what_was_late_is_accepted_by_a_baseline_or_a_waiver(tutela: Tool, company: Path, tmp_path: Path) -> None:
    """Closing an incident takes nothing back: its finding is the same one, and whoever accepted it hears no more."""

    def close(entries: list[dict[str, Any]]) -> None:
        entries[1] |= {"status": "closed", "closed_at": "2026-11-19T18:00:00+08:00"}

    base, waivers = tmp_path / "base.json", tmp_path / "waivers.yaml"
    waivers.write_text(
        "waivers:\n  - {rule: BRE-05.management-report-late, resource: INC-2026-04, reason: explained, owner: cid,"
        " expires: '2026-12-31'}\n",
        encoding="utf-8",
    )
    tutela("duties", *NOW, "--write-baseline", base, cwd=company)
    before = tutela("duties", *NOW, "-f", "json", "--waivers", waivers, cwd=company)
    change(company, "incidents", close)
    after = tutela("duties", *NOW, "-f", "json", cwd=company)
    accepted = tutela("duties", *NOW, "-f", "json", "--baseline", base, cwd=company)
    late, still = (
        next(one for one in json.loads(done.stdout)["findings"] if one["rule"] == "BRE-05.management-report-late")
        for done in (before, after)
    )

    assert late["waiver"] is not None
    assert still["waiver"] is None
    assert late["fingerprint"] == still["fingerprint"]
    # Closed without recovery: that is new.
    new = [one["rule"] for one in json.loads(accepted.stdout)["findings"] if one["state"] == "new"]
    assert "BRE-04.containment-missing" in new
    assert "BRE-05.management-report-late" not in new
