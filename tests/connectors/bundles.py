"""A small bundle, keys, and hostile files in the form of one; shared by the tests beside it."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.bundle import Bundle, make_bundle, parse_bundle
from tutela.connectors.bundle_keys import Passphrase, make_pair, read_private, read_public
from tutela.connectors.bundle_manifest import Manifest
from tutela.engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from tutela.connectors.bundle_keys import PublicKey

RULES = "kind: access\nid: a\nrules: [{id: A-1.x, effect: allow}]\n"
POLICY = "project/policies/a.yaml"
REGISTER = "registers/people.yaml"
MANIFEST = Manifest(
    name="small", revision="r1", created="2026-11-20T10:00:00Z", tutela="0.1.0", policies=f"sha256:{'0' * 64}", files=()
)
Edit = tuple[tarfile.TarInfo, bytes]


def small() -> Bundle:
    """A bundle of two files, not signed."""
    return make_bundle(MANIFEST, {POLICY: RULES.encode(), REGISTER: b"[]\n"}, "small.tutela")


def key_pair(folder: Path, name: str) -> tuple[Ed25519PrivateKey, PublicKey]:
    """A new pair of keys, by way of its files."""
    public, _, _ = make_pair(folder / f"{name}.pem", Passphrase())
    return read_private(folder / f"{name}.pem", Passphrase()), read_public(public)


def entries(data: bytes) -> list[Edit]:
    """The files of a bundle as Python's own reader of tar files finds them."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        return [(entry, tar.extractfile(entry).read()) for entry in tar]  # type: ignore[union-attr]


def tar_of(edits: list[Edit], form: int = tarfile.USTAR_FORMAT) -> bytes:
    """A tar file that Python's own writer makes of some entries, cut after the two blocks that end it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:", format=form) as tar:
        for entry, data in edits:
            tar.addfile(entry, io.BytesIO(data))
        end = tar.offset
    return stream.getvalue()[:end] + bytes(1024)


def changed(change: Callable[[list[Edit]], object], form: int = tarfile.USTAR_FORMAT) -> bytes:
    """The small bundle after a change of its entries."""
    found = entries(small().to_bytes())
    change(found)
    return tar_of(found, form)


def codes(data: bytes, *keys: PublicKey) -> list[str]:
    """Why these bytes are refused."""
    with pytest.raises(InputError) as caught:
        parse_bundle(data, "x.tutela", keys)
    return [problem.code for problem in caught.value.problems]
