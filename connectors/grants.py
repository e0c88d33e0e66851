"""The rights that a schema gives -> requests: may this right stand?

A right on a table that holds no customer data is nobody's matter here; one on a table that no schema shows may be one
on anything, and is asked about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tutela.engine.findings import Asked
from tutela.engine.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tutela.engine.tables import Grant

LINTER: Final = {"type": "service", "id": "tutela-lint"}
"""Who asks when a schema is linted."""
EVERYTHING: Final = "*"


def ask_grants(grants: Sequence[Grant], categories: Mapping[str, Sequence[str]], as_of: datetime) -> Iterator[Asked]:
    """A `grant` request for every right on customer data and every role that is given.

    `categories` says of each table of the schema (`crm.customer`) what it holds.
    """
    held = {name.lower(): bool(found) for name, found in categories.items()}
    for grant in grants:
        if grant.role or _concerned(grant.dataset.lower(), held):
            yield _ask(grant, as_of)


def _concerned(dataset: str, held: Mapping[str, bool]) -> bool:
    """Whether a right reaches a table that holds customer data, or one that nobody knows."""
    if dataset in held:
        return held[dataset]
    schema, _, name = dataset.rpartition(".")
    if name == EVERYTHING:
        # of tables of one name in several databases, the schema has its database before it
        return any(
            found for table, found in held.items() if schema in ("", EVERYTHING) or _ends(_schema(table), schema)
        )
    # Where one of the two leaves the schema out, the last part decides.
    same = [found for table, found in held.items() if _name(table) == name and "" in (schema, _schema(table))]
    return any(same) or not same


def _schema(table: str) -> str:
    return table.rpartition(".")[0]


def _ends(whole: str, schema: str) -> bool:
    return whole == schema or whole.endswith(f".{schema}")


def _name(table: str) -> str:
    return table.rpartition(".")[2]


def _ask(grant: Grant, as_of: datetime) -> Asked:
    what = grant.role or grant.dataset
    properties: dict[str, Any] = {"grantee": grant.grantee, "privileges": list(grant.privileges)}
    properties |= {key: value for key, value in (("dataset", grant.dataset), ("role", grant.role)) if value}
    resource = {"type": "grant", "id": f"{what} to {grant.grantee}", "properties": properties}
    # The same table may be given to the same person several times, with different rights.
    return Asked(Request(LINTER, "grant", resource, as_of=as_of), grant.location, ", ".join(grant.privileges))
