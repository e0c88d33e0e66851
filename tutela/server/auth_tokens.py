"""Bearer tokens: signed by the configured provider, for this service, now; anything else is refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jwt
from jwt.exceptions import ExpiredSignatureError, InvalidAudienceError, InvalidIssuerError, PyJWTError

from .refusals import Refused, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .auth_keys import KeySet
    from .configuration import Tokens

LONGEST: Final = 16_384
"""Bytes of a token; longer ones are not looked at."""
WAIT: Final = b"5"
"""Seconds after which a caller may ask again while the keys are not known."""
SAID: Final[Mapping[type[Exception], str]] = {
    ExpiredSignatureError: "expired",
    InvalidAudienceError: "made for another service",
    InvalidIssuerError: "of another provider",
}
"""What a caller is told of why a token does not count; of anything else only that it does not."""
OTHER: Final = "not valid"
TIMES: Final = ("exp", "nbf", "iat")
NUMBERS: Final = frozenset({int, float})


class Verified(NamedTuple):
    """The claims of a token that counts, and until when, in seconds since 1970."""

    claims: Mapping[str, Any]
    until: float


def challenge(error: str = "") -> tuple[bytes, bytes]:
    """The header that tells a caller to authenticate."""
    told = f'Bearer realm="tutela", error="{error}"' if error else 'Bearer realm="tutela"'
    return b"www-authenticate", told.encode()


def refuse_token(reason: str) -> Refused:
    """Status 401 for a credential that does not count."""
    found = problem("auth-wrong", "Authorization", reason=reason)
    return Refused(401, [found], [challenge("invalid_token")])


class Verifier:
    """Judges tokens by a configuration and the provider's keys."""

    def __init__(self, tokens: Tokens, keys: KeySet, clock: Callable[[], float] = time.time) -> None:
        self._tokens = tokens
        self._clock = clock
        self.keys = keys

    def verify(self, token: str) -> Verified:
        """The claims of a token; Refused with 401 when it does not count, with 503 while no keys are known."""
        if not self.keys.usable:
            raise Refused(503, [problem("auth-keys", "Authorization")], [(b"retry-after", WAIT)])
        if len(token) > LONGEST:
            raise refuse_token(OTHER)
        try:
            head = jwt.get_unverified_header(token)
            algorithm = head.get("alg")
            # The caller chooses among what the configuration allows, and a key fits one kind of signature only.
            if algorithm not in self._tokens.algorithms or "crit" in head:
                raise refuse_token(OTHER)
            key = self.keys.key(head.get("kid"), algorithm)
            if key is None:
                raise refuse_token(OTHER)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._tokens.audience,
                issuer=self._tokens.issuer,
                leeway=self._tokens.leeway,
                options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},
            )
            if not all(type(claims.get(name, 0)) in NUMBERS for name in TIMES):  # a text, or a flag, is no time
                raise refuse_token(OTHER)
            until = float(claims["exp"]) + self._tokens.leeway
        except PyJWTError as error:
            raise refuse_token(SAID.get(type(error), OTHER)) from None
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise refuse_token(OTHER) from None
        if not until > self._clock():  # infinity and NaN are no times either
            raise refuse_token(SAID[ExpiredSignatureError])
        return Verified(claims, until)


def fits(claims: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Whether the claims of a token are what a caller's must be; of a list or a scope, one is enough."""
    return all(_holds(name, claims.get(name), value) for name, value in wanted.items())


def _holds(name: str, found: object, value: str) -> bool:
    if isinstance(found, str):
        return value == found or (name == "scope" and value in found.split(" "))
    return isinstance(found, list) and value in found
