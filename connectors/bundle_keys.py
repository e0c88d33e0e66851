"""Keys that sign bundles: Ed25519 in PEM. The passphrase of a private one comes from a variable or the keyring."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from tutela.engine.errors import InputError, Location, Problem

from .files import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PASSPHRASE: Final = "TUTELA_BUNDLE_PASSPHRASE"  # noqa: S105 (the name of the variable)
LIMIT: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are held against."""

    file: str
    id: str
    """`sha256:` and 64 digits of the key's DER form."""
    key: Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Passphrase:
    """Where the passphrase of a private key stands; it is never an argument of a command."""

    env: str = ""
    """A variable; empty = `TUTELA_BUNDLE_PASSPHRASE`, where it is set."""
    keyring: str = ""
    """The service under which the system's keyring holds it; the user is the name of the key file."""

    def find(self, path: Path) -> bytes | None:
        """The passphrase for a key file, or None when nothing is said about one; InputError when it is not there."""
        if self.env:
            found = os.environ.get(self.env)
            if not found:
                _fail("bundle-variable", path, name=self.env)
            return found.encode()
        if self.keyring:
            return _from_keyring(self.keyring, path).encode()
        found = os.environ.get(PASSPHRASE)
        return found.encode() if found else None


def read_public(path: str | Path) -> PublicKey:
    """The public key in a PEM file; InputError when there is none."""
    _needed(path)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    data = read_bytes(path, limit=LIMIT)
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        _fail("bundle-key-public", path)
    if not isinstance(key, Ed25519PublicKey):
        _fail("bundle-key-public", path)
    return PublicKey(str(path), key_id(key), key)


def read_publics(paths: Iterable[str | Path]) -> tuple[PublicKey, ...]:
    """The public keys of some files; InputError with the problems of all of them."""
    keys: list[PublicKey] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            keys.append(read_public(path))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(keys)


def read_private(path: str | Path, passphrase: Passphrase) -> Ed25519PrivateKey:
    """The private key in a PEM file; a passphrase is asked for only when the key is encrypted."""
    _needed(path)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = read_bytes(path, limit=LIMIT)
    locked = b"ENCRYPTED" in data
    secret = passphrase.find(Path(path)) if locked else None
    if locked and secret is None:
        _fail("bundle-passphrase-missing", path)
    try:
        key = load_pem_private_key(data, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        _fail("bundle-passphrase-wrong" if locked else "bundle-key-private", path)
    if not isinstance(key, Ed25519PrivateKey):
        _fail("bundle-key-private", path)
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """`sha256:` and 64 digits of a public key: what `openssl pkey -pubin -outform DER | sha256sum` prints."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"sha256:{hashlib.sha256(der).hexdigest()}"


def make_pair(path: Path, passphrase: Passphrase) -> tuple[Path, str, bool]:
    """Write a new private key, its owner's alone, and its public key as NAME.pub.pem beside it; neither is replaced.

    The file of the public key, its id, and whether the private one is encrypted.
    """
    _needed(path)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    public = path.with_name(f"{path.stem}.pub.pem")
    for file in (path, public):
        if os.path.lexists(file):
            _fail("bundle-key-exists", file)
    secret = passphrase.find(path)
    key = Ed25519PrivateKey.generate()
    locked = NoEncryption() if secret is None else BestAvailableEncryption(secret)
    _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked), 0o600)
    shown = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write(public, shown, 0o644)
    return public, key_id(key.public_key()), secret is not None


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write a new file with these rights from its first byte on."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        _fail("bundle-key-exists", path)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(descriptor)


def _from_keyring(service: str, path: Path) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        _fail("bundle-keyring", path, reason="the package `keyring` is not installed")
    try:
        found = keyring.get_password(service, path.name)
    except (KeyringError, RuntimeError, OSError) as error:
        _fail("bundle-keyring", path, reason=type(error).__name__)
    if not found:
        _fail("bundle-keyring", path, reason=f"it has no entry `{service}` for the user `{path.name}`")
    return found


def _needed(path: str | Path) -> None:
    """Say what to install, before anything else is said about a key."""
    if find_spec("cryptography") is None:
        _fail("bundle-package", path)


def _fail(code: str, path: str | Path, **args: object) -> NoReturn:
    problem = Problem(code=code, location=Location(str(path)), args=args)
    raise InputError([problem]) from None
