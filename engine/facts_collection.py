"""What registers know about collecting: columns, form fields, single acts of collection, imports, channels."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts_catalog import key_of, path_of, within
from .known import View, texts
from .periods import day_start
from .plain import is_array

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import datetime

    from .facts_catalog import Catalog
    from .world import World

AUTOMATIC: Final = ("personal.device", "personal.behaviour")
"""Categories that cookies and SDKs capture by themselves."""
OPTIONAL: Final = frozenset({str, type(None)})
PLAIN: Final = frozenset({str, bool, int, type(None)})
EVENT_CHANNELS: Final = frozenset({"event", "market_event"})
"""Kinds of channels that are market events, whatever form is used there."""


def shown_channel(entry: dict[str, Any]) -> dict[str, Any]:
    """A channel as conditions read it."""
    categories = dict.fromkeys(category for allowed in entry["allowed"] for category in allowed["categories"])
    return {
        "id": entry["id"],
        "kind": entry["kind"],
        "active": entry["status"] == "active",
        "categories": list(categories),
        "purposes": list(dict.fromkeys(allowed["purpose"] for allowed in entry["allowed"])),
        "inventory": list(dict.fromkeys(c for vendor in entry.get("vendors", ()) for c in vendor["categories"])),
    }


class CategoryView(View):
    """One piece of data that somebody wants to collect: its category, its channels, and the need for it."""

    _category: str | None
    _unclassified: bool = False
    _dataset: str = ""
    _channels: tuple[str, ...] = ()

    def category(self) -> str | None:
        """What it holds."""
        return self._category or None

    def category_path(self) -> list[str]:
        """The category and everything above it."""
        return path_of(self._category)

    def personal(self) -> bool:
        """Personal data; not classified by anybody counts as personal."""
        return self._unclassified or bool(self._category and self.world.catalog.personal([self._category]))

    def sensitive(self) -> bool:
        """Sensitive personal data under the chosen profile."""
        return self._unclassified or bool(
            self._category and self.personal() and self.world.catalog.sensitive([self._category])
        )

    def channels(self) -> list[dict[str, Any]]:
        """The registered channels that it comes in through."""
        known = self.world.catalog.channels
        return [shown_channel(known[name]) for name in self._channels if name in known]

    def unknown_channels(self) -> list[str]:
        """Channels that are named and that no register declares."""
        return [name for name in self._channels if name not in self.world.catalog.channels]

    def automatic(self) -> bool:
        """Captured by a cookie or an SDK, by its kind."""
        return bool(self._category) and within(str(self._category), AUTOMATIC)

    def inventoried(self) -> bool:
        """Listed in the inventory of what cookies and SDKs of an active channel capture."""
        category = self._category or ""
        return any(channel["active"] and within(category, channel["inventory"]) for channel in self.channels())

    def children_told(self) -> bool:
        """A notice in effect has rules for children, and tells of its category."""
        return self.world.customers.childrens_rule(self._category or "", self._now)

    def financial_need(self) -> datetime | None:
        """When the stated business need for financial data was last reviewed, if its owner is in service."""
        return self._need("financial_need")

    def profile_need(self) -> datetime | None:
        """When the stated need for open-ended profile data was last reviewed, if its owner is in service."""
        return self._need("open_ended")

    def _need(self, kind: str) -> datetime | None:
        return last_reviewed(self.world, kind, self._category or "", self._dataset, self._channels, self._now)


def last_reviewed(  # noqa: PLR0913 (what a statement of need has to cover)
    world: World, kind: str, category: str, dataset: str, channels: Sequence[str], now: datetime
) -> datetime | None:
    """When a stated need for a category was last reviewed, by now and by an owner who is in service."""
    found = [
        day_start(entry["reviewed_at"], world.zone)
        for entry in world.catalog.needs(kind, category, dataset, channels)
        if world.people.serves(entry["owner"], now)
    ]
    return max((at for at in found if at <= now), default=None)


def for_event(world: World, form: Mapping[str, Any], channel: object) -> bool:
    """Whether data is taken at a market event: the form says so, or the channel's kind."""
    known = world.catalog.channels.get(str(channel), {})
    return bool(form.get("event")) or known.get("kind") in EVENT_CHANNELS


def form_ready(form: Mapping[str, Any], now: datetime) -> bool:
    """Whether a form was in the register by now, and before its event began."""
    if "registered_at" not in form:
        return False
    at: datetime = form["registered_at"]
    return at <= now and (not form.get("event") or at < form["event"]["starts_at"])


