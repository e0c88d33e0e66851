"""Pages of search results: tokens that say where the next page begins, and fit the same question only."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import orjson

from tutela.engine.plain import is_map

from .refusals import refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .exchange import Exchange
    from .refusals import Refused

SEAL: Final = 16
"""Bytes of a token's seal."""
BOUND: Final = ("subject", "action", "resource", "context", "as_of")


class Page(NamedTuple):
    """Which part of the results is asked for: those after an id, and how many."""

    after: str | None
    limit: int
    binding: bytes
    """What a token of this question is bound to."""


def page_of(body: Mapping[str, Any], exchange: Exchange) -> Page:
    """The page that a body asks for; Refused for a token of another question, or one that nobody gave out."""
    stated = cast("object", {} if body.get("page") is None else body["page"])
    if not is_map(stated):
        raise refused(400, "field-not-object", "$.page", field="page")
    if not isinstance(stated.get("properties"), dict | None):
        raise refused(400, "field-not-object", "$.page.properties", field="page.properties")
    most = exchange.settings.page_limit
    wanted = stated.get("limit")
    if wanted is not None and (not isinstance(wanted, int) or isinstance(wanted, bool) or wanted < 0):
        raise refused(400, "field-not-count", "$.page.limit", field="page.limit")
    question = [exchange.endpoint, exchange.caller, *(body.get(part) for part in BOUND), stated.get("properties")]
    binding = orjson.dumps(question, option=orjson.OPT_SORT_KEYS)
    token = stated.get("token")
    if token is None:
        return Page(None, most if wanted is None else min(wanted, most), binding)
    after, limit = _open(token, binding, exchange.settings.page_key)
    if wanted is not None and min(wanted, most) != limit:
        raise _wrong_token()
    return Page(after, limit, binding)


def token_after(name: str | None, page: Page, key: bytes) -> str:
    """The token of the page that begins after an id; of the first page when there is none."""
    content = orjson.dumps([name, page.limit])
    return base64.urlsafe_b64encode(_seal(content, page.binding, key) + content).decode().rstrip("=")


def _seal(content: bytes, binding: bytes, key: bytes) -> bytes:
    return hmac.digest(key, len(content).to_bytes(8) + content + binding, "sha256")[:SEAL]


def _open(token: object, binding: bytes, key: bytes) -> tuple[str | None, int]:
    if not isinstance(token, str):
        raise _wrong_token()
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise _wrong_token() from None
    seal, content = raw[:SEAL], raw[SEAL:]
    if not hmac.compare_digest(seal, _seal(content, binding, key)):
        raise _wrong_token()
    after, limit = orjson.loads(content)  # sealed by us
    return after, limit


def _wrong_token() -> Refused:
    return refused(400, "page-token", "$.page.token")
