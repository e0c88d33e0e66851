"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Generator[TextIO]:
    """A stream whose text takes a file's place when all went well; a link stays a link, and the file keeps its rights.

    A new file that is `private` is its owner's alone. OSError, which names the file, when it may not be written.
    """
    with (
        _scratch(path, private=private) as descriptor,
        os.fdopen(descriptor, "w", encoding="utf-8", newline="", closefd=False) as stream,
    ):
        yield stream


@contextmanager
def replacing_bytes(path: Path) -> Generator[BinaryIO]:
    """A stream whose bytes take a file's place like the text of `replacing`, and are there after a loss of power."""
    with _scratch(path) as descriptor, os.fdopen(descriptor, "wb", closefd=False) as stream:
        yield stream
    folder = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name, too
    finally:
        os.close(folder)


@contextmanager
def _scratch(path: Path, *, private: bool = False) -> Generator[int]:
    """The descriptor of a file beside another one, whose place it takes when all was written."""
    target = path.resolve()
    try:
        mode = _mode(target, new=0o600 if private else 0o666)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    except OSError as error:
        error.filename = str(path)  # the file that was asked for, not the scratch file beside it
        raise
    scratch = Path(name)
    try:
        try:
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        scratch.chmod(mode)
        scratch.replace(target)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def _mode(target: Path, new: int) -> int:
    """The rights of the file that is replaced, or those of a new one."""
    if not target.exists():
        mask = os.umask(0)
        os.umask(mask)
        return new & ~mask
    mode = stat.S_IMODE(target.stat().st_mode)
    if not mode & stat.S_IWUSR or not os.access(target, os.W_OK):  # of root, too, who may write anything
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return mode
