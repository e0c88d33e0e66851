"""Facts that are the same for many questions, worked out together and remembered: only speed.

A view finds an attribute when a condition reads it, and most of what it finds depends on little: a person between
two turns of the history; the context of an access that names no application and no ticket; a table with the columns
asked for, the action and the purpose, between two incidents or notices. That little is the key here. The
views themselves find what is remembered, and they are shown the key and nothing else, so nothing else can get in.
Whatever does not fit a key (a word of a caller that is malformed or very long, an attribute that cannot be found)
is left to the views, attribute by attribute.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .facts_access import CHANGES, SCHEMA, TableView
from .facts_context import ContextView
from .facts_people import EARLIEST, SubjectView
from .ir import STRING, Type
from .known import Known, View, flag
from .periods import day_end, day_start
from .plain import is_array
from .values import Normalised, moment, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from .facts import Question
    from .world import World

PERSON: Final = (
    "known", "employed", "employee", "department", "roles", "former_roles", "automated", "senior", "terminated_at",
    "confidentiality",
)  # fmt: skip
"""What follows from an account, a person's entry, and the instant."""
CONTEXT: Final = (
    "purpose", "purpose_listed", "purpose_prohibited", "purpose_profiling", "purpose_refusable", "purpose_care",
    "role_read_only",
    *(name for name in ContextView.attributes if name.startswith(("request_", "break_glass_"))),
)  # fmt: skip
"""What follows from the purpose and the role, when no application and no ticket is named."""
TABLE: Final = (
    "dataset", "known", "categories", "personal", "sensitive", "permitted_roles", "beyond_need", "quarantined",
    "system_kind", "shadow", "owned", "platform_approved", "encrypted_in_transit", "provenance", "legal_review",
    "need_to_know", "only_reads", "purpose_untold", "identity_needed", "identifying", "beyond_care", "unlisted",
)  # fmt: skip
"""What follows from a table, its columns, the action, the purpose and the instant; roles narrow it afterwards."""
NOBODY: Final = (
    "restricted", "subject_count", "unrelated_subjects", "birth_dates", "stated_minors", "minors_approved",
    "untold_subjects", "withdrawn_subjects", "refusing_subjects", "holds",
)  # fmt: skip
"""What follows, too, when no customers are named and nobody approved that this person sees minors' data."""
ARRAYS: Final = (
    "subject.roles", "subject.former_roles", "resource.categories", "resource.permitted_roles", "resource.beyond_need",
    "resource.quarantined", "context.request_excess", "context.break_glass_excess",
)  # fmt: skip
"""Arrays that are remembered as checked texts; a vocabulary that declares one otherwise is served by the views."""

KEYED: Final = frozenset({"id", "type", "dataset", "columns", "categories"})
"""What a caller says of a table and is part of the key."""

MOST_PEOPLE: Final = 1 << 17
MOST_STRANGERS: Final = 1 << 6
MOST: Final = 1 << 14
LONGEST: Final = 1_000
"""How many letters a caller's words may have to be remembered."""
TEXTS: Final = Type("array", item=STRING)
SCALARS: Final = frozenset({bool, str, int, type(None)})
NONE: Final = Normalised()
FIRST: Final = datetime.min.replace(tzinfo=UTC)
LAST: Final = datetime.max.replace(tzinfo=UTC)


class Span(NamedTuple):
    """Attributes and how long they hold: from the start, no longer at the end."""

    start: datetime
    end: datetime
    attributes: dict[str, Any]


