"""Explanations: the tree of a condition, the instants it works out, the register entries used, what is needed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tutela.engine.explain import entries, explain, needed
from tutela.engine.request import Request
from tutela.engine.tree import grow
from tutela.project import find_project, load_authorizer

if TYPE_CHECKING:
    from tutela.engine.authorizer import Authorizer

CRM: Final = Path(__file__).parents[2] / "examples" / "crm"
NOW: Final = "2026-11-20T10:00:00+08:00"


@cache
def pdp() -> Authorizer:
    """The decision point of the example."""
    return load_authorizer(find_project(CRM))


def decide(who: str, action: str, kind: str, name: str, as_of: str = NOW, **properties: Any) -> Any:  # noqa: ANN401
    """One decision of the example."""
    return pdp().decide(
        Request.from_json(
            {
                "subject": {"type": "employee", "id": who},
                "action": {"name": action},
                "resource": {"type": kind, "id": name, "properties": properties},
                "context": {"purpose": "customer_service", "row_count": 1},
                "as_of": as_of,
            }
        )
    )


def erase(as_of: str = NOW) -> Any:  # noqa: ANN401 (a decision)
    """The clean-up of a customer whose minimum runs until 10 May 2027."""
    return decide(
        "E0310", "erase", "record_group", "crm.customer#C-10002", as_of,
        dataset="crm.customer", subject="C-10002", started_at="2024-05-10T18:00:00+08:00",
    )  # fmt: skip


def test_a_denial_states_the_instant_that_it_waits_for() -> None:
    """R-01: the earliest deletion is 2027-05-11T00:00 in Shanghai, and the reason says so."""
    (reason,) = erase().reasons
    values = [value for clause in reason.clauses for _, value in clause.values]

    assert "RET-02.deleted-before-minimum" == reason.rule
    assert "2027-05-11T00:00:00+08:00" in values


def test_a_reason_names_the_approval_the_test_and_the_values() -> None:
    """Not only that there is no valid approval: which one failed, by which test, with which values."""
    reasons = {
        reason.rule: reason
        for reason in decide("E1056", "use", "use_request", "USE-2026-0640", "2026-09-14T10:00:00+08:00").reasons
    }
    (clause,) = reasons["USE-05.level1-missing-or-wrong-approver"].clauses

    assert ("AP-0640-1: approval.at <= now", "false") in clause.values
    assert ("resource.approvals[AP-0640-1].at", "2026-09-15T02:00:00+00:00") in clause.values


def test_the_tree_says_what_every_part_came_to() -> None:
    """Conjunctions, disjunctions, negations and conditionals are taken apart; a branch not taken is not shown."""
    question = decide("E1023", "read", "table", "crm.customer", columns=["full_name"]).question
    text = "subject.known and (resource.personal ? not resource.restricted : subject.senior) or subject.senior"
    tree = grow(pdp().policies, text, question)
    both, senior = tree.branches
    known, choice = both.branches

    assert ("any of", True) == (tree.joined, tree.value)
    assert ("all of", True) == (both.joined, both.value)
    assert ("subject.senior", False) == (senior.text, senior.value)
    assert (True, (("subject.known", "true"),)) == (known.value, known.values)
    assert ["resource.personal", "not resource.restricted"] == [part.text for part in choice.branches]


def test_the_tree_takes_loops_apart_item_by_item() -> None:
    """Each item of a list is named by its id, with the parts of the condition for it."""
    question = decide("E1023", "share", "sharing_request", "SHR-2026-0450").question
    text = "$any([approval.level == 2 and approval.in_office for approval in resource.approvals])"
    (item,) = grow(pdp().policies, text, question).branches

    assert item.text.startswith("AP-0450-1: ")
    assert [("approval.level == 2", False), ("approval.in_office", True)] == [(b.text, b.value) for b in item.branches]
    assert (("resource.approvals[AP-0450-1].level", "1"),) == item.branches[0].values


def test_values_of_customers_stay_masked() -> None:
    """Ids of customers show as their number, in reasons and in trees."""
    decision = decide("E1023", "share", "sharing_request", "SHR-2026-0450")
    told = str(decision.reasons) + str(explain(pdp(), decision))

    assert "C-88021" not in told
    assert "[41 items]" in told


def test_the_entries_used_have_a_place() -> None:
    """Application, applicant, approver, approval, partner, set: each with register, id, file and line."""
    used = entries(pdp(), decide("E0310", "share", "sharing_request", "SHR-2026-0450"))
    found = {(entry.register, entry.id): entry.location for entry in used}
    approval = found["approvals", "AP-0450-1"]

    assert {
        ("sharing_requests", "SHR-2026-0450"), ("people", "E1023"), ("people", "E0088"), ("partners", "P-305"),
        ("approvals", "AP-0450-1"), ("subject_sets", "set:2026-11-retail"),
    } <= set(found)  # fmt: skip
    assert approval is not None
    lines = (CRM / "registers" / "approvals.yaml").read_text(encoding="utf-8").splitlines()
    assert "AP-0450-1" in lines[approval.line - 1]


def test_thousands_of_consents_are_counted_and_not_listed() -> None:
    """A few of each register are shown, and how many more there are."""
    used = entries(pdp(), decide("E0310", "share", "sharing_request", "SHR-2026-0412"))

    assert [("consents", "(+295)")] == [(entry.register, entry.id) for entry in used if entry.id.startswith("(+")]


def test_what_is_needed_names_every_reason_once() -> None:
    """What to obtain and what to do, for each rule that denies; nothing for an allow."""
    denied = decide("E0310", "share", "sharing_request", "SHR-2026-0450")
    allowed = decide("E0310", "share", "sharing_request", "SHR-2026-0412")
    found = {need.rule: need for need in needed(pdp(), denied)}

    assert {reason.rule for reason in denied.reasons} == set(found)
    assert ("approval:level-2",) == found["SHR-11.level2-missing"].needs
    assert all(need.remedy.en and need.remedy.zh for need in found.values())
    assert () == needed(pdp(), allowed)


def test_traces_tell_who_denies_first() -> None:
    """Rules that deny stand before those that allow; every outcome is one of four."""
    outcomes = [trace.outcome for trace in explain(pdp(), decide("E0310", "share", "sharing_request", "SHR-2026-0450"))]

    assert "denies" == outcomes[0]
    assert {"denies", "allows", "does not apply"} == set(outcomes)


@pytest.mark.parametrize("name", ["SHR-2026-0412", "SHR-0", "x" * 5000, "'", "\x00"])
def test_any_request_can_be_explained(name: str) -> None:
    """Also one about an application that nobody knows."""
    decision = decide("E9999", "share", "sharing_request", name)

    assert explain(pdp(), decision)
    assert isinstance(entries(pdp(), decision), tuple)
