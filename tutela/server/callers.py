"""Who asks, and what a caller may ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from tutela.engine.plain import is_map

from .refusals import Refused, problem, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.errors import Problem

Permission = Literal["evaluate", "search", "administer"]
PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One program that asks; empty `subject_types` or `actions` mean all of them."""

    name: str
    permissions: frozenset[Permission] = frozenset(PERMISSIONS)
    subject_types: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    keys: tuple[bytes, ...] = ()
    """SHA-256 digests of API keys."""
    certificates: frozenset[str] = frozenset()
    """Names of client certificates, with their kind: `CN=crm`, `DNS:crm.internal`, `URI:spiffe://...`."""
    token: Mapping[str, str] | None = None
    """What the claims of a token must be."""
    rate: float | None = None
    """Evaluations a second, in the long run; None is without limit."""
    burst: int = 1
    """Evaluations at once."""

    def need(self, permission: Permission) -> None:
        """Refused (403) unless the caller has a permission."""
        if permission not in self.permissions:
            raise refused(403, "caller-not-permitted", "Authorization", permission=permission)

    def may_act(self, action: object) -> bool:
        """Whether the caller may ask about an action."""
        return not self.actions or action in self.actions

    def check(self, body: Mapping[str, Any], path: str) -> None:
        """Refused (403) when a body asks about a subject or an action that is not this caller's to ask about."""
        found: list[Problem] = []
        subject: object = body.get("subject")
        action: object = body.get("action")
        if self.subject_types and is_map(subject) and subject.get("type") not in self.subject_types:
            found.append(problem("caller-subject", f"{path}.subject.type", known=", ".join(sorted(self.subject_types))))
        if is_map(action) and not self.may_act(action.get("name")):
            found.append(problem("caller-action", f"{path}.action.name", known=", ".join(sorted(self.actions))))
        if found:
            raise Refused(403, found)
