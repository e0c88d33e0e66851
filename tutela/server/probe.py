"""Is the service on this machine ready? `python -m tutela.server.probe`, for whoever looks after its container.

Whether it speaks TLS is found out by asking, not in the settings: those may be edited while it runs, or stand in git.
"""

from __future__ import annotations

import http.client
import ssl
import sys
from http import HTTPStatus
from typing import Final

import click

HERE: Final = "127.0.0.1"
SECONDS: Final = 2.0
"""How long an answer may take."""


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8181, show_default=True, help="Where it listens.")
@click.option("--certificate", help="A client certificate to show, a PEM file, where one is required.")
@click.option("--key", help="Its private key, a PEM file.")
def main(port: int, certificate: str | None, key: str | None) -> None:
    """Print what `/readyz` says; exit status 0 when the service is ready, 1 when it is not, or nobody answers."""
    try:
        status, body = _ask(port, certificate, key)
    except (OSError, http.client.HTTPException) as error:
        click.echo(f"no answer: {error or type(error).__name__}", err=True)
        sys.exit(1)
    click.echo(body)
    sys.exit(0 if status == HTTPStatus.OK else 1)


def _ask(port: int, certificate: str | None, key: str | None) -> tuple[int, str]:
    """Status and body of `/readyz`. First without TLS: a port that speaks TLS hangs up, and counts no request."""
    try:
        return _answer(http.client.HTTPConnection(HERE, port, timeout=SECONDS))
    except (TimeoutError, ConnectionRefusedError):
        raise
    except (OSError, http.client.HTTPException):
        return _answer(http.client.HTTPSConnection(HERE, port, timeout=SECONDS, context=_context(certificate, key)))


def _context(certificate: str | None, key: str | None) -> ssl.SSLContext:
    """TLS that takes any certificate: this machine itself is asked, under no name, and told nothing that is secret."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def _answer(connection: http.client.HTTPConnection) -> tuple[int, str]:
    try:
        connection.request("GET", "/readyz")
        found = connection.getresponse()
        return found.status, found.read().decode("utf-8", "replace")
    finally:
        connection.close()


if __name__ == "__main__":
    main()
