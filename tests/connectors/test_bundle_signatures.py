"""Signatures: what a trusted key signed is taken, and no byte of it may differ; keys and their passphrases."""

from __future__ import annotations

import base64
import builtins
import json
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING

import keyring
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend

from tutela.connectors import bundle_keys
from tutela.connectors.bundle import Bundle, parse_bundle
from tutela.connectors.bundle_keys import PASSPHRASE, Passphrase, make_pair, read_private, read_public, read_publics
from tutela.connectors.bundle_signatures import signed_bytes
from tutela.engine.errors import InputError

from .bundles import changed, codes, entries, key_pair, small, tar_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from tutela.connectors.bundle_keys import PublicKey

    from .bundles import Edit

Pair = tuple["Ed25519PrivateKey", "PublicKey"]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The key that is trusted."""
    return key_pair(tmp_path_factory.mktemp("keys"), "release")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Another key."""
    return key_pair(tmp_path_factory.mktemp("keys"), "stranger")


@pytest.fixture(scope="module")
def signed(release: Pair) -> Bundle:
    """The small bundle, signed."""
    return small().signed(release[0])


@pytest.fixture(autouse=True)
def _no_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSPHRASE, raising=False)


def test_what_a_trusted_key_signed_is_taken(signed: Bundle, release: Pair, stranger: Pair) -> None:
    """Among several trusted keys, too; it says who signed. The digest is that of the bundle without signatures."""
    found = parse_bundle(signed.to_bytes(), "x.tutela", (stranger[1], release[1]))

    assert (release[1].id,) == found.signers
    assert small().digest == found.digest
    assert small().contents == found.contents


def test_what_no_trusted_key_signed_is_refused(signed: Bundle, release: Pair, stranger: Pair) -> None:
    """Not signed at all, or by somebody else."""
    assert ["bundle-unsigned"] == codes(small().to_bytes(), release[1])
    assert ["bundle-untrusted"] == codes(signed.to_bytes(), stranger[1])


def test_keys_change_over(signed: Bundle, release: Pair, stranger: Pair) -> None:
    """A bundle that the old and the new key signed is taken by those who know either; each signs once."""
    both = signed.signed(stranger[0]).signed(release[0])

    assert 2 == len(both.signatures)
    assert both == signed.signed(stranger[0])
    for known in ((release[1],), (stranger[1],), (release[1], stranger[1])):
        assert {key.id for key in known} == set(parse_bundle(both.to_bytes(), "x", known).signers)


def test_no_byte_of_a_signed_bundle_can_change(signed: Bundle, release: Pair) -> None:
    """At every place."""
    data = signed.to_bytes()
    for at in range(len(data)):
        assert 1 == len(codes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], release[1]))


@given(st.data())
def test_no_part_of_a_signed_bundle_can_change(signed: Bundle, release: Pair, data: st.DataObject) -> None:
    """Other bytes, bytes more and bytes less, anywhere."""
    whole = signed.to_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 600)))
    other = whole[:start] + data.draw(st.binary(max_size=600)) + whole[end:]

    if other != whole:
        assert codes(other, release[1])


def test_nothing_is_parsed_before_the_signature_fits(signed: Bundle, release: Pair, stranger: Pair) -> None:
    """A manifest and files that are no such thing are not looked at: the signature is what is wrong."""

    def change(found: list[Edit]) -> None:
        found[0][0].size = 1
        found[0] = (found[0][0], b"{")
        found.insert(1, entries(signed.to_bytes())[1])

    assert ["bundle-signature-wrong"] == codes(changed(change), release[1])
    assert ["bundle-untrusted"] == codes(changed(change), stranger[1])
    assert ["json-syntax"] == codes(changed(change))


