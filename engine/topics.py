"""What else a table is about, where few of its columns have another meaning by that: insurers, logins, calls, courts.

A `plan_name` is an insurance beside a premium, and a tariff elsewhere; `bill_to_no` is a telephone in a table of calls,
and an account elsewhere. Topics are few, so that tables stay alike.
"""

from __future__ import annotations

from typing import Final

from .column_types import is_text, is_unique_id
from .meanings import meanings_of
from .recorded import LISTED, OF_CHARGES, recorded_in, told_by_record

INSURANCE: Final = "insurance"
HANDSET: Final = "handset"
LOGIN: Final = "login"
UNNAMED: Final = "unnamed"
"""A login for which no other column is the name."""
CALLS: Final = "calls"
CUSTODY: Final = "custody"
TRIAL: Final = "trial"
HOLDING: Final = "holding"
"""Rows are things that somebody has, and that have a name of their own."""
PLACES: Final = "places"
"""Rows are places on a map, where nobody need be."""
PLANS: Final = "plans"
MACHINES: Final = "machines"
"""It is about vehicles and equipment, which have a body and a diagnosis, too."""
ACCESS: Final = "access"
DIRECTORY: Final = "directory"
"""It is set there where persons are known from: whose columns name attributes, and not persons."""
LINES: Final = "lines"
"""Rows are lines of an order, of buses or of production, whose keys are called so."""
PLATED: Final = "plated"
"""It holds plates of vehicles: who owns one is a person."""
BOOKS: Final = "books"
"""Its accounts are those of a ledger."""
_TOPICS: Final = {
    INSURANCE: frozenset(
        {"insurance", "insured", "insurer", "premium", "copay", "deductible", "coinsurance", "policyholder", "coverage"}
        | {"medicare", "medicaid", "hmo", "ppo", "payor", "assured", "enrollee"}
    ),
    HANDSET: frozenset(
        {"imei", "imsi", "meid", "iccid", "sim", "handset", "device", "udid", "bluetooth", "battery", "os", "brand"}
    ),
    CUSTODY: frozenset(
        {"inmate", "arrest", "arrestee", "arrested", "jail", "offender", "prisoner", "offense", "offence", "warrant"}
        | {"docket", "defendant", "probation", "parole", "detainee", "custody", "bail", "crime"}
        | {"prosecution", "prosecutor", "felony", "statute", "plea", "arraignment", "incarceration"}
    ),
    MACHINES: frozenset(
        {"vehicle", "chassis", "engine", "fuel", "odometer", "mileage", "vin", "transmission", "mechanic", "technician"}
        | {"warranty", "firmware", "equipment", "gearbox", "tyre", "tire", "horsepower", "spare", "machine"}
    ),
}
"""By words of the name of a table or of its columns."""
_NAMED: Final = {
    CALLS: frozenset({"call", "cdr", "calllog", "callrecord", "calldetail", "callsbilled"}),
    DIRECTORY: frozenset({"saml", "ldap", "oidc", "idp", "sso", "directory", "provider"}),
    ACCESS: frozenset({"permission", "role", "privilege", "ability", "acl"}),
    TRIAL: frozenset({"trial", "study", "cohort", "randomization", "randomisation"}),
}
"""By words of the name of a table alone."""
_HOLDINGS: Final = frozenset(
    {"vehicle", "car", "truck", "lorry", "van", "bus", "boat", "ship", "vessel", "yacht", "aircraft", "trailer"}
    | {
        "motorcycle",
        "bike",
        "bicycle",
        "asset",
        "hotspot",
        "realm",
        "pet",
        "animal",
        "horse",
        "dog",
        "cat",
        "livestock",
    }
    | {"building", "property", "apartment", "flat", "parcel", "field", "farm", "playlist", "gateway", "camera", "meter"}
    | {"geofence", "zone", "route", "fleet", "park", "parkinglot", "carpark"}
)
_ENDS: Final = {
    HOLDING: _HOLDINGS,
    PLANS: frozenset({"plan", "tariff", "package", "rateplan", "priceplan", "subscriptionplan"}),
    PLACES: frozenset(
        {
            "geofence",
            "map",
            "zone",
            "poi",
            "landmark",
            "waypoint",
            "stop",
            "busstop",
            "checkpoint",
            "region",
            "territory",
        }
        | {"parking", "toll", "tower", "cell"}
    ),
    LINES: frozenset({"line", "busline", "orderline", "invoiceline", "subline", "lineinfo", "route"}),
}
"""By the last word of the name of a table."""
_PASSWORDS: Final = ("password", "passwd", "passwordhash")
_LOGINS: Final = frozenset({"username", "login", "loginname", "account", "nickname", "uname"})
_PARTIES: Final = frozenset(
    {"to", "from", "called", "calling", "caller", "callee", "dialed", "dialled", "dest", "destination", "src", "source"}
    | {"orig", "originating", "terminating", "forwarded", "forward", "transferred", "transfer", "billto", "redirecting"}
)
"""Ends of a call, whose numbers are of telephones."""
_NUMBERS: Final = frozenset({"no", "num", "number", "nbr", "nr"})
_CASES: Final = frozenset(
    {"case", "hearing", "docket", "filing", "judgment", "judgement", "order", "appearance", "proceeding", "sentence"}
    | {"verdict", "fine", "event", "party", "appeal"}
)
_JUDGED: Final = frozenset({"plea", "verdict", "sentence", "conviction", "disposition"})
_TAKING_PART: Final = frozenset({"participantid", "subjectid", "screeningid", "enrolmentid", "enrollmentid"})
_BOOKS: Final = frozenset({"chart", "gl", "ledger", "coa", "accounting", "bookkeeping", "nominal"})
_OF_PERSONS: Final = frozenset(
    {"email", "phone", "mobile", "password", "username", "gender", "customer", "iban", "holder"}
)
_PLATES: Final = frozenset(
    {"plate", "plateno", "platenumber", "vehplate", "carplate", "licenseplate", "licenceplate", "numberplate", "chepai"}
    | {"chepaihao", "cphm", "carno"}
)
_OWNERS: Final = frozenset(
    {"owner", "carowner", "vehowner", "vehicleowner", "holder", "cardholder", "keeper", "cardowner"}
)
_PHONE: Final = "personal.contact.phone"
_NAME: Final = "personal.name.full"
_CRIMINAL: Final = "personal.criminal"
_USERNAME: Final = "personal.account.username"
_NUMBER: Final = "personal.account.user_id"


