"""A decision log in files: torn ends, full disks, foreign hands, full files, and who may write."""

from __future__ import annotations

import resource
import stat
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.decision_log import LogSettings, open_log
from tutela.connectors.decision_log_file import FileStore
from tutela.connectors.decision_log_read import FileReader
from tutela.connectors.decision_log_store import open_reader
from tutela.connectors.live_target import LiveOptions
from tutela.engine.decision_log import TORN, UNRECORDED, note
from tutela.engine.decision_log_chain import read_entry
from tutela.engine.decision_log_verify import Verifier
from tutela.engine.errors import InputError, NotRecordedError

if TYPE_CHECKING:
    from collections.abc import Generator

KEY = b"k" * 32
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
MIB = 1 << 20


def said(name: str) -> bytes:
    """The content of an entry."""
    return note("test", AT, id=name)


def read(path: Path, key: bytes | None = None) -> tuple[list[dict[str, object]], list[str]]:
    """All entries, and the codes of everything that is wrong with the chain."""
    verifier, codes, entries = Verifier(key), list[str](), list[dict[str, object]]()
    for line in FileReader(str(path)).lines():
        codes += ["torn"] if line.torn else [p.code for p in verifier.check(line.text, line.location)]
        entries.append(read_entry(line.text) or {})
    return entries, codes


