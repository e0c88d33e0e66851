"""The bytes of a log: a file or the standard input, unpacked when it is packed; read once, from the front."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from .files import STDIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer

DAMAGES: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)
"""What reading on in a damaged file, or in a packed one that is cut, raises."""
_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_LONGEST: Final = max(len(magic) for magic, _ in _MAGIC)


class Begun(io.RawIOBase):
    """A stream whose first bytes were read already, as if they had not been."""

    def __init__(self, start: bytes, rest: BinaryIO, told: Callable[[int], None] | None = None) -> None:
        self._start, self._rest, self._told = start, rest, told

    def readable(self) -> bool:
        """It can only be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer as far as one read of the stream goes."""
        view = memoryview(buffer).cast("B")
        data = self._start[: len(view)] or self._rest.read(len(view))
        self._start = self._start[len(data) :]
        view[: len(data)] = data
        if self._told is not None:
            self._told(len(data))
        return len(data)

    def close(self) -> None:
        """Close the stream, too."""
        self._rest.close()
        super().close()


def packing(start: bytes) -> str:
    """How a file that begins with these bytes is packed; empty when it is not."""
    return next((kind for magic, kind in _MAGIC if start.startswith(magic)), "")


def open_log(path: str | Path, told: Callable[[int], None]) -> BinaryIO:
    """The unpacked bytes of a log; OSError when it cannot be opened, ImportError when a library is missing.

    `told` hears of every read how many bytes it took from the file, packed ones where it is packed.
    """
    stream = sys.stdin.buffer if str(path) == STDIN else Path(path).open("rb")  # noqa: SIM115 (its reader closes it)
    start = stream.read(_LONGEST)
    begun = cast("BinaryIO", io.BufferedReader(Begun(start, stream, told)))
    kind = packing(start)
    return _UNPACK[kind](begun) if kind else begun


class _Zstd(io.RawIOBase):
    """What is unpacked; damage is an OSError, as it is for the other kinds."""

    def __init__(self, stream: BinaryIO) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd  # pyright: ignore[reportMissingTypeStubs]

        self._damage = zstd.ZstdError
        self._file = zstd.ZstdFile(stream)

    def readable(self) -> bool:
        """It can only be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer as far as one read of the stream goes."""
        view = memoryview(buffer).cast("B")
        try:
            data = self._file.read(len(view))
        except self._damage as error:
            raise OSError(str(error)) from None
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the stream, too."""
        self._file.close()
        super().close()


def _zstd(stream: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Zstd(stream)))


def _gzip(stream: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.GzipFile(fileobj=stream))


def _bz2(stream: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", bz2.BZ2File(stream))


def _xz(stream: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", lzma.LZMAFile(stream))


_UNPACK: Final[dict[str, Callable[[BinaryIO], BinaryIO]]] = {"gzip": _gzip, "bz2": _bz2, "xz": _xz, "zstd": _zstd}
