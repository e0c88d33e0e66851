"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from .problems import choose, language

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.errors import Lang, Problem
    from tutela.engine.findings import Allowed, Asked, Unreadable
    from tutela.engine.model import Report, Words
    from tutela.engine.policyset import PolicySet
    from tutela.project import Project

    from .accepted import Accepted

EXPLAINED: Final = frozenset({"human", "json"})
"""Formats of explanations."""
NOTHING_NAMED: Final = {
    "en": "no finding of this run is `{what}`; name a rule, a resource, FILE:LINE or the start of a fingerprint",
    "zh": "本次没有名为 `{what}` 的发现;请给出规则、资源、文件:行号或指纹开头",
}
SEVERITIES: Final = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, slots=True)
class Setup:
    """The project and the language of one run."""

    project: Project
    lang: Lang
    policies: tuple[str, ...] = ()
    """The policies that were named instead of the project's, ready to open."""
    keys: tuple[str, ...] = ()
    """Files of keys that were named instead of the project's."""

    def adapt(self, project: Project, *, opened: bool = True) -> Project:
        """A project as this run was told to take it; a bundle that it names is opened."""
        from tutela.bundles import with_bundle

        if self.policies:
            project = replace(project, policies=self.policies)
        if self.keys:
            project = replace(project, bundle_keys=self.keys)
        return with_bundle(project) if opened else project

    def again(self) -> Project:
        """The project as its file says it now; one that was run without a file still has none."""
        from tutela.project import find_project

        return self.adapt(find_project(self.project.root, required=not self.policies))


