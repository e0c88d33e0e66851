"""Sampling real servers: in the read-only session, and failing whole where a table may not be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.live import LiveOptions, read_live
from tutela.connectors.sample_live import live_sampler
from tutela.connectors.validators import load_validators
from tutela.engine.errors import InputError
from tutela.engine.sampling import Sampling
from tutela.project import Project, load_classifier
from tutela.taxonomies import load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPT = """CREATE TABLE "T 1" (k int PRIMARY KEY, x1 varchar(60), x2 bigint);
INSERT INTO "T 1" SELECT n, concat('a', n, '@example.com'), 13800000000 + n FROM numbers;
CREATE MATERIALIZED VIEW m AS SELECT upper(x1) AS a FROM "T 1";
"""
NUMBERS = (
    "CREATE VIEW numbers AS SELECT 1 AS n UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6;"
)


def categories(address: str) -> dict[str, str | None]:
    """The category of each column when values are looked at."""
    with live_sampler(address, LiveOptions()) as sampler:
        sampling = Sampling(sampler, load_validators(load_taxonomy()), 50)
        found = load_classifier(Project(Path()), None).classify(read_live(address), sampling)
    return {f"{table.name}.{column.column.name}": column.category for table, column in found.columns()}


def test_postgres(postgres: Callable[[str, str], str]) -> None:
    """PostgreSQL: names in quotes, numbers as numbers, and what flows on into a materialised view."""
    found = categories(address := postgres("sampled", NUMBERS + SCRIPT))
    (kept,) = (table for table in read_live(address).tables if table.name == "m")

    assert ("personal.contact.email", None) == (found["T 1.x1"], found["T 1.x2"])
    assert "personal.contact.email" == found["m.a"]
    assert kept.materialized


def test_a_column_of_a_composite_type(postgres: Callable[[str, str], str]) -> None:
    """Its attributes are no columns that could be asked for."""
    found = categories(postgres("composed", "CREATE TYPE home AS (phone text); CREATE TABLE t (x1 home)"))

    assert "personal.contact.phone" == found["t.x1.phone"]


def test_mariadb(mariadb: Callable[[str], str]) -> None:
    """MariaDB: the same, with its quotes."""
    script = "CREATE DATABASE sampled; USE sampled;" + (
        NUMBERS + SCRIPT.split("CREATE MATERIALIZED", maxsplit=1)[0]
    ).replace('"', "`")
    found = categories(mariadb(script))

    assert ("personal.contact.email", None) == (found["T 1.x1"], found["T 1.x2"])


def test_a_table_that_may_not_be_read(postgres: Callable[[str, str], str]) -> None:
    """An account that may not read a table is told, without the words of the server."""
    address = postgres("unread", "CREATE TABLE t (x1 text); CREATE ROLE nobody_reads LOGIN;")
    with pytest.raises(InputError) as caught:
        categories(address.replace("postgres@", "nobody_reads@"))

    assert ["sample-failed"] == [problem.code for problem in caught.value.problems]
    assert "InsufficientPrivilege" in caught.value.problems[0].message()
