"""Which data category a column holds, from its name, its comment, its type and its table; no row is looked at.

`reading` scores what name and comment say, `surroundings` what the table and the neighbouring columns say; here both
are added up. An explicit tag, beside the column or in its comment, always wins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from .by_table import held
from .careers import employed, is_kept_by_site
from .clinical import Content
from .column_types import LONG_TEXT, fits, is_date, is_flag, is_key, is_number, is_text, is_unique_id, is_whole
from .doubts import DOUBT, in_doubt, is_figure
from .errors import InputError, Problem
from .guesses import Guesser
from .marks import STRONG, Mark
from .names import head_noun
from .payments import take_payment
from .pointers import is_code, is_pointer
from .proofs import theirs
from .reading import Reader
from .surroundings import Surveyor
from .topics import told
from .weighing import CLINICAL, context, elsewhere

if TYPE_CHECKING:
    from .marks import Reading
    from .surroundings import Surroundings
    from .tables import Column, Table
    from .taxonomy import Taxonomy

_REMEMBERED: Final = 1 << 15
_BY_TAG: Final = "tag category="
_TAG: Final = re.compile(r"@tutela\(\s*category\s*=\s*([\w.]{1,100})\s*\)")
_NUMBERED: Final = re.compile(r"comment (?:.*(?<!编)号|(?:平台|渠道)用户.*)")
"""A comment that speaks of a number on a badge or card, and not of one of the database."""
_TOLD_IN_CARE: Final = (
    "free_text",
    "personal.health",
    "personal.family.relation",
    "personal.location.trajectory",
    "personal.transaction.review",
    "personal.derived",
    "personal.behaviour",
    "personal.preference",
)
"""What is clinical content in a clinical table: its notes, measures, routes of drugs and illnesses of the family."""
_RELATION: Final = frozenset({"relation", "relationship", "kinship"})
_OF_FIRMS: Final = "organisation"
_OPERATIONAL: Final = "system.operational"
_RELATION_OF: Final = "personal.family.relation"
_NUMBER_OF: Final = "personal.account.user_id"
_NOTES: Final = frozenset({"comment", "comments", "note", "notes", "remark", "remarks", "memo"})
"""First words of names of texts, whatever follows: `comment_confidential`."""
_NOTED: Final = ("note", "notes", "comment", "comments", "remark", "remarks")
"""Ends of them, also glued to something unknown: `reservenotes`."""
_ANSWERS: Final = ("审核结果", "审批结果", "处理结果", "意见", "原因", "理由", "事由", "总结", "小结")
"""Ends of comments on what somebody wrote, where the column holds long texts."""
_DESCRIBED: Final = ("name description",)
"""A name for texts about whatever the row is: in a table of nobody's and of no talk, about a thing."""
_GRADED: Final = frozenset({"at", "by", "time", "unit", "units", "type", "department", "dept"})
"""Technical words that are none in a row about somebody's education or career."""
_KEYED: Final = ("personal.account.user_id", "personal.account.username")
_NAME: Final = "personal.name.full"
_POSTCODE: Final = "personal.contact.postcode"
_ADDRESS: Final = "personal.contact.address"
_EMPLOYER: Final = "personal.occupation.employer"
_INCOME: Final = "personal.financial.income"
_HISTORY: Final = "personal.occupation.history"
_SERVED: Final = (("start", "date"), ("date", "start"))
"""The date that in a register of staff is that of somebody's work."""
_EXPIRY: Final = "personal.financial.card_security"
_CODES: Final = frozenset({"code", "cd", "no", "number", "type"})
_SERIAL: Final = ("name xh", "name school", "name bh", "name sign", "name claim")
"""Numbers of a row, keys or counts, where the column is one of numbers."""
_ROLES: Final = (
    "name principal",
    "name interpreter",
    "name referrer",
    "name signatory",
    "name caller",
    "name assistant",
    "name prescriber",
    "name clinician",
    "name beneficiary",
    "name payee",
    "name lessor",
    "name signer",
    "name judge",
    "name magistrate",
    "name prosecutor",
    "name bailiff",
    "name coroner",
    "name attorney",
    "name lawyer",
    "name solicitor",
    "name plaintiff",
    "name bondsman",
    "name respondent",
    "name clerk",
    "name investigator",
    "name mechanic",
    "name dispatcher",
)
"""What somebody is, for a name where the column is one of texts."""
_KEY_WORDS: Final = frozenset({"id", "ids", "uuid", "guid"})
_PLATFORM_IDS: Final = (
    "openid",
    "unionid",
    "appleid",
    "loginid",
    "googleid",
    "signinid",
    "emailid",
    "badgeid",
    "userloginid",
    "uniqueid",
    "localid",
)
"""What a number may be guessed to be."""
_INSURED: Final = frozenset({"member", "subscriber", "enrollee", "insured", "inmate", "offender"})
_PARENT: Final = ("parent",)
"""In a tree what a row is below, and nobody's mother."""
_NOTHING: Final = Mark(0, 0, 0, owned=False, initials=False, evidence=())


