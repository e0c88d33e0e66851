"""Bundles: one file with everything that decisions need of a project, and who signed it.

A bundle is a container (`bundle_tar`) of a manifest, signatures (when it is signed), and the files that the manifest
lists, in its order. Where keys are given, nothing but the container and the signatures is read before they fit.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.loader import Source

from . import bundle_manifest, bundle_signatures
from .bundle_manifest import Listed, digest_of_manifest, read_manifest
from .bundle_signatures import check_signatures, read_signatures, sign, write_signatures
from .bundle_tar import Entry, pack, unpack
from .files import decode, read_bytes
from .policy_files import PACK, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from .bundle_keys import PublicKey
    from .bundle_manifest import Manifest
    from .bundle_signatures import Signature

LIMIT: Final = 512 * 1024 * 1024
"""Bytes that a bundle may have; it is held in memory."""
SUFFIXES: Final = (".tutela", ".bundle")
LATEST: Final = "latest"
"""The file in a folder that names its newest bundle."""
PACKS: Final = "packs/"
PROJECT: Final = "project/"
OUTSIDE: Final = "outside/"
POLICIES: Final = (PACKS, PROJECT, OUTSIDE)
"""Below which names the policy files stand: of packs, of the project, and from elsewhere."""
REGISTERS: Final = "registers/"
TAXONOMY: Final = "taxonomy/"
"""Below which the taxonomy stands, what was made for it, and the rules of lineage."""
_UP: Final = "up"


@dataclass(frozen=True, slots=True)
class Bundle:
    """An opened bundle: whole, and signed by a trusted key where keys were given."""

    file: str
    manifest: Manifest
    digest: str
    """`sha256:` and 64 digits of the manifest: it stands for every byte but the signatures."""
    signatures: tuple[Signature, ...]
    signers: tuple[str, ...]
    """The ids of the trusted keys that signed it; empty when it was opened without keys."""
    contents: Mapping[str, bytes | memoryview]

    def text(self, path: str) -> str:
        """The text of a file in the bundle; InputError when it has no such file, or no text in it."""
        if path not in self.contents:
            _refuse("bundle-entry-missing", self.file, name=path)
        return decode(bytes(self.contents[path]), f"{self.file}/{path}", ("utf-8",))

    def below(self, *starts: str) -> list[str]:
        """The names of files that start so, in the order of the manifest."""
        return [path for path in self.contents if path.startswith(starts)]

    def sources(self) -> list[Source]:
        """The policy files, under the names that they have in their project."""
        return [Source(named(path), self.text(path)) for path in self.below(*POLICIES)]

    def to_bytes(self) -> bytes:
        """The file: the same for the same bundle and signatures."""
        head = [Entry(bundle_manifest.NAME, self.manifest.to_bytes())]
        if self.signatures:
            head.append(Entry(bundle_signatures.NAME, write_signatures(self.signatures)))
        return pack([*head, *(Entry(path, data) for path, data in self.contents.items())])

    def signed(self, key: Ed25519PrivateKey) -> Bundle:
        """The bundle with the signature of a key more; that of the same key is replaced."""
        added = sign(self.digest, key)
        kept = [signature for signature in self.signatures if signature.key != added.key]
        return replace(self, signatures=tuple(sorted((*kept, added))))


def make_bundle(manifest: Manifest, files: Mapping[str, bytes], file: str) -> Bundle:
    """A new bundle, not signed; the manifest's list of files is made here. Names are checked by who chose them."""
    ordered = dict(sorted(files.items()))
    whole = replace(manifest, files=tuple(Listed.of(path, data) for path, data in ordered.items()))
    return Bundle(file, whole, digest_of_manifest(whole.to_bytes()), (), (), ordered)


def is_bundle(entry: str | Path) -> bool:
    """Whether a policy entry is a bundle, by its name: `x.tutela`, `x.bundle`, or the pointer `latest`."""
    path = Path(entry)
    if str(entry).startswith(PACK) or path.is_dir():
        return False
    return path.suffix.lower() in SUFFIXES or path.name == LATEST


def bundle_file(path: Path) -> Path:
    """The file of a bundle: itself, or what the pointer `latest` names beside it; InputError for a bad pointer."""
    if path.name != LATEST:
        return path
    name = read_bytes(path, limit=1024).decode("utf-8", "replace").removesuffix("\n")
    if name != os.path.basename(name) or Path(name).suffix.lower() not in SUFFIXES or not name.isprintable():  # noqa: PTH119 (of text)
        raise InputError([Problem(code="bundle-pointer", location=Location(shown(path)))])
    return path.with_name(name)


def open_bundle(path: str | Path, keys: Sequence[PublicKey] = ()) -> Bundle:
    """Read a bundle whole; with keys, one of them must have signed it.

    InputError when it cannot be read, is not whole, was changed, or is not signed as it must be.
    """
    file = bundle_file(Path(path))
    return parse_bundle(read_bytes(file, limit=LIMIT), shown(file), keys)


def parse_bundle(data: bytes, file: str, keys: Sequence[PublicKey] = ()) -> Bundle:
    """The bundle of these bytes, as `open_bundle` reads it from a file."""
    entries = unpack(data, file)
    if not entries or entries[0].name != bundle_manifest.NAME:
        _refuse("bundle-not", file)
    head, *rest = entries
    signatures: tuple[Signature, ...] = ()
    if rest and rest[0].name == bundle_signatures.NAME:
        signatures = read_signatures(rest.pop(0).data, file)
    digest = digest_of_manifest(head.data)
    signers = check_signatures(signatures, digest, keys, file) if keys else ()
    manifest = read_manifest(head.data, file)
    _compare(manifest, rest, file)
    return Bundle(file, manifest, digest, signatures, signers, dict(rest))


def _compare(manifest: Manifest, entries: Iterable[Entry], file: str) -> None:
    """Refuse files that are other than the manifest says, all at once."""
    listed = {entry.path: entry for entry in manifest.files}
    found = {name: Listed.of(name, data) for name, data in entries}
    wrong = [("bundle-entry-missing", name) for name in listed if name not in found]
    for name, entry in found.items():
        if name not in listed:
            wrong.append(("bundle-entry-unlisted", name))
        elif entry != listed[name]:
            wrong.append(("bundle-entry-changed", name))
    if not wrong and list(found) != [entry.path for entry in manifest.files]:
        wrong.append(("bundle-entry-order", ""))
    if wrong:
        raise InputError(Problem(code=code, location=Location(file), args={"name": name}) for code, name in wrong)


def place_of(path: Path, packs: Path, root: Path) -> str:
    """The name in a bundle of a policy file: of a pack, below the project's folder, or from elsewhere."""
    if path.is_relative_to(packs):
        return PACKS + path.relative_to(packs).as_posix()
    if path.is_relative_to(root):
        return PROJECT + path.relative_to(root).as_posix()
    steps = Path(os.path.relpath(path, root)).parts
    return OUTSIDE + "/".join(_UP if step == ".." else step for step in steps)


def named(path: str) -> str:
    """The name under which problems and reasons show a policy file of a bundle."""
    if path.startswith(PACKS):
        return PACK + path.removeprefix(PACKS)
    return path.removeprefix(PROJECT)


def _refuse(code: str, file: str, **args: object) -> NoReturn:
    raise InputError([Problem(code=code, location=Location(file), args=args)])
