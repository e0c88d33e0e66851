"""The table `[serve]` of a project: who may ask, how callers are known, TLS, and limits.

`SCHEMA` is the whole form of it; the table in docs/serve.md is written from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.errors import InputError
from tutela.engine.validation import suggestion

from .callers import PERMISSIONS, Caller
from .refusals import problem
from .tls import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from tutela.engine.errors import Problem

ALGORITHMS: Final = (
    *(f"{family}{size}" for family in ("RS", "PS", "ES") for size in (256, 384, 512)),
    "EdDSA",
)
"""Signatures with a public key: with a secret that both sides share, whoever checks a token could make one."""


def _form(expected: str, description: str, **schema: object) -> dict[str, Any]:
    """A schema with the words for what is expected, and for what it means."""
    return {"expected": expected, "description": description, **schema}


def _text(description: str, expected: str = "a text", **schema: object) -> dict[str, Any]:
    return _form(expected, description, type="string", minLength=1, **schema)


def _texts(description: str, expected: str = "a list of texts", **item: object) -> dict[str, Any]:
    one = {"type": "string", "minLength": 1, "expected": expected, **item}
    return _form(expected, description, type="array", items=one, minItems=1, uniqueItems=True)


def _table(description: str, properties: Mapping[str, Any], **schema: object) -> dict[str, Any]:
    return _form("a table", description, type="object", properties=properties, additionalProperties=False, **schema)


def _rates(whose: str) -> dict[str, Any]:
    return {
        "rate": _form(
            "a number above 0",
            f"evaluations a second{whose}, all workers together; without it there is no limit",
            type="number",
            exclusiveMinimum=0,
            maximum=1_000_000_000,
        ),
        "burst": _form(
            "a whole number above 0",
            f"evaluations at once{whose}; twice the rate when it is not given",
            type="integer",
            minimum=1,
        ),
    }


CALLER: Final = _table(
    "one program that asks",
    {
        "name": _text(
            "what the caller is called in logs and metrics",
            "1 to 64 letters, digits, `.`, `_` and `-`",
            pattern=r"^[A-Za-z0-9._-]{1,64}$",
        ),
        "permissions": _texts(
            "`evaluate` (decisions), `search`, `administer` (reload, metrics)",
            f"a list of {', '.join(f'`{name}`' for name in PERMISSIONS)}",
            enum=list(PERMISSIONS),
        ),
        "keys": _texts(
            "the hashes of API keys, as `tutela serve key` prints them; several while one takes the place of another",
            "a list of texts of 64 hexadecimal digits",
            pattern=r"^[0-9a-f]{64}$",
        ),
        "token": _form(
            "a table of texts",
            'what the claims of a token must be (`{sub = "crm"}`); of a list or a `scope`, one must be it',
            type="object",
            minProperties=1,
            additionalProperties={"type": "string", "minLength": 1, "expected": "a text"},
        ),
        "certificates": _texts(
            "names of client certificates: `CN=` and the common name, or `DNS:`, `URI:`, `IP:`, `EMAIL:` and one of "
            "the alternative names",
            "a list of names such as `CN=crm` and `DNS:crm.internal`",
            pattern=r"^(CN=|DNS:|URI:|IP:|EMAIL:).",
        ),
        "subject_types": _texts("the only types of subjects that it may ask about"),
        "actions": _texts("the only actions that it may ask about"),
        **_rates(" of this caller"),
    },
    required=["name", "permissions"],
    anyOf=[{"required": ["keys"]}, {"required": ["token"]}, {"required": ["certificates"]}],
)
JWT: Final = _table(
    "bearer tokens of an OpenID Connect provider (needs `serve.jwt` whole)",
    {
        "issuer": _text("what `iss` must be"),
        "audience": _texts("what `aud` must hold, one of them"),
        "algorithms": _texts(
            "the signatures that are taken",
            f"a list of {', '.join(f'`{name}`' for name in ALGORITHMS)}",
            enum=list(ALGORITHMS),
        ),
        "jwks": _text(
            "the provider's public keys: a file, or an `https` address that is fetched in the background",
            "a file, or an address that begins with `https://`",
            pattern=r"^(?!http://)",
        ),
        "jwks_ca": _text("the certificates that sign the provider's; without it, those of the system"),
        "leeway": _form(
            "a whole number from 0 to 300",
            "seconds that clocks may differ by; 30 when it is not given",
            type="integer",
            minimum=0,
            maximum=300,
        ),
        "refresh": _form(
            "a whole number from 5 to 86400",
            "seconds after which keys are fetched again; 300 when it is not given",
            type="integer",
            minimum=5,
            maximum=86_400,
        ),
        "max_age": _form(
            "a whole number of 60 or more",
            "seconds after which keys that could not be fetched again count no more; 86400 when it is not given",
            type="integer",
            minimum=60,
        ),
    },
    required=["issuer", "audience", "algorithms", "jwks"],
)
TLS: Final = _table(
    "TLS on the service's own port",
    {
        "certificate": _text("the certificate with its chain, a PEM file"),
        "key": _text("its private key, a PEM file"),
        "client_ca": _text("the certificates that sign those of callers, a PEM file"),
        "client_certificate": _form(
            "`optional` or `required`",
            "whether a connection without a client certificate is refused; `optional` when it is not given",
            enum=["optional", "required"],
        ),
    },
    required=["certificate", "key"],
)
SCHEMA: Final = _table(
    "the decision service",
    {
        "callers": _form("a list of tables", "who may ask", type="array", items=CALLER),
        "jwt": JWT,
        "tls": TLS,
        **_rates(" of each caller that has none of its own"),
        "max_connections": _form(
            "a whole number above 0",
            "connections of one worker; 10000 when it is not given",
            type="integer",
            minimum=1,
        ),
        "public_metrics": _form(
            "true or false",
            "whether `/metrics` needs no permission; false when it is not given",
            type="boolean",
        ),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Which bearer tokens are taken."""

    issuer: str
    audience: tuple[str, ...]
    algorithms: tuple[str, ...]
    jwks: str
    """A path that can be opened, or an `https` address."""
    jwks_ca: str | None = None
    leeway: int = 30
    refresh: int = 300
    max_age: int = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The service's certificate, and who signs those of callers; paths that can be opened."""

    certificate: str
    key: str
    client_ca: str | None = None
    client_certificate: str = "optional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The table `[serve]`, checked."""

    callers: tuple[Caller, ...] = ()
    jwt: Tokens | None = None
    tls: Tls | None = None
    max_connections: int = 10_000
    public_metrics: bool = False

    def files(self) -> list[str]:
        """The files that it names."""
        jwt, tls = self.jwt, self.tls
        named = [] if jwt is None else [jwt.jwks, jwt.jwks_ca]
        named += [] if tls is None else [tls.certificate, tls.key, tls.client_ca]
        return [name for name in named if name is not None and "://" not in name]


