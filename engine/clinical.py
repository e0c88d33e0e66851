"""Which columns hold clinical content, where their names alone do not say it: by their table and by what is coded.

In a table of illness or treatment the keys into lists of codes (`route_id`, `injury_cause_id`) and the times of care
(`given_at`) tell as much of a person as a diagnosis that is written out; keys of rows and bookkeeping tell nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .column_types import BOOKKEPT, is_flag, is_key, is_unique_id
from .names import singular, without_digits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .marks import Reading
    from .surroundings import Surroundings
    from .tables import Column

_WHEN: Final = frozenset({"date", "datetime", "timestamp", "start", "end", "begin", "from", "to", "on", "at", "time"})
_WHICH: Final = frozenset({"type", "code", "kind", "class"})
"""Words beside those of the table that say which illness or treatment it was: `problem_code`, `visit_type`."""
_SOURCES: Final = frozenset({"source", "origin", "basis"})
"""Last words that say where a record is from, as in tables of research: `dx_origin`."""
_ADMITTED: Final = frozenset(
    {"admission", "admitting", "admit", "referral", "specimen", "infection", "exposure", "water"}
)
_ROWS: Final = frozenset(
    {"pat", "provider", "vital", "prescribing", "dispensing", "immunization", "obs", "med", "medadmin", "site"}
)
"""Words before `id` in names of keys, beside those of the vocabulary."""
_WRITTEN: Final = frozenset({"note", "notes", "document"})
"""When these were written is no date of illness or treatment."""
_TOLD_BY_KEY: Final = frozenset({"icd", "icd9", "icd10", "blood_group", "blood_type", "diagnosis"})
"""Codes of what somebody has, also in tables of patients or donors that are not of illness."""
_OF_CLAIMS: Final = frozenset({"claim", "bill", "pay", "payment"})
_CODES: Final = frozenset({"code", "cd", "indicator", "ind", "switch", "sw", "num", "number", "date", "dt", "flag"})
"""Last words of the codes and days by which claims are settled: `claim_frequency_code`."""
_CLAIMED: Final = frozenset({"procedure", "modifier", "drg", "mdc", "hcpcs", "cpt", "admit", "discharge", "therapy"})
_ENTERED: Final = frozenset({"entry", "input", "build", "filing", "archive", "fill", "print", "upload", "sync", "make"})
"""Before a date or an office: when and where a record was entered, filed or printed."""
_OFFICES: Final = frozenset({"org", "unit", "dept", "department", "organization", "organisation"})
_SERVICES: Final = frozenset({"service", "srvc", "svc"})
_CODED: Final = frozenset({"code", "cd", "desc", "description", "dsc"})
_COUNTED: Final = frozenset({"num", "number", "count", "amount", "amt", "version", "type"})
_SUPPLIED: Final = frozenset({"supply", "suply", "supplied"})
"""What stands in claims of what was done or given, among all that is about who pays."""
_TWO: Final = 2
_KEYS: Final = frozenset({"id", "ids", "uuid", "guid", "fk"})
_LISTS: Final = frozenset({"cd", "code", "concept", "cv", "lookup", "ref"})
"""Words before `id` in the name of a key into a list of codes."""
_FOUND: Final = frozenset({"abnormal", "positive", "negative", "reactive", "critical", "normal"})
"""What laboratories and examiners say of a result: `is_abnormal`."""
_FLAGS: Final = frozenset({"is", "has", "had", "was"})


class Content:
    """Tells clinical content by the vocabulary of a taxonomy."""

    def __init__(self, words: Mapping[str, frozenset[str]]) -> None:
        self._technical, self._technical_zh = words["technical_words"], words["technical_words_zh"]
        self._administrative = words["administrative_words"]
        self._fields, self._terms = words["clinical_fields"], words["clinical_terms"]
        self._codes, self._codes_of = words["clinical_codes"], words["clinical_codes_of"]
        self._events, self._records = words["care_events"], words["record_words"]
        self._kept = (
            words["record_words"] | words["subject_words"] | words["staff_words"] | words["organisation_words"]
            | words["clinical_words"] | words["clinical_fields"] | words["clinical_codes"] | _ROWS
        )  # fmt: skip
        self._persons = words["subject_words"] | words["staff_words"]

    def why(self, column: Column, reading: Reading, around: Surroundings) -> str:
        """Say why a column is clinical content; empty when nothing says so."""
        words = {*reading.words}
        if reading.turned:
            if around.clinical and reading.words[0] in _FLAGS and words & _FOUND:
                return "how a result was found"
            told = reading.clinical and reading.words[0] in _FLAGS and (around.clinical or around.person)
            return f"clinical word {reading.clinical}" if told and not around.thing else ""
        cared = reading.care and around.pinyin and (around.patient or around.clinical)
        if cared and not is_key(column.data_type, reading.words) and not words & self._technical:
            return "clinical initials"
        if reading.clinical and (not around.thing or (around.claims and around.clinical)):
            return f"clinical word {reading.clinical}"
        if self._is_coded(reading.words, around):
            return "code of illness or treatment"
        if self._is_kind(reading.words, around):
            return "kind of illness or treatment"
        if around.claims and (around.clinical or not around.thing) and _claimed(reading.words):
            return "what a claim is for"
        technical = self._is_technical(column, reading, around)
        if around.clinical and not technical and not around.claims and not self._is_told(column.comment):
            return "clinical table"
        fields = {*map(without_digits, words)} & self._fields
        if fields == {"code"} and reading.words[0] != "code":
            fields = set[str]()  # a code of something else
        return "about a patient" if around.patient and not around.staff and fields and not technical else ""

    def _is_told(self, comment: str) -> bool:
        """Tell whether a Chinese comment speaks of something technical."""
        return not comment.isascii() and any(word in comment for word in self._technical_zh)

    def _is_technical(self, column: Column, reading: Reading, around: Surroundings) -> bool:
        words = {*reading.words}
        last = reading.words[-1] if reading.words else ""
        if reading.words[:1] == ("order",) and words & self._fields:
            words -= {"order"}  # what was ordered, and no place in a list
        if "procedure" in around.visits:
            words -= {"px"}  # the code of one, and no place in a list
        if words & _WRITTEN and words <= _WRITTEN | _WHEN:
            return True
        if words & around.visits and words <= around.visits | _WHEN | _WHICH:
            return is_key(column.data_type, reading.words)
        cared = around.clinical and (around.patient or around.linked or around.own)
        if cared and words & self._events and words <= self._events | around.visits | _WHEN | _WHICH:
            return False
        if around.patient and around.visits and words in ({"date"}, {"type"}):
            return False
        return bool(
            (reading.plain and around.pinyin)
            or is_key(column.data_type, reading.words)
            or self._is_row(column, last)
            or _is_own(last, around.own)
            or (last in _SOURCES and words.isdisjoint(_ADMITTED))
            or words & self._technical
            or words & self._administrative
            or words == {"date"}
            or is_settled(reading.words)
            or (BOOKKEPT.search(column.data_type) and not (around.patient and is_flag(column.data_type)))
        )

    def _is_row(self, column: Column, word: str) -> bool:
        """Tell whether a text is the key of a row: a UUID, or a name with `id` glued to a word for rows."""
        if not word.endswith("id"):
            return False
        return is_unique_id(column.data_type) or not self._kept.isdisjoint((word[:-2], singular(word[:-2])))

    def _is_kind(self, words: tuple[str, ...], around: Surroundings) -> bool:
        """Tell whether a column says which kind of an illness a patient has: `diabetes_type`."""
        if not around.patient or around.thing or words[-1:] not in (("type",), ("kind",)):
            return False
        rest = {*words[:-1]}
        return not rest & self._technical and bool({*map(singular, rest)} & self._terms or rest & self._terms)

    def _is_coded(self, words: tuple[str, ...], around: Surroundings) -> bool:
        """Tell whether a key leads to a list of what somebody had or got, and not to a row of the database."""
        if not words or words[-1] not in _KEYS or around.thing:
            return False
        rest = words[:-1]
        listed = bool({*rest[-1:]} & _LISTS)
        while rest and rest[-1] in _LISTS:
            rest = rest[:-1]
        if (len(rest) > 1 or listed) and _TOLD_BY_KEY & {"_".join(rest[-2:]), *rest[-1:]}:
            return bool(around.clinical or around.patient or around.person)
        if not around.clinical:
            return False
        if rest[-1:] == ("type",) and {*rest[-2:-1]} & self._codes:
            return True
        if not (around.patient or around.linked or listed):
            return bool(rest and around.own and {*rest} <= self._codes and not {*rest} <= around.own)
        if not rest or {*rest} & self._persons or {*map(singular, rest)} <= around.own:
            return False
        last = {rest[-1], singular(rest[-1])}
        if last & self._codes:
            return True
        if last & self._records or len(rest) == 1:
            return False
        told = {*rest} & (self._terms | self._codes)
        return bool(told or (last & self._codes_of and {*rest} & self._fields))


def _claimed(words: tuple[str, ...]) -> bool:
    """Tell whether a column of a claim is about the care that it is for, and no key."""
    found = {*map(without_digits, words)}
    if found & _KEYS or not _COUNTED.isdisjoint(words[-1:]):
        return False
    coded = bool(found & _SERVICES) and words[-1] in _CODED
    return coded or bool(found & _CLAIMED) or (bool(found & _SUPPLIED) and bool(found & {"day", "days"}))


def _is_own(word: str, own: frozenset[str]) -> bool:
    """Tell whether a name is the key of its table, glued of the words of it: `obsgenid` in `obs_gen`."""
    rest = word.removesuffix("id")
    return rest != word and any(rest.removeprefix(first) in own for first in own if rest.startswith(first))


def is_settled(words: tuple[str, ...]) -> bool:
    """Tell whether a column is about how a record was entered, counted or paid for, and not about care."""
    if len(words) < _TWO:
        return False
    entered = words[-2] in _ENTERED and words[-1] in _WHEN | _OFFICES
    return words[0] == "index" or entered or (words[-1] in _CODES and not _OF_CLAIMS.isdisjoint(words))
