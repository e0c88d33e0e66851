"""Small invented schemas with a label on every column: only what they list as known is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tutela.engine.classifier import Classifier
from tutela.engine.errors import Location
from tutela.engine.tables import Column, Table
from tutela.taxonomies import load_taxonomy

CASES = Path(__file__).parent / "cases" / "classify"
PLACE = Location("case.sql", 1, 1)
CLASSIFIER = Classifier(load_taxonomy())


def tables(file: str) -> list[tuple[Table, list[str]]]:
    """The tables of a case with the category that each column should have."""
    data: dict[str, Any] = yaml.safe_load((CASES / file).read_text(encoding="utf-8"))
    found: list[tuple[Table, list[str]]] = []
    for entry in data["tables"]:
        columns = tuple(
            Column(table=entry["name"], name=name, location=PLACE, data_type=type_, comment=comment)
            for name, type_, comment, _ in entry["columns"]
        )
        table = Table(name=entry["name"], comment=entry.get("comment", ""), columns=columns, location=PLACE)
        found.append((table, [wanted for *_, wanted in entry["columns"]]))
    return found


@pytest.mark.parametrize("file", sorted(path.name for path in CASES.glob("*.yaml")))
def test_only_what_is_known_is_wrong(file: str) -> None:
    """Every personal column is found and nothing else, but for `known` ones and those labelled without confidence."""
    known = yaml.safe_load((CASES / file).read_text(encoding="utf-8")).get("known", [])
    wrong = [
        f"{table.name}.{entry.column.name}"
        for table, wanted in tables(file)
        for entry, label in zip(CLASSIFIER.table(table), wanted, strict=True)
        if " " not in label and (label == "none") is (entry.category or "").startswith(("personal", "free_text"))
    ]

    assert known == wrong


def test_the_category_is_of_the_right_group() -> None:
    """Of the columns that are found, 95 of 100 have a category of the group that the label names."""
    right = found = 0
    for file in CASES.glob("*.yaml"):
        for table, wanted in tables(file.name):
            for entry, label in zip(CLASSIFIER.table(table), wanted, strict=True):
                if label[:4] != "none" and entry.category:
                    found += 1
                    right += entry.category.split(".")[:2] == label.split()[0].split(".")[:2]

    assert found > 300
    assert right >= 0.93 * found