def read_configuration(table: Mapping[str, Any], file: str, path: Callable[[str], Path]) -> Configuration:
    """The configuration that a table holds; InputError lists everything that is wrong with it.

    `path` makes a path of the project one that can be opened.
    """
    problems = [_problem(error, file) for error in _leaves(_validator().iter_errors(table))]
    problems = problems or list(_between(table, file))
    if problems:
        raise InputError(sorted(problems, key=lambda found: str(found.args["key_"])))
    jwt, tls = table.get("jwt"), table.get("tls")
    named = {name: table[name] for name in ("max_connections", "public_metrics") if name in table}
    return Configuration(
        callers=tuple(_caller(one, table) for one in table.get("callers", ())),
        jwt=None if jwt is None else _tokens(jwt, path),
        tls=None
        if tls is None
        else Tls(**{k: v if k == "client_certificate" else str(path(v)) for k, v in tls.items()}),
        **named,
    )


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(SCHEMA)


def _leaves(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    """One error for each place that is wrong."""
    seen: set[tuple[object, ...]] = set()
    for error in errors:
        key = (error.json_path, error.message if error.validator in ("required", "additionalProperties") else "")
        if key not in seen:
            seen.add(key)
            yield error


def _problem(error: ValidationError, file: str) -> Problem:
    name = "serve" + error.json_path.removeprefix("$")
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    found: Any = error.instance
    if error.validator == "required":
        missing = next(key for key in schema["required"] if key not in found and f"'{key}'" in error.message)
        expected = schema["properties"][missing]["expected"]
        return problem("serve-missing", file, key_=f"{name}.{missing}", expected=expected)
    if error.validator == "additionalProperties":
        known = list(schema["properties"])
        wrong = next(key for key in found if key not in known)
        guess = suggestion(wrong, known)
        hint = f"; did you mean `{guess}`?" if guess else ""
        return problem("serve-unknown", file, key_=f"{name}.{wrong}", hint=hint, known=", ".join(known))
    if error.validator == "anyOf":
        return problem("serve-missing", file, key_=f"{name}.keys", expected="`keys`, `token` or `certificates`")
    return problem("serve-setting", file, key_=name, expected=schema.get("expected", "something else"))


def _between(table: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """What is wrong between settings that are right by themselves."""
    names: dict[str, int] = {}
    hashes: dict[str, int] = {}
    trusted = table.get("tls", {}).get("client_ca")
    for number, one in enumerate(table.get("callers", ())):
        at = f"serve.callers[{number}]"
        for word, seen in ((one["name"], names), *((key, hashes) for key in one.get("keys", ()))):
            if word in seen:
                key = f"{at}.{'name' if seen is names else 'keys'}"
                yield problem("serve-twice", file, key_=key, first=f"serve.callers[{seen[word]}]")
            seen.setdefault(word, number)
        if "token" in one and "jwt" not in table:
            yield problem("serve-missing", file, key_="serve.jwt", expected=f"a table, because {at} has `token`")
        if "certificates" in one and not trusted:
            expected = f"a PEM file, because {at} has `certificates`"
            yield problem("serve-missing", file, key_="serve.tls.client_ca", expected=expected)


def _caller(one: Mapping[str, Any], table: Mapping[str, Any]) -> Caller:
    rate = one.get("rate", table.get("rate"))
    burst = one.get("burst", table.get("burst"))
    if rate is not None and math.isnan(rate):  # no comparison of the schema finds it
        raise InputError([problem("serve-setting", "tutela.toml", key_="serve.rate", expected="a number above 0")])
    return Caller(
        name=one["name"],
        permissions=frozenset(one["permissions"]),
        subject_types=frozenset(one.get("subject_types", ())),
        actions=frozenset(one.get("actions", ())),
        keys=tuple(bytes.fromhex(key) for key in one.get("keys", ())),
        certificates=frozenset(map(canonical, one.get("certificates", ()))),
        token=one.get("token"),
        rate=rate,
        burst=burst or max(1, int(2 * (rate or 1))),
    )


def _tokens(jwt: Mapping[str, Any], path: Callable[[str], Path]) -> Tokens:
    jwks: str = jwt["jwks"]
    given: dict[str, Any] = {
        **jwt,
        "audience": tuple(jwt["audience"]),
        "algorithms": tuple(jwt["algorithms"]),
        "jwks": jwks if jwks.startswith("https://") else str(path(jwks)),
        "jwks_ca": str(path(jwt["jwks_ca"])) if "jwks_ca" in jwt else None,
    }
    return Tokens(**given)
