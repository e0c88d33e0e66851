"""Options of commands whose findings may be accepted: waivers and baselines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.engine.model import Report
    from tutela.engine.policyset import PolicySet
    from tutela.project import Project

    from .options import Output, Setup


def accepted_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --waivers, --no-waivers, --baseline and --write-baseline; stands below `project_options`."""

    @click.option("--waivers", multiple=True, type=click.Path(path_type=Path), help="Waivers instead of the project's.")
    @click.option("--no-waivers", is_flag=True, help="Count waived findings, too.")
    @click.option(
        "--baseline", type=click.Path(path_type=Path), help="Count only findings that this file does not have."
    )
    @click.option("--write-baseline", type=click.Path(path_type=Path), help="Write what is found as a baseline.")
    @wraps(function)
    def wrapped(  # noqa: PLR0913 (options)
        output: Output,
        setup: Setup,
        waivers: tuple[Path, ...],
        no_waivers: bool,
        baseline: Path | None,
        write_baseline: Path | None,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        if waivers and no_waivers:
            raise click.UsageError("--waivers and --no-waivers exclude each other")
        if output.explain is not None and (baseline or write_baseline):
            raise click.UsageError("--explain shows how findings come about: it reads and writes no baseline")
        files = waivers or tuple(setup.project.path(name) for name in setup.project.waivers)
        accepted = Accepted(setup.project, () if no_waivers else files, baseline, write_baseline)
        return function(output=replace(output, accepted=accepted), setup=setup, **more)

    return wrapped


@dataclass(frozen=True, slots=True)
class Accepted:
    """What does not count in this run, and where the next baseline goes."""

    project: Project
    waivers: tuple[Path, ...]
    baseline: Path | None
    write_baseline: Path | None

    def mark(self, report: Report, policies: PolicySet) -> Report:
        """Mark what is waived and what is known; every file is read before anything is written."""
        from tutela import api

        if self.waivers:
            report = api.waive(report, *self.waivers, policies=policies, root=self.project.root, limit=self._limit())
        if self.baseline is not None:
            report = api.compare(report, self.baseline)
        elif self.write_baseline is not None:
            # What is accepted in this very run does not count in it either.
            from tutela.engine.baselines import compare_reports

            report = compare_reports(report, report, str(self.write_baseline))
        return report

    def _limit(self) -> str:
        from tutela.engine.errors import InputError, Location, Problem
        from tutela.engine.periods import parse_period

        limit = self.project.waiver_limit or ""
        try:
            parse_period(limit or "P0D")
        except ValueError:
            args = {"value": limit}
            raise InputError(
                [Problem(code="waiver-limit-malformed", location=Location("tutela.toml"), args=args)]
            ) from None
        return limit

    def write(self, report: Report, stream: TextIO) -> None:
        """Write the baseline of a report."""
        from tutela.engine.baselines import baseline_of
        from tutela.reports.json_document import write_document

        write_document(baseline_of(report), stream)
