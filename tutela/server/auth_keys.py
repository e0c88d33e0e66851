"""The public keys of a provider of tokens: read from a file, or fetched from its address in the background.

No request waits for a fetch: a key that is not there yet is a refusal. Old keys count until `max_age`, so that a
provider may be away for a while; then tokens cannot be judged any more, and are refused.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener, getproxies

import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from tutela.connectors.files import read_bytes
from tutela.engine.errors import InputError
from tutela.engine.plain import is_list, is_map

from .aside import aside
from .refusals import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.client import HTTPResponse

    from .configuration import Tokens

LOG: Final = logging.getLogger("tutela.server")
LIMIT: Final = 1 << 20
FETCH_SECONDS: Final = 10
AGAIN: Final = 30.0
"""Seconds after which an attempt that failed is made again."""
SOONEST: Final = 5.0
"""Seconds between two fetches, however many unknown keys callers name."""
KINDS: Final[Mapping[str, str]] = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
"""How the name of a signature begins -> the kind of key that makes it."""


class KeySet:
    """The keys of one provider; `changed` is called when others take their place."""

    def __init__(self, tokens: Tokens, clock: Callable[[], float] = time.monotonic) -> None:
        self._tokens = tokens
        self._clock = clock
        self._keys: dict[str | None, Mapping[str, Any]] = {}
        self._made: dict[tuple[str | None, str], PyJWK] = {}
        self._read: float | None = None
        """When the keys were read the last time."""
        self._tried = float("-inf")
        self._wanted = asyncio.Event()
        self.changed: Callable[[], None] = lambda: None
        self.remote = tokens.jwks.startswith("https://")
        if not self.remote:
            self.take(read_bytes(tokens.jwks, limit=LIMIT))
        elif tokens.jwks_ca:
            _context(tokens.jwks_ca)

    @property
    def usable(self) -> bool:
        """Whether the keys are known, and known lately enough."""
        return self._read is not None and (not self.remote or self._clock() - self._read <= self._tokens.max_age)

    def key(self, name: str | None, algorithm: str) -> PyJWK | None:
        """The key of a name, for a signature; None when there is none, and then it is looked for.

        A provider with one key may leave its name away.
        """
        made = self._made.get((name, algorithm))
        if made is not None:
            return made
        found = self._keys.get(name)
        if found is None and name is None and len(self._keys) == 1:
            found = next(iter(self._keys.values()))
        if found is None:
            self._wanted.set()
            return None
        if found.get("kty") != KINDS[algorithm[:2]] or found.get("alg", algorithm) != algorithm:
            return None
        try:
            made = self._made[name, algorithm] = PyJWK(dict(found), algorithm)
        except PyJWTError:
            return None
        return made

    async def follow(self) -> None:
        """Fetch the keys now, whenever they are old, and when a token names one that is not there; never ends."""
        while self.remote:
            await asyncio.sleep(max(0.0, self._tried + SOONEST - self._clock()))
            self._wanted.clear()
            self._tried = self._clock()
            good = await self._renew()
            again = min(self._tokens.refresh, self._tokens.max_age / 2) if good else AGAIN if self.usable else SOONEST
            try:
                await asyncio.wait_for(self._wanted.wait(), again)
            except TimeoutError:
                continue

    async def _renew(self) -> bool:
        """Fetch the keys; False when that failed, and it was told why."""
        try:
            self.take(await aside(self._fetch))
        except InputError as error:
            LOG.warning("%s", error.problems[0].message("en"))
        except Exception as error:  # noqa: BLE001 (nobody would look for keys any more)
            LOG.warning("%s", _unreadable(self._tokens.jwks, type(error).__name__).problems[0].message("en"))
        else:
            return True
        return False

    def _fetch(self) -> bytes:
        address = self._tokens.jwks
        handlers = [HTTPSHandler(context=_context(self._tokens.jwks_ca)), _Straight(), ProxyHandler(getproxies())]
        request = Request(address, headers={"Accept": "application/json"})  # noqa: S310 (https, see the configuration)
        try:
            with build_opener(*handlers).open(request, timeout=FETCH_SECONDS) as answer:
                found = _whole(answer, address)
        except HTTPError as error:
            raise _unreadable(address, f"status {error.code}") from None
        except (OSError, ValueError, HTTPException) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
            raise _unreadable(address, str(reason)) from None
        return found

    def take(self, data: bytes) -> None:
        """Let other keys take the place of those that are known; a set without one that can be used changes nothing."""
        try:
            document: object = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise _unreadable(self._tokens.jwks, "it is no JSON") from None
        listed = document.get("keys") if is_map(document) else None
        found: dict[str | None, Mapping[str, Any]] = {}
        for key in cast("list[object]", listed if is_list(listed) else []):
            if is_map(key) and key.get("use", "sig") == "sig" and key.get("kty") in KINDS.values() and "d" not in key:
                name = key.get("kid")
                found[name if isinstance(name, str) else None] = key
        if not found:
            raise _unreadable(self._tokens.jwks, "it holds no public key for signatures")
        if found != self._keys:
            self._keys = found
            self._made.clear()
            self.changed()
        self._read = self._clock()


class _Straight(HTTPRedirectHandler):
    """Follows no redirect: another address is not the one that is trusted."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:  # noqa: ANN401, PLR0913
        """Nothing: the answer is an error then."""


def _whole(answer: HTTPResponse, address: str) -> bytes:
    """The body of an answer, which has limits to its size and its time."""
    found, end = bytearray(), time.monotonic() + FETCH_SECONDS
    while part := answer.read1(LIMIT):
        found += part
        if len(found) > LIMIT:
            raise _unreadable(address, f"it is larger than {LIMIT} bytes")
        if time.monotonic() > end:
            raise _unreadable(address, f"it was not there after {FETCH_SECONDS} seconds")
    return bytes(found)


def _context(authority: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise _unreadable(authority or "", getattr(error, "strerror", None) or "no certificates in it") from None


def _unreadable(where: str, reason: str) -> InputError:
    return InputError([problem("serve-jwks", str(Path(where)) if "://" not in where else where, reason=reason)])