class Memo(dict[Any, Span]):
    """Spans by key; one that is full forgets the oldest eighth rather than growing."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def keep(self, key: object, attributes: dict[str, Any], turns: Iterable[datetime], now: datetime) -> dict[str, Any]:
        """Remember attributes that were found at an instant, until the next turn."""
        if len(self) >= self._most:
            for old in list(self)[: self._most // 8]:
                self.pop(old, None)
        passed = list(turns)
        start = max((turn for turn in passed if turn <= now), default=FIRST)
        end = min((turn for turn in passed if turn > now), default=LAST)
        self[key] = Span(start, end, attributes)
        return attributes


class Settled:
    """The parts of a question, from what is remembered as far as it goes."""

    __slots__ = ("_contexts", "_narrow", "_reading", "_tables", "_turns", "_world", "people", "strangers")

    def __init__(self, world: World) -> None:
        self._world = world
        self.people = Memo(MOST_PEOPLE)
        self.strangers = Memo(MOST_STRANGERS)
        self._contexts = Memo(MOST)
        self._tables = Memo(MOST)
        self._turns: list[datetime] | None = None
        self._narrow = frozenset(name for name, role in world.people.roles.items() if role.get("need_to_know", False))
        self._reading = frozenset(name for name, role in world.people.roles.items() if role.get("read_only", False))

    def __len__(self) -> int:
        return len(self.people) + len(self._contexts) + len(self._tables)

    def subject(self, stated: Mapping[str, Any], question: Question) -> dict[str, Any]:
        """Who asks."""
        key = (stated["type"], stated["id"])
        span = self.people.get(key) or self.strangers.get(key)
        if span is None or not span.start <= question.now < span.end:
            return self._over(SubjectView, self._person(key, question), stated, question)
        # A caller who adds nothing sees what is remembered itself: a decision hands out copies.
        return span.attributes if len(stated) == 2 else self._over(SubjectView, span.attributes, stated, question)

    def _person(self, key: tuple[str, str], question: Question) -> dict[str, Any] | None:
        people, (kind, name) = self._world.people, key
        person = people.find(name, kind)
        account = None if kind == "employee" else people.service_accounts.get(name)
        found = settle(SubjectView(self._world, {"id": name, "type": kind}, question), PERSON)
        if found is None or _too_long(key):
            return found
        # Strangers are without number, and must not drive out the people; the linter itself is one.
        memo = self.strangers if person is None and account is None else self.people
        changes = turns(person or {}, account or {}, self._world.zone)
        return memo.keep(key, {"type": kind, "id": name, **found}, changes, question.now)

    def context(self, stated: Mapping[str, Any], question: Question) -> dict[str, Any]:
        """The circumstances; the question's subject must be there."""
        try:
            found = self._circumstances(stated, question)
        except (KeyError, TypeError):  # a word of the caller that is malformed
            found = None
        return self._over(ContextView, found, stated, question)

    def _circumstances(self, stated: Mapping[str, Any], question: Question) -> dict[str, Any] | None:
        purpose, role = stated.get("purpose"), stated.get("role")
        if "request_id" in stated or "break_glass" in stated:
            return None
        if purpose is None:
            purpose = self._implied(stated, question)
        span = self._contexts.get((purpose, role))
        if span is not None and (role is None or type(role) is str):
            return span.attributes
        words = {name: word for name, word in (("purpose", purpose), ("role", role)) if word is not None}
        if any(type(word) is not str for word in words.values()):
            return None
        found = settle(ContextView(self._world, words, question.alone(None)), CONTEXT)
        if found is None or _too_long(words.values()):
            return found
        return self._contexts.keep((purpose, role), found, (), question.now)

    def _implied(self, stated: Mapping[str, Any], question: Question) -> str | None:
        """The purpose of a service account or an application."""
        if "application" not in stated and question.subject["id"] not in self._world.people.service_accounts:
            return None
        return ContextView(self._world, stated, question).purpose()

    def table(self, stated: Mapping[str, Any], question: Question) -> dict[str, Any]:
        """The table; the question's subject and context must be there."""
        try:
            found = self._data(stated, question)
            if found is None or "id" not in found or not KEYED.issuperset(stated) or None in stated.values():
                found = self._over(TableView, found, stated, question)
            roles = question.subject.get("roles") or ()
            if not self._narrow.isdisjoint(roles):
                held = [role for role in roles if role in found["permitted_roles"]]
                found = self._over(TableView, found, stated, question)
                found["need_to_know"] = bool(held) and self._narrow.issuperset(held)
            if question.action_name in CHANGES and not self._reading.isdisjoint(roles):
                held = [role for role in roles if role in found["permitted_roles"]]
                found = self._over(TableView, found, stated, question)
                found["only_reads"] = bool(held) and self._reading.issuperset(held)
        except (KeyError, TypeError):  # a word of the caller that is malformed
            return self._over(TableView, None, stated, question)
        return found

    def _data(self, stated: Mapping[str, Any], question: Question) -> dict[str, Any] | None:
        """What is settled about a table; with its `id` and the other words of the key when that is everything."""
        read, minors = stated.get, self._world.minor_approvals
        name, dataset, purpose = stated["id"], read("dataset"), question.context.get("purpose")
        columns, categories = read("columns"), read("categories")
        columns = None if columns is None else _words(columns)
        categories = None if categories is None else _words(categories)
        seen = flag(stated, "known") if read("known_by") is SCHEMA else None
        named = read("subjects")
        somebody = not (named is None or (is_array(named) and not named)) or bool(
            minors and str(question.subject.get("employee")) in minors
        )
        if type(name) is not str or not (dataset is None or type(dataset) is str):
            return None
        key = (name, dataset, question.action_name, columns, categories, seen, purpose, somebody)
        span = self._tables.get(key)
        if span is not None and span.start <= question.now < span.end:
            return span.attributes
        words: dict[str, Any] = {"id": name, "type": "table", "dataset": dataset, "columns": columns}
        words = {word: value for word, value in (words | {"categories": categories}).items() if value is not None}
        told = words | ({} if seen is None else {"known_by": SCHEMA, "known": seen})
        view = TableView(self._world, told, question.alone(purpose))
        found = settle(view, TABLE if somebody else (*TABLE, *NOBODY))
        texts = (name, dataset or "", question.action_name, purpose or "", *(columns or ()), *(categories or ()))
        if found is None or _too_long(texts):
            return found
        whole = found if somebody else words | found
        return self._tables.keep(key, whole, (*self._closings, *self._owner_turns(found["dataset"])), question.now)

    def _owner_turns(self, dataset: str) -> Iterator[datetime]:
        """Every instant at which something about the owner of a table changes."""
        owner = (self._world.catalog.dataset(dataset) or {}).get("owner", "")
        return turns(self._world.people.by_id.get(owner) or {}, {}, self._world.zone)

    @property
    def _closings(self) -> list[datetime]:
        """Every instant at which an incident, a hold or a notice begins or ends."""
        if self._turns is None:
            names = (
                "quarantined_at", "detected_at", "placed_at", "released_at", "closed_at", "effective_from",
                "effective_to",
            )  # fmt: skip
            world = self._world
            entries = (*world.incidents.values(), *world.customers.notices.values(), *world.holds)
            found = (entry.get(name) for entry in entries for name in names)
            self._turns = [turn for turn in found if turn is not None]
        return self._turns

    def _over(
        self, kind: type[View], settled: dict[str, Any] | None, stated: Mapping[str, Any], question: Question
    ) -> dict[str, Any]:
        """What the registers say over what the caller says; what is not settled is found when it is read."""
        if settled is None or len(settled) < len(kind.attributes):
            return Known(kind(self._world, stated, question), settled or {})
        found = settled.copy()
        for name, value in stated.items():
            if name not in found:
                found[name] = value
        return found


