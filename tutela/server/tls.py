"""TLS on the service's own port, and the names in the certificates of callers."""

from __future__ import annotations

import ssl
import sys
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from tutela.connectors.files import read_bytes
from tutela.engine.errors import InputError

from .refusals import problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .configuration import Tls

LIMIT: Final = 16 << 20
"""Bytes of a file with authorities."""
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


class Port:
    """The TLS of the service's own port: its context, and what connections to come are held to when files change."""

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self._trusted = _authorities(tls)
        self._since = 0.0
        """When other authorities took the place of the first ones."""
        self.context = self._fresh = make_context(tls)

    def renew(self) -> None:
        """Take certificate and authorities as the files have them now; InputError when they cannot be used."""
        load_certificate(self.context, self._tls)
        trusted = _authorities(self._tls)
        if trusted == self._trusted and self._fresh is self.context:
            return
        # A context forgets no authority: connections are given another one as they begin.
        self._fresh = make_context(self._tls)
        if trusted != self._trusted:
            self._trusted, self._since = trusted, time.time()
        self.context.sni_callback = self._begin
        sys.unraisablehook = _hear

    def _begin(self, connection: Any, _name: str | None, _context: ssl.SSLContext) -> int | None:  # noqa: ANN401 (a socket, or what stands for one)
        """Hold a connection to the authorities of now; of an earlier session nobody would look at the certificate."""
        if connection.session_reused and connection.session.time <= self._since:
            return ssl.ALERT_DESCRIPTION_ACCESS_DENIED
        connection.context = self._fresh
        return None


def _hear(fault: sys.UnraisableHookArgs) -> None:
    """Say nothing of a server's name that is no text: whoever begins a connection could fill the log with them."""
    if not (isinstance(fault.exc_value, UnicodeError) and isinstance(fault.object, bytes)):
        sys.__unraisablehook__(fault)


def _authorities(tls: Tls) -> bytes:
    return read_bytes(tls.client_ca, limit=LIMIT) if tls.client_ca is not None else b""


def _unusable(files: str, error: Exception) -> InputError:
    reason = error.reason if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
    return InputError([problem("serve-tls", files, reason=reason or "no PEM file, or one with a passphrase")])


def canonical(name: str) -> str:
    """A name with its kind, in the one form that equal names have: `DNS:crm.internal`, `IP:2001:db8::1`."""
    kind, colon, value = name.partition(":")
    if kind == "DNS":
        value = value.lower()
    elif kind == "IP":
        with suppress(ValueError):
            value = ip_address(value).compressed
    return f"{kind}{colon}{value}"


def names_of(certificate: Mapping[str, Any] | None) -> frozenset[str]:
    """The names in a client certificate that was verified, each with its kind: `CN=crm`, `DNS:crm.internal`."""
    if not certificate:
        return frozenset()
    common = [f"CN={value}" for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    other = [
        canonical(f"{KINDS[kind]}:{value}") for kind, value in certificate.get("subjectAltName", ()) if kind in KINDS
    ]
    return frozenset([*common, *other])
