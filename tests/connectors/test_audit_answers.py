"""What DuckDB settles for many events at once is what each of them is told: rows, hours, windows, people who move."""

from __future__ import annotations

import json
import runpy
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tutela.connectors.accesses import Accesses, accesses
from tutela.connectors.audit_engines import judged
from tutela.connectors.logs import read_log
from tutela.engine.authorizer import Authorizer
from tutela.engine.findings import Allowed, report
from tutela.project import find_project, load_classifier, load_facts_of, load_policies_of, load_schema
from tutela.taxonomies import load_taxonomy

duckdb = pytest.importorskip("duckdb")
WORKLOAD: Any = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "audit_workload.py"))
END = WORKLOAD["END"]
NAMES = ("id", "at", "account", "action", "sql", "row_count", "application")
CALM = [0, 1, 5, 40]
"""Rows that never add up to anything."""
MANY = [None, 0, 20, 9_000, 9_999, 10_000, 10_001, 11_003, 11_007, 20_000]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Authorizer, Any]:
    """The company of the benchmark: 50 rules, of which some read rows, windows and hours."""
    root = tmp_path_factory.mktemp("company")
    WORKLOAD["write_project"](root)
    project = find_project(root, required=True)
    policies, taxonomy = load_policies_of(project), load_taxonomy(project)
    authorizer = Authorizer(policies, load_facts_of(project, policies, taxonomy))
    classifier = load_classifier(project, policies, facts=authorizer.facts, taxonomy=taxonomy)
    schema = load_schema(project)

    def make() -> Accesses:
        return accesses(schema, classifier, "postgres", END, window_minutes=60)

    return root, authorizer, make


def _log(path: Path, seed: int, count: int, rows: list[int | None], *, days: int) -> None:
    """A log in order of time: few people and statements, stretches of work close to each other, some nights.

    Several events at one instant are common: many logs tell whole seconds.
    """
    r = Random(seed)  # noqa: S311 (test data)
    people = [0, 20, 50, 100, 3]  # 0, 50 and 100 move within their departments; 3 is of another one
    at = END - timedelta(days=days)
    step = timedelta(days=days) / count
    lines: list[str] = []
    for number in range(count):
        at += step * r.choice([0, 0, 0.001, 0.1, 1, 3])
        table, account = r.choice([0, 0, 19, 20, 40]), r.choice(people)
        value = r.choice(["$1", "$1", str(number)])
        text = f"SELECT a, {r.choice('bcd')} FROM app.t_{table:03d} WHERE id = {value} -- {r.randrange(2)}"
        if r.random() < 0.05:
            text += " /* purpose=purpose_1 */"
        record = {"id": f"e{number}", "at": at.isoformat(), "account": f"u{account:05d}", "action": "read", "sql": text,
                  "row_count": r.choice(rows), "application": r.choice(["desk", "desk", "app_0"])}  # fmt: skip
        lines.append(json.dumps(record))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("seed", "rows", "days"), [(1, CALM, 90), (2, CALM, 3), (3, MANY, 90), (4, MANY, 2), (5, [*CALM, 9_000], 400)]
)
@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_events_are_told_the_same_together_and_alone(
    company: tuple[Path, Authorizer, Any], tmp_path: Path, seed: int, rows: list[int | None], days: int, suffix: str
) -> None:
    """Every finding and every count."""
    _, authorizer, make = company
    path = tmp_path / "log.jsonl"
    _log(path, seed, 1_200, rows, days=days)
    if suffix == "parquet":
        source, path = path, tmp_path / "log.parquet"
        with duckdb.connect() as connection:
            kinds = ", ".join(f"'{name}': '{'BIGINT' if name == 'row_count' else 'VARCHAR'}'" for name in NAMES)
            records = f"read_json('{source}', format = 'newline_delimited', columns = {{{kinds}}})"
            connection.execute(f"COPY (FROM {records}) TO '{path}' (FORMAT parquet)")
    expected = report("audit", authorizer, judged(read_log(path), make(), authorizer, "python"), END)
    assert expected == report("audit", authorizer, judged(read_log(path), make(), authorizer, "duckdb"), END)
    assert expected.findings


def test_events_that_are_alike_are_not_looked_at(company: tuple[Path, Authorizer, Any], tmp_path: Path) -> None:
    """Rows that no window can make too many are settled by their sum, by the day where that is too much."""
    _, authorizer, make = company
    for name, rows in (("few", CALM), ("more", [900])):
        path = tmp_path / f"{name}.jsonl"
        _log(path, 7, 1_000, list(rows), days=80)
        items = list(judged(read_log(path), make(), authorizer, "duckdb"))
        allowed = sum(item.count for item in items if isinstance(item, Allowed))
        found = report("audit", authorizer, items, END)
        assert found.checked - allowed == len({finding.location for finding in found.findings})


@pytest.mark.parametrize("odd", [0, 3, 5])
def test_events_of_one_instant_count_in_the_order_of_the_log(
    company: tuple[Path, Authorizer, Any], tmp_path: Path, odd: int
) -> None:
    """The one that is too many is told, also where DuckDB leaves a line to Python, as it does an unusual time."""
    _, authorizer, make = company
    at = (END - timedelta(days=1)).replace(hour=3).isoformat()
    record = {"id": "e", "at": at, "account": "u00003", "action": "read", "sql": "SELECT a FROM app.t_003",
              "row_count": 9_000, "application": "desk"}  # fmt: skip
    plain, unusual = json.dumps(record), json.dumps({**record, "at": at.replace("+", ".0+")})
    lines = [unusual if number == odd else plain for number in range(6)]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = [
        {finding.location.line for finding in report("audit", authorizer, items, END).findings if finding.location}
        for items in (judged(read_log(path), make(), authorizer, engine) for engine in ("python", "duckdb"))
    ]
    assert [{6}, {6}] == told
