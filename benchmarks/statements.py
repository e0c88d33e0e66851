"""How long the analysis of a statement takes, new and known, and how much of the corpus it resolves.

Every statement of corpus/queries in its dialect, and of corpus/logs through the readers of logs.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import itertools
import json
import re
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError, Location
from tutela.engine.events import Event
from tutela.engine.statements import Analyser
from tutela.engine.statements_catalog import sqlglot_dialect
from tutela.engine.statements_shapes import shape_of
from tutela.engine.tables import Column, Schema, Table

from . import machine

if TYPE_CHECKING:
    from collections.abc import Iterable

CORPUS = Path(__file__).parents[1].parent / "shared" / "corpus"
GOALS = {"cold": 5e-3, "warm": 50e-6}
"""Seconds, of the medians."""
MAX_EVENTS = 20_000
"""Of one log."""
SMALL = [("postgres", f"select a, b from t where c = {number} and d in (1, 'x')") for number in range(3)]
"""Without the corpus: so little that the figures say nothing."""


@dataclass
class Tally:
    """Seconds, and what came out."""

    cold: list[float] = field(default_factory=list[float])
    """The first text of each shape, by an analyser that has seen none."""
    shape: list[float] = field(default_factory=list[float])
    """Another text of a shape that it knows."""
    text: list[float] = field(default_factory=list[float])
    """The very text again."""
    outcomes: Counter[str] = field(default_factory=Counter[str])
    dialects: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    skipped: Counter[str] = field(default_factory=Counter[str])


def named(statements: Iterable[tuple[str, str]]) -> dict[str, Schema]:
    """For each dialect the tables that its statements name, with the columns that they say are theirs."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for dialect, sql in statements:
        with contextlib.suppress(SqlglotError, ValueError, RecursionError):
            for tree in sqlglot.parse(sql, dialect=sqlglot_dialect(dialect)):
                for query in tree.find_all(exp.Select) if tree else ():
                    _add(found.setdefault(dialect, {}), query)
    place = Location("statements")
    return {
        dialect: Schema(
            tables=tuple(
                Table(name=t, location=place, columns=tuple(Column(table=t, name=c, location=place) for c in columns))
                for t, columns in tables.items()
            )
        )
        for dialect, tables in found.items()
    }


def _add(tables: dict[str, dict[str, None]], query: exp.Select) -> None:
    own = [node.this for node in [query.args.get("from_"), *(query.args.get("joins") or ())] if node]
    names = {node.alias_or_name.lower(): node.name.lower() for node in own if isinstance(node, exp.Table)}
    for table in names.values():
        tables.setdefault(table, {})
    for column in query.find_all(exp.Column):
        owner = names.get(column.table.lower()) or (next(iter(names.values())) if len(names) == 1 == len(own) else "")
        if owner and (column.table or column.parent_select is query) and not isinstance(column.this, exp.Star):
            tables[owner].setdefault(column.name.lower())


def measure(statements: Iterable[tuple[str, str]]) -> Tally:
    """Analyse (dialect, text) pairs; a crash is an exception of this program."""
    tally = Tally()
    statements = list(statements)
    schemas = named(statements)
    analysers = dict[str, Analyser]()
    seen = set[tuple[str, str]]()
    for dialect, sql in statements:
        try:
            analyser = analysers.get(dialect) or analysers.setdefault(dialect, Analyser(schemas.get(dialect), dialect))
        except ValueError:
            tally.skipped[dialect] += 1
            continue
        began = time.process_time()
        touched = analyser.analyse(sql)
        took = time.process_time() - began
        if touched.reason == "failed":
            raise AssertionError(f"the analysis failed in {dialect}: {touched.detail}")
        known = (dialect, shape_of(sql))
        if known not in seen:
            seen.add(known)
            tally.cold.append(took)
        outcome = "resolved" if touched.resolved else ("unparsed" if not touched.parsed else "unresolved")
        tally.dialects.setdefault(dialect or "(none)", Counter())[outcome] += 1
        tally.outcomes[outcome if touched.resolved else f"{outcome}: {touched.reason}"] += 1
        _again(tally, analyser, sql)
    return tally


