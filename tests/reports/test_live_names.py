"""What reports call a column of a live database."""

from __future__ import annotations

import pytest

from tutela.engine.errors import Location
from tutela.engine.model import Finding, Severity, Words
from tutela.reports.text import resource_name


@pytest.mark.parametrize(
    ("place", "type_", "name", "expected"),
    [
        ("postgresql://h:5432/shop", "column", "crm.customer.mobile", "shop.crm.customer.mobile"),
        ("postgresql://h/", "column", "crm.customer.mobile", "crm.customer.mobile"),
        ("mysql://h/shop", "column", "shop.customer.mobile", "shop.customer.mobile"),
        ("sqlite:////data/shop.db", "column", "customer.mobile", "shop.customer.mobile"),
        ("duckdb:///shop.duckdb", "table", "main.customer", "shop.main.customer"),
        ("postgresql://h/shop", "file", "postgresql://h/shop", "postgresql://h/shop"),
        ("db/shop.sql", "column", "crm.customer.mobile", "crm.customer.mobile"),
    ],
)
def test_the_name_begins_with_the_database(place: str, type_: str, name: str, expected: str) -> None:
    """A file of statements says no database, and a schema of MySQL is one."""
    finding = Finding("R-1", Severity.HIGH, Words("x", "x"), type_, name, Location(place), (), "0" * 32)

    assert expected == resource_name(finding)
