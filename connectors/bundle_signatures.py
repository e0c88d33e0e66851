"""Signatures of a bundle: Ed25519 over the digest of its manifest, in the pre-authentication encoding of DSSE.

The manifest has the digest of every file, so one signature stands for every byte. The encoding says what is signed,
so that no signature over something else can be shown as one over a bundle.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

import orjson

from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.validation import validate

from .bundle_keys import key_id
from .files import decode
from .register_files import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from .bundle_keys import PublicKey

NAME: Final = "signatures.json"
TYPE: Final = "application/vnd.tutela.bundle.digest"
LIMIT: Final = 64 * 1024
SCHEMA: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["signatures"],
    "properties": {
        "signatures": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["keyid", "sig"],
                "properties": {
                    "keyid": {"type": "string", "pattern": r"^sha256:[0-9a-f]{64}\Z"},
                    "sig": {"type": "string", "pattern": r"^[A-Za-z0-9+/]{86}==\Z"},
                },
            },
        }
    },
}


class Signature(NamedTuple):
    """One signature: the id of its key, and 64 bytes."""

    key: str
    value: bytes


def signed_bytes(digest: str) -> bytes:
    """What is signed for a bundle's digest: `DSSEv1`, then type and digest, each after its length."""
    return b"DSSEv1 %d %b %d %b" % (len(TYPE), TYPE.encode(), len(digest), digest.encode())


def sign(digest: str, key: Ed25519PrivateKey) -> Signature:
    """Sign the digest of a bundle."""
    return Signature(key_id(key.public_key()), key.sign(signed_bytes(digest)))


def write_signatures(signatures: Iterable[Signature]) -> bytes:
    """Signatures as they stand in a bundle, one a key, in the order of their keys."""
    found = sorted(dict(signatures).items())
    listed = [{"keyid": key, "sig": base64.b64encode(value).decode()} for key, value in found]
    return orjson.dumps({"signatures": listed}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_signatures(data: bytes | memoryview, file: str) -> tuple[Signature, ...]:
    """The signatures of these bytes; InputError when they are other bytes than would be written."""
    if len(data) > LIMIT:
        _refuse("bundle-signatures", file)
    where = f"{file}/{NAME}"
    document = read_json(decode(bytes(data), where, ("utf-8",)), where)
    if document.problems or validate(document, SCHEMA, "bundle-signatures"):
        _refuse("bundle-signatures", file)
    listed: Any = document.data
    found = tuple(Signature(entry["keyid"], base64.b64decode(entry["sig"])) for entry in listed["signatures"])
    if write_signatures(found) != data:
        _refuse("bundle-signatures", file)
    return found


def check_signatures(
    signatures: Sequence[Signature], digest: str, keys: Sequence[PublicKey], file: str
) -> tuple[str, ...]:
    """The ids of the trusted keys that signed a digest, at least one; InputError when none did.

    A signature that names a trusted key and is not by it refuses the bundle, whoever else signed.
    """
    from cryptography.exceptions import InvalidSignature

    if not signatures:
        _refuse("bundle-unsigned", file)
    trusted = {key.id: key for key in keys}
    signers: list[str] = []
    for key, value in signatures:
        if key in trusted:
            try:
                trusted[key].key.verify(value, signed_bytes(digest))
            except InvalidSignature:
                _refuse("bundle-signature-wrong", file, key=key)
            signers.append(key)
    if not signers:
        _refuse("bundle-untrusted", file, found=", ".join(key for key, _ in signatures), known=", ".join(trusted))
    return tuple(signers)


def _refuse(code: str, file: str, **args: object) -> NoReturn:
    raise InputError([Problem(code=code, location=Location(file), args=args)]) from None
