"""What the name and the comment of a column say by themselves, before anything is known of its table.

Points: a strong name 3, a weak one 1, an owner who is a person 2 more (`cust_phone`); a comment's noun 3; a comment
that speaks of something else takes points away. Names repeat in a schema, so readings are remembered.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .clinical_initials import ClinicalInitials
from .endings import glued, is_handled
from .hints import TOLD_BY_FLAGS, compile_hints, compile_splitter
from .marks import STRONG, WEAK, Mark, Reading, add, related, turn
from .names import head_words, is_chinese, singular, without_digits, words_of
from .pinyin import PERSON, is_initials_role, is_role
from .pinyin_names import compile_pinyin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .hints import NameHit
    from .taxonomy import Taxonomy

_REMEMBERED: Final = 1 << 15
_LONGEST_ENGLISH: Final = 6
_OWNING: Final = ("contact", "owner", "manager", "legal", "linkman", "holder")
_INITIALS_OF_ONE: Final = 2
_TELLING: Final = 4
"""Initials of so many letters mean one thing."""
_SURELY: Final = 5
_NOT_SURELY: Final = frozenset(
    {"account", "holder", "owner", "login", "client", "partner", "legal", "dependent", "parent", "member", "household"}
)
_EMPLOYED: Final = (
    "teacher",
    "doctor",
    "nurse",
    "employee",
    "staff",
    "worker",
    "driver",
    "courier",
    "cashier",
    "clerk",
)
"""Whose names are names in a table of anything: `apply_teacher_name` in one of goods."""
_MEDICAL: Final = "personal.health.medical_record"
_HAS: Final = (
    "personal.name.full",
    "personal.contact",
    "personal.demographic",
    "personal.government_id",
    "personal.occupation",
    "personal.account",
    "personal.financial.bank",
)
_CODED: Final = (
    "personal.demographic.gender",
    "personal.demographic.nationality",
    "personal.demographic.ethnicity",
    "personal.demographic.marital_status",
    "personal.demographic.religion",
)
_OF_A_PERSON: Final = (
    "personal.financial.loan",
    "personal.financial.insurance",
    "personal.financial.income",
    "personal.government_id",
    "personal.health.disability",
    "personal.health.fertility",
    "personal.biometric",
)
"""What whole syllables say of a person in a table of anything: a loan in one of contracts."""
_ATTRIBUTES: Final = ("personal.demographic", "personal.occupation")
_REACHES: Final = ("personal.contact.phone", "personal.contact.email", "personal.government_id.resident_id")
_NAME: Final = "personal.name.full"
_NAMES: Final = ("personal.name", "personal.contact")
_SAID_OF_ROLES: Final = (*_NAMES, "personal.government_id", "personal.demographic", "personal.financial.bank")
"""What says that `sf` before it is no 是否 but begins a role: 上访人, 司法人员."""
_PLATFORM: Final = "personal.account.user_id"
_PLATFORM_IDS: Final = ("openid",)
"""What another platform calls a person, and a comment may call a 标识."""
_CONSENT: Final = "personal.account.preferences"
_REMARKS: Final = frozenset(
    {"comment", "remark", "note", "memo", "message", "msg", "feedback", "miaoshu", "shuoming", "neirong"}
)
"""Weak names of texts that stay texts, whatever they are about: `trans_comment`, but not `page_content`."""
_NOTES: Final = frozenset({"note", "notes", "remark", "remarks", "memo"})
_CONTACTS: Final = frozenset({"contactperson", "contactname", "linkman", "legalrepresentative"})
"""Persons, whatever they speak for: `supplier_contact_person`."""
_KINDS_TOO: Final = ("personal.device.profile",)
"""What a comment on a kind or version does not turn away: the browser's."""
_SUMS: Final = ("sum", "total")
_SUMMED: Final = ("personal.financial",)
"""What a sum of is as telling: `sum_salary`, commented 工资收入合计."""
_NAMED_BARELY: Final = frozenset({"全名", "名字", "中文名", "中文名字", "英文名", "英文名字", "名"})
"""Nouns for a name of anybody or anything: of a model of telephones, too."""
_DONE_FROM: Final = re.compile(r"(?:登录|注册|发[布表帖]|评论|提交|投票|留言|回复|下单|支付|报名|签到|点赞|举报)ip")
"""The address from which somebody did something, whatever was done: `发布IP` of news."""
_TIMES: Final = frozenset({"at", "time", "datetime"})
"""When an illness or treatment was tells of it, as a date does: `surgery_at`."""
_NO_TERMS: Final = frozenset(
    {"program", "histogram", "kilogram", "hologram", "monogram", "pictogram", "telegram", "academia", "premia"}
    | {"miniprogram", "subprogram", "microprogram"}
)
"""Words that only end like clinical terms."""
_ASKS: Final = frozenset({"whether", "flag", "indicates", "indicator"})
"""First words of comments on a yes or no."""
_BY_FIRMS: Final = frozenset(
    {"manufactured", "produced", "supplied", "distributed", "powered", "sponsored", "hosted", "operated", "insured"}
    | {"funded", "financed", "provided", "sourced", "triggered", "superseded", "replaced", "caused", "covered"}
    | {"delimited", "separated", "grouped", "sorted", "filtered", "partitioned", "indexed", "licensed", "regulated"}
    | {"accredited", "marketed", "branded", "imported", "exported", "followed", "affected", "blocked", "secured"}
)
"""What firms and other things do, and no person."""
_FLAGS_TOO: Final = ("is", "has", "avg", "max", "min")


