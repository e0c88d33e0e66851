"""What a table says about its columns: its name and comment, its keys, and above all what stands beside a column.

`name`, `xm` or `address` alone say little. In a table with a birth date and a first name they are a person's; in one
with a company's registration number they are the company's.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from .column_types import is_number
from .names import singular, words_of
from .reading import STRONG

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .reading import Reader, Reading
    from .tables import Column, Table
    from .taxonomy import Taxonomy

_IDENTITY: Final = ("personal.name", "personal.demographic", "personal.government_id", "personal.biometric")
_NAMING: Final = ("personal.name", "personal.government_id", "personal.demographic.birth_date")
_OF_STAFF: Final = ("personal.occupation", "personal.financial.income")
_CONTACT: Final = "personal.contact"
_HEALTH: Final = "personal.health"
_UNIQUE: Final = "organisation.uscc"
_PLACE: Final = frozenset({"city", "street", "zip", "postal", "postcode", "zipcode", "county", "address", "addr"})
_UNITS: Final = frozenset({"department", "dept", "role", "company", "team", "org"})
_PATIENT: Final = frozenset({"patient", "encounter", "admission", "hadm", "inpatient"})
_LISTS: Final = frozenset({"d", "ref", "lu", "lkp", "lookup", "cd"})
"""First words of names of tables that list codes."""
_MEANING: Final = (
    "subject_words",
    "staff_words",
    "contact_words",
    "flag_prefixes",
    "organisation_words",
    "object_words",
)
_STUDIES: Final = frozenset(
    {"lab", "laboratory", "procedure", "exam", "examination", "imaging", "pathology", "radiology"}
)
_CHARTED: Final = ("event", "result", "finding", "diagnosis", "observation", "measurement", "drgcode", "procedure")
"""What tables of a patient end in, also glued to what stands before."""
_OUTCOMES: Final = frozenset({"result", "report", "finding", "event", "order"})
_KEYS: Final = frozenset({"id", "no", "number", "key", "sk", "code", "num"})
_KEEPERS: Final = frozenset({"owner", "account", "login", "parent", "father", "agent", "manager"})
"""Who keeps a row, and is not whom it is about."""
_OF_PROJECTS: Final = frozenset({"xmmc", "xmbh", "xmid", "xmdm", "xmlx", "xmzt", "xmlb", "xmje"})
_PERSONS_ENOUGH: Final = 2
_CLINICAL_ENOUGH: Final = 3
_SURE_ENOUGH: Final = 2
_CLINICAL_SHARE: Final = 0.2
_OF_PATIENTS: Final = 0.5
_FEW: Final = 4
_FEW_OF_A_LIST: Final = 8
_PREFIX_ENOUGH: Final = 3
_PREFIX_SHARE: Final = 0.6
_PREFIX_LONGEST: Final = 4


class Surroundings(NamedTuple):
    """What is known of the table of a column."""

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
    prefix: str
    """What its column names start with and what means nothing: `f` in `f_name`, `s` in `Sname`."""
    talk: bool = False
    """It keeps what people wrote: reviews, complaints, messages."""
    money: bool = False
    """Its rows are payments, loans or wages."""
    card: bool = False
    """It holds numbers of bank cards."""
    xm: bool = False
    """`xm` is a name there, and no project."""
    listing: bool = False
    """It lists kinds, codes or settings."""
    posts: bool = False
    """`post_code` is there beside codes of departments and roles: a post is a job, and not the mail."""
    roles: frozenset[str] = frozenset()
    """Columns beside which stands how to reach whom they name: `prover` beside `prover_mobile`."""


class Surveyor:
    """Looks at tables by the vocabulary of a taxonomy."""

    def __init__(self, taxonomy: Taxonomy, reader: Reader) -> None:
        self._reader = reader
        self._words = {name: frozenset(words) for name, words in taxonomy.matching.items()}
        self._meaning = frozenset[str]().union(*(self._words[name] for name in _MEANING))

    def read(self, column: Column, prefix: str) -> Reading:
        """What a column says by itself, without the prefix of its table."""
        name = column.name
        if len(prefix) == 1 and "_" not in name and name[:1].lower() == prefix and self._reader.is_hint(name[1:]):
            name = name[1:]
        elif prefix:
            words = self._reader.words(name)[0]
            name = "_".join(words[1:]) if len(words) > 1 and words[0] == prefix else name
        return self._reader.read(name, column.comment)

    def survey(self, table: Table) -> Surroundings:
        """Look at a table and all its columns."""
        prefix = self._prefix(table)
        readings = [self.read(column, prefix) for column in table.columns]
        stems, chinese = self._stems(table.name), table.name + table.comment
        listing = self._lists(table, stems) or self._lists_attributes(table)
        person = self._says(stems, chinese, "subject_words") or self._says(stems, chinese, "staff_words")
        organisation = self._says(stems, chinese, "organisation_words")
        thing = listing or self._says(stems, chinese, "object_words")
        kinds = [_kind(reading) for reading in readings]
        xm = not thing and _is_name_xm(table)
        kinds += _initials_together(readings) if xm else []
        if _is_register(readings) and not (person and any(kinds)):
            person, organisation = False, True
        why = "table about persons" if person else _neighbours(kinds, other=thing or organisation)
        patient = any((_PATIENT | self._words["patient_keys"]) & {*reading.words} for reading in readings)
        places = any(_PLACE & {*reading.words} for reading in readings)
        return Surroundings(
            person="" if listing else why,
            thing=thing,
            organisation=organisation and not person,
            staff=self._says(stems, chinese, "staff_words"),
            clinical=not listing
            and (
                self._is_clinical(table, chinese)
                or (patient and not why and self._is_charted(table))
                or self._reads_clinical(readings, person=bool(why), patient=patient)
            ),
            patient=patient,
            linked=any(self._links(column, reading) for column, reading in zip(table.columns, readings, strict=True)),
            address=places,
            pinyin=len(readings) < _FEW or sum(_is_initials(reading) for reading in readings) > 1,
            prefix=prefix,
            talk=self._last(table, "talk_words"),
            money=bool(stems & self._words["money_words"]) or self._last(table, "money_words"),
            card=any(_strong(reading, ("personal.financial.bank_card",)) for reading in readings),
            xm=xm,
            listing=listing,
            posts=not places
            and any({*reading.words} >= {"code"} and _UNITS & {*reading.words} for reading in readings),
            roles=self._roles(table),
        )

    def _last(self, table: Table, kind: str) -> bool:
        """Tell whether the last words of a table's name or comment are of a kind."""
        words = self._reader.words(table.name)[-1]
        title = table.comment.strip().removesuffix("表").removesuffix("信息").removesuffix("记录")
        return bool({*words[-2:]} & self._words[kind]) or title.endswith(tuple(self._words[f"{kind}_zh"]))

    def _roles(self, table: Table) -> frozenset[str]:
        names = {"".join(words_of(column.name)): column.name for column in table.columns}
        found: set[str] = set()
        for short, name in names.items():
            if len(short) < _PREFIX_ENOUGH or self._reader.is_hint(short) or short in self._words["other_owners"]:
                continue
            if any(other.startswith(short) and self._reader.reaches(other[len(short) :]) for other in names):
                found.add(name)
        return frozenset(found)

    def _prefix(self, table: Table) -> str:
        firsts: dict[str, int] = {}
        for column in table.columns:
            words = self._reader.words(column.name)[0]
            if len(words) > 1:
                firsts[words[0]] = firsts.get(words[0], 0) + 1
        if not firsts:
            return self._letter(table)
        first = max(firsts, key=firsts.__getitem__)
        common = firsts[first] >= max(_PREFIX_ENOUGH, _PREFIX_SHARE * len(table.columns))
        return first if common and len(first) <= _PREFIX_LONGEST and first not in self._meaning else ""

    def _letter(self, table: Table) -> str:
        """The letter that all columns start with, glued to names that stand for something: `Sname`, `Ssex`."""
        names = [column.name.lower() for column in table.columns]
        letters = {name[:1] for name in names}
        enough = sum(self._reader.is_hint(name[1:]) for name in names) >= _PERSONS_ENOUGH
        return letters.pop() if len(letters) == 1 and len(names) >= _PREFIX_ENOUGH and enough else ""

    def _stems(self, name: str) -> frozenset[str]:
        words = {word for reading in self._reader.words(name) for word in reading}
        return frozenset({*words, *(singular(word) for word in words)})

    def _says(self, stems: frozenset[str], chinese: str, kind: str) -> bool:
        return bool(stems & self._words[kind]) or any(word in chinese for word in self._words[f"{kind}_zh"])

    def _lists(self, table: Table, stems: frozenset[str]) -> bool:
        """A table that lists kinds, codes or settings, whatever they are of."""
        words = words_of(table.name)
        if len(words) > 1 and words[0] in _LISTS:
            return True
        last = singular(words[-1]) if words else ""
        ends = table.comment.strip().removesuffix("表").endswith(tuple(self._words["dictionary_words_zh"]))
        return (
            last in self._words["dictionary_words"]
            or ends
            or bool(stems & {"dict", "dictionary", "lookup", "vocabulary"})
        )

    def _lists_attributes(self, table: Table) -> bool:
        """A table called like an attribute of persons, with names: `nation`, `job_level`."""
        named = any(words_of(column.name)[-1:] == ("name",) for column in table.columns)
        return (
            named and len(table.columns) <= _FEW_OF_A_LIST and self._reader.is_attribute("".join(words_of(table.name)))
        )

    def _is_clinical(self, table: Table, chinese: str) -> bool:
        words = self._reader.words(table.name)[-1]
        pairs = {f"{first}_{second}" for first, second in pairwise(words)}
        if any(first in _STUDIES and singular(second) in _OUTCOMES for first, second in pairwise(words)):
            return True
        stems = {*words, *map(singular, words), *pairs}
        clinical = self._words["clinical_words"]
        return bool(stems & clinical) or any(word in chinese for word in self._words["clinical_words_zh"])

    def _is_charted(self, table: Table) -> bool:
        """Events, findings and codes of a patient: `LABEVENTS`, `drg_codes`."""
        words = words_of(table.name)
        return bool(words) and singular(words[-1]).endswith(_CHARTED)

    def _reads_clinical(self, readings: list[Reading], *, person: bool, patient: bool) -> bool:
        """Enough of the columns that could hold content are clinical; of a register of patients, half of them."""
        open_ = [reading for reading in readings if not {*reading.words} & self._words["technical_words"]]
        sure = sum(bool(reading.clinical) or _strong(reading, (_HEALTH,)) for reading in open_)
        likely = sum(
            bool({*reading.words} & self._words["clinical_fields"]) for reading in open_ if not reading.clinical
        )
        weak = sum(
            any(mark.initials and key.startswith(_HEALTH) for key, mark in reading.marks.items()) for reading in open_
        )
        sure += weak if patient or weak >= _CLINICAL_ENOUGH else 0
        if sure < _SURE_ENOUGH:
            return False
        share = _OF_PATIENTS if person else 0 if patient else _CLINICAL_SHARE
        return sure + likely >= max(_CLINICAL_ENOUGH, share * len(open_))

    def _links(self, column: Column, reading: Reading) -> bool:
        """A key that leads to a person."""
        if column.references:
            return bool(self._stems(column.references.rpartition(".")[0]) & self._words["subject_words"])
        words = reading.words
        return len(words) > 1 and words[-1] in _KEYS and words[-2] in self._words["subject_words"] - _KEEPERS