def _again(tally: Tally, analyser: Analyser, sql: str) -> None:
    """The same statement with other values, if that is a shape of its own, and with the same."""
    other = re.sub(r"\b\d+\b", lambda found: str(int(found[0]) + 1) if len(found[0]) < 9 else found[0], sql)
    if other != sql and shape_of(other) == shape_of(sql) and analyser.shape(sql) is not None:
        tally.shape.append(_timed(analyser, other))
    tally.text.append(_timed(analyser, sql))


def _timed(analyser: Analyser, sql: str) -> float:
    began = time.perf_counter()
    analyser.analyse(sql)
    return time.perf_counter() - began


def queries(path: Path, every: int) -> Iterable[tuple[str, str]]:
    """The statements of corpus/queries."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % every == 0:
                row = json.loads(line)
                yield row["dialect"], row["sql"]


def logged(folder: Path, every: int) -> Iterable[tuple[str, str]]:
    """The statements that the readers find in logs; files that are none, or hold none, give nothing."""
    for number, path in enumerate(sorted(found for found in folder.rglob("*") if found.is_file())):
        if number % every:
            continue
        try:
            reader = read_log(path, timezone="UTC", year=2026)
            for event in itertools.islice(reader, MAX_EVENTS):
                if isinstance(event, Event) and event.sql:
                    yield reader.dialect or "", event.sql
        except InputError:
            continue


def show(title: str, tally: Tally) -> dict[str, float]:
    """Print one table."""
    print(f"\n{title}: {sum(tally.outcomes.values())} statements, {len(tally.cold)} shapes, 0 crashes")
    medians = dict[str, float]()
    for name, seconds in (("cold", tally.cold), ("warm, known shape", tally.shape), ("warm, known text", tally.text)):
        if seconds:
            ordered = sorted(seconds)
            medians[name] = statistics.median(ordered)
            high = ordered[len(ordered) * 95 // 100]
            print(f"  {name:<18} median {medians[name] * 1e6:8.1f} us   p95 {high * 1e6:9.1f} us")
    for outcome, count in tally.outcomes.most_common():
        print(f"  {count:6} {count / sum(tally.outcomes.values()):6.1%}  {outcome}")
    for dialect, counts in sorted(tally.dialects.items(), key=lambda item: -sum(item[1].values())):
        print(
            f"    {dialect:<12} "
            + "  ".join(f"{name} {counts[name]}" for name in ("resolved", "unresolved", "unparsed"))
        )
    if tally.skipped:
        print("  dialects that sqlglot does not know:", dict(tally.skipped))
    return medians


def main() -> None:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.statements", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th statement and log")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "statements.json")
    options = parser.parse_args()
    facts = machine.describe({"tutela", "sqlglot", "sqlglotc"})
    print(machine.lines(facts))
    path, folder = options.corpus / "queries" / "queries.jsonl.gz", options.corpus / "logs"
    workloads = {"queries": queries(path, options.every) if path.exists() else SMALL}
    if folder.is_dir():
        workloads["logs"] = logged(folder, options.every)
    rows: dict[str, Any] = {}
    for name, statements in workloads.items():
        tally = measure(statements)
        medians = show(name, tally)
        rows[name] = {
            "medians": medians,
            "outcomes": tally.outcomes,
            "dialects": tally.dialects,
            "skipped": tally.skipped,
        }
    for kind, goal in GOALS.items():
        found = [seconds for name, seconds in rows["queries"]["medians"].items() if name.startswith(kind)]
        print(f"goal: {kind} <= {goal * 1e6:.0f} us median: {'met' if max(found) <= goal else 'MISSED'}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"benchmark": "statements", "machine": facts, "rows": rows}, indent=2, ensure_ascii=False)
    options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
