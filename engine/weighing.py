"""What a table adds to the points of a category in one of its columns, and what it takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .marks import Mark
    from .surroundings import Surroundings

CLINICAL: Final = "personal.health.medical_record"
_LINKED: Final = (
    "personal.contact",
    "personal.demographic",
    "personal.health",
    "personal.financial",
    "personal.account",
    "personal.location",
    "personal.government_id",
    "personal.behaviour.search",
    "personal.device.ip",
)
"""What a weak name stands for in a table that only a key connects with a person."""
_NEVER_OF_ORGANISATIONS: Final = (
    "free_text",
    "personal.government_id.resident_id",
    "personal.government_id.passport",
    "personal.government_id.social_security",
    "personal.demographic",
    "personal.biometric",
    "personal.health",
    "personal.family",
    "personal.vehicle",
)
_REACHED: Final = ("personal.contact.email", "personal.contact.phone", "personal.contact.im")
"""How to reach somebody: things have no telephone, so in a table about things it is that of whom they concern."""
_TOKEN: Final = "personal.account.token"  # noqa: S105 (a category)
_IP: Final = "personal.device.ip"
_BROWSER: Final = "name useragent"
"""Whatever a table with somebody in it is of, a person looked at it."""
_STAMP: Final = re.compile(
    r"name (?:creat|modif|updat|insert|delet|edit|add|register|submit|post|approv|confirm|sign|accept)\w*ip\w*"
)
"""From where somebody entered or changed a row, whatever it is of: `created_ip` in a table of templates."""
_SIGNATURE: Final = "personal.signature"
"""Whatever is signed, a person signs it."""
_PASSWORD: Final = "personal.account.password"  # noqa: S105 (a category)
"""Organisations do not log in: somebody of theirs does."""
_EQUIPMENT: Final = "personal.device.profile"
"""Of the equipment itself, where no key says who uses it."""
_ONLY_OF_PERSONS: Final = (
    "personal.government_id.resident_id",
    "personal.government_id.household",
    "personal.demographic.ethnicity",
    "personal.demographic.marital_status",
    "personal.demographic.political",
)
"""What no thing has: where a comment says it outright, a table is not about things after all; the first also where
persons are listed (`人员字典`), and the others may be what a list is of."""
_PLACES: Final = ("personal.location", "personal.contact.address", "personal.contact.postcode")
_EMPLOYER: Final = "personal.occupation.employer"
_ASSET: Final = "personal.financial.asset"
_EDUCATION: Final = "personal.occupation.education"
_VITALS: Final = "personal.health.vitals"
_ICON: Final = ("name icon",)
"""A picture of anything, but for `member_icon`."""
_MAJOR: Final = (("name zyh",), ("name zyh", "clinical table"))
_NAMED: Final = (("name name",), ("name address",))
_POSTAL: Final = ("personal.contact.address", "personal.contact.postcode")
_OF_PERSONS: Final = ("personal.occupation", "personal.derived")
"""What weak names stand for only beside who it is: `title` is a job in a table of names, and a heading elsewhere."""


def context(key: str, around: Surroundings, mark: Mark, *, weak: bool) -> tuple[int, str]:
    """The points that a table adds, and why."""
    if key.startswith("organisation") or (around.goods and weak and key == _VITALS):
        return 0, ""
    told = _kept(key, around, mark, weak=weak)
    if told:
        return told
    if mark.initials and weak and key == CLINICAL and not (around.clinical or around.patient):
        return 0, ""
    if around.person:
        alone = weak and not around.identity and key.startswith(_OF_PERSONS)
        return (0, "") if alone else (2, around.person)
    if around.clinical and key.startswith("personal.health"):
        return 2, "clinical table"
    return _beside(key, around, mark) if weak else (0, "")


def _kept(key: str, around: Surroundings, mark: Mark, *, weak: bool) -> tuple[int, str] | None:
    """The points that a table of one kind adds to a category of that kind, and why."""
    if around.xm and mark.evidence == ("name xm",):
        return 3, "a name, and no project"
    if not weak:
        return None
    if mark.evidence == _ICON:
        return 0, ""
    if around.card and key == "personal.financial.card_security":
        return 2, "beside the number of a card"
    if around.secrets and key == _TOKEN:
        return 2, "table of tokens"
    if around.talk and key == "personal.transaction.review":
        return 2, "what people wrote"
    if around.body and key == _VITALS:
        return 2, "height beside weight"
    if around.paid and key == "personal.financial.income":
        return 2, "paid to a person"
    return None


def _beside(key: str, around: Surroundings, mark: Mark) -> tuple[int, str]:
    """The points of a weak name in a table that is not about persons, but belongs to some."""
    if around.exams and key == _EDUCATION:
        return 2, "what somebody reached"
    if around.addresses and key.startswith(_POSTAL) and not around.thing:
        return 2, "beside the rest of an address"
    if around.linked and key.startswith(_LINKED):
        return 2, "key of a person in the table"
    if around.banked and key == _ASSET:
        return 2, "beside a bank account"
    if around.reached and mark.evidence in _NAMED:
        return 2, "beside how to reach somebody"
    return 0, ""


def elsewhere(key: str, mark: Mark, around: Surroundings, *, weak: bool) -> tuple[int, str]:
    """The points that a table about things or organisations takes, and why."""
    if around.school and mark.evidence in _MAJOR and not around.patient:
        return 6, "the number of a major"
    if key == _EMPLOYER and weak and mark.initials and around.patient:
        return 2, "a unit of measurement"
    told = key == "free_text" and (around.talk or not (weak or around.listing))
    held = (around.secrets and key == _TOKEN) or (key == _IP and (around.logged or _is_stamp(mark)))
    held = held or (mark.evidence[0] == _BROWSER and not around.listing and (around.linked or around.identity))
    if (
        mark.owned
        or (mark.told and not around.listing)
        or told
        or held
        or key == _SIGNATURE
        or (mark.commented and not weak and key.startswith(_ONLY_OF_PERSONS[: 1 if around.listing else None]))
        or (key == _PASSWORD and not weak and (not around.thing or around.identity))
        or (key.startswith(_REACHED) and not weak and not around.listing and not around.organisation)
        or key.startswith("organisation")
        or not (around.thing or around.organisation)
    ):
        return 0, ""
    if key == "free_text" and around.listing:
        return 6, "table about things"
    if not around.thing and key.startswith(_NEVER_OF_ORGANISATIONS):
        return 0, ""
    why = "table about things" if around.thing else "table about organisations"
    if around.person or (around.linked and key.startswith(_LINKED)):
        return (2 if weak else 0), why
    equipment = key == _EQUIPMENT and not around.linked
    return (6 if equipment or key.startswith(_PLACES) else 3 if around.thing else 4), why


def _is_stamp(mark: Mark) -> bool:
    return _STAMP.fullmatch(mark.evidence[0]) is not None
