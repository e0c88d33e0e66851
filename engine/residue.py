"""A condition cut in two: what is the same for many events, and what is left to ask of each.

The largest parts that read nothing of the single event become *cells*: they are evaluated once, in Python, by the
same generated code that decides requests. The residue reads cells, rows and hours, and is compiled to SQL.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from . import ir
from .generate import Generator, UnsupportedError
from .plain import is_tuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from .policyset import PolicySet

WINDOW: Final = "context.rows_in_window"
EVENT: Final = frozenset({"context.row_count", WINDOW})
"""Attributes that differ from event to event."""
CELL: Final = "cell"
NOW: Final = ("now",)


def reads_event(node: ir.Node) -> bool:
    """Whether a node itself is about the single event: its rows, or the hour of its time."""
    if isinstance(node, ir.Attribute):
        return ".".join(node.path) in EVENT
    return isinstance(node, ir.Member) and node.base.type.kind == "datetime" and _reads_now(node.base)


def is_residual(node: ir.Node) -> bool:
    """Whether something in a condition must be asked of each event."""
    return any(reads_event(part) for part in ir.walk(node))


def reads_window(node: ir.Node) -> bool:
    """Whether something in a condition reads the rows of the window."""
    return any(isinstance(part, ir.Attribute) and ".".join(part.path) == WINDOW for part in ir.walk(node))


def is_atom(node: ir.Node) -> bool:
    """Whether a truth is about the single event and nothing else: its rows and its time against what is fixed."""
    paths = {".".join(part.path) for part in ir.walk(node) if isinstance(part, ir.Attribute)}
    return node.type == ir.BOOLEAN and is_residual(node) and paths <= (EVENT - {WINDOW}) | {".".join(NOW)}


def is_monotone(node: ir.Compare) -> bool:
    """Whether a comparison orders one number of rows against something that is the same for all events."""
    sides = [side for side in node.children() if is_residual(side)]
    if len(sides) != 1 or node.op not in ("<", "<=", ">", ">="):
        return False
    side = sides[0]
    if isinstance(side, ir.Coalesce):  # where the rows are known, it is they
        side = side.left
    return isinstance(side, ir.Attribute) and reads_event(side)


def _reads_now(node: ir.Node) -> bool:
    return any(isinstance(part, ir.Attribute) and part.path == NOW for part in ir.walk(node))


class Cells:
    """The parts of conditions that are the same for many events, each once."""

    def __init__(self) -> None:
        self.nodes: dict[ir.Node, int] = {}

    def __len__(self) -> int:
        return len(self.nodes)

    def cut(self, root: ir.Node) -> ir.Node:
        """The residue of a condition; what is cut out is `cell.0`, `cell.1`..."""
        made: ir.Node = self._cut(root)
        return made

    def _cut(self, node: Any) -> Any:  # noqa: ANN401 (a node, or what a node is made of)
        if is_tuple(node):
            return tuple(self._cut(item) for item in node)
        if not isinstance(node, ir.Node) or isinstance(node, (ir.Constant, ir.Parameter)) or reads_event(node):
            return node
        if not is_residual(node):
            number = self.nodes.setdefault(node, len(self.nodes))
            return ir.Attribute((CELL, str(number)), (ir.object_(), node.type), span=node.span, type=node.type)
        fields = [name for name in node.__dataclass_fields__ if name not in ("span", "type")]
        return replace(node, **{name: self._cut(getattr(node, name)) for name in fields})


def evaluator(node: ir.Node, policies: PolicySet) -> Callable[[Any], object] | None:
    """What gives a cell's value for a question; None where there is no fast form."""
    generator = Generator(policies.parameters.values)
    try:
        source = generator.source(node)
    except (UnsupportedError, RecursionError):
        return None
    return policies.maker(source)(tuple(generator.constants))
