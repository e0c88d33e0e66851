"""How well columns are classified: recall and precision against labels, by category, and where it is wrong.

`python -m benchmarks.classify` prints the figures; `--misses` the columns that are wrong, `--read SCHEMA` everything
that is said of a schema without labels.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tutela.connectors.ddl import read_schema
from tutela.engine.classifier import Classifier
from tutela.engine.errors import Location
from tutela.engine.tables import Column, Table
from tutela.taxonomies import load_taxonomy

from .classify_labels import CORPUS, LABELLED, Row, case_rows, corpus_rows, family_of, fides_fields, hand_labels
from .classify_twins import STYLES, twin_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GOALS: Final = "goals: recall 0.95, precision 0.95, sensitive recall 0.98 on yudao and libreehr, high confidence"
STEPS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.01)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.classify", description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list the columns that are wrong")
    parser.add_argument("--only", help="one source of labels: yudao, libreehr, fides or the name of a case file")
    parser.add_argument("--read", metavar="FOLDER", help="print what is said of a schema of the corpus, labels or not")
    parser.add_argument("--twins", action="store_true", help="only the pinyin twins of schemas with Chinese comments")
    options = parser.parse_args(arguments)
    classifier = Classifier(load_taxonomy(None))
    if options.read:
        _read(options.read, classifier)
        return
    if options.twins:
        _twins(classifier, options.only, misses=options.misses)
        return
    rows = [row for row in _rows(classifier) if options.only in (None, row.source)]
    if options.misses:
        _misses(rows)
    else:
        _figures(rows)
        _twins(classifier, options.only, misses=False)
        _speed(classifier)


def _rows(classifier: Classifier) -> Iterable[Row]:
    if CORPUS.exists():
        for name in LABELLED:
            yield from hand_labels(name, classifier)
        yield from fides_fields(classifier)
        yield from corpus_rows(classifier)
    else:
        print(f"no corpus at {CORPUS}: only the schemas of the tests are measured", file=sys.stderr)
    yield from case_rows(classifier)


def _figures(rows: list[Row]) -> None:
    heads = ("recall", "precis.", "category", "sens. recall", "sens. prec.")
    print(f"{'':28}{'columns':>8}{'personal':>9}" + "".join(f"{head:>14}" for head in heads))
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.confidence != "low":
            groups[f"{row.source}, {row.confidence}"].append(row)
            if row.confidence == "high" and row.source not in (*LABELLED, "fides"):
                groups["the tests' labels, high"].append(row)
    for name, group in groups.items():
        _line(name, group)
    print(f"{GOALS}\n")
    for name in ("yudao, high", "libreehr, high", "fides, high", "the tests' labels, high"):
        _families(name, groups.get(name, []))
    _calibration([row for row in rows if row.confidence == "high" and row.source != "fides"])


def _twins(classifier: Classifier, only: str | None, *, misses: bool) -> None:
    """The figures of the pinyin twins; without pypinyin there are none."""
    if find_spec("pypinyin") is None:
        print("no pypinyin: pinyin twins are not measured", file=sys.stderr)
        return
    for style in STYLES:
        rows = [row for row in twin_rows(classifier, style) if row.confidence == "high"]
        rows = [row for row in rows if only in (None, row.source.removesuffix(f" {style}"))]
        if misses:
            _misses(rows)
            continue
        groups: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            groups[row.source].append(row)
        for name, group in groups.items():
            _line(name, group)
        _line(f"ALL TWINS, {style}", rows)
    print()


def _line(name: str, rows: list[Row]) -> None:
    labelled = [row for row in rows if row.labelled]
    reported = [row for row in rows if row.reported]
    sensitive = [row for row in rows if row.sensitive]
    marked = [row for row in rows if row.found.sensitive]
    figures = (
        _share(row.reported for row in labelled),
        _share(row.labelled for row in reported),
        _share(row.right for row in reported if row.labelled),
        _share(row.found.sensitive for row in sensitive),
        _share(row.sensitive for row in marked),
    )
    print(f"{name:28}{len(rows):>8}{len(labelled):>9}" + "".join(f"{figure:>14}" for figure in figures))


def _families(name: str, rows: list[Row]) -> None:
    """By category: how many of a label's columns are found with it, how many columns with it are labelled so."""
    print(name)
    wanted: dict[str, list[bool]] = defaultdict(list)
    said: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row.labelled:
            wanted[row.family].append(row.right)
        if row.reported:
            said[row.family if row.right else family_of(str(row.found.category))].append(row.right)
    for family in sorted({*wanted, *said}):
        recall, precision = _share(wanted[family]), _share(said[family])
        print(f"  {family:34}{len(wanted[family]):>5}  recall {recall:>5}  precision {precision:>5}")
    print()


def _calibration(rows: list[Row]) -> None:
    """How often an answer of some confidence is right: personal or not, as labelled."""
    print("confidence of the answer, all high rows but fides: how often personal or not is right")
    for low, high in pairwise(STEPS):
        for kind, wanted in (("reported", True), ("not reported", False)):
            inside = [row for row in rows if row.reported is wanted and low <= row.found.confidence < high]
            if inside:
                share = _share(row.reported == row.labelled for row in inside)
                print(f"  {low:.1f} to {min(high, 1):.1f}  {kind:13}{len(inside):>6}  right {share}")
    print()


def _misses(rows: list[Row]) -> None:
    for row in rows:
        if row.confidence == "low" or (row.reported == row.labelled and (not row.labelled or row.right)):
            continue
        kind = "MISSED" if not row.reported else "WRONG " if not row.labelled else "other "
        found = row.found
        column = found.column
        where = f"{row.source} {row.confidence[0]} {column.table}.{column.name} {column.data_type}"
        said = f"{found.category} {found.confidence} {found.evidence}"
        print(f"{kind} {where} `{column.comment[:30]}` is {row.family}, said {said}")


def _read(folder: str, classifier: Classifier) -> None:
    for table in read_schema(CORPUS / "schemas" / folder).tables:
        print(f"## {table.path} {table.comment}")
        for found in classifier.table(table):
            mark = f"{found.category} {found.confidence} {'; '.join(found.evidence)}" if found.category else "-"
            print(f"   {found.column.name} {found.column.data_type} {found.column.comment[:40]}: {mark}")


def _speed(classifier: Classifier) -> None:
    """The time of 2,000 tables of 20 columns."""
    names = ["id", "name", "cust_mobile", "create_time", "remark", "status", "sfzhm", "amount", "order_no", "user_id"]
    place = Location("speed")
    tables = [
        Table(
            name=f"t_{at % 97}_customer_{at}",
            location=place,
            columns=tuple(
                Column(
                    table="t",
                    name=f"{name}_{at % 7}{turn}",
                    location=place,
                    data_type="varchar",
                    comment="客户的手机号",
                )
                for name in names
                for turn in "ab"
            ),
        )
        for at in range(2000)
    ]
    start = time.process_time()
    for table in tables:
        classifier.table(table)
    print(f"40,000 columns in {time.process_time() - start:.2f} s")


def _share(values: Iterable[bool]) -> str:
    found = list(values)
    return f"{sum(found) / len(found):.3f}" if found else "-"


if __name__ == "__main__":
    main()
