"""What a contender is, and the hand-made index that the expression languages are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .workload import Case, Rule

Group = Literal["tutela", "unaided", "indexed"]
"""unaided: takes the rules as written; indexed: we keep the index, it evaluates conditions only."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of answering the workload."""

    name: str
    distribution: str
    group: Group
    prepare: Callable[[Case], Any]
    """Shape a request as the contender likes it best; not timed."""
    load: Callable[[list[Rule]], Callable[[Any], bool]]
    """Render and load the rules; gives the function that is timed. Raises ImportError when not installed."""


def indexed(rules: Iterable[Rule], compile_one: Callable[[Rule], Callable[[Any], bool]]) -> Callable[[Any], bool]:
    """Index compiled conditions by (action, table, role); a prepared request is `(key, data)`."""
    table: dict[tuple[str, str, str], tuple[list[Any], list[Any]]] = {}
    for rule in rules:
        denies, allows = table.setdefault(rule.key, ([], []))
        (denies if rule.effect == "deny" else allows).append(compile_one(rule))

    def decide(request: Any) -> bool:
        key, data = request
        found = table.get(key)
        if found is None:
            return False
        for test in found[0]:
            if test(data):
                return False
        for test in found[1]:  # noqa: SIM110 (a generator costs 0.3 us more)
            if test(data):
                return True
        return False

    return decide


def render(rule: Rule, words: dict[str, str], conjunction: str, listed: str = "[]") -> str:
    """Render the atoms of a rule with one template per atom kind; `purpose`'s list in the given brackets."""
    parts: list[str] = []
    for kind, *constants in rule.atoms:
        template = words[kind]
        if kind == "purpose":
            items = ", ".join(f'"{purpose}"' for purpose in constants[0])
            parts.append(template.replace("{0}", listed[0] + items + listed[1]))
            continue
        for number, constant in enumerate(constants):
            template = template.replace(f"{{{number}}}", str(constant))
        parts.append(template)
    return conjunction.join(parts)
