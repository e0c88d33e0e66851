"""Files as they were at a revision of their git repository, laid out in a scratch folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tutela.engine.errors import InputError, Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TIMEOUT: Final = 300
"""Seconds that git may take for one answer."""
FILE: Final = ("100644", "100755", "100664")
"""Modes of ordinary files: links and submodules have no content of their own."""
HOOK: Final = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What git sets for its hooks."""


class _Blob(NamedTuple):
    digest: str
    name: str
    """Below the top of the repository, as it is now: a file that was renamed since has its new name."""


def is_revision(rev: str, near: Path) -> bool:
    """Whether git knows a commit by this name in the repository around a path."""
    try:
        return bool(_commit(_top(rev, near), rev))
    except InputError:
        return False


def describe(near: Path) -> str | None:
    """What git calls the work tree around a path: a tag or commit, `-dirty` where it differs; None when git cannot."""
    try:
        told = _git(near, "describe", "--always", "--tags", "--dirty", "--abbrev=12")
    except (InputError, OSError):
        return None
    return os.fsdecode(told).strip() or None


def at_revision(rev: str, sources: Sequence[Path], scratch: Path) -> list[Path]:
    """Lay out in `scratch` what some files and folders were at a revision; what was not there is left out.

    InputError when there is no git, no repository or no such revision, or a source is outside the repository.
    """
    top = _top(rev, sources[0])
    commit = _commit(top, rev)
    if not commit:
        shallow = _git(top, "rev-parse", "--is-shallow-repository").strip() == b"true"
        raise _problem("diff-shallow" if shallow else "diff-revision-unknown", rev, rev=rev)
    names = [_inside(top, source, rev) for source in sources]
    renamed = list(_renamed(top, commit))
    for name in names:
        _extract(top, [*_listed(top, commit, name), *_came_into(top, commit, name, renamed)], scratch)
    return [scratch / name for name in names if (scratch / name).exists()]


def commit_of(repository: Path, rev: str) -> str:
    """The commit that a revision of a repository names, bare or not; InputError when there is none."""
    if not repository.is_dir():
        raise _problem("git-repository", str(repository), reason="there is no such folder")
    found = _run(repository, "rev-parse", "--git-dir")
    if found.returncode:
        told = found.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise _problem("git-repository", str(repository), reason=told)
    commit = _commit(repository, rev)
    if not commit:
        raise _problem("git-revision", str(repository), rev=rev)
    return commit


def tree_at(repository: Path, rev: str, scratch: Path) -> str:
    """Lay out in `scratch` all files of a revision, and return its commit; no hook, filter or work tree takes part.

    InputError as `commit_of`.
    """
    commit = commit_of(repository, rev)
    _extract(repository, list(_listed(repository, commit, ".")), scratch)
    return commit


def _top(rev: str, near: Path) -> Path:
    folder = Path(os.path.realpath(near))
    while not folder.is_dir():
        folder = folder.parent
    return Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel", rev=rev).removesuffix(b"\n")))


def _commit(top: Path, rev: str) -> str:
    done = _run(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    return done.stdout.decode("ascii", "replace").strip() if done.returncode == 0 else ""


def _inside(top: Path, source: Path, rev: str) -> str:
    found, root = Path(os.path.realpath(source)), Path(os.path.realpath(top))
    if not found.is_relative_to(root):
        raise _problem("diff-outside", str(source), file=source, rev=rev)
    return found.relative_to(root).as_posix()


def _renamed(top: Path, commit: str) -> Iterator[tuple[str, str]]:
    """The old and new names of files that git takes for renamed between the commit and the work tree."""
    told = _git(
        top, "diff", "--no-ext-diff", "--no-textconv", "--name-status", "-z", "-M", "--diff-filter=R", commit, "--"
    )
    parts = [os.fsdecode(part) for part in told.split(b"\0")[:-1]]
    for _, old, new in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield old, new


def _listed(top: Path, commit: str, name: str) -> Iterator[_Blob]:
    """The files of a name: itself, or everything below it."""
    path = ["--", name] if name != "." else []
    for entry in _git(top, "ls-tree", "-r", "-z", "--full-tree", commit, *path).split(b"\0")[:-1]:
        head, _, found = entry.partition(b"\t")
        mode, kind, digest = head.decode("ascii").split()
        if kind == "blob" and mode in FILE:
            yield _Blob(digest, os.fsdecode(found))


def _came_into(top: Path, commit: str, name: str, renamed: Sequence[tuple[str, str]]) -> Iterator[_Blob]:
    """The files that have come to a name, or below it, from elsewhere."""
    for old, new in renamed:
        if _below(new, name) and not _below(old, name):
            for blob in _listed(top, commit, old):
                yield _Blob(blob.digest, new)


def _below(path: str, name: str) -> bool:
    return name in {".", path} or path.startswith(f"{name}/")


def _extract(top: Path, blobs: Sequence[_Blob], scratch: Path) -> None:
    """Write blobs as they are stored: no attribute of the repository leaves one out or changes it."""
    asked = "".join(f"{blob.digest}\n" for blob in blobs).encode()
    told = _git(top, "cat-file", "--batch", stdin=asked) if blobs else b""
    at = 0
    for blob in blobs:
        end = told.index(b"\n", at)
        size = int(told[at:end].rsplit(b" ", 1)[1])
        target = scratch / blob.name
        if ".." not in target.parts:  # git itself makes no such name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(told[end + 1 : end + 1 + size])
        at = end + size + 2


def _git(folder: Path, *args: str, stdin: bytes = b"", rev: str = "") -> bytes:
    """What git answers; InputError with git's own words when it refuses."""
    done = _run(folder, *args, stdin=stdin)
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = told[0].removeprefix("fatal: ") if told else f"exit status {done.returncode}"
        raise _problem("diff-no-git", rev or args[0], rev=rev, reason=reason)
    return done.stdout


def _run(folder: Path, *args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    git = shutil.which("git")
    if git is None:
        raise _problem("diff-no-git", args[-1], rev=args[-1], reason="git is not installed")
    # No monitor of files, no pager, no question to a terminal; the repository is that of the files, also in a hook.
    safe = ["-c", "core.fsmonitor=false", "--no-pager", "--literal-pathspecs", "--no-optional-locks"]
    try:
        return subprocess.run(  # noqa: S603 (a fixed program, arguments as a list, revisions after --end-of-options)
            [git, *safe, *args],
            cwd=folder,
            env={**{k: v for k, v in os.environ.items() if k not in HOOK}, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
            input=stdin,
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        reason = f"no answer in {TIMEOUT} seconds"
        raise _problem("diff-no-git", args[0], rev=args[-1], reason=reason) from None


def _problem(code: str, where: str, **args: object) -> InputError:
    return InputError([Problem(code=code, location=Location(where), args=args)])
