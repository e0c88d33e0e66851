"""Whether files have changed: what the system says about each of them, without reading any.

Asked again and again rather than told by the system: notifications do not cross network file systems and mounts of
containers, get lost when there are many, and a folder of policies is looked through in a millisecond.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Fingerprint = frozenset[tuple[str, tuple[int, ...]]]
"""The files below some paths, each with size, times and number; a change of any of them is another fingerprint."""


def fingerprint(paths: Iterable[str | Path]) -> Fingerprint:
    """What files and folders are like now; one that is not there counts, too."""
    return frozenset(found for path in paths for found in _below(str(path)))


def _below(path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield path, _stat(path)
    # Links are followed: a container's configuration is swapped by turning one to another folder.
    seen: set[str] = set()
    for base, folders, names in os.walk(path, followlinks=True):
        real = os.path.realpath(base)
        folders[:] = [] if real in seen else [name for name in folders if not name.startswith(".git")]
        seen.add(real)
        for name in (*names, *folders):
            found = os.path.join(base, name)  # noqa: PTH118 (called for every file, every two seconds)
            yield found, _stat(found)


def _stat(path: str) -> tuple[int, ...]:
    try:
        found = os.stat(path)  # noqa: PTH116 (see above)
    except OSError as error:
        return (error.errno or 0,)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_mode
