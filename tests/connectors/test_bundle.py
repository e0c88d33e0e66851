"""Bundles are read as they were written, or not at all: every other file is refused with one clear problem."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutela.connectors import bundle as bundles
from tutela.connectors import bundle_tar
from tutela.connectors.bundle import bundle_file, is_bundle, make_bundle, named, open_bundle, parse_bundle, place_of
from tutela.connectors.bundle_tar import Entry, pack, unpack, usable_name
from tutela.engine.errors import InputError

from .bundles import MANIFEST, POLICY, REGISTER, RULES, changed, codes, entries, small, tar_of

if TYPE_CHECKING:
    from pathlib import Path

    from .bundles import Edit

WHOLE = small().to_bytes()
NAMES = st.from_regex(r"[a-z客户]{1,12}(/[A-Za-z0-9._ -]{1,40}x){0,4}", fullmatch=True).filter(usable_name)


@given(st.dictionaries(NAMES, st.binary(max_size=1500), max_size=6))
def test_a_container_gives_back_what_was_put_in(files: dict[str, bytes]) -> None:
    """Any names and contents; and Python's own reader, which is another one, finds the same."""
    data = pack(Entry(name, content) for name, content in files.items())

    if files:
        assert list(files.items()) == [(name, bytes(content)) for name, content in unpack(data, "x")]
        assert list(files.items()) == [(entry.name, content) for entry, content in entries(data)]


def test_a_bundle_gives_back_what_was_put_in() -> None:
    """Manifest, files and digest; written again it is the same file, in whatever order its files were given."""
    found = parse_bundle(WHOLE, "x.tutela")
    turned = make_bundle(MANIFEST, {REGISTER: b"[]\n", POLICY: RULES.encode()}, "other.tutela")

    assert small().manifest == found.manifest
    assert small().digest == found.digest
    assert RULES == found.text(POLICY)
    assert [("policies/a.yaml", RULES)] == found.sources()
    assert WHOLE == found.to_bytes() == turned.to_bytes()


