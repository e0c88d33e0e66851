"""The fixed words of documents for people, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tutela.engine.model import Severity, Words

from .text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.errors import Lang
    from tutela.engine.model import Report

LABELS: Final[Mapping[str, Words]] = {
    "allow": Words("ALLOW", "允许"),
    "deny": Words("DENY", "拒绝"),
    "as-of": Words("as of", "截至"),
    "basis": Words("basis", "依据"),
    "error": Words("error", "错误"),
    "also": Words("also", "另有"),
    "location": Words("location", "位置"),
    "message": Words("message", "说明"),
    "missing": Words("missing", "缺少"),
    "no-file": Words("(no file)", "(无文件)"),
    "obligation": Words("obligation", "义务"),
    "policies": Words("policies", "策略"),
    "remedy": Words("remedy", "整改"),
    "resource": Words("resource", "资源"),
    "rule": Words("rule", "规则"),
    "severity": Words("severity", "级别"),
    "why": Words("why", "原因"),
}

SEVERITIES: Final[Mapping[Severity, Words]] = {
    Severity.CRITICAL: Words("critical", "严重"),
    Severity.HIGH: Words("high", "高"),
    Severity.MEDIUM: Words("medium", "中"),
    Severity.LOW: Words("low", "低"),
    Severity.INFO: Words("info", "提示"),
}


def label(key: str, lang: Lang) -> str:
    """The word for `key`."""
    return LABELS[key].text(lang)


def labelled(key: str, text: str, lang: Lang) -> str:
    """`why: text`, with the colon of the language."""
    return f"{label(key, lang)}{colon(lang)}{text}"


def colon(lang: Lang) -> str:
    """What stands between a label and its text."""
    return ":" if lang == "zh" else ": "


def severity_word(severity: Severity, lang: Lang) -> str:
    """The word for a severity."""
    return SEVERITIES[severity].text(lang)


def counts(report: Report, lang: Lang) -> str:
    """Say how many findings of which severity there are, and out of how many things that were checked."""
    total = len(report.findings)
    kinds = [(number, SEVERITIES[Severity(name)].text(lang)) for name, number in report.by_severity().items() if number]
    if lang == "zh":
        detail = f"({'、'.join(f'{word} {number}' for number, word in kinds)})" if kinds else ""
        head = f"{total} 项发现{detail}" if total else "无发现"
        tail = [f"已检查 {report.checked} 项" if report.checked else "未检查任何内容"]
        tail += [f"{report.unparsed} 项无法解析"] if report.unparsed else []
        return ",".join([head, *tail])
    detail = f" ({', '.join(f'{number} {word}' for number, word in kinds)})" if kinds else ""
    head = f"{total} finding{'' if total == 1 else 's'}{detail}" if total else "no findings"
    tail = [f"{report.checked} checked" if report.checked else "nothing was checked"]
    tail += [f"{report.unparsed} unparsed"] if report.unparsed else []
    return ", ".join([head, *tail])


def provenance(command: str, digest: str, as_of: str, lang: Lang) -> str:
    """Say what was asked of which policies, as of when."""
    comma = "," if lang == "zh" else ", "
    tail = f"{label('policies', lang)} {visible(digest)}{comma}{label('as-of', lang)} {as_of}"
    return f"tutela {visible(command)}{colon(lang)}{tail}" if command else tail
