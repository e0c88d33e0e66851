"""Generated conditions and hostile requests for the differential tests of the expression stage.

Built from a seeded `Random` that hypothesis draws: a hundred times faster than composed strategies.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING

from tutela.engine.expression import ConditionError, Function, Language
from tutela.engine.ir import BOOLEAN, DATETIME, DURATION, NUMBER, STRING, array, object_

if TYPE_CHECKING:
    from random import Random

COLUMN = object_(name=STRING, category=STRING.optional(), size=NUMBER, tags=array(STRING), keep=BOOLEAN)
SYMBOLS = {
    "subject": object_(
        id=STRING,
        nick=STRING.optional(),
        level=NUMBER,
        score=NUMBER.optional(),
        active=BOOLEAN,
        mfa=BOOLEAN.optional(),
        roles=array(STRING),
        since=DATETIME,
        left=DATETIME.optional(),
    ),
    "resource": object_(
        kind=STRING,
        owner=object_(name=STRING, dept=STRING.optional()).optional(),
        home=object_(city=STRING),
        columns=array(COLUMN),
        marks=array(NUMBER.optional()),
        kept=DURATION,
    ),
    "now": DATETIME,
}
PARAMETERS = {"limits.low": NUMBER, "limits.kinds": array(STRING), "grace": DURATION, "since": DATETIME}
VALUES: dict[str, object] = {
    "limits.low": 2.5,
    "limits.kinds": ["a", "b", "k", "K", "ſ"],
    "grace": "P1DT2H",
    "since": "2024-02-29T12:00:00+08:00",
}


def later(moment: datetime, days: Decimal) -> datetime:
    """A custom function that fails for large numbers."""
    return moment + timedelta(days=int(days))


FUNCTIONS = [Function("later", later, (DATETIME, NUMBER), DATETIME)]
LANGUAGE = Language(SYMBOLS, PARAMETERS, VALUES, FUNCTIONS)

_WORDS = ["", "a", "b", "k", "K", "K", "ſ", "ß", "İ", "身份证", "a b", "É", "ab", "1"]
_TIMES = [
    "2024-02-29T04:00:00+00:00", "2024-02-29T12:00:00+08:00", "2024-03-31T02:30:00+01:00",
    "2024-10-27T02:30:00+02:00", "2023-12-31T23:59:59.999999-05:00", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
]  # fmt: skip
_SPANS = ["P1D", "PT12H", "P2W", "PT0.5S", "P0D", "P99999D"]


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_STRINGS = [
    "subject.id", "resource.kind", "resource.home.city", "(subject.nick ?? 'k')",
    "(resource.owner&.name ?? '')",
    "(resource.owner&.dept ?? 'a')", "subject.roles[0]", "subject.id.as_lower", "resource.kind.as_upper",
    "(resource.columns[0].category ?? '')", "(subject.id + resource.kind)",
]  # fmt: skip
_NUMBERS = [
    "0", "1", "2.5", "0.1", "-3", "1e20", "100000000000000000000000000000000001", "subject.level",
    "(subject.score ?? 1)", "param.limits.low", "subject.roles.length", "resource.columns[1].size",
    "(resource.marks&[1] ?? 0)", "now.hour", "subject.since.day", "$sum([c.size for c in resource.columns])",
    "$abs(subject.level)", "subject.level.floor", "$max([c.size for c in resource.columns if c.keep])",
    "resource.kept.total_seconds", "$min([subject.level, 2])", "(-subject.level)", "subject.level.ceiling",
]  # fmt: skip
_MOMENTS = ["now", "subject.since", "(subject.left ?? now)", "param.since", "d'2024-02-29T23:00:00-05:00'",
            "$later(now, subject.level)", "$later(subject.since, 1)", "subject.since.date"]  # fmt: skip
_FIXED = [
    "subject.active", "(subject.mfa ?? false)", "resource.columns[0].keep", "true", "false",
    "(now - subject.since) > t'P365D'", "(-resource.kept) < param.grace", "resource.columns.is_empty",
    "$any([c.keep for c in resource.columns])", "resource.owner == null", "subject.left != null",
    "$all([c.size > 1 and c.name in subject.roles for c in resource.columns])",
    "'pii' in [c.category for c in resource.columns]", "null in resource.marks", "subject.mfa == true",
    "[[t for t in c.tags if t == c.name].length > 0 for c in resource.columns] == [true, false]",
    "subject.roles == ['a', 'b']", "1 in resource.marks", "subject.nick&.length == 1",
    "[r for r in subject.roles if r != subject.id].length > param.limits.low",
]  # fmt: skip
_PATTERNS = ["'[a-k]+'", "'(?i)k'", "'^$'", "r'\\w'", "'身'"]


def string(r: Random, depth: int = 0) -> str:
    """A text of string type."""
    if depth < 2 and r.random() < 0.1:
        return f"({condition(r, 3)} ? {string(r, depth + 1)} : (subject.nick ?? resource.kind))"
    return _quote(r.choice(_WORDS)) if r.random() < 0.4 else r.choice(_STRINGS)


def number(r: Random, depth: int = 0) -> str:
    """A text of number type."""
    if depth < 2 and r.random() < 0.3:
        operator = r.choice(["+", "-", "*", "/", "//", "%"])
        return f"({number(r, depth + 1)} {operator} {number(r, depth + 1)})"
    if depth < 2 and r.random() < 0.1:
        return f"({condition(r, 3)} ? {number(r, depth + 1)} : subject.level)"
    return r.choice(_NUMBERS)


def moment(r: Random) -> str:
    """A text of datetime type."""
    if r.random() < 0.3:
        span = r.choice(["t'P30D'", "param.grace", "resource.kept"])
        return f"({r.choice(_MOMENTS)} {r.choice('+-')} {span})"
    return r.choice(_MOMENTS)


def _atom(r: Random) -> str:
    order = ["<", "<=", ">", ">=", "==", "!="]
    match r.randrange(9):
        case 0:
            return f"{string(r)} {r.choice(order)} {string(r)}"
        case 1:
            return f"{number(r)} {r.choice(order)} {number(r)}"
        case 2:
            return f"{moment(r)} {r.choice(order)} {moment(r)}"
        case 3:
            return f"{string(r)} {r.choice(['in', 'not in'])} {r.choice(_LISTS)}"
        case 4:
            return f"{string(r)} {r.choice(['=~', '=~~', '!~', '!~~'])} {r.choice(_PATTERNS)}"
        case 5:
            return f"{string(r)}.{r.choice(['starts_with', 'ends_with'])}({string(r)})"
        case 6:
            return f"{r.choice(['subject.nick', 'resource.owner&.dept'])} {r.choice(['==', '!='])} {string(r)}"
        case 7:
            return f"{r.choice(['subject.score', 'resource.marks&[0]'])} {r.choice(['==', '!='])} {number(r)}"
        case _:
            return r.choice(_FIXED)


_LISTS = ["['a', 'b']", "['k', 'K', '', 'ſ', 'a']", "[]", "subject.roles", "param.limits.kinds",
          "resource.kind",
          "[subject.id]"]  # fmt: skip


def condition(r: Random, depth: int = 0) -> str:
    """A text of a boolean condition, well typed by construction."""
    if depth >= 3 or r.random() < 0.4:
        return f"({_atom(r)})"
    match r.randrange(6):
        case 0 | 1:
            return "(" + " and ".join(condition(r, depth + 1) for _ in range(r.randint(2, 3))) + ")"
        case 2 | 3:
            return "(" + " or ".join(condition(r, depth + 1) for _ in range(r.randint(2, 3))) + ")"
        case 4:
            return f"not {condition(r, depth + 1)}"
        case _:
            return f"({condition(r, depth + 1)} ? {condition(r, depth + 1)} : {condition(r, depth + 1)})"


def accepted(r: Random) -> str:
    """A condition; one that divides constants by zero or is too large is thrown away."""
    while True:
        text = condition(r)
        try:
            LANGUAGE.parse(text)
        except ConditionError as error:
            if {f.code for f in error.faults if f.severity == "error"} - {
                "condition-refused",
                "condition-too-large",
            }:
                raise
        else:
            return text


class Odd(str):
    """A subclass of str, as enumerations are."""

    __slots__ = ()


_HOSTILE: list[object] = [
    None, "", "a", 0, 1, 1.5, True, float("nan"), float("inf"), [], ["a"], [None], {}, {"name": "a"}, b"a",
    10**40, Decimal("NaN"), "2024-01-01", "2024-01-01T00:00:00", object(), "P1Y", (1,), [{}], [[["a"]]],
    datetime(2024, 1, 1),  # noqa: DTZ001 (naive on purpose)
]  # fmt: skip
_NUMERALS: list[object] = [
    -2.5,
    0,
    1,
    2,
    3,
    -1,
    2.5,
    0.1,
    0.30000000000000004,
    1e300,
    10**30,
    Decimal("2.50"),
    -0.0,
]


class Requests:
    """Makes requests whose attributes are hostile or absent now and then."""

    def __init__(self, r: Random, hostility: float) -> None:
        self.r = r
        self.hostility = hostility

    def one(self) -> SimpleNamespace:
        """A request."""
        now = datetime(2026, 11, 22, 20, tzinfo=UTC)
        return SimpleNamespace(
            subject=self._spoil(self._subject(), 0.1), resource=self._spoil(self._resource(), 0.1),
            now=self._spoil(now, 0.1),
        )  # fmt: skip

    def _spoil(self, value: object, share: float = 1.0) -> object:
        return self.r.choice(_HOSTILE) if self.r.random() < self.hostility * share else value

    def _object(self, required: dict[str, object], optional: dict[str, object]) -> dict[str, object]:
        made = {name: self._spoil(value) for name, value in required.items()}
        for name, value in optional.items():
            if self.r.random() < 0.7:
                made[name] = self._spoil(value if self.r.random() < 0.7 else None)
        if self.r.random() < self.hostility:
            made.pop(self.r.choice(list(made)))
        return made

    def _text(self) -> str:
        return Odd("a") if self.r.random() < 0.02 else self.r.choice(_WORDS)

    def _number(self) -> object:
        return self.r.choice(_NUMERALS)

    def _flag(self) -> bool:
        return self.r.random() < 0.5

    def _time(self) -> object:
        shifted = datetime(2024, 2, 29, 12, tzinfo=timezone(timedelta(hours=8)))
        return shifted if self.r.random() < 0.1 else self.r.choice(_TIMES)

    def _texts(self) -> list[object]:
        return [self._text() for _ in range(self.r.randrange(4))]

    def _subject(self) -> dict[str, object]:
        return self._object(
            {"id": self._text(), "level": self._number(), "active": self._flag(), "roles": self._texts(),
             "since": self._time()},
            {"nick": self._text(), "score": self._number(), "mfa": self._flag(), "left": self._time()},
        )  # fmt: skip

    def _resource(self) -> dict[str, object]:
        columns = [
            self._object(
                {"name": self._text(), "size": self._number(), "tags": self._texts(), "keep": self._flag()},
                {"category": self.r.choice(["pii", "a"])},
            )
            for _ in range(self.r.randrange(4))
        ]
        marks = [None if self.r.random() < 0.3 else self._number() for _ in range(self.r.randrange(4))]
        kept = timedelta(days=400) if self.r.random() < 0.2 else self.r.choice(_SPANS)
        owner = self._object({"name": self._text()}, {"dept": self._text()})
        return self._object(
            {"kind": self._text(), "home": self._object({"city": self._text()}, {}), "columns": columns,
             "marks": marks, "kept": kept},
            {"owner": owner},
        )  # fmt: skip
