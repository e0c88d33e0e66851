"""The measuring scripts run: a small size of each, for figures that nobody can make again are no figures."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SMALL = {
    "decide": ("--sizes", "10", "--requests", "50", "--rounds", "1", "--only", "tutela", "--no-memory"),
    "facts": ("--rules", "20", "--people", "60", "--requests", "60", "--rounds", "1", "--only", "tutela"),
    "load": ("--sizes", "10", "--repeat", "1"),
    "statements": ("--corpus", "/nowhere"),
    "registers": ("--people", "50", "--subjects", "50", "--consents", "100"),
}
"""Scripts that write a result, and the smallest that they measure."""


def run(name: str, *options: str) -> str:
    """What a script prints; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", SMALL)
def test_a_small_size_is_measured(name: str, tmp_path: Path) -> None:
    """The result is a JSON document that says on what machine it was taken."""
    target = tmp_path / "result.json"
    run(name, *SMALL[name], "--json", str(target))
    machine = json.loads(target.read_text("utf-8"))["machine"]

    assert machine["cpu"]
    assert machine["versions"]["tutela"]


def test_schema_files_are_measured() -> None:
    """Two dialects, lint and classify."""
    lines = run("ddl", "--no-corpus", "--no-peers", "--tables", "3").splitlines()

    assert ["1", "0", "1", "0"] == [line.split()[-1] for line in lines if line.startswith("  tutela")]


def test_the_classifier_is_measured() -> None:
    """One source of labels, with its recall and precision."""
    assert "recall 1.000" in run("classify", "--only", "en_crm")


def test_the_audit_is_measured() -> None:
    """Every contender finds the same share of denied events; here only that they run, and how many they checked."""
    lines = run("audit", "--events", "400").splitlines()

    names = [line[13:41].strip() for line in lines if line[:11].strip().isdecimal()]
    expected = ["duckdb, parquet", "duckdb, jsonl", "duckdb, csvlog", "python, decide_many", "rule-engine by row"]
    assert expected == names


def test_the_decision_log_is_measured() -> None:
    """Both stores that need no server, with one caller and with many."""
    lines = run("decision_log", "--entries", "600").splitlines()

    assert ["jsonl", "sqlite"] * 3 == [line.split()[0] for line in lines if "entries/s" in line]


@pytest.mark.skipif(shutil.which("wrk") is None or shutil.which("taskset") is None, reason="wrk is not installed")
def test_the_service_is_measured() -> None:
    """With and without a decision log; every answer is right, or the line says so."""
    only = ("--only", "tutela", "--rules", "20", "--cases", "20", "--seconds", "1", "--rounds", "1")
    lines = [line for line in run("serve", *only).splitlines() if line[:7].strip() == "20"]

    assert ["tutela", "tutela, authenticated", "tutela, and recorded"] == [line[9:37].strip() for line in lines]
    assert all(float(line.split()[-1]) > 0 for line in lines)
