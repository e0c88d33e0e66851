"""The format `human` is safe and readable in a terminal and in a pipe."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from tutela.engine.model import Words
from tutela.reports import write, write_decision
from tutela.reports.text import visible

if TYPE_CHECKING:
    from tutela.engine.errors import Lang
    from tutela.engine.model import Report
    from tutela.reports import DecisionLike


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def _written(report: Report, stream: StringIO, *, color: bool | None = None, lang: Lang = "en") -> str:
    write(report, "human", stream, color=color, lang=lang)
    return stream.getvalue()


@pytest.mark.parametrize("format_", ["human", "github", "markdown", "junit"])
def test_no_control_character_of_data_comes_through(format_: str, report: Report) -> None:
    """Documents for people hold line ends and printable characters only."""
    stream = StringIO()
    write(report, format_, stream)
    text = stream.getvalue().replace("\u200b", "")  # markdown's own, against mentions

    assert not {char for char in text if char != "\n" and not char.isprintable()}


def test_escape_sequences_in_colour_are_ours(report: Report) -> None:
    """With colour on, no escape sequence but colours reaches the terminal."""
    import re

    text = _written(report, Terminal(), color=True)

    assert "\x1b[" in text
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert "\x9b" not in text
    assert "\u202e" not in text


def test_markup_of_data_is_text(report: Report) -> None:
    """Markup of rich in data is shown and does nothing."""
    assert "[bold red]b[/]" in _written(report, StringIO())
    assert "[bold red]b[/]" in _written(report, Terminal(), color=True).replace("\n      ", "")


def test_colour_follows_the_terminal(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe gets no colour, a terminal does, `NO_COLOR` ends that, and an explicit wish beats both."""
    monkeypatch.setenv("TERM", "xterm-256color")

    assert "\x1b[" not in _written(report, StringIO())
    assert "\x1b[" in _written(report, Terminal())
    assert "\x1b[" not in _written(report, Terminal(), color=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in _written(report, Terminal())
    assert "\x1b[" in _written(report, StringIO(), color=True)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [30, 50, 80])
def test_lines_fit_the_width(width: int, lang: Lang, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal lines are folded at its width, counted in cells, and lose no text by it."""
    monkeypatch.setenv("COLUMNS", str(width))
    text = _written(report, Terminal(), color=False, lang=lang)
    monkeypatch.delenv("COLUMNS")
    whole = _written(report, StringIO(), lang=lang)

    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "".join(whole.split()) == "".join(text.split())


def test_a_pipe_gets_whole_lines(report: Report) -> None:
    """Without a width to keep, each text stays on its line, so that it can be searched for."""
    message = "word " * 100

    lines = _written(
        replace(report, findings=(report.findings[0]._replace(message=Words(message)),)), StringIO()
    ).splitlines()

    assert any(message.strip() in line for line in lines)


def test_nothing_checked_is_not_clean(empty: Report) -> None:
    """A report that checked nothing says so in both languages."""
    nothing = replace(empty, checked=0)

    assert "no findings, nothing was checked\n" in _written(nothing, StringIO())
    assert "无发现,未检查任何内容\n" in _written(nothing, StringIO(), lang="zh")


def test_decision_in_colour(denied: DecisionLike) -> None:
    """A decision gives every reason, what is missing and what went wrong, with data as text."""
    stream = Terminal()
    write_decision(denied, "human", stream, color=False)
    text = stream.getvalue()

    assert text.startswith("DENY\n")
    assert "\x1b" not in text
    assert all(reason.rule in text for reason in denied.reasons)
    assert "missing: resource.recipient\n" in text


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("客户 表", "客户 表"),
        ("full\u3000width", "full\u3000width"),
        ("\\x1b[0m", "\x1b[0m"),
        ("\\u202eabc", "\u202eabc"),
        ("\\ud800", "\ud800"),
        ("\\U000e0041", "\U000e0041"),
        ("a b", "a\nb"),
        ("ab…", "abc"),
    ],
)
def test_visible(expected: str, text: str) -> None:
    """Invisible characters are shown, letters of any script and their spaces are kept, long text is cut."""
    assert expected == visible(text, 2 if text == "abc" else 0)
