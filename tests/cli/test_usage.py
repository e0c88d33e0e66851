"""What is wrong with a command line is said in the language that was asked for, with exit status 2."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.cli.usage import USAGE

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    Tool = Callable[..., subprocess.CompletedProcess[str]]

CLI = Path(__file__).parents[2] / "tutela" / "cli"
WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")
"""Three English words in a row."""


def _raised() -> Iterator[str]:
    """Every text that a command refuses its options with."""
    for path in sorted(CLI.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("UsageError", "fail"):
                text = node.args[0]
                parts = text.values if isinstance(text, ast.JoinedStr) else [text]
                yield "".join(map(_filled, parts))


def _filled(part: ast.expr) -> str:
    """A piece of a text; hints may be absent, and their own words stand in the table with what they follow."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    return "" if "id='hint'" in ast.dump(part) else "XX"


@pytest.mark.parametrize("text", sorted(set(_raised())))
def test_every_refusal_has_its_chinese(text: str) -> None:
    """Whatever stands in the gaps."""
    assert USAGE.chinese(text), text


@pytest.mark.parametrize(("english", "chinese"), USAGE.phrases.items())
def test_nothing_is_lost(english: str, chinese: str) -> None:
    """Both languages have the same gaps."""
    assert english.count("{}") == chinese.count("{}")


@pytest.mark.parametrize(
    "command",
    [
        ["chekc"], ["check", "--langg", "zh"], ["check", "--nothing-like-it"], ["lint", "--fail-on", "foo"],
        ["lint", "-f", "htm"], ["audit"], ["audit", "a", "b"], ["rewrite", "SELECT 1"], ["share", "chek"],
        ["decide", "--as-of", "yesterday", "requests/read.yaml"], ["serve", "--port", "99999"],
        ["serve", "--port", "a"],
        ["rule", "NOPE"], ["rule", "RET-05"], ["schema", "foo"], ["lint", "--explain"], ["lint", "--exit-zero=1"],
        ["init", "/dev/null/x"], ["lint", "-o", "/dev/null/x", "-f", "html"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_chinese_command_line_is_refused_in_chinese(tutela: Tool, project: Path, command: list[str]) -> None:
    """No English sentence is left, and the same command fails in English, too."""
    english = tutela(*command, cwd=project)
    chinese = tutela(*command, cwd=project, env={"TUTELA_LANG": "zh"})

    assert (2, 2) == (english.returncode, chinese.returncode)
    assert "rror: " in english.stderr
    assert "错误:" in chinese.stderr
    assert not WORDS.search(chinese.stderr)


@pytest.mark.parametrize("flag", [["--lang", "zh"], ["--lang=zh"]])
def test_the_flag_counts_wherever_it_stands(tutela: Tool, project: Path, flag: list[str]) -> None:
    """The error may be about what stands before it."""
    assert "错误:没有选项 `--nothing`" in tutela("check", "--nothing", *flag, cwd=project).stderr


def test_rules_that_begin_so_are_listed(tutela: Tool, project: Path) -> None:
    """A requirement's number is no rule, but names some."""
    assert "Rules that begin so: RET-05.expired-data-present" in tutela("rule", "RET-05", cwd=project).stderr
