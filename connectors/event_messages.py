"""Messages of PostgreSQL as kinds, in SQL: what `log_plain` and `log_pgaudit` make of one message, where that is sure.

What these would have to look at more closely is of the kind `X` (`Y` for AUDIT records), and goes to them. A pattern
here fits no less than theirs, in which blanks, digits and words are those of Unicode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .event_table import literal
from .log_plain import VERBS
from .log_record import FAILED, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHOWN: Final = ("S", "s", "E", "e", "b")
"""Kinds that show a statement: as it begins, with its duration; one that was prepared, with its duration; its bind."""
EVENTFUL: Final = (*SHOWN, "A")
"""Kinds of which an event may be made: those, and AUDIT records."""

USED: Final = (0, 1, 2, 3, 4, 5, 7, 11, 13, 14, 19, 22)
"""The columns that a record is told by."""
_TIME: Final = (
    r"\d{4}-\d\d-\d\d (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(?:\d{3}|\d{6}))? (?:[A-Za-z]{1,6}|[+-]\d\d(?::?\d\d)?)"
)
_LASTS: Final = r"(?:duration|执行时间): [0-9]+(?:\.[0-9]+)? ms"
_STATEMENT: Final = "(?:statement|语句): "
_EXECUTE: Final = "(?:execute |执行 )[^:]*: "
_BIND: Final = "(?:bind|绑定) [^:]*: "
_PARSE: Final = "(?:parse|解析) [^:]*: "
_PREFIX: Final = f"^(?:{_LASTS}  )?(?:{_STATEMENT}|{_EXECUTE}|{_BIND})"
_SHOWS: Final = "^(?:duration|执行|statement|语句|parse|bind|解析|绑定|execute|fastpath|快捷路径|plan)"
BLANK: Final = r"[\s\pZ\x0b\x1c-\x1f\x85]"
"""Every blank of Python's, and some more."""
_VERB: Final = VERBS.removesuffix(r"\b")
_NAMED: Final = rf"(?i): (?:{BLANK}|\()*(?:/\*|--|{_VERB})"
_STRANGE: Final = rf"(?i)^[^:\n]{{1,60}}:{BLANK}+(?:{BLANK}|\()*{_VERB}|^[^:\n]{{1,20}}: \pN+\.\pN{{3}} "


def classified(rows: str) -> str:
    """The records that `rows` has as `c0` and so on: whose they are, when, their kind, and what they say.

    Of an AUDIT record `run` is the statement's number, `head` what stands before its text, and `tail` what stands
    behind it; a text without quotes stands in the head (see `event_audits`).
    """
    shown = f"first_kind IN ({listed(SHOWN)})"
    made = _layered(
        rows,
        {
            "first_kind": _kind(),
            "timed": f"CASE WHEN regexp_full_match(c0, {literal(_TIME)}) THEN 11 + instr(substr(c0, 12), ' ') END",
        },
        {
            "zone": "substr(c0, timed + 1)",
            "stamp": "try_cast(left(c0, timed - 1) AS TIMESTAMP)",
            "numbered": "CASE WHEN first_kind = 'A' THEN"
            " substr(c13, CASE WHEN starts_with(c13, 'AUDIT: SESSION') THEN 16 ELSE 15 END) END",
        },
        {"comma": "instr(numbered, ',')"},
        {"rest": "substr(numbered, comma + 1)", "run": "left(numbered, comma - 1)"},
        {"opens": "instr(rest, '\"')"},
        {"body": "CASE WHEN opens > 0 THEN substr(rest, opens + 1) END"},
        # Two quotes are one that does not end the text: put out of sight, they leave the one that does.
        {"closes": "instr(replace(body, '\"\"', chr(1) || chr(1)), '\"')"},
        {
            "said": f"CASE WHEN {shown} THEN regexp_replace(c13, {literal(_PREFIX)}, '')"
            " ELSE replace(left(body, closes - 1), '\"\"', '\"') END",
            "head": "CASE WHEN opens > 0 THEN left(rest, opens - 1) ELSE rest END",
            "tail": "substr(body, closes + 1)",
        },
    )
    odd_audit = "stamp IS NULL OR coalesce(closes = 0, FALSE) OR NOT regexp_full_match(run, '[0-9]+')"
    return (
        f"SELECT CASE WHEN first_kind = 'A' THEN CASE WHEN {odd_audit} THEN 'Y' ELSE 'A' END"
        f" WHEN {shown} AND ({_odd_statement()}) THEN 'X' ELSE first_kind END AS kind,"
        " stamp, CASE WHEN stamp IS NOT NULL THEN zone END AS zone, CASE WHEN c5 = '' THEN c3 ELSE c5 END AS session,"
        " c1 AS account, c2 AS database, c4 AS address, c22 AS application, said, run, head, tail, size, ends"
        f" FROM ({made}) AS a"
    )


