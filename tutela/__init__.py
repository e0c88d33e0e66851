"""tutela: policy as code for customer data.

    policies = tutela.load("policies/")
    pdp = tutela.Authorizer(policies)
    decision = pdp.decide(tutela.Request(subject=..., action="share", resource=..., as_of=...))

Names are imported when they are first used: `import tutela` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .api import audit, compare, lint, load, load_facts, report, retention, rewrite, rewriter, share, waive
    from .bundles import load_bundle
    from .engine.authorizer import Authorizer
    from .engine.decision import Decision
    from .engine.errors import InputError, PolicyError, TutelaError
    from .engine.facts import Facts
    from .engine.model import Finding, Report
    from .engine.policyset import PolicySet
    from .engine.request import Request
    from .engine.rewrite import Rewritten

__version__: Final = "0.1.0"

__all__ = [
    "Authorizer",
    "Decision",
    "Facts",
    "Finding",
    "InputError",
    "PolicyError",
    "PolicySet",
    "Report",
    "Request",
    "Rewritten",
    "TutelaError",
    "audit",
    "compare",
    "lint",
    "load",
    "load_bundle",
    "load_facts",
    "report",
    "retention",
    "rewrite",
    "rewriter",
    "share",
    "waive",
]

_HOMES: Final = {
    "Authorizer": "engine.authorizer",
    "Decision": "engine.decision",
    "Facts": "engine.facts",
    "Finding": "engine.model",
    "InputError": "engine.errors",
    "PolicyError": "engine.errors",
    "PolicySet": "engine.policyset",
    "Report": "engine.model",
    "Request": "engine.request",
    "Rewritten": "engine.rewrite",
    "TutelaError": "engine.errors",
    "load_bundle": "bundles",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 (whatever the name stands for)
    if name not in __all__:
        raise AttributeError(f"module 'tutela' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"tutela.{_HOMES.get(name, 'api')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