def test_a_wrong_signature_of_a_trusted_key_is_refused_whoever_else_signed(
    signed: Bundle, release: Pair, stranger: Pair
) -> None:
    """One of two trusted keys is not outvoted by the other."""
    data = signed.signed(stranger[0]).to_bytes()
    other = base64.b64encode(release[0].sign(b"something else")).decode()
    document = json.loads(entries(data)[1][1])
    for entry in document["signatures"]:
        if entry["keyid"] == release[1].id:
            entry["sig"] = other
    found = entries(data)
    text = (json.dumps(document, indent=2) + "\n").encode()
    found[1] = (found[1][0], text)

    assert ["bundle-signature-wrong"] == codes(tar_of(found), release[1], stranger[1])
    assert ["bundle-signature-wrong"] == codes(tar_of(found), release[1])


SIGNATURES: dict[str, Callable[[dict[str, list[dict[str, str]]]], object]] = {
    "none": lambda document: {**document, "signatures": []},
    "twice": lambda document: {"signatures": document["signatures"] * 2},
    "a key more": lambda document: {**document, "x": 1},
    "a short one": lambda document: {"signatures": [{**document["signatures"][0], "sig": "AAAA"}]},
    "bits behind the end": lambda document: {
        "signatures": [{**document["signatures"][0], "sig": document["signatures"][0]["sig"][:-3] + "B=="}]
    },
    "a list": lambda document: [document],
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_stand_as_tutela_writes_them(name: str, signed: Bundle, release: Pair) -> None:
    """Also where no key is asked for."""
    found = entries(signed.to_bytes())
    text = json.dumps(SIGNATURES[name](json.loads(found[1][1])), indent=2).encode() + b"\n"
    found[1][0].size = len(text)
    found[1] = (found[1][0], text)

    assert ["bundle-signatures"] == codes(tar_of(found), release[1]) == codes(tar_of(found))


def test_too_many_signatures_are_refused(signed: Bundle, release: Pair) -> None:
    """Before they are parsed."""
    found = entries(signed.to_bytes())
    text = b" " * (1 << 17)
    found[1][0].size = len(text)
    found[1] = (found[1][0], text)

    assert ["bundle-signatures"] == codes(tar_of(found), release[1])


def test_what_is_signed_says_what_it_is() -> None:
    """The encoding that docs/bundles.md explains: whoever has it can sign and verify without tutela."""
    digest = f"sha256:{'0' * 64}"

    assert f"DSSEv1 36 application/vnd.tutela.bundle.digest 71 {digest}".encode() == signed_bytes(digest)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_openssl_signs_and_verifies_the_same(signed: Bundle, release: Pair, tmp_path: Path) -> None:
    """Another implementation holds our signature for right, and we take its key."""
    private, public, shown = tmp_path / "k.pem", tmp_path / "k.pub", tmp_path / "signed"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    again = small().signed(read_private(private, Passphrase()))
    (tmp_path / "sig").write_bytes(again.signatures[0].value)
    shown.write_bytes(signed_bytes(small().digest))
    checked = subprocess.run(
        [
            "openssl",
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            public,
            "-rawin",
            "-in",
            shown,
            "-sigfile",
            tmp_path / "sig",
        ],
        check=False,
    )

    assert 0 == checked.returncode
    assert parse_bundle(again.to_bytes(), "x", [read_public(public)]).signers
    assert again != signed
    assert release[1].id != read_public(public).id


def test_a_new_key_is_its_owners_alone_and_replaces_none(tmp_path: Path) -> None:
    """The private key has the rights 0600; a second one of that name is refused, and the first stays."""
    private = tmp_path / "k.pem"
    public, identity, locked = make_pair(private, Passphrase())
    before = private.read_bytes()

    assert 0o600 == stat.S_IMODE(private.stat().st_mode)
    assert (tmp_path / "k.pub.pem", False) == (public, locked)
    assert read_public(public).id == identity
    with pytest.raises(InputError, match="bundle-key-exists"):
        make_pair(private, Passphrase())
    private.unlink()
    with pytest.raises(InputError, match="bundle-key-exists"):
        make_pair(private, Passphrase())
    (tmp_path / "link.pem").symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(InputError, match="bundle-key-exists"):
        make_pair(tmp_path / "link.pem", Passphrase())
    assert before
    assert not private.exists()


def test_a_private_key_is_encrypted_with_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from a variable; without it, or with another one, the key stays closed."""
    monkeypatch.setenv("MINE", "correct horse")
    make_pair(tmp_path / "k.pem", Passphrase("MINE"))

    assert b"ENCRYPTED" in (tmp_path / "k.pem").read_bytes()
    assert read_private(tmp_path / "k.pem", Passphrase("MINE"))
    with pytest.raises(InputError, match="bundle-passphrase-missing"):
        read_private(tmp_path / "k.pem", Passphrase())
    monkeypatch.setenv(PASSPHRASE, "battery staple")
    with pytest.raises(InputError, match="bundle-passphrase-wrong") as caught:
        read_private(tmp_path / "k.pem", Passphrase())
    assert "staple" not in str(caught.value)
    with pytest.raises(InputError, match="bundle-variable"):
        read_private(tmp_path / "k.pem", Passphrase("NOBODYS"))
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    assert read_private(tmp_path / "k.pem", Passphrase())


class Ring(KeyringBackend):
    """A keyring that knows one passphrase."""

    priority = 1  # pyright: ignore[reportAssignmentType]

    def get_password(self, service: str, username: str) -> str | None:
        """The one it knows."""
        return "from the ring" if (service, username) == ("tutela", "k.pem") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Not needed."""

    def delete_password(self, service: str, username: str) -> None:
        """Not needed."""


def test_the_keyring_holds_the_passphrase(tmp_path: Path) -> None:
    """Under a service, for the name of the key's file."""
    before = keyring.get_keyring()
    keyring.set_keyring(Ring())  # type: ignore[no-untyped-call]
    try:
        make_pair(tmp_path / "k.pem", Passphrase(keyring="tutela"))

        assert read_private(tmp_path / "k.pem", Passphrase(keyring="tutela"))
        with pytest.raises(InputError, match="bundle-keyring"):
            read_private(tmp_path / "k.pem", Passphrase(keyring="other"))
    finally:
        keyring.set_keyring(before)


def test_other_keys_are_refused(tmp_path: Path, release: Pair) -> None:
    """RSA, text, a private key for a public one and the other way round; all at once, where there are several."""
    other = rsa.generate_private_key(65537, 2048)
    private = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "rsa.pem").write_bytes(private)
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "rsa.pub.pem").write_bytes(public)
    (tmp_path / "text.pem").write_text("key\n", encoding="utf-8")
    for name in ("rsa.pem", "text.pem", "rsa.pub.pem"):
        with pytest.raises(InputError, match="bundle-key-private"):
            read_private(tmp_path / name, Passphrase())
    with pytest.raises(InputError) as caught:
        read_publics([tmp_path / "rsa.pub.pem", tmp_path / "rsa.pem", tmp_path / "text.pem", tmp_path / "none.pem"])

    assert {"bundle-key-public": 3, "file-missing": 1} == {
        code: [problem.code for problem in caught.value.problems].count(code)
        for code in ("bundle-key-public", "file-missing")
    }
    assert release[1].id.startswith("sha256:")


def test_without_the_package_nothing_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and what to install; a bundle can be read without it where nobody asks for a signature."""
    monkeypatch.setattr(bundle_keys, "find_spec", _absent)
    for read in (
        lambda: read_public(tmp_path / "k.pub.pem"),
        lambda: read_private(tmp_path / "k.pem", Passphrase()),
        lambda: make_pair(tmp_path / "k.pem", Passphrase()),
    ):
        with pytest.raises(InputError, match="bundle-package"):
            read()

    monkeypatch.setattr(builtins, "__import__", _without_cryptography(builtins.__import__))
    assert parse_bundle(small().to_bytes(), "x").manifest


def _absent(_name: str) -> None:
    """What `find_spec` says of a package that is not there."""


def _without_cryptography(real: Callable[..., object]) -> Callable[..., object]:
    def load(name: str, *rest: object, **more: object) -> object:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *rest, **more)

    return load


def test_the_keyring_may_be_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is said so, in both languages."""
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    with pytest.raises(InputError, match="bundle-keyring") as caught:
        make_pair(tmp_path / "k.pem", Passphrase(keyring="tutela"))

    assert "未安装" in caught.value.problems[0].message("zh")
