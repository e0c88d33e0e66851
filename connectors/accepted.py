"""Files of waivers and baselines: what somebody accepted already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tutela.engine.baselines import read_baseline
from tutela.engine.documents import read_document
from tutela.engine.errors import InputError
from tutela.engine.waivers import read_waivers

from .files import read_text
from .policy_files import shown
from .register_files import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tutela.engine.baselines import Baseline
    from tutela.engine.errors import Problem
    from tutela.engine.model import Waiver

WAIVERS_LIMIT: Final = 8 << 20
BASELINE_LIMIT: Final = 256 << 20


def read_waiver_files(paths: Iterable[Path], rules: Iterable[str], limit: str = "") -> list[Waiver]:
    """The waivers of some YAML files; InputError lists everything wrong in all of them."""
    waivers: list[Waiver] = []
    problems: list[Problem] = []
    known = list(rules)
    for path in paths:
        try:
            text = read_text(path, limit=WAIVERS_LIMIT)
        except InputError as error:
            problems += error.problems
            continue
        found, wrong = read_waivers(read_document(text, shown(path)), known, limit)
        waivers += found
        problems += wrong
    if problems:
        raise InputError(problems)
    return waivers


def read_baseline_file(path: Path, command: str) -> Baseline:
    """The baseline of a JSON file; InputError when it is none, or one of another command."""
    document = read_json(read_text(path, limit=BASELINE_LIMIT), shown(path))
    baseline, problems = read_baseline(document, command)
    if problems:
        raise InputError(problems)
    return baseline
