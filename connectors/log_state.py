"""How far a log was judged: a small file, so that the next run goes on there.

It holds a position, what tells the file again after it was renamed, and the rows of the last minutes by account and
table; no statement and no value. It is replaced whole, readable by its owner only, and locked while a run uses it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import jsonschema
import orjson

from tutela.engine.errors import InputError, Location, Problem

from .log_growing import START, Position
from .whole_file import replacing

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from .row_window import Rows

VERSION: Final = 1
HEAD: Final = 1024
"""Bytes at the beginning of a log that tell it from others; they do not change when it grows."""
LIMIT: Final = 256 << 20
_COUNT: Final[dict[str, Any]] = {"type": "integer", "minimum": 0, "maximum": (1 << 63) - 1}
SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "log", "file", "format", "prefix", "position", "rows"],
    "properties": {
        "version": {"const": VERSION},
        "log": {"type": "string"},
        "format": {"type": "string"},
        "prefix": {"type": ["string", "null"]},
        "file": {
            "type": "object",
            "additionalProperties": False,
            "required": ["device", "inode", "head", "digest"],
            "properties": {"device": _COUNT, "inode": _COUNT, "head": _COUNT, "digest": {"type": "string"}},
        },
        "position": {"type": "array", "items": _COUNT, "minItems": 2, "maxItems": 2},
        "rows": {
            "type": "array",
            "items": {
                "type": "array",
                "prefixItems": [{"type": "string"}, {"type": "string"}, {"type": "number"}, _COUNT],
                "items": False,
                "minItems": 4,
            },
        },
    },
}
"""Of the file; `rows` are account, dataset, seconds since 1970, rows."""


@dataclass(frozen=True, slots=True)
class FileMark:
    """What tells a file by whatever name: its number on the disk, and a digest of its first bytes."""

    device: int = 0
    inode: int = 0
    head: int = 0
    digest: str = ""

    @classmethod
    def of(cls, descriptor: int) -> FileMark:
        """The mark of an open file."""
        found = os.fstat(descriptor)
        head = os.pread(descriptor, HEAD, 0)
        return cls(found.st_dev, found.st_ino, len(head), hashlib.sha256(head).hexdigest())

    def fits(self, path: Path, least: int) -> bool:
        """Whether a file is this one, and still has as many bytes."""
        try:
            with path.open("rb") as stream:
                found = os.fstat(stream.fileno())
                head = os.pread(stream.fileno(), self.head, 0)
        except OSError:
            return False
        same = (found.st_dev, found.st_ino) == (self.device, self.inode) and found.st_size >= least
        return same and hashlib.sha256(head).hexdigest() == self.digest


@dataclass(frozen=True, slots=True)
class LogState:
    """How far a log was judged, and what its next events need to know of those before."""

    log: str
    format: str = ""
    """Empty as long as nothing was read."""
    prefix: str | None = None
    file: FileMark = FileMark()
    position: Position = START
    rows: tuple[tuple[str, str, float, int], ...] = ()

    def recent(self) -> Rows:
        """The rows by account and dataset, by time."""
        found: Rows = {}
        for account, dataset, at, count in self.rows:
            found.setdefault((account, dataset), []).append((datetime.fromtimestamp(at, UTC), count))
        return found

    def with_rows(self, recent: Rows) -> LogState:
        """The same with other rows."""
        rows = tuple((*key, at.timestamp(), count) for key, items in recent.items() for at, count in items)
        return replace(self, rows=rows)


class StateFile:
    """The file that holds the state of one log."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, log: Path) -> LogState:
        """What the last run left; a fresh state where there is no file. InputError for one that is not ours."""
        name = str(log.resolve())
        try:
            with self.path.open("rb") as stream:
                data = stream.read(LIMIT)
        except FileNotFoundError:
            return LogState(name)
        except OSError as error:
            raise self._refuse("file-unreadable", reason=str(error.strerror).lower()) from None
        try:
            found: Any = orjson.loads(data)
            jsonschema.validate(found, SCHEMA)
            state = LogState(
                found["log"], found["format"], found["prefix"], FileMark(**found["file"]), Position(*found["position"]),
                tuple((account, dataset, float(at), count) for account, dataset, at, count in found["rows"]),
            )  # fmt: skip
            state.recent()
        except (ValueError, OverflowError, OSError, jsonschema.ValidationError):
            raise self._refuse("log-state") from None
        if state.log != name:
            raise self._refuse("log-state-other", log=state.log)
        return state

    def save(self, state: LogState) -> None:
        """Replace what is there."""
        document = {
            "version": VERSION,
            "log": state.log,
            "format": state.format,
            "prefix": state.prefix,
            "file": {name: getattr(state.file, name) for name in ("device", "inode", "head", "digest")},
            "position": list(state.position),
            "rows": [list(row) for row in state.rows],
        }
        with replacing(self.path, private=True) as stream:
            stream.write(orjson.dumps(document).decode() + "\n")

    @contextmanager
    def held(self) -> Generator[None]:
        """Keep other runs away; InputError when one has it already."""
        path = self.path.with_name(self.path.name + ".lock")
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise self._refuse("log-state-held") from None
        try:
            yield
        finally:
            os.close(descriptor)

    def _refuse(self, code: str, **args: object) -> InputError:
        name = str(self.path)
        return InputError([Problem(code=code, location=Location(name), args={"file": name, **args})])
