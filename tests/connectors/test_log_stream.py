"""Packed logs and the standard input: the same events as of the plain file, and what is cut is never clean."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tutela.connectors import log_stream
from tutela.connectors.audit_engines import whole
from tutela.connectors.logs import read_log
from tutela.engine.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tutela.engine.events import Event, Hole

COUNT = 5_000
ROWS = [
    {"at": "2026-11-20T10:00:00+08:00", "account": f"wang{n * n}", "action": "read", "tables": ["t"]}
    for n in range(COUNT)
]
PLAIN = "".join(json.dumps(row) + "\n" for row in ROWS).encode()


def _zstd(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        zstd = pytest.importorskip("backports.zstd")
    # As the command-line tool does it: without a check sum nobody can tell that a byte has changed.
    packed: bytes = zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})
    return packed


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zstd": _zstd,
}
packed = pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)


def read(path: Path | str) -> list[Event | Hole]:
    """Everything in a log."""
    return list(read_log(path))


@packed
def test_a_packed_log_says_the_same(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """The kind is told by the first bytes, not by the name; several members in a row are one log."""
    log = tmp_path / "plain.log"
    log.write_bytes(PLAIN)
    plain = read(log)
    log.write_bytes(pack(PLAIN[: PLAIN.index(b"\n") + 1]) + pack(PLAIN[PLAIN.index(b"\n") + 1 :]))

    assert COUNT == len(plain)
    assert plain == read(log)


@packed
def test_a_packed_log_that_is_cut_is_refused(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Wherever it ends, its end is missing, also behind a whole line."""
    log = tmp_path / "cut.log"
    data = pack(PLAIN)
    for length in (len(data) - 1, len(data) - 9, len(data) * 2 // 3):
        log.write_bytes(data[:length])
        with pytest.raises(InputError) as raised:
            list(whole(read_log(log)))
        assert raised.value.problems[0].code in {"log-cut", "log-damaged"}


@packed
def test_a_damaged_log_is_refused(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """A flipped byte in the middle is noticed, at the latest at the end."""
    log = tmp_path / "damaged.log"
    data = bytearray(pack(PLAIN))
    data[len(data) // 2] ^= 0xFF
    log.write_bytes(data)
    with pytest.raises(InputError) as raised:
        list(whole(read_log(log)))

    assert raised.value.problems[0].code in {"log-cut", "log-damaged", "log-binary"}


def test_what_is_no_log_inside(tmp_path: Path) -> None:
    """Unpacked it is judged as a plain file is: empty, binary, of no known format."""
    log = tmp_path / "x.gz"
    for content, code in ((b"", "log-empty"), (b"\0\1", "log-binary"), (b"hello\n", "log-format-unknown")):
        log.write_bytes(gzip.compress(content))
        with pytest.raises(InputError) as raised:
            read_log(log)
        assert code == raised.value.problems[0].code


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_standard_input(pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe can be read only once, and that is enough."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pack(PLAIN))))

    assert COUNT == len(read("-"))


def test_a_library_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem names what to install."""

    def absent(_stream: Any) -> Any:  # noqa: ANN401 (stands in for what unpacks)
        raise ImportError("backports.zstd")

    monkeypatch.setitem(log_stream._UNPACK, "zstd", absent)  # pyright: ignore[reportPrivateUsage]
    log = tmp_path / "x.zst"
    log.write_bytes(b"\x28\xb5\x2f\xfd")
    with pytest.raises(InputError, match=r"log-library .*backports\.zstd"):
        read_log(log)
