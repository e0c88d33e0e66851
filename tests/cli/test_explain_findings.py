"""`--explain` on the commands that report findings: the trees of what stands against something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Tool = Callable[..., subprocess.CompletedProcess[str]]

NOW = ("--as-of", "2026-11-20T10:00:00+08:00")

COMMANDS: dict[str, tuple[str, ...]] = {
    "lint": ("lint",),
    "audit": ("audit", "logs/access.csv"),
    "retention": ("retention", "check", "records.csv"),
    "share": ("share", "check", "requests/share-denied.yaml"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_finding_can_be_explained(command: str, tutela: Tool, crm: Path) -> None:
    """The fingerprint of each finding leads to a decision whose denying rules are those of the finding."""
    report = json.loads(tutela(*COMMANDS[command], *NOW, "-f", "json", cwd=crm).stdout)
    findings = [finding for finding in report["findings"] if finding["rule"] != "unparsed"]

    assert findings
    for finding in findings[:: 1 + len(findings) // 2]:
        done = tutela(*COMMANDS[command], *NOW, "-f", "json", "--explain", finding["fingerprint"], cwd=crm)
        told: dict[str, Any] = json.loads(done.stdout)

        assert 1 == done.returncode
        assert [finding["fingerprint"]] == [found["fingerprint"] for found in told["findings"]]
        assert finding["rule"] in [reason["rule"] for reason in told["reasons"]]
        assert finding["rule"] in [need["rule"] for need in told["needed"]]


def test_a_person_reads_tree_entries_and_needs(tutela: Tool, crm: Path) -> None:
    """A table named by its place: head, tree with values, the register entry with its line, what to do."""
    done = tutela("lint", *NOW, "--explain", "crm.marketing_lead", cwd=crm)

    assert 1 == done.returncode
    assert "schema.sql:114:18 RET-01.retention-undefined table crm.marketing_lead" in done.stdout
    assert "resource.dataset = 'crm.marketing_lead'" in done.stdout
    assert "catalog crm.marketing_lead  registers/catalog.yaml:" in done.stdout
    assert "needed for an allow:" in done.stdout


@pytest.mark.parametrize("what", ["RET-01", "RET-01.retention-undefined", "schema.sql:114", "schema.sql:114:18"])
def test_what_names_a_finding(what: str, tutela: Tool, crm: Path) -> None:
    """A rule by its requirement or whole id, a line, a line with its column."""
    done = tutela("lint", *NOW, "--explain", what, cwd=crm)

    assert (1, True) == (done.returncode, "RET-01.retention-undefined" in done.stdout)


def test_nothing_of_that_name_is_not_clean(tutela: Tool, crm: Path) -> None:
    """A text that names no finding ends with 2 and says what may be written."""
    done = tutela("lint", *NOW, "--explain", "crm.custmer", "--lang", "zh", cwd=crm)

    assert (2, "") == (done.returncode, done.stdout)
    assert "本次没有名为 `crm.custmer` 的发现" in done.stderr


@pytest.mark.parametrize("more", [("-f", "sarif"), ("-f", "json", "-f", "human"), ("-o", "out.txt")])
def test_only_to_read_here(more: tuple[str, ...], tutela: Tool, crm: Path) -> None:
    """Other formats, several of them and files are refused."""
    done = tutela("lint", *NOW, "--explain", "RET-01", *more, cwd=crm)

    assert (2, "") == (done.returncode, done.stdout)
