"""The sharing form: recipients, approval chain, agreements and filing -> rules about `share` or `use`.

A request asks to act on an application (`sharing_request`, `use_request`), or to carry one out (`transfer`, or an
access that names it). Facts attach its approvals, each with what the people register says about the approver *at
the moment of signing*; the rules say which approvals count. An approval that is missing, or by somebody who never
was the right person, is the level's reason; one by the right person that does not count is the reason of `validity`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from .lower import condition, literal, literals, period_text
from .validation import place

if TYPE_CHECKING:
    from .lower import Path, Surface
    from .rules import Scalar

TARGETS: Final[dict[str, dict[str, Scalar | list[Scalar]]]] = {
    "share": {"resource.type": ["sharing_request", "transfer"], "resource.request_known": True},
    "use": {"resource.type": "use_request", "resource.request_known": True},
}
UNREGISTERED: Final[dict[str, Scalar | list[Scalar]]] = {
    "resource.type": "sharing_request", "resource.request_known": False
}  # fmt: skip
ACCESS: Final[dict[str, Scalar | list[Scalar]]] = {"resource.type": "table", "context.request_known": True}
"""An access that rests on an application to use is judged by the same chain, as of its own time."""
ACCESS_ACTIONS: Final = ("read", "update", "export", "delete")
MODES: Final = ("share", "entrust")
"""Handing over for good (sale, assignment, publication) is not sharing, unless a permit says so."""

GIVEN: Final = "approval.decision == 'approve' and approval.at <= now"
COUNTS: Final = (
    f"{GIVEN} and approval.stands and approval.matches_request and approval.in_office and not approval.by_applicant"
    " and approval.delegation_valid"
)
"""What every approval needs: signed by now, not undone, for this very content, by somebody else in office."""
HEAD: Final = "(approval.heads_department or (approval.applicant_is_head and approval.senior_management))"
"""Head of the applicant's department when signing; where that is the applicant, senior management."""
APPROVERS: Final = {
    "department_head": HEAD,
    "senior_management": "approval.senior_management and not approval.repeats_person",
}
ANY_TIME: Final = {"department_head": "approval.ever_head", "senior_management": "approval.ever_senior"}
"""The right person, at whatever time: such an approval is there, and may yet be invalid."""
_RESOURCE: Final = re.compile(r"\bresource\.")


def lower_sharing(surface: Surface) -> None:
    """Add the rules of one sharing (or internal use) file."""
    _permit(surface)
    _completeness(surface)
    counts = _counts(surface)
    if "authorisation" in surface.data:
        # Where validity is judged, an approval that does not count is its reason, and a wrong approver the level's.
        found = GIVEN if "validity" in surface.data else counts
        unless = f"resource.written_authorisation or {_some(found)}"
        _deny(surface, ["authorisation"], unless=unless, needs=("authorisation",))
        if surface.data["action"] == "share":
            # Without it an application that nobody registered would be told that its recipient is not permitted.
            surface.rule(
                ["authorisation"], effect="deny", actions=("share",), target=dict(UNREGISTERED), needs=("application",),
                variant="unregistered",
            )  # fmt: skip
    for number, level in enumerate(surface.data.get("approvals", ())):
        _level(surface, number, level, counts)
    _validity(surface, counts)
    for number, agreement in enumerate(surface.data.get("agreements", ())):
        _deny(
            surface,
            ["agreements", number],
            when=f"resource.recipient_kind in {literals(agreement['recipients'])}",
            unless=_agreement(agreement["kind"]),
            needs=(f"agreement:{agreement['kind']}",),
        )
    if "filing" in surface.data:
        _deny(surface, ["filing"], unless=_filing(surface.data["filing"]["department"]), needs=("filing",))
    _period(surface)
    _receipt(surface)


def _deny(  # noqa: PLR0913 (the parts of a rule)
    surface: Surface, path: Path, *, when: str = "", unless: str = "", needs: tuple[str, ...] = (), variant: str = ""
) -> None:
    """A rule about the application, and the same about accesses that rest on it."""
    action: str = surface.data["action"]
    surface.rule(
        path, effect="deny", actions=(action,), target=dict(TARGETS[action]), when=when, unless=unless, needs=needs,
        variant=variant,
    )  # fmt: skip
    if action == "use":
        surface.rule(
            path, effect="deny", actions=ACCESS_ACTIONS, target=dict(ACCESS), when=_of_access(when),
            unless=_of_access(unless), needs=needs, variant=f"{variant}-access".lstrip("-"),
        )  # fmt: skip


def _of_access(text: str) -> str:
    return _RESOURCE.sub("context.request_", text)


def _some(test: str) -> str:
    return f"$any([{test} for approval in resource.approvals])"


def _permit(surface: Surface) -> None:
    data = surface.data
    if "permit" not in data:
        return
    action: str = data["action"]
    recipients: list[str] = data["permit"].get("recipients", []) if action == "share" else []
    if action == "share" and not recipients:
        surface.out.problems.append(place(surface.document, ["permit"], "key-missing", key_="recipients"))
    tests = [] if "period" in data else [_ENDING]
    if recipients:
        modes = data["permit"].get("modes", MODES)
        tests += [f"resource.recipient_kind in {literals(recipients)}", f"resource.mode in {literals(modes)}"]
    surface.rule(["permit"], effect="allow", actions=(action,), target=dict(TARGETS[action]), when=" and ".join(tests))


_ENDING: Final = "resource.period_from != null and now < (resource.period_to ?? now)"


def _completeness(surface: Surface) -> None:
    if "completeness" in surface.data:
        action: str = surface.data["action"]
        surface.rule(
            ["completeness"], effect="deny", actions=(action,), target=dict(TARGETS[action]),
            when="resource.incomplete_fields.length > 0", needs=("application",),
        )  # fmt: skip


