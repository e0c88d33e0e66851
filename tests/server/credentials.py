"""Certificates, keys and tokens of the tests, made anew for each run."""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

ISSUER = "https://login.example.com"
AUDIENCE = "tutela"


@dataclass(frozen=True)
class Authority:
    """Somebody who signs certificates."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @staticmethod
    def make(name: str = "tests") -> Authority:
        """An authority that nobody else knows."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = _builder(subject, subject, key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        return Authority(key, made.sign(key, hashes.SHA256()))

    def write(self, path: Path) -> str:
        """The authority's own certificate as a file."""
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return str(path)

    def issue(self, folder: Path, name: str, *alternative: str, days: int = 1) -> tuple[str, str]:
        """A certificate and its key as files, for a common name and `DNS:` or `URI:` or `IP:` names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(subject, self.certificate.subject, key, days)
        if alternative:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_name(n) for n in alternative]), critical=False
            )
        made = builder.sign(self.key, hashes.SHA256())
        certificate, private = folder / f"{name}.pem", folder / f"{name}.key"
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return str(certificate), str(private)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int = 1
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=days))
    )


def _name(text: str) -> x509.GeneralName:
    kind, _, value = text.partition(":")
    if kind == "IP":
        return x509.IPAddress(ipaddress.ip_address(value))
    return x509.UniformResourceIdentifier(value) if kind == "URI" else x509.DNSName(value)


@dataclass(frozen=True)
class Signer:
    """A provider's key: its name, its sort of signature, and itself."""

    name: str
    algorithm: str
    key: Any

    @staticmethod
    def make(name: str, algorithm: str = "ES256") -> Signer:
        """A key that nobody else has."""
        if algorithm.startswith("ES"):
            return Signer(name, algorithm, ec.generate_private_key(ec.SECP256R1()))
        if algorithm == "EdDSA":
            return Signer(name, algorithm, ed25519.Ed25519PrivateKey.generate())
        return Signer(name, algorithm, rsa.generate_private_key(65537, 2048))

    def public(self) -> dict[str, Any]:
        """The public half, as a provider publishes it."""
        made = jwt.get_algorithm_by_name(self.algorithm)
        found: dict[str, Any] = json.loads(made.to_jwk(self.key.public_key()))
        return {**found, "kid": self.name, "use": "sig"}

    def pem(self) -> bytes:
        """The public half as text."""
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        found: bytes = self.key.public_key().public_bytes(encoding, form)
        return found

    def token(self, *, head: dict[str, Any] | None = None, **claims: Any) -> str:  # noqa: ANN401 (claims)
        """A token for the service, with other claims where they are given; None leaves one away."""
        now = int(time.time())
        all_ = {"iss": ISSUER, "aud": AUDIENCE, "sub": "crm", "iat": now, "exp": now + 600, **claims}
        stated = {name: value for name, value in all_.items() if value is not None}
        heads = {"kid": self.name, **(head or {})}
        return jwt.encode(stated, self.key, self.algorithm, {k: v for k, v in heads.items() if v is not None})


def key_set(*signers: Signer) -> str:
    """The public keys of a provider."""
    return json.dumps({"keys": [signer.public() for signer in signers]})


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _claims() -> bytes:
    return json.dumps({"iss": ISSUER, "aud": AUDIENCE, "sub": "crm", "exp": int(time.time()) + 600}).encode()


def unsigned(**head: str) -> str:
    """A token that nobody signed."""
    return f"{_part(json.dumps({'alg': 'none', **head}).encode())}.{_part(_claims())}."


def shared_secret(signer: Signer) -> str:
    """A token sealed with a public key, which everybody has, as if it were a secret."""
    head = json.dumps({"alg": "HS256", "kid": signer.name}).encode()
    signed = f"{_part(head)}.{_part(_claims())}"
    return f"{signed}.{_part(hmac.digest(signer.pem(), signed.encode(), 'sha256'))}"
