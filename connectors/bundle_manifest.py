"""The manifest of a bundle: what it is, and the digest of every file in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.plain import is_map
from tutela.engine.validation import validate

from .files import decode
from .register_files import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME: Final = "manifest.json"
FORMAT: Final = 1
LIMIT: Final = 8 * 1024 * 1024
SETTINGS: Final = ("dialect", "default_schema", "lang")
"""Settings of the project that stay the same wherever the bundle is used."""
BUNDLE_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
REVISION: Final = r"^[!-~]{1,200}\Z"
_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 200}
_DIGEST: Final = {"type": "string", "pattern": r"^sha256:[0-9a-f]{64}\Z"}
SCHEMA: Final[Mapping[str, object]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["format", "name", "revision", "created", "tutela", "policies", "settings", "files"],
    "properties": {
        "format": {"const": FORMAT},
        "name": {"type": "string", "pattern": BUNDLE_NAME},
        "revision": {"type": "string", "pattern": REVISION},
        "created": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z"},
        "tutela": _TEXT,
        "policies": _DIGEST,
        "settings": {
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(SETTINGS, _TEXT),
        },
        "files": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["path", "size", "sha256"],
                "properties": {
                    "path": {"type": "string", "minLength": 1, "maxLength": 300},
                    "size": {"type": "integer", "minimum": 0},
                    "sha256": {"type": "string", "pattern": r"^[0-9a-f]{64}\Z"},
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the manifest has it: its name, its bytes, and 64 digits of its SHA-256."""

    path: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: str, data: bytes | memoryview) -> Listed:
        """A file with this content."""
        return cls(path, len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bundle is, and what is in it."""

    name: str
    revision: str
    created: str
    """`2026-11-20T10:00:00Z`."""
    tutela: str
    """The version that built it."""
    policies: str
    """`PolicySet.digest` of its policies."""
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    files: tuple[Listed, ...]

    def to_bytes(self) -> bytes:
        """The manifest as it stands in the bundle: indented JSON."""
        files = [{"path": entry.path, "size": entry.size, "sha256": entry.sha256} for entry in self.files]
        document = {
            "format": FORMAT, "name": self.name, "revision": self.revision, "created": self.created,
            "tutela": self.tutela, "policies": self.policies, "settings": dict(self.settings), "files": files,
        }  # fmt: skip
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_manifest(data: bytes | memoryview, file: str) -> Manifest:
    """The manifest of these bytes; InputError with every problem.

    They must be those that `to_bytes` gives: a bundle that is written again has to be the one that was signed.
    """
    where = f"{file}/{NAME}"
    if len(data) > LIMIT:
        args = {"file": where, "limit": LIMIT}
        raise InputError([Problem(code="file-too-large", location=Location(where), args=args)])
    document = read_json(decode(bytes(data), where, ("utf-8",)), where)
    if document.problems:
        raise InputError(document.problems)
    found = document.data
    # Of another format nothing else can be said.
    number = found.get("format") if is_map(found) else None
    if isinstance(number, int | str) and number != FORMAT:
        args = {"found": f"`{number}`", "known": FORMAT}
        raise InputError([Problem(code="bundle-format", location=Location(where), args=args)])
    if problems := validate(document, SCHEMA, "bundle-manifest"):
        raise InputError(problems)
    whole = cast("dict[str, Any]", found)
    files = tuple(Listed(**entry) for entry in whole["files"])
    manifest = Manifest(**{key: value for key, value in whole.items() if key not in {"format", "files"}}, files=files)
    if manifest.to_bytes() != data:
        raise InputError([Problem(code="bundle-manifest-form", location=Location(where))])
    return manifest


def digest_of_manifest(data: bytes | memoryview) -> str:
    """`sha256:` and 64 digits of a manifest's bytes: the digest of the bundle, and what is signed."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
