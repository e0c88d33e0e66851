"""What a table says about its columns: its name and comment, its keys, and above all what stands beside a column.

`name`, `xm` or `address` alone say little. In a table with a birth date and a first name they are a person's; in one
with a company's registration number they are the company's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from .care import VISITS, Care
from .names import singular, without_digits, words_of
from .neighbours import (
    initials_together,
    is_initials,
    is_keyed,
    is_name_xm,
    is_named,
    is_natural,
    is_register,
    kind,
    neighbours,
    strong,
)
from .pinyin_names import PinyinTables
from .prefixes import Prefix, prefix_of, without

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .marks import Reading
    from .reading import Reader
    from .tables import Column, Table
    from .taxonomy import Taxonomy

_PLACE: Final = frozenset({"city", "street", "zip", "postal", "postcode", "zipcode", "county", "address", "addr"})
_AMOUNTS_OF: Final = (
    (
        frozenset({"salary", "salaries", "payroll", "payslip", "wage", "income"})
        | {"bonus", "allowance", "deduction", "earning", "compensation", "pension", "commission"},
        "personal.financial.income",
    ),
    (frozenset({"loan", "debt", "repayment", "installment"}), "personal.financial.loan"),
    (frozenset({"deposit", "wallet"}), "personal.financial.asset"),
    (frozenset({"claim", "premium"}), "personal.financial.insurance"),
)
_UNITS: Final = frozenset({"department", "dept", "role", "company", "team", "org"})
_PLACE_OF: Final = {
    **dict.fromkeys(("street", "address", "addr", "line", "lane", "road", "jiedao", "dizhi"), "street"),
    **dict.fromkeys(("city", "town", "suburb", "chengshi"), "city"),
    **dict.fromkeys(("zip", "zipcode", "postcode", "postal", "postalcode", "youbian"), "postcode"),
    **dict.fromkeys(("state", "province", "county", "district", "region", "country", "shengfen"), "region"),
}
_WHOLE_ADDRESS: Final = 3
_EXAMS: Final = frozenset(
    {"exam", "examination", "grade", "gradebook", "mark", "score", "transcript", "test", "result"}
)
_PATIENT: Final = frozenset({"patient", "encounter", "admission", "hadm", "inpatient"})
_LISTS: Final = frozenset({"d", "ref", "lu", "lkp", "lookup", "cd"})
"""First words of names of tables that list codes."""
_CODED: Final = re.compile(r"_(?:source_)?(?:concept_id|concept|value)$", re.IGNORECASE)
"""What ends a name whose value is a code, or as it was found: `gender_concept_id`, `cause_source_value`."""
_ATTRIBUTE_KEY: Final = re.compile(r"_(?:cv_|code_|cd_)?id$", re.IGNORECASE)
"""What ends the name of a key of a code: `gender_cv_id`, `religion_id`."""
_CAREERS: Final = (
    (frozenset({"education", "qualification", "schooling"}), "personal.occupation.education"),
    (frozenset({"experience", "employment", "career", "resume"}), "personal.occupation.history"),
)
"""What rows of persons tell, whatever their columns are called: `institute`, `major`, `from_date`."""
_BODY: Final = frozenset({"height", "weight"})
_MEASURES: Final = frozenset({"width", "length", "depth", "volume", "sku", "parcel", "package"})
_SECRETS: Final = frozenset({"token", "session", "otp", "credential"})
_ALSO_ORGANISATIONS: Final = frozenset({"account", "client", "customer", "owner", "payee", "payer"})
"""Persons or organisations, as the columns beside them say."""
_PLACES_ONLY: Final = frozenset({"location", "site", "venue"})
_MEANING: Final = (
    "subject_words",
    "staff_words",
    "contact_words",
    "flag_prefixes",
    "organisation_words",
    "object_words",
)
_KEYS: Final = frozenset({"id", "no", "number", "key", "sk", "code", "num"})
_KEEPERS: Final = frozenset({"owner", "account", "login", "parent", "father", "agent", "manager"})
"""Who keeps a row, and is not whom it is about."""
_FEW: Final = 4
_FEW_OF_A_LIST: Final = 8
_SHORTEST_ROLE: Final = 3
_CARD: Final = ("personal.financial.bank_card",)


class Surroundings(NamedTuple):
    """What is known of the table of a column."""

    readings: tuple[Reading, ...]
    """What its columns say by themselves, in their order."""
    person: str
    """Why its rows are about persons; empty when nothing says so."""
    thing: bool
    organisation: bool
    staff: bool
    clinical: bool
    patient: bool
    """Its rows belong to a patient or a visit."""
    linked: bool
    """Its rows belong to a person, by a key."""
    address: bool
    """It holds a street, a city or a postcode."""
    pinyin: bool
    """Its columns are named by pinyin initials: `tz` is a weight there, and a time zone elsewhere."""
    talk: bool = False
    """It keeps what people wrote: reviews, complaints, messages."""
    card: bool = False
    """It holds numbers of bank cards."""
    xm: bool = False
    """`xm` is a name there, and no project."""
    identity: bool = False
    """Some column names a person or says how to reach one."""
    paid: str = ""
    """The category of amounts in it: its rows are wages, loans or payments of a person."""
    exams: bool = False
    """It keeps what students or employees reached."""
    addresses: bool = False
    """Its rows are addresses: a street, a city, a postcode, and no name of anything."""
    visits: frozenset[str] = frozenset()
    """The words of its name: dates of these are dates of illness and treatment."""
    listing: bool = False
    """It lists kinds, codes or settings."""
    posts: bool = False
    """`post_code` is there beside codes of departments and roles: a post is a job, and not the mail."""
    roles: frozenset[str] = frozenset()
    """Columns beside which stands how to reach whom they name: `prover` beside `prover_mobile`."""
    career: str = ""
    """The category of what its rows tell of persons: what they learned, where they worked."""
    registered: bool = False
    """It names persons and has a key of its own: another id, of text, is a number that they are called by."""
    body: bool = False
    """It measures somebody: height beside weight, and no width of a thing."""
    secrets: bool = False
    """It keeps tokens and sessions."""


class Surveyor:
    """Looks at tables by the vocabulary of a taxonomy."""

    def __init__(self, taxonomy: Taxonomy, reader: Reader) -> None:
        self._reader = reader
        self._words = {name: frozenset(words) for name, words in taxonomy.matching.items()}
        self._pinyin = PinyinTables(taxonomy.matching)
        self._care = Care(self._words, reader, self._pinyin)
        self._patient = _PATIENT | self._words["patient_keys"]
        self._treated = VISITS | self._words["clinical_words"]
        self._organisations = self._words["organisation_words"] - _PLACES_ONLY
        self._subjects = self._words["subject_words"] - _KEEPERS
        self._talk_zh = tuple(self._words["talk_words_zh"])
        self._dictionary_zh = tuple(self._words["dictionary_words_zh"])
        self._sure = (self._words["subject_words"] | self._words["staff_words"]) - _ALSO_ORGANISATIONS
        self._meaning = frozenset[str]().union(*(self._words[name] for name in _MEANING), VISITS)

    def _read(self, column: Column, prefix: Prefix) -> Reading:
        name = without(column.name, prefix, self._reader)
        if "_" in name:
            bare = _ATTRIBUTE_KEY.sub("", name)
            if bare != name and self._reader.is_coded("".join(words_of(bare))):
                return self._reader.read(bare, column.comment)
            name = _CODED.sub("", name) or name
        return self._reader.read(name, column.comment)

    def survey(self, table: Table) -> Surroundings:
        """Look at a table and all its columns."""
        prefix = prefix_of(table, self._reader, self._meaning)
        readings = [self._read(column, prefix) for column in table.columns]
        words = {word for reading in readings for word in reading.words}
        stems, chinese = self._stems(table.name), table.name + table.comment
        linked = any(map(self._links, table.columns, readings))
        listing = not linked and (self._lists(table, stems) or self._lists_attributes(table))
        title = words_of(table.name)
        staff = self._says(stems, chinese, "staff_words", title)
        person = staff or self._says(stems, chinese, "subject_words", title)
        organisation = self._says(stems, chinese, "organisation_words", title)
        if organisation and chinese.isascii() and not is_named(readings):
            named = self._pinyin.says(title, "organisation_words")
            organisation = named or not stems.isdisjoint(self._organisations)
        thing = listing or self._says(stems, chinese, "object_words", title)
        kinds = [kind(reading) for reading in readings]
        xm = not thing and is_name_xm(table)
        kinds += initials_together(readings, xm=xm)
        natural = is_natural(readings) or (person and any(kinds) and stems & self._sure)
        if is_register(readings) and not natural:
            person, organisation = False, True
        why = "table about persons" if person else neighbours(kinds, other=thing or organisation)
        patient = not words.isdisjoint(self._patient) or any(
            word.startswith("patient") and word.endswith("id") for word in words
        )
        placed = {_PLACE_OF[bare] for bare in map(without_digits, words) if bare in _PLACE_OF}
        visit = linked and not why and not stems.isdisjoint(VISITS)
        return Surroundings(
            readings=tuple(readings),
            person="" if listing else why,
            thing=thing,
            organisation=organisation and not person,
            staff=staff,
            clinical=not listing
            and (visit or self._care.is_clinical(table, chinese, readings, person=bool(why), patient=patient)),
            patient=patient,
            linked=linked,
            address=not words.isdisjoint(_PLACE),
            pinyin=len(readings) < _FEW or sum(map(is_initials, readings)) > 1,
            talk=self._is_talk(table),
            card=any(strong(reading, _CARD) for reading in readings),
            xm=xm,
            identity=any(kinds),
            paid=self._paid(stems, readings, linked=linked or staff),
            exams=linked and not stems.isdisjoint(_EXAMS),
            addresses=not organisation and len(placed) >= _WHOLE_ADDRESS,
            visits=stems & self._treated,
            listing=listing,
            posts=any("code" in reading.words and _UNITS & {*reading.words} for reading in readings),
            roles=self._roles(table),
            career=next((key for words, key in _CAREERS if stems & words), "")
            if (why or linked) and not listing
            else "",
            registered=bool(why) and any(kinds) and is_keyed(table, readings),
            body=not thing and words >= _BODY and words.isdisjoint(_MEASURES),
            secrets=not stems.isdisjoint(_SECRETS),
        )

    def _paid(self, stems: frozenset[str], readings: Iterable[Reading], *, linked: bool) -> str:
        if stems.isdisjoint(self._words["money_words"]):
            return ""
        staff = self._words["staff_words"]
        if not linked and not any(
            len(reading.words) > 1 and reading.words[-1] in _KEYS and reading.words[-2] in staff for reading in readings
        ):
            return ""
        return next((category for words, category in _AMOUNTS_OF if stems & words), "personal.transaction.payment")

    def _is_talk(self, table: Table) -> bool:
        """Tell whether the last words of a table's name or comment are of what people wrote."""
        words = self._reader.words(table.name)[-1]
        if not self._words["talk_words"].isdisjoint(words[-2:]):
            return True
        if self._pinyin.says(words_of(table.name), "talk_words"):
            return True
        title = table.comment.strip().removesuffix("表").removesuffix("信息").removesuffix("记录")
        return title.endswith(self._talk_zh)

    def _roles(self, table: Table) -> frozenset[str]:
        names = {"".join(self._reader.words(column.name)[0]): column.name for column in table.columns}
        found: set[str] = set()
        longer: list[str] = []
        for name in sorted(names, reverse=True):  # what a name starts stands after it in the order, without a gap
            longer = [other for other in longer if other.startswith(name)]
            if longer and len(name) >= _SHORTEST_ROLE and self._is_role(name, longer):
                found.add(names[name])
            longer.append(name)
        return frozenset(found)

    def _is_role(self, name: str, longer: list[str]) -> bool:
        if self._reader.is_hint(name) or name in self._words["other_owners"]:
            return False
        return any(self._reader.reaches(other[len(name) :]) for other in longer)

    def _stems(self, name: str) -> frozenset[str]:
        words = {word for reading in self._reader.words(name) for word in reading}
        return frozenset({*words, *(singular(word) for word in words)})

    def _says(self, stems: frozenset[str], chinese: str, kind: str, title: tuple[str, ...]) -> bool:
        if not stems.isdisjoint(self._words[kind]) or self._pinyin.says(title, kind):
            return True
        return not chinese.isascii() and any(word in chinese for word in self._words[f"{kind}_zh"])

    def _lists(self, table: Table, stems: frozenset[str]) -> bool:
        """A table that lists kinds, codes or settings, whatever they are of."""
        words = words_of(table.name)
        if len(words) > 1 and words[0] in _LISTS:
            return True
        last = singular(words[-1]) if words else ""
        ends = table.comment.strip().removesuffix("表").endswith(self._dictionary_zh)
        return (
            last in self._words["dictionary_words"]
            or ends
            or self._pinyin.says(words, "dictionary_words")
            or bool(stems & {"dict", "dictionary", "lookup", "vocabulary"})
        )

    def _lists_attributes(self, table: Table) -> bool:
        """A table called like an attribute of persons, with names: `nation`, `job_level`."""
        if len(table.columns) > _FEW_OF_A_LIST or not self._reader.is_attribute("".join(words_of(table.name))):
            return False
        return any(words_of(column.name)[-1:] == ("name",) for column in table.columns)

    def _links(self, column: Column, reading: Reading) -> bool:
        """A key that leads to a person."""
        if column.references:
            return bool(self._stems(column.references.rpartition(".")[0]) & self._words["subject_words"])
        words = reading.words
        return len(words) > 1 and words[-1] in _KEYS and words[-2] in self._subjects
