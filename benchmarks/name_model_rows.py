"""Rows to train the name model on: the columns of public schemas, of the corpus and of the tests that readers labelled.

`name_model_labels.json` has what readers said of the columns of public schemas, by the digest of a table's name and the
places of its columns, so that nothing of the schemas stands there.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tutela.connectors.ddl import read_schema
from tutela.engine.classifier import Classifier
from tutela.engine.errors import InputError
from tutela.engine.guesses import marks_of, silent_places
from tutela.engine.tables import Table
from tutela.taxonomies import load_taxonomy

from .classify_labels import PLACE, case_rows, corpus_rows, fides_fields, hand_labels, says

if TYPE_CHECKING:
    from collections.abc import Iterator

LABELS: Final = Path(__file__).with_name("name_model_labels.json")
LETTERS: Final = {
    "-": "none", "n": "name", "t": "phone", "e": "email", "a": "address", "x": "location", "g": "gender",
    "b": "birthdate", "i": "national_id", "S": "credential", "d": "ip_device", "B": "biometric", "h": "health",
    "r": "religion", "f": "financial", "#": "free_text", "o": "other_personal",
}  # fmt: skip
"""Families of labels by their letter in `name_model_labels.json`.

A digit follows, how sure the reader was: 1 to 3, and 4 to 6 where the column is sensitive.
"""
CONFIDENCE: Final = ("low", "medium", "high")
FAMILIES: Final = {
    "name": "personal.name.full",
    "phone": "personal.contact.phone",
    "email": "personal.contact.email",
    "address": "personal.contact.address",
    "location": "personal.location.precise",
    "gender": "personal.demographic.gender",
    "birthdate": "personal.demographic.birth_date",
    "national_id": "personal.government_id.resident_id",
    "credential": "personal.account.password",
    "ip_device": "personal.device.ip",
    "health": "personal.health.medical_record",
    "religion": "personal.demographic.religion",
    "free_text": "free_text",
    "financial": "personal.transaction.payment",
}
"""The category that stands for a family of labels; others teach only that a column is personal."""
SENSITIVE: Final = {"financial": "personal.financial.bank_account"}
"""And where the label says that it is sensitive."""
SAME: Final = {
    "yudao": "yudao", "corpus yudao-crm-erp": "yudao", "corpus yudao": "yudao",
    "libreehr": "libreehr", "corpus librehealth-ehr": "libreehr",
    "corpus macrozheng-mall": "corpus mall", "corpus berlicrm-vtiger": "corpus vtiger",
    "corpus omop-cdm": "corpus omop",
}  # fmt: skip
"""Names of one schema, which is left out as a whole."""
_ROWS_OF_DUMPS: Final = re.compile(r"\s*(?:insert\s+into|\()", re.IGNORECASE)
_HUMAN: Final = {"high": 2.0, "medium": 0.8, "low": 0.2}


class Example(NamedTuple):
    """A table with what is known of each of its columns."""

    source: str
    table: str
    columns: tuple[tuple[str, str], ...]
    """Names and types."""
    labels: tuple[str, ...]
    weights: tuple[float, ...]
    silent: tuple[bool, ...]
    """Where the rules say nothing, and the model is asked."""
    said: tuple[bool, ...]
    """Where the rules say personal data."""
    marks: tuple[Any, ...]
    """What the model is told of the table, for each column."""


class Rows:
    """Makes examples of schemas and labels, with the rules alone."""

    def __init__(self) -> None:
        self.classifier = Classifier(replace(load_taxonomy(None), model=None))

    def of_readers(self, clones: Path | None) -> Iterator[Example]:
        """The public schemas that readers labelled, where their clones are there."""
        for name, entry in json.loads(LABELS.read_text(encoding="utf-8")).items() if clones else ():
            seen: set[str] = set()
            for table in (table for path in entry["paths"] for table in _of_clone(clones, entry, path)):
                digest = hashlib.sha256(table.name.lower().encode()).hexdigest()[:8]
                codes = entry["tables"].get(digest, "")
                if digest in seen or len(codes) != 2 * len(table.columns):
                    continue
                seen.add(digest)
                digits = [int(digit) - 1 for digit in codes[1::2]]
                sure = tuple(_HUMAN[CONFIDENCE[digit % 3]] for digit in digits)
                labels = tuple(
                    _label(LETTERS[letter], sensitive=digit >= len(CONFIDENCE))
                    for letter, digit in zip(codes[::2], digits, strict=True)
                )
                yield self._example(f"{entry['area']}/{name}", table, labels, sure)

    def of_labels(self) -> Iterator[Example]:
        """The labelled columns of the corpus and the tests."""
        spy: dict[tuple[str, str], list[Any]] = defaultdict(list)
        readers = [hand_labels("yudao", self.classifier), hand_labels("libreehr", self.classifier)]
        readers += [fides_fields(self.classifier), corpus_rows(self.classifier), case_rows(self.classifier)]
        for rows in readers:
            for row in rows:
                spy[row.source, row.found.column.table].append(row)
        for (source, name), rows_ in spy.items():
            table = Table(name=name, columns=tuple(row.found.column for row in rows_), location=PLACE)
            labels = tuple(_label(row.family, sensitive=row.sensitive) for row in rows_)
            less = 0.7 if source == "fides" else 1.0
            weights = tuple(_HUMAN[row.confidence] * less for row in rows_)
            yield self._example(SAME.get(source, source), table, labels, weights)

    def _example(self, source: str, table: Table, labels: tuple[str, ...], weights: tuple[float, ...]) -> Example:
        around, found = self.classifier.survey(table), self.classifier.table(table)
        silent = {*silent_places(found, around)}
        return Example(
            source,
            table.name,
            tuple((column.name, column.data_type) for column in table.columns),
            labels,
            weights,
            tuple(place in silent for place in range(len(found))),
            tuple(says(entry.category) for entry in found),
            tuple(marks_of(around, found, place) for place in range(len(found))),
        )


def _label(family: str, *, sensitive: bool) -> str:
    """The category that a label is learned as."""
    if family == "none":
        return family
    return SENSITIVE[family] if sensitive and family in SENSITIVE else FAMILIES.get(family, "personal")


def _of_clone(clones: Path | None, entry: dict[str, Any], path: str) -> list[Table]:
    """The tables of a file of a bare clone, at the commit that was read, or of a folder; rows of dumps are left out."""
    folder = Path(str(clones)) / entry["repository"].replace("/", "+")
    found = [place for place in (folder / "repo" / ".git", folder / "repo", folder) if (place / "HEAD").exists()]
    if found:
        command = ["git", f"--git-dir={found[0]}", "cat-file", "blob", f"{entry['commit']}:{path}"]
        raw = subprocess.run(command, capture_output=True, check=False).stdout
    elif (folder / path).is_file():
        raw = (folder / path).read_bytes()
    else:
        return []
    text = _text(raw)
    lines = (line for line in text.split("\n") if len(line) < 4000)
    kept = "\n".join(line for line in lines if line.strip() == "(" or not _ROWS_OF_DUMPS.match(line))
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "schema.sql"
        file.write_text(kept, encoding="utf-8")
        return _of_file(file)


def _text(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _of_file(file: Path) -> list[Table]:
    try:
        return list(read_schema(file).tables)
    except InputError:
        return []  # a script without tables