def project_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --project, --policies, --bundle-key and --lang; the command gets a `Setup`."""

    @click.option("--project", "folder", type=click.Path(path_type=Path), help="The project's folder.  [default: here]")
    @click.option(
        "--policies", multiple=True, help="Policy files, folders, pack:NAME or a bundle instead of the project's."
    )
    @click.option(
        "--bundle-key",
        "keys",
        multiple=True,
        type=click.Path(),
        help="A public key: the policies must be a bundle that it, or another one that is named, has signed.",
    )
    @click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages.")
    @wraps(function)
    def wrapped(
        folder: Path | None,
        policies: tuple[str, ...],
        keys: tuple[str, ...],
        lang: str | None,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        from tutela.project import find_project

        choose(lang)
        # Without a project, the policies must be named: by --policies, as the files to check, or by a repository.
        project = find_project(folder, required=not (policies or more.get("files") or more.get("git")))
        named, trusted = tuple(map(absolute, policies)), tuple(map(absolute, keys))
        setup = Setup(project, language(lang or project.lang), named, trusted)
        # `check FILES` names policies of its own.
        return function(setup=replace(setup, project=setup.adapt(project, opened=not more.get("files"))), **more)

    return wrapped


def absolute(entry: str) -> str:
    """Paths on the command line are relative to the working folder, not to the project."""
    return entry if entry.startswith("pack:") else str(Path(entry).absolute())


class Instant(click.ParamType[datetime]):
    """A time with an offset."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """Read RFC 3339; anything else, a time without offset too, is a usage error."""
        from tutela.engine.request import parse_time

        try:
            return parse_time(value)
        except ValueError:
            self.fail(f"{value!r} is not a time with an offset; write 2026-11-20T10:00:00+08:00", param, ctx)


as_of_option = click.option("--as-of", type=Instant(), help="Decide as of this time.  [default: now]")


def instant(as_of: datetime | None) -> datetime:
    """The given instant, or the present."""
    return as_of or datetime.now(UTC)


def output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --format, --output, --fail-on and --exit-zero; the command gets an `Output`."""

    @click.option("--format", "-f", "formats", multiple=True, help="human, json, jsonl, sarif, junit, ... (repeatable)")
    @click.option(
        "--output",
        "-o",
        "outputs",
        multiple=True,
        help="A file for the format at the same place; - is stdout.",
    )
    @click.option(
        "--fail-on",
        type=click.Choice(SEVERITIES),
        default="info",
        help="Lowest severity that gives exit status 1.",
    )
    @click.option("--exit-zero", is_flag=True, help="Exit with 0 although there are findings.")
    @click.option(
        "--explain",
        metavar="WHAT",
        help="Instead of the report, show how the findings of a rule, resource, place or fingerprint come about.",
    )
    @wraps(function)
    def wrapped(
        formats: tuple[str, ...],
        outputs: tuple[str, ...],
        fail_on: str,
        exit_zero: bool,
        explain: str | None,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        names = formats or ("human",)
        check_formats(names)
        if len(outputs) > len(names):
            raise click.UsageError("more --output than --format")
        targets = (*outputs, *["-"] * (len(names) - len(outputs)))
        if explain is not None and (outputs or len(names) > 1 or not set(names) <= EXPLAINED):
            raise click.UsageError("--explain writes human or json to the standard output")
        output = Output(tuple(zip(names, targets, strict=True)), fail_on, exit_zero, explain, named=bool(formats))
        return function(output=output, **more)

    return wrapped


def check_formats(names: tuple[str, ...]) -> None:
    """Refuse unknown formats before any work is done."""
    from tutela.reports import format_names

    known = format_names()
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, known, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(f"unknown format '{name}'.{hint} Formats: {', '.join(known)}")


def _doubled(path: Path, paths: list[Path]) -> bool:
    """Whether several of some paths are this one; devices and pipes take more than one document."""
    return paths.count(path) > 1 and (path.is_file() or not path.exists())


@dataclass(frozen=True, slots=True)
class Output:
    """Where a report goes, and which findings count for the exit status."""

    targets: tuple[tuple[str, str], ...]
    fail_on: str
    exit_zero: bool
    explain: str | None
    """Which findings are explained instead of the report."""
    accepted: Accepted | None = None
    """Waivers and baselines; None for commands that know none."""
    named: bool = False
    """Whether the formats were named."""

    def judge(  # noqa: PLR0913 (what to ask, of whom, and how to say it)
        self,
        command: str,
        authorizer: Authorizer,
        asked: Iterable[Asked | Unreadable | Allowed],
        when: datetime,
        lang: Lang,
        *,
        categories: Mapping[str, Words] = MappingProxyType({}),
    ) -> int:
        """Ask every request, and write what came of it: the report, or how some of its findings come about."""
        from tutela.engine.findings import named, report

        if self.explain is None:
            made = replace(report(command, authorizer, asked, when), categories=categories)
            return self.finish(made, authorizer.policies, lang)
        from .explanation import write_explanations

        found = named(authorizer, asked, self.explain)
        if not found:
            click.echo(NOTHING_NAMED[lang].format(what=self.explain), err=True)
            return 2
        told = [(explained.decision, explained.findings) for explained in found]
        write_explanations(authorizer, told, self.targets[0][0], lang)
        return 0 if self.exit_zero else 1

    def __post_init__(self) -> None:
        """Refuse two documents for one file: only one of them would be there in the end."""
        files = [target for _, target in self.targets if target != "-"]
        if self.accepted and self.accepted.write_baseline:
            files.append(str(self.accepted.write_baseline))
        paths = [Path(os.path.realpath(file)) for file in files]
        if twice := next((file for file, path in zip(files, paths, strict=True) if _doubled(path, paths)), None):
            raise click.UsageError(f"two documents would be written to '{twice}'")

    def finish(self, report: Report, policies: PolicySet, lang: Lang) -> int:
        """Mark what is accepted already, write the report and return the exit status."""
        return self.write(self.accepted.mark(report, policies) if self.accepted else report, lang)

    def write(self, report: Report, lang: Lang) -> int:
        """Write the report in every format and return the exit status."""
        if not report.checked and not report.findings:
            click.echo(
                "没有检查到任何对象" if lang == "zh" else "nothing was checked: the input holds nothing to ask about",
                err=True,
            )
            return 2
        self._write(report, lang)
        tell(report.notes, lang)
        return 1 if self.fails(report) and not self.exit_zero else 0

    def write_nothing(self, command: str, authorizer: Authorizer, when: datetime, lang: Lang) -> None:
        """Write a report of nothing, but where a person is told so anyway: whoever reads it waits for a document."""
        from tutela.engine.findings import report

        if self.targets != (("human", "-"),):
            made = report(command, authorizer, (), when)
            self._write(self.accepted.mark(made, authorizer.policies) if self.accepted else made, lang)

    def _write(self, report: Report, lang: Lang) -> None:
        from tutela.reports import write

        with ExitStack() as stack:
            # All are opened before any is written: when one cannot be, there is no report at all.
            streams = [(name, stack.enter_context(opened(target))) for name, target in self.targets]
            if self.accepted and self.accepted.write_baseline:
                self.accepted.write(report, stack.enter_context(opened(str(self.accepted.write_baseline))))
            for name, stream in streams:
                write(report, name, stream, lang=lang)

    def fails(self, report: Report) -> bool:
        """Whether a finding of a report counts; what could not be read or understood is never clean."""
        from tutela.engine.waivers import EXACT

        limit = SEVERITIES.index(self.fail_on)
        return any(found.rule in EXACT or found.severity.rank <= limit for found in report.counting)


def tell(notes: Iterable[Problem], lang: Lang) -> None:
    """Say on stderr what the reader should know besides the findings."""
    from tutela.reports.text import visible

    for note in notes:
        for line in note.render(lang).splitlines():
            click.echo(visible(line), err=True)


@contextmanager
def opened(target: str) -> Generator[TextIO]:
    """The standard output, or a file that is there whole or not at all; devices and pipes are written to."""
    if target == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    path = Path(target)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), target)
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        return
    from tutela.connectors.whole_file import replacing

    try:
        path.resolve().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        error.filename = target  # the file that was asked for, not its folder
        raise
    with replacing(path) as stream:
        yield stream