def topics_of(stems: frozenset[str], words: frozenset[str], title: tuple[str, ...]) -> frozenset[str]:
    """The topics of a table, by the words of its name, those of its columns, and the last word of its name."""
    found = {topic for topic, told in _TOPICS.items() if not told.isdisjoint(words | stems)}
    found |= {topic for topic, told in _NAMED.items() if not told.isdisjoint(stems)}
    if any(word.endswith(_PASSWORDS) for word in words):
        found.add(LOGIN)
        if words.isdisjoint(_LOGINS) and not ({"user", "name"} <= words and "first" not in words):
            found.add(UNNAMED)
    if is_of_cases(stems):
        found.add(CUSTODY)
    if not LISTED.isdisjoint(title):
        found.discard(CUSTODY)
    if not words.isdisjoint(_PLATES):
        found.add(PLATED)
    if keeps_books(stems, words):
        found.add(BOOKS)
    found |= {topic for topic, ends in _ENDS.items() if not ends.isdisjoint(title)}
    return frozenset(found) | recorded_in(stems, words, title) | meanings_of(stems, words)


def is_of_cases(stems: frozenset[str]) -> bool:
    """Tell whether a table is of what is before a court, and not of courts."""
    return "court" in stems and not stems.isdisjoint(_CASES)


def is_of_subjects(stems: frozenset[str]) -> bool:
    """Tell whether the subjects of a table are persons who take part in a trial, and no topics."""
    return "subject" in stems and not stems.isdisjoint(_NAMED[TRIAL])


def told(words: tuple[str, ...], data_type: str, topics: frozenset[str]) -> str:
    """The category of a column by what its table is about; empty when that says nothing."""
    if not topics or not words:
        return ""
    if entry := told_by_record(words, data_type, topics, custody=CUSTODY in topics):
        return entry
    if not is_text(data_type):
        return ""
    first, last, whole = words[0], words[-1], "".join(words)
    if CALLS in topics and last in _NUMBERS and not _PARTIES.isdisjoint(words[:-1]):
        return _PHONE
    if CUSTODY in topics and (whole in _JUDGED or (first in {"charge", "charges"} and last in OF_CHARGES)):
        return _CRIMINAL
    if PLATED in topics and whole in _OWNERS:
        return _NAME
    if is_unique_id(data_type):
        return ""
    if UNNAMED in topics and whole in {"userid", "loginid"}:
        return _USERNAME
    return _NUMBER if TRIAL in topics and whole in _TAKING_PART else ""


def keeps_books(stems: frozenset[str], words: frozenset[str]) -> bool:
    """Tell whether the accounts of a table are those of a ledger, which are nobody's."""
    if "account" not in stems or not words.isdisjoint(_OF_PERSONS):
        return False
    return not stems.isdisjoint(_BOOKS) or words >= {"normal", "balance"} or words >= {"account", "parent", "code"}
