"""Real schemas of the corpus that were labelled before the classifier first read them; the floors hold what it reaches.

`round` 1 was read before any rule was made for it, and mended after; see benchmarks/README.md for the first figures.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tutela.connectors.ddl import read_schema
from tutela.engine.classifier import Classifier
from tutela.taxonomies import load_taxonomy

if TYPE_CHECKING:
    from tutela.engine.tables import Table

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
CASES = Path(__file__).parent / "cases" / "classify_corpus"
CLASSIFIER = Classifier(load_taxonomy())

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of schemas is not here")


def labelled(file: Path) -> list[tuple[Table, dict[str, str]]]:
    """The tables that a file of labels names, with its labels; columns without one hold nothing personal."""
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    found: dict[str, Table] = {}
    for schema in data["schemas"]:
        for table in read_schema(CORPUS / "schemas" / schema).tables:
            found.setdefault(table.name, table)
    return [(found[name], labels) for name, labels in data["tables"].items()]


@pytest.mark.parametrize("file", sorted(CASES.glob("*.yaml")), ids=lambda file: file.stem)
def test_rows_of_high_confidence(file: Path) -> None:
    """Nearly all personal columns labelled with high confidence are found, and nearly all that is found is right."""
    hits = wrong = missed = sensitive = marked = 0
    for table, labels in labelled(file):
        for entry in CLASSIFIER.table(table):
            label = labels.get(entry.column.name, "none")
            if " " in label:
                continue
            says = (entry.category or "").startswith(("personal", "free_text"))
            hits += says and label != "none"
            wrong += says and label == "none"
            missed += not says and label != "none"
            if label != "none" and CLASSIFIER.is_sensitive(label):
                sensitive += 1
                marked += entry.sensitive

    floors = {"recall": 0.95, "sensitive": 0.98} | yaml.safe_load(file.read_text(encoding="utf-8")).get("floors", {})

    assert hits >= floors["recall"] * (hits + missed)
    assert hits >= 0.95 * (hits + wrong)
    assert marked >= floors["sensitive"] * sensitive


def test_every_label_names_a_column() -> None:
    """A label of a column that is not there would hold nothing."""
    strays = [
        f"{file.stem}: {table.name}.{name}"
        for file in CASES.glob("*.yaml")
        for table, labels in labelled(file)
        for name in set(labels) - {column.name for column in table.columns}
    ]

    assert [] == strays
