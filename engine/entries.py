"""The typed entries of one register: a list that knows where each entry stands, and one hash of what it holds."""

from __future__ import annotations

import hashlib
import json
from array import array
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from .errors import Location
from .plain import is_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .documents import Document

BLOCK: Final = 4096
"""Entries hashed together: few calls, and never one text of a whole register."""


class Entries(list[Any]):
    """The entries of a register as callers read them (a list), with their file, places and digest.

    Do not change one: its digest is computed once, when somebody first asks for it.
    """

    __slots__ = ("_digest", "_document", "file", "key", "lines")

    def __init__(
        self,
        items: Iterable[Any] = (),
        file: str = "",
        lines: Sequence[int] = (),
        *,
        key: str | None = None,
        document: Document | None = None,
    ) -> None:
        super().__init__(items)
        self.file = file
        self.lines = array("L", lines)
        """The line of each entry; empty for JSON, which has no places."""
        self.key = key
        """The field that names an entry; None when several entries may be about one thing."""
        self._document = document
        self._digest = ""

    def locate(self, index: int, path: Sequence[str | int] = ()) -> Location:
        """Where an entry stands, or a value in it while the places of values are still known."""
        document = self._document
        if document is not None and self.lines:
            return Location(self.file, *document.mark([index, *path]))
        if index < len(self.lines):
            return Location(self.file, self.lines[index])
        return Location(f"{self.file}#/{'/'.join(map(str, [index, *path]))}")

    def place(self, index: int) -> Location:
        """Where an entry stands, in a file that is there: of JSON, which has no places, no more than its name."""
        return self.locate(index) if self.lines else Location(self.file)

    def forget(self) -> None:
        """Let the places of single values go, once everything that is wrong has been told; lines stay."""
        self._document = None

    def name(self, index: int) -> str:
        """What an entry is called; entries without a key are numbered from 1."""
        found = value_of(self[index], self.key) if self.key else None
        return str(index + 1) if found is None else str(found)

    @property
    def digest(self) -> str:
        """`sha256:` and 64 digits: the same for the same entries, in whatever order and format they were written."""
        if not self._digest:
            self._digest = self._hash()
        return self._digest

    def _hash(self) -> str:
        hashed = hashlib.sha256()
        key, encode = self.key, _ENCODER.encode
        if key is None or any(value_of(entry, key) is None for entry in self):
            for line in sorted(map(encode, self)):
                hashed.update(_bytes(line))
            return f"sha256:{hashed.hexdigest()}"
        # Keys are unique: their order is an order of the entries, and no second copy of these is ever held.
        names = [value_of(entry, key) for entry in self]
        order = sorted(range(len(names)), key=names.__getitem__)
        for start in range(0, len(order), BLOCK):
            hashed.update(_bytes(encode([self[index] for index in order[start : start + BLOCK]])))
        return f"sha256:{hashed.hexdigest()}"


def value_of(entry: Any, field: str) -> Any:  # noqa: ANN401 (entries are mappings or rows)
    """A field of an entry, which is a mapping or a row; None when it is absent."""
    return entry.get(field) if is_map(entry) else getattr(entry, field, None)


def _bytes(line: str) -> bytes:
    # JSON may hold half a surrogate pair.
    return f"{line}\n".encode("utf-8", "surrogatepass")


def _plain(item: object) -> object:
    if isinstance(item, datetime):
        return (item if item.tzinfo is UTC else item.astimezone(UTC)).isoformat()
    return item.isoformat() if isinstance(item, date) else str(item)


_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
