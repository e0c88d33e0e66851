"""Pinyin twins of labelled schemas: the Chinese comments become names, and the comments go.

What a reader of `chushengriqi` or `csrq` has to guess is there told by the label of the column whose comment was
出生日期. Columns whose comments are not Chinese, or too long for a name, are left out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

import yaml

from tutela.engine.classifier import Classified
from tutela.engine.tables import Table

from .classify_labels import CASES, CORPUS, CORPUS_CASES, ROOT, Row, corpus_file_rows, file_rows, hand_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tutela.engine.classifier import Classifier
    from tutela.engine.tables import Column

STYLES: Final = ("full", "full_", "initials", "initials_")
"""Whole syllables or first letters, glued or with `_` between words of two characters."""
LONGEST: Final = 10
CORPUS_TWINS: Final = ("mall", "ruoyi")
_CLAUSE: Final = re.compile(r"[^0-9A-Za-z\u3400-\u9fff/的]")
_HEAD: Final = re.compile(r"[0-9A-Za-z\u3400-\u9fff]+")
_VALUES: Final = re.compile(r"\s\d.*", re.DOTALL)
"""What values a comment explains: `性别 0未知 1男`."""
_CJK: Final = re.compile(r"[\u3400-\u9fff]+")
_DROPPED: Final = -1.0


def twin_name(text: str, style: str) -> str:
    """The name that a Chinese text has in a style; empty when the text is none or too long."""
    from pypinyin import Style, lazy_pinyin

    head = "".join(_HEAD.findall(_CLAUSE.split(_VALUES.sub("", text.strip()).replace(" ", ""), maxsplit=1)[0])).replace(
        "的", ""
    )
    if not _CJK.search(head) or len(head) > LONGEST:
        return ""
    way = Style.FIRST_LETTER if style.startswith("initials") else Style.NORMAL
    parts = _words(head) if style.endswith("_") else [head]
    return "_".join("".join(lazy_pinyin(part, style=way)).lower() for part in parts)


def _words(text: str) -> list[str]:
    """The words of a text: the longest known ones from its start, else two characters."""
    known = _known()
    parts: list[str] = []
    while text:
        runs = re.match(r"[0-9A-Za-z]+", text)
        size = runs.end() if runs else next((size for size in (3, 2) if text[:size] in known), 2)
        parts.append(text[:size])
        text = text[size:]
    return parts


@cache
def _known() -> frozenset[str]:
    """Words of two and three characters of the taxonomy and of the plain terms."""
    taxonomy = yaml.safe_load((ROOT / "policies" / "taxonomy.yaml").read_text(encoding="utf-8"))
    terms = yaml.safe_load((ROOT / "policies" / "plain_terms.yaml").read_text(encoding="utf-8"))["terms"]
    lists = [*taxonomy["matching"].values(), *terms.values()]
    lists += [item["hints"].get("zh", []) for item in taxonomy["categories"] if "hints" in item]
    return frozenset(word for words in lists for word in words if len(str(word)) <= 3)


class Twins:
    """A classifier that sees the twin of every table, and answers for the columns as they were."""

    def __init__(self, classifier: Classifier, style: str) -> None:
        self._classifier, self._style = classifier, style
        self.is_sensitive = classifier.is_sensitive

    def table(self, table: Table) -> list[Classified]:
        """Classify the twin; columns that have none get a confidence below zero."""
        names = {column.name: twin_name(column.comment, self._style) for column in table.columns}
        kept = tuple(self._column(column, names[column.name]) for column in table.columns if names[column.name])
        title = twin_name(table.comment, self._style) or table.name
        found = iter(self._classifier.table(Table(name=title, columns=kept, location=table.location)))
        return [
            self._back(next(found), column)
            if names[column.name]
            else Classified(column, None, sensitive=False, confidence=_DROPPED, evidence=())
            for column in table.columns
        ]

    def _column(self, column: Column, name: str) -> Column:
        return replace(column, name=name, comment="", tag="", references="")

    def _back(self, entry: Classified, column: Column) -> Classified:
        return entry._replace(column=column, evidence=(entry.column.name, *entry.evidence))


def twin_rows(classifier: Classifier, style: str) -> Iterator[Row]:
    """Every labelled column with a Chinese comment, by the name that the comment would have in pinyin."""
    twins = Twins(classifier, style)
    rows: list[Row] = []
    if CORPUS.exists():
        rows += hand_labels("yudao", twins)
        for name in CORPUS_TWINS:
            rows += corpus_file_rows(CORPUS_CASES / f"{name}.yaml", twins)
    for file in sorted(CASES.glob("*.yaml")):
        rows += file_rows(file, twins)
    return (row._replace(source=f"{row.source} {style}") for row in rows if row.found.confidence >= 0)
