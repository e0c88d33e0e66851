"""What the columns of a table say together, whatever the table is called.

Where tables are many, many have the same columns (one a month, a tenant, a shard): what these say is remembered.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from .care import VISITS
from .dossiers import file_numbers
from .names import singular, without_digits
from .neighbours import is_initials, is_keyed, is_name_xm, is_named, is_natural, is_register, kind, strong
from .prefixes import Prefix, prefix_of, without
from .teeth import is_dental

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .care import Care, Counts
    from .marks import Reading
    from .reading import Reader
    from .tables import Column, Table

_REMEMBERED: Final = 1 << 12
_UNITS: Final = frozenset({"department", "dept", "role", "company", "team", "org"})
_PLACE_OF: Final = {
    **dict.fromkeys(("street", "address", "addr", "line", "lane", "road", "jiedao", "dizhi"), "street"),
    **dict.fromkeys(("city", "town", "suburb", "chengshi"), "city"),
    **dict.fromkeys(("zip", "zipcode", "postcode", "postal", "postalcode", "youbian"), "postcode"),
    **dict.fromkeys(("state", "province", "county", "district", "region", "country", "shengfen"), "region"),
}
_PATIENT: Final = frozenset({"patient", "encounter", "admission", "hadm", "inpatient"})
_ALSO_MAJOR: Final = frozenset({"zyh"})
"""住院号, of a patient, and 专业号, of what a student studies."""
_SCHOOL: Final = frozenset({"zymc", "bjh", "bjmc", "kch", "kcmc", "xkml", "yxsh", "yxsmc", "nj", "njdm"})
"""What stands beside the latter: 专业名称, 班级, 课程, 学科门类, 院系, 年级."""
_CODED: Final = re.compile(r"_(?:source_)?(?:concept_id|concept|value)$", re.IGNORECASE)
"""What ends a name whose value is a code, or as it was found: `gender_concept_id`, `cause_source_value`."""
_ATTRIBUTE_KEY: Final = re.compile(r"(?<=[a-z])_?(?:cv_?|code_?|cd_?|descriptor_?)?id$", re.IGNORECASE)
"""What ends the name of a key of a code: `gender_cv_id`, `ReligionID`."""
_MEANING: Final = (
    "subject_words",
    "staff_words",
    "contact_words",
    "flag_prefixes",
    "organisation_words",
    "object_words",
)
KEYS: Final = frozenset({"id", "no", "number", "key", "sk", "code", "num"})
"""Last words of names of keys."""
_KEEPERS: Final = frozenset({"owner", "account", "login", "parent", "father", "agent", "manager"})
"""Who keeps a row, and is not whom it is about."""
_FEW: Final = 4
_SHORTEST_ROLE: Final = 3
_WAYS: Final = ("email", "phone", "mobile", "tel", "telefono", "telefone", "correo")
"""What stands before whom it reaches: `email_owner`."""
_SIGNED: Final = re.compile(r"[b-df-hj-np-tw-z]{2,10}qm")
_CODE_OF: Final = re.compile(r"[b-df-hj-np-tw-z]{2,10}(?:bm|dm|gh|bh)")
_CARD: Final = ("personal.financial.bank_card",)
_ACCOUNT: Final = ("personal.financial.bank_account",)


class Together(NamedTuple):
    """What the columns of a table say together, whatever it is called; where `Surroundings` has the word, as there."""

    readings: tuple[Reading, ...]
    words: frozenset[str]
    """The words of all names."""
    kinds: tuple[str, ...]
    """The personal category that each says alone."""
    linked: bool
    named: bool
    """Some are names of what the table is about."""
    natural: bool
    """They name a natural person."""
    register: bool
    """They are of organisations."""
    keyed: bool
    """The first is a key that is a number."""
    xm: bool
    school: bool
    """They are of majors, classes or courses: `zyh` is the number of a major there."""
    patient: bool
    placed: int
    """How many parts of an address there are."""
    pinyin: bool
    card: bool
    account: bool
    """They are of accounts at banks."""
    posts: bool
    teeth: bool
    """They are the teeth of somebody."""
    roles: frozenset[str]
    numbers: frozenset[str]
    files: frozenset[str]
    """Numbers of files of persons."""
    care: Counts


class Gatherer:
    """Looks at the columns of tables by the vocabulary of a taxonomy."""

    def __init__(self, words: Mapping[str, frozenset[str]], reader: Reader, care: Care) -> None:
        self._reader, self._care = reader, care
        self._persons, self._others = words["subject_words"], words["other_owners"]
        self._subjects = words["subject_words"] - _KEEPERS
        self._operators = words["operator_columns"]
        self._patient = _PATIENT | words["patient_keys"]
        self._meaning = frozenset[str]().union(*(words[name] for name in _MEANING), VISITS)
        self._found: dict[tuple[tuple[str, ...], ...], Together] = {}
        """By all that columns say of themselves."""

    def gather(self, table: Table) -> Together:
        """What the columns of a table say together."""
        says = tuple([(c.name, c.comment, c.data_type, c.references) for c in table.columns])
        found = self._found.get(says)
        if found is None:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            found = self._found[says] = self._gather(table)
        return found

    def _gather(self, table: Table) -> Together:
        prefix = prefix_of(table, self._reader, self._meaning)
        language = self._reader.language(column.name for column in table.columns)
        readings = [self._read(column, prefix, language) for column in table.columns]
        words = {word for reading in readings for word in reading.words}
        keys = self._patient - _ALSO_MAJOR if words & _SCHOOL else self._patient
        care = self._care.count(readings)
        files = file_numbers(table, readings, care)
        return Together(
            readings=tuple(readings),
            words=frozenset(words),
            kinds=tuple(map(kind, readings)),
            linked=any(map(self._links, table.columns, readings)),
            named=is_named(readings),
            natural=is_natural(readings),
            register=is_register(readings),
            keyed=is_keyed(table, readings),
            xm=is_name_xm(table),
            school=not words.isdisjoint(_SCHOOL),
            patient=not words.isdisjoint(keys)
            or any(word.startswith("patient") and word.endswith("id") for word in words)
            or bool(files and care.sure),
            placed=len({_PLACE_OF[bare] for bare in map(without_digits, words) if bare in _PLACE_OF}),
            pinyin=len(readings) < _FEW or sum(map(is_initials, readings)) > 1,
            card=any(strong(reading, _CARD) for reading in readings),
            account=any(strong(reading, _ACCOUNT) for reading in readings),
            posts=any("code" in reading.words and _UNITS & {*reading.words} for reading in readings),
            teeth=is_dental([column.name for column in table.columns]),
            roles=self._roles(table),
            numbers=_numbers(table) | files,
            files=files,
            care=care,
        )

    def _read(self, column: Column, prefix: Prefix, language: str) -> Reading:
        name = without(column.name, prefix, self._reader)
        bare = _ATTRIBUTE_KEY.sub("", name)
        if bare != name and any(self._reader.is_coded("".join(words)) for words in self._reader.words(bare)):
            name = bare
        elif "_" in name:
            name = _CODED.sub("", name) or name
        return self._reader.read(name, column.comment, *((language,) if language else ()))

    def _links(self, column: Column, reading: Reading) -> bool:
        """A key that leads to a person whom the row is of, and not to who entered it."""
        if "_".join(reading.words) in self._operators:
            return False
        if column.references:
            return bool(stems_of(column.references.rpartition(".")[0], self._reader) & self._persons)
        words = reading.words
        return len(words) > 1 and words[-1] in KEYS and words[-2] in self._subjects

    def _roles(self, table: Table) -> frozenset[str]:
        names = {"".join(self._reader.words(column.name)[0]): column.name for column in table.columns}
        found: set[str] = set()
        longer: list[str] = []
        for name in sorted(names, reverse=True):  # what a name starts stands after it in the order, without a gap
            longer = [other for other in longer if other.startswith(name)]
            if longer and len(name) >= _SHORTEST_ROLE and self._is_role(name, longer):
                found.add(names[name])
            longer.append(name)
        for name in names:
            for way in _WAYS:
                who = name.removeprefix(way)
                if who != name and who in names and len(who) >= _SHORTEST_ROLE and self._persons_word(who):
                    found.add(names[who])
        return frozenset(found)

    def _persons_word(self, who: str) -> bool:
        """Tell whether a word is of who has a mail or telephone: `owner` beside `email_owner`, and no `company`."""
        return who in self._persons and not self._reader.is_hint(who)

    def _is_role(self, name: str, longer: list[str]) -> bool:
        if self._reader.is_hint(name) or name in self._others:
            return False
        return any(self._reader.reaches(other[len(name) :]) for other in longer)


def _numbers(table: Table) -> frozenset[str]:
    """Codes of who signs, in initials: `zzysbm` beside `zzysqm`, and `ysbm` beside `klysqm`."""
    signed = tuple(bare[:-2] for column in table.columns if _SIGNED.fullmatch(bare := column.name.lower()))
    if not signed:
        return frozenset()
    coded = ((column.name, column.name.lower()) for column in table.columns)
    return frozenset(
        name for name, bare in coded if _CODE_OF.fullmatch(bare) and any(who.endswith(bare[:-2]) for who in signed)
    )


def stems_of(name: str, reader: Reader) -> frozenset[str]:
    """All words of a name, however it is read, and each without the s of its plural."""
    words = {word for reading in reader.words(name) for word in reading}
    return frozenset({*words, *(singular(word) for word in words)})