class Unsettled(Settled):
    """The same, with nothing remembered: every attribute is found when it is read."""

    __slots__ = ()

    def subject(self, stated: Mapping[str, Any], question: Question) -> dict[str, Any]:
        """Who asks."""
        return Known(SubjectView(self._world, stated, question))

    def context(self, stated: Mapping[str, Any], question: Question) -> dict[str, Any]:
        """The circumstances."""
        return Known(ContextView(self._world, stated, question))

    def table(self, stated: Mapping[str, Any], question: Question) -> dict[str, Any]:
        """The table."""
        return Known(TableView(self._world, stated, question))


def settle(view: View, names: Iterable[str]) -> dict[str, Any] | None:
    """What a view finds, in the form that conditions take without checking it; None when something is missing."""
    try:
        return {name: _checked(view.attributes[name](view)) for name in names}
    except Exception:  # noqa: BLE001 (the view says so again when somebody reads it)
        return None


def _checked(value: Any) -> Any:  # noqa: ANN401 (whatever the attribute holds)
    if type(value) in SCALARS:
        return value
    if is_array(value):
        return normalise(value, TEXTS) if value else NONE
    return moment(value) if isinstance(value, datetime) else value


def turns(person: Mapping[str, Any], account: Mapping[str, Any], zone: ZoneInfo) -> Iterator[datetime]:
    """Every instant at which something about a person, or an account, changes."""
    agreement: Mapping[str, Any] = person.get("confidentiality_agreement") or {}
    found = [person.get("terminated_at"), account.get("disabled_at")]
    for entry in person.get("assignments", ()):
        found += [entry["from"], entry.get("to")]
    if "hired_at" in person:
        with suppress(OverflowError):  # the first day of the calendar: there is no instant before it
            found.append(datetime.combine(person["hired_at"], time(0), tzinfo=UTC) - EARLIEST)
    if "signed_at" in agreement:
        found.append(day_start(agreement["signed_at"], zone))
    if agreement.get("valid_to") is not None:
        found.append(day_end(agreement["valid_to"], zone))
    return (turn for turn in found if turn is not None)


def _too_long(words: Iterable[str]) -> bool:
    """Whether a caller's words are too long to be remembered."""
    return sum(len(word) + 1 for word in words) > LONGEST


def _words(value: object) -> tuple[str, ...]:
    """A list of texts as part of a key; TypeError when it is none."""
    if not is_array(value):
        raise TypeError("not a list of texts")
    for word in value:
        if type(word) is not str:  # 1, True and 1.0 would be the same key
            raise TypeError("not a list of texts")
    return tuple(value)
