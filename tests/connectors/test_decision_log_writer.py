"""The writer under pressure: a store that does not answer, both policies, threads and event loops, and the end."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tutela.connectors.decision_log import LogSettings, open_log
from tutela.connectors.decision_log_store import open_reader
from tutela.connectors.live_target import LiveOptions
from tutela.engine.decision_log import UNRECORDED, note
from tutela.engine.decision_log_chain import LARGEST, read_entry
from tutela.engine.decision_log_verify import Verifier
from tutela.engine.errors import InputError, NotRecordedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)


def said(name: object) -> bytes:
    """The content of an entry."""
    return note("test", AT, id=str(name))


def entries_of(address: str) -> list[dict[str, Any]]:
    """All entries of a log whose chain is whole."""
    verifier, found = Verifier(), list[dict[str, Any]]()
    reader = open_reader(address, LiveOptions())
    for line in reader.lines():
        assert [] == verifier.check(line.text, line.location, line.number)
        found.append(read_entry(line.text) or {})
    assert [] == verifier.finish(reader.location, reader.head())
    return found


def code_of(future: Future[bool]) -> str:
    """The code of the problem that kept an entry out."""
    error = future.exception(60)
    assert isinstance(error, NotRecordedError)
    return error.problems[0].code


class Held:
    """An SQLite log that nobody can write while `hold` lasts: a real store that does not answer."""

    def __init__(self, file: Path) -> None:
        self.address = f"sqlite:///{file}"
        self._connection = sqlite3.connect(file, isolation_level=None)

    def hold(self) -> None:
        """Take the lock of writers."""
        self._connection.execute("BEGIN EXCLUSIVE")

    def release(self) -> None:
        """Let writers in again."""
        self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    """A log that can be held up."""
    with closing(Held(tmp_path / "d.db")) as made:
        yield made


def test_a_full_queue_refuses_and_says_so_later(held: Held) -> None:
    """`fail_closed`: who finds the queue full gets an error at once; those in it are recorded in the end."""
    log = open_log(LogSettings(address=held.address, queue=5, timeout=60))
    assert log.append(said("first")).result()
    held.hold()
    futures = [log.append(said(number)) for number in range(40)]
    refused = [future for future in futures if future.done()]
    assert len(refused) >= 30
    assert {"decision-log-queue"} == {code_of(future) for future in refused}
    held.release()
    waited = [future for future in futures if future not in refused]
    assert all(future.result() for future in waited)
    log.close()
    entries = entries_of(held.address)
    notes = [entry for entry in entries if entry["kind"] == UNRECORDED]

    assert len(refused) == sum(entry["count"] for entry in notes) == log.unrecorded
    assert {"fail_closed"} == {entry["policy"] for entry in notes}
    assert len(entries) - len(notes) == len(waited) + 1 == log.recorded


def test_dropping_counts_what_it_drops(held: Held) -> None:
    """`drop`: nobody gets an error, False says that the entry is not in the log, and the log says how many are not."""
    log = open_log(LogSettings(address=held.address, queue=5, timeout=60, when_unavailable="drop"))
    held.hold()
    futures = [log.append(said(number)) for number in range(40)]
    held.release()
    results = [future.result() for future in futures]
    log.close()
    entries = entries_of(held.address)
    notes = [entry for entry in entries if entry["kind"] == UNRECORDED]

    assert results.count(False) >= 30
    assert results.count(False) == sum(entry["count"] for entry in notes) == log.unrecorded
    assert {"drop"} == {entry["policy"] for entry in notes}
    assert results.count(True) == len(entries) - len(notes)


@pytest.mark.parametrize("policy", ["fail_closed", "drop"])
def test_nobody_waits_without_bound(held: Held, policy: Any) -> None:  # noqa: ANN401 (a literal)
    """A store that does not answer in time is given up, for what is being written and for what is in the queue."""
    log = open_log(LogSettings(address=held.address, timeout=1, when_unavailable=policy))
    held.hold()
    first = log.append(said("first"))
    second = log.append(said("second"))
    for future in (first, second):
        if policy == "drop":
            assert future.result(60) is False
        else:
            assert code_of(future) in {"decision-log-slow", "decision-log-unwritable"}
    held.release()
    assert log.append(said("third")).result(60)
    log.close()
    entries = entries_of(held.address)
    lacking = sum(entry["count"] for entry in entries if entry["kind"] == UNRECORDED)

    # What was being written when it was given up may be in the log in the end: then it is no longer counted.
    assert lacking == log.unrecorded == 3 - len([entry for entry in entries if entry["kind"] == "test"])


def test_everybody_is_answered_also_who_waits_for_less_long(held: Held) -> None:
    """An event loop hands over late what it took on early: of one group, not the first ones are given up first."""
    log = open_log(LogSettings(address=held.address, timeout=2))
    held.hold()
    log.append(said("keeps the writer busy"))

    async def early() -> str:
        waiting = log.record(said("early"))
        time.sleep(1.2)  # noqa: ASYNC251 (the loop has other work)
        with pytest.raises(NotRecordedError) as error:
            await waiting
        return error.value.problems[0].code

    with ThreadPoolExecutor() as pool:
        code = pool.submit(asyncio.run, early())
        time.sleep(0.7)
        late = log.append(said("late"))
        assert code.result(60) in {"decision-log-slow", "decision-log-unwritable"}
        assert code_of(late) in {"decision-log-slow", "decision-log-unwritable"}
    held.release()
    log.close()


def test_threads_and_event_loops_write_one_chain(tmp_path: Path) -> None:
    """Everybody gets an answer, and each of their entries is there once."""
    address = str(tmp_path / "d.jsonl")
    log = open_log(LogSettings(address=address))

    def by_thread(name: int) -> None:
        assert all(future.result() for future in [log.append(said(f"t{name}-{n}")) for n in range(200)])

    async def caller(name: str) -> None:
        for number in range(20):
            assert await log.record(said(f"{name}-{number}"))

    async def by_loop(name: int) -> None:
        await asyncio.gather(*(caller(f"l{name}-{n}") for n in range(10)))

    threads = [threading.Thread(target=by_thread, args=(n,)) for n in range(3)]
    threads += [threading.Thread(target=asyncio.run, args=(by_loop(n),)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    ids = [entry["id"] for entry in entries_of(address)]

    assert len(ids) == len(set(ids)) == 1200 == log.recorded


def test_a_caller_that_goes_away_harms_nobody(held: Held) -> None:
    """A cancelled coroutine and a closed event loop: the entries are written all the same."""
    log = open_log(LogSettings(address=held.address))
    held.hold()

    async def leave() -> None:
        task = asyncio.ensure_future(log.record(said("cancelled")))
        await asyncio.sleep(0)
        task.cancel()
        log.record(said("left"))

    asyncio.run(leave())
    held.release()
    assert log.append(said("stayed")).result()
    log.close()

    assert ["cancelled", "left", "stayed"] == [entry["id"] for entry in entries_of(held.address)]


def test_closing_writes_what_waits_and_then_refuses(tmp_path: Path) -> None:
    """Nothing that was taken in is forgotten; nothing is taken in any more."""
    address = str(tmp_path / "d.jsonl")
    log = open_log(LogSettings(address=address))
    futures = [log.append(said(number)) for number in range(3000)]
    log.close()

    assert all(future.done() and future.result() for future in futures)
    assert code_of(log.append(said("late"))) == "decision-log-closed"
    assert 3000 == len(entries_of(address))


def test_an_entry_that_is_too_large_is_refused_alone(tmp_path: Path) -> None:
    """Its neighbours are recorded."""
    address = str(tmp_path / "d.jsonl")
    log = open_log(LogSettings(address=address))
    large, small = log.append(said("x" * LARGEST)), log.append(said("small"))

    assert code_of(large) == "decision-log-unwritable"
    assert small.result()
    log.close()


def test_a_connection_that_breaks_is_made_again(postgres: Callable[[str, str], str]) -> None:
    """The server ends the session; the next entry is recorded through another one."""
    address = postgres("log_broken", "")
    log = open_log(LogSettings(address=address))
    assert log.append(said("a")).result()
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tutela'")
    assert log.append(said("b")).result()
    log.close()

    assert ["a", "b"] == [entry["id"] for entry in entries_of(address)]


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        ("UPDATE decision_log SET entry = replace(entry, 'test', 'best') WHERE seq = 2", "decision-log-changed"),
        ("DELETE FROM decision_log WHERE seq = 2", "decision-log-gap"),
        ("DELETE FROM decision_log WHERE seq = 3", "decision-log-head"),
        ("UPDATE decision_log SET seq = 7 WHERE seq = 3", "decision-log-order"),
        ("INSERT INTO decision_log VALUES (4, 'x')", "decision-log-damaged"),
        ("UPDATE decision_log_head SET hash = seq", "decision-log-head"),
    ],
)
def test_what_is_done_to_rows_is_found(postgres: Callable[[str, str], str], deed: str, code: str) -> None:
    """In PostgreSQL as in SQLite; and nothing is added to a log whose end was changed."""
    address = postgres(f"log_rows_{uuid.uuid4().hex}", "")
    log = open_log(LogSettings(address=address))
    assert all(log.append(said(name)).result() for name in "abc")
    log.close()
    assert ["a", "b", "c"] == [entry["id"] for entry in entries_of(address)]
    with psycopg.connect(address) as owner:
        owner.execute(deed.encode())
    verifier, reader = Verifier(), open_reader(address, LiveOptions())
    found = [p.code for line in reader.lines() for p in verifier.check(line.text, line.location, line.number)]
    found += [problem.code for problem in verifier.finish(reader.location, reader.head())]

    assert code in found
    if " = 2" not in deed:
        with pytest.raises(InputError, match="decision-log-tail"):
            open_log(LogSettings(address=address))


def test_a_table_that_is_gone_denies(postgres: Callable[[str, str], str]) -> None:
    """The driver's words, and no password."""
    address = postgres("log_gone", "").replace("postgres@", "postgres:hunter2@")
    log = open_log(LogSettings(address=address))
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("DROP TABLE decision_log")
    error = log.append(said("a")).exception()
    log.close()

    assert isinstance(error, NotRecordedError)
    assert "decision-log-unwritable" in str(error)
    assert "hunter2" not in str(error)


