"""Which tables are clinical: their rows are illnesses, treatments and measurements of somebody."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from .names import singular, words_of
from .neighbours import strong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .marks import Reading
    from .pinyin_names import PinyinTables
    from .reading import Reader
    from .tables import Table

VISITS: Final = frozenset(
    {
        "measurement",
        "observation",
        "condition",
        "drug",
        "medication",
        "specimen",
        "visit",
        "exposure",
        "episode",
        "death",
    }
    | {"procedure", "admission", "encounter", "treatment"}
)
"""What is clinical in the name of a table whose rows belong to a person."""
_HEALTH: Final = ("personal.health",)
_EXAMS_OF: Final = frozenset({"student", "pupil", "course", "subject", "grade", "mark", "score", "xuesheng"})
_STUDIES: Final = frozenset(
    {"lab", "laboratory", "procedure", "exam", "examination", "imaging", "pathology", "radiology"}
)
_CHARTED: Final = (
    "event",
    "result",
    "finding",
    "diagnosis",
    "observation",
    "measurement",
    "drgcode",
    "procedure",
    "condition",
)
"""What tables of a patient end in, also glued to what stands before."""
_BEGINS: Final = ("drug", "allerg", "nurs", "vital")
"""Clinical words, and parts of some, with which glued names of tables begin: `vitalperiodic`."""
_LONG: Final = 5
"""Words of fewer letters begin too many others."""
_TESTED: Final = frozenset(
    {"test_result", "test_results", "result_item", "result_items", "result_detail", "result_details"}
)
_MEASURED: Final = frozenset({"reference", "range"})
"""What stands beside results of laboratories, and not beside those of schools."""
_OUTCOMES: Final = frozenset({"result", "report", "finding", "event", "order"})
_CLINICAL_ENOUGH: Final = 3
_SURE_ENOUGH: Final = 2
_CLINICAL_SHARE: Final = 0.15
_OF_PATIENTS: Final = 0.5
_BESIDE_WHOM: Final = 0.4
_WHOM: Final = ("personal.name", "personal.demographic", "personal.government_id", "personal.contact")
"""What says of whom a row is: beside it, and not among it, initials of care are counted."""


class Counts(NamedTuple):
    """How many columns of a table are clinical."""

    open: int
    """That could hold content: their names are not technical."""
    sure: int
    likely: int
    weak: int
    """By initials alone."""
    care: int
    """By initials of compounds that are clinical in a table of patients."""
    whom: int
    """That say of whom a row is."""


class Care:
    """Tells clinical tables by the vocabulary of a taxonomy."""

    def __init__(self, words: Mapping[str, frozenset[str]], reader: Reader, pinyin: PinyinTables) -> None:
        self._reader, self._pinyin = reader, pinyin
        self._clinical, self._clinical_zh = words["clinical_words"], words["clinical_words_zh"]
        self._begins = (
            tuple(word for word in words["clinical_words"] | words["clinical_terms"] | VISITS if len(word) >= _LONG)
            + _BEGINS
        )
        self._technical, self._fields = words["technical_words"], words["clinical_fields"]

    def is_clinical(  # noqa: PLR0913 (what a table and its columns say)
        self, table: Table, chinese: str, readings: Sequence[Reading], counts: Counts, *, person: bool, patient: bool
    ) -> bool:
        """Tell by its name, by the patients its rows belong to, and by its columns."""
        return (
            self._by_name(table, chinese, readings)
            or (patient and not person and self._charted(table))
            or self._by_initials(words_of(table.name), counts, patient=patient)
            or _by_columns(counts, person=person, patient=patient)
        )

    def _by_name(self, table: Table, chinese: str, readings: Sequence[Reading]) -> bool:
        words = self._reader.words(table.name)[-1]
        pairs = {f"{first}_{second}" for first, second in pairwise(words)}
        if any(first in _STUDIES and singular(second) in _OUTCOMES for first, second in pairwise(words)):
            return not any(_EXAMS_OF & {*reading.words} for reading in readings)
        if not _TESTED.isdisjoint(pairs) and any({*reading.words} >= _MEASURED for reading in readings):
            return True
        if self._pinyin.says(words_of(table.name), "clinical_words"):
            return True
        stems = {*words, *map(singular, words), *pairs}
        clinical = self._clinical
        return bool(stems & clinical) or (not chinese.isascii() and any(word in chinese for word in self._clinical_zh))

    def _by_initials(self, words: tuple[str, ...], counts: Counts, *, patient: bool) -> bool:
        """Records of care, named by initials, and no register of patients; without a key of one, long ones tell."""
        if counts.care < (_SURE_ENOUGH if patient else _CLINICAL_ENOUGH):
            return False
        if self._pinyin.says(words[-1:], "subject_words"):
            return False
        return self._reader.clinical_initials.names_table(words, sure=not patient)

    def _charted(self, table: Table) -> bool:
        """Events, findings and codes of a patient: `LABEVENTS`, `drg_codes`."""
        words = words_of(table.name)
        if not words:
            return False
        glued = words[-1] not in self._begins and words[-1].startswith(self._begins)
        return glued or singular(words[-1]).endswith(_CHARTED)

    def count(self, readings: Sequence[Reading]) -> Counts:
        """Count the clinical ones among columns."""
        open_ = [reading for reading in readings if not {*reading.words} & self._technical]
        return Counts(
            open=len(open_),
            sure=sum(bool(reading.clinical) or strong(reading, _HEALTH) for reading in open_),
            likely=sum(bool({*reading.words} & self._fields) for reading in open_ if not reading.clinical),
            weak=sum(
                any(mark.initials and key.startswith(_HEALTH) for key, mark in reading.marks.items())
                for reading in open_
            ),
            care=sum(reading.care for reading in open_),
            whom=sum(strong(reading, _WHOM) for reading in open_),
        )


def _by_columns(counts: Counts, *, person: bool, patient: bool) -> bool:
    """Enough of the columns that could hold content are clinical; of a register of patients, half of them."""
    if patient and counts.care >= max(_CLINICAL_ENOUGH, _BESIDE_WHOM * (counts.open - counts.whom)):
        return True
    sure = counts.sure + (counts.weak if patient or counts.weak >= _CLINICAL_ENOUGH else 0)
    if sure < _SURE_ENOUGH:
        return False
    share = _OF_PATIENTS if person else 0 if patient else _CLINICAL_SHARE
    return sure + counts.likely >= max(_CLINICAL_ENOUGH, share * counts.open)
