# the policies, tables and rows are made here, and nobody else's words are in them
"""What the tests of rewriting share: a small shop, its policies, and who asks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from tutela.engine.authorizer import Authorizer
from tutela.engine.errors import Location
from tutela.engine.loader import Source, load_policies
from tutela.engine.request import Request
from tutela.engine.rewrite import Rewriter
from tutela.engine.statements import Analyser
from tutela.engine.tables import Column, Schema, Table

NOW: Final = datetime(2026, 11, 20, 2, tzinfo=UTC)
SALT: Final = "o'hare \\ sixteen letters"
POLICIES: Final = """
kind: access
id: shop
rules:
  - id: SHOP-1.seen
    effect: allow
    actions: [read]
    target: {resource.type: table}
    when: resource.dataset in ['customer', 'public.customer', 'orders', 'item', 'crm.region']
    obligations: [{kind: log_use}]
  - id: SHOP-2.masked
    effect: allow
    actions: [read]
    target: {resource.type: table}
    when: true == (resource.dataset == 'customer' or resource.dataset == 'public.customer')
    obligations:
      - {kind: mask_columns, args: {categories: [personal.contact.*], mask: partial, keep_first: 3, keep_last: 2}}
      - {kind: mask_columns, args: {categories: [personal.name.full], mask: full}}
      - {kind: mask_columns, args: {categories: [personal.government_id.id_card], mask: hash, salt: {param: shop.salt}}}
      - {kind: mask_columns, args: {columns: [born], mask: truncate, to: year}}
      - {kind: mask_columns, args: {columns: [score], mask: 'null'}}
      - kind: filter_rows
        args:
          row: {owner: string?, region: string?}
          where: (row.owner ?? '') == subject.employee or row.region == 'north'
  - id: SHOP-3.own-orders
    effect: allow
    actions: [read]
    target: {resource.type: table}
    when: resource.dataset == 'orders'
    obligations:
      - {kind: filter_rows, args: {row: {amount: number?}, where: (row.amount ?? 0) < (context.limit ?? 0)}}
"""
VOCABULARY: Final = """
kind: vocabulary
subject: {employee: {type: string, nullable: true}}
resource: {dataset: string}
context: {limit: {type: number, nullable: true}, row_count: {type: number, nullable: true}}
"""
PARAMETERS: Final = f"""
kind: parameters
declare: {{shop.salt: {{type: string}}}}
bind: {{shop.salt: {SALT!r}}}
"""
TABLES: Final = {
    "customer": {
        "id": "INTEGER", "full_name": "VARCHAR(40)", "mobile": "TEXT", "id_card": "TEXT", "born": "DATE",
        "score": "INTEGER", "owner": "TEXT", "region": "TEXT",
    },
    "orders": {"id": "INTEGER", "customer_id": "INTEGER", "amount": "INTEGER", "note": "TEXT"},
    "item": {"id": "INTEGER", "order_id": "INTEGER", "label": "TEXT"},
}  # fmt: skip
CATEGORIES: Final = {
    "full_name": "personal.name.full", "mobile": "personal.contact.phone.mobile",
    "id_card": "personal.government_id.id_card",
}  # fmt: skip


def table(name: str, columns: dict[str, str], schema: str = "", **more: str) -> Table:
    """A table of some columns."""
    place = Location("shop.sql")
    made = tuple(
        Column(table=name, schema=schema, name=column, data_type=of, location=place) for column, of in columns.items()
    )
    query = more.get("sql", "")
    return Table(name=name, schema=schema, columns=made, location=place, kind="view" if query else "table", sql=query)


def rewriter(
    dialect: str,
    *more: Table,
    policies: str = POLICIES,
    classified: bool = True,
    heirs: tuple[tuple[str, str], ...] = (),
) -> Rewriter:
    """A rewriter over the shop."""
    tables = (*(table(name, columns) for name, columns in TABLES.items()), *more)
    schema = Schema(tables=tables, dialect=dialect, heirs=heirs)
    sources = [
        Source("shop.yaml", policies),
        Source("words.yaml", VOCABULARY.lstrip()),
        Source("values.yaml", PARAMETERS.lstrip()),
    ]
    categories: dict[str, dict[str, str | None]] = {
        each.path.lower(): {column.name.lower(): CATEGORIES.get(column.name.lower()) for column in each.columns}
        for each in schema.tables
    }
    pdp = Authorizer(load_policies(sources))
    return Rewriter(pdp, Analyser(schema, dialect), categories if classified else {})


def ask(employee: str | None = "E1", **context: object) -> Request:
    """A request of an employee."""
    properties = {} if employee is None else {"employee": employee}
    subject = {"type": "employee", "id": "E1", "properties": properties}
    return Request(subject, "read", {"type": "table", "id": "any"}, {"limit": 50, **context}, as_of=NOW)
