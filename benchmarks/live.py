"""A live PostgreSQL of 2,000 tables with 20 columns: our read, classification and lint beside the bare catalog query.

Everything runs against one server of its own, in turns, round by round; peak memory is that of fresh processes.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tutela.cli import COLLECT

from . import machine

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
GOAL_RATIO, GOAL_SECONDS, GOAL_MB = 1.5, 1.0, 300
NAMES = (
    "id", "full_name", "mobile", "email", "id_card", "birthday", "gender", "address", "city", "postcode", "company",
    "job_title", "remark", "status", "amount", "currency", "create_time", "update_time", "creator", "deleted",
)  # fmt: skip
TYPES = {"id": "bigint", "amount": "numeric(12,2)", "birthday": "date", "deleted": "boolean", "status": "smallint"}
BARE = """
SELECT n.nspname, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY 1, 2, 3"""
"""What a person would write to get all columns with types, defaults and comments."""


def script(tables: int, columns: int) -> list[str]:
    """The statements that make the database: personal and other columns, some with comments."""
    statements: list[str] = []
    for number in range(tables):
        table = f"{('customer', 'orders', 'visit', 'device', 'invoice')[number % 5]}_{number:04d}"
        names = [f"{NAMES[i % len(NAMES)]}{'' if i < len(NAMES) else i}" for i in range(columns)]
        cells = [f"{name} {TYPES.get(name, 'varchar(80)')}" for name in names]
        cells[0] += " GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
        statements.append(f"CREATE TABLE {table} ({', '.join(cells)})")
        statements.append(f"COMMENT ON COLUMN {table}.mobile IS '手机号'; COMMENT ON TABLE {table} IS '表 {number}'")
    return statements


def bare(address: str) -> int:
    """The bare catalog query."""
    import psycopg

    with psycopg.connect(address) as connection:
        return len(connection.execute(BARE).fetchall())


def read(address: str) -> int:
    """Our read alone."""
    from tutela.connectors.live import read_live

    return sum(1 for _ in read_live(address).columns())


def classify(address: str) -> int:
    """Our read and the category of every column."""
    from tutela.connectors.live import read_live

    classifier = _loaded()[0]
    return sum(1 for _ in classifier.classify(read_live(address)).columns())


def lint(address: str) -> int:
    """Our read, classification and lint in a project with registers, which were loaded beforehand."""
    from datetime import UTC, datetime

    from tutela.connectors.columns import ask_columns
    from tutela.connectors.live import read_live
    from tutela.engine.findings import report

    classifier, authorizer = _loaded()
    when = datetime.now(UTC)
    return report("lint", authorizer, ask_columns(read_live(address), classifier, when), when).checked


def bulk(address: str) -> int:
    """SQLAlchemy's bulk inspection of columns, keys and comments."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    inspector = sqlalchemy.inspect(engine)
    inspector.get_multi_pk_constraint()
    inspector.get_multi_table_comment()
    return sum(len(columns) for columns in inspector.get_multi_columns().values())


def one_by_one(address: str) -> int:
    """SQLAlchemy's inspection of table after table, as most scanners do it."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    inspector = sqlalchemy.inspect(engine)
    return sum(len(inspector.get_columns(table)) for table in inspector.get_table_names())


_LOADED: list[Any] = []


def _loaded() -> Any:
    """The classifier and the decision point of the example project."""
    from tutela.project import find_project, load_authorizer, load_classifier

    if not _LOADED:
        project = find_project(ROOT / "examples" / "crm")
        authorizer = load_authorizer(project)
        _LOADED.extend((load_classifier(project, authorizer.policies), authorizer))
    return _LOADED


CONTENDERS: dict[str, Callable[[str], int]] = {
    "bare catalog query": bare,
    "tutela, read": read,
    "tutela, read + classify": classify,
    "tutela, read + classify + lint": lint,
    "SQLAlchemy, bulk": bulk,
    "SQLAlchemy, table by table": one_by_one,
}


def measure(address: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of each contender in each round; the slowest runs once."""
    _loaded()
    seconds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for number in range(rounds):
        for name, run in CONTENDERS.items():
            if number and run is one_by_one:
                continue
            start = time.perf_counter()
            run(address)
            seconds[name].append(time.perf_counter() - start)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return seconds


def peak_mb(name: str, address: str) -> float:
    """Peak memory of one contender in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.live", "--peak", name, "--address", address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def server() -> Any:
    """The PostgreSQL that the tests start."""
    path = ROOT / "tests" / "connectors" / "postgres.py"
    spec = importlib.util.spec_from_file_location("benchmarks_postgres", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Make the database, measure, print the table and the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=2000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=ROOT / "benchmarks" / "results" / "live.json")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    given = parser.parse_args()
    gc.set_threshold(*COLLECT)  # as the command does
    if given.peak:
        CONTENDERS[given.peak](given.address)
        print(machine.peak_mb())
        return
    facts = machine.describe({"psycopg", "sqlalchemy", "tutela"})
    print(machine.lines(facts))
    helper = server()
    for servers in helper.pgaudit_servers(pgaudit=False):
        running = helper.plain_server(servers)
        with running.connect() as admin:
            for statement in script(given.tables, given.columns):
                admin.execute(statement)
            admin.execute("VACUUM ANALYZE")
        address = f"postgresql://postgres@127.0.0.1:{running.port}/postgres"
        expected = given.tables * given.columns
        assert {expected} == {run(address) for run in (bare, read, bulk, one_by_one)}
        seconds = measure(address, given.rounds)
        peaks = {name: peak_mb(name, address) for name in CONTENDERS}
    show(seconds, peaks, given, facts)


def show(seconds: dict[str, list[float]], peaks: dict[str, float], given: argparse.Namespace, facts: Any) -> None:
    """The table, the goals, and the JSON."""
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    base = medians["bare catalog query"]
    print(f"\n{given.tables} tables x {given.columns} columns, median of {given.rounds} rounds\n")
    print(f"{'':34}{'seconds':>9}{'best':>8}{'x bare':>9}{'peak MB':>9}")
    for name, median in medians.items():
        print(f"{name:34}{median:9.2f}{min(seconds[name]):8.2f}{median / base:9.1f}{peaks[name]:9.0f}")
    limit = GOAL_RATIO * base + GOAL_SECONDS
    goal = f"<= {GOAL_RATIO} x bare + {GOAL_SECONDS} s = {limit:.2f} s"
    met = {
        **{f"{name} {goal}": medians[name] <= limit for name in medians if name.startswith("tutela")},
        f"memory <= {GOAL_MB} MB": peaks["tutela, read + classify + lint"] <= GOAL_MB,
    }
    print("\n" + "\n".join(f"{'met   ' if good else 'MISSED'} {goal}" for goal, good in met.items()))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    document = {"machine": facts, "seconds": seconds, "peak_mb": peaks, "goals": met}
    given.json.write_text(json.dumps(document, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
