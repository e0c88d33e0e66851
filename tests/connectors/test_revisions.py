"""Files as they were at a revision, from real repositories."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tutela.connectors.revisions import at_revision, is_revision
from tutela.engine.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *args: str) -> None:
    """Run git as somebody."""
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit: db/a.sql, db/更新.sql, x.sql; the attributes would leave a.sql out of archives."""
    top = tmp_path / "repository"
    (top / "db").mkdir(parents=True)
    (top / "db" / "a.sql").write_text("one\n" * 20, encoding="utf-8")
    (top / "db" / "更新.sql").write_bytes(b"two\r\n\0")
    (top / "x.sql").write_text("three\n" * 20, encoding="utf-8")
    (top / ".gitattributes").write_text("*.sql export-ignore\n", encoding="utf-8")
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "first")
    return top


def laid_out(rev: str, sources: list[Path], scratch: Path) -> dict[str, bytes]:
    """The files that a revision gives, by their names."""
    at_revision(rev, sources, scratch)
    return {path.relative_to(scratch).as_posix(): path.read_bytes() for path in scratch.rglob("*") if path.is_file()}


def test_files_and_folders_as_they_were(repository: Path, tmp_path: Path) -> None:
    """Bytes are those of the commit, whatever happened since and whatever attributes say."""
    (repository / "db" / "a.sql").write_text("changed\n", encoding="utf-8")
    (repository / "db" / "b.sql").write_text("new\n", encoding="utf-8")
    (repository / "db" / "更新.sql").unlink()
    found = laid_out("HEAD", [repository / "db"], tmp_path / "scratch")

    assert {"db/a.sql": b"one\n" * 20, "db/更新.sql": b"two\r\n\0"} == found


def test_the_whole_repository(repository: Path, tmp_path: Path) -> None:
    """Its top is a source like any other."""
    found = laid_out("main", [repository], tmp_path / "scratch")

    assert {".gitattributes", "db/a.sql", "db/更新.sql", "x.sql"} == set(found)


def test_a_file_that_did_not_exist_is_left_out(repository: Path, tmp_path: Path) -> None:
    """It is all new."""
    new = repository / "new.sql"
    new.write_text("new\n", encoding="utf-8")

    assert [] == at_revision("HEAD", [new], tmp_path / "scratch")


def test_a_renamed_file_has_its_new_name(repository: Path, tmp_path: Path) -> None:
    """Also when it moves into the folder that is asked about, and when the folder itself is renamed."""
    git(repository, "mv", "x.sql", "db/x.sql")
    git(repository, "mv", "db", "migrations")
    found = laid_out("HEAD", [repository / "migrations"], tmp_path / "scratch")

    assert {"migrations/a.sql": b"one\n" * 20, "migrations/x.sql": b"three\n" * 20} == {
        name: content for name, content in found.items() if "更新" not in name
    }


def test_links_and_names_like_options(repository: Path, tmp_path: Path) -> None:
    """A link has no content of its own; a name is never an option or a pattern."""
    (repository / "link.sql").symlink_to("/etc/passwd")
    (repository / "-o.sql").write_text("option\n", encoding="utf-8")
    (repository / "[a].sql").write_text("pattern\n", encoding="utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "second")
    (repository / "link.sql").unlink()
    (repository / "link.sql").write_text("a file now\n", encoding="utf-8")
    sources = [repository / name for name in ("-o.sql", "[a].sql", "link.sql")]

    assert {"-o.sql": b"option\n", "[a].sql": b"pattern\n"} == laid_out("HEAD", sources, tmp_path / "scratch")


@pytest.mark.parametrize("rev", ["nope", "--output=/tmp/x", "-h", "", "HEAD:x.sql", "0" * 40, "HEAD~5", "a b", "@{99}"])
def test_an_unknown_revision(repository: Path, tmp_path: Path, rev: str) -> None:
    """One problem that names it, and nothing laid out."""
    with pytest.raises(InputError) as caught:
        at_revision(rev, [repository / "db"], tmp_path / "scratch")

    assert ["diff-revision-unknown"] == [problem.code for problem in caught.value.problems]
    assert not (tmp_path / "scratch").exists()


def test_a_shallow_clone_says_so(repository: Path, tmp_path: Path) -> None:
    """The commit may be there, only not here."""
    git(repository, "commit", "-qm", "second", "--allow-empty")
    git(tmp_path, "clone", "-q", "--depth", "1", repository.as_uri(), "shallow")
    with pytest.raises(InputError) as caught:
        at_revision("HEAD~1", [tmp_path / "shallow" / "db"], tmp_path / "scratch")

    assert ["diff-shallow"] == [problem.code for problem in caught.value.problems]


def test_outside_of_every_repository(repository: Path, tmp_path: Path) -> None:
    """A folder without git, and a file beside the repository."""
    for sources, code in ([tmp_path], "diff-no-git"), ([repository, tmp_path / "x.sql"], "diff-outside"):
        with pytest.raises(InputError) as caught:
            at_revision("HEAD", sources, tmp_path / "scratch")

        assert [code] == [problem.code for problem in caught.value.problems]


def test_without_git(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem says that git is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError) as caught:
        at_revision("HEAD", [repository], tmp_path / "scratch")

    assert "git is not installed" in caught.value.render()
    assert not is_revision("HEAD", repository)


def test_in_a_hook(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git sets for its hooks does not lead to another repository."""
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere")

    assert is_revision("HEAD", repository / "db")
    assert {"x.sql"} == set(laid_out("HEAD", [repository / "x.sql"], tmp_path / "scratch"))
