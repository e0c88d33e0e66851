"""What the catalog wants of a table that holds customers, or records about them, and what its columns are.

The catalog says what a table holds and which column plays which part; a connector says which columns there are.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_catalog import key_of
from .facts_collection import kept_as
from .known import View, texts
from .shapes_data import PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping

CUSTOMER_SYSTEM: Final = "customer_system"


class StructureView(View):
    """A table as it is defined: `dataset`, its `columns`, those that are `not_null`, those that are `tagged`."""

    @cached_property
    def _entry(self) -> Mapping[str, Any]:
        name = str(self.stated.get("dataset") or self.stated["id"])
        return self.world.catalog.dataset(name) or {}

    def _stated(self, name: str) -> frozenset[str]:
        """Columns that the connector lists; KeyError when it does not: nothing is known then."""
        return frozenset(key_of(column) for column in texts(self.stated[name]))

    @cached_property
    def _parts(self) -> Mapping[str, str]:
        """Part -> the column that is declared to play it and that the table has."""
        there = self._stated("columns")
        declared = self._entry.get("parts", {})
        return {part: key_of(name) for part, name in declared.items() if key_of(name) in there}

    def dataset(self) -> str:
        """The table, as the catalog writes it."""
        return str(self._entry.get("dataset") or self.stated.get("dataset") or self.stated["id"])

    def kinds(self) -> list[str]:
        """What the catalog says its rows are."""
        return list(self._entry.get("holds", ()))

    def absent_parts(self) -> list[str]:
        """Parts that no column of the table plays."""
        return [part for part in PARTS if part not in self._parts]

    def unfilled_parts(self) -> list[str]:
        """Parts that not every row has: no column plays them, or one that may be left empty."""
        filled = self._stated("not_null")
        return [part for part in PARTS if self._parts.get(part) not in filled]

    def optional_mandatory(self) -> list[str]:
        """Mandatory columns that may be left empty, or that the table lacks."""
        filled = self._stated("not_null")
        return [name for name in self._entry.get("mandatory", ()) if key_of(name) not in filled]

    def mandatory_listed(self) -> bool:
        """The catalog says which columns every row has to fill."""
        return bool(self._entry.get("mandatory"))

    def steward_active(self) -> bool:
        """A person in service keeps the rows complete and right."""
        return self.world.people.serves(self._entry.get("steward"), self._now)

    def unclassified_columns(self) -> list[str]:
        """Columns for which neither the catalog nor a tag has a category with a level, or says that there is none."""
        catalog, tagged = self.world.catalog, self._stated("tagged")
        declared: Mapping[str, dict[str, Any]] = catalog.names(self._entry) if self._entry else {}
        said = {name: column["category"] for name, column in declared.items() if "category" in column}
        known = {name for name, category in said.items() if category is None or catalog.has_level(category)}
        return sorted(self._stated("columns") - known - tagged)

    def categories(self) -> list[str]:
        """What its columns are declared to hold."""
        declared: Mapping[str, dict[str, Any]] = self.world.catalog.names(self._entry) if self._entry else {}
        return list(dict.fromkeys(column["category"] for column in declared.values() if column.get("category")))

    def gated(self) -> bool:
        """The catalog says which roles may read it."""
        return any(self._entry.get("access", {}).get("read", ()))

    def in_customer_system(self) -> bool:
        """It stands in a registered customer system; no register of systems asks nothing."""
        catalog = self.world.catalog
        system = catalog.systems.get(str(self._entry.get("system", "")), {})
        return not catalog.lists_systems or system.get("kind") == CUSTOMER_SYSTEM

    def kept_as(self) -> str:
        """The data set whose schedule counts: its own or that which it copies."""
        return kept_as(self.world.catalog, self._entry)