def codes_of(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    """The codes of an error's problems."""
    return [problem.code for problem in error.value.problems]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of three entries."""
    path = tmp_path / "log" / "d.jsonl"
    store = FileStore(str(path), KEY, MIB)
    store.append([said("a"), said("b")])
    store.append([said("c")])
    store.close()
    return path


def test_nobody_else_reads_the_files(path: Path) -> None:
    """The log and its lock belong to their owner alone."""
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}


def test_a_torn_end_is_set_aside_wherever_it_was_torn(path: Path) -> None:
    """Cut the last entry anywhere: the entries before it stay, the rest is kept beside, and the log says so."""
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    for end in range(start + 1, len(whole) - 1):
        path.write_bytes(whole[:end])
        assert read(path, KEY)[1] == ["torn"]
        store = FileStore(str(path), KEY, MIB)
        store.append([said("d")])
        store.close()
        entries, codes = read(path, KEY)

        assert [] == codes
        assert ["a", "b", None, "d"] == [entry.get("id") for entry in entries]
        assert (TORN, end - start) == (entries[2]["kind"], entries[2]["bytes"])
        assert path.with_name("d.jsonl.torn-3").read_bytes() == whole[start:end]


def test_an_entry_that_lacks_only_its_end_is_kept(path: Path) -> None:
    """It may have been acknowledged nowhere, but it is whole."""
    path.write_bytes(path.read_bytes()[:-1])
    store = FileStore(str(path), KEY, MIB)
    store.append([said("d")])
    store.close()
    entries, codes = read(path, KEY)

    assert (["a", "b", "c", "d"], []) == ([entry["id"] for entry in entries], codes)


def test_a_first_entry_may_be_torn(tmp_path: Path) -> None:
    """Nothing but the beginning of an entry, or the zeros of a power failure."""
    for torn in (b'{"seq":1,"pr', b'{"', b"\0" * 700):
        path = tmp_path / f"{len(torn)}.jsonl"
        path.write_bytes(torn)
        FileStore(str(path), None, MIB).close()

        assert [TORN] == [entry["kind"] for entry in read(path)[0]]


@pytest.mark.parametrize("text", [b"name,phone\nanna,1380\n", b"no line end", b'{"id": 1}\n', b"\n"])
def test_a_file_that_is_no_log_is_left_alone(tmp_path: Path, text: bytes) -> None:
    """A mistyped address costs nobody a file."""
    path = tmp_path / "customers.csv"
    path.write_bytes(text)
    with pytest.raises(InputError) as error:
        FileStore(str(path), None, MIB)

    assert codes_of(error)[0] in {"decision-log-tail", "decision-log-damaged"}
    assert path.read_bytes() == text


def test_nothing_follows_an_end_that_was_changed(path: Path) -> None:
    """The chain must not go on as if nothing had happened."""
    path.write_bytes(path.read_bytes().replace(b'"id":"c"', b'"id":"x"'))
    with pytest.raises(InputError) as error:
        FileStore(str(path), KEY, MIB)

    assert codes_of(error) == ["decision-log-tail"]


def test_a_log_keeps_its_key(path: Path, tmp_path: Path) -> None:
    """Not without the key, not with another one, and no key for a log that was begun without."""
    plain = FileStore(str(tmp_path / "plain"), None, MIB)
    plain.append([said("a")])
    plain.close()
    for file, key, code in (
        (path, None, "decision-log-key"),
        (path, b"x" * 32, "decision-log-tail"),
        (tmp_path / "plain", KEY, "decision-log-key"),
    ):
        with pytest.raises(InputError) as error:
            FileStore(str(file), key, MIB)
        assert codes_of(error) == [code]


def test_one_process_writes(path: Path) -> None:
    """The second one is refused while the first one writes, and may write afterwards."""
    first = FileStore(str(path), KEY, MIB)
    with pytest.raises(InputError) as error:
        FileStore(str(path), KEY, MIB)
    assert codes_of(error) == ["decision-log-locked"]
    assert FileReader(str(path)).written()
    first.close()
    assert not FileReader(str(path)).written()
    FileStore(str(path), KEY, MIB).close()


@pytest.mark.parametrize("deed", ["move", "remove", "write", "cut"])
def test_a_file_in_foreign_hands_gets_no_more_entries(path: Path, deed: str) -> None:
    """Entries that went to a file that is gone, or behind something else, would be lost."""
    store = FileStore(str(path), KEY, MIB)
    if deed == "move":
        path.rename(path.with_name("moved"))
    elif deed == "remove":
        path.unlink()
    elif deed == "write":
        with path.open("ab") as stream:
            stream.write(b"x\n")
    else:
        path.write_bytes(path.read_bytes()[:-10])
    for _ in range(2):
        with pytest.raises(InputError) as error:
            store.append([said("d")])
        assert codes_of(error) == ["decision-log-replaced"]
    store.close()


def test_full_files_get_numbers_and_the_chain_goes_on(tmp_path: Path) -> None:
    """Three files are one log, also when the writer dies between giving the number and beginning the next file."""
    path = tmp_path / "d.jsonl"
    for name in "abcdefgh":
        store = FileStore(str(path), KEY, 600)
        store.append([said(name)])
        store.close()
    full = sorted(tmp_path.glob("d.jsonl.0*"))
    assert len(full) >= 2
    path.rename(tmp_path / f"d.jsonl.{len(full) + 1:06d}")  # died before the next file was made
    assert len(read(path, KEY)[0]) == 8
    store = FileStore(str(path), KEY, 600)
    store.append([said("i")])
    store.close()
    entries, codes = read(path, KEY)

    assert (list("abcdefghi"), []) == ([entry["id"] for entry in entries], codes)
    newest = [read_entry(line.text) or {} for line in FileReader(str(path)).newest()]
    assert list("ihgfedcba") == [entry["id"] for entry in newest]


def test_a_log_has_more_files_than_may_be_open(tmp_path: Path) -> None:
    """Files are opened one after the other; what is turned over while somebody reads is no break."""
    path = tmp_path / "d.jsonl"
    store = FileStore(str(path), KEY, 1)
    for number in range(100):
        store.append([said(str(number))])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 20, hard))
    try:
        lines, verifier = FileReader(str(path)).lines(), Verifier(KEY)
        first = next(lines)
        for name in "xyz":
            store.append([said(name)])
        codes = [p.code for line in (first, *lines) for p in verifier.check(line.text, line.location)]
        newest = [read_entry(line.text) or {} for line in FileReader(str(path)).newest()]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        store.close()
    assert ([], 100) == (codes, verifier.count)
    assert [*"zyx", *map(str, reversed(range(100)))] == [entry["id"] for entry in newest]


@contextmanager
def full_disk(limit: int) -> Generator[None]:
    """Files cannot grow beyond a limit: what a write then does is what it does on a full disk, half of it included."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_denies_and_harms_nothing(path: Path) -> None:
    """The callers are told, what was written of the group is taken back, and later the log says what it lacks."""
    log = open_log(LogSettings(address=str(path.with_name("full.jsonl"))))
    assert log.append(said("a")).result()
    size = path.with_name("full.jsonl").stat().st_size
    with full_disk(size + 100):
        refused = [log.append(said("b")) for _ in range(3)]
        for future in refused:
            with pytest.raises(NotRecordedError) as error:
                future.result()
            assert [problem.code for problem in error.value.problems] == ["decision-log-unwritable"]
            assert "too large" in str(error.value)
        assert path.with_name("full.jsonl").stat().st_size == size
    assert log.append(said("c")).result()
    log.close()
    entries, codes = read(path.with_name("full.jsonl"))

    assert [] == codes
    assert ["a", None, "c"] == [entry.get("id") for entry in entries]
    assert (UNRECORDED, 3) == (entries[1]["kind"], entries[1]["count"])
    assert (2, 3) == (log.recorded, log.unrecorded)


def test_a_full_disk_under_a_database(tmp_path: Path) -> None:
    """SQLite refuses what it cannot write, and goes on when there is room again."""
    address = f"sqlite:///{tmp_path}/d.db"
    log = open_log(LogSettings(address=address))
    assert log.append(said("a")).result()
    with full_disk((tmp_path / "d.db-wal").stat().st_size + 100):
        error = log.append(said("b" * 10_000)).exception()
    assert isinstance(error, NotRecordedError)
    assert [problem.code for problem in error.problems] == ["decision-log-unwritable"]
    assert log.append(said("c")).result()
    log.close()
    verifier, reader = Verifier(), open_reader(address, LiveOptions())
    lines = list(reader.lines())

    assert [] == [p for line in lines for p in verifier.check(line.text, line.location, line.number)]
    assert [] == verifier.finish(reader.location, reader.head())
    assert ["a", None, "c"] == [(read_entry(line.text) or {}).get("id") for line in lines]


def test_what_was_dropped_is_said_without_another_decision(tmp_path: Path) -> None:
    """The note does not wait for traffic: an idle writer tries again."""
    path = tmp_path / "d.jsonl"
    log = open_log(LogSettings(address=str(path), when_unavailable="drop"))
    with full_disk(10):
        assert log.append(said("lost")).result() is False
    while not path.read_bytes():
        time.sleep(0.02)
    log.close()

    assert [(UNRECORDED, 1, "drop")] == [(entry["kind"], entry["count"], entry["policy"]) for entry in read(path)[0]]


def test_a_disk_that_is_full_when_a_file_is_turned_over(tmp_path: Path) -> None:
    """The old file is the one that is written again."""
    path = tmp_path / "d.jsonl"
    store = FileStore(str(path), None, 300)
    store.append([said("a")])
    with full_disk(10), pytest.raises(InputError):
        store.append([said("b")])
    store.append([said("c")])
    store.close()
    entries, codes = read(path)

    assert (["a", "c"], []) == ([entry["id"] for entry in entries], codes)


@pytest.mark.parametrize("name", ["", "x\0y", "missing/../\0"])
def test_addresses_that_name_no_file(tmp_path: Path, name: str) -> None:
    """A problem with words, not a traceback."""
    address = str(tmp_path) + ("/" + name if name else "")
    with pytest.raises(InputError) as error:
        FileStore(address, None, MIB)
    assert codes_of(error) == ["decision-log-unreadable"]
    with pytest.raises(InputError) as error:
        list(FileReader(address).lines())
    assert codes_of(error)[0] in {"decision-log-unreadable", "decision-log-empty"}