def info(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    """An entry of a tar file."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def added(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", form: int = tarfile.USTAR_FORMAT) -> bytes:
    """The small bundle with an entry more."""
    return changed(lambda found: found.append((info(name, kind, target), b"")), form)


def touched(**attributes: object) -> bytes:
    """The small bundle, one entry of which has other attributes."""

    def change(found: list[Edit]) -> None:
        for name, value in attributes.items():
            setattr(found[1][0], name, value)

    return changed(change)


def with_data(data: bytes) -> bytes:
    """The small bundle with another policy file of its own size."""

    def change(found: list[Edit]) -> None:
        found[1][0].size = len(data)
        found[1] = (found[1][0], data)

    return changed(change)


def other_manifest(**values: object) -> bytes:
    """The small bundle with other values in its manifest; None takes one out."""

    def change(found: list[Edit]) -> None:
        document = {**json.loads(found[0][1]), **values}
        data = json.dumps({key: value for key, value in document.items() if value is not None}).encode()
        found[0][0].size = len(data)
        found[0] = (found[0][0], data)

    return changed(change)


def written(at: int, data: bytes) -> bytes:
    """The small bundle with other bytes at a place."""
    return WHOLE[:at] + data + WHOLE[at + len(data) :]


def zipped() -> bytes:
    """The small bundle's files as a zip file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        for entry, data in entries(WHOLE):
            out.writestr(entry.name, data)
    return stream.getvalue()


HOSTILE: dict[str, tuple[bytes, str]] = {
    "text": (b"kind: access\n" * 100, "bundle-not"),
    "a few bytes": (b"\0", "bundle-not"),
    "an empty tar": (bytes(1024), "bundle-not"),
    "a tar of something else": (tar_of([(info("a.txt"), b"")]), "bundle-not"),
    "gzip": (gzip.compress(WHOLE), "bundle-compressed"),
    "a gzip bomb": (gzip.compress(bytes(50_000_000)), "bundle-compressed"),
    "zip": (zipped(), "bundle-compressed"),
    "a symbolic link": (added("link", tarfile.SYMTYPE, "/etc/passwd"), "bundle-entry-kind"),
    "a hard link": (added("link", tarfile.LNKTYPE, POLICY), "bundle-entry-kind"),
    "a folder": (added("folder", tarfile.DIRTYPE), "bundle-entry-kind"),
    "a device": (added("null", tarfile.CHRTYPE), "bundle-entry-kind"),
    "a pipe": (added("pipe", tarfile.FIFOTYPE), "bundle-entry-kind"),
    "an old plain file": (added("old", tarfile.AREGTYPE), "bundle-entry-kind"),
    "an extended header": (added("客" * 200, form=tarfile.PAX_FORMAT), "bundle-entry-kind"),
    "a long name of GNU": (added("x" * 200, form=tarfile.GNU_FORMAT), "bundle-entry-header"),
    "an absolute name": (added("/etc/passwd"), "bundle-entry-name"),
    "a name upwards": (added("project/../../x.yaml"), "bundle-entry-name"),
    "a name of here": (added("./x.yaml"), "bundle-entry-name"),
    "a name of Windows": (added("C:\\x.yaml"), "bundle-entry-name"),
    "a name with an escape": (added("x\x1b[2J.yaml"), "bundle-entry-name"),
    "twice": (changed(lambda found: found.append(found[1])), "bundle-entry-twice"),
    "more": (added("project/policies/b.yaml"), "bundle-entry-unlisted"),
    "less": (changed(lambda found: found.pop()), "bundle-entry-missing"),
    "turned": (changed(lambda found: found.reverse()), "bundle-not"),
    "files turned": (changed(lambda found: found.append(found.pop(1))), "bundle-entry-order"),
    "another file": (with_data(RULES.replace("allow", "deny").encode()), "bundle-entry-changed"),
    "another file of the same size": (with_data(RULES.replace("A-1", "A-2").encode()), "bundle-entry-changed"),
    "a time": (touched(mtime=1), "bundle-entry-header"),
    "an owner": (touched(uname="root"), "bundle-entry-header"),
    "other rights": (touched(mode=0o4755), "bundle-entry-header"),
    "a size in base 256": (written(124, b"\x80" + bytes(10) + b"\x05"), "bundle-entry-header"),
    "a negative size": (written(124, b"\xff" * 12), "bundle-entry-header"),
    "a huge size": (tar_of([(info("manifest.json"), b"")])[:124] + b"77777777777\0" + bytes(376), "bundle-not"),
    "a wrong sum": (written(148, b"0000000\0"), "bundle-entry-header"),
    "something between": (written(512 + len(small().manifest.to_bytes()), b"x"), "bundle-entry-header"),
    "something behind": (WHOLE + b"x", "bundle-trailing"),
    "blocks behind": (WHOLE + bytes(512), "bundle-trailing"),
    "half an end": (WHOLE[:-512] + b"x" * 512, "bundle-trailing"),
    "another format": (other_manifest(format=2), "bundle-format"),
    "no format": (other_manifest(format=None), "key-missing"),
    "no name": (other_manifest(name=None), "key-missing"),
    "a name that is a path": (other_manifest(name="../x"), "value-malformed"),
    "a key more": (other_manifest(run="rm"), "key-unknown"),
    "a setting more": (other_manifest(settings={"sampling": "allowed"}), "key-unknown"),
    "no list": (other_manifest(files={}), "type-wrong"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_was_not_written_as_a_bundle_is_refused(name: str) -> None:
    """One problem, which says what is wrong, in both languages."""
    data, code = HOSTILE[name]

    assert [code] == codes(data)
    with pytest.raises(InputError) as caught:
        parse_bundle(data, "x.tutela")
    assert "?" not in caught.value.problems[0].message("en")
    assert caught.value.problems[0].message("zh") != caught.value.problems[0].message("en")


def test_what_an_entry_is_has_its_chinese() -> None:
    """Links, folders, devices and pipes."""
    for name, word in (
        ("a symbolic link", "符号链接"),
        ("a folder", "文件夹"),
        ("a device", "设备文件"),
        ("a pipe", "管道"),
    ):
        with pytest.raises(InputError) as caught:
            parse_bundle(HOSTILE[name][0], "x.tutela")
        assert word in caught.value.problems[0].message("zh")


def test_a_bundle_that_is_cut_off_is_refused_wherever() -> None:
    """At every length."""
    found = {code for size in range(512, len(WHOLE)) for code in codes(WHOLE[:size])}

    assert {"bundle-truncated"} == found
    assert ["bundle-not"] == codes(WHOLE[:200])


def test_all_files_that_differ_are_told_at_once() -> None:
    """Changed, missing and added ones."""

    def change(found: list[Edit]) -> None:
        found[1:] = [(info("registers/x.yaml"), b""), (info(POLICY), b"")]

    assert ["bundle-entry-changed", "bundle-entry-missing", "bundle-entry-unlisted"] == codes(changed(change))


def test_the_manifest_is_strict_json() -> None:
    """A key that stands twice, or text that is not UTF-8, is refused."""
    for data, code in ((b'{"format": 1, "format": 1}', "json-duplicate-key"), (b"{", "json-syntax")):
        assert [code] == codes(pack([Entry("manifest.json", data)]))
    assert ["file-encoding"] == codes(pack([Entry("manifest.json", b'{"\xff": 1}')]))
    assert ["type-wrong"] == codes(pack([Entry("manifest.json", b"[]")]))


def test_a_manifest_stands_as_tutela_writes_it() -> None:
    """Else the bundle that is written again, signed or pushed, would be another one, which nobody signed."""
    entry, data = entries(WHOLE)[0]
    short = json.dumps(json.loads(data)).encode()
    entry.size = len(short)

    def change(found: list[Edit]) -> None:
        found[0] = (entry, short)

    assert ["bundle-manifest-form"] == codes(changed(change))


def test_a_bundle_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In bytes, in the bytes of its manifest, and in files."""
    file = tmp_path / "x.tutela"
    file.write_bytes(WHOLE)
    with monkeypatch.context() as patch:
        patch.setattr(bundles, "LIMIT", len(WHOLE) - 1)
        with pytest.raises(InputError, match="file-too-large"):
            open_bundle(file)
    with monkeypatch.context() as patch:
        patch.setattr("tutela.connectors.bundle_manifest.LIMIT", 10)

        assert ["file-too-large"] == codes(WHOLE)
    monkeypatch.setattr(bundle_tar, "MAX_ENTRIES", 2)

    assert ["bundle-entry-header"] == codes(WHOLE)


def test_a_file_of_a_bundle_that_is_not_text_is_refused() -> None:
    """And one that is not there."""
    found = make_bundle(MANIFEST, {POLICY: b"kind: \xff\n", REGISTER: b"a\0b"}, "small.tutela")

    for path, code in ((POLICY, "file-encoding"), (REGISTER, "file-binary"), ("x", "bundle-entry-missing")):
        with pytest.raises(InputError, match=code):
            found.text(path)


@pytest.mark.parametrize(
    ("name", "usable"),
    [
        ("a/b.yaml", True), ("客户/策略.yaml", True), ("a b.yaml", True), ("x" * 100, True),
        (f"{'x' * 90}/{'y' * 90}", True),
        ("", False), ("/a", False), ("a//b", False), ("a/", False), ("a/../b", False), (".", False), ("a\\b", False),
        ("a:b", False), ("a\nb", False), ("a\u202eb", False), ("x" * 101, False), ("客" * 34, False), ("\ud800", False),
    ],
)  # fmt: skip
def test_names_in_a_bundle(name: str, usable: bool) -> None:
    """Relative, printable, and short enough for the header of a tar file."""
    assert usable == usable_name(name)


def test_policy_files_keep_their_names(tmp_path: Path) -> None:
    """Of a pack, of the project, and from elsewhere: also in a bundle, reasons name the file that people know."""
    packs, root = tmp_path / "packs", tmp_path / "project"

    assert "packs/p/a.yaml" == place_of(packs / "p" / "a.yaml", packs, root)
    assert "pack:p/a.yaml" == named("packs/p/a.yaml")
    assert "project/policies/a.yaml" == place_of(root / "policies" / "a.yaml", packs, root)
    assert "policies/a.yaml" == named("project/policies/a.yaml")
    assert "outside/up/common/a.yaml" == place_of(tmp_path / "common" / "a.yaml", packs, root)
    assert "outside/up/common/a.yaml" == named("outside/up/common/a.yaml")


def test_bundles_are_told_by_their_name(tmp_path: Path) -> None:
    """A folder is none, whatever it is called, and neither is a pack."""
    (tmp_path / "latest").mkdir()
    (tmp_path / "x.tutela").mkdir()

    assert [True, True, True] == [is_bundle(name) for name in ("a/x.tutela", "x.BUNDLE", "a/latest")]
    assert [False, False, False] == [is_bundle(name) for name in ("x.yaml", "pack:latest", "pack:x.tutela")]
    assert not is_bundle(tmp_path / "latest")
    assert not is_bundle(tmp_path / "x.tutela")


@pytest.mark.parametrize("text", ["", "../x.tutela\n", "/x.tutela\n", "x.yaml\n", "a.tutela\nb.tutela\n", "latest\n"])
def test_a_pointer_names_a_bundle_beside_it(tmp_path: Path, text: str) -> None:
    """And nothing else."""
    (tmp_path / "latest").write_text("a.tutela\n", encoding="utf-8")

    assert tmp_path / "a.tutela" == bundle_file(tmp_path / "latest")
    (tmp_path / "latest").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="bundle-pointer" if text else "file-empty"):
        bundle_file(tmp_path / "latest")


def test_the_digest_is_that_of_the_manifest_alone() -> None:
    """Another revision is another bundle."""
    other = make_bundle(replace(MANIFEST, revision="r2"), {POLICY: RULES.encode(), REGISTER: b"[]\n"}, "x")

    assert other.digest != small().digest
    assert other.manifest.files == small().manifest.files
