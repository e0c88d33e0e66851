"""Every format, in both languages, gives exactly the bytes of its golden file.

`TUTELA_UPDATE_GOLDEN=1 pytest tests/reports` writes the files anew; read the difference before you keep it.
"""

from __future__ import annotations

import os
import random
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tutela.reports import DECISION_FORMATS, FORMATS, write, write_decision

if TYPE_CHECKING:
    from tutela.engine.errors import Lang
    from tutela.engine.model import Report
    from tutela.reports import DecisionLike

GOLDEN = Path(__file__).parent / "golden"
LANGS = ("en", "zh")
NAMES = ("report", "accepted", "unchanged", "empty")
DECISIONS = ("denied", "allowed")


def _compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if name.endswith(".html"):  # style and script are files that can be read as they are
        text = re.sub(r"(<style>|<script>).*?(</style>|</script>)", r"\1\2", text, flags=re.DOTALL)
        text = re.sub("sha256-[A-Za-z0-9+/=]{44}", "sha256-...", text)
    if os.environ.get("TUTELA_UPDATE_GOLDEN"):
        path.write_bytes(text.encode())

    assert path.read_bytes().decode() == text


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_report(name: str, format: str, lang: Lang, request: pytest.FixtureRequest) -> None:  # noqa: A002 - as in `write`
    """A report is written as its golden file has it."""
    stream = StringIO()
    write(request.getfixturevalue(name), format, stream, lang=lang)

    _compare(f"{name}.{lang}.{format}", stream.getvalue())


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("format", DECISION_FORMATS)
@pytest.mark.parametrize("name", DECISIONS)
def test_decision(name: str, format: str, lang: Lang, request: pytest.FixtureRequest) -> None:  # noqa: A002 - as above
    """A decision is written as its golden file has it."""
    decision: DecisionLike = request.getfixturevalue(name)
    stream = StringIO()
    write_decision(decision, format, stream, lang)

    _compare(f"{name}.{lang}.{format}", stream.getvalue())


def test_catalogue() -> None:
    """Each format has its golden files, and each golden file has its format."""
    expected = {f"{name}.{lang}.{format_}" for name in NAMES for lang in LANGS for format_ in FORMATS}
    expected |= {f"{name}.{lang}.{format_}" for name in DECISIONS for lang in LANGS for format_ in DECISION_FORMATS}

    assert expected == {path.name for path in GOLDEN.iterdir()}


@pytest.mark.parametrize("format", FORMATS)
def test_order_of_findings_is_ours(format: str, report: Report) -> None:  # noqa: A002 - as above
    """Shuffled findings give the same bytes, also where only their reasons differ."""
    twin = report.findings[1]._replace(reasons=report.findings[1].reasons[:1])
    findings = [*report.findings, twin]
    shuffler = random.Random(7)  # noqa: S311 - a shuffle, not a secret
    texts: set[str] = set()
    for _ in range(20):
        shuffler.shuffle(findings)
        stream = StringIO()
        write(replace(report, findings=tuple(findings)), format, stream)
        texts.add(stream.getvalue())

    assert len(texts) == 1