def _layered(rows: str, *layers: Mapping[str, str]) -> str:
    """Columns made one of another: in one projection, each would be made anew wherever it is used."""
    for layer in layers:
        rows = f"SELECT *, {', '.join(f'{sql} AS {name}' for name, sql in layer.items())} FROM ({rows}) AS a"
    return rows


def listed(words: Iterable[str]) -> str:
    """Texts as SQL, for IN."""
    return ", ".join(map(literal, words))


def _kind() -> str:
    """What a message is at the first look.

    D and T are durations alone (T: of parsing or binding), P a parse, F an error that names its statement, N another
    message that does, Q the end of a session, O what shows nothing of statements.
    """
    failed = f"c11 IN ({listed(name for name, word in SEVERITIES.items() if word in FAILED)})"
    logged = f"c11 IN ({listed(name for name, word in SEVERITIES.items() if word == 'LOG')})"
    timed = f"regexp_matches(c13, {literal(f'^{_LASTS}  ')})"
    begins = {
        name: f"regexp_matches(c13, {literal(f'^(?:{_LASTS}  )?{pattern}')})"
        for name, pattern in (("S", _STATEMENT), ("E", _EXECUTE), ("b", _BIND), ("P", _PARSE))
    }
    ends = "starts_with(c13, 'disconnection: ') OR starts_with(c13, '断开连接: ')"
    names = "CASE WHEN regexp_matches(c19, '[!-~]') THEN {} ELSE 'X' END"
    fetch = "contains(left(c13, 80), 'execute fetch from ') OR contains(left(c13, 80), '执行FETCH操作')"
    return (
        f"CASE WHEN c11 NOT IN ({listed(SEVERITIES)}) OR NOT regexp_full_match(c3, 'p?[0-9]+') THEN 'X'"
        f" WHEN starts_with(c13, 'AUDIT: ') THEN CASE WHEN starts_with(c13, 'AUDIT: SESSION,')"
        " OR starts_with(c13, 'AUDIT: OBJECT,') THEN 'A' ELSE 'Y' END"
        f" WHEN {failed} THEN CASE WHEN c19 <> '' THEN {names.format(chr(39) + 'F' + chr(39))}"
        f" WHEN {ends} THEN 'Q' ELSE 'O' END"
        f" WHEN regexp_matches(c13, {literal(_SHOWS)}) THEN CASE WHEN {fetch} THEN 'X'"
        f" WHEN {begins['S']} THEN CASE WHEN {timed} THEN 's' ELSE 'S' END"
        f" WHEN {begins['E']} THEN CASE WHEN {timed} THEN 'e' ELSE 'E' END"
        f" WHEN {begins['b']} THEN CASE WHEN {timed} THEN 'b' ELSE 'X' END"
        f" WHEN {begins['P']} THEN 'P'"
        f" WHEN regexp_full_match(c13, {literal(_LASTS)})"
        " THEN CASE WHEN c7 IN ('PARSE', 'BIND') THEN 'T' ELSE 'D' END ELSE 'X' END"
        f" WHEN c19 <> '' THEN {names.format(chr(39) + 'N' + chr(39))}"
        f" WHEN {logged} AND regexp_matches(c13, {literal(_STRANGE)}) THEN 'X' WHEN {ends} THEN 'Q' ELSE 'O' END"
    )


def _odd_statement() -> str:
    """When the text that a message shows may be another than the statement's, or is none."""
    executes = rf"regexp_matches(said, {literal(rf'(?i)^{BLANK}*execute')})"
    return (
        rf"stamp IS NULL OR regexp_full_match(said, '[ \t\r\n;]*') OR (c14 <> '' AND {executes})"
        f" OR (first_kind IN ('E', 'e', 'b') AND regexp_matches(said, {literal(_NAMED)}))"
    )
