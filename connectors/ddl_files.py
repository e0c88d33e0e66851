"""SQL scripts on disk: decoded block by block, without their rows, so that a dump may be larger than memory."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tutela.engine.errors import InputError, Location, Problem

from .ddl_data import Skimmer, without_data
from .dialects import SAMPLE, detect
from .files import BOMS, ENCODINGS, STDIN, read_text, seems_latin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ddl_data import Script

WHOLE: Final = 8 << 20
"""Up to this many bytes a script is read at once, which can guess at more encodings."""
_BLOCK: Final = 1 << 20


class File(NamedTuple):
    """A script as it was read."""

    script: Script
    dialect: str


def read_script(path: str | Path, *, dialect: str | None, limit: int, encodings: tuple[str, ...] = ENCODINGS) -> File:
    """Read one script without its rows; at most `limit` characters of it may be left; raises InputError."""
    if str(path) == STDIN or not _large(path):
        text = read_text(path, limit=limit, encodings=encodings)
        found = dialect or detect(text)
        return File(without_data(text, found), found)
    failed: list[str] = []
    for encoding in _candidates(path, encodings):
        try:
            guessed = encoding == "gb18030" and len(encodings) > 1
            return _stream(path, encoding, dialect, limit, guessed=guessed)
        except UnicodeError:
            failed.append(encoding)
    raise _problem("file-encoding", path, encodings=", ".join(failed))


def _large(path: str | Path) -> bool:
    try:
        return Path(path).is_file() and Path(path).stat().st_size > WHOLE
    except (OSError, ValueError):
        return False  # reading says what is wrong


def _candidates(path: str | Path, encodings: tuple[str, ...]) -> list[str]:
    """The encoding of the byte order mark, else those that are to be tried."""
    with Path(path).open("rb") as stream:
        start = stream.read(4)
    marked = [encoding for mark, encoding in BOMS if start.startswith(mark)]
    return marked or [encoding for encoding in encodings if encoding != "utf-16"]


def _stream(path: str | Path, encoding: str, dialect: str | None, limit: int, *, guessed: bool) -> File:
    blocks = _blocks(path, encoding, guessed=guessed)
    first = next(blocks, "")
    found = dialect or detect(first[:SAMPLE])
    skimmer = Skimmer(found)
    skimmer.feed(first)
    for block in blocks:
        skimmer.feed(block)
        if skimmer.size + skimmer.waiting > limit:
            raise _problem("file-too-large", path, limit=limit)
    return File(skimmer.close(), found)


def _blocks(path: str | Path, encoding: str, *, guessed: bool) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with Path(path).open("rb") as stream:
        while block := stream.read(_BLOCK):
            if guessed and seems_latin(block):
                raise UnicodeError
            text = decoder.decode(block)
            if "\0" in text:
                raise _problem("file-binary", path)
            yield text.removeprefix("\ufeff")
        yield decoder.decode(b"", final=True)


def _problem(code: str, path: str | Path, **args: object) -> InputError:
    return InputError([Problem(code=code, location=Location(str(path)), args={"file": str(path), **args})])
