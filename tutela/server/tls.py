"""TLS on the service's own port, and the names in the certificates of callers."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.errors import InputError

from .refusals import problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .configuration import Tls

KINDS: Final[Mapping[str, str]] = {"DNS": "DNS", "URI": "URI", "IP Address": "IP", "email": "EMAIL"}
"""Sorts of alternative names, as Python calls them -> as the configuration does."""


def make_context(tls: Tls) -> ssl.SSLContext:
    """The context of a configuration, TLS 1.2 or later; InputError names the file that cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    load_certificate(context, tls)
    if tls.client_ca is not None:
        try:
            context.load_verify_locations(cafile=tls.client_ca)
        except (OSError, ssl.SSLError) as error:
            raise _unusable(tls.client_ca, error) from None
        required = tls.client_certificate == "required"
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return context


def load_certificate(context: ssl.SSLContext, tls: Tls) -> None:
    """Take the certificate of a configuration for the connections to come; InputError when it cannot be used."""
    try:
        # A passphrase would be asked for on a terminal that a service has not.
        context.load_cert_chain(tls.certificate, tls.key, password=lambda: "")
    except (OSError, ssl.SSLError, ValueError) as error:
        raise _unusable(f"{tls.certificate}, {tls.key}", error) from None


def _unusable(files: str, error: Exception) -> InputError:
    reason = error.reason if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
    return InputError([problem("serve-tls", files, reason=reason or "no PEM file, or one with a passphrase")])


def names_of(certificate: Mapping[str, Any] | None) -> frozenset[str]:
    """The names in a client certificate that was verified, each with its kind: `CN=crm`, `DNS:crm.internal`."""
    if not certificate:
        return frozenset()
    common = [f"CN={value}" for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    other = [f"{KINDS[kind]}:{value}" for kind, value in certificate.get("subjectAltName", ()) if kind in KINDS]
    return frozenset([*common, *other])
