"""Policy files on disk: folders, includes and packs, each file once; what cannot be read is told, all at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tutela.connectors import policy_files
from tutela.connectors.policy_files import MAX_INCLUDES, pack_names, read_policies
from tutela.engine.errors import PolicyError

if TYPE_CHECKING:
    from pathlib import Path

RULES = "kind: access\nid: a\nrules: [{id: A-1.x, effect: allow}]\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder, also the working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, files: dict[str, str]) -> None:
    """Write some files, with their folders."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def names(*entries: str, tests: bool = False) -> list[str]:
    """The names of the files that are read."""
    return [source.name for source in read_policies(entries, tests=tests)]


def problems(*entries: str) -> list[str]:
    """What is wrong, as `place code`."""
    with pytest.raises(PolicyError) as caught:
        read_policies(entries)
    return [f"{problem.location} {problem.code}" for problem in caught.value.problems]


def include(*paths: str) -> str:
    """A policy that includes others."""
    return f"include: [{', '.join(paths)}]\n{RULES}"


def test_a_folder_is_read_whole(project: Path) -> None:
    """All YAML files at any depth; hidden ones and policy tests are left out, tests are read when asked for."""
    write(
        project,
        {
            "p/b.yaml": RULES, "p/a.yml": RULES, "p/sub/c.yaml": RULES, "p/tests/t.yaml": RULES, "p/.git/x.yaml": RULES,
            "p/.hidden.yaml": RULES, "p/readme.md": "x", "p/x.yaml.bak": "x",
        },
    )  # fmt: skip

    assert ["p/a.yml", "p/b.yaml", "p/sub/c.yaml"] == names("p")
    assert "p/tests/t.yaml" in names("p", tests=True)


def test_a_file_is_read_once(project: Path) -> None:
    """Named twice, included twice, through a link and through `..`."""
    write(project, {"p/a.yaml": include("b.yaml", "../p/b.yaml"), "p/b.yaml": RULES})
    (project / "p" / "link.yaml").symlink_to(project / "p" / "b.yaml")

    assert ["p/a.yaml", "p/b.yaml"] == names("p/a.yaml", "p", "p/../p/b.yaml")


def test_includes_are_followed_from_the_file_that_names_them(project: Path) -> None:
    """Files, folders and packs."""
    write(
        project, {"p/a.yaml": include("sub/b.yaml", "more"), "p/sub/b.yaml": include("c.yaml"), "p/sub/c.yaml": RULES}
    )
    write(project, {"p/more/d.yaml": RULES, "e.yaml": include("pack:customer-information")})

    assert ["p/a.yaml", "p/sub/b.yaml", "p/sub/c.yaml", "p/more/d.yaml"] == names("p/a.yaml")
    assert "pack:customer-information/access.yaml" in names("e.yaml")


@pytest.mark.parametrize(
    "text",
    [
        '"include": [b.yaml]\nkind: access\n',
        "{kind: access, include: [b.yaml]}\n",
        "kind: access\n? include\n: - b.yaml\n",
        "'include' :\n  - b.yaml\n",
    ],
)
def test_an_include_is_followed_in_every_notation(project: Path, text: str) -> None:
    """A rule must never be lost because its include is written with quotes."""
    write(project, {"a.yaml": text, "b.yaml": RULES})

    assert ["a.yaml", "b.yaml"] == names("a.yaml")


def test_a_circle_of_includes_is_one_problem_at_its_place(project: Path) -> None:
    """With the whole circle in words."""
    write(project, {"a.yaml": include("b.yaml"), "b.yaml": include("c.yaml"), "c.yaml": include("a.yaml")})

    with pytest.raises(PolicyError) as caught:
        read_policies(["a.yaml"])

    (problem,) = caught.value.problems
    assert "c.yaml:1:11: include-cycle" == f"{problem.location}: {problem.code}"
    assert "a.yaml -> b.yaml -> c.yaml -> a.yaml" in problem.message()
    assert problem.source.startswith("include")


def test_a_file_that_includes_itself_is_a_circle(project: Path) -> None:
    """The shortest one."""
    write(project, {"a.yaml": include("./a.yaml")})

    assert ["a.yaml:1:11 include-cycle"] == problems("a.yaml")


def test_a_folder_that_includes_itself_is_read_once(project: Path) -> None:
    """Folders are no circle: every file of it was read already."""
    write(project, {"p/a.yaml": include("."), "p/sub/b.yaml": include("..")})

    assert ["p/a.yaml", "p/sub/b.yaml"] == names("p")


def test_includes_are_bounded_in_depth(project: Path) -> None:
    """A long chain is refused, not followed until the stack is full."""
    write(project, {f"p{n}.yaml": include(f"p{n + 1}.yaml") for n in range(600)})
    write(project, {"p600.yaml": RULES})

    assert [f"p{MAX_INCLUDES}.yaml:1:11 include-too-deep"] == problems("p0.yaml")
    assert MAX_INCLUDES + 1 == len(names(f"p{600 - MAX_INCLUDES}.yaml"))


