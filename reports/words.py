"""The fixed words of documents for people, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tutela.engine.model import Severity, Words

from .text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.errors import Lang
    from tutela.engine.model import Access, Report, Waiver

SHOWN_COLUMNS: Final = 20
"""Columns of one access that are shown where people read; the machine formats have all."""

LABELS: Final[Mapping[str, Words]] = {
    "access": Words("by", "访问者"),
    "absent": Words("gone", "已消失"),
    "allow": Words("ALLOW", "允许"),
    "deny": Words("DENY", "拒绝"),
    "as-of": Words("as of", "截至"),
    "basis": Words("basis", "依据"),
    "exposed": Words("columns shown", "显示的列"),
    "aggregated": Words("only in aggregates", "仅以汇总值出现"),
    "written": Words("columns written", "写入的列"),
    "used": Words("only used", "仅用于筛选、关联或复制"),
    "compared": Words("compared with", "对比基准"),
    "expires": Words("until", "有效期至"),
    "fingerprint": Words("fingerprint", "指纹"),
    "known": Words("known", "已知"),
    "error": Words("error", "错误"),
    "also": Words("also", "另有"),
    "location": Words("location", "位置"),
    "purpose": Words("purpose", "用途"),
    "request": Words("request", "申请"),
    "message": Words("message", "说明"),
    "missing": Words("missing", "缺少"),
    "more": Words("and {} more", "另有 {} 项"),
    "no-file": Words("(no file)", "(无文件)"),
    "not-in-force": Words("not in force", "未生效"),
    "obligation": Words("obligation", "义务"),
    "owner": Words("owner", "负责人"),
    "policies": Words("policies", "策略"),
    "reason": Words("reason", "理由"),
    "remedy": Words("remedy", "整改"),
    "resource": Words("resource", "资源"),
    "rule": Words("rule", "规则"),
    "severity": Words("severity", "级别"),
    "ticket": Words("ticket", "工单"),
    "waived": Words("waived", "已豁免"),
    "waiver": Words("waiver", "豁免"),
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
    if report.changed == 0 and not report.counting:
        return _and("没有变化" if lang == "zh" else "nothing changed", _accepted(report, lang), lang)
    total = len(report.counting)
    kinds = [(number, SEVERITIES[Severity(name)].text(lang)) for name, number in report.by_severity().items() if number]
    if lang == "zh":
        detail = f"({'、'.join(f'{word} {number}' for number, word in kinds)})" if kinds else ""
        head = f"{total} 项发现{detail}" if total else "无发现"
        tail = [f"已检查 {report.checked} 项" if report.checked else "未检查任何内容"]
        tail += [f"{report.unparsed} 项无法解析"] if report.unparsed else []
        return _and(head, [*_accepted(report, lang), *tail], lang)
    detail = f" ({', '.join(f'{number} {word}' for number, word in kinds)})" if kinds else ""
    head = f"{total} finding{'' if total == 1 else 's'}{detail}" if total else "no findings"
    tail = [f"{report.checked} checked" if report.checked else "nothing was checked"]
    tail += [f"{report.unparsed} unparsed"] if report.unparsed else []
    return _and(head, [*_accepted(report, lang), *tail], lang)


def _and(head: str, tail: list[str], lang: Lang) -> str:
    return (",".join if lang == "zh" else ", ".join)([head, *tail])


def _accepted(report: Report, lang: Lang) -> list[str]:
    """What does not count, what is gone, and how much a change brings."""
    numbers = (("waived", report.waived), ("known", report.known), ("absent", len(report.absent)))
    if lang == "zh":
        shown = [f"{label(key, lang)} {number} 项" for key, number in numbers if number]
        return [*shown, f"{report.changed} 项有变化"] if report.changed else shown
    shown = [f"{number} {label(key, lang)}" for key, number in numbers if number]
    return [*shown, f"{report.changed} changed"] if report.changed else shown


def access_text(access: Access, lang: Lang) -> str:
    """Who did something and when, with which columns, under which purpose and request."""
    columns = [(key, ", ".join(names)) for key, names in _columns(access).items()]
    told = (*columns, ("purpose", access.purpose), ("request", access.request))
    return "; ".join([str(access), *(labelled(key, text, lang) for key, text in told if text)])


def _columns(access: Access) -> dict[str, list[str]]:
    """The columns of an access by what was done with them, as many as are shown."""
    found: dict[str, list[str]] = {"exposed": [], "aggregated": [], "written": [], "used": []}
    for number, name in enumerate(access.columns):
        marks = ("exposed", access.exposed), ("aggregated", access.aggregated), ("written", access.written)
        key = next((key for key, names in marks if name in names or "*" in names), "used")
        if number < SHOWN_COLUMNS:
            found[key].append(name)
        elif found[key][-1:] != ["…"]:
            found[key].append("…")
    return found


def waiver_text(waiver: Waiver, lang: Lang, *, holds: bool = True) -> str:
    """A waiver on one line: its reason, who answers for it, and until when."""
    comma = "," if lang == "zh" else ", "
    parts = [labelled("owner", waiver.owner, lang), f"{label('expires', lang)} {waiver.expires.isoformat()}"]
    if waiver.since is not None and not holds:
        parts[-1] = f"{waiver.since.isoformat()} – {waiver.expires.isoformat()}"
    parts += [] if holds else [label("not-in-force", lang)]
    parts += [labelled("ticket", waiver.ticket, lang)] if waiver.ticket else []
    shown = visible(comma.join(parts))
    return f"{visible(waiver.reason)}({shown})" if lang == "zh" else f"{visible(waiver.reason)} ({shown})"


def provenance(command: str, digest: str, as_of: str, lang: Lang) -> str:
    """Say what was asked of which policies, as of when."""
    comma = "," if lang == "zh" else ", "
    tail = f"{label('policies', lang)} {visible(digest)}{comma}{label('as-of', lang)} {as_of}"
    return f"tutela {visible(command)}{colon(lang)}{tail}" if command else tail
