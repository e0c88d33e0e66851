"""What a table says about its columns: its name and comment, its keys, and above all what stands beside a column.

`name`, `xm` or `address` alone say little. In a table with a birth date and a first name they are a person's; in one
with a company's registration number they are the company's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from .by_table import ADDRESSES, kept, secret, sessions
from .care import VISITS, Care
from .dossiers import is_complaint, is_dossier
from .listings import Lister, is_own_code
from .meanings import labels_of
from .names import singular, words_of
from .neighbours import initials_together, is_used, neighbours
from .payments import is_payroll, paid_to, with_slips
from .pinyin_names import PinyinTables
from .together import Gatherer, stems_of
from .topics import is_of_cases, is_of_subjects, keeps_books, topics_of
from .trees import is_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .marks import Reading
    from .reading import Reader
    from .tables import Table
    from .taxonomy import Taxonomy

_PLACE: Final = frozenset({"city", "street", "zip", "postal", "postcode", "zipcode", "county", "address", "addr"})
_WHOLE_ADDRESS: Final = 3
_BORN: Final = ("personal.demographic.birth_date", "personal.demographic.gender")
_EXAMS: Final = frozenset(
    {"exam", "examination", "grade", "gradebook", "mark", "score", "transcript", "test", "result"}
)
_CAREERS: Final = (
    (frozenset({"education", "qualification", "schooling"}), "personal.occupation.education"),
    (frozenset({"experience", "employment", "career", "resume", "veteran", "military"}), "personal.occupation.history"),
)
"""What rows of persons tell, whatever their columns are called: `institute`, `major`, `from_date`."""
_ASKED: Final = frozenset(
    {"vet", "vets", "pet", "animal", "program", "programme", "organization", "organisation", "portal", "page", "site"}
    | {"questionnaire", "question", "template", "field", "health", "activity", "lecture", "lending", "loan"}
)
"""What is about how somebody is asked for it, where somebody takes part, or an event held for many."""
_BODY: Final = frozenset({"height", "weight"})
_MEASURES: Final = frozenset({"width", "length", "depth", "volume", "sku", "parcel", "package"})
_ALSO_ORGANISATIONS: Final = frozenset({"account", "client", "customer", "owner", "payee", "payer"})
"""Persons or organisations, as the columns beside them say."""
_BOOKS: Final = frozenset({"book"})
_BOOKED: Final = frozenset({"address", "phone", "contact", "guest"})
"""What a book of is no thing."""
_PHONE, _EMAIL = "personal.contact.phone", "personal.contact.email"
"""How to reach somebody: codes and kinds are not called and written to."""
_REACHED: Final = ("personal.contact.phone", "personal.contact.phone.mobile", "personal.contact.email")
_GOODS: Final = frozenset(
    {
        "parcel",
        "package",
        "packaging",
        "shipment",
        "cargo",
        "freight",
        "luggage",
        "baggage",
        "consignment",
        "sku",
        "photo",
    }
    | {"picture", "image", "vehicle", "animal", "pet", "livestock", "container", "pallet", "axle", "width"}
)
"""Words of what is weighed and measured and is no person."""
_STORED: Final = frozenset({"inventory", "stock", "warehouse", "catalog", "catalogue", "formulary", "purchase"})
"""What is kept in store and on lists, and not given to somebody: `drug_inventory_item`."""
_CLAIMS: Final = frozenset({"claim", "billing", "remittance", "remit", "eligibility", "copay", "superbill"})
"""Tables of what is settled with insurers: among groups, networks and plans only some columns are clinical."""
_GLUED_CLAIM: Final = re.compile(r"(?<!dis)(?<!re)(?<!pro)claims?(?:line|item|detail|header|data)", re.IGNORECASE)
_PROTOCOLS: Final = frozenset({"oauth", "oauth2", "oidc", "openid", "saml", "api"})
"""Whose clients are programs."""
_LOGGED: Final = frozenset(
    {
        "audit",
        "activity",
        "access",
        "login",
        "logon",
        "signin",
        "spam",
        "abuse",
        "ban",
        "banned",
        "blacklist",
        "blocklist",
    }
    | {
        "vote",
        "poll",
        "rating",
        "visit",
        "visitor",
        "hit",
        "click",
        "impression",
        "attempt",
        "lockout",
        "throttle",
        "flood",
    }
    | {"download", "referral", "captcha"}
)
"""What tables of it say of whoever did something, whatever it was done to."""
_GUESTS: Final = frozenset({"adult", "adults", "nights", "infants"})
_PLACES_ONLY: Final = frozenset({"location", "site", "venue"})


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
    school: bool = False
    """Its columns are of majors, classes or courses."""
    identity: bool = False
    """Some column names a person or says how to reach one."""
    paid: str = ""
    """The category of amounts in it: its rows are wages, loans or payments of a person."""
    payroll: bool = False
    """Its rows are wages: several columns are parts of a person's."""
    exams: bool = False
    """It keeps what students or employees reached."""
    addresses: bool = False
    """Its rows are addresses: a street, a city, a postcode, and no name of anything."""
    claims: bool = False
    """It is settled by it with an insurer what care costs."""
    visits: frozenset[str] = frozenset()
    """The words of its name: dates of these are dates of illness and treatment."""
    own: frozenset[str] = frozenset()
    """All words of the name of a clinical table: `drug_era_id` is its own key."""
    listing: bool = False
    """It lists kinds, codes or settings."""
    posts: bool = False
    """`post_code` is there beside codes of departments and roles: a post is a job, and not the mail."""
    roles: frozenset[str] = frozenset()
    """Columns beside which stands how to reach whom they name: `prover` beside `prover_mobile`."""
    numbers: frozenset[str] = frozenset()
    """Columns beside which stands the signature of whose number they are: `zzysbm` beside `zzysqm`."""
    career: str = ""
    """The category of what its rows tell of persons: what they learned, where they worked."""
    registered: bool = False
    """It names persons and has a key of its own: another id, of text, is a number that they are called by."""
    body: bool = False
    """It measures somebody: height beside weight, and no width of a thing."""
    secrets: bool = False
    """It keeps tokens and sessions."""
    kept: str = ""
    """The category of what it keeps, for columns that are only called `number`, `code` or `to`."""
    web: bool = False
    """It keeps sessions of the web."""
    reached: bool = False
    """It says how to reach somebody, and is not about things or organisations: the name beside it is whose."""
    goods: bool = False
    """It measures things: parcels, pictures, vehicles."""
    logged: bool = False
    """It logs who did something."""
    banked: bool = False
    """It keeps a bank account and names a person: balances in it are somebody's."""
    guests: bool = False
    """It counts guests: children beside adults, or for some nights."""
    tree: bool = False
    """Its rows stand below each other: districts, offices, menus."""
    topics: frozenset[str] = frozenset()
    """What else it is about."""
    labels: frozenset[str] = frozenset()
    """Columns that name no one: a list's own code, the name of a preference beside its value."""