def test_an_include_stays_in_the_project(project: Path) -> None:
    """Outside is refused, also through a link; what is missing is told."""
    write(
        project,
        {"outside.yaml": RULES, "in/a.yaml": include("../outside.yaml", "link.yaml", "none.yaml", "/etc/passwd")},
    )
    (project / "in" / "link.yaml").symlink_to(project / "outside.yaml")

    with pytest.raises(PolicyError) as caught:
        read_policies(["in/a.yaml"], root=project / "in")

    assert ["include-outside", "include-outside", "include-missing", "include-outside"] == [
        problem.code for problem in caught.value.problems
    ]


def test_everything_that_cannot_be_read_is_told_at_once(project: Path) -> None:
    """Missing, empty, binary and too large files, an unknown pack with a suggestion; paths are short everywhere."""
    write(project, {"empty.yaml": "", "good.yaml": RULES})
    (project / "binary.yaml").write_bytes(b"\x7fELF\x00\x00\x01")
    (project / "latin.yaml").write_bytes(b"kind: \xff\xff\xff")
    with (project / "large.yaml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)

    assert [
        "binary.yaml file-binary", "empty.yaml file-empty", "large.yaml file-too-large", "latin.yaml file-encoding",
        "missing.yaml file-missing", "pack:customer-informaton project-pack-unknown",
    ] == problems(
        "missing.yaml", "pack:customer-informaton", "empty.yaml", "binary.yaml", "latin.yaml", "large.yaml", "good.yaml"
    )  # fmt: skip


@pytest.mark.parametrize("entry", ["pack:../customer-information", "pack:", "pack:/etc", "pack:__pycache__", "pack:."])
def test_a_pack_is_a_name(entry: str) -> None:
    """Never a path."""
    assert [f"{entry} project-pack-unknown"] == problems(entry)


def test_the_first_pack_is_shipped() -> None:
    """And only folders with policies are packs."""
    assert "customer-information" in pack_names()


def test_a_folder_without_policies_is_an_error(project: Path) -> None:
    """As a folder, and as no entry at all: never an empty set of rules in silence."""
    write(project, {"p/readme.md": "x", "p/tests/t.yaml": RULES})

    assert ["p policy-none"] == problems("p")
    assert [". policy-none"] == problems()


def test_a_folder_that_cannot_be_listed_is_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold the rules that deny."""
    write(project, {"p/a.yaml": RULES, "p/locked/b.yaml": RULES})
    listed = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)

    assert ["p/locked file-unreadable"] == [line.replace(f"{project}/", "") for line in problems("p")]


def test_an_unreadable_file_is_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the system's reason."""
    write(project, {"p/a.yaml": RULES, "p/b.yaml": RULES})
    from tutela.engine.errors import InputError, Location, Problem

    def read_text(path: Path, *, limit: int) -> str:
        if path.name == "b.yaml":
            raise InputError([Problem(code="file-unreadable", location=Location(str(path)), args={"reason": "no"})])
        assert limit
        return RULES

    monkeypatch.setattr(policy_files, "read_text", read_text)

    assert ["file-unreadable"] == [line.split(" ")[1] for line in problems("p")]


def test_an_include_of_the_wrong_form_is_left_to_the_schema(project: Path) -> None:
    """Reading does not crash on it, and the loader refuses it."""
    for text in ("include: b.yaml\n", "include: [5, {a: 1}, null]\n", "include: [\n", "- include\n"):
        write(project, {"a.yaml": text})

        assert ["a.yaml"] == names("a.yaml")


def test_no_policy_is_left_out_in_silence(tmp_path: Path) -> None:
    """Upper-case endings, linked folders (loops, too) and escaped include keys are all read."""
    rules = "kind: access\nid: {}\nrules: []\n"
    (tmp_path / "policies").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "policies" / "a.YAML").write_text(rules.format("a"), encoding="utf-8")
    (tmp_path / "elsewhere" / "b.yaml").write_text(rules.format("b"), encoding="utf-8")
    (tmp_path / "policies" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "policies" / "loop").symlink_to(tmp_path / "policies")
    (tmp_path / "c.txt").write_text(rules.format("c"), encoding="utf-8")
    escaped = 'kind: access\nid: d\n"\\u0069nclude": [../c.txt]\n'
    (tmp_path / "policies" / "d.yaml").write_text(escaped, encoding="utf-8")
    found = read_policies([tmp_path / "policies"], root=tmp_path)

    assert ["a.YAML", "b.yaml", "c.txt", "d.yaml"] == sorted(source.name.rpartition("/")[2] for source in found)
