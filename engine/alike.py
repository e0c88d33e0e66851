"""Requests that neither policies nor registers can tell apart, and the one answer that all of them get.

The 40,000 columns of a large schema ask some hundred different questions: what counts of a column is its category and
what the registers declare of its table, and most tables stand in no register. The key of a question is everything that
an answer to it, or the words of that answer, can depend on. A request for which nobody can list that has no key, and is
decided by itself.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from .facts import Facts
from .facts_collection import ColumnView, column_key
from .known import peek

if TYPE_CHECKING:
    from collections.abc import Hashable

    from .authorizer import Authorizer
    from .decision import Decision
    from .model import Reason
    from .request import Request

MOST: Final = 1 << 10
"""How many answers are remembered; then all are forgotten, for rules may read what every column is called."""
BARE: Final = 2
"""What a subject has of which nothing is stated: type and id."""


class Answer:
    """A decision, and what a report says of it."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.allowed = decision.allowed

    @cached_property
    def denials(self) -> tuple[tuple[str, tuple[Reason, ...]], ...]:
        """Each rule that denies with its reasons; a rule lowered to several denies once."""
        by_rule: dict[str, list[Reason]] = {}
        for reason in self.decision.reasons:
            by_rule.setdefault(reason.rule, []).append(reason)
        return tuple((rule, tuple(reasons)) for rule, reasons in by_rule.items())

    @cached_property
    def declared(self) -> tuple[Any, Any]:
        """The category of what was asked about, and whether it is sensitive, as the decision saw them."""
        resource = self.decision.question.resource
        return peek(resource, "category"), peek(resource, "sensitive")


class Answers:
    """Asks a decision point, once for all requests that are alike."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._pdp = authorizer
        self._found: dict[Hashable, Answer] = {}
        self._readers: dict[str, _Reads | None] = {}

    def to(self, request: Request) -> Answer:
        """The answer to a request: as `Authorizer.decide` gives it, though its question may be an earlier one."""
        key = self._key(request)
        if key is None:
            return Answer(self._pdp.decide(request))
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= MOST:
                self._found.clear()
            found = self._found[key] = Answer(self._pdp.decide(request))
        return found

    def _key(self, request: Request) -> Hashable:
        """Everything that the answer depends on, or None."""
        subject, resource = request.subject, request.resource
        facts = self._pdp.facts
        # What a caller adds could be anything; the linter adds nothing.
        bare = not request.context and len(subject) == BARE and len(request.action) == 1
        if not bare or resource["type"] != "column" or not isinstance(facts, Facts):
            return None
        action = request.action_name
        if action not in self._readers:
            self._readers[action] = _reads(self._pdp.policies.reads(action))
        reads = self._readers[action]
        about = reads and column_key(facts.world.catalog, resource, named=reads.named, stated=reads.stated)
        return about and (action, request.now, subject["type"], subject["id"], about)


class _Reads:
    """What the rules of an action read of a resource, besides what the registers' view of columns finds."""

    __slots__ = ("named", "stated")

    def __init__(self, names: frozenset[str]) -> None:
        self.named = not names.isdisjoint({"id", "dataset", "column"})
        """Whether they read what it is called."""
        self.stated = names - ColumnView.attributes.keys() - {"id", "type"}
        """What only the caller can have stated."""


def _reads(paths: frozenset[str]) -> _Reads | None:
    """The names of a resource that are read; None when it is read as a whole."""
    parts = [path.split(".") for path in paths]
    if ["resource"] in parts:
        return None
    return _Reads(frozenset(part[1] for part in parts if part[0] == "resource"))
