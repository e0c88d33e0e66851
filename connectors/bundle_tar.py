"""The container of a bundle: a plain tar file that is read by comparing it with the one tutela would write.

A header is taken only when it is, byte for byte, what `tarfile` writes for a plain file of that name and size. So
there is one file for one content: no links, folders, devices, extensions, times or owners, nothing between and
nothing after. Without compression nothing grows while it is read. Nothing is ever written to disk.
"""

from __future__ import annotations

import re
from tarfile import BLOCKSIZE, USTAR_FORMAT, TarInfo
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from tutela.engine.errors import InputError, Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ENTRIES: Final = 10_000
END: Final = bytes(2 * BLOCKSIZE)
PACKED: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
)
"""How compressed files begin."""
_PLAIN: Final = b"0"
_KINDS: Final = {b"1": "hard link", b"2": "symbolic link", b"3": "device", b"4": "device", b"5": "folder", b"6": "pipe"}
_SIZE: Final = re.compile(rb"[0-7]{11}\0")


class Entry(NamedTuple):
    """A file of a container."""

    name: str
    data: bytes | memoryview


def pack(entries: Iterable[Entry]) -> bytes:
    """The bytes of a container; ValueError when a name cannot be in one."""
    parts: list[bytes | memoryview] = []
    for name, data in entries:
        parts += (_header(name, len(data)), data, bytes(-len(data) % BLOCKSIZE))
    return b"".join((*parts, END))


def unpack(data: bytes, file: str) -> list[Entry]:
    """The files of a container, in their order; InputError when a byte is other than `pack` writes."""
    for start, kind in PACKED:
        if data.startswith(start):
            _refuse("bundle-compressed", file, kind=kind)
    if data[257:262] != b"ustar":
        _refuse("bundle-not", file)
    entries: list[Entry] = []
    names: set[str] = set()
    view, at = memoryview(data), 0
    while (header := data[at : at + BLOCKSIZE]) != bytes(BLOCKSIZE):
        entry, after = _entry(view, header, at, file)
        if entry.name in names:
            _refuse("bundle-entry-twice", file, name=entry.name)
        if len(entries) >= MAX_ENTRIES:
            _refuse("bundle-entry-header", file, at=at)
        names.add(entry.name)
        entries.append(entry)
        at = after
    if len(data) < at + len(END):
        _refuse("bundle-truncated", file, size=len(data))
    if data[at : at + len(END)] != END or len(data) > at + len(END):
        _refuse("bundle-trailing", file, at=at + BLOCKSIZE)
    return entries


def usable_name(name: str) -> bool:
    """Whether a file of a bundle may have this name: it stays below any folder that somebody unpacks it into."""
    parts = name.split("/")
    return name.isprintable() and not set(name) & {"\\", ":"} and not set(parts) & {"", ".", ".."} and _fits(name)


def _entry(view: memoryview, header: bytes, at: int, file: str) -> tuple[Entry, int]:
    """The file whose header stands at a place, and where the next header stands."""
    if len(header) < BLOCKSIZE:
        _refuse("bundle-truncated", file, size=len(view))
    if header[257:262] != b"ustar":
        _refuse("bundle-entry-header", file, at=at)
    name = "/".join(_text(part) for part in (header[345:500], header[:100]) if part[0])
    if (kind := header[156:157]) != _PLAIN:
        _refuse("bundle-entry-kind", file, name=name, reason=_KINDS.get(kind, "special entry"))
    if not usable_name(name):
        _refuse("bundle-entry-name", file, name=name)
    if not _SIZE.fullmatch(header[124:136]):
        _refuse("bundle-entry-header", file, at=at)
    size = int(header[124:135], 8)
    if header != _header(name, size):
        _refuse("bundle-entry-header", file, at=at)
    start = at + BLOCKSIZE
    end = start + size
    after = end + -size % BLOCKSIZE
    if after > len(view):
        _refuse("bundle-truncated", file, size=len(view))
    if any(view[end:after]):
        _refuse("bundle-entry-header", file, at=end)
    return Entry(name, view[start:end]), after


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "backslashreplace")


def _header(name: str, size: int) -> bytes:
    entry = TarInfo(name)
    entry.size = size
    return entry.tobuf(USTAR_FORMAT, "utf-8", "strict")


def _fits(name: str) -> bool:
    try:
        return len(_header(name, 0)) == BLOCKSIZE
    except (ValueError, UnicodeError):  # too long, or no text
        return False


def _refuse(code: str, file: str, **args: object) -> NoReturn:
    raise InputError([Problem(code=code, location=Location(file), args=args)])
