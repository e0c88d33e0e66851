"""One text, and one hash, for equal data."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def digest(registers: Mapping[str, Sequence[dict[str, Any]]], *more: str) -> str:
    """`sha256:` and 64 digits of everything declared; the order of entries does not matter."""
    hashed = hashlib.sha256()
    for name in sorted(registers):
        hashed.update(f"\0{name}\0".encode())
        for line in sorted(canonical(entry) for entry in registers[name]):
            hashed.update(line.encode())
    hashed.update("\0".join(more).encode())
    return f"sha256:{hashed.hexdigest()}"


def canonical(value: object) -> str:
    """One text for equal data: sorted keys, times in UTC; the base of digests and request hashes."""

    def plain(item: object) -> object:
        if isinstance(item, datetime):
            return item.astimezone(UTC).isoformat()
        return item.isoformat() if isinstance(item, date) else str(item)

    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain)
