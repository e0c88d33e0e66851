"""What the headers of a request say: the form of its body, the language of its answer, its own name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .refusals import refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.errors import Lang

ID_LENGTH: Final = 200
"""A longer request id is cut."""
LONGEST: Final = 1_000
"""Longer headers about form and language are not read."""
_UNPRINTABLE: Final = re.compile(rb"[^\x20-\x7e]")
_UTF_8: Final = re.compile(r'charset\s*=\s*"?utf-?8"?', re.IGNORECASE)


def check_form(headers: Mapping[bytes, bytes]) -> None:
    """Refuse a body that is not said to be plain JSON in UTF-8; AuthZEN wants status 400 for it, not 415."""
    stated = headers.get(b"content-type", b"")
    if stated != b"application/json" and not _is_json(stated[:LONGEST]):
        raise refused(400, "http-content-type", "Content-Type")
    encoding = headers.get(b"content-encoding")
    if encoding is not None and encoding.lower() != b"identity":
        raise refused(400, "http-content-encoding", "Content-Encoding")


@lru_cache(maxsize=64)
def _is_json(stated: bytes) -> bool:
    kind, *parameters = stated.decode("latin-1").split(";")
    charsets = [p.strip() for p in parameters if p.strip().lower().startswith("charset")]
    return kind.strip().lower() == "application/json" and all(_UTF_8.fullmatch(charset) for charset in charsets)


def request_id(headers: Mapping[bytes, bytes]) -> bytes:
    """The request's own name, fit for a header of the answer and for a log; empty when it has none."""
    stated = headers.get(b"x-request-id", b"")
    return _UNPRINTABLE.sub(b"", stated)[:ID_LENGTH].strip() if stated else stated


def language(headers: Mapping[bytes, bytes], default: Lang) -> Lang:
    """The language that the caller likes best of those that tutela speaks."""
    stated = headers.get(b"accept-language")
    return _preferred(stated[:LONGEST], default) if stated else default


@lru_cache(maxsize=256)
def _preferred(stated: bytes, default: Lang) -> Lang:
    best: Lang = default
    most = 0.0
    for part in stated.decode("latin-1").split(","):
        tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = _weight(parameters)
        found: Lang | None = "zh" if tag.startswith("zh") else "en" if tag.startswith("en") else None
        if tag == "*":
            found = default
        if found is not None and weight > most:
            best, most = found, weight
    return best


def _weight(parameters: list[str]) -> float:
    """The `q` of a language, from 0 to 1; one that is malformed counts as 0."""
    stated = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    return min(float(stated), 1.0) if re.fullmatch(r"[0-9](\.[0-9]{0,3})?", stated) else 0.0
