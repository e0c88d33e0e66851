"""Sessions of PostgreSQL in SQL: which messages stand for themselves, and which are for the reader line by line.

A session does one thing at a time. Some messages begin something whatever was before (a *stretch*); a stretch whose
other messages change nothing of the event is settled here, any other is read by `log_postgres`, which joins them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from .event_audits import AROUND, PLAIN
from .event_messages import EVENTFUL, SHOWN, listed
from .log_pgaudit import MAX_OPEN

if TYPE_CHECKING:
    from .audit_duckdb import DuckDatabase

_ORDER: Final = "PARTITION BY owner ORDER BY place"
_OWNER: Final = "session, account, database, address"
_PATIENCE: Final = 4
"""How many times as many records as the log has may be looked at for sessions that were silent for long."""


class Settled(NamedTuple):
    """What was settled here."""

    skipped: int
    """Messages that are no access."""
    furthest: int
    """The line of the last event."""


def settle(database: DuckDatabase) -> Settled | None:
    """Make `placed`, `passed` (what is no event here) and `stretches` (what is read elsewhere) of `records` and `days`.

    None: the reader line by line would give up sessions that were silent for long, or tell sessions apart otherwise.
    """
    if not _number_owners(database):
        return None
    _place(database)
    _sequence(database)
    _bind(database)
    _turn(database)
    database.drop("sequence")
    _cut(database)
    if _forgotten(database):
        return None
    joined = "kind = 'e' AND NOT begins"
    database.create("passed", f"SELECT place FROM stretches UNION ALL SELECT place FROM turns WHERE {joined}")
    ((skipped, furthest),) = database.rows(
        f"SELECT count(*) FILTER (kind IN ('D', 'T', 'Q') OR ({joined})) AS skipped, coalesce(max(line) FILTER"
        f" (kind IN ({listed(EVENTFUL)})), 0) AS furthest FROM turns WHERE place NOT IN (SELECT place FROM stretches)"
    )
    ((others,),) = database.rows("SELECT count(*) AS n FROM records WHERE kind IN ('O', 'P')")
    database.drop("turns")  # as large as the log
    return Settled(skipped + others, furthest)


def _place(database: DuckDatabase) -> None:
    """Make `placed`: the records with their place in the file, from 0, and the line where each begins."""
    ((breaks,),) = database.rows("SELECT sum(ends) AS breaks FROM records")
    if not breaks:
        database.view("placed", "SELECT rowid AS place, rowid + 1 AS line, * FROM records")
        return
    before = "sum(ends) OVER (ROWS UNBOUNDED PRECEDING) - ends"
    database.create("lines", f"SELECT rowid AS place, CAST(rowid + 1 + {before} AS BIGINT) AS line FROM records")
    database.view("placed", "SELECT l.place, l.line, r.* FROM records AS r POSITIONAL JOIN lines AS l")


def _number_owners(database: DuckDatabase) -> bool:
    """Make `addresses` (without ports) and `owners`: whose messages belong together (see `log_record.Owner`).

    False when addresses are unusual.
    """
    source = "CASE WHEN address = '[local]' THEN '' ELSE regexp_replace(address, ':[0-9]+$', '') END AS source_ip"
    database.create(
        "addresses",
        f"SELECT address, {source}, regexp_full_match(address, '[0-9A-Za-z_.:%-]*|\\[local\\]') AS usual"
        " FROM (SELECT DISTINCT address FROM records) AS r",
    )
    ((usual,),) = database.rows("SELECT bool_and(usual) AS usual FROM addresses")
    database.create(
        "owners",
        "SELECT dense_rank() OVER (ORDER BY r.session, r.account, r.database, a.source_ip) AS owner, r.*"
        f" FROM (SELECT DISTINCT {_OWNER} FROM records WHERE kind <> 'O') AS r"
        " JOIN addresses AS a ON r.address = a.address",
    )
    return bool(usual)


def _sequence(database: DuckDatabase) -> None:
    """Make `sequence`: the messages that may say something of each other; one whose time may be several is odd."""
    kind = (
        f"CASE WHEN r.kind = 'A' THEN CASE WHEN d.shift IS NULL OR NOT {PLAIN} THEN 'Y' ELSE 'A' END"
        f" WHEN r.kind IN ({listed(SHOWN)}) AND d.shift IS NULL THEN 'X' ELSE r.kind END"
    )
    same = " AND ".join(f"r.{name} = o.{name}" for name in _OWNER.split(", "))
    database.create(
        "sequence",
        f"SELECT r.place, r.line, o.owner, r.run, {kind} AS kind FROM placed AS r JOIN owners AS o ON {same}"
        f" LEFT JOIN days AS d ON r.stamp::DATE = d.day AND r.zone = d.zone{AROUND} WHERE r.kind NOT IN ('O', 'P')",
    )


def _bind(database: DuckDatabase) -> None:
    """Make `bound`: what is executed right after it was bound."""
    database.create(
        "bound",
        "SELECT e.place, e.earlier FROM (SELECT *, lag(kind) OVER w AS before, lag(place) OVER w AS earlier"
        " FROM (SELECT place, owner, kind FROM sequence WHERE owner IN (SELECT owner FROM sequence WHERE kind = 'b'))"
        f" AS s WINDOW w AS ({_ORDER})) AS e JOIN placed AS a ON e.place = a.place JOIN placed AS b"
        " ON e.earlier = b.place WHERE e.kind = 'e' AND e.before = 'b' AND a.said = b.said",
    )


def _turn(database: DuckDatabase) -> None:
    """Make `turns`: the messages of each session in order, whether each begins a stretch, and spoils its own.

    In a session without AUDIT records one message tells what the next one meets: only after an X or an N anything may
    be open. In one that has some, they begin anew with another number, as long as no other statement can be open.
    """
    database.create("audited", "SELECT DISTINCT owner FROM sequence WHERE kind IN ('A', 'Y')")
    begins = (
        "CASE WHEN before IS NULL OR kind IN ('S', 'b', 'Q') THEN TRUE"
        " WHEN kind = 'A' THEN openers = 0 AND coalesce(last_run <> run AND last_run <> '', TRUE)"
        " WHEN owner IN (SELECT owner FROM audited) THEN FALSE"
        " WHEN kind = 'E' THEN before NOT IN ('b', 'N', 'X')"
        " WHEN kind IN ('s', 'e') THEN before IN ('s', 'e', 'F', 'D', 'T', 'Q') ELSE FALSE END"
    )
    spoils = (
        "CASE kind WHEN 'D' THEN coalesce(before NOT IN ('S', 'E', 'b'), TRUE)"
        " WHEN 'e' THEN NOT begins AND place NOT IN (SELECT place FROM bound)"
        " ELSE kind IN ('F', 'N', 'X', 'Y') OR (kind IN ('A', 'E', 's') AND NOT begins) END"
    )
    earlier = f"OVER ({_ORDER} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    run = "CASE kind WHEN 'A' THEN run WHEN 'Y' THEN '' END"
    database.create(
        "turns",
        f"SELECT place, line, owner, kind, begins, {spoils} AS spoils FROM (SELECT *, {begins} AS begins FROM"
        f" (SELECT *, lag(kind) OVER ({_ORDER}) AS before, last_value({run} IGNORE NULLS) {earlier} AS last_run,"
        f" count(*) FILTER (kind IN ('S', 'E', 'b', 'N', 'X', 'D')) {earlier} AS openers FROM sequence) AS a) AS b",
    )


def _cut(database: DuckDatabase) -> None:
    """Make `stretches`: the messages of those that are spoilt, with the number of each."""
    number = f"CAST(sum(CASE WHEN begins THEN 1 ELSE 0 END) OVER ({_ORDER}) AS BIGINT)"
    database.create(
        "stretches",
        "SELECT place, line, owner, kind, stretch FROM"
        " (SELECT *, bool_or(spoils) OVER (PARTITION BY owner, stretch) AS spoilt"
        f" FROM (SELECT *, {number} AS stretch FROM turns WHERE owner IN (SELECT owner FROM turns WHERE spoils)) AS a)"
        " AS b WHERE spoilt",
    )


def _forgotten(database: DuckDatabase) -> bool:
    """Whether so many sessions may be open that the reader line by line gives up one in the middle of a stretch.

    It does so with the one that is silent for longest, when more than `MAX_OPEN` are, or statements of pgaudit.
    """
    ((owners, records),) = database.rows(
        "SELECT (SELECT count(DISTINCT owner) FROM owners), (SELECT count(*) FROM records)"
    )
    ((more,),) = database.rows(
        "SELECT coalesce(sum(n), 0) AS n FROM (SELECT max(n) AS n FROM (SELECT owner, count(*) AS n FROM stretches"
        " WHERE kind IN ('A', 'Y') GROUP BY owner, stretch) AS a GROUP BY owner) AS b"
    )
    if owners + more <= MAX_OPEN:
        return False
    database.create(
        "long",
        "SELECT * FROM (SELECT min(place) AS first, max(place) AS last, bool_or(kind IN ('A', 'Y')) AS audited"
        " FROM stretches GROUP BY owner, stretch UNION ALL SELECT earlier, place, FALSE FROM bound) AS a"
        f" WHERE last - first >= {MAX_OPEN}",
    )
    ((number, lengths, audited),) = database.rows(
        "SELECT count(*) AS n, coalesce(sum(last - first), 0) AS lengths, coalesce(bool_or(audited), FALSE) AS audited"
        " FROM long"
    )
    if not number or audited or lengths > _PATIENCE * records:
        return bool(number)
    ((most,),) = database.rows(
        "SELECT max(n) AS n FROM (SELECT count(DISTINCT (r.session, r.account, r.database, r.address)) AS n"
        " FROM long AS l JOIN placed AS r ON r.place BETWEEN l.first AND l.last WHERE r.kind <> 'O'"
        " GROUP BY l.first, l.last) AS c"
    )
    return bool(most >= MAX_OPEN)
