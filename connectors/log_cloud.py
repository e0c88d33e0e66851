"""Logs of PostgreSQL inside JSON: what the envelopes hold goes to the reader of the server's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutela.engine.errors import Location, Problem
from tutela.engine.events import Event, Hole

from .log_jsonlog import json_record
from .log_lines import Line, LogFile
from .log_record import Context, moment, time_hole
from .log_stderr import TextRecords
from .log_wrapped import Chunks, Inner, objects, unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .log_postgres import Statements
    from .log_prefix import Prefix


def inners(head: Sequence[str]) -> list[Inner]:
    """What the envelopes in the first lines of a log hold."""
    lines = [Line(number, text) for number, text in enumerate(head, 1)]
    found = (item for item in objects(_no_hole, lines) if not isinstance(item, Hole))
    return [inner for _, item in found for inner in unwrap(item)]


def _no_hole(code: str, line: int, **args: object) -> Hole:
    return Hole(Problem(code=code, location=Location("", line), args=args))


def read_cloud(file: LogFile, statements: Statements, prefix: Prefix | None) -> Iterator[Event | Hole]:
    """All events of a log of envelopes; an envelope without a message of the server is passed over."""
    chunks = Chunks()
    text = TextRecords(file, prefix, "cloud") if prefix else None
    for item in objects(file.hole, file.lines()):
        if isinstance(item, Hole):
            yield item
            continue
        line, found = item
        held = unwrap(found)
        if not held:
            statements.skip()
        for part in held:
            inner, lost = chunks.add(line, part)
            yield from (file.hole("log-cut", place) for place in lost)
            if inner:
                yield from _inner(text, statements, line, inner)
    yield from (file.hole("log-cut", place) for place in chunks.finish())
    for record in text.finish() if text else ():
        yield from statements.add(record)
    yield from statements.finish()


def _inner(text: TextRecords | None, statements: Statements, line: int, inner: Inner) -> Iterator[Event | Hole]:
    record = json_record(line, inner.record) if inner.record else None
    if inner.audit:
        yield from _audit(statements, line, inner)
    elif record:
        yield from statements.add(record)
    elif text and inner.text:
        yield from _text(text, statements, line, inner)
    else:
        yield statements.file.hole("log-line", line, format="cloud")


def _text(text: TextRecords, statements: Statements, line: int, inner: Inner) -> Iterator[Event | Hole]:
    """A message of the text log, with its line ends: what follows one belongs to it."""
    pieces = inner.text.split("\n")
    for index, piece in enumerate(pieces):
        inside = index and not piece.startswith("\t") and not text.prefix.pattern.fullmatch(piece)
        one = Line(line, f"\t{piece}" if inside else piece, inner.ended or index < len(pieces) - 1)
        for record in text.add(one, origin=inner.origin, process=inner.process, time=inner.time):
            yield from [record] if isinstance(record, Hole) else statements.add(record)


def _audit(statements: Statements, line: int, inner: Inner) -> Iterator[Event | Hole]:
    who, fields = inner.audit or ({}, [])
    try:
        at = moment(inner.time, statements.zone)
    except ValueError as error:
        yield time_hole(statements.file, line, error)
        return
    session = f"{inner.origin}/{who['session']}" if inner.origin and who["session"] else str(who["session"])
    account, database = str(who["account"]), str(who["database"])
    application, source_ip = str(who.get("application", "")), str(who.get("source_ip", ""))
    context = Context(line, session, at, account, database, application, source_ip)
    yield from statements.merger.fields(context, fields)
    statements.audited(context.owner)
