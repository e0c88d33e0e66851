"""Schemas and the classifier that the tests of lineage share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tutela.engine.classifier import Classifier
from tutela.engine.documents import read_document
from tutela.engine.errors import Location
from tutela.engine.lineage import SchemaClassifier
from tutela.engine.lineage_rules import LineageRules
from tutela.engine.tables import Column, Schema, Table
from tutela.engine.taxonomy import Taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tutela.engine.classifier import Classified
    from tutela.engine.documents import Document
    from tutela.engine.lineage import Classification

POLICIES = Path(__file__).parents[2] / "policies"
PLACE = Location("s.sql", 1, 1)


def _read(name: str) -> Document:
    return read_document((POLICIES / name).read_text(encoding="utf-8"), name)


TAXONOMY = Taxonomy.from_data(_read("taxonomy.yaml").data)
RULES = LineageRules.from_document(_read("lineage.yaml"), TAXONOMY)


def table(path: str, columns: Iterable[str], **more: object) -> Table:
    """A table with these columns; `crm.customer` or `customer`."""
    schema, _, name = path.rpartition(".")
    made = tuple(Column(table=name, schema=schema, name=column, location=PLACE) for column in columns)
    return Table(name=name, schema=schema, columns=made, location=PLACE, **more)  # type: ignore[arg-type]


def view(path: str, columns: Iterable[str], sql: str) -> Table:
    """A view with these columns."""
    return table(path, columns, kind="view", sql=sql)


CUSTOMER = table(
    "crm.customer",
    ("id", "full_name", "mobile", "birth_date", "id_card_no", "address", "diagnosis", "postcode", "x1"),
)
ORDERS = table("crm.orders", ("id", "customer_id", "amount"))


def classify(
    *tables: Table,
    dialect: str = "postgres",
    rules: LineageRules = RULES,
    declared: Mapping[tuple[str, str], str | None] | None = None,
    registered: Iterable[str] = (),
) -> Classification:
    """Classify a schema of these tables."""
    classifier = SchemaClassifier(
        Classifier(TAXONOMY), rules, TAXONOMY, "pipl_strict", declared=declared, registered=registered
    )
    return classifier.classify(Schema(tables=tables, dialect=dialect))


def columns_of(found: Classification, path: str) -> dict[str, Classified]:
    """The columns of one table by name."""
    return {column.column.name: column for table, columns in found.tables if table.path == path for column in columns}
