"""Files as text: bounded, strictly decoded, with one clear problem for everything that can be wrong.

Every other connector reads through here. `-` is the standard input.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import stat
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from tutela.engine.errors import InputError, Location, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

ENCODINGS: Final = ("utf-8", "utf-16", "gb18030")
"""What a text is tried as, in this order, when no byte order mark says more."""

STDIN: Final = "-"

BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks and what they say."""
_SAMPLE: Final = 65_536
_BLOCK: Final = 1 << 20
_PAIR: Final = re.compile(rb"[\x81-\xfe](?:([A-Za-z])|[^A-Za-z])", re.DOTALL)
_PAIRS: Final = 10_000
"""How many characters of two bytes are looked at."""
_PRINTABLE: Final = frozenset(range(32, 127))
_CONTROLS: Final = frozenset(range(32)) - {9, 10, 12, 13, 26, 27}
"""Control characters that no text file holds (tab, line ends, form feed, Ctrl-Z and escape occur)."""


def known_encoding(name: str) -> str:
    """The encoding of this name; raises InputError for an unknown one and for one that is no text encoding."""
    try:
        text = "".encode(name).decode(name)  # codecs that make no text of bytes fail here
    except (LookupError, UnicodeError, ValueError, TypeError):
        text = None
    if text is None:
        raise InputError([Problem(code="encoding-unknown", location=Location("--encoding"), args={"name": name})])
    return name


def read_text(path: str | Path, *, limit: int, encodings: Sequence[str] = ENCODINGS) -> str:
    """The text of a file of at most `limit` bytes, without a byte order mark; raises InputError."""
    return decode(read_bytes(path, limit=limit), str(path), encodings)


def read_bytes(path: str | Path, *, limit: int) -> bytes:
    """The content of a file of at most `limit` bytes; raises InputError, also when it is empty."""
    name = str(path)
    try:
        data = _read(name, limit)
    except OSError as error:
        raise _problem(*_words(error), file=name) from None
    except ValueError:  # an embedded NUL in the path
        raise _problem("file-missing", file=name.replace("\0", "?")) from None
    if not data:
        raise _problem("file-empty", file=name)
    return data


def digest_of(path: Path) -> str:
    """A digest of a file's content, to tell one that is not read from another; empty when there is none."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return ""
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def decode(data: bytes, name: str, encodings: Sequence[str] = ENCODINGS) -> str:
    """Bytes as text: by byte order mark, else by the first of `encodings` that fits strictly."""
    for mark, encoding in BOMS:
        if data.startswith(mark):
            text = _try(data[len(mark) :], encoding)
            if text is None:
                raise _problem("file-encoding", file=name, encodings=encoding)
            break
    else:
        text = _guess(data, name, encodings)
    if not text or text.isspace():
        raise _problem("file-empty", file=name)
    return text


def _read(name: str, limit: int) -> bytes:
    if name == STDIN:
        return _bounded(sys.stdin.buffer, name, limit)
    status = Path(name).stat()
    if stat.S_ISDIR(status.st_mode):
        raise _problem("file-directory", file=name)
    if stat.S_ISREG(status.st_mode) and status.st_size > limit:
        raise _problem("file-too-large", file=name, limit=limit)
    with Path(name).open("rb") as stream:
        return _bounded(stream, name, limit)


def _bounded(stream: BinaryIO, name: str, limit: int) -> bytes:
    """Read up to `limit` bytes; a pipe or a growing file is cut off there too."""
    blocks: list[bytes] = []
    left = limit + 1
    while left > 0 and (block := stream.read(min(_BLOCK, left))):
        blocks.append(block)
        left -= len(block)
    if left <= 0:
        raise _problem("file-too-large", file=name, limit=limit)
    return b"".join(blocks)


def _guess(data: bytes, name: str, encodings: Sequence[str]) -> str:
    sample = data[:_SAMPLE]
    wide = _wide(sample) if "utf-16" in encodings else ""
    if wide:
        text = _try(data, wide)
        if text is not None and not _controls(text[:_SAMPLE]) and not _narrow(sample):
            return text
    if b"\0" in data or _controls(sample.decode("latin-1")):
        raise _problem("file-binary", file=name)
    for encoding in encodings:
        if encoding == "utf-16" or (len(encodings) > 1 and encoding == "gb18030" and seems_latin(data)):
            continue
        if (text := _try(data, encoding)) is not None:
            return text
    raise _problem("file-encoding", file=name, encodings=", ".join(encodings))


def seems_latin(data: bytes) -> bool:
    """Tell whether text that GB18030 can read is rather of a Western encoding, and would come out as other names.

    There most bytes above ASCII stand alone before a letter; Chinese characters are two of them.
    """
    pairs = list(islice(_PAIR.finditer(data), _PAIRS))
    return bool(pairs) and 2 * sum(1 for pair in pairs if pair[1]) >= len(pairs)


def _wide(sample: bytes) -> str:
    """Guess UTF-16 without a mark: line ends and spaces are a NUL and an ASCII byte, on one side only."""
    if len(sample) < 2 or b"\0" not in sample:
        return ""
    low, high = sample[1::2].count(0), sample[0::2].count(0)
    if low == high:
        return ""
    return "utf-16-le" if low > high else "utf-16-be"


def _narrow(sample: bytes) -> bool:
    """Tell whether most bytes are ASCII by themselves: then a NUL among them does not make them UTF-16."""
    plain = sum(1 for byte in sample if byte in _PRINTABLE)
    return plain > len(sample) * 0.7


def _controls(text: str) -> bool:
    return any(ord(char) in _CONTROLS for char in set(text))


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding, "strict")
    except UnicodeDecodeError:
        return None


def _words(error: OSError) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "file-missing", ""
    if isinstance(error, IsADirectoryError):
        return "file-directory", ""
    return "file-unreadable", (error.strerror or "unknown reason").lower()


def _problem(code: str, reason: str = "", **args: object) -> InputError:
    return InputError([Problem(code=code, location=Location(str(args["file"])), args={**args, "reason": reason})])
