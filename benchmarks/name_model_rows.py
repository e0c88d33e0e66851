"""Rows to train the name model on: public schemas labelled by readers, or by their comments, and their twins.

`name_model_labels.json` has what readers said of the columns of public schemas, by the digest of a table's name and the
places of its columns, so that nothing of the schemas stands there. In others, a column with a Chinese comment has the
category that the rules find with it; what is trained on is its name, its type and its table without. Columns without
comments count where the rules know their names, or where a table without persons says nothing of them.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from tutela.connectors.ddl import read_schema
from tutela.engine.classifier import Classified, Classifier
from tutela.engine.errors import InputError
from tutela.engine.guesses import marks_of, silent_places
from tutela.engine.tables import Column, Table
from tutela.taxonomies import load_taxonomy

from .classify_labels import CORPUS, PLACE, case_rows, corpus_rows, fides_fields, hand_labels, says
from .classify_twins import STYLES, twin_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SOURCES: Final = Path(__file__).with_name("name_model_sources.yaml")
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
}
"""The category that stands for a family of labels; others teach only that a column is personal."""
SAME: Final = {
    "yudao": "yudao", "corpus yudao-crm-erp": "yudao", "corpus yudao": "yudao",
    "libreehr": "libreehr", "corpus librehealth-ehr": "libreehr",
    "corpus macrozheng-mall": "corpus mall", "corpus berlicrm-vtiger": "corpus vtiger",
    "MIT-LCP/mimic-code": "corpus mimic",
    "corpus omop-cdm": "corpus omop", "OHDSI/CommonDataModel": "corpus omop",
}  # fmt: skip
"""Names of one schema, which is left out as a whole."""
_CLINICAL: Final = re.compile(
    "oscar|freemed|openmrs|openelis|mimic|eicu|hospital|librehealth|his|lmis|omop|dhis|i2b2|CommonData", re.IGNORECASE
)
"""Sources where a name of which the rules know nothing may well be health data: no examples of what is not."""
_ROWS_OF_DUMPS: Final = re.compile(r"\s*(?:insert\s+into|\()", re.IGNORECASE)
_SURELY_SILENT: Final = 0.95
_MOST: Final = 200
_SEED: Final = 7
_ENOUGH: Final = 4
_VOWELS: Final = re.compile(r"(?<=\w)[aeiou]")
_HUMAN: Final = {"high": 2.0, "medium": 0.8, "low": 0.2}


class Example(NamedTuple):
    """A table with what is known of each of its columns."""

    source: str
    kind: str
    """`label`: by a reader; otherwise what was done to the names."""
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
        self._random = random.Random(_SEED)

    def of_sources(self, clones: Path | None) -> Iterator[Example]:
        """The examples of the corpus and of all clones that are there."""
        seen: set[tuple[str, ...]] = set()
        for source, tables in _schemas(clones):
            for table in tables:
                key = tuple(sorted(column.name.lower() for column in table.columns))
                if key not in seen and len(key) > 2:
                    seen.add(key)
                    yield from self._of_table(SAME.get(source, source), table)

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
                families = [LETTERS[letter] for letter in codes[::2]]
                sure = [_HUMAN[CONFIDENCE[(int(digit) - 1) % 3]] for digit in codes[1::2]]
                labels = tuple("none" if one == "none" else FAMILIES.get(one, "personal") for one in families)
                yield self._example(f"{entry['area']}/{name}", "label", table, labels, tuple(sure))

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
            labels = tuple("none" if row.family == "none" else FAMILIES.get(row.family, "personal") for row in rows_)
            less = 0.7 if source == "fides" else 1.0
            weights = tuple(_HUMAN[row.confidence] * less for row in rows_)
            yield self._example(SAME.get(source, source), "label", table, labels, weights)

    def _example(
        self, source: str, kind: str, table: Table, labels: tuple[str, ...], weights: tuple[float, ...]
    ) -> Example:
        around, found = self.classifier.survey(table), self.classifier.table(table)
        silent = {*silent_places(found, around)}
        return Example(
            source,
            kind,
            table.name,
            tuple((column.name, column.data_type) for column in table.columns),
            labels,
            weights,
            tuple(place in silent for place in range(len(found))),
            tuple(says(entry.category) for entry in found),
            tuple(marks_of(around, found, place) for place in range(len(found))),
        )

    def _of_table(self, source: str, table: Table) -> Iterator[Example]:
        columns = tuple((column.name, column.data_type) for column in table.columns[:_MOST])
        told = self.classifier.table(table)[:_MOST]
        bare = self.classifier.table(_bare(table.name, columns))
        pairs = [self._label(*both, clinical=bool(_CLINICAL.search(source))) for both in zip(told, bare, strict=True)]
        labels, weights = tuple(label for label, _ in pairs), tuple(weight for _, weight in pairs)
        yield self._example(source, "plain", _bare(table.name, columns), labels, weights)
        if any(label != "none" for label in labels):
            for kind, write in (("glued", _glued), ("abbreviated", self._abbreviated)):
                names = tuple((write(name), data_type) for name, data_type in columns)
                less = tuple(weight * 0.4 for weight in weights)
                yield self._example(source, kind, _bare(write(table.name), names), labels, less)
        yield from self._twins(source, table, told)

    def _label(self, told: Classified, bare: Classified, *, clinical: bool) -> tuple[str, float]:
        comment = told.column.comment
        if comment and (not comment.isascii() or _label(told) != "none"):
            return _label(told), 1.0
        if _label(bare) != "none":
            return _label(bare), 0.5
        sure = bare.confidence >= _SURELY_SILENT and not clinical
        return "none", 0.3 if sure or comment else 0.0

    def _twins(self, source: str, table: Table, told: list[Classified]) -> Iterator[Example]:
        chinese = [entry for entry in told if not entry.column.comment.isascii()]
        if len(chinese) < _ENOUGH or find_spec("pypinyin") is None:
            return
        for style in STYLES:
            named = [(twin_name(entry.column.comment, style), entry) for entry in chinese]
            kept = [(name, entry) for name, entry in named if name]
            if len(kept) >= _ENOUGH:
                columns = tuple((name, entry.column.data_type) for name, entry in kept)
                weight = 0.6 if style.startswith("full") else 0.3
                title = twin_name(table.comment, style) or table.name
                labels = tuple(_label(entry) for _, entry in kept)
                yield self._example(source, style, _bare(title, columns), labels, (weight,) * len(kept))

    def _abbreviated(self, name: str) -> str:
        parts = re.split(r"_|(?<=[a-z])(?=[A-Z])", name)
        return ("_" if self._random.random() < 0.5 else "").join(map(self._short, parts))

    def _short(self, word: str) -> str:
        way = self._random.random()
        if len(word) <= _ENOUGH or way >= 0.6:
            return word.lower()
        cut = word[: self._random.choice((3, 4))] if way < 0.35 else word[0] + _VOWELS.sub("", word[1:])
        return cut.lower()


def _glued(name: str) -> str:
    return re.sub(r"[_\W]", "", name).lower()


def _label(entry: Classified) -> str:
    """The category to three parts; `none` for what is not personal."""
    return ".".join(str(entry.category).split(".")[:3]) if says(entry.category) else "none"


def _bare(name: str, columns: Iterable[tuple[str, str]]) -> Table:
    cells = tuple(Column(table=name, name=each, location=PLACE, data_type=data_type) for each, data_type in columns)
    return Table(name=name, columns=cells, location=PLACE)


def _schemas(clones: Path | None) -> Iterator[tuple[str, list[Table]]]:
    for entry in yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"] if clones else ():
        yield entry["repository"], [table for path in entry["paths"] for table in _of_clone(clones, entry, path)]
    for folder in sorted((CORPUS / "schemas").iterdir()) if CORPUS.exists() else ():
        yield f"corpus {folder.name}", [table for file in sorted(folder.rglob("*.sql")) for table in _of_file(file)]


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