class Classified(NamedTuple):
    """What a column holds: `category` is None when nothing says that it holds more than technical data."""

    column: Column
    category: str | None
    sensitive: bool
    confidence: float
    """How often an answer like this one is right: measured by `benchmarks/classify.py`."""
    evidence: tuple[str, ...]
    subject_type: str = ""
    """Whom it is about: `person`, `staff` or `organisation`; empty when nobody."""
    hidden: tuple[str, ...] = ()
    """Categories of identifiers that stand in its running text, where values were looked at."""


def is_tagged(found: Classified) -> bool:
    """Whether somebody declared the category, beside the column or in its comment."""
    return any(word.startswith(_BY_TAG) for word in found.evidence)


class Classifier:
    """The compiled hints of one taxonomy under one sensitivity profile."""

    def __init__(self, taxonomy: Taxonomy, profile: str = "pipl_strict") -> None:
        taxonomy.check_profile(profile)
        self._taxonomy = taxonomy
        self._reader = Reader(taxonomy)
        self._surveyor = Surveyor(taxonomy, self._reader)
        self._words = {name: frozenset(words) for name, words in taxonomy.matching.items()}
        self._content = Content(self._words)
        self._sensitive = {key: taxonomy.sensitive(key, profile) for key in taxonomy.categories}
        self._guesser: Guesser | None = None
        if taxonomy.model:
            self._guesser = Guesser(taxonomy.model, self._words)
        self._places: dict[Surroundings, int] = {}
        """What tables say of any of their columns, numbered."""
        self._found: dict[tuple[int, tuple[object, ...]], tuple[Reading, Classified]] = {}
        """By the number of its surroundings and all that a column says: its reading, and what it holds."""

    def is_sensitive(self, category: str) -> bool:
        """Tell whether a category of the taxonomy is sensitive under the profile."""
        return self._sensitive[category]

    def survey(self, table: Table) -> Surroundings:
        """What a table says about its columns."""
        return self._surveyor.survey(table)

    def table(self, table: Table) -> list[Classified]:
        """Classify every column of a table, in its order."""
        around = self.survey(table)
        told = around._replace(readings=())
        place = self._places.setdefault(told, len(self._places))
        found = [self._known(*each, around, place) for each in zip(table.columns, around.readings, strict=True)]
        if self._guesser:
            for place, (category, confidence, evidence) in self._guesser.guesses(table, around, found):
                if DOUBT in found[place].evidence:
                    continue
                subject = "staff" if around.staff and category.startswith("personal") else _subject(category)
                column, sensitive = found[place].column, self._sensitive[category]
                found[place] = Classified(column, category, sensitive, confidence, (evidence,), subject)
        return found

    def _known(self, column: Column, reading: Reading, around: Surroundings, place: int) -> Classified:
        """A column; one that says the same in the same surroundings as another holds the same: most names repeat."""
        says = (column.name, column.data_type, column.comment, column.domain, column.tag, bool(column.references))
        found = self._found.get((place, says))
        if found is None or found[0] is not reading:  # read without the prefix of another table
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[place, says] = reading, self._column(column, reading, around)
            return self._found[place, says][1]
        same = found[1]
        return Classified(
            column, same.category, same.sensitive, same.confidence, same.evidence, same.subject_type, same.hidden
        )

    def _column(self, column: Column, reading: Reading, around: Surroundings) -> Classified:
        tag = column.tag
        if not tag and (found := _TAG.search(column.comment[:2000])):
            tag = found[1]
        if tag:
            return self._tagged(column, tag)
        if column.domain and all(mark.points < STRONG for mark in reading.marks.values()):
            reading = self._with_type(reading, column.domain)
        marks = {
            key: self._weighed(key, in_doubt(key, mark, reading.words, column, around), reading, column, around)
            for key, mark in reading.marks.items()
            if key != _ADDRESS or mark.evidence != ("name state",) or around.address
        }
        marks = {} if around.tree and reading.words[:1] == _PARENT else theirs(marks, column, around)
        if column.name in around.roles and is_text(column.data_type) and not reading.turned:
            role = Mark(STRONG, 0, 0, owned=True, initials=False, evidence=("beside how to reach them",))
            known = marks.get(_NAME, _NOTHING).points >= self._taxonomy.report
            marks[_NAME] = marks[_NAME] if known else role
        if column.name in around.numbers and not reading.described:
            marks[_NUMBER_OF] = Mark(STRONG, 0, 0, owned=True, initials=False, evidence=("beside who signs",))
        if around.staff and around.identity and reading.words in _SERVED and not marks:
            marks[_HISTORY] = Mark(STRONG, 0, 0, owned=True, initials=False, evidence=("dates of somebody's work",))
        kept = held(reading.words, column.data_type, around.kept, web=around.web)
        if not kept and not any(map(self._says, marks, marks.values())):
            kept = told(reading.words, column.data_type, around.topics)
        if kept and not reading.turned:
            points = max((STRONG, *(mark.points + 1 for key, mark in marks.items() if key != kept)))
            marks[kept] = Mark(points, 0, 0, owned=True, initials=False, evidence=("what the table keeps",))
        take_payment(marks, column, around, reading, self._words["money_fields"], self._taxonomy.report)
        employed(marks, around.career)
        self._told(marks, column, around, reading)
        self._clinical(marks, column, around, reading)
        return self._decided(column, marks, around, reading)

    def _says(self, key: str, mark: Mark) -> bool:
        """Tell whether a mark is enough to report a person's data."""
        return mark.points >= self._taxonomy.report and not key.startswith(_OF_FIRMS)

    def _with_type(self, reading: Reading, domain: str) -> Reading:
        """What the name of a column's type says, where its own name says nothing or little."""
        told = self._reader.read(domain, "")
        marks = {key: mark._replace(evidence=(f"type {domain}",)) for key, mark in told.marks.items()}
        words, clinical = (*told.words, *reading.words), reading.clinical or told.clinical
        return told._replace(marks={**marks, **reading.marks}, words=words, clinical=clinical)

    def _tagged(self, column: Column, key: str) -> Classified:
        evidence = (f"{_BY_TAG}{key}",)
        if key == "none":
            return Classified(column, None, sensitive=False, confidence=1.0, evidence=evidence)
        if key not in self._taxonomy.categories:
            problem = Problem(code="taxonomy-unknown-category", location=column.location, args={"category": key})
            raise InputError([problem])
        return Classified(column, key, self._sensitive[key], 1.0, evidence, _subject(key))

    def _decided(self, column: Column, marks: dict[str, Mark], around: Surroundings, reading: Reading) -> Classified:
        """Take the category with the most points, if they are enough."""
        key, best = max(
            marks.items(), key=lambda item: (item[1].points, item[1].longest, -item[1].order), default=("", _NOTHING)
        )
        if best.points < self._taxonomy.report or key.startswith(_OPERATIONAL):
            points = 0 if key.startswith(_OPERATIONAL) else best.points
            operator = "staff" if "_".join(reading.words) in self._words["operator_columns"] else ""
            confidence = _silence(points, around, self._taxonomy.suspect)
            return Classified(column, None, False, confidence, best.evidence, operator)  # noqa: FBT003
        evidence, words = best.evidence, {*reading.words}
        if around.clinical and key.startswith(_TOLD_IN_CARE) and not _RELATION & words:
            key, evidence = CLINICAL, (*evidence, "clinical table")
        elif around.patient and key == "free_text" and words & self._words["clinical_fields"]:
            key, evidence = CLINICAL, (*evidence, "about a patient")
        staff = around.staff or bool(words & self._words["staff_words"])
        subject = "staff" if staff and key.startswith("personal") else _subject(key)
        confidence = round(min(0.97, 0.62 + 0.07 * best.points), 2)
        return Classified(column, key, self._sensitive[key], confidence, evidence, subject)

    def _told(self, marks: dict[str, Mark], column: Column, around: Surroundings, reading: Reading) -> None:
        """Take long texts that begin as notes do, and what rows of somebody's education or career hold."""
        if reading.turned or not reading.words or any(mark.points >= self._taxonomy.report for mark in marks.values()):
            return
        words = {*reading.words}
        answer = reading.described and not around.listing and head_noun(column.comment)[1].endswith(_ANSWERS)
        note = answer or (not around.listing and (reading.words[0] in _NOTES or reading.words[-1].endswith(_NOTED)))
        kind = not answer and reading.words[-1] in self._words["technical_words"]
        long = LONG_TEXT.match(column.data_type) and fits("free_text", column.data_type, (), described=False)
        if note and long and not (kind or around.listing):
            marks["free_text"] = Mark(STRONG, 0, 0, owned=True, initials=False, evidence=("a note",))
        elif (
            around.career
            and not reading.described
            and not is_flag(column.data_type)
            and not is_kept_by_site(reading.words, column.data_type)
            and not self._is_person(column, reading)
            and not words & (self._words["technical_words"] - _GRADED)
            and not is_key(column.data_type, reading.words)
        ):
            evidence = ("of somebody's education or career",)
            marks[around.career] = Mark(STRONG, 0, 0, owned=True, initials=False, evidence=evidence)

    def _is_person(self, column: Column, reading: Reading) -> bool:
        """Tell whether a number is the key of whom a row is about: `employee BIGINT`."""
        persons = self._words["subject_words"] | self._words["staff_words"]
        return is_whole(column.data_type) and reading.words[-1] in persons

    def _clinical(self, marks: dict[str, Mark], column: Column, around: Surroundings, reading: Reading) -> None:
        """Take what the surroundings say is clinical content for health data, where nothing else is said of it."""
        said = {key: mark.points for key, mark in marks.items() if mark.points >= self._taxonomy.report}
        kept = any(not key.startswith(_OPERATIONAL) or reading.marks[key].points >= STRONG for key in said)
        if kept or CLINICAL not in self._sensitive or is_figure(reading.words, around):
            return
        evidence = self._content.why(column, reading, around)
        if evidence:
            points = max((STRONG, *(told + 1 for told in said.values())))
            marks[CLINICAL] = Mark(points, 0, 0, owned=False, initials=False, evidence=(evidence,))

    def _weighed(self, key: str, mark: Mark, reading: Reading, column: Column, around: Surroundings) -> Mark:
        """Weigh in the table and the type of the column."""
        points, evidence = mark.points, [*mark.evidence]
        weak = points < STRONG
        points -= 2 if weak and is_number(column.data_type) and mark.evidence[0] in _SERIAL else 0
        wider = [other.points for name, other in reading.marks.items() if key.startswith(f"{name}.")]
        if wider:  # the narrower of two that both fit
            points = points + 1 if weak else max(points, *wider) + 1
        more, why = context(key, around, mark, weak=weak)
        points += more
        long = LONG_TEXT.match(column.data_type) and (mark.evidence != _DESCRIBED or around.patient)
        if key == "free_text" and weak and not more and (around.talk or long):
            points, why = points + 2, "what people wrote" if around.talk else "long text"
        evidence += [why] if why else []
        if mark.initials and weak and not around.pinyin and not reading.described:
            points -= 2
        if weak and mark.evidence[0] in _ROLES and is_text(column.data_type) and _CODES.isdisjoint(reading.words[-1:]):
            points, mark = points + 2, mark._replace(owned=True)
        less, why = elsewhere(key, mark, around, weak=weak)
        points -= less
        evidence += [why] if why else []
        if key in _KEYED and (_is_key(mark, reading.words) or _is_login(column.data_type, reading.words)):
            operator = "_".join(reading.words) in self._words["operator_columns"]
            called = is_text(column.data_type) and not is_unique_id(column.data_type)
            numbered = (around.registered or _is_insured(around, reading.words)) and called
            known = numbered and not column.references and not operator
            points, evidence = (STRONG, evidence) if known else (min(points, STRONG) - 4, [*evidence, "a key"])
        elif key == _NUMBER_OF and is_whole(column.data_type) and not mark.commented:
            points, evidence = points - 4, [*evidence, "a key"]
        coded = (
            (key == _EMPLOYER or not mark.commented)
            and not _CODES.isdisjoint(reading.words[-1:])
            and is_code(key, mark)
        )
        if coded or (key == _POSTCODE and around.posts and not around.address):
            points, evidence = points - 4, [*evidence, "a key"]
        if is_pointer(key, mark, column, reading.words):
            points -= 6
        counted = key == _RELATION_OF and around.guests and is_number(column.data_type)
        of_card = key != _EXPIRY or around.card or "card" in reading.words or not is_date(column.data_type)
        if counted or not (of_card and fits(key, column.data_type, reading.words, described=mark.commented)):
            points -= 8 if is_flag(column.data_type) or key == "free_text" else 4
            evidence.append(f"type {column.data_type}")
        return mark._replace(points=points, evidence=tuple(evidence))


