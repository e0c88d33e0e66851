"""The catalog, channels and holds: what is declared about tables, columns and groups of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .errors import TutelaError
from .plain import is_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from .request import Request
    from .taxonomy import Taxonomy


SCHEMA: Final = object()
"""Said by connectors that read a schema themselves (`known_by`); nothing that a caller sends can be it."""

WHOLE: Final = frozenset({"delete", "grant"})


class DataFacts:
    """Look-ups in the registers `catalog`, `channels`, `purposes` and `holds`, and in the taxonomy."""

    __slots__ = (
        "_channels", "_columns", "_datasets", "_feeds", "_has_channels", "_holds", "_profile", "_purposes", "_taxonomy",
    )  # fmt: skip

    def __init__(
        self, registers: Mapping[str, Sequence[dict[str, Any]]], taxonomy: Taxonomy | None, profile: str
    ) -> None:
        self._taxonomy = taxonomy
        self._profile = profile
        self._datasets = {_key(entry["dataset"]): entry for entry in registers.get("catalog", ())}
        self._columns = {
            (dataset, column["name"].lower()): column
            for dataset, entry in self._datasets.items()
            for column in entry.get("columns", ())
        }
        self._has_channels = "channels" in registers or "catalog" in registers
        self._channels = {entry["id"]: _channel(entry) for entry in registers.get("channels", ())}
        self._feeds: dict[str, list[str]] = {}
        for entry in registers.get("channels", ()):
            for table in entry.get("tables", ()):
                self._feeds.setdefault(_key(table), []).append(entry["id"])
        self._purposes = (
            {entry["id"] for entry in registers.get("purposes", ()) if not entry.get("prohibited")}
            if "purposes" in registers
            else None
        )
        self._holds = registers.get("holds", ())

    def dataset(self, name: str) -> dict[str, Any] | None:
        """The catalog entry of a table: by its full name, or by its last part when only one ends so."""
        found = self._datasets.get(_key(name))
        if found is None and "." not in name:
            ending = [entry for key, entry in self._datasets.items() if key.rpartition(".")[2] == _key(name)]
            found = ending[0] if len(ending) == 1 else None
        return found

    def column(self, resource: dict[str, Any], request: Request) -> dict[str, Any]:
        """A column somebody wants to collect: category, channels that feed its table, purposes, protections."""
        del request
        name = str(resource.get("dataset") or resource["id"].rpartition(".")[0])
        short = str(resource.get("column") or resource["id"].rpartition(".")[2])
        entry = self.dataset(name) or {}
        declared = self._columns.get((_key(entry.get("dataset", name)), short.lower()), {})
        # Not classified by anybody is not the same as classified as nothing.
        unclassified = "category" not in declared and "category" not in resource
        category = declared["category"] if "category" in declared else resource.get("category")
        purposes = declared.get("purposes", entry.get("purposes", ()))
        known = self._purposes
        found: dict[str, Any] = {
            **self.category(category),
            "dataset": entry.get("dataset", name),
            "column": short,
            "purposes": [purpose for purpose in purposes if known is None or purpose in known],
            "encrypted": declared.get("encrypted", False),
            "masked": declared.get("masked", False),
            "necessity": "necessity" in declared,
            "consent_form": "consent_form" in declared,
            "notice": "notice" in declared,
        }
        if unclassified:
            found.update(personal=True, sensitive=True)
        found.update(self._feeding(entry, name))
        return found

    def _feeding(self, entry: Mapping[str, Any], name: str) -> dict[str, Any]:
        named = [*entry.get("channels", ()), *self._feeds.get(_key(entry.get("dataset", name)), ())]
        if not self._has_channels and not named:
            return {"channels": [], "unknown_channels": []}
        wanted = list(dict.fromkeys(named))
        return {
            "channels": [self._channels[channel] for channel in wanted if channel in self._channels],
            "unknown_channels": [channel for channel in wanted if channel not in self._channels],
        }

    def category(self, category: str | None) -> dict[str, Any]:
        """A category with its path, whether it is personal, and whether it is sensitive under the profile."""
        if category is None or category == "":
            return {"category": None, "category_path": [], "personal": False, "sensitive": False}
        steps = category.split(".")
        personal = self.personal([category])
        return {
            "category": category,
            "category_path": [".".join(steps[: n + 1]) for n in range(len(steps))],
            "personal": personal,
            "sensitive": personal and self.sensitive([category]),
        }

    def personal(self, categories: Sequence[str]) -> bool:
        """Whether any category is personal; one that the taxonomy lacks counts as personal."""
        return any(category.split(".")[0] == "personal" or self._strange(category) for category in categories)

    def _strange(self, category: str) -> bool:
        if self._taxonomy is None:
            return False
        try:
            self._taxonomy.category(category)
        except TutelaError:
            return True
        return False

    def categories_of(self, columns: Sequence[str]) -> list[str]:
        """The categories that the catalog declares for columns named `schema.table.column`."""
        found: list[str] = []
        for path in columns:
            dataset, _, name = path.rpartition(".")
            entry = self.dataset(dataset) or {}
            declared = self._columns.get((_key(entry.get("dataset", dataset)), _key(name)), {})
            if declared.get("category"):
                found.append(declared["category"])
        return found

    def sensitive(self, categories: Sequence[str]) -> bool:
        """Whether any category is sensitive under the profile; one that the taxonomy lacks counts as sensitive."""
        taxonomy = self._taxonomy
        for category in categories:
            if taxonomy is None:
                return True
            try:
                if taxonomy.sensitive(category, self._profile):
                    return True
            except TutelaError:
                return True
        return False

    def table(self, resource: dict[str, Any], request: Request) -> dict[str, Any]:
        """A table that somebody reads, changes, or keeps: its categories and the roles that may."""
        name = str(resource.get("dataset") or resource["id"])
        entry = self.dataset(name)
        stated = _texts(resource.get("categories", ()))
        seen = resource.get("known_by") is SCHEMA
        if entry is None:
            personal = self.personal(stated)
            known = seen and _flag(resource, "known")
            return {
                "dataset": name, "known": known, "personal": personal or not known,
                "sensitive": self.sensitive(stated) if stated else False, "permitted_roles": [], "categories": stated,
            }  # fmt: skip
        columns = {_key(c["name"]): c for c in entry.get("columns", ())}
        # Whoever deletes rows or grants rights does so with whole rows, whatever columns are named.
        whole = request.action_name in WHOLE
        wanted = ["*"] if whole else [_key(str(column)).strip() for column in _listed(resource.get("columns"))]
        touched = columns.values() if "*" in wanted else [columns[c] for c in wanted if c in columns]
        categories = list(dict.fromkeys([*stated, *(c["category"] for c in touched if c.get("category"))]))
        unknown = [column for column in wanted if column != "*" and column not in columns]
        return {
            "dataset": entry["dataset"],
            "known": bool(columns) and (not unknown or (seen and _flag(resource, "known"))),
            "categories": categories,
            # A column that neither the catalog nor a schema knows may hold anything; so may a table without columns.
            "personal": self.personal(categories) or not columns or (bool(unknown) and not seen),
            "sensitive": self.sensitive(categories) if categories else False,
            "permitted_roles": list(entry.get("access", {}).get(request.action_name, ())),
        }

    def rows(self, resource: dict[str, Any], request: Request) -> dict[str, Any]:
        """A group of rows that somebody keeps or erases: the holds that cover it."""
        name = str(resource.get("dataset") or resource["id"])
        now = request.now
        holds = [
            {"id": hold["id"], "active": active(hold, now)}
            for hold in self._holds
            if self._covers(hold, self._full(name), resource)
        ]
        return {
            "dataset": self._full(name),
            "holds": holds,
            "important": _flag(resource, "important"),
            "right": _flag(resource, "right"),
        }

    def _full(self, name: str) -> str:
        """The name of a table as the catalog writes it."""
        return str((self.dataset(name) or {}).get("dataset", name))

    def _covers(self, hold: Mapping[str, Any], dataset: str, resource: Mapping[str, Any]) -> bool:
        """Whether a hold's scope may include a group of rows; a group without a subject may hold any subject."""
        scope: Mapping[str, Any] = hold["scope"]
        datasets = {_key(self._full(name)) for name in scope.get("datasets", ())}
        subjects = {subject.strip() for subject in scope.get("subjects", ())}
        subject = resource.get("subject")
        if subject is not None and not isinstance(subject, str):
            raise TypeError("subject")
        return (not datasets or _key(dataset) in datasets) and (
            not subjects or subject is None or subject.strip() in subjects
        )


