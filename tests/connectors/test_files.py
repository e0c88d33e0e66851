"""Files are read bounded, strictly decoded, and every fault is one clear problem."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.files import decode, read_bytes, read_text
from tutela.engine.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "CREATE TABLE 客户 (\n  手机 varchar(20)\n);\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        b"\xff\xfe" + TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("gb18030"),
    ],
    ids=["utf-8", "utf-8-bom", "utf-16-le-bom", "utf-16-be-bom", "utf-16-le", "utf-16-be", "gb18030"],
)
def test_every_encoding_gives_the_same_text(tmp_path: Path, data: bytes) -> None:
    """The encoding is found by the mark, else by what decodes strictly."""
    path = tmp_path / "schema.sql"
    path.write_bytes(data)

    assert TEXT == read_text(path, limit=1000)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file-empty"),
        (b" \n\t\n", "file-empty"),
        (b"\xef\xbb\xbf", "file-empty"),
        (b"PK\x03\x04\x00\x00\x08binary\x00\x01", "file-binary"),
        (bytes(range(256)) * 20, "file-binary"),
        (b"abc \xff\xff\xff", "file-encoding"),
        (b"\xff\xfea", "file-encoding"),
        (b"x" * 101, "file-too-large"),
    ],
)
def test_every_fault_is_one_problem(tmp_path: Path, data: bytes, code: str) -> None:
    """What is no text of an allowed size is refused with a code of its own."""
    path = tmp_path / "x.sql"
    path.write_bytes(data)

    with pytest.raises(InputError) as caught:
        read_text(path, limit=100 if code == "file-too-large" else 10_000)

    assert [code] == [problem.code for problem in caught.value.problems]
    assert caught.value.problems[0].message("zh") != caught.value.problems[0].message("en")


def test_missing_and_folder(tmp_path: Path) -> None:
    """A path that is nothing, goes through a file, or is a folder, is named as that."""
    (tmp_path / "f").write_text("x")
    codes: list[str] = []
    for path in (tmp_path / "none", tmp_path / "f" / "g", tmp_path, "a\0b"):
        with pytest.raises(InputError) as caught:
            read_bytes(path, limit=10)
        codes += [problem.code for problem in caught.value.problems]

    assert ["file-missing", "file-missing", "file-directory", "file-missing"] == codes


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path: Path) -> None:
    """A file without the right to read it is unreadable."""
    path = tmp_path / "x"
    path.write_text("x")
    path.chmod(0)

    with pytest.raises(InputError, match="file-unreadable"):
        read_bytes(path, limit=10)


def test_other_failures_of_the_system_are_unreadable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Any error of the operating system becomes a problem with its reason."""

    def fail(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "x"
    path.write_text("x")
    monkeypatch.setattr("pathlib.Path.open", fail)

    with pytest.raises(InputError, match="cannot be read: permission denied"):
        read_bytes(path, limit=10)


def test_a_large_file_is_never_read_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file over the limit is refused by its size, before a byte of it is read."""
    path = tmp_path / "big.sql"
    with path.open("wb") as stream:
        stream.truncate(100 << 20)

    def opened(*_: object) -> None:
        pytest.fail("it was opened")

    monkeypatch.setattr("pathlib.Path.open", opened)

    with pytest.raises(InputError, match="file-too-large"):
        read_text(path, limit=1 << 20)


def test_standard_input_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads the standard input, up to the limit."""

    class Stdin:
        """A stand-in that counts what is read from it."""

        def __init__(self, data: bytes) -> None:
            self.buffer = io.BytesIO(data)

    monkeypatch.setattr("sys.stdin", Stdin(b"hello"))
    read = read_text("-", limit=5)
    endless = Stdin(b"x" * 10_000)
    monkeypatch.setattr("sys.stdin", endless)
    with pytest.raises(InputError, match="file-too-large"):
        read_text("-", limit=100)

    assert read == "hello"
    assert endless.buffer.tell() == 101


def test_encodings_may_be_narrowed() -> None:
    """A caller that wants UTF-8 only gets an error for anything else."""
    with pytest.raises(InputError, match="file-encoding"):
        decode(TEXT.encode("gb18030"), "x", ["utf-8"])