def _is_key(mark: Mark, words: tuple[str, ...]) -> bool:
    """Tell whether an identifier is a key of the database, and not what another platform calls a person."""
    if any(text.endswith(_PLATFORM_IDS) or _NUMBERED.fullmatch(text) for text in mark.evidence):
        return False
    return bool(_KEY_WORDS & {*words[-1:]}) or any(text.endswith("id") for text in mark.evidence)


def _is_insured(around: Surroundings, words: tuple[str, ...]) -> bool:
    """Tell whether an id is the number on the card of whom a row names, as insurers and prisons give them out."""
    return (around.claims or (bool(around.person) and around.identity)) and not _INSURED.isdisjoint(words[-2:-1])


def _is_login(data_type: str, words: tuple[str, ...]) -> bool:
    """Tell whether a whole number or a UUID is the key of a login, and not the name that one logs in with."""
    return (is_whole(data_type) or is_unique_id(data_type)) and words[-2:] == ("login", "id")


def _subject(key: str) -> str:
    return "organisation" if key.startswith("organisation") else "person" if key.startswith("personal") else ""


def _silence(points: int, around: Surroundings, suspect: int) -> float:
    """How sure it is that nothing personal is there, when nothing or too little speaks for it."""
    if points >= suspect:
        return 0.6
    return 0.8 if points > 0 or around.person or around.clinical else 0.95


def classify(table: Table, taxonomy: Taxonomy, profile: str = "pipl_strict") -> list[Classified]:
    """Classify every column of a table; for many tables make one `Classifier`."""
    return Classifier(taxonomy, profile).table(table)