def _counts(surface: Surface) -> str:
    """What an approval needs to count, with the age and the approver's exit that `validity` adds."""
    validity: dict[str, Any] = surface.data.get("validity", {})
    tests = [COUNTS]
    if "max_age" in validity:
        age = validity["max_age"]
        tests.append(f"now < $period_end(approval.at, [{period_text(age)}])")
    if "approver_exit" in validity:
        tests.append(f"(param.{validity['approver_exit']['param']} != 'deny' or not approval.approver_left)")
    return " and ".join(tests)


def _level(surface: Surface, number: int, level: dict[str, Any], counts: str) -> None:
    """The level is missing: nobody who could sign it has signed."""
    path: Path = ["approvals", number]
    action: str = surface.data["action"]
    needs = (f"approval:level-{level['level']}",)
    if "validity" in surface.data:
        signed = f"{GIVEN} and {ANY_TIME[level['approver']]}"
    else:
        signed = f"{counts} and {APPROVERS[level['approver']]}"
    unless = _some(f"approval.level == {level['level']} and {signed}")
    written = condition(surface, path, "when")
    surface.rule(
        path, effect="deny", actions=(action,), target=dict(TARGETS[action]), when=written, unless=unless, needs=needs,
    )  # fmt: skip
    if action == "use":
        surface.rule(
            path, effect="deny", actions=ACCESS_ACTIONS, target=dict(ACCESS),
            when=_of_access(written.text) if written else "", unless=_of_access(unless), needs=needs, variant="access",
        )  # fmt: skip


def _validity(surface: Surface, counts: str) -> None:
    """An approval by the right person is there, and none of that level counts."""
    if "validity" not in surface.data:
        return
    for number, level in enumerate(surface.data.get("approvals", ())):
        name = f"approval.level == {level['level']}"
        written = condition(surface, ["approvals", number], "when")
        signed = _some(f"{name} and {GIVEN} and {ANY_TIME[level['approver']]}")
        _deny(
            surface,
            ["validity"],
            when=f"{signed} and ({written.text})" if written else signed,
            unless=_some(f"{name} and {counts} and {APPROVERS[level['approver']]}"),
            needs=(f"approval:level-{level['level']}",),
            variant=f"{surface.data['action']}-level-{level['level']}",
        )
    # A level that is always needed says the same.
    always = any("when" not in level for level in surface.data.get("approvals", ()))
    if "authorisation" in surface.data and not always:
        _deny(
            surface,
            ["validity"],
            when=f"not resource.written_authorisation and {_some(GIVEN)}",
            unless=_some(counts),
            variant=f"{surface.data['action']}-authorisation",
        )
    if surface.data["action"] == "share":
        _deny(surface, ["validity"], when="resource.changed_retry", variant="share-retry")


def _agreement(kind: str) -> str:
    """Signed, active, and in force today and over the whole sharing period."""
    return (
        f"$any([agreement.active and '{kind}' in agreement.kinds and {IN_FORCE}"
        " for agreement in resource.partner_agreements])"
    )


IN_FORCE: Final = (
    "agreement.signed_at <= now and agreement.valid_from <= now and now < agreement.valid_to"
    " and agreement.valid_from <= (resource.period_from ?? now) and (resource.period_to ?? now) <= agreement.valid_to"
)


def _filing(department: str) -> str:
    """Filed by a member of the department, not in the future, and after the last of the approvals there are."""
    given = f"{GIVEN} and approval.stands"
    return (
        "resource.filed_at != null and (resource.filed_at ?? now) <= now"
        f" and (resource.filed_by_department ?? '') == {literal(department)}"
        f" and (resource.written_authorisation or {_some(GIVEN + ' and approval.at <= (resource.filed_at ?? now)')})"
        f" and $all([approval.at <= (resource.filed_at ?? now) for approval in resource.approvals if {given}])"
    )


def _period(surface: Surface) -> None:
    """Before and after the period applied for, nothing is shared, sent, used or read."""
    if "period" not in surface.data:
        return
    # A blank period is a reason of its own where completeness is judged.
    blank = "resource.period_to != null and " if "completeness" in surface.data else ""
    outside = f"({blank}(resource.period_to ?? now) <= now) or now < (resource.period_from ?? now)"
    action: str = surface.data["action"]
    if action == "share":
        _deny(
            surface,
            ["period"],
            when=outside,
            needs=("period",),
            variant="share",
        )
        return
    surface.rule(
        ["period"],
        effect="deny",
        actions=(action,),
        target=dict(TARGETS[action]),
        when=outside,
        needs=("period",),
        variant="use",
    )
    surface.rule(
        ["period"], effect="deny", actions=ACCESS_ACTIONS, target=dict(ACCESS), variant="use-access", needs=("period",),
        when=_of_access(outside),
    )  # fmt: skip


def _receipt(surface: Surface) -> None:
    """A receipt of an earlier transfer to the same recipient is overdue."""
    if "receipt" not in surface.data or surface.data["action"] != "share":
        return
    due = surface.data["receipt"]["due"]
    period = period_text(due)
    when = f"$any([$period_end(share.at, [{period}]) <= now for share in resource.unconfirmed_shares])"
    _deny(surface, ["receipt"], when=when, needs=("receipt",))
    surface.rule(
        ["receipt"], effect="deny", actions=("retain",), target={"resource.type": "shared_copy"}, variant="standing",
        needs=("receipt",),
        when="resource.executed_at != null and resource.receipt_signed_at == null"
        f" and $period_end((resource.executed_at ?? now), [{period}]) <= now",
    )  # fmt: skip
