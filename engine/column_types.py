"""What the declared type of a column can hold: no name in a number, no amount in one letter."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_ANSWER: Final = "'(?:y|n|yes|no|true|false|0|1|)'"
_BOOL: Final = re.compile(rf"bool|bit(?:\(1\))?$|tinyint\(1\)|enum\({_ANSWER}(?:,\s*{_ANSWER})*\)$", re.IGNORECASE)
BOOKKEPT: Final = re.compile(rf"{_BOOL.pattern}|timestamp|rowversion", re.IGNORECASE)
AMOUNT: Final = re.compile(r"numeric|decimal|number|money|smallmoney|float|double|real", re.IGNORECASE)
_DATE: Final = re.compile(r"date|time|year", re.IGNORECASE)
_NUMBER: Final = re.compile(
    r"(?:tiny|small|medium|big)?u?int|integer|number|numeric|decimal|float|double|real|(?:small|big)?serial",
    re.IGNORECASE,
)
_TEXT_ONLY: Final = (
    "personal.name",
    "personal.contact.email",
    "personal.contact.address",
    "personal.account.username",
    "personal.account.nickname",
    "personal.account.password",
    "personal.account.token",
    "personal.communication.content",
    "personal.communication.recording",
    "personal.behaviour",
    "personal.preference",
    "free_text",
    "organisation.name",
)
_DATE_TOO: Final = (
    "personal.demographic.birth_date",
    "personal.demographic.marital_status",
    "personal.demographic.political",
    "personal.demographic.religion",
    "personal.criminal",
    "personal.financial.insurance",
    "personal.financial.card_security",
    "personal.transaction.purchase",
    "personal.health",
    "personal.location",
    "personal.occupation",
    "system",
)
_FLAG_TOO: Final = (
    "personal.demographic",
    "personal.health",
    "personal.minor",
    "personal.criminal",
    "personal.account.preferences",
    "personal.specific_identity",
    "personal.family",
    "system",
)
_NOT_IN_A_LETTER: Final = (
    "personal.name.full",
    "personal.name.family",
    "personal.contact",
    "personal.government_id.resident_id",
    "personal.financial",
    "personal.transaction",
    "personal.account",
    "free_text",
)
_JSON: Final = re.compile(r"jsonb?\b", re.IGNORECASE)
_LETTER: Final = re.compile(r"n?(?:var)?char(?:acter)?2?\((?:1|1 \w+)\)$", re.IGNORECASE)
_TEXT: Final = re.compile(r"n?(?:var)?char|character|string|text|clob", re.IGNORECASE)
LONG_TEXT: Final = re.compile(r"(?:long|medium)?text|clob|n?varchar2?\((?:max|\d{4,})\b|ntext|memo", re.IGNORECASE)
_BINARY: Final = re.compile(r"bytea|(?:tiny|medium|long)?blob|(?:var)?binary|raw", re.IGNORECASE)
_SHORT: Final = re.compile(r"n?(?:var)?char(?:acter)?2?\([1-8]\)$", re.IGNORECASE)
"""Too short for a remark: in `bz CHAR(3)` stands a currency."""
_SHORT_KEY: Final = 4
_TYPES: Final = 1 << 10
"""How many types are remembered: a schema has few."""
_UUID: Final = re.compile(r"n?char(?:acter)?\((?:32|36)\)|uuid|uniqueidentifier", re.IGNORECASE)
_WHOLE: Final = re.compile(r"(?:tiny|small|medium|big)?int(?:eger)?\b|(?:small|big)?serial", re.IGNORECASE)
_NUMBERS: Final = ("no", "number", "num", "nr")
_ADDRESS: Final = "personal.contact.address"
_OF_HOUSES: Final = frozenset((of, number) for of in ("street", "house") for number in _NUMBERS)
"""Numbers of houses, which are kept as numbers, too."""
_ATTRIBUTES: Final = ("personal.demographic",)
"""What a number that a comment names may stand for: the code of a nation."""


@lru_cache(_TYPES)
def is_number(data_type: str) -> bool:
    """Tell whether a type is one of numbers."""
    return _NUMBER.match(data_type) is not None


@lru_cache(_TYPES)
def is_date(data_type: str) -> bool:
    """Tell whether a type is one of dates or times."""
    return _DATE.search(data_type) is not None


@lru_cache(_TYPES)
def is_flag(data_type: str) -> bool:
    """Tell whether a type holds a yes or a no."""
    return _BOOL.search(data_type) is not None


@lru_cache(_TYPES)
def is_whole(data_type: str) -> bool:
    """Tell whether a type is one of the machine's whole numbers, as keys are."""
    return _WHOLE.match(data_type) is not None


@lru_cache(_TYPES)
def is_unique_id(data_type: str) -> bool:
    """Tell whether a text has just the length of a UUID: a key that a program made, and nobody is called by."""
    return _UUID.match(data_type) is not None


@lru_cache(_TYPES)
def is_binary(data_type: str) -> bool:
    """Tell whether a type is one of bytes."""
    return _BINARY.match(data_type) is not None


def is_key(data_type: str, words: tuple[str, ...]) -> bool:
    """Tell whether a column is a key of the database: a number that its name calls an id or a number."""
    if not words or not is_number(data_type):
        return False
    return words[-1].endswith("id") or (words[-1].endswith(_NUMBERS) and is_whole(data_type))


@lru_cache(_TYPES)
def is_text(data_type: str) -> bool:
    """Tell whether a type is one of texts of more than a letter."""
    return _TEXT.match(data_type) is not None and not _LETTER.match(data_type)


def fits(key: str, data_type: str, words: tuple[str, ...], *, described: bool) -> bool:
    """Tell whether a type can hold a category; `described` when a comment names the category."""
    if is_flag(data_type):
        return key.startswith(_FLAG_TOO)
    if _DATE.search(data_type):
        return key.startswith(_DATE_TOO)
    last = words[-1] if words else ""
    is_key = last == "id" or (last.endswith("id") and len(last) <= _SHORT_KEY)
    if not data_type:
        return not is_key or last == "id"
    if is_number(data_type):
        if is_key and not (described and key.startswith(_ATTRIBUTES)):
            return False
        if words[:1] == ("id",) and last not in {"id", "type", *_NUMBERS} and is_whole(data_type):
            return key.startswith(_ATTRIBUTES)  # a key called `id_card`, and no identity card
        if key in {"personal.location.coarse", "personal.device.ip"} and not is_whole(data_type):
            return False  # an area in square metres, or what inpatients cost
        return not key.startswith(_TEXT_ONLY) or last.endswith("pin") or (key == _ADDRESS and words[-2:] in _OF_HOUSES)
    if key == "personal.account.username" and _JSON.match(data_type):
        return False
    if key == "free_text" and _SHORT.match(data_type):
        return False
    return not (_LETTER.match(data_type) and key.startswith(_NOT_IN_A_LETTER))