class Surveyor:
    """Looks at tables by the vocabulary of a taxonomy."""

    def __init__(self, taxonomy: Taxonomy, reader: Reader) -> None:
        self._reader = reader
        self._words = {name: frozenset(words) for name, words in taxonomy.matching.items()}
        self._pinyin = PinyinTables(taxonomy.matching)
        self._care = Care(self._words, reader, self._pinyin)
        self._gatherer = Gatherer(self._words, reader, self._care)
        self._treated = VISITS | self._words["clinical_words"] | {"health", "problem"}
        self._organisations = self._words["organisation_words"] - _PLACES_ONLY
        self._paying = self._words["money_words"] | {"bank"}
        self._talk_zh = tuple(self._words["talk_words_zh"])
        self._lister = Lister(self._words, reader, self._pinyin)
        self._sure = (self._words["subject_words"] | self._words["staff_words"]) - _ALSO_ORGANISATIONS

    def survey(self, table: Table) -> Surroundings:
        """Look at a table and all its columns."""
        told = self._gatherer.gather(table)
        readings, words, linked = told.readings, told.words, told.linked
        stems, chinese = stems_of(table.name, self._reader), table.name + table.comment
        persons = bool(neighbours(told.kinds, other=False)) or told.patient
        reached = {kind.rpartition(" ")[2][: len(_PHONE)] for kind in told.kinds} >= {_PHONE, _EMAIL}
        listed = not (linked or told.natural or reached) and self._lister.lists(table, stems, persons=persons)
        listing = listed or is_own_code(table)
        title = self._reader.title(table.name)
        stems = with_slips(stems)
        staff = self._says(stems, chinese, "staff_words", title)
        person = staff or self._says(stems, chinese, "subject_words", title)
        organisation = self._says(stems, chinese, "organisation_words", title)
        if organisation and chinese.isascii() and not told.named:
            named = self._pinyin.says(title, "organisation_words")
            organisation = named or not stems.isdisjoint(self._organisations)
        person = person or is_of_subjects(stems)
        if is_of_cases(stems):
            organisation = False
        if organisation and told.account and stems & self._paying:
            organisation = False  # accounts at banks, and payments by them, of whomever
        client = ("client" in stems and not stems.isdisjoint(_PROTOCOLS)) or keeps_books(stems, words)
        person = person and not client
        dossier = is_dossier(stems, words)
        person = person or bool(dossier and any(told.kinds) and not listing)
        booked = (stems - _BOOKS if stems & _BOOKED else stems) - dossier
        talk = not listing and (is_complaint(stems, words) or self._is_talk(table))
        thing = listing or client or (not talk and self._says(booked, chinese, "object_words", title))
        tree = not (person or told.patient) and stems.isdisjoint(self._treated) and is_tree(table)
        thing = thing and not (is_of_subjects(stems) and not listing)
        if told.xm and _born(readings):
            thing = organisation = False  # whose name, sex or birth date: 招聘简历 by its initials is no list of things
        if told.files and not listing:
            thing = organisation = False  # forms of a person's file, wherever they were filled in
        thing = thing or tree
        xm = told.xm and not thing
        kinds = [*told.kinds, *initials_together(readings, xm=xm)]
        natural = told.natural or (person and any(kinds) and stems & self._sure)
        if told.register and not natural and (organisation or not is_used(readings)):
            person, organisation = False, True
        why = "table about persons" if person else neighbours(kinds, other=thing or organisation)
        visit = linked and not (why and (any(kinds) or not told.patient)) and not stems.isdisjoint(VISITS)
        return Surroundings(
            readings=readings,
            person="" if listing else why,
            thing=thing,
            organisation=organisation and not person,
            staff=staff,
            clinical=not (listing or (stems & _STORED and not (told.patient or linked)))
            and (
                told.teeth
                or visit
                or self._care.is_clinical(table, chinese, readings, told.care, person=bool(why), patient=told.patient)
            ),
            patient=told.patient or told.teeth,
            linked=linked,
            address=not words.isdisjoint(_PLACE),
            pinyin=told.pinyin,
            talk=talk,
            card=told.card,
            xm=xm,
            school=told.school,
            identity=any(kinds),
            paid=paid_to(stems, readings, self._words, linked=linked or staff),
            payroll=not thing and is_payroll(table, stems, readings, persons=bool(why)),
            exams=linked and not stems.isdisjoint(_EXAMS),
            addresses=not organisation
            and (told.placed >= _WHOLE_ADDRESS or (not ADDRESSES.isdisjoint(title[-1:]) and told.placed > 0)),
            claims=not stems.isdisjoint(_CLAIMS) or bool(_GLUED_CLAIM.search(table.name)),
            visits=stems & self._treated,
            own=frozenset() if stems.isdisjoint(self._treated) else stems,
            listing=listing,
            posts=told.posts,
            roles=told.roles,
            numbers=told.numbers,
            career=next((key for words, key in _CAREERS if stems & words), "")
            if (why or linked or "resume" in stems) and not listing and _ASKED.isdisjoint((*stems, *title))
            else "",
            registered=bool(why) and any(kinds) and told.keyed,
            body=not thing and words >= _BODY and words.isdisjoint(_MEASURES),
            secrets=secret(table, stems),
            kept=kept(table, stems, words),
            web=sessions(stems, words),
            reached=not (listing or thing or organisation) and any(kind.endswith(_REACHED) for kind in kinds),
            logged=not stems.isdisjoint(_LOGGED),
            banked=told.account and any(kinds) and not (listing or organisation),
            guests=not words.isdisjoint(_GUESTS),
            goods=not (words | stems).isdisjoint(_GOODS),
            tree=tree,
            topics=topics_of(stems, words, tuple(map(singular, title[-1:]))),
            labels=labels_of(table, listing=listing),
        )

    def _is_talk(self, table: Table) -> bool:
        """Tell whether the last words of a table's name or comment are of what people wrote."""
        words = self._reader.words(table.name)[-1]
        if not self._words["talk_words"].isdisjoint(words[-2:]):
            return True
        if self._pinyin.says(words_of(table.name), "talk_words"):
            return True
        title = table.comment.strip().removesuffix("表").removesuffix("信息").removesuffix("记录")
        return title.endswith(self._talk_zh)

    def _says(self, stems: frozenset[str], chinese: str, kind: str, title: tuple[str, ...]) -> bool:
        if not stems.isdisjoint(self._words[kind]) or self._pinyin.says(title, kind):
            return True
        return not chinese.isascii() and any(word in chinese for word in self._words[f"{kind}_zh"])


def _born(readings: Iterable[Reading]) -> bool:
    """Tell whether initials are of a sex or a day of birth, which only natural persons have."""
    return any(
        mark.initials and mark.points > 0 for reading in readings for key, mark in reading.marks.items() if key in _BORN
    )
