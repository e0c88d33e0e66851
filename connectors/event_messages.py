"""Messages of PostgreSQL as kinds, in SQL: what `log_plain` and `log_pgaudit` make of one message, where that is sure.

What these would have to look at more closely is of the kind `X` (`Y` for AUDIT records), and goes to them. A pattern
here fits no less than theirs, in which blanks, digits and words are those of Unicode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .event_table import literal
from .log_pgaudit import HIDDEN, UNCOUNTED, WRITES
from .log_plain import VERBS
from .log_record import FAILED, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN: Final = ("S", "s", "E", "e", "b")
"""Kinds that show a statement: as it begins, with its duration; one that was prepared, with its duration; its bind."""
EVENTFUL: Final = (*SHOWN, "A")
"""Kinds of which an event may be made: those, and AUDIT records."""
INSTANT: Final = "r.stamp - to_seconds(d.shift)"
"""When a record (`r`) was, on its day (`d`)."""

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
_BLANK: Final = r"[\s\pZ\x0b\x1c-\x1f\x85]"
_VERB: Final = VERBS.removesuffix(r"\b")
_NAMED: Final = rf"(?i): (?:{_BLANK}|\()*(?:/\*|--|{_VERB})"
_STRANGE: Final = rf"(?i)^[^:\n]{{1,60}}:{_BLANK}+(?:{_BLANK}|\()*{_VERB}|^[^:\n]{{1,20}}: \pN+\.\pN{{3}} "
_BARE: Final = r'[^",\r\n\x1f]*'
_FIELD: Final = rf'(?:"(?:[^"]|"")*"|{_BARE})'
_HEAD: Final = f"AUDIT: (?:SESSION|OBJECT),[0-9]+,[0-9]+,[A-Z]+,{_BARE},{_BARE},{_BARE},"
_AUDIT: Final = f"{_HEAD}{_FIELD},{_FIELD}(?:,{_BARE})?"


def classified(rows: str) -> str:
    """The records that `rows` has as `c0` and so on: whose they are, when, their kind, and what they say."""
    zone = "split_part(c0, ' ', 3)"
    stamp = f"try_cast(left(c0, length(c0) - length({zone}) - 1) AS TIMESTAMP)"
    first = (
        f"SELECT *, {_kind()} AS first_kind, CASE WHEN regexp_full_match(c0, {literal(_TIME)}) THEN {stamp} END"
        f" AS stamp FROM ({rows}) AS a"
    )
    shown = f"first_kind IN ({_listed(SHOWN)})"
    told = (
        f"SELECT *, CASE WHEN {shown} THEN regexp_replace(c13, {literal(_PREFIX)}, '') END AS said,"
        f" CASE WHEN first_kind = 'A' THEN regexp_replace(c13, {literal('^' + _HEAD)}, '') END AS rest"
        f" FROM ({first}) AS b"
    )
    quoted = "starts_with(rest, '\"')"
    # Two quotes are one that does not end the field: put out of sight, they leave the one that does.
    end = "instr(replace(rest[2:], '\"\"', chr(1) || chr(1)), '\"')"
    audited = (
        f"SELECT *, CASE WHEN {quoted} THEN {end} END AS ends_at, split_part(c13, ',', 5) AS command FROM ({told}) AS c"
    )
    text = "replace(left(rest[2:], ends_at - 1), '\"\"', '\"')"
    fields = (
        f"SELECT *, CASE WHEN {quoted} THEN {text} ELSE split_part(rest, ',', 1) END AS written,"
        f" CASE WHEN {quoted} THEN rest[ends_at + 3:] ELSE rest[length(split_part(rest, ',', 1)) + 2:] END AS after"
        f" FROM ({audited}) AS d"
    )
    hidden = f"written IN ({_listed(HIDDEN)})"
    # The number stands behind the parameters, which may be quoted.
    rows_given = r"""try_cast(regexp_extract(after, '^(?:"(?:[^"]|"")*"|[^",]*),([0-9]{1,18})$', 1) AS BIGINT)"""
    uncounted = " OR ".join(f"starts_with(command, {literal(word)})" for word in UNCOUNTED)
    is_audit = "first_kind = 'A'"
    return (
        f"SELECT CASE WHEN {is_audit} THEN CASE WHEN {_odd_audit()} THEN 'Y' ELSE 'A' END"
        f" WHEN {shown} AND ({_odd_statement()}) THEN 'X' ELSE first_kind END AS kind,"
        " stamp, CASE WHEN stamp IS NOT NULL THEN stamp::DATE END AS day,"
        f" CASE WHEN stamp IS NOT NULL THEN {zone} END AS zone,"
        " CASE WHEN c5 = '' THEN c3 ELSE c5 END AS session, c1 AS account, c2 AS database, c22 AS application,"
        " CASE WHEN c4 = '[local]' THEN '' ELSE regexp_replace(c4, ':[0-9]+$', '') END AS source_ip,"
        f" CASE WHEN {is_audit} THEN CASE WHEN {hidden} THEN '' ELSE written END ELSE said END AS sql,"
        f" CASE WHEN {is_audit} THEN NOT {hidden} AND NOT contains(written, '<REDACTED>') ELSE TRUE END AS complete,"
        f" CASE WHEN {is_audit} THEN {_action()} ELSE 'other' END AS action,"
        f" CASE WHEN {is_audit} THEN split_part(c13, ',', 7) ELSE '' END AS tables,"
        f" CASE WHEN {is_audit} AND NOT ({uncounted}) THEN {rows_given} END AS row_count,"
        f" CASE WHEN {is_audit} THEN split_part(c13, ',', 2) END AS run,"
        f" CASE WHEN {is_audit} THEN split_part(c13, ',', 3) END AS part, size, ends FROM ({fields}) AS e"
    )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(literal, words))


def _kind() -> str:
    """What a message is at the first look: Z where the address, by which sessions are told apart, is unusual.

    D and T are durations alone (T: of parsing or binding), P a parse, F an error that names its statement, N another
    message that does, Q the end of a session, O what shows nothing of statements.
    """
    failed = f"c11 IN ({_listed(name for name, word in SEVERITIES.items() if word in FAILED)})"
    logged = f"c11 IN ({_listed(name for name, word in SEVERITIES.items() if word == 'LOG')})"
    timed = f"regexp_matches(c13, {literal(f'^{_LASTS}  ')})"
    begins = {
        name: f"regexp_matches(c13, {literal(f'^(?:{_LASTS}  )?{pattern}')})"
        for name, pattern in (("S", _STATEMENT), ("E", _EXECUTE), ("b", _BIND), ("P", _PARSE))
    }
    ends = "starts_with(c13, 'disconnection: ') OR starts_with(c13, '断开连接: ')"
    names = "CASE WHEN regexp_matches(c19, '[!-~]') THEN {} ELSE 'X' END"
    fetch = "contains(left(c13, 80), 'execute fetch from ') OR contains(left(c13, 80), '执行FETCH操作')"
    return (
        rf"CASE WHEN NOT regexp_full_match(c4, '[0-9A-Za-z_.:%-]*|\[local\]') THEN 'Z'"
        f" WHEN c11 NOT IN ({_listed(SEVERITIES)}) OR NOT regexp_full_match(c3, 'p?[0-9]+') THEN 'X'"
        f" WHEN starts_with(c13, 'AUDIT: ') THEN CASE WHEN regexp_full_match(c13, {literal(_AUDIT)})"
        " THEN 'A' ELSE 'Y' END"
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
    executes = rf"regexp_matches(said, {literal(rf'(?i)^{_BLANK}*execute')})"
    return (
        rf"stamp IS NULL OR regexp_full_match(said, '[ \t\r\n;]*') OR (c14 <> '' AND {executes})"
        f" OR (first_kind IN ('E', 'e', 'b') AND regexp_matches(said, {literal(_NAMED)}))"
    )


def _odd_audit() -> str:
    """When an AUDIT record is to be looked at more closely: it may be a COPY that it calls otherwise."""
    copies = rf"regexp_matches(written, {literal(rf'(?i)^{_BLANK}*copy')}) AND NOT starts_with(command, 'COPY')"
    return f"stamp IS NULL OR ({copies})"


def _action() -> str:
    """What pgaudit's class and command stand for, as in `log_pgaudit`."""
    writes = " ".join(f"WHEN {literal(command)} THEN {literal(action)}" for command, action in WRITES.items())
    return (
        f"CASE split_part(c13, ',', 4) WHEN 'READ' THEN CASE WHEN starts_with(command, 'COPY') THEN 'export'"
        f" ELSE 'read' END WHEN 'WRITE' THEN CASE command {writes} ELSE 'update' END"
        " WHEN 'ROLE' THEN 'grant' WHEN 'DDL' THEN 'ddl' ELSE 'other' END"
    )