class Reader:
    """Reads names and comments by the vocabulary of a taxonomy."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._hints = compile_hints(taxonomy)
        self._splitter = compile_splitter(taxonomy, self._hints)
        self._languages = taxonomy.languages
        self._pinyin = compile_pinyin(taxonomy.matching, self._hints)
        self.clinical_initials = ClinicalInitials(taxonomy.matching)
        words = {name: frozenset(words) for name, words in taxonomy.matching.items()}
        self._persons = words["subject_words"] | words["staff_words"] | words["pinyin_owners"] | words["owner_initials"]
        self._surely = tuple(word for word in words["subject_words"] - _NOT_SURELY if len(word) >= _SURELY)
        self._owning = (*_OWNING, *(owner for owner in words["pinyin_owners"] if len(owner) > _INITIALS_OF_ONE))
        self._had = frozenset(
            name
            for name, hints in self._hints.names.items()
            if any(hint.pinyin and hint.category.startswith(_HAS) for hint in hints)
        )
        self._contact = words["contact_words"]
        self._neutral = words["neutral_words"] | words["pinyin_modifiers"]
        self._operators = words["operator_columns"]
        self._others = words["other_owners"]
        self._flags = words["flag_prefixes"]
        self._terms = words["clinical_terms"]
        self._endings = tuple(taxonomy.matching["clinical_endings"])
        self._technical = words["technical_words"]
        self._medical = taxonomy.categories.get(_MEDICAL)
        self.read = lru_cache(_REMEMBERED)(self._read)
        self.words = lru_cache(_REMEMBERED)(self._words)
        self._written = lru_cache(_REMEMBERED)(words_of)

    def _words(self, name: str, language: str = "") -> tuple[tuple[str, ...], ...]:
        return self._splitter.readings(self._written(name), language)

    def title(self, name: str) -> tuple[str, ...]:
        """The words of a name as they are written; in English, where they are of another language."""
        words = self._written(name)
        return self._languages.english(words) or words

    def language(self, names: Iterable[str]) -> str:
        """The language of a table by the names of its columns; empty for English and pinyin."""
        return self._languages.of_table(map(self._written, names))

    def _read(self, name: str, comment: str, language: str = "") -> Reading:
        """Read a name and a comment; `language` is that of the table, if it has one."""
        marks: dict[str, Mark] = {}
        readings = self.words(name, language) if language else self.words(name)
        first = readings[0][0] if len(readings[0]) > 1 else ""
        flag = first in self._flags
        for words in readings:
            for hit in self._hints.in_name(words):
                self._name(hit, marks)
        text = name if is_chinese(name) else comment
        described = is_chinese(text)
        whole = "".join(map(without_digits, readings[0]))
        turned = self._syllables(whole, marks, described=described)
        named = any(mark.owned and key.startswith(_SAID_OF_ROLES) for key, mark in marks.items())
        asks = self._pinyin.asks(whole) and not named
        other = not described and not self.is_hint(whole) and (asks or self._pinyin.is_other(whole))
        turned = turned or (other and turn(marks, "name of something else"))
        plain = not marks and self._pinyin.is_plain(whole)
        if not (marks or turned or plain):
            self._role(readings[0], marks)
        if not (marks or turned or plain or described):
            marks = glued(readings[0][-1], self._hints.names) if readings[0] else marks
        if not described and is_handled(readings[-1], known=bool(marks)):
            turned = turn(marks, "how data are kept")
        if described:
            turned = self._chinese(text, marks, name)
        elif text.isascii():
            self._english(text, marks)
        if flag:
            told = first in _FLAGS_TOO
            marks = {
                key: mark
                if (mark.evidence[0].startswith(f"name {first}") and key != _CONSENT)
                or (first in _SUMS and mark.commented and not turned and key.startswith(_SUMMED))
                else self._flagged(mark, told=told and key.startswith(TOLD_BY_FLAGS))
                for key, mark in marks.items()
            }
        clinical = "" if turned else self._clinical(readings[-1])
        if not clinical and not described and not turned and not {*readings[-1]} & self._technical:
            clinical = self._clinical(words_of(comment)[:_LONGEST_ENGLISH])
        care = not (described or turned or flag) and self.clinical_initials.fits(whole)
        return Reading(marks, readings[-1], turned or flag, clinical, described, plain, care)

    def _role(self, words: tuple[str, ...], marks: dict[str, Mark]) -> None:
        """Take who does something for a name: `reported_by` and whole pinyin say it alone, initials do not."""
        name = "_".join(words)
        if name in self._operators:
            return
        done = len(words) > 1 and words[-1] == "by" and words[-2].endswith("ed") and words[-2] not in _BY_FIRMS
        whole = done or ((len(words) == 1 or words[-1:] == (PERSON,)) and is_role("".join(words)))
        if whole or (len(words) == 1 and is_initials_role(name)):
            points = STRONG if whole else WEAK
            marks[_NAME] = Mark(points, len(name), 0, owned=True, initials=not whole, evidence=("name of a role",))

    def _syllables(self, name: str, marks: dict[str, Mark], *, described: bool) -> bool:
        """Score a name in whole syllables by its end; True when it is about something else and no comment tells."""
        found = self._pinyin.read(name)
        if found.turned and not described:
            return turn(marks, "name of something else")
        for hint in found.hints:
            points = (STRONG if hint.strong else WEAK) + (2 if found.owned else 0)
            best = marks.get(hint.category)
            told = hint.strong and hint.category.startswith(_OF_A_PERSON)
            owned = found.owned or (hint.strong and hint.category.startswith(_NAMES[0]))
            if best is None or (points, owned, told) > (best.points, best.owned, best.told):
                evidence = (f"name {found.matched}",)
                size = len(found.matched)
                marks[hint.category] = Mark(points, size, hint.order, owned, False, evidence, told)  # noqa: FBT003
        return False

    def is_plain(self, name: str) -> bool:
        """Tell whether initials are those of something that is no person's."""
        return self._pinyin.is_other(name)

    def is_hint(self, word: str) -> bool:
        """Tell whether a word alone stands for a category."""
        return word.lower() in self._hints.names

    def is_personal(self, word: str) -> bool:
        """Tell whether a word is pinyin, or its initials, for what a person has."""
        return word in self._had

    def is_attribute(self, name: str) -> bool:
        """Tell whether a name is one of what persons are, or do."""
        return any(hint.category.startswith(_ATTRIBUTES) for hint in self._hints.names.get(name, ()))

    def is_coded(self, name: str) -> bool:
        """Tell whether a name alone is of what a person is, for which tables keep codes: gender, religion."""
        return any(hint.strong and hint.category.startswith(_CODED) for hint in self._hints.names.get(name, ()))

    def reaches(self, rest: str) -> bool:
        """Tell whether what is left of a glued name says how to reach somebody, or who it is."""
        return any(hint.category.startswith(_REACHES) for hint in self._hints.names.get(rest, ()))

    def _flagged(self, mark: Mark, *, told: bool) -> Mark:
        """A flag tells of illness or marriage, and of nothing else; a hint that holds the flag's word is none."""
        return mark if told else mark._replace(points=mark.points - 4, evidence=(*mark.evidence, "flag or figure"))

    def _clinical(self, words: tuple[str, ...]) -> str:
        if words[-1:] == ("status",):
            words = words[-2:-1]  # of an illness it tells, of its import it does not
        elif {*words[-1:]} & (self._technical - _TIMES) or ({*words[-1:]} & _TIMES and {*words[:-1]} & self._technical):
            return ""
        for word in words:
            bare = without_digits(word)
            if (
                bare in self._terms
                or singular(bare) in self._terms
                or (bare not in _NO_TERMS and bare.endswith(self._endings))
            ):
                return word
        return ""

    def _name(self, hit: NameHit, marks: dict[str, Mark]) -> None:
        """Score a name hit by whose it is: a person's, somebody else's, or not said."""
        owner = self.owner(hit.before)
        opaque = hit.initials and len(hit.matched) < _TELLING
        strong = hit.hint.strong and not (opaque and hit.before and owner != "person")
        if owner == "other" and hit.hint.strong and (hit.matched in _NOTES or hit.matched in _CONTACTS):
            owner = "unknown"  # whatever a note is about, anything can stand in it
        if owner == "other" or (owner == "unknown" and not strong and hit.matched not in _REMARKS):
            return
        points = STRONG if strong else WEAK
        contact = hit.hint.category.startswith(("personal.contact", "personal.location"))
        if owner == "person" or (owner == "contact" and contact):
            points += 2
        owned = owner == "person" or hit.matched.startswith(self._owning)
        told = hit.matched.startswith(self._surely) or (
            hit.hint.category == _NAME and hit.matched.startswith(_EMPLOYED) and hit.matched.endswith("name")
        )
        mark = Mark(points, len(hit.matched), hit.hint.order, owned, hit.initials, (f"name {hit.matched}",), told)
        best = marks.get(hit.hint.category)
        if best is None or (mark.points, mark.longest) > (best.points, best.longest):
            marks[hit.hint.category] = mark

    def owner(self, before: tuple[str, ...]) -> str:
        """Whose a hint is, by the nearest word that says it: `person`, `contact`, `other`, `unknown`; empty if none."""
        contact = False
        for word in reversed(before):
            forms = (word, singular(word), without_digits(word))
            if any(form in self._persons for form in forms):
                return "person"
            if any(form in self._others for form in forms):
                return "other"
            if word in self._contact:
                contact = True
            elif word not in self._neutral and not word.isdigit():
                return "contact" if contact else "unknown"
        return "contact" if contact else ""

    def _chinese(self, text: str, marks: dict[str, Mark], name: str) -> bool:
        """Score a Chinese comment or name; True when it says the column is about something else."""
        nouns = self._hints.in_noun(text)
        matched = {hint.category for hint in nouns.hints}
        if not nouns.turned and not name.isascii():
            matched.update(marks)
        for key, mark in marks.items() if not nouns.bare else ():
            if key not in matched and not any(related(key, other) for other in matched):
                less = 3 if mark.points < STRONG or mark.initials else 1 if matched else 0
                marks[key] = mark._replace(points=mark.points - less)
        if nouns.turned:
            for key, mark in marks.items():
                kept = key.startswith(_KINDS_TOO) or (key == _PLATFORM and mark.evidence[0].endswith(_PLATFORM_IDS))
                less = 0 if kept else 4
                marks[key] = mark._replace(
                    points=mark.points - less, evidence=(*mark.evidence, "comment of something else")
                )
        for hint in nouns.hints:
            add(marks, hint, STRONG, f"comment {nouns.matched}", len(nouns.matched))
            whose = hint.category.startswith("personal.name") and nouns.matched not in _NAMED_BARELY
            if nouns.owned or whose or _DONE_FROM.fullmatch(nouns.matched):
                marks[hint.category] = marks[hint.category]._replace(owned=True)
        return nouns.turned

    def _english(self, text: str, marks: dict[str, Mark]) -> None:
        """Score the head of an English comment like a name, by its strong hints only."""
        words = head_words(text)
        if not words or len(words) > _LONGEST_ENGLISH or words[0] in _ASKS:
            return
        for hit in self._hints.in_name(words):
            idle = hit.matched in _REMARKS and hit.hint.category in marks
            if hit.hint.strong and not (idle or hit.initials) and self.owner(hit.before) != "other":
                add(marks, hit.hint, 2, f"comment {hit.matched}", len(hit.matched))
