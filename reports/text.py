"""Untrusted text made safe to show, and small texts that several writers share.

Resource names, comments and SQL come from the outside: a column may be called `ESC ] 0 ; ... BEL`.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from tutela.engine.model import Finding

LIMIT: Final = 2000
"""Documents for people show this many characters of one text; those for programs show all."""

_ADDRESS: Final = re.compile(r"[a-z][a-z0-9_]*://")
_DRIVE: Final = re.compile(r"[A-Za-z]:/")
_UNSAFE_IN_JSON: Final = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def visible(text: str, limit: int = LIMIT) -> str:
    r"""Put `text` on one line, with control, format and other invisible characters as `\x1b` or `\u202e`.

    A text longer than `limit` ends in an ellipsis; a limit of 0 keeps it whole.
    """
    clipped = f"{text[:limit]}…" if limit and len(text) > limit else text
    if clipped.isprintable():
        return clipped
    return "".join(map(_shown, clipped)).strip()


def _shown(char: str) -> str:
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    if char in "\t\n\r":
        return " "
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def json_safe(document: str) -> str:
    r"""Escape in JSON what the encoder leaves and a terminal obeys; a lone surrogate becomes `\ufffd`."""
    return _UNSAFE_IN_JSON.sub(_escape, document)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return "\\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def file_of(finding: Finding) -> str:
    """The file of a finding with forward slashes, or the empty text."""
    path = finding.location.file.replace("\\", "/") if finding.location else ""
    return path.removeprefix("./")


def live(finding: Finding) -> bool:
    """Whether a finding is in a live database: its place is an address, not a file."""
    return bool(finding.location and _ADDRESS.match(finding.location.file))


def resource_name(finding: Finding) -> str:
    """What a finding is about; in a live database `database.schema.table.column`."""
    name = finding.resource_id
    if not finding.location or not live(finding) or finding.resource_type == "file":
        return name
    kind, _, rest = finding.location.file.partition("://")
    if kind == "mysql":  # its schemas are its databases
        return name
    database = rest.partition("/")[2]
    if kind in {"sqlite", "duckdb"}:
        database = PurePosixPath(database.replace("\\", "/")).stem
    return f"{database}.{name}" if database else name


def uri_of(path: str) -> str:
    """Make a URI reference of a path: relative stays relative, absolute gets the scheme `file`."""
    clean = path.encode("utf-8", "replace").decode()
    if _DRIVE.match(clean):
        return "file:///" + clean[:2] + quote(clean[2:])
    return "file://" + quote(clean) if clean.startswith("/") else quote(clean)


def tool_version() -> str:
    """The installed version of tutela; `0` where it runs without being installed."""
    from importlib import metadata

    try:
        return metadata.version("tutela")
    except metadata.PackageNotFoundError:
        return "0"
