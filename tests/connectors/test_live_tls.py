"""TLS to real servers: who they are is checked when the address says so, and what fails is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tutela.connectors.live import read_live
from tutela.engine.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def checking(address: str, authority: Path) -> str:
    """The address with the options by which a server must prove who it is."""
    if address.startswith("mysql"):
        return f"{address}?ssl_ca={authority}&ssl_verify_cert=true&ssl_verify_identity=true"
    return f"{address}?sslmode=verify-full&sslrootcert={authority}"


def unencrypted(address: str) -> str:
    """The address with the option to send everything in the clear."""
    return f"{address}?ssl_disabled=true" if address.startswith("mysql") else f"{address}?sslmode=disable"


def problem(address: str) -> str:
    """The code of the one problem that reading meets."""
    with pytest.raises(InputError) as raised:
        read_live(address)
    (found,) = raised.value.problems
    return found.code


def test_a_server_that_proves_who_it_is(encrypted: str, authorities: tuple[Any, Any]) -> None:
    """Its certificate is signed by the authority, and for the host of the address."""
    schema = read_live(checking(encrypted, authorities[0].certificate))

    assert ["customer"] == [table.name for table in schema.tables]


def test_a_certificate_of_another_authority(encrypted: str, authorities: tuple[Any, Any]) -> None:
    """Who signed it is not trusted, so nothing is read."""
    assert "live-tls" == problem(checking(encrypted, authorities[1].certificate))


def test_a_certificate_for_another_host(encrypted: str, authorities: tuple[Any, Any]) -> None:
    """The certificate says 127.0.0.1, and the address another name of the same machine."""
    assert "live-tls" == problem(checking(encrypted.replace("127.0.0.1", "localhost"), authorities[0].certificate))


def test_a_server_that_wants_encryption_is_not_asked_without(encrypted: str) -> None:
    """The server's refusal is told as one."""
    assert "live-refused" == problem(unencrypted(encrypted))
