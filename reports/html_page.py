"""The format `html`: one page that holds everything and reaches for nothing."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

from tutela.engine.model import Severity

from .html_data import page_data, safe_json
from .html_words import PAGE
from .text import tool_version, visible
from .words import SEVERITIES, counts

if TYPE_CHECKING:
    from tutela.engine.errors import Lang
    from tutela.engine.model import Report

    from .writer import Options

NOTES: Final = 200
"""How many notes are shown."""
NOTHING_ELSE: Final = ("default-src 'none'", "base-uri 'none'", "form-action 'none'")
LANGS: Final[tuple[Lang, ...]] = ("en", "zh")


class _Rule(NamedTuple):
    """A row of the summary by rule."""

    id: str
    severity: Severity
    counting: int
    waived: int
    known: int


def write_report(report: Report, stream: TextIO, options: Options) -> None:
    """Write the page; the language is the one it opens in."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    css, script = _text("page.css"), _text("page.js")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    words = {lang: {key: words.text(lang) for key, words in PAGE.items()} for lang in LANGS}
    # What is marked as safe is our own, or JSON in which no character means anything to HTML.
    page = environment.from_string(_text("page.html")).render(
        lang=options.lang,
        title=f"tutela {visible(report.command)}",
        counts={lang: counts(report, lang) for lang in LANGS},
        provenance=_provenance(report),
        severities=[(s.value, SEVERITIES[s], number) for s, number in zip(Severity, _numbers(report), strict=True)],
        rules=_rules(report),
        severity_words=SEVERITIES,
        notes=[{lang: visible(f"{n.location}: {n.message(lang)}") for lang in LANGS} for n in report.notes[:NOTES]],
        words=PAGE,
        css=Markup(css),  # noqa: S704
        script=Markup(script),  # noqa: S704
        data=Markup(page_data(report)),  # noqa: S704
        ui=Markup(safe_json(words)),  # noqa: S704
        csp="; ".join((f"style-src {_hash(css)}", f"script-src {_hash(script)}", *NOTHING_ELSE)),
    )
    stream.write(page + "\n")


def _text(name: str) -> str:
    return (files("tutela.reports") / "html" / name).read_text("utf-8")


def _hash(text: str) -> str:
    """A text as a source in a content security policy: nothing else of its kind runs."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _numbers(report: Report) -> list[int]:
    return list(report.by_severity().values())


def _provenance(report: Report) -> list[tuple[str, str]]:
    """Labels and values: what was asked, of which policies, as of when."""
    rows = [
        ("command", f"tutela {visible(report.command)} ({tool_version()})"),
        ("policies", visible(report.policies_digest)),
        ("as-of", report.as_of.isoformat()),
        ("checked", str(report.checked)),
        ("unparsed", str(report.unparsed)),
    ]
    return [*rows, ("compared", visible(report.compared_with))] if report.compared_with else rows


def _rules(report: Report) -> list[_Rule]:
    """The rules with findings, worst first."""
    findings, worst = report.findings, dict[str, Severity]()
    for finding in findings:
        if finding.severity.rank < worst.get(finding.rule, finding.severity).rank or finding.rule not in worst:
            worst[finding.rule] = finding.severity
    counting = Counter(finding.rule for finding in findings if finding.counts)
    waived = Counter(finding.rule for finding in findings if finding.waived)
    known = Counter(finding.rule for finding in findings if not finding.counts and not finding.waived)
    rows = [
        _Rule(visible(rule), severity, counting[rule], waived[rule], known[rule]) for rule, severity in worst.items()
    ]
    return sorted(rows, key=lambda row: (row.severity.rank, -row.counting, row.id))
