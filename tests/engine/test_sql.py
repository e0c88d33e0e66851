"""Conditions as SQL say what rule-engine says: generated conditions on hostile rows, in DuckDB and PostgreSQL."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tutela.engine.expression import Indeterminate, Language
from tutela.engine.sql import Column, Compiler, NotExactError
from tutela.engine.values import duration, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tutela.engine.ir import Node

sys.path.insert(0, str(Path(__file__).parent))
from strategies import LANGUAGE, VALUES, accepted

duckdb = pytest.importorskip("duckdb")

COLUMNS = {
    "subject.id": ("s_id", "VARCHAR"),
    "subject.nick": ("s_nick", "VARCHAR"),
    "subject.level": ("s_level", "DECIMAL(22, 4)"),
    "subject.score": ("s_score", "DECIMAL(22, 4)"),
    "subject.active": ("s_active", "BOOLEAN"),
    "subject.mfa": ("s_mfa", "BOOLEAN"),
    "subject.roles": ("s_roles", "VARCHAR[]"),
    "subject.since": ("s_since", "TIMESTAMP"),
    "subject.left": ("s_left", "TIMESTAMP"),
    "resource.kind": ("r_kind", "VARCHAR"),
    "resource.home.city": ("r_city", "VARCHAR"),
    "resource.kept": ("r_kept", "BIGINT"),
    "now": ("now", "TIMESTAMP"),
}
TEXTS = [
    "",
    "a",
    "b",
    "k",
    "K",
    "\u212a",
    "ſ",
    "ß",
    "İ",
    "身份证",
    "a b",
    "É",
    "ab",
    "1",
    "it's",
    "\\",
    "a\nb",
    "\x0b",
    '"',
]
TIMES = [
    "2024-02-29T04:00:00Z", "2024-03-31T02:30:00+01:00", "2023-12-31T23:59:59.999999-05:00", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z", "2024-02-29T04:00:00.000001Z",
]  # fmt: skip
NUMBERS = [0, 1, 2, 3, -1, Decimal("2.5"), Decimal("0.1"), 10**17, Decimal("-0.0001"), Decimal("2.50")]
SPANS = ["P1D", "PT12H", "PT0.5S", "P0D", "P400D", "PT0.000001S"]


def _row(r: Random) -> dict[str, Any]:
    """The attributes of one request by path; what is missing is not there."""
    made: dict[str, Any] = {
        "subject.id": r.choice(TEXTS),
        "subject.nick": r.choice(TEXTS),
        "subject.level": r.choice(NUMBERS),
        "subject.score": r.choice(NUMBERS),
        "subject.active": r.random() < 0.5,
        "subject.mfa": r.random() < 0.5,
        "subject.roles": [r.choice(TEXTS) for _ in range(r.randrange(4))],
        "subject.since": moment(r.choice(TIMES)),
        "subject.left": moment(r.choice(TIMES)),
        "resource.kind": r.choice(TEXTS),
        "resource.home.city": r.choice(TEXTS),
        "resource.kept": duration(r.choice(SPANS)),
        "now": moment(r.choice(TIMES)),
    }
    return {path: value for path, value in made.items() if r.random() < 0.93}


def _request(row: dict[str, Any]) -> SimpleNamespace:
    parts: dict[str, Any] = {"subject": {}, "resource": {"home": {}, "columns": [], "marks": []}}
    for path, value in row.items():
        root, *steps = path.split(".")
        if not steps:
            parts[root] = value
            continue
        at = parts[root]
        for step in steps[:-1]:
            at = at[step]
        at[steps[-1]] = value
    return SimpleNamespace(**parts)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return value // timedelta(microseconds=1) if isinstance(value, timedelta) else value


def _compiler(dialect: str) -> Compiler:
    columns = {path: Column(name, scale=4 if "DECIMAL" in kind else 0) for path, (name, kind) in COLUMNS.items()}
    return Compiler(columns, LANGUAGE.parameter_values, dialect)


def _reference(text: str, row: dict[str, Any]) -> bool | None:
    try:
        return bool(LANGUAGE.evaluate(text, _request(row)))
    except Indeterminate:
        return None


def _compiled(dialect: str, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    compiler = _compiler(dialect)
    for text in texts:
        try:
            made = compiler.compile(LANGUAGE.parse(text).root)
        except NotExactError:
            continue
        doubt = made.doubt.sql(dialect) if made.doubt is not None else "FALSE"
        yield text, f"CASE WHEN {doubt} THEN NULL WHEN {made.value.sql(dialect)} THEN 1 ELSE 0 END"


def _texts(r: Random, count: int) -> list[str]:
    return [accepted(r) for _ in range(count)]


@pytest.mark.parametrize("seed", range(3))
def test_duckdb_answers_as_rule_engine_does(seed: int) -> None:
    """Truth, falsehood and no answer are the same for every row; enough conditions are compiled to mean something."""
    r = Random(seed)  # noqa: S311 (test data)
    rows = [_row(r) for _ in range(60)]
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.values())})")
    marks = ", ".join("?" for _ in COLUMNS)
    con.executemany(f"INSERT INTO t VALUES ({marks})", [[_cell(row.get(path)) for path in COLUMNS] for row in rows])
    texts = _texts(r, 300)
    compiled = list(_compiled("duckdb", texts))
    assert len(compiled) > 25
    for text, sql in compiled:
        answers = [None if one is None else bool(one) for (one,) in con.execute(f"SELECT {sql} FROM t").fetchall()]
        assert answers == [_reference(text, row) for row in rows], text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("subject.level / 2 > 1", "division"),
        ("subject.id.as_lower == 'a'", "case mapping"),
        ("subject.roles[0] == 'a'", "items"),
        ("subject.level * subject.level * subject.level > 1", "28 digits"),
        ("resource.owner&.name == 'a'", "an object that may be null"),
        ("subject.id =~ 'a\\\\bb'", "word boundary"),
        ("$later(now, 1) > now", "own functions"),
    ],
)
def test_what_is_not_exact_is_refused(text: str, why: str) -> None:
    """Nothing that another engine could see differently gets into SQL."""
    with pytest.raises(NotExactError):
        _compiler("duckdb").compile(_root(text))
    assert why


def _root(text: str) -> Node:
    return LANGUAGE.parse(text).root


HOSTILE = [chr(code) for code in (*range(1, 0x300), 0x130, 0x131, 0x17F, 0x212A, 0x2028, 0xFF21, 0x1F600)]


@pytest.mark.parametrize(
    "pattern",
    [
     "[a-k]+", "(?i)k", "(?i)[^k]", r"^$", r"\w", r"\W", r"\s", r"\S", r"\d", r"\D", ".", "身", "a{2,3}", "a|b$",
     r"a\Z",
     r"[\]^\\-]", "(?i)[j-l]", "[^\\s\\d]", "(?:ab)*$", "a?b"],
)  # fmt: skip
@pytest.mark.parametrize("search", [False, True])
def test_regular_expressions_are_those_of_python(pattern: str, search: bool) -> None:
    """Every character, alone and before a line end, matches in RE2 as it does in Python."""
    quoted = pattern.replace("\\", "\\\\")
    text = f"subject.id {'=~~' if search else '=~'} '{quoted}'"
    (sql,) = [sql for _, sql in _compiled("duckdb", [text])]
    samples = [*HOSTILE, *(f"{char}\n" for char in HOSTILE), *(f"a{char}b" for char in HOSTILE), "", "\n", "aa", "aaaa"]
    con = duckdb.connect()
    con.execute("CREATE TABLE t (s_id VARCHAR)")
    con.execute("INSERT INTO t SELECT unnest(?)", [samples])
    found = [bool(one) for (one,) in con.execute(f"SELECT {sql} FROM t").fetchall()]
    assert found == [_reference(text, {"subject.id": sample}) for sample in samples]


def test_parameters_without_a_value_are_refused() -> None:
    """A condition that reads an unbound parameter has no SQL."""
    language = Language(LANGUAGE.symbols, LANGUAGE.parameters, {"limits.low": VALUES["limits.low"]})
    compiler = Compiler({"now": Column("now")}, language.parameter_values)
    with pytest.raises(NotExactError):
        compiler.compile(language.parse("now > param.since").root)
