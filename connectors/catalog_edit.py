"""Edits of a catalog file as text: what is not changed stays byte for byte, comments, order and line ends included.

YAML libraries that write round trips lay the whole file out anew. Here new lines are put between the old ones, at the
places that PyYAML's nodes name, and the result is read again: it must say just what was meant, or nothing is written.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, cast

import yaml

from tutela.engine.plain import is_list, is_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutela.engine.catalog_plan import CatalogPlan, NewColumn, NewDataset

Edit = tuple[int, int, str]
"""(start, end, what stands there instead)."""

NOTE: Final = 120
"""Characters of evidence behind a column."""
_PLAIN: Final = re.compile(r"[^\W\d][\w.$-]*")
_TRAPS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotEditable(Exception):  # noqa: N818 (it is a refusal, not a failure)
    """The file is laid out in a way that cannot be added to safely."""


class CatalogText:
    """The text of a catalog while it is edited; `json_` writes JSON, which has no comments."""

    def __init__(self, text: str, *, json_: bool) -> None:
        self.text = text
        self.json = json_
        self.end = "\r\n" if "\r\n" in text else "\n"
        self.edits: list[Edit] = []
        loader = _Loader(text)
        try:
            self.root = loader.get_single_node()
        except yaml.YAMLError as error:
            raise NotEditable from error
        finally:
            loader.dispose()
        if self.root is not None and not isinstance(self.root, yaml.SequenceNode):
            raise NotEditable

    def apply(self, plan: CatalogPlan, *, prune: bool) -> str:
        """The text with everything that the plan adds, and without what is gone when it is to be pruned."""
        gone = set(plan.gone_columns) if prune else set[tuple[int, int]]()
        # First: below the last column of a list, its category comes before further columns.
        for (number, at), column in plan.categories.items():
            self._add_category(self._columns(self._entry(number)).value[at], column)
        for number, columns in plan.columns.items():
            self._add_columns(self._entry(number), columns)
        for number in {number for number, _ in gone}:
            self._remove(self._columns(self._entry(number)), sorted(at for of, at in gone if of == number))
        if prune:
            self._remove(self.root, sorted(plan.gone_datasets))
        if plan.datasets:
            self._add_datasets(plan.datasets)
        return self._edited()

    def _edited(self) -> str:
        text, last = self.text, len(self.text) + 1
        # From the back; of two at one place the one that was made first comes first.
        for _, (start, end, new) in sorted(enumerate(self.edits), key=lambda edit: (edit[1][0], edit[0]), reverse=True):
            if end > last:
                raise NotEditable
            text, last = text[:start] + new + text[end:], start
        return text

    def _entry(self, number: int) -> Any:  # noqa: ANN401 (PyYAML's nodes are untyped)
        return self.root.value[number]

    @staticmethod
    def _columns(entry: Any) -> Any:  # noqa: ANN401 (as above)
        return next((value for key, value in entry.value if key.value == "columns"), None)

    def _add_columns(self, entry: Any, columns: Sequence[NewColumn]) -> None:  # noqa: ANN401 (as above)
        listed = self._columns(entry)
        if listed is None:
            self._add_list(entry, columns)
        elif listed.flow_style:
            self._into_flow(listed, [self._column(column) for column in columns])
        else:
            indent = " " * listed.start_mark.column
            lines = [f"{indent}- {self._column(column)}{self._note(column)}" for column in columns]
            self._after(listed, lines)

    def _add_list(self, entry: Any, columns: Sequence[NewColumn]) -> None:  # noqa: ANN401 (as above)
        if entry.flow_style:
            items = ", ".join(self._column(column) for column in columns)
            key = '"columns"' if self.json else "columns"
            self._into_flow(entry, [f"{key}: [{items}]"])
            return
        indent = " " * entry.start_mark.column
        lines = [f"{indent}  - {self._column(column)}{self._note(column)}" for column in columns]
        self._after(entry, [f"{indent}columns:", *lines])

    def _add_category(self, item: Any, column: NewColumn) -> None:  # noqa: ANN401 (as above)
        name = next(value for key, value in item.value if key.value == "name")
        key = '"category"' if self.json else "category"
        if item.flow_style:
            at = name.end_mark.index
            self.edits.append((at, at, f", {key}: {self._scalar(column.category or '')}"))
        else:
            line = f"{' ' * item.start_mark.column}category: {self._scalar(column.category or '')}{self._note(column)}"
            self._after(name, [line])

    def _add_datasets(self, datasets: Sequence[NewDataset]) -> None:
        if self.root is not None and self.root.flow_style and (self.json or self.root.value):
            self._into_flow(self.root, [self._flow_dataset(dataset) for dataset in datasets])
            return
        if self.root is not None and self.root.flow_style:  # `[]`
            self.edits.append((self.root.start_mark.index, self.root.end_mark.index, ""))
        indent = " " * (0 if self.root is None or self.root.flow_style else self.root.start_mark.column)
        lines: list[str] = []
        for dataset in datasets:
            lines.append(f"{indent}- dataset: {self._scalar(dataset.dataset)}")
            if dataset.copy_of:
                lines.append(f"{indent}  copy_of: {self._scalar(dataset.copy_of)}")
            lines.append(f"{indent}  columns:")
            lines += [f"{indent}    - {self._column(column)}{self._note(column)}" for column in dataset.columns]
        if self.root is not None and not self.root.flow_style:
            self._after(self.root, lines)
        else:
            self._lines_at(len(self.text), lines)

    def _flow_dataset(self, dataset: NewDataset) -> str:
        pairs = [("dataset", self._scalar(dataset.dataset))]
        if dataset.copy_of:
            pairs.append(("copy_of", self._scalar(dataset.copy_of)))
        pairs.append(("columns", f"[{', '.join(self._column(column) for column in dataset.columns)}]"))
        return self._mapping(pairs)

    def _column(self, column: NewColumn) -> str:
        pairs = [("name", self._scalar(column.name))]
        if column.category:
            pairs.append(("category", self._scalar(column.category)))
        return self._mapping(pairs)

    def _mapping(self, pairs: Sequence[tuple[str, str]]) -> str:
        keys = (json.dumps(key) if self.json else key for key, _ in pairs)
        return "{" + ", ".join(f"{key}: {value}" for key, (_, value) in zip(keys, pairs, strict=True)) + "}"

    def _scalar(self, text: str) -> str:
        plain = not self.json and _PLAIN.fullmatch(text) and text.lower() not in _TRAPS
        return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())

    @staticmethod
    def _note(column: NewColumn) -> str:
        if not column.category:
            return ""
        shown = "".join(char if char.isprintable() else " " for char in column.note)
        return f"  # {shown if len(shown) <= NOTE else shown[: NOTE - 1] + '…'}"

    def _into_flow(self, node: Any, items: Sequence[str]) -> None:  # noqa: ANN401 (as above)
        """Put items behind the last one between brackets, each on a line of its own where that one has."""
        members = cast("list[Any]", node.value)
        if not members:
            at = node.start_mark.index + 1
            self.edits.append((at, at, ", ".join(items)))
            return
        last = members[-1] if isinstance(node, yaml.SequenceNode) else members[-1][1]
        first = last if isinstance(node, yaml.SequenceNode) else members[-1][0]
        begin = self.text.rfind("\n", 0, first.start_mark.index) + 1
        before = self.text[begin : first.start_mark.index]
        between = f",{self.end}{before}" if begin and not before.strip() else ", "
        at = last.end_mark.index
        self.edits.append((at, at, "".join(between + item for item in items)))

    def _after(self, node: Any, lines: Sequence[str]) -> None:  # noqa: ANN401 (as above)
        """Put lines below the last line on which a node stands."""
        self._lines_at(self._line_after(node), lines)

    def _lines_at(self, at: int, lines: Sequence[str]) -> None:
        open_ = at > 0 and self.text[at - 1] not in "\r\n"
        self.edits.append((at, at, (self.end if open_ else "") + "".join(line + self.end for line in lines)))

    def _line_after(self, node: Any) -> int:  # noqa: ANN401 (as above)
        """Where the line after the last one of a node begins; comments behind the node belong to what comes next."""
        while not isinstance(node, yaml.ScalarNode) and not node.flow_style and node.value:
            node = node.value[-1] if isinstance(node, yaml.SequenceNode) else node.value[-1][1]
        at: int = node.end_mark.index
        if node.end_mark.column == 0 and at > node.start_mark.index:  # a block scalar ends where the next line begins
            return at
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found + 1

    def _remove(self, node: Any, numbers: Sequence[int]) -> None:  # noqa: ANN401 (as above)
        """Take out items of a list, with their lines where they have lines of their own."""
        items = node.value
        for place, number in enumerate(numbers):
            item = items[number]
            start, end = item.start_mark.index, item.end_mark.index
            if not node.flow_style:
                start = self.text.rfind("\n", 0, start) + 1
                if self.text[start : item.start_mark.index].strip() != "-":
                    raise NotEditable
                end = self._line_after(item)
            elif place < number:  # something before it stays, and the comma behind that goes
                start = items[number - 1].end_mark.index
            elif number + 1 < len(items):
                end = items[number + 1].start_mark.index
            self.edits.append((start, end, ""))


def merged(entries: Sequence[dict[str, Any]], plan: CatalogPlan, *, prune: bool) -> list[dict[str, Any]]:
    """What the catalog must say after the edits."""
    result: list[dict[str, Any]] = []
    gone = set(plan.gone_columns) if prune else set[tuple[int, int]]()
    for number, entry in enumerate(entries):
        if prune and number in plan.gone_datasets:
            continue
        made = dict(entry)
        columns = [dict(column) for column in entry.get("columns", ())]
        for at, column in enumerate(columns):
            if (number, at) in plan.categories:
                column["category"] = plan.categories[number, at].category
        kept = [column for at, column in enumerate(columns) if (number, at) not in gone]
        kept += [_written(column) for column in plan.columns.get(number, ())]
        if kept or "columns" in made:
            made["columns"] = kept
        result.append(made)
    for dataset in plan.datasets:
        copy = {"copy_of": dataset.copy_of} if dataset.copy_of else {}
        result.append({"dataset": dataset.dataset, **copy, "columns": [_written(column) for column in dataset.columns]})
    return result


def _written(column: NewColumn) -> dict[str, Any]:
    return {"name": column.name, **({"category": column.category} if column.category else {})}


def same(one: object, other: object) -> bool:
    """Whether two pieces of plain data are equal, whatever kinds of list and mapping they are."""
    if is_map(one) and is_map(other):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if is_list(one) and is_list(other):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and one == other
