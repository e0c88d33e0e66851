"""The chain of a decision log: each entry holds the hash of the one before it, so that a change anywhere shows.

An entry is one line of JSON, and its bytes are what is hashed: nothing is parsed and written again to verify it.
`{"seq":7,"prev":"...",` + what the entry says + `,"mac":"..."` (with a key) + `,"hash":"..."}`: the MAC is of all
that stands before it, and the hash, too, so the next entry's `prev` covers both.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from .errors import InputError, Location, Problem
from .plain import is_map

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST_KEY: Final = 16
LARGEST: Final = 16 << 20
"""Bytes of one entry; a longer line was not written by tutela."""
_HASH: Final = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')
_MAC: Final = re.compile(rb',"mac":"([0-9a-f]{32})"\Z')
_AT: Final = 75
"""Bytes from the end at which the hash begins."""
_MAC_AT: Final = 41


class Keys(NamedTuple):
    """What is made of a log's key: one secret authenticates entries, the other one hides values."""

    chain: bytes
    values: bytes


class Head(NamedTuple):
    """The last entry of a chain: its number and its hash. Kept elsewhere, it is an anchor."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


START: Final = Head(0, "0" * 64)


class Sealed(NamedTuple):
    """An entry as it is stored, taken apart."""

    seq: int
    prev: str
    hash: str
    intact: bool
    """Whether the hash is that of the bytes."""
    mac: str | None
    authentic: bool | None
    """Whether the MAC is that of the key; None without a key."""


def make_keys(secret: bytes, location: Location) -> Keys:
    """The two secrets of a key; InputError when it is too short to be one."""
    if len(secret) < SHORTEST_KEY:
        raise InputError([Problem(code="decision-log-key-short", location=location, args={"least": SHORTEST_KEY})])
    made = (hashlib.blake2b(secret, person=use, digest_size=32).digest() for use in (b"tutela chain", b"tutela values"))
    return Keys(*made)


def seal(content: bytes, head: Head, key: bytes | None) -> tuple[bytes, Head]:
    """The line (without its end) of a JSON object that follows `head`, and the head that it then is."""
    seq = head.seq + 1
    text = b'{"seq":%d,"prev":"%s",%s' % (seq, head.hash.encode(), content[1:-1])
    if key is not None:
        text += b',"mac":"%s"' % hashlib.blake2b(text, key=key, digest_size=16).hexdigest().encode()
    digest = hashlib.sha256(text).hexdigest()
    return b'%s,"hash":"%s"}' % (text, digest.encode()), Head(seq, digest)


def seal_all(contents: Iterable[bytes], head: Head, key: bytes | None) -> tuple[list[bytes], Head]:
    """The lines of some JSON objects that follow `head` in their order, and the head that the last one is."""
    lines: list[bytes] = []
    for content in contents:
        line, head = seal(content, head, key)
        lines.append(line)
    return lines, head


def read_entry(line: bytes) -> dict[str, Any] | None:
    """An entry as data; None when the line is no JSON object."""
    try:
        found: object = json.loads(line)  # unlike orjson, it reads whole numbers of any size as they are
    except (ValueError, RecursionError):
        return None
    return found if is_map(found) else None


def unseal(line: bytes, key: bytes | None) -> Sealed | None:
    """The parts of a line that hold the chain together; None when it has not the form of an entry."""
    found = _HASH.search(line[-_AT:])
    if found is None or len(line) > LARGEST:
        return None
    text, stated = line[:-_AT], found[1].decode()
    entry = _read_fast(line)
    seq, prev = (entry.get("seq"), entry.get("prev")) if entry else (None, None)
    if type(seq) is not int or not isinstance(prev, str):
        return None
    signed = _MAC.search(text[-_MAC_AT:])
    mac = signed[1].decode() if signed else None
    authentic: bool | None = None
    if key is not None:
        authentic = mac == hashlib.blake2b(text[:-_MAC_AT], key=key, digest_size=16).hexdigest()
    return Sealed(seq, prev, stated, hashlib.sha256(text).hexdigest() == stated, mac, authentic)


def _read_fast(line: bytes) -> dict[str, Any] | None:
    try:
        found: object = orjson.loads(line)
    except ValueError:  # what it refuses may still be JSON: half of a surrogate pair, as an escape
        return read_entry(line)
    return found if is_map(found) else None