def test_an_account_needs_no_right_to_change_entries(postgres: Callable[[str, str], str]) -> None:
    """What docs/decision-log.md grants is enough to write and to read."""
    address = postgres("log_rights", "CREATE ROLE writer LOGIN")
    open_log(LogSettings(address=address)).close()
    with psycopg.connect(address, autocommit=True) as owner:
        owner.execute("GRANT SELECT, INSERT ON decision_log TO writer")
        owner.execute("GRANT SELECT, UPDATE ON decision_log_head TO writer")
    mine = address.replace("postgres@", "writer@")
    log = open_log(LogSettings(address=mine))
    assert log.append(said("a")).result()
    log.close()

    assert ["a"] == [entry["id"] for entry in entries_of(mine)]
    with psycopg.connect(mine) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("UPDATE decision_log SET entry = ''")


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_letter_is_refused(
    postgres: Callable[[str, str], str], encoding: str
) -> None:
    """At the start, not at the first Chinese name."""
    maintenance = postgres(f"log_{encoding.lower()}_admin", "")
    with psycopg.connect(maintenance, autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE log_{encoding.lower()} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0".encode()
        )
    with pytest.raises(InputError, match="UTF8"):
        open_log(LogSettings(address=maintenance.rpartition("_admin")[0]))


@pytest.mark.parametrize("address", ["mysql://h/d", "duckdb:///d.db", "mssql://sa:hunter2@h/d"])
def test_other_databases_keep_no_log(address: str) -> None:
    """Said by its code, without a password."""
    for use in (lambda: open_log(LogSettings(address=address)), lambda: open_reader(address, LiveOptions())):
        with pytest.raises(InputError) as error:
            use()
        assert ["decision-log-address"] == [problem.code for problem in error.value.problems]
        assert "hunter2" not in str(error.value)
