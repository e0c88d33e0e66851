"""What was made of texts, on disk: a warm start need not parse YAML, import rule-engine or validate.

A cache file is used only when it is for exactly these texts, this tutela, this rule-engine and this Python, is
whole (SHA-256), belongs to the user, and neither it nor its folder can be written by anybody else. In every other
case the thing is made from its texts, and problems with the cache are nobody's concern.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import stat
import sys
import tempfile
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tutela.engine.loader import Source

MAGIC: Final = b"tutela-cache-2\n"
LIMIT: Final = 512 * 1024 * 1024
NO_CACHE: Final = "TUTELA_NO_CACHE"
T = TypeVar("T")


def through_cache(
    sources: Sequence[Source], make: Callable[[], T], pack: Callable[[T], Any], unpack: Callable[[Any], T]
) -> T:
    """What `make` makes of these texts, packed into plain values in a file for the next time."""
    if os.environ.get(NO_CACHE):
        return make()
    key = cache_key(sources)
    path = cache_folder() / f"{key}.bin"
    found = read_cache(path, key)
    if found is not None:
        with suppress(ValueError, TypeError, KeyError, IndexError):
            return unpack(found)
    made = make()
    with suppress(OSError, ValueError):
        write_cache(path, key, pack(made))
    return made


def cache_folder() -> Path:
    """Where cache files lie: `$XDG_CACHE_HOME/tutela` or `~/.cache/tutela`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tutela"


def cache_key(sources: Sequence[Source]) -> str:
    """64 digits of everything that what was made depends on."""
    hashed = hashlib.sha256(MAGIC)
    for part in (sys.version, sys.implementation.cache_tag or "", *map(_version, ("tutela", "rule-engine"))):
        hashed.update(part.encode() + b"\0")
    hashed.update(_own_code())
    for name, text in sorted(sources):
        for part in (name, text):
            data = part.encode("utf-8", "surrogatepass")
            hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.hexdigest()


@cache
def _own_code() -> bytes:
    """When the engine's code was last changed: a development checkout keeps its version while it changes."""
    import tutela.engine

    folder = Path(next(iter(tutela.engine.__path__)))
    times = (f"{entry.name}:{entry.stat().st_mtime_ns}" for entry in os.scandir(folder) if entry.name.endswith(".py"))
    return "\0".join(sorted(times)).encode()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def read_cache(path: Path, key: str) -> object:
    """The plain values of a cache file, or None when it is absent or not to be trusted."""
    try:
        data = _read(path)
    except OSError:
        return None
    head = MAGIC + key.encode() + b"\n"
    if data is None or not data.startswith(head):
        return None
    digest, payload = data[len(head) : len(head) + 32], data[len(head) + 32 :]
    if hashlib.sha256(payload).digest() != digest:
        return None
    try:
        return marshal.loads(payload)  # noqa: S302 (own file, checked above)
    except (ValueError, EOFError, TypeError):
        return None


def _read(path: Path) -> bytes | None:
    if not hasattr(os, "geteuid") or not _private(os.lstat(path.parent), stat.S_ISDIR):
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        if not _private(found, stat.S_ISREG) or found.st_size > LIMIT:
            return None
        return file.read()


def _private(found: os.stat_result, right_kind: Any) -> bool:  # noqa: ANN401 (stat.S_ISREG or stat.S_ISDIR)
    """Whether something is of the right kind, ours, and not writable by anybody else."""
    return bool(right_kind(found.st_mode)) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def write_cache(path: Path, key: str, values: Any) -> None:  # noqa: ANN401 (what `marshal` takes)
    """Write plain values whole or not at all; OSError when that is not possible, ValueError when they are not plain."""
    payload = marshal.dumps(values)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not hasattr(os, "geteuid") or not _private(os.lstat(path.parent), stat.S_ISDIR):
        return
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(MAGIC + key.encode() + b"\n" + hashlib.sha256(payload).digest() + payload)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
