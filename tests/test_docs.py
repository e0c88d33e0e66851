"""The documentation tells the truth: its commands run, its generated pages are fresh, everything has its place.

In a page, a fenced block is a file when its first line is a comment with a path (`# policies/x.yaml`) or its info
string has `title=`; a `console` block holds commands (`$ ...`) and what they print, `...` standing for any text. A
command exits with 0, or with what its `# exit status N` says. Each page has a folder of its own. What a command leaves
running is killed when the page ends, and the port 8181 is one that nobody else uses.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"\A(?:#|--) ([\w./-]+\.\w+)\n")
TITLED = re.compile(r'title="([\w./-]+)"')
STATUS = re.compile(r"# exit status (\d+)$")
SHARED = frozenset({"--project", "--policies", "--bundle-key", "--lang"})
"""Options that every command has."""
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)")


@dataclass
class Shell:
    """Runs the blocks of one page; `folder` follows `cd`."""

    root: Path
    folder: Path
    port: str
    groups: list[int] = field(default_factory=list[int])
    """Process groups of the commands that were run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for group in self.groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def write(self, name: str, text: str) -> None:
        """Make a file that the page shows; its path starts where the page starts, or where `cd` went."""
        path = (self.folder if (self.folder / name).parent.is_dir() else self.root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, command: str) -> tuple[int, str]:
        """The exit status and the output of one command."""
        if command.startswith("cd "):
            self.folder /= command.removeprefix("cd ").strip()
            return 0, ""
        place = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        swayed = ("TUTELA_", "LC_", "COLUMNS")
        plain = {name: value for name, value in os.environ.items() if not name.startswith(swayed)}
        with subprocess.Popen(
            ["bash", "-c", command.replace("8181", self.port)],
            cwd=self.folder,
            env={**plain, "PATH": place, "LANG": "C.UTF-8", "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            self.groups.append(process.pid)
            output, _ = process.communicate(timeout=120)
        return process.returncode, output.decode("utf-8").replace(self.port, "8181")


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block with the output that the page shows for it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def fits(shown: str, output: str) -> bool:
    """Whether an output is what the page shows; nothing shown means nothing claimed, `...` is any text."""
    pattern = ".*".join(re.escape(piece) for piece in shown.strip().split("..."))
    return not shown.strip() or re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


def name_of(page: Path) -> str:
    """A page as pytest names it."""
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_of_a_page_run_as_shown(page: Path, tmp_path: Path) -> None:
    """Every file of a page can be used, every command runs and prints what the page says."""
    text = page.read_text(encoding="utf-8")
    if "\n$ curl " in text and shutil.which("curl") is None:
        pytest.skip("the page's commands need curl, which is not here")
    with Shell(tmp_path, tmp_path, free_port()) as shell:
        for kind, info, block in FENCE.findall(text):
            named = NAMED.match(block) or TITLED.search(info)
            if named:
                shell.write(named[1], block)
            for command, shown in commands(block) if kind == "console" else ():
                status, output = shell.run(command)
                said = STATUS.search(command)

                assert int(said[1] if said else 0) == status, f"{command}\n{output}"
                assert fits(shown, output), f"{command}\n--- printed\n{output}\n--- the page says\n{shown}"


def test_output_that_differs_does_not_fit() -> None:
    """The comparison can fail: a changed word, a line more and a line less are seen."""
    output = "ok: 26 rules, sha256:abc\ndone\n"

    assert fits("ok: 26 rules, ...\ndone", output)
    assert not fits("ok: 27 rules, ...\ndone", output)
    assert not fits("ok: 26 rules, sha256:abc", output)
    assert not fits("ok: 26 rules, ...\ndone\nmore", output)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file of the repository."""
    text = page.read_text(encoding="utf-8")
    broken = [target for target in LINK.findall(text) if not (page.parent / target).exists()]

    assert [] == broken


def test_generated_pages_are_fresh() -> None:
    """The pages that are written from code say what the code says now."""
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (0, "") == (done.returncode, done.stdout), done.stdout + done.stderr


def test_set_up_commands_are_the_two_of_the_readme() -> None:
    """Both READMEs name `make demo` and `make test`, and the Makefile has them."""
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for readme in ROOT.glob("README*.md"):
        text = readme.read_text(encoding="utf-8")

        assert {"demo", "test"} <= set(targets)
        assert ["demo", "test"] == sorted(re.findall(r"^make (\w+)", text, re.MULTILINE))


def text_of(*pages: str) -> str:
    """The text of some pages of docs/."""
    return "\n".join((ROOT / "docs" / page).read_text(encoding="utf-8") for page in pages)


def test_every_code_rule_and_command_has_its_place() -> None:
    """Each problem code, each rule of the pack and each command is in the reference page of its sort."""
    from tutela.cli import COMMANDS
    from tutela.connectors.policy_files import packs_folder
    from tutela.engine.messages import MESSAGES

    sources = "\n".join(path.read_text(encoding="utf-8") for path in packs_folder().glob("*/*.yaml"))
    rules = set(re.findall(r"^\s+(?:- )?id: ([A-Z]+-[0-9]{2}\.[a-z0-9-]+)$", sources, re.MULTILINE))

    assert [] == [code for code in MESSAGES if f"`{code}`" not in text_of("errors.md")]
    assert [] == [rule for rule in sorted(rules) if f"## {rule}\n" not in text_of("rules.md")]
    assert [] == [name for name in COMMANDS if f"## tutela {name}" not in text_of("cli.md")]


def test_every_endpoint_and_limit_of_the_service_has_its_place() -> None:
    """Each path that the service answers and each option of `serve` is on its page."""
    from tutela.cli.serve import command
    from tutela.server.metadata import ENDPOINTS
    from tutela.server.pages_served import PAGES as SERVED

    paths = [*ENDPOINTS.values(), *SERVED]
    options = [name for option in command.params for name in option.opts]

    page = text_of("serve.md")
    assert [] == [word for word in (*paths, *options) if word not in page and word not in SHARED]


def test_every_format_register_and_dialect_has_its_place() -> None:
    """Each report format, log format, register, form and dialect is described."""
    from tutela.connectors.dialects import DIALECTS
    from tutela.connectors.logs import FORMATS as LOGS
    from tutela.engine.registers import ENTRIES, FORMS
    from tutela.reports import FORMATS

    connectors = text_of("connectors.md", "registers.md")

    assert [] == [name for name in FORMATS if f"## {name}\n" not in text_of("formats.md")]
    assert [] == [name for name in (*LOGS, *ENTRIES, *FORMS, *DIALECTS) if f"`{name}`" not in connectors]


def test_every_kind_and_key_of_policy_files_has_its_place() -> None:
    """Each kind of file and each of its keys is named in the page about the language."""
    from tutela.engine.policy_schema import KINDS

    page = text_of("policy-language.md")
    schemas = [cast("dict[str, dict[str, object]]", schema) for schema in KINDS.values()]
    keys = {key for schema in schemas for key in schema["properties"]}

    assert [] == [word for word in sorted({*KINDS, *keys}) if f"`{word}`" not in page and f"{word}:" not in page]


def test_every_dependency_has_its_reason() -> None:
    """Each dependency of pyproject.toml, extras included, is in docs/dependencies.md."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for extra in project["optional-dependencies"].values() for name in extra]
    wanted = [*project["dependencies"], *extras]
    names = {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in wanted}

    assert [] == [name for name in sorted(names) if f"`{name}`" not in text_of("dependencies.md").lower()]
