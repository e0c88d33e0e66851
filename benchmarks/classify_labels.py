"""Labelled columns: the corpus's hand labels, its fideslang fields, and the schemas of the tests.

Labels of the corpus name coarse families (`phone`, `health`); `FAMILIES` says which of our categories each accepts. A
fideslang category stands for those of ours whose `fideslang` key (in ../shared/domain/taxonomy.yaml) is that category
or below it; `user` and what no key of ours mentions accept every personal category; `system` and no category are none.
Labels of the tests are categories of ours, with a confidence that is not high behind them: `free_text medium`.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import yaml

from tutela.connectors.ddl import read_schema
from tutela.engine.errors import Location
from tutela.engine.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tutela.engine.classifier import Classified

ROOT: Final = Path(__file__).parents[1]
SHARED: Final = ROOT.parent / "shared"
CORPUS: Final = SHARED / "corpus"
CASES: Final = ROOT / "tests" / "engine" / "cases" / "classify"
CORPUS_CASES: Final = CASES.with_name("classify_corpus")
PLACE: Final = Location("labels")
LABELLED: Final = {
    "yudao": (
        "yudao_crm_system.csv",
        ("yudao-crm-erp/mysql/crm-2024-09-30.sql", "yudao/mysql/ruoyi-vue-pro.sql"),
    ),
    "libreehr": ("libreehr.csv", ("librehealth-ehr/database.sql",)),
}
"""The hand-labelled schemas: their labels, and the DDL from which the columns are read."""
FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "name": ("personal.name", "personal.account.nickname", "personal.family"),
    "phone": ("personal.contact.phone", "personal.contact.fax", "personal.contact.emergency"),
    "email": ("personal.contact.email",),
    "address": ("personal.contact.address", "personal.contact.postcode", "personal.location.coarse"),
    "location": ("personal.location",),
    "gender": ("personal.demographic.gender",),
    "birthdate": ("personal.demographic.birth_date", "personal.demographic.age"),
    "national_id": ("personal.government_id",),
    "credential": ("personal.account", "system.credential"),
    "ip_device": ("personal.device",),
    "biometric": ("personal.biometric",),
    "health": ("personal.health", "free_text"),
    "religion": ("personal.demographic.religion",),
    "financial": ("personal.financial", "personal.transaction"),
    "free_text": ("free_text", "personal.communication", "personal.transaction.review"),
    "other_personal": ("personal",),
}


class Answers(Protocol):
    """What classifies tables: the classifier, or one that sees other names."""

    is_sensitive: Callable[[str], bool]

    def table(self, table: Table) -> list[Classified]:
        """Classify every column of a table, in its order."""
        ...


class Row(NamedTuple):
    """A labelled column and what the classifier says of it."""

    source: str
    confidence: str
    family: str
    """The label; `none` for what is not personal."""
    accepts: tuple[str, ...]
    """The categories (or what they start with) that are right."""
    sensitive: bool
    found: Classified

    @property
    def labelled(self) -> bool:
        """The label says personal data or free text."""
        return self.family != "none"

    @property
    def reported(self) -> bool:
        """The classifier says personal data, free text or a credential."""
        return says(self.found.category)

    @property
    def right(self) -> bool:
        """The category is one that the label accepts."""
        return self.reported and (self.found.category or "").startswith(self.accepts)


def says(category: str | None) -> bool:
    """Tell whether a category counts as a report of personal data."""
    return bool(category) and str(category).startswith(("personal", "free_text"))


def family_of(category: str) -> str:
    """The family of labels to which a category of ours belongs."""
    homes = [
        (len(prefix), -place, name)
        for place, (name, prefixes) in enumerate(FAMILIES.items())
        for prefix in prefixes
        if category.startswith(prefix)
    ]
    return max(homes)[2]


def hand_labels(name: str, classifier: Answers) -> Iterator[Row]:
    """The rows of one hand-labelled schema, classified in the real DDL."""
    labels, schemas = LABELLED[name]
    found: dict[tuple[str, str], Classified] = {}
    for schema in schemas:
        for table in read_schema(CORPUS / "schemas" / schema).tables:
            for entry in classifier.table(table):
                found[table.name.lower(), entry.column.name.lower()] = entry
    with (CORPUS / "labels" / labels).open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            entry = found[row["table"].lower(), row["column"].lower()]
            family = row["category"]
            yield Row(name, row["confidence"], family, FAMILIES.get(family, ()), row["sensitive"] == "yes", entry)


def fides_fields(classifier: Answers) -> Iterator[Row]:
    """The fields of fides' data sets: a collection is a table; keys are written apart from names there."""
    known = _fideslang()
    with (CORPUS / "pii" / "fides_labelled_fields.csv").open(encoding="utf-8") as stream:
        tables: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
        for row in csv.DictReader(stream):
            if row["data_categories"]:
                tables[row["dataset"], row["collection"]].append(row)
    for (_, collection), rows in tables.items():
        columns = tuple(Column(table=collection, name=row["field"], location=PLACE) for row in rows)
        for entry, row in zip(
            classifier.table(Table(name=collection, columns=columns, location=PLACE)), rows, strict=True
        ):
            label = next((part for part in row["data_categories"].split(";") if part.startswith("user")), "none")
            accepts = _accepted(label, known)
            family = family_of(accepts[0]) if accepts else "none"
            yield Row("fides", "high", family, accepts, sensitive=False, found=entry)


