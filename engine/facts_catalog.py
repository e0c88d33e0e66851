"""The catalog, systems, channels, purposes and statements of need: what is declared about data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .errors import TutelaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .taxonomy import Taxonomy


PROFILING: Final = "profiling"
PROFILES: Final = ("personal.derived", "personal.behaviour")
CARE: Final = "customer_care"
GREETING: Final = (
    "personal.name", "personal.contact.phone", "personal.contact.email", "personal.contact.im",
    "personal.contact.address", "personal.contact.postcode", "personal.demographic.birth_date",
)  # fmt: skip
"""What somebody who greets customers needs to know: whom, where, and on which day."""


class Catalog:
    """Look-ups in `catalog`, `systems`, `channels`, `purposes`, `forms` and `justifications`, and in the taxonomy."""

    def __init__(self, registers: Mapping[str, Sequence[Any]], taxonomy: Taxonomy | None, profile: str) -> None:
        self._taxonomy = taxonomy
        self._profile = profile
        self._datasets = {key_of(entry["dataset"]): entry for entry in registers.get("catalog", ())}
        self._short: dict[str, list[dict[str, Any]]] = {}
        for name, entry in self._datasets.items():
            self._short.setdefault(name.rpartition(".")[2], []).append(entry)
        self.columns: dict[tuple[str, str], dict[str, Any]] = {
            (dataset, key_of(column["name"])): column
            for dataset, entry in self._datasets.items()
            for column in entry.get("columns", ())
        }
        self._names = {
            dataset: {key_of(column["name"]): column for column in entry.get("columns", ())}
            for dataset, entry in self._datasets.items()
        }
        self.channels: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in registers.get("channels", ())}
        self._feeds: dict[str, list[str]] = {}
        for entry in registers.get("channels", ()):
            for table in entry.get("tables", ()):
                self._feeds.setdefault(key_of(table), []).append(entry["id"])
        self.purposes: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in registers.get("purposes", ())}
        self.lists_purposes = "purposes" in registers
        self.systems: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in registers.get("systems", ())}
        self.lists_systems = "systems" in registers
        self.forms: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in registers.get("forms", ())}
        self.justifications = registers.get("justifications", ())
        self._phrases = [
            (entry["id"], phrase.casefold())
            for entry in registers.get("purposes", ())
            if entry.get("prohibited")
            for phrase in entry.get("phrases", ())
        ]
        needed = (key_of(name) for entry in self.justifications for name in entry.get("datasets", ()))
        self._mentioned = {*self._datasets, *self._short, *self._feeds, *needed}
        self._sensitive: dict[str, bool] = {}

    def mentions(self, name: str) -> bool:
        """Whether any of these registers names a table; of all others they know the same: nothing."""
        return key_of(name) in self._mentioned

    def dataset(self, name: str) -> dict[str, Any] | None:
        """The catalog entry of a table: by its full name, or by its last part when only one ends so."""
        found = self._datasets.get(key_of(name))
        if found is None and "." not in name:
            ending = self._short.get(key_of(name), ())
            found = ending[0] if len(ending) == 1 else None
        return found

    def full(self, name: str) -> str:
        """The name of a table as the catalog writes it."""
        entry = self.dataset(name)
        return name if entry is None else str(entry["dataset"])

    def key(self, name: str) -> str:
        """The name of a table as names are compared: with that of the catalog, where it has the table."""
        return key_of(self.full(name))

    def names(self, entry: Mapping[str, Any]) -> Mapping[str, dict[str, Any]]:
        """The declared columns of a data set by their name in small letters."""
        return self._names[key_of(entry["dataset"])]

    def column(self, path: str) -> dict[str, Any] | None:
        """The declared column `schema.table.column`."""
        dataset, _, name = path.rpartition(".")
        return self.columns.get((key_of(self.full(dataset)), key_of(name)))

    def declared(self) -> dict[tuple[str, str], str | None]:
        """(data set, column) -> the category that somebody declared; None when it was reviewed and holds nothing."""
        return {key: column["category"] for key, column in self.columns.items() if "category" in column}

    def registered(self) -> list[str]:
        """The names of all data sets."""
        return list(self._datasets)

    def feeds(self, entry: Mapping[str, Any], name: str) -> list[str]:
        """The ids of the channels that feed a table, registered or not."""
        named = [*entry.get("channels", ()), *self._feeds.get(key_of(entry.get("dataset", name)), ())]
        return list(dict.fromkeys(named))

    def personal(self, categories: Iterable[str]) -> bool:
        """Whether any category is personal; one that the taxonomy lacks counts as personal."""
        return any(category.startswith("personal") or self._strange(category) for category in categories)

    def has_level(self, category: str) -> bool:
        """Whether the taxonomy says how protected a category is: not of a group. Without one, any counts."""
        found = None if self._taxonomy is None else self._taxonomy.categories.get(category)
        return self._taxonomy is None or (found is not None and found.level > 0)

    def _strange(self, category: str) -> bool:
        if self._taxonomy is None:
            return False
        try:
            self._taxonomy.category(category)
        except TutelaError:
            return True
        return False

    def sensitive(self, categories: Iterable[str]) -> bool:
        """Whether any category is sensitive under the profile; without a taxonomy, personal ones count as such."""
        return any(self._is_sensitive(category) for category in categories)

    def _is_sensitive(self, category: str) -> bool:
        found = self._sensitive.get(category)
        if found is None:
            if self._taxonomy is None:
                found = category.split(".", 1)[0] == "personal"
            else:
                try:
                    found = self._taxonomy.sensitive(category, self._profile)
                except TutelaError:
                    found = True
            self._sensitive[category] = found
        return found

    def categories_of(self, columns: Iterable[str]) -> list[str]:
        """The categories that the catalog declares for columns named `schema.table.column`."""
        found = (self.column(path) for path in columns)
        return [column["category"] for column in found if column and column.get("category")]

    def listed(self, purpose: object) -> bool:
        """Whether a purpose stands in the register and is not prohibited."""
        entry = self.purposes.get(purpose) if isinstance(purpose, str) else None
        return entry is not None and not entry.get("prohibited")

    def prohibited(self, purpose: object, text: object = "") -> bool:
        """Whether a purpose, or its wording, is on the prohibited list."""
        entry = self.purposes.get(purpose) if isinstance(purpose, str) else None
        folded = text.casefold() if isinstance(text, str) else ""
        return bool(entry and entry.get("prohibited")) or any(phrase in folded for _, phrase in self._phrases)

    def beyond_need(self, purpose: object, categories: Iterable[str]) -> list[str]:
        """Personal categories that a purpose does not need; all of them when nobody registered what it needs."""
        entry = self.purposes.get(purpose) if isinstance(purpose, str) else None
        needed = () if entry is None else entry["categories"]
        return [c for c in categories if self.personal([c]) and not within(c, needed)]

    def holding(self, kind: str | None = None) -> list[str]:
        """The data sets that are declared to hold rows of a kind, or of any."""
        return [
            str(entry["dataset"])
            for entry in self._datasets.values()
            if (kind in entry.get("holds", ()) if kind else entry.get("holds"))
        ]

    def profiling(self, purpose: object) -> bool:
        """Whether people are evaluated for a purpose: as it says, else where it needs their derived data or behaviour.

        Of data in which nobody can be told from others nobody is evaluated.
        """
        entry = self.purposes.get(purpose) if isinstance(purpose, str) else None
        if entry is None:
            return purpose == PROFILING
        said = entry.get("profiling")
        if said is not None:
            return bool(said)
        needs = any(within(category, PROFILES) for category in entry["categories"])
        return purpose == PROFILING or (needs and bool(entry.get("identity_required", True)))

    def refusable(self, purpose: object) -> bool:
        """Whether a registered purpose says how customers switch it off."""
        entry = self.purposes.get(purpose) if isinstance(purpose, str) else None
        return bool((entry or {}).get("refusal_route", "").strip())

    def caring(self, purpose: object) -> bool:
        """Whether a purpose is to greet customers: on birthdays and holidays."""
        entry = self.purposes.get(purpose) if isinstance(purpose, str) else None
        return purpose == CARE or (entry or {}).get("family") == CARE

    def beyond_care(self, categories: Iterable[str]) -> list[str]:
        """Personal categories that no greeting needs."""
        return [category for category in categories if self.personal([category]) and not within(category, GREETING)]

    def told_as(self, purpose: str) -> frozenset[str]:
        """The purposes that cover a purpose when customers were told of one of them."""
        entry = self.purposes.get(purpose) or {}
        return frozenset((purpose, *entry.get("compatible_with", ())))

    def needs(self, kind: str, category: str, dataset: str, channels: Sequence[str]) -> list[dict[str, Any]]:
        """The registered statements of one kind of need for a category in a data set, and one of its channels."""
        return [
            entry
            for entry in self.justifications
            if entry.get("kind", "necessity") == kind
            and within(category, entry["categories"])
            and _scoped(entry.get("datasets", ()), dataset)
            and (not entry.get("channels") or not set(channels).isdisjoint(entry["channels"]))
        ]


def _scoped(datasets: Sequence[str], dataset: str) -> bool:
    return not datasets or key_of(dataset) in map(key_of, datasets)


def within(category: str, allowed: Iterable[str]) -> bool:
    """Whether a category is one of some, or stands below one."""
    return any(category == top or category.startswith(f"{top}.") for top in allowed)


def path_of(category: str | None) -> list[str]:
    """A category and everything above it: `personal`, `personal.contact`, ..."""
    if not category:
        return []
    steps = category.split(".")
    return [".".join(steps[: n + 1]) for n in range(len(steps))]


def key_of(name: str) -> str:
    """Names of tables and columns are compared without regard to case and quotes."""
    return name.replace('"', "").replace("`", "").lower()
