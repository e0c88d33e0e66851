"""Schema files: how much of every schema of the corpus is understood, and how long a lint takes, beside its peers.

python -m benchmarks.ddl                  # the corpus, a schema of 600 tables, peers
python -m benchmarks.ddl --rows-mb 1024   # and a dump of which 1 GB is rows
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tutela.connectors.ddl import read_schema
from tutela.connectors.files import read_text
from tutela.engine.errors import InputError

from . import ddl_workload, machine

CORPUS = Path(__file__).resolve().parents[1].parent / "shared" / "corpus" / "schemas"
BIN = Path(sys.executable).parent
NOTE = re.compile(r"--[^\n]*|/\*(?!!).*?\*/", re.DOTALL)
CREATE = re.compile(r"^[ \t]*CREATE\s+(?:\w+ ){0,2}?TABLE\b", re.IGNORECASE | re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=600)
    parser.add_argument("--rows-mb", type=int, default=0, help="size of the rows of one more dump")
    parser.add_argument("--patience", type=float, default=300, help="seconds that a peer may take")
    parser.add_argument("--no-corpus", action="store_true")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    print(machine.lines(machine.describe({"tutela", "sqlglot", "sqlfluff", "squawk-cli"})))
    if not options.no_corpus:
        corpus()
    with tempfile.TemporaryDirectory() as folder:
        speed(Path(folder), options)


def corpus() -> None:
    """CREATE TABLE lines against tables, partitions and unparsed statements, file by file."""
    print(f"\n{'schema':64}{'dialect':>9}{'CREATE':>8}{'tables':>8}{'unparsed':>9}{'columns':>9}")
    total = [0, 0, 0]
    for path in sorted(CORPUS.rglob("*.sql")):
        wanted = len(CREATE.findall(NOTE.sub("", read_text(path, limit=64 << 20))))
        try:
            schema = read_schema(path)
        except InputError as error:
            print(f"{path.relative_to(CORPUS)!s:64}{error.problems[0].code:>9}{wanted:8}")
            continue
        tables = sum(table.kind == "table" for table in schema.tables) + len(schema.partitions)
        total = [total[0] + wanted, total[1] + tables, total[2] + len(schema.unparsed)]
        columns = sum(1 for _ in schema.columns())
        name = str(path.relative_to(CORPUS))
        print(f"{name:64}{schema.dialect:>9}{wanted:8}{tables:8}{len(schema.unparsed):9}{columns:9}")
        for miss in schema.unparsed:
            print(f"    {miss.location}: {miss.message}")
    print(f"{'all':64}{'':>9}{total[0]:8}{total[1]:8}{total[2]:9}")
    print("(one CREATE TABLE of pagila stands in a function's body, and is no table of the schema)")


def speed(folder: Path, options: argparse.Namespace) -> None:
    """One lint of each generated schema, by each contender; wall seconds and the largest resident memory."""
    policies = str(Path(__file__).resolve().parents[1] / "examples" / "crm")
    print(f"\n{'':40}{'wall s':>9}{'CPU s':>9}{'MB':>7}  exit")
    for dialect in ("postgres", "mysql"):
        script = folder / f"{dialect}.sql"
        ddl_workload.write(script, dialect, options.tables)
        size = script.stat().st_size / 1e6
        print(f"{options.tables} tables x 20 columns, {dialect}, {size:.1f} MB")
        lint = [str(BIN / "tutela"), "lint", str(script), "--project", policies, "--dialect", dialect, "-f", "json"]
        _line("tutela lint", lint)
        _line("tutela classify", [str(BIN / "tutela"), "classify", str(script), "--dialect", dialect, "-f", "json"])
        if not options.no_peers:
            (folder / ".sqlfluff").write_text("[sqlfluff]\nlarge_file_skip_byte_limit = 0\n")
            fluff = [str(BIN / "sqlfluff"), "lint", str(script), "--dialect", dialect, "--disable-progress-bar"]
            _line("sqlfluff lint", fluff, options.patience)
            if dialect == "postgres":
                _line("squawk", [str(BIN / "squawk"), str(script)], options.patience)
    if options.rows_mb:
        script = folder / "dump.sql"
        ddl_workload.write(script, "mysql", 50, row_bytes=options.rows_mb << 20)
        print(f"50 tables, {script.stat().st_size / 1e6:,.0f} MB, nearly all of it rows")
        _line("tutela lint", [str(BIN / "tutela"), "lint", str(script), "--project", policies, "-f", "json"])


def _line(name: str, command: list[str], patience: float | None = None) -> None:
    if not shutil.which(command[0]):
        print(f"  {name:38}{'absent':>9}")
        return
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    late = threading.Timer(patience, process.kill) if patience else None
    if late:
        late.start()
    _, status, usage = os.wait4(process.pid, 0)
    if late:
        late.cancel()
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    spent = usage.ru_utime + usage.ru_stime
    killed = " (killed)" if process.returncode < 0 else ""
    print(f"  {name:38}{seconds:9.2f}{spent:9.2f}{usage.ru_maxrss / 1024:7.0f}  {process.returncode}{killed}")


if __name__ == "__main__":
    main()
