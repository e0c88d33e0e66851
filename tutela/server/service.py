"""One loaded policy set with its registers, as the service answers with it: a snapshot that never changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tutela.engine.entities import known_resources, known_subjects
from tutela.engine.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tutela.connectors.sql_gate import SqlGate
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.decision_log import Recorder
    from tutela.engine.errors import Lang


@dataclass(frozen=True, slots=True)
class Service:
    """A decision point, its digests, and what it knows; one request is answered with one of these throughout.

    An application swaps its service by an assignment: requests in flight keep the one that they began with.
    """

    authorizer: Authorizer
    digests: Mapping[str, str]
    """`policy_digest` and `facts_digest`, which is empty without registers."""
    actions: tuple[str, ...]
    """Every action that some rule is about, sorted."""
    gate: SqlGate | None = None
    """Decides about statements; None without a schema."""
    recorder: Recorder | None = None
    """Makes the entries of the decision log; None where there is none."""
    reasons: dict[tuple[tuple[int, ...], Lang], list[dict[str, Any]]] = field(
        default_factory=dict[tuple[tuple[int, ...], "Lang"], "list[dict[str, Any]]"]
    )
    """The reasons of allows that were given before, as JSON values: only speed."""
    listed: dict[tuple[str, str], Sequence[str]] = field(default_factory=dict[tuple[str, str], "Sequence[str]"])
    """Lists of entities that were asked for before: only speed."""

    @classmethod
    def of(cls, authorizer: Authorizer, gate: SqlGate | None = None, recorder: Recorder | None = None) -> Service:
        """The service of a decision point; what is slow the first time is done here, not in the first request."""
        policies, facts = authorizer.policies, authorizer.facts
        policies.language()
        for number in range(len(policies)):
            policies.test(number)
        digests = {"policy_digest": policies.digest, "facts_digest": "" if facts is None else facts.digest}
        return cls(authorizer, digests, tuple(sorted(policies.by_action)), gate, recorder)

    def subjects(self, kind: str) -> Sequence[str]:
        """The ids of the subjects of a type that the registers know, sorted."""
        return self._list("subject", kind)

    def resources(self, kind: str) -> Sequence[str]:
        """The ids of the resources of a type that the registers know, sorted."""
        return self._list("resource", kind)

    def _list(self, part: str, kind: str) -> Sequence[str]:
        facts = self.authorizer.facts
        if not isinstance(facts, Facts):
            return ()
        found = self.listed.get((part, kind))
        if found is None:
            found = (known_subjects if part == "subject" else known_resources)(facts.world, kind)
            if found:  # types are a caller's words: those that nobody knows are without number
                self.listed[part, kind] = found
        return found
