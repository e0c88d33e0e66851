"""A table that copies another is recognised: by the query that made it, by its name, or by the columns it shares."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from lineage_schemas import CUSTOMER, ORDERS, classify, table, view

NAMES = [column.name for column in CUSTOMER.columns]


def copies(*tables: object, registered: tuple[str, ...] = ()) -> dict[str, str]:
    """The tables that are told to be copies, and of what."""
    found = classify(CUSTOMER, ORDERS, *tables, registered=registered)  # type: ignore[arg-type]
    return {made.path: made.copy_of for made, _ in found.tables if made.copy_of}


@pytest.mark.parametrize(
    "name",
    [
        "crm.customer_bak",
        "crm.customer_bak_20240101",
        "sandbox.tmp_customer",
        "crm.customer20240101",
        "dw.CustomerCopy",
        "crm.bak_customer_2",
        "crm.CUSTOMER_OLD",
    ],
)
def test_names_that_say_copy(name: str) -> None:
    """A word for a copy or a date beside the name of another table, and half of the columns the same."""
    assert {name: "crm.customer"} == copies(table(name, NAMES[:4]))


@pytest.mark.parametrize(
    "name", ["crm.customer_type", "crm.customers_bak", "crm.bak", "crm.tmp_20240101", "crm.customer_1", "crm.supplier"]
)
def test_names_that_do_not(name: str) -> None:
    """Another word, another table, nothing but the word, and a mere number say nothing."""
    assert {} == copies(table(name, NAMES[:4]))


def test_other_columns_are_no_copy() -> None:
    """A name alone is not enough: most columns must be the source's."""
    assert {} == copies(table("crm.tmp_customer", ("id", "rule", "weight", "step")))


def test_partitions_and_views_are_no_copies() -> None:
    """A partition belongs to its table, and a plain view holds nothing."""
    part = replace(table("crm.customer_20240101", NAMES), partition_of="crm.customer")

    assert {} == copies(part, view("crm.customer_copy", ["a"], "select id a from crm.customer"))


def test_what_a_query_made() -> None:
    """A CTAS, a materialised view and a copy through a view copy the table from which most columns come."""
    stored = replace(view("crm.mv", ["m"], "select mobile m from crm.customer"), materialized=True)
    joined = "select c.id, c.mobile, o.amount from crm.customer c join crm.orders o on o.customer_id = c.id"
    made = (
        table("crm.a", ("id", "mobile", "amount"), sql=joined),
        stored,
        view("crm.v", ["full_name"], "select full_name from crm.customer"),
        table("crm.b", ("x",), sql="select full_name as x from crm.v"),
        table("crm.total", ("n",), sql="select count(*) as n from crm.customer"),
    )

    assert {"crm.a": "crm.customer", "crm.mv": "crm.customer", "crm.b": "crm.customer"} == copies(*made)


def test_the_columns_of_a_registered_table() -> None:
    """An unregistered table with exactly the columns of a registered one copies it; without a catalog it does not."""
    twin = table("sandbox.e0455", NAMES)

    assert {} == copies(twin)
    assert {"sandbox.e0455": "crm.customer"} == copies(twin, registered=("crm.customer",))
    assert {} == copies(twin, registered=("crm.customer", "sandbox.e0455"))
    assert {} == copies(table("sandbox.o", ("id", "customer_id", "amount")), registered=("crm.orders",))
