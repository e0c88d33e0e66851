"""Which laws and standards the rules of each policy cite, by the names that a list of repealed ones holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .errors import Location
    from .rules import Rule

_CHINESE: Final = re.compile(
    r"《?(?:中华人民共和国)?(?P<name>[\u4e00-\u9fff]*?(?:法典|法通则|法总则|法|条例|规定|办法))(?:》|第|(?![\u4e00-\u9fff]))"
)
_TAIL: Final = re.compile(r"\s*[(（].*\Z|\s+of the (?:PRC|People's Republic of China)\Z", re.DOTALL)


class Cited(NamedTuple):
    """What one policy rests on."""

    policy: str
    location: Location
    """Of its first rule."""
    laws: tuple[str, ...]
    uncited: tuple[str, ...]
    """Rules that deny and cite nothing."""


def law_of(reference: str) -> str:
    """The name of a law without marks, article and year of issue: `《合同法》第52条` is `合同法`."""
    text = " ".join(reference.split())
    match = _CHINESE.match(text)
    if match is not None:
        return match["name"]
    found = _TAIL.sub("", text)
    return _TAIL.sub("", found)


def citations(rules: Iterable[Rule]) -> list[Cited]:
    """What the policies of some rules cite, by the id of each policy."""
    laws: dict[str, dict[str, None]] = {}
    uncited: dict[str, list[str]] = {}
    first: dict[str, Location] = {}
    for rule in rules:
        here = first.get(rule.policy)
        first[rule.policy] = rule.location if here is None else min(here, rule.location)
        found = laws.setdefault(rule.policy, {})
        found.update((law_of(basis.ref), None) for basis in rule.meta.basis)
        if rule.effect == "deny" and not rule.meta.basis:
            uncited.setdefault(rule.policy, []).append(rule.id)
    return [
        Cited(policy, first[policy], tuple(sorted(laws[policy])), tuple(dict.fromkeys(uncited.get(policy, ()))))
        for policy in sorted(first)
    ]
