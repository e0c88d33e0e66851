"""What was measured of records, and of which changes customers were told: indexed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .facts_catalog import Catalog


class Measured:
    """Look-ups in `quality_reports` and `change_notices`."""

    def __init__(self, registers: Mapping[str, Sequence[Any]], catalog: Catalog) -> None:
        self._catalog = catalog
        self._reports: dict[str, list[dict[str, Any]]] = {}
        for entry in registers.get("quality_reports", ()):
            self._reports.setdefault(catalog.key(entry["dataset"]), []).append(entry)
        self.notices: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in registers.get("change_notices", ())}
        self.by_event: dict[str, str] = {
            event: entry["id"] for entry in self.notices.values() for event in entry.get("event_ids", ())
        }
        """Event of a log -> the notice of the change that it made."""

    def reports(self, dataset: str) -> Sequence[dict[str, Any]]:
        """Every report about the records of a data set."""
        return self._reports.get(self._catalog.key(dataset), ())

    def behind(self, kind: str, name: str) -> Iterator[tuple[str, str]]:
        """Registers and ids of the entries that say something about a resource, besides the entry that is it."""
        if kind == "data_quality":
            yield from (("quality_reports", report["id"]) for report in self.reports(name))
