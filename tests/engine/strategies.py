"""Generated conditions and hostile requests for the differential tests of the expression stage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st
from tutela.engine.expression import Function, Language
from tutela.engine.ir import BOOLEAN, DATETIME, DURATION, NUMBER, STRING, array, object_

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
    "2024-10-27T02:30:00+02:00", "2023-12-31T23:59:59.999999-05:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
]  # fmt: skip
_SPANS = ["P1D", "PT12H", "P2W", "PT0.5S", "P0D", "P99999D"]


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _binary(left: Any, operators: list[str], right: Any) -> Any:
    return st.tuples(left, st.sampled_from(operators), right).map(lambda t: f"({t[0]} {t[1]} {t[2]})")


def strings(inner: Any) -> Any:
    """Texts of string type."""
    return st.one_of(
        st.sampled_from(_WORDS).map(_quote),
        st.sampled_from(["subject.id", "resource.kind", "resource.home.city", "(subject.nick ?? 'k')"]),
        st.sampled_from(
            ["(resource.owner&.name ?? '')", "(resource.owner&.dept ?? 'a')", "subject.roles[0]"]
        ),
        st.sampled_from(
            ["subject.id.as_lower", "resource.kind.as_upper", "(resource.columns[0].category ?? '')"]
        ),
        inner.map(lambda c: f"({c} ? subject.id : (subject.nick ?? resource.kind))"),
        st.just("(subject.id + resource.kind)"),
    )


def numbers(inner: Any) -> Any:
    """Texts of number type."""
    simple = st.one_of(
        st.sampled_from(["0", "1", "2.5", "0.1", "-3", "1e20", "100000000000000000000000000000000001"]),
        st.sampled_from(
            ["subject.level", "(subject.score ?? 1)", "param.limits.low", "subject.roles.length"]
        ),
        st.sampled_from(
            ["resource.columns[1].size", "(resource.marks&[1] ?? 0)", "now.hour", "subject.since.day"]
        ),
        st.sampled_from(
            ["$sum([c.size for c in resource.columns])", "$abs(subject.level)", "subject.level.floor"]
        ),
        st.sampled_from(
            ["$max([c.size for c in resource.columns if c.keep])", "resource.kept.total_seconds"]
        ),
    )
    compound = _binary(simple, ["+", "-", "*", "/", "//", "%"], simple)
    choice = inner.flatmap(lambda c: simple.map(lambda n: f"({c} ? {n} : subject.level)"))
    return st.one_of(simple, simple, compound, _binary(compound, ["+", "*"], simple), choice)


def moments() -> Any:
    """Texts of datetime type."""
    simple = st.sampled_from(
        ["now", "subject.since", "(subject.left ?? now)", "param.since", "d'2024-02-29T23:00:00-05:00'"]
    )
    return st.one_of(
        simple,
        simple.map(lambda m: f"{m}.date"),
        _binary(simple, ["+", "-"], st.sampled_from(["t'P30D'", "param.grace", "resource.kept"])),
        st.sampled_from(["$later(now, subject.level)", "$later(subject.since, 1)"]),
    )


def _atoms(inner: Any) -> Any:
    text, number, moment = strings(inner), numbers(inner), moments()
    equal, order = ["==", "!="], ["<", "<=", ">", ">=", "==", "!="]
    return st.one_of(
        _binary(text, order, text),
        _binary(number, order, number),
        _binary(moment, order, moment),
        st.sampled_from(
            [
                "subject.active",
                "(subject.mfa ?? false)",
                "resource.columns[0].keep",
                "true",
                "false",
                "(now - subject.since) > t'P365D'",
                "(-resource.kept) < param.grace",
                "resource.columns.is_empty",
                "$any([c.keep for c in resource.columns])",
                "resource.owner == null",
                "subject.left != null",
                "$all([c.size > 1 and c.name in subject.roles for c in resource.columns])",
                "'pii' in [c.category for c in resource.columns]",
                "null in resource.marks",
                "[[t for t in c.tags if t == c.name].length > 0 for c in resource.columns] == [true, false]",
                "subject.roles == ['a', 'b']",
                "1 in resource.marks",
                "subject.mfa == true",
            ]
        ),  # fmt: skip
        _binary(text, ["in", "not in"], st.sampled_from(["['a', 'b']", "['k', 'K', '', 'ſ', 'a']", "[]"])),
        _binary(
            text,
            ["in"],
            st.sampled_from(["subject.roles", "param.limits.kinds", "resource.kind", "[subject.id]"]),
        ),
        _binary(
            text,
            ["=~", "=~~", "!~", "!~~"],
            st.sampled_from(["'[a-k]+'", "'(?i)k'", "'^$'", r"r'\\w'", "'身'"]),
        ),
        st.tuples(text, st.sampled_from(["starts_with", "ends_with"]), text).map(
            lambda t: f"{t[0]}.{t[1]}({t[2]})"
        ),
        _binary(st.sampled_from(["subject.nick", "resource.owner&.dept"]), equal, text),
        _binary(st.sampled_from(["subject.score", "resource.marks&[0]"]), equal, number),
    )


def conditions() -> Any:
    """Texts of boolean conditions, well typed by construction."""
    base = _atoms(st.sampled_from(["subject.active", "subject.id == 'a'"]))
    return st.recursive(
        base,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=4).map(lambda items: "(" + " and ".join(items) + ")"),
            st.lists(inner, min_size=2, max_size=4).map(lambda items: "(" + " or ".join(items) + ")"),
            inner.map(lambda c: f"not {c}"),
            st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
        ),
        max_leaves=6,
    )


class Odd(str):
    """A subclass of str, as enumerations are."""

    __slots__ = ()


_HOSTILE = st.sampled_from(
    [None, "", "a", 0, 1, 1.5, True, float("nan"), float("inf"), [], ["a"], [None], {}, {"name": "a"}, b"a",
     10**40, Decimal("NaN"), "2024-01-01", "2024-01-01T00:00:00", datetime(2024, 1, 1), object(), "P1Y", (1,)]  # noqa: DTZ001 (naive on purpose)
)  # fmt: skip


def _field(good: Any, hostility: float) -> Any:
    """A good value mostly; now and then a hostile one, or (the marker ...) none."""
    return st.floats(0, 1).flatmap(lambda f: good if f > hostility else st.one_of(_HOSTILE, st.just(...)))


def _object(fields: dict[str, Any]) -> Any:
    return st.fixed_dictionaries(fields).map(lambda d: {k: v for k, v in d.items() if v is not ...})


def requests(hostility: float = 0.06) -> Any:
    """Requests: raw JSON values or normalised ones, each attribute hostile now and then."""
    text = st.sampled_from([*_WORDS, Odd("a")])
    number = st.one_of(
        st.sampled_from([0, 1, 2, 3, -1, 2.5, 0.1, 0.30000000000000004, 1e300, 10**30, Decimal("2.50"), -0.0])
    )
    time = st.one_of(
        st.sampled_from(_TIMES),
        st.just(datetime(2024, 2, 29, 4, tzinfo=UTC)),
        st.just(datetime(2024, 2, 29, 12, tzinfo=timezone(timedelta(hours=8)))),
    )
    span = st.one_of(st.sampled_from(_SPANS), st.just(timedelta(days=400)))
    null = st.none()

    def f(good: Any) -> Any:
        return _field(good, hostility)

    column = _object(
        {"name": f(text), "category": f(st.one_of(text, null, st.just("pii"), st.just(...))), "size": f(number),
         "tags": f(st.lists(text, max_size=2)), "keep": f(st.booleans())}
    )  # fmt: skip
    owner = _object({"name": f(text), "dept": f(st.one_of(text, null, st.just(...)))})
    subject = _object(
        {"id": f(text), "nick": f(st.one_of(text, null, st.just(...))), "level": f(number),
         "score": f(st.one_of(number, null, st.just(...))), "active": f(st.booleans()),
         "mfa": f(st.one_of(st.booleans(), null)), "roles": f(st.lists(text, max_size=3)),
         "since": f(time), "left": f(st.one_of(time, null, st.just(...)))}
    )  # fmt: skip
    resource = _object(
        {"kind": f(text), "owner": f(st.one_of(owner, null, st.just(...))), "home": f(_object({"city": f(text)})),
         "columns": f(st.lists(column, max_size=3)), "marks": f(st.lists(st.one_of(number, null), max_size=3)),
         "kept": f(span)}
    )  # fmt: skip
    return st.builds(
        lambda s, r, n: SimpleNamespace(subject=s, resource=r, now=n),
        _field(subject, 0.01), _field(resource, 0.01), _field(st.just(datetime(2026, 11, 22, 20, tzinfo=UTC)), 0.01),
    )  # fmt: skip
