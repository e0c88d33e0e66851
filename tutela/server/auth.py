"""Who is it? API keys, bearer tokens and client certificates -> a caller, or a refusal."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .auth_tokens import OTHER, challenge, fits, refuse_token
from .refusals import Refused, problem, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .auth_keys import KeySet
    from .auth_tokens import Verifier
    from .callers import Caller
    from .configuration import Configuration
    from .rates import Rates

PREFIX: Final = "tutela_"
"""How an API key begins: scanners for secrets find it, and it is no token."""
KEPT: Final = 4096
"""How many credentials that count are remembered."""
TLS: Final = "tls"


def new_key() -> tuple[str, str]:
    """An API key that nobody can guess, and the hash that stands for it in a configuration."""
    key = PREFIX + secrets.token_urlsafe(32)
    return key, hashlib.sha256(key.encode()).hexdigest()


FOREVER: Final = float("inf")
"""How long a key counts: until it is taken out of the settings."""


class Known(NamedTuple):
    """A credential that counted, and until when, in seconds since 1970."""

    caller: Caller
    until: float


class Access:
    """The callers of a service. A credential that counted once is remembered, in bounded memory, until it expires."""

    def __init__(
        self,
        configuration: Configuration,
        rates: Rates,
        keys: KeySet | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._callers = configuration.callers
        self._rates = rates
        self._clock = clock
        self._known: dict[bytes, Known] = {}
        self._verifier: Verifier | None = None
        if configuration.jwt is not None and keys is not None:
            from .auth_tokens import Verifier

            self._verifier = Verifier(configuration.jwt, keys, clock)
            # A key that was taken back must not live on in what was remembered.
            keys.changed = self._known.clear
        self.keys = keys

    def __call__(self, headers: Mapping[bytes, bytes], scope: Mapping[str, Any]) -> Caller:
        """The caller of a request; Refused with 401 or 403 when it is nobody, 503 without keys."""
        return self._find(headers, scope).caller

    @property
    def remembered(self) -> int:
        """How many credentials are remembered."""
        return len(self._known)

    def charge(self, caller: Caller, count: int) -> None:
        """Count evaluations of a request; Refused (429) when the caller has used up what it may ask."""
        if caller.rate is not None and count > 0:
            self._rates.take(caller, count)

    def _find(self, headers: Mapping[bytes, bytes], scope: Mapping[str, Any]) -> Known:
        stated = headers.get(b"authorization")
        if stated is None:
            return self._by_certificate(scope)
        digest = hashlib.sha256(stated).digest()
        known = self._known.get(digest)
        if known is None or known.until <= self._clock() or self._stale(known):
            known = self._by_words(stated)
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[digest] = known
        return known

    def _stale(self, known: Known) -> bool:
        """Whether it was a token, and the keys that it was checked with are too old by now."""
        return known.until != FOREVER and self.keys is not None and not self.keys.usable

    def _by_words(self, stated: bytes) -> Known:
        scheme, _, words = stated.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not words.strip().isascii():
            raise refuse_token(OTHER)
        return self._by_key(words.strip()) if words.strip().startswith(PREFIX) else self._by_token(words.strip())

    def _by_key(self, key: str) -> Known:
        digest = hashlib.sha256(key.encode()).digest()
        found: Known | None = None
        # All of them, whichever it is: how long it takes tells nothing.
        for caller in self._callers:
            for kept in caller.keys:
                if hmac.compare_digest(kept, digest):
                    found = Known(caller, FOREVER)
        if found is None:
            raise refuse_token(OTHER)
        return found

    def _by_token(self, token: str) -> Known:
        if self._verifier is None:
            raise refuse_token(OTHER)
        verified = self._verifier.verify(token)
        for caller in self._callers:
            if caller.token is not None and fits(verified.claims, caller.token):
                return Known(caller, verified.until)
        raise refused(403, "caller-unknown", "Authorization")

    def _by_certificate(self, scope: Mapping[str, Any]) -> Known:
        names: frozenset[str] | None = scope.get("extensions", {}).get(TLS, {}).get("client_names")
        if not names:
            raise Refused(401, [problem("auth-missing", "Authorization")], [challenge()])
        for caller in self._callers:
            if caller.certificates & names:
                return Known(caller, 0.0)
        raise refused(403, "caller-unknown", "certificate")
