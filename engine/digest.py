"""One text, and one hash, for equal data."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from .entries import Entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def digest(registers: Mapping[str, Sequence[Any]], *more: str) -> str:
    """`sha256:` and 64 digits of everything declared; order and format of the files do not matter."""
    hashed = hashlib.sha256()
    for name in sorted(registers):
        entries = registers[name]
        if not isinstance(entries, Entries):
            entries = Entries(entries)
        hashed.update(f"\0{name}\0{entries.digest}".encode())
    hashed.update("\0".join(more).encode())
    return f"sha256:{hashed.hexdigest()}"


def canonical(value: object) -> str:
    """One text for equal data: sorted keys, times in UTC; the base of digests and request hashes."""

    def plain(item: object) -> object:
        if isinstance(item, datetime):
            return item.astimezone(UTC).isoformat()
        return item.isoformat() if isinstance(item, date) else str(item)

    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain)
