"""The certification cases of AuthZEN 1.0 and the decisions of its to-do application, asked of a real service."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import authzen

CASES = authzen.MATERIAL / "certification-cases.json"
VECTORS = ("decisions-authorization-api-1_0-00.json", "decisions-authorization-api-1_0-01.json")
pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the AuthZEN material lies beside the project, not in it")


def cases() -> list[Any]:
    """All cases, each with its id."""
    found: list[Any] = json.loads(CASES.read_text(encoding="utf-8"))["cases"] if CASES.exists() else []
    return [pytest.param(case, id=f"{case['id']}.{case['n']}") for case in found]


def vectors() -> list[Any]:
    """All decisions of the to-do application, in the final shape of a request."""
    found: list[Any] = []
    for name in VECTORS:
        path = authzen.MATERIAL / name
        items: list[Any] = json.loads(path.read_text(encoding="utf-8"))["evaluation"] if path.exists() else []
        found += [pytest.param(item, id=f"{name[-7:-5]}.{number}") for number, item in enumerate(items)]
    return found


def final(entity: dict[str, Any]) -> dict[str, Any]:
    """An entity in its final shape: the first draft had its attributes beside `id`, where they would be ignored."""
    more = {key: value for key, value in entity.items() if key not in ("type", "id", "name", "properties", "_note")}
    kept = {key: value for key, value in entity.items() if key not in more}
    return {**kept, "properties": more} if more else kept


@pytest.mark.parametrize("case", cases())
def test_a_case_is_answered_as_certification_wants_it(service: Any, case: dict[str, Any]) -> None:  # noqa: ANN401
    """Status, decisions, results and form of the answer; and the same again when it is asked again."""
    path: str = case["endpoint"]
    request: dict[str, Any] = dict(case["request"])
    if case["id"] == "c-4-5-2":  # a token of an answer before
        first = service.ask(path, {**request, "page": {"limit": 1}}).json
        request["page"] = {"token": first["page"]["next_token"]}
    reply = service.ask(path, request, headers={"X-Request-ID": case["id"]})
    answer = reply.json
    expected: dict[str, Any] = case.get("expect") or {}

    assert case["status"] == reply.status
    assert case["id"] == reply.headers["x-request-id"]
    authzen.check_answer(path, reply.status, answer)
    if "results" in expected:
        wanted: list[Any] = expected["results"]
        assert all(any(authzen.contains(result, one) for result in answer["results"]) for one in wanted)
        assert wanted or not answer["results"]
    else:
        assert authzen.contains(answer, expected)
    assert set(case.get("expect_includes", ())) <= {
        result.get("id", result.get("name")) for result in answer.get("results", ())
    }
    if "expect_shape" in case:
        assert len(request["evaluations"]) == len(answer["evaluations"])
    again = service.ask(path, request).json
    assert [answer.get("decision"), answer.get("results")] == [again.get("decision"), again.get("results")]


def test_an_incomplete_item_of_a_batch_is_denied_with_its_error(service: Any) -> None:  # noqa: ANN401
    """Case c-3-4-1, whose expected shape is no JSON."""
    (case,) = (case for case in json.loads(CASES.read_text())["cases"] if case["id"] == "c-3-4-1")
    first, second = service.ask(case["endpoint"], case["request"]).json["evaluations"]

    assert (True, False) == (first["decision"], second["decision"])
    assert {"status": 400, "code": "field-missing", "message": "`resource` is missing"} == {
        name: second["context"]["error"][name] for name in ("status", "code", "message")
    }
    assert "$.evaluations[1].resource" == second["context"]["error"]["path"]


@pytest.mark.parametrize("vector", vectors())
def test_the_todo_application_is_answered_as_its_other_implementations_do(
    service: Any,  # noqa: ANN401
    vector: dict[str, Any],
) -> None:
    """Each decision of the interoperability events."""
    request = {part: final(entity) for part, entity in vector["request"].items()}
    authzen.check(request, authzen.schema("evaluation-request"))
    reply = service.ask("/access/v1/evaluation", request)

    assert (200, vector["expected"]) == (reply.status, reply.json["decision"])
    authzen.check_answer("/access/v1/evaluation", 200, reply.json)


def test_all_todo_decisions_fit_into_one_batch(service: Any) -> None:  # noqa: ANN401
    """The same decisions, in the order of the items."""
    items = [vector.values[0] for vector in vectors()]
    body = {"evaluations": [{part: final(e) for part, e in item["request"].items()} for item in items]}
    answers = service.ask("/access/v1/evaluations", body).json["evaluations"]

    assert [item["expected"] for item in items] == [answer["decision"] for answer in answers]


def test_metadata_are_those_of_the_public_address(service: Any) -> None:  # noqa: ANN401
    """Discovery: the identifier is the address that was asked, all endpoints are https, nothing is empty."""
    reply = service.ask("/.well-known/authzen-configuration", method="GET", headers={"X-Request-ID": "d"})
    found = reply.json

    assert (200, "d") == (reply.status, reply.headers["x-request-id"])
    assert "https://pdp.example.com" == found.pop("policy_decision_point")
    assert ["custom", "notification", "session_termination", "step-up"] == sorted(found.pop("supported_obligations"))
    assert {
        "access_evaluation_endpoint": "https://pdp.example.com/access/v1/evaluation",
        "access_evaluations_endpoint": "https://pdp.example.com/access/v1/evaluations",
        "search_subject_endpoint": "https://pdp.example.com/access/v1/search/subject",
        "search_resource_endpoint": "https://pdp.example.com/access/v1/search/resource",
        "search_action_endpoint": "https://pdp.example.com/access/v1/search/action",
    } == found
