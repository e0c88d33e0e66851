"""When a name that is personal elsewhere means something of the table's own: a switch, a vote, an item, a label.

`sex INT` in a table of settings switches a field on, the `weight` of a voter counts votes, the `experience` of a player
is a score, and `pref_name` beside `pref_value` names a preference and no person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .column_types import is_flag, is_text, is_whole
from .names import singular
from .recorded import COPY, MAILED

if TYPE_CHECKING:
    from .marks import Mark
    from .surroundings import Surroundings
    from .tables import Column, Table

SETTINGS: Final = "settings"
VOTES: Final = "votes"
GAME: Final = "game"
GOODS: Final = "goods"
"""Rows are orders and articles, whose condition is none of health."""
MEDIA: Final = "media"
"""Rows are files and mails, which are quarantined, too."""
QUESTIONS: Final = "questions"
"""Rows are questions to choose from."""
PROGRAMS: Final = "programs"
"""Rows are programs that somebody registered, each with a key."""
_NAMED: Final = {
    SETTINGS: frozenset({"config", "configuration", "setting", "settings"}),
    VOTES: frozenset({"vote", "voter", "ballot", "delegation", "delegating", "poll", "voting", "election"}),
    QUESTIONS: frozenset({"question", "questions"}),
    PROGRAMS: frozenset({"application", "app", "api", "apikey", "license", "licence"}),
}
"""By words of the name of a table."""
_HAVING: Final = {
    GAME: frozenset(
        {"mana", "hp", "xp", "guild", "stamina", "vocation", "quest", "kills", "gold", "maglevel", "spawn"}
    ),
    GOODS: frozenset({"order", "ordering", "product", "sku", "qty", "quantity", "barcode", "article", "isbn", "upc"}),
    MEDIA: frozenset({"media", "file", "attachment", "mime", "upload", "filename", "virus", "spam", "url"}),
}
"""By words of the name of a table or of its columns."""
_PERSONS: Final = frozenset({"user", "member", "customer", "patient", "employee", "student", "person", "profile"})
"""Whose settings say what they are like: `user_settings.gender`."""
_WRITTEN: Final = frozenset({"subject", "body", "template", "text", "message", "header", "footer", "signature"})
_GROUPS: Final = frozenset({"groups", "ranges", "bands", "brackets", "intervals"})
"""Last words of what persons are divided into, all of it at once."""
_SPOTS: Final = frozenset(
    {"shipping", "delivery", "pickup", "collection", "meeting", "boarding", "loading", "unloading", "assembly", "check"}
    | {"control", "access", "entry", "exit", "start", "end", "mid", "view", "way", "measuring", "service", "touch"}
    | {"sale", "selling", "charging", "decimal", "set", "break", "price", "transfer", "dispatch", "drop"}
)
"""Before a point that is a place or a moment, and none that somebody collects."""
_PAIRED: Final = frozenset(
    {"", "pref", "preference", "setting", "option", "opt", "meta", "attr", "attribute", "param", "parameter", "config"}
    | {
        "cfg",
        "conf",
        "property",
        "prop",
        "variable",
        "var",
        "field",
        "custom",
        "extra",
        "token",
        "tag",
        "key",
        "header",
    }
)
"""What has a name and a value, and is no person."""
_FEW: Final = 8
_PREFIX: Final = 3
_NAME: Final = "personal.name.full"
_LANGUAGE: Final = "personal.demographic.language"
_AGE: Final = "personal.demographic.age"
_IDENTITY: Final = ("providerkey", "loginprovider", "claimvalue")
"""What stands beside the columns of a library of logins that name a claim or a service."""


def meanings_of(stems: frozenset[str], words: frozenset[str]) -> frozenset[str]:
    """What else the names of a table's columns may mean."""
    found = {topic for topic, told in _NAMED.items() if not told.isdisjoint(stems)}
    if not stems.isdisjoint(_PERSONS):
        found.discard(SETTINGS)
    found |= {topic for topic, told in _HAVING.items() if not told.isdisjoint(words | stems)}
    return frozenset(found)


def labels_of(table: Table, *, listing: bool) -> frozenset[str]:
    """Columns that name no one: a list's own code, and the name of what has a value beside it."""
    names = {column.name.lower().replace("_", ""): column for column in table.columns}
    found: set[str] = set()
    if listing:
        own = table.name.lower().replace("_", "")
        found = {column.name for whole, column in names.items() if whole == own and len(own) > _PREFIX}
    for whole, column in names.items() if len(names) <= _FEW else ():
        bare = whole.removesuffix("name")
        value = names.get(f"{bare}value") if bare in _PAIRED else None
        if value and bare != whole and is_text(value.data_type):
            found.add(column.name)
    if not names.keys().isdisjoint(_IDENTITY):
        found |= {
            column.name
            for whole, column in names.items()
            if whole in {"claimtype", "providerdisplayname", "loginprovider"}
        }
    return frozenset(found)


def means_else(key: str, mark: Mark, column: Column, words: tuple[str, ...], around: Surroundings) -> bool:
    """Tell whether a name, by its table or its type, is not that of what somebody is or has."""
    if column.name in around.labels or _is_key_of(mark.evidence[0], column, words):
        return True
    if mark.commented:
        return False
    topics = around.topics
    if SETTINGS in topics:
        switch = key.startswith("personal.demographic") and (is_whole(column.data_type) or is_flag(column.data_type))
        if switch or (key == "free_text" and words[-1:] != () and words[-1] in _WRITTEN):
            return True
    if key == _AGE and is_divided(words):
        return True
    if key == _NAME and around.secrets and words == ("name",):
        return True
    if key == _LANGUAGE and _is_of_texts(mark, around):
        return True
    return _of_rows(key, mark.evidence[0], words, around)


def _is_of_texts(mark: Mark, around: Surroundings) -> bool:
    """Tell whether a language is that of a document or a course, and nobody's."""
    if mark.owned or around.person or around.patient:
        return False
    return around.thing or not around.identity


def _of_rows(key: str, first: str, words: tuple[str, ...], around: Surroundings) -> bool:
    """Tell whether a name is that of a vote, a score, an article, a cycle of payments or a question to choose."""
    topics, cared = around.topics, around.clinical or around.patient
    if key == "personal.health.vitals" and first == "name weight":
        return VOTES in topics and not (around.body or cared)
    if key == "personal.occupation.history" and first == "name experience":
        return GAME in topics and words == ("experience",)
    if first == "name condition":
        return GOODS in topics and not cared and words == ("condition",)
    if first == "name creditcard":
        return MAILED in topics and words == COPY
    if first == "name cycleday":
        return not cared and words[-2:] == ("cycle", "day")
    if key == "free_text" and first.startswith("name question"):
        return QUESTIONS in topics and not (cared or around.linked)
    return key == "personal.financial.virtual_asset" and words[-1:] == ("point",) and not _SPOTS.isdisjoint(words[-2:])


def _is_key_of(first: str, column: Column, words: tuple[str, ...]) -> bool:
    """Tell whether a whole number leads to a place, a company or a parent that another table holds."""
    if not is_whole(column.data_type) or not words:
        return False
    return first in {"name location", "name company", "name parent"} and singular(words[-1]) == first[5:]


def is_divided(words: tuple[str, ...]) -> bool:
    """Tell whether a name is of the groups that a report is divided into."""
    return words[-1:] != () and words[-1] in _GROUPS


def is_kept_away(words: tuple[str, ...], topics: frozenset[str]) -> bool:
    """Tell whether a clinical word is of files in quarantine."""
    return MEDIA in topics and any(word.startswith("quarantine") for word in words)
