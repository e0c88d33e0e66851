"""Deciding in this process: the decision log, questions that are none, faults."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tutela.engine.authorizer import Authorizer
from tutela.integrations.asking import Answer, Question
from tutela.integrations.local import Local

if TYPE_CHECKING:
    from tutela.engine.decision import Decision
    from tutela.engine.request import Request

SHOP = Path(__file__).parents[2] / "examples" / "shop"
CUSTOMER = {"type": "table", "id": "customer", "properties": {"dataset": "customer"}}
WANG = {"type": "employee", "id": "wang", "properties": {"team": "service"}}
ALLOWED = Question(WANG, "read", CUSTOMER, {"purpose": "contract_performance"})


def both(local: Local, question: Question) -> list[Answer]:
    """Asked from a thread and from an event loop."""
    return [local.decide(question), asyncio.run(local.adecide(question))]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """The shop as a project that records its decisions."""
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder)
    with (folder / "tutela.toml").open("a", encoding="utf-8") as settings:
        settings.write('[decision_log]\naddress = "decisions.jsonl"\n')
    return folder


def test_decisions_are_recorded_first(recording: Path) -> None:
    """Each answer is in the log when it is there, under its id."""
    local = Local.of_project(recording)

    answers = both(local, ALLOWED) + both(local, Question(WANG, "delete", CUSTOMER))
    entries = (recording / "decisions.jsonl").read_text(encoding="utf-8").splitlines()
    local.close()

    assert [answer.allowed for answer in answers] == [True, True, False, False]
    assert all(answer.evaluation_id in entry for answer, entry in zip(answers, entries, strict=True))


def test_what_cannot_be_recorded_is_denied(recording: Path) -> None:
    """A closed log records nothing: nothing is allowed, and the answer says why."""
    local = Local.of_project(recording)
    local.close()

    for answer in both(local, ALLOWED):
        assert not answer
        assert answer.problem is not None
        assert answer.problem.code == "decision-log-closed"


@pytest.mark.parametrize(
    "question",
    [
        Question({}, "read", CUSTOMER),
        Question({"type": "employee", "id": 7}, "read", CUSTOMER),
        Question(WANG, "", {}),
        Question(WANG, "read", CUSTOMER, 7),  # type: ignore[arg-type]
    ],
)
def test_questions_that_are_none(shop: Any, question: Question) -> None:
    """A question without its parts is denied, not raised."""
    for answer in both(shop, question):
        assert not answer
        assert answer.problem is not None


def test_faults_deny(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong inside, nobody may."""

    def broken(_self: Authorizer, _request: Request) -> Decision:
        raise ZeroDivisionError

    monkeypatch.setattr(Authorizer, "decide", broken)
    for answer in both(shop, ALLOWED):
        assert answer.problem is not None
        assert answer.problem.code == "decider-failed"
        assert "ZeroDivisionError" in answer.reasons[0].message


def test_a_log_needs_a_recorder(shop: Any) -> None:
    """One without the other would record nothing."""
    with pytest.raises(ValueError, match="recorder"):
        Local(shop.authorizer, recorder=object())  # type: ignore[arg-type]
