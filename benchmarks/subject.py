"""tutela itself as contenders, through its public API only."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .contender import Contender, render
from .workload import authzen, make_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from .workload import Case, Rule

VOCABULARY = """kind: vocabulary
subject: {department: string, clearance: number, region: string, mfa: boolean, role: string}
resource: {table: string, owner_department: string, sensitivity: number, region: string, owner: string}
context: {purpose: string, hour: number, channel: string}
"""

SAME = "subject.department == resource.owner_department"
WORDS = {
    "same_department": SAME,
    "clearance": "resource.sensitivity <= subject.clearance",
    "purpose": "context.purpose in {0}",
    "same_region": "subject.region == resource.region",
    "hours": "context.hour >= {0} and context.hour < {1}",
    "mfa": "subject.mfa == true",
    "channel_not": "context.channel != '{0}'",
    "owner_or_department": f"(resource.owner == subject.id or {SAME})",
}


def policy_text(rules: list[Rule]) -> str:
    """Render the rules as one policy file of kind access."""
    parts = ["kind: access\nid: bench\nrules:\n"]
    for rule in rules:
        condition = render(rule, WORDS, " and ")
        parts.append(
            f"  - id: B-{rule.number:05d}.rule\n"
            f"    effect: {rule.effect}\n"
            "    severity: high\n"
            f"    actions: [{rule.action}]\n"
            f"    target: {{resource.table: {rule.table}, subject.role: {rule.role}}}\n"
            f"    when: {condition}\n"
        )
    return "".join(parts)


def write_policies(folder: Path, rules: list[Rule]) -> Path:
    """Write vocabulary and rules into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocabulary.yaml").write_text(VOCABULARY, encoding="utf-8")
    (folder / "rules.yaml").write_text(policy_text(rules), encoding="utf-8")
    return folder


def public() -> Any:
    """The module `tutela`, when it has the three names that are measured."""
    import tutela

    absent = [name for name in ("load", "Authorizer", "Request") if not hasattr(tutela, name)]
    if absent:
        raise ImportError(f"tutela has no {', '.join(absent)}")
    return tutela


def policies_of(rules: list[Rule]) -> Any:
    """Load the rules from a folder: `$TUTELA_BENCH_FOLDER` (written beforehand) or a temporary one."""
    tutela = public()
    if ready := os.environ.get("TUTELA_BENCH_FOLDER"):
        folder = Path(ready) / f"rules-{len(rules)}"
        return tutela.load(str(folder if folder.exists() else write_policies(folder, rules)))
    temporary = Path(tempfile.mkdtemp(prefix="tutela-bench-"))
    try:
        return tutela.load(str(write_policies(temporary, rules)))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _decider(rules: list[Rule]) -> Callable[[Any], Any]:
    return public().Authorizer(policies_of(rules)).decide


def ready_request(case: Case) -> Any:
    """A finished `tutela.Request`."""
    return public().Request(**authzen(case))


def verdict_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """The verdict on a finished request."""
    decide = _decider(rules)
    return lambda request: decide(request).allowed


def built_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """The verdict, with the request built from the application's dictionary each time."""
    decide, request_type = _decider(rules), public().Request
    return lambda values: decide(request_type(**values)).allowed


def reasons_load(rules: list[Rule]) -> Callable[[Any], bool]:
    """The verdict with every reason, message, clause, and shown value read."""
    decide = _decider(rules)

    def run(request: Any) -> bool:
        decision = decide(request)
        for reason in decision.reasons:
            _ = reason.rule, reason.message.en
            for clause in reason.clauses:
                _ = clause.text, clause.values
        return decision.allowed

    return run


READY = "tutela"
BUILT = "tutela, from a dict"
REASONS = "tutela, all reasons read"

SUBJECT = (
    Contender(READY, "tutela", "tutela", ready_request, verdict_load),
    Contender(BUILT, "tutela", "tutela", authzen, built_load),
    Contender(REASONS, "tutela", "tutela", ready_request, reasons_load),
)


def sample_folder(folder: Path, count: int) -> Path:
    """Write the policies of `count` rules into a folder, for the load benchmark."""
    return write_policies(folder, make_rules(count))