def _is_initials(reading: Reading) -> bool:
    return any(mark.initials for mark in reading.marks.values())


def _is_name_xm(table: Table) -> bool:
    """`xm` is 姓名, unless the table has a name or number of a project (项目), too."""
    names = {column.name.lower().replace("_", ""): column for column in table.columns}
    return "xm" in names and not names.keys() & _OF_PROJECTS and not is_number(names["xm"].data_type)


def _initials_together(readings: Iterable[Reading]) -> list[str]:
    """A name and, by initials that alone say little, two other things of a person make a person."""
    weak = {
        key
        for reading in readings
        for key, mark in reading.marks.items()
        if mark.initials and key.startswith((*_IDENTITY, _CONTACT, *_OF_STAFF))
    }
    return [f"initials {key}" for key in weak] if len(weak) > _PERSONS_ENOUGH else ["personal.name.full"]


def _strong(reading: Reading, kinds: tuple[str, ...]) -> bool:
    return any(mark.points >= STRONG and key.startswith(kinds) for key, mark in reading.marks.items())


def _kind(reading: Reading) -> str:
    """The strongest personal category of a column that says it alone; an owned one is told apart."""
    best = max(reading.marks.items(), key=lambda item: (item[1].points, item[1].longest), default=None)
    if best is None or best[1].points < STRONG or not best[0].startswith((*_IDENTITY, _CONTACT)):
        return ""
    return f"{'owned ' if best[1].owned else ''}{best[0]}"


def _neighbours(kinds: Iterable[str], *, other: bool) -> str:
    """Why the columns together are a person's: two that are, and in a table of something else two of identity."""
    found = {kind for kind in kinds if kind}
    if other:
        found = {kind for kind in found if kind.startswith(_IDENTITY)}
        found = found if any(kind.startswith(_NAMING) for kind in found) else set[str]()
    return "beside other columns of a person" if len(found) >= _PERSONS_ENOUGH else ""


def _is_register(readings: list[Reading]) -> bool:
    """Tell whether columns are of organisations: a registration number, or two other marks of one."""
    strong = [
        key
        for reading in readings
        for key, mark in reading.marks.items()
        if key.startswith("organisation") and mark.points >= STRONG
    ]
    return _UNIQUE in strong or len(set(strong)) >= _PERSONS_ENOUGH