def _fideslang() -> list[tuple[str, str]]:
    """Our categories with their fideslang category."""
    data: dict[str, Any] = yaml.safe_load((SHARED / "domain" / "taxonomy.yaml").read_text(encoding="utf-8"))
    return [(entry["key"], entry["fideslang"]) for entry in data["categories"] if entry.get("fideslang")]


def _accepted(label: str, known: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    if label == "none":
        return ()
    keys = [key for key, other in known if other == label or other.startswith(f"{label}.")]
    return tuple(keys) or ("personal", "free_text")


def case_tables(file: Path) -> Iterator[tuple[Table, list[str]]]:
    """The tables of a file of cases, with the category that each column should have."""
    for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["tables"]:
        columns = tuple(
            Column(table=entry["name"], name=name, location=PLACE, data_type=type_, comment=comment)
            for name, type_, comment, _ in entry["columns"]
        )
        table = Table(name=entry["name"], comment=entry.get("comment", ""), columns=columns, location=PLACE)
        yield table, [wanted for *_, wanted in entry["columns"]]


def case_rows(classifier: Answers) -> Iterator[Row]:
    """The small schemas of the tests; a label there is a category, and its group of the taxonomy is right enough."""
    for file in sorted(CASES.glob("*.yaml")):
        yield from file_rows(file, classifier)


def file_rows(file: Path, classifier: Answers) -> Iterator[Row]:
    """The rows of one file of cases."""
    for table, wanted in case_tables(file):
        yield from _labelled(file.stem, table, wanted, classifier)


def corpus_tables(file: Path) -> Iterator[tuple[Table, list[str]]]:
    """The tables of the corpus that a file of labels names; a column that it does not name holds nothing personal."""
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    found: dict[str, Table] = {}
    for schema in data["schemas"]:
        for table in read_schema(CORPUS / "schemas" / schema).tables:
            found.setdefault(table.name, table)
    for name, labels in data["tables"].items():
        yield found[name], [labels.get(column.name, "none") for column in found[name].columns]


def corpus_rows(classifier: Answers) -> Iterator[Row]:
    """Real schemas of the corpus, labelled in the tests."""
    for file in sorted(CORPUS_CASES.glob("*.yaml")):
        yield from corpus_file_rows(file, classifier)


def corpus_file_rows(file: Path, classifier: Answers) -> Iterator[Row]:
    """The rows of one file of labels of the corpus."""
    for table, wanted in corpus_tables(file):
        yield from _labelled(f"corpus {file.stem}", table, wanted, classifier)


def _labelled(source: str, table: Table, wanted: Iterable[str], classifier: Answers) -> Iterator[Row]:
    for entry, text in zip(classifier.table(table), wanted, strict=True):
        label, _, confidence = text.partition(" ")
        family = "none" if label == "none" else family_of(label)
        accepts = () if label == "none" else (*FAMILIES[family], ".".join(label.split(".")[:2]))
        sensitive = label != "none" and classifier.is_sensitive(label)
        yield Row(source, confidence or "high", family, accepts, sensitive, entry)
