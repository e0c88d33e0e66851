"""What keeps a decision log, and what reads one: a file or a database, told apart by the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn, Protocol

from tutela.engine.decision_log_chain import START, Head, unseal
from tutela.engine.errors import InputError, Location, Problem

from .live_target import parse_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .live_target import LiveOptions, Target


class Line(NamedTuple):
    """An entry as a store holds it."""

    location: Location
    text: bytes
    number: int | None = None
    """What a database keeps the entry under."""
    torn: bool = False
    """Whether its end is missing."""


class Store(Protocol):
    """Where entries are added; one thread uses it."""

    @property
    def location(self) -> Location:
        """The place that problems carry; no password is in it."""
        ...

    def append(self, contents: Sequence[bytes]) -> Head:
        """Seal some entries, in their order, and make them durable; InputError when that is not sure.

        All of them are in the log, or none is; only where the connection to a database broke during its answer
        nobody knows.
        """
        ...

    def close(self) -> None:
        """Let go of the file or the connection."""
        ...


class Reader(Protocol):
    """Where entries are read, while others may be added; InputError when that fails."""

    @property
    def location(self) -> Location:
        """The place of the whole."""
        ...

    def lines(self) -> Iterator[Line]:
        """All entries, the oldest first."""
        ...

    def newest(self) -> Iterator[Line]:
        """All entries, the newest first."""
        ...

    def head(self) -> Head | None:
        """The last entry as a database notes it beside the entries, as of the last call of `lines`."""
        ...


def open_store(address: str, key: bytes | None, options: LiveOptions, rotate: int) -> Store:
    """Open a log to add to it, and make it where there is none; `rotate` is how many bytes one file may hold.

    InputError when its last entry does not verify, another process writes it, or it cannot be written.
    """
    if "://" not in address:
        from .decision_log_file import FileStore

        return FileStore(address, key, rotate)
    target = parse_target(address)
    if target.kind == "sqlite":
        from .decision_log_sqlite import SqliteStore

        return SqliteStore(target, key, options)
    if target.kind == "postgresql":
        from .decision_log_postgres import PostgresStore

        return PostgresStore(target, key, options)
    raise _refused(target)


def open_reader(address: str, options: LiveOptions) -> Reader:
    """Open a log to read it; InputError when there is none."""
    if "://" not in address:
        from .decision_log_read import FileReader

        return FileReader(address)
    target = parse_target(address)
    if target.kind == "sqlite":
        from .decision_log_sqlite import SqliteReader

        return SqliteReader(target, options)
    if target.kind == "postgresql":
        from .decision_log_postgres import PostgresReader

        return PostgresReader(target, options)
    raise _refused(target)


def _refused(target: Target) -> InputError:
    """What is raised about an address that keeps no log."""
    args = {"kind": target.kind}
    return InputError([Problem(code="decision-log-address", location=target.location, args=args)])


def check_tail(last: Line | None, key: bytes | None, kept: Head | None = None) -> Head:
    """The head of a log whose last entry is to be followed; InputError when nothing may follow it."""
    if last is None:
        if kept not in (None, START):
            _fail_tail(Location("decision_log"), "its last entry is missing")
        return START
    found = unseal(last.text, key)
    if found is None or not found.intact:
        _fail_tail(last.location, "it was changed, or is no entry")
    if (found.mac is None) is not (key is None):
        how, now = ("without a key", "with one") if found.mac is None else ("with a key", "without one")
        args = {"how": how, "now": now}
        raise InputError([Problem(code="decision-log-key", location=last.location, args=args)])
    if found.authentic is False:
        _fail_tail(last.location, "it was written with another key")
    head = Head(found.seq, found.hash)
    if last.number not in (None, found.seq) or kept not in (None, head):
        _fail_tail(last.location, "it is not the entry that the database names")
    return head


def _fail_tail(location: Location, reason: str) -> NoReturn:
    raise InputError([Problem(code="decision-log-tail", location=location, args={"reason": reason})])
