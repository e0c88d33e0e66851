"""The sharing form: recipients, approval chain, agreements and filing -> rules about `share` or `use`.

A request asks to act on an application (`sharing_request` or `use_request`). Facts attach its approvals, each with
what the people register says about the approver *at the moment of signing*; the rules say which approvals count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .lower import condition, literal, literals
from .validation import place

if TYPE_CHECKING:
    from .lower import Surface

RESOURCE: Final = {"share": "sharing_request", "use": "use_request"}

STANDS: Final = (
    "approval.decision == 'approve' and approval.at <= now and approval.stands and approval.matches_request"
    " and approval.in_office and not approval.by_applicant"
)
"""What every approval needs: signed by now, not revoked, for this very content, by somebody else in office."""

HEAD: Final = "(approval.heads_department or (approval.applicant_is_head and approval.senior_management))"
"""Head of the applicant's department when signing; where that is the applicant, senior management."""

APPROVERS: Final = {
    "department_head": HEAD,
    "senior_management": "approval.senior_management and not approval.repeats_person",
}


def lower_sharing(surface: Surface) -> None:
    """Add the rules of one sharing (or internal use) file."""
    data = surface.data
    action: str = data["action"]
    actions = (action,)
    target = {"resource.type": RESOURCE[action]}
    if "permit" in data:
        recipients: list[str] = data["permit"].get("recipients", []) if action == "share" else []
        if action == "share" and not recipients:
            surface.out.problems.append(place(surface.document, ["permit"], "key-missing", key_="recipients"))
        when = "resource.period_from < resource.period_to and now < resource.period_to"
        if recipients:
            # Handing over for good (sale, assignment, publication) is not sharing.
            when += f" and resource.recipient_kind in {literals(recipients)} and resource.mode in ['share', 'entrust']"
        surface.rule(["permit"], effect="allow", actions=actions, target=target, when=when)
    if "authorisation" in data:
        unless = f"resource.written_authorisation or $any([{STANDS} for approval in resource.approvals])"
        surface.rule(
            ["authorisation"], effect="deny", actions=actions, target=target, unless=unless,
            needs=("authorisation",),
        )  # fmt: skip
    _approvals(surface, actions, target)
    for number, agreement in enumerate(data.get("agreements", ())):
        surface.rule(
            ["agreements", number],
            effect="deny",
            actions=actions,
            target=target,
            when=f"resource.recipient_kind in {literals(agreement['recipients'])}",
            unless=_agreement(agreement["kind"]),
            needs=(f"agreement:{agreement['kind']}",),
        )
    if "filing" in data:
        surface.rule(
            ["filing"], effect="deny", actions=actions, target=target, needs=("filing",),
            unless=_filing(data["filing"]["department"]),
        )  # fmt: skip


def _approvals(surface: Surface, actions: tuple[str, ...], target: dict[str, str]) -> None:
    for number, level in enumerate(surface.data.get("approvals", ())):
        qualified = APPROVERS[level["approver"]]
        surface.rule(
            ["approvals", number],
            effect="deny",
            actions=actions,
            target=dict(target),
            when=condition(surface, ["approvals", number], "when"),
            unless=(
                f"$any([approval.level == {level['level']} and {STANDS} and {qualified}"
                " for approval in resource.approvals])"
            ),
            needs=(f"approval:level-{level['level']}",),
        )


def _agreement(kind: str) -> str:
    """Signed, active, and in force today and over the whole sharing period."""
    return (
        f"$any([agreement.active and '{kind}' in agreement.kinds and agreement.signed_at <= now"
        " and agreement.valid_from <= now and now < agreement.valid_to"
        " and agreement.valid_from <= resource.period_from and resource.period_to <= agreement.valid_to"
        " for agreement in resource.partner_agreements])"
    )


def _filing(department: str) -> str:
    """Filed by a member of the department, after the last approval and not in the future."""
    return (
        "resource.filed_at != null and (resource.filed_at ?? now) <= now"
        f" and (resource.filed_by_department ?? '') == {literal(department)}"
        " and $all([approval.at <= (resource.filed_at ?? now) for approval in resource.approvals"
        " if approval.decision == 'approve' and approval.at <= now])"
    )