def _listed(columns: Any) -> Sequence[object]:  # noqa: ANN401 (what the caller sent)
    """The columns asked for; not said which, none, or not a list, means all of them."""
    return columns if is_array(columns) and columns else ["*"]


def _texts(values: Any) -> list[str]:  # noqa: ANN401 (what the caller sent)
    """A list of texts; TypeError for anything else: a text alone would fall into letters, which mean nothing."""
    if not is_array(values) or not all(isinstance(value, str) for value in values):
        raise TypeError("not a list of texts")
    return [str(value) for value in values]


def _flag(resource: Mapping[str, Any], name: str) -> bool:
    """A flag that the caller states; false when absent, TypeError when it is none (`"false"` would be true)."""
    value = resource.get(name, False)
    if not isinstance(value, bool):
        raise TypeError(name)
    return value


def active(hold: Mapping[str, Any], now: datetime) -> bool:
    """Whether a hold stood at an instant."""
    released: datetime | None = hold.get("released_at")
    placed: datetime = hold["placed_at"]
    return placed <= now and (released is None or now < released)


def _channel(entry: Mapping[str, Any]) -> dict[str, Any]:
    categories = dict.fromkeys(category for allowed in entry["allowed"] for category in allowed["categories"])
    return {
        "id": entry["id"],
        "kind": entry["kind"],
        "active": entry["status"] == "active",
        "categories": list(categories),
        "purposes": list(dict.fromkeys(allowed["purpose"] for allowed in entry["allowed"])),
    }


def _key(name: str) -> str:
    """Table names are compared without regard to case and quotes."""
    return name.replace('"', "").replace("`", "").lower()
