"""A decision log in files: appended to, forced to disk by group, and turned over when a file is full.

One process writes: a lock beside the file sees to it. A writer that was killed may leave the beginning of an entry
behind; nobody was told that it is recorded, so the next writer moves it aside, and says so in an entry of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from tutela.engine.decision_log import TORN, note
from tutela.engine.decision_log_chain import LARGEST, START, Head, seal_all, unseal
from tutela.engine.errors import InputError, Location, Problem

from .decision_log_read import LOCK, backwards, end_of_lines, next_name, numbered, unreadable
from .decision_log_store import check_tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .decision_log_store import Line

_BEGINNING: Final = b'{"seq":'
_MODE: Final = 0o600
_TRIES: Final = 10
_PAUSE: Final = 0.02


class FileStore:
    """The files of one log, opened to add to them."""

    def __init__(self, path: str, key: bytes | None, rotate: int) -> None:
        self._path = Path(path)
        self._key = key
        self._rotate = rotate
        self._size = 0
        self._head = START
        self._broken = ""
        """The code of the problem after which nothing may be added any more."""
        self.location = Location(path)
        self._descriptor = -1
        self._file = (0, 0)
        """What tells the opened file from all others."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(self._path, self.location)
        except (OSError, ValueError) as error:
            unreadable(error, self.location)
        try:
            self._open()
        except (OSError, ValueError) as error:
            self.close()
            unreadable(error, self.location)
        except BaseException:
            self.close()
            raise

    def append(self, contents: Sequence[bytes]) -> Head:
        """Add entries and force them to disk; InputError when that is not sure, and then none of them is there."""
        if self._broken:
            self._fail(self._broken, "an earlier entry could not be forced to disk")
        lines, head = seal_all(contents, self._head, self._key)
        data = b"\n".join([*lines, b""])
        self._check_place()
        try:
            if self._size and self._size + len(data) > self._rotate:
                self._turn()
            self._write(data)
        except OSError as error:
            self._undo()
            self._fail("decision-log-unwritable", error.strerror or "?")
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:  # what the disk holds now, nobody knows
            self._broken = "decision-log-unwritable"
            self._undo()
            self._fail("decision-log-unwritable", error.strerror or "?")
        self._size += len(data)
        self._head = head
        return head

    def close(self) -> None:
        """Let go of the file and its lock."""
        for descriptor in (self._descriptor, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._descriptor = self._lock = -1

    def _open(self) -> None:
        before = numbered(self._path)
        self._begin()
        last, torn = self._look()
        if last is None and before:
            with before[-1].open("rb") as stream:
                last = next(backwards(stream), None)
        self._head = check_tail(last, self._key)
        if not torn:
            return
        found = unseal(torn, self._key)
        follows = found is not None and (found.seq, found.prev) == (self._head.seq + 1, self._head.hash)
        if found is not None and follows and found.intact and found.authentic is not False:
            self._write(b"\n")  # the entry is whole but for its end
            os.fdatasync(self._descriptor)
            self._size += 1
            self._head = Head(found.seq, found.hash)
        else:
            self._set_aside(torn)

    def _begin(self) -> None:
        """Open the file that is written, or make it, so that it is there after a power failure, too."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(self._path, flags, _MODE)
        ours = os.fstat(self._descriptor)
        self._size, self._file = ours.st_size, (ours.st_dev, ours.st_ino)
        _sync_folder(self._path.parent)

    def _look(self) -> tuple[Line | None, bytes]:
        """The last whole line of the written file, and what stands behind it."""
        with self._path.open("rb") as stream:
            last = next(backwards(stream), None)
            stream.seek(end_of_lines(stream))
            torn = stream.read(LARGEST + 1)
        beginning = torn[: len(_BEGINNING)]
        ours = last is not None or _BEGINNING.startswith(beginning) or not beginning.strip(b"\0")
        if not ours or len(torn) > LARGEST:
            args = {"seq": 1}
            raise InputError([Problem(code="decision-log-damaged", location=self.location, args=args)])
        return last, torn

    def _set_aside(self, torn: bytes) -> None:
        """Move what is left of an entry to a file of its own, and note that."""
        aside = self._path.with_name(f"{self._path.name}.torn-{self._head.seq + 1}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(torn)
            stream.flush()
            os.fsync(descriptor)
        _sync_folder(self._path.parent)
        self._size -= len(torn)
        os.ftruncate(self._descriptor, self._size)
        digest = f"sha256:{hashlib.sha256(torn).hexdigest()}"
        self.append([note(TORN, datetime.now(UTC), bytes=len(torn), digest=digest)])

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def _undo(self) -> None:
        """Take back what was written of a group; when that fails, nothing may follow it."""
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            self._broken = "decision-log-unwritable"

    def _check_place(self) -> None:
        """Entries must not go to a file that somebody moved, removed or wrote to."""
        try:
            found = os.stat(self._path)  # noqa: PTH116 (this is asked of every group)
            there = found.st_dev, found.st_ino, found.st_size
        except OSError:
            there = None
        if there != (*self._file, self._size):
            self._broken = "decision-log-replaced"
            self._fail(self._broken, "")

    def _turn(self) -> None:
        """Give the full file its number and begin another one; after a crash in between, the next writer goes on."""
        full = next_name(self._path)
        old, size, file = self._descriptor, self._size, self._file
        self._path.rename(full)
        try:
            self._begin()
        except OSError:
            if self._descriptor != old:
                os.close(self._descriptor)
            self._descriptor, self._size, self._file = old, size, file
            full.rename(self._path)
            raise
        os.close(old)

    def _fail(self, code: str, reason: str) -> NoReturn:
        args = {"reason": reason.lower()}
        raise InputError([Problem(code=code, location=self.location, args=args)]) from None


def locked(path: Path) -> bool:
    """Whether a process writes a log at this moment."""
    try:
        descriptor = os.open(path.with_name(path.name + LOCK), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock(path: Path, location: Location) -> int:
    """Hold the lock of a log as long as the descriptor is open; the system lets go of it when a process dies."""
    descriptor = os.open(path.with_name(path.name + LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # a writer, or somebody who just asks whether there is one
            time.sleep(_PAUSE)
        else:
            return descriptor
    os.close(descriptor)
    raise InputError([Problem(code="decision-log-locked", location=location)])


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