class ColumnView(CategoryView):
    """A column: what the catalog declares, else what the connector classified."""

    @cached_property
    def _dataset(self) -> str:  # type: ignore[override]
        name = str(self.stated.get("dataset") or self.stated["id"].rpartition(".")[0])
        return self.world.catalog.full(name)

    @cached_property
    def _entry(self) -> dict[str, Any]:
        return self.world.catalog.dataset(self._dataset) or {}

    @cached_property
    def _declared(self) -> dict[str, Any]:
        return self.world.catalog.columns.get((key_of(self._dataset), key_of(self.column())), {})

    @cached_property
    def _category(self) -> str | None:  # type: ignore[override]
        if "category" in self._declared:
            return self._declared["category"]  # type: ignore[no-any-return]
        stated = self.stated.get("category")
        if stated is not None and not isinstance(stated, str):
            raise TypeError("category")
        return stated

    @property
    def _unclassified(self) -> bool:  # type: ignore[override]
        return "category" not in self._declared and "category" not in self.stated

    @cached_property
    def _channels(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(self.world.catalog.feeds(self._entry, self._dataset))

    def dataset(self) -> str:
        """The table, as the catalog writes it."""
        return self._dataset

    def column(self) -> str:
        """The column's own name."""
        return str(self.stated.get("column") or self.stated["id"].rpartition(".")[2])

    def hidden_categories(self) -> list[str]:
        """What identifiers a connector found in its running text, except those that it is declared to hold.

        A column that somebody reviewed and found to hold nothing personal stays so.
        """
        found = texts(self.stated.get("hidden_categories"))
        if "category" in self._declared and self._category is None:
            return []
        return [category for category in found if not within(category, (self._category or "",))]

    def purposes(self) -> list[str]:
        """The registered, not prohibited purposes that are declared for it."""
        catalog = self.world.catalog
        declared = self._declared.get("purposes", self._entry.get("purposes", ()))
        return [purpose for purpose in declared if not catalog.lists_purposes or catalog.listed(purpose)]

    def encrypted(self) -> bool:
        """Stored encrypted, by itself or because its system is."""
        system = self.world.catalog.systems.get(str(self._entry.get("system", "")), {})
        return bool(self._declared.get("encrypted", False) or system.get("encrypted_at_rest", False))

    def masked(self) -> bool:
        """Shown masked."""
        return bool(self._declared.get("masked", False))

    def necessity(self) -> bool:
        """A statement says why it is necessary."""
        return "necessity" in self._declared or self._need("necessity") is not None

    def consent_form(self) -> bool:
        """A form asks for consent to it."""
        return "consent_form" in self._declared

    def notice(self) -> bool:
        """A notice tells of it."""
        return "notice" in self._declared

    def needed(self) -> bool:
        """One of its purposes needs such data, as the register of purposes says; no register asks nothing more."""
        catalog, category = self.world.catalog, self._category or ""
        known = [catalog.purposes.get(purpose) for purpose in self.purposes()]
        return any(entry is None or within(category, entry["categories"]) for entry in known)

    def noticed(self) -> bool:
        """A notice that is in effect tells of it: the one that the catalog names, where the project has notices."""
        named, customers = self._declared.get("notice"), self.world.customers
        if named is None or not customers.has_notices:
            return named is not None
        return customers.tells(str(named), self._category or "", self._now)

    def kept_as(self) -> str:
        """The data set whose schedule counts: its own or that which it copies; empty where the catalog lacks it."""
        return kept_as(self.world.catalog, self._entry)

    def provenance(self) -> str | None:
        """Where the data set came from."""
        return self._entry.get("provenance")


def kept_as(catalog: Catalog, entry: Mapping[str, Any]) -> str:
    """The data set whose schedule counts for an entry of the catalog; empty for an entry without a name."""
    return catalog.full(str(entry.get("copy_of") or entry.get("dataset", "")))


def column_key(
    catalog: Catalog, resource: Mapping[str, Any], *, named: bool, stated: frozenset[str]
) -> tuple[Hashable, ...] | None:
    """What all attributes follow from of a column whose table no register mentions; None of any other.

    Such columns differ in nothing but what was said of them. `named` adds what the column is called, `stated` what the
    resource says besides and no view looks at; None also where something said is not plain.
    """
    read = resource.get
    name, dataset, column, hidden = resource["id"], read("dataset"), read("column"), read("hidden_categories")
    if "category" not in resource:
        return None
    category = resource["category"]
    if not (type(dataset) in OPTIONAL and type(column) in OPTIONAL and type(category) in OPTIONAL):
        return None
    if hidden is not None and not (is_array(hidden) and all(type(word) is str for word in hidden)):
        return None
    table = dataset or name.rpartition(".")[0]
    if catalog.mentions(table):
        return None
    more: list[tuple[str, str, object]] = []
    for other, value in resource.items():
        if other in stated:
            if type(value) not in PLAIN:
                return None
            more.append((other, type(value).__name__, value))  # 1 and True are equal
    called = (name, table, column) if named else None
    return category, None if hidden is None else tuple(hidden), called, tuple(more)


class FieldView(CategoryView):
    """A field of a collection form (`form`, `field`: its label), or one described by whoever asks."""

    @cached_property
    def _form(self) -> dict[str, Any]:
        return self.world.catalog.forms.get(str(self.stated.get("form", "")), {})

    @cached_property
    def _field(self) -> dict[str, Any]:
        label = self.stated.get("field")
        found = [field for field in self._form.get("fields", ()) if field["label"] == label]
        return found[0] if found else dict(self.stated)

    @cached_property
    def _category(self) -> str | None:  # type: ignore[override]
        category = self._field["category"]
        if category is not None and not isinstance(category, str):
            raise TypeError("category")
        return category

    @cached_property
    def _channel(self) -> str | None:
        channel = self._form.get("channel", self.stated.get("channel"))
        return None if channel is None else str(channel)

    @property
    def _channels(self) -> tuple[str, ...]:  # type: ignore[override]
        return () if self._channel is None else (self._channel,)

    @cached_property
    def _dataset(self) -> str:  # type: ignore[override]
        column = self._field.get("column")
        return self.world.catalog.full(str(column).rpartition(".")[0]) if column else ""

    def purposes(self) -> list[str]:
        """The purpose for which the form asks."""
        purpose = self._field.get("purpose")
        return [purpose] if purpose else []

    def necessity(self) -> bool:
        """A statement says why it is necessary, for this channel."""
        return self._need("necessity") is not None

    def for_event(self) -> bool:
        """The form is for a market event."""
        return for_event(self.world, self._form, self._channel)

    def form_ready(self) -> bool:
        """The form is registered, and was before its event began."""
        return form_ready(self._form, self._now)

    def consent(self) -> str | None:
        """The kind of consent that the form asks for with the field."""
        return self._field.get("consent")

    def encrypted(self) -> bool:
        """The column that takes the field up is encrypted."""
        column = self.world.catalog.column(str(self._field.get("column", "")))
        return bool(column and column.get("encrypted"))
