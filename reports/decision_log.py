"""Entries of a decision log for people, and for spreadsheets; an entry is data that was read from a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from .csv_rows import cell
from .shape import plain
from .text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tutela.engine.errors import Lang

COLUMNS: Final = (
    "seq", "at", "kind", "id", "as_of", "effect", "subject_type", "subject", "action", "resource_type", "resource",
    "purpose", "reasons", "obligations", "missing", "errors", "masked", "policies", "facts", "count", "hash",
)  # fmt: skip
_NOTES: Final[Mapping[str, Mapping[str, str]]] = {
    "unrecorded": {
        "en": "{count} decisions before this are not in the log ({policy})",
        "zh": "此前有 {count} 个决策未记入日志({policy})",
    },
    "torn": {
        "en": "{bytes} bytes of an entry that nobody was told to be recorded were set aside",
        "zh": "移开了 {bytes} 字节的未确认条目",
    },
}


def entry_line(entry: Mapping[str, Any], lang: Lang) -> str:
    """An entry on one line: when, which, allow or deny, who, what, why."""
    head = f"{_text(entry, 'at')} #{_text(entry, 'seq')}"
    words = _NOTES.get(_text(entry, "kind"))
    if words is not None:
        return visible(f"{head} {words[lang].format_map(_Lenient(entry))}")
    subject, action, resource = (_part(entry, name) for name in ("subject", "action", "resource"))
    who = f"{_text(subject, 'type')} {_text(subject, 'id')}"
    what = f"{_text(action, 'name')} {_text(resource, 'type')} {_text(resource, 'id')}"
    return visible(f"{head} {_text(entry, 'effect')} {who}: {what} ({_joined(entry.get('reasons'))})")


def entry_cells(entry: Mapping[str, Any]) -> list[str]:
    """An entry as the cells of a row of `COLUMNS`; none of them is ever taken for a formula."""
    subject, action, resource = (_part(entry, name) for name in ("subject", "action", "resource"))
    context = _part(entry, "context")
    duties = entry.get("obligations")
    kinds = [_text(duty, "kind") for duty in cast("Sequence[object]", duties)] if isinstance(duties, list) else []
    special = {
        "subject_type": _text(subject, "type"),
        "subject": _text(subject, "id"),
        "action": _text(action, "name"),
        "resource_type": _text(resource, "type"),
        "resource": _text(resource, "id"),
        "purpose": _text(context, "purpose"),
        "reasons": _joined(entry.get("reasons")),
        "obligations": _joined(kinds),
        "missing": _joined(entry.get("missing")),
        "errors": _joined(entry.get("errors")),
    }
    return [cell(special.get(name, _text(entry, name))) for name in COLUMNS]


class _Lenient(dict[str, object]):
    """Arguments of a format, in which an absent one shows as `?`."""

    def __missing__(self, key: str) -> str:
        return "?"


def _part(entry: Mapping[str, Any], name: str) -> object:
    request = entry.get("request")
    return cast("Mapping[str, object]", request).get(name) if isinstance(request, dict) else None


def _text(data: object, name: str) -> str:
    """A value as text, empty where there is none."""
    value = cast("Mapping[str, object]", data).get(name) if isinstance(data, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(plain(value))


def _joined(items: object) -> str:
    return "; ".join(str(item) for item in cast("Sequence[object]", items)) if isinstance(items, list) else ""
