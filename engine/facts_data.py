"""The catalog, channels and holds: what is declared about tables, columns and groups of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import TutelaError
from .plain import is_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from .request import Request
    from .taxonomy import Taxonomy


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
        personal = steps[0] == "personal"
        return {
            "category": category,
            "category_path": [".".join(steps[: n + 1]) for n in range(len(steps))],
            "personal": personal,
            "sensitive": personal and self.sensitive([category]),
        }

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
        if entry is None:
            personal = any(category.split(".")[0] == "personal" for category in stated)
            known = _flag(resource, "known")
            return {
                "dataset": name, "known": known, "personal": personal or (not known and "personal" not in resource),
                "sensitive": self.sensitive(stated) if stated else False, "permitted_roles": [], "categories": stated,
            }  # fmt: skip
        columns = {c["name"].lower(): c for c in entry.get("columns", ())}
        wanted = [str(column).lower() for column in _listed(resource.get("columns"))]
        touched = columns.values() if "*" in wanted else [columns[c] for c in wanted if c in columns]
        categories = list(dict.fromkeys([*stated, *(c["category"] for c in touched if c.get("category"))]))
        unknown = [column for column in wanted if column != "*" and column not in columns]
        return {
            "dataset": entry["dataset"],
            "known": not unknown or _flag(resource, "known"),
            "categories": categories,
            "personal": any(c.split(".")[0] == "personal" for c in categories),
            "sensitive": self.sensitive(categories) if categories else False,
            "permitted_roles": list(entry.get("access", {}).get(request.action_name, ())),
        }

    def rows(self, resource: dict[str, Any], request: Request) -> dict[str, Any]:
        """A group of rows that somebody keeps or erases: the holds that cover it."""
        name = str(resource.get("dataset") or resource["id"])
        now = request.now
        holds = [
            {"id": hold["id"], "active": active(hold, now)} for hold in self._holds if _covers(hold, name, resource)
        ]
        return {
            "dataset": (self.dataset(name) or {}).get("dataset", name),
            "holds": holds,
            "important": _flag(resource, "important"),
            "right": _flag(resource, "right"),
        }


def _listed(columns: Any) -> Sequence[object]:  # noqa: ANN401 (what the caller sent)
    """The columns asked for; not said which, or not a list, means all of them."""
    return columns if is_array(columns) else ["*"]


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


def _covers(hold: Mapping[str, Any], dataset: str, resource: Mapping[str, Any]) -> bool:
    """Whether a hold's scope may include a group of rows; a group without a subject may hold any subject."""
    scope: Mapping[str, Any] = hold["scope"]
    datasets = {_key(name) for name in scope.get("datasets", ())}
    subjects = scope.get("subjects", ())
    subject = resource.get("subject")
    if subject is not None and not isinstance(subject, str):
        raise TypeError("subject")
    return (not datasets or _key(dataset) in datasets) and (not subjects or subject is None or subject in subjects)


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
