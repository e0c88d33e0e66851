"""Tables whose rows tell something of somebody under names that say nothing alone, by their topic.

A charge has a `description`, a member's former position a `company`, a financial disclosure a `value_code`, a test of a
specimen a `result`, and a table of members' pictures `data`.
"""

from __future__ import annotations

from typing import Final

from .column_types import is_binary, is_date, is_text

CHARGED: Final = "charged"
"""Rows are what somebody is charged with."""
DISCLOSED: Final = "disclosed"
"""Rows are what holders of an office declare that they own, earn and owe."""
PICTURED: Final = "pictured"
POSITIONS: Final = "positions"
"""Rows are where somebody worked, from when to when."""
SPECIMENS: Final = "specimens"
FEDERATED: Final = "federated"
"""Rows are whom another service lets in, and what it calls them."""
MAILED: Final = "mailed"
"""Rows say to whom a mail goes."""
_CHARGES: Final = frozenset({"charge", "offense", "offence", "conviction", "violation", "infraction", "citation"})
LISTED: Final = frozenset({"type", "code", "category", "class", "status", "level", "group"})
"""Last words of names of tables of what anybody may be charged with."""
_OF_COURTS: Final = frozenset(
    {"arrest", "statute", "felony", "misdemeanor", "plea", "docket", "defendant", "inmate", "offender", "crime", "bail"}
    | {"bond", "conviction", "sentence", "offense", "offence", "disposition"}
)
_DISCLOSURES: Final = frozenset({"disclosure", "declaration"})
_OF_WEALTH: Final = frozenset(
    {"investment", "debt", "liability", "asset", "gift", "reimbursement", "income", "financial", "wealth", "interest"}
    | {"creditor", "honorarium", "spouse"}
)
_WORTH: Final = frozenset(
    {"value", "income", "gain", "loss", "gross", "dividend", "yield", "worth", "liability", "honorarium"}
)
"""What of it is declared, also as the code of a range."""
_PICTURES: Final = frozenset({"image", "photo", "picture", "avatar", "portrait", "photograph", "mugshot", "headshot"})
_PERSONS: Final = frozenset(
    {
        "member",
        "user",
        "person",
        "people",
        "patient",
        "student",
        "employee",
        "staff",
        "customer",
        "candidate",
        "profile",
    }
    | {"resident", "applicant", "alumni", "inmate", "player", "contact", "account", "resume"}
)
_CONTENT: Final = frozenset({"data", "image", "content", "blob", "bytes", "binary", "picture", "photo", "body"})
_HELD: Final = frozenset({"position", "job", "employment", "work", "occupation"})
_WHERE: Final = frozenset({"company", "employer", "organization", "organisation", "firm"})
_SINCE: Final = frozenset({"from", "start", "started", "begin", "began", "since", "joined"})
_UNTIL: Final = frozenset({"to", "end", "ended", "until", "till", "left", "finish", "current"})
_JOBS: Final = frozenset({"title", "jobtitle", "position", "role", "designation"})
_TOLD: Final = frozenset({"description", "responsibilities", "duties", "summary", "achievements"})
_FOUND: Final = frozenset({"result", "results", "resultvalue", "finding", "findings", "interpretation", "observation"})
_SPECIMEN: Final = frozenset({"specimen", "specimens", "accession", "aliquot"})
_PROVIDERS: Final = frozenset({"provider", "idp", "issuer", "network"})
_CALLED: Final = frozenset(
    {"externalid", "externaluid", "externaluserid", "provideruserid", "provideruid", "provideraccountid", "subjectid"}
    | {"remoteid", "remoteuserid", "foreignuserid", "nameid"}
)
COPY: Final = ("credit", "card")
"""As `cc` is written out, which is a copy beside a mail and its subject."""
_BOOKED: Final = frozenset(
    {"bookingdate", "bookeddate", "datebooked", "bookingtime", "bookingdatetime", "intakedate", "releasedate"}
    | {"offensedate", "offencedate", "crimedate", "incidentdate", "commitmentdate", "dispositiondate", "sentencedate"}
)
"""Days of an arrest or of what somebody is charged with."""
_CRIMES: Final = frozenset({"crime", "charge", "offense", "offence", "violation", "felony"})
OF_CHARGES: Final = frozenset(
    {
        "desc",
        "descript",
        "description",
        "text",
        "name",
        "statute",
        "disposition",
        "degree",
        "level",
        "class",
        "severity",
    }
)
"""What is told of something that somebody is charged with."""
_CHARGED_WITH: Final = OF_CHARGES | {"code", "type", "grade", "category", "plea", "verdict"}
_CRIMINAL: Final = "personal.criminal"


def recorded_in(stems: frozenset[str], words: frozenset[str], title: tuple[str, ...]) -> frozenset[str]:
    """What the rows of a table are, by the words of its name, those of its columns, and the last word of its name."""
    found: set[str] = set()
    if LISTED.isdisjoint(title) and not stems.isdisjoint(_CHARGES) and not words.isdisjoint(_OF_COURTS):
        found.add(CHARGED)
    if not stems.isdisjoint(_DISCLOSURES) and not (stems | words).isdisjoint(_OF_WEALTH):
        found.add(DISCLOSED)
    if not stems.isdisjoint(_PICTURES) and not stems.isdisjoint(_PERSONS):
        found.add(PICTURED)
    spent = not (words.isdisjoint(_WHERE) or words.isdisjoint(_SINCE) or words.isdisjoint(_UNTIL))
    if spent and not _HELD.isdisjoint(title) and not (words | stems).isdisjoint(_PERSONS):
        found.add(POSITIONS)
    if not words.isdisjoint(_SPECIMEN):
        found.add(SPECIMENS)
    if not words.isdisjoint(_PROVIDERS) and not stems.isdisjoint(_PERSONS | {"identity", "login"}):
        found.add(FEDERATED)
    if "bcc" in words or words >= {"email", "subject"}:
        found.add(MAILED)
    return frozenset(found)


def told_by_record(words: tuple[str, ...], data_type: str, topics: frozenset[str], *, custody: bool) -> str:
    """The category of a column by what its table's rows are; empty when that says nothing."""
    whole = "".join(words)
    if is_date(data_type):
        return _CRIMINAL if (custody or CHARGED in topics) and whole in _BOOKED else ""
    if is_binary(data_type):
        return "personal.image" if PICTURED in topics and whole in _CONTENT else ""
    if not is_text(data_type):
        return ""
    charged = whole in _CHARGED_WITH - {"code", "name", "type", "category"}
    if CHARGED in topics and (charged or (words[0] in _CRIMES and words[-1] in _CHARGED_WITH)):
        return _CRIMINAL
    if DISCLOSED in topics and words[-1] != "id" and not _WORTH.isdisjoint(words):
        return "personal.financial.asset"
    if SPECIMENS in topics and whole in _FOUND:
        return "personal.health.medical_record"
    if FEDERATED in topics and whole in _CALLED:
        return "personal.account.user_id"
    if MAILED in topics and words == COPY:
        return "personal.contact.email"
    return _worked(whole) if POSITIONS in topics else ""


def _worked(whole: str) -> str:
    """What of somebody's former position a column holds."""
    if whole in _WHERE:
        return "personal.occupation.employer"
    if whole in _JOBS:
        return "personal.occupation.job"
    return "personal.occupation.history" if whole in _TOLD else ""
