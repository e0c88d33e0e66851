"""Searches: what is found is what an evaluation permits, and pages join to the whole."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

EVALUATION = "/access/v1/evaluation"
PEOPLE = ("alice", "bob", "rick@the-citadel.com", "jerry@the-smiths.com", "nobody")
RECORDS = ("record-1", "record-2", "record-3", "unknown")
ACTIONS = ("read", "write", "delete", "watch", "approve", "can_update_todo")
QUESTION: dict[str, Any] = {
    "subject": {"type": "user"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}


def permitted(service: Any, **parts: Any) -> bool:  # noqa: ANN401
    """Whether an evaluation permits a request."""
    return bool(service.ask(EVALUATION, parts).json["decision"])


def found(service: Any, part: str, body: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: ANN401
    """What a search finds, without obligations."""
    results = service.ask(f"/access/v1/search/{part}", body).json["results"]
    return [{name: value for name, value in result.items() if name != "obligations"} for result in results]


def pages(service: Any, body: dict[str, Any], limit: int, *, repeat: bool) -> list[list[str]]:  # noqa: ANN401
    """The ids on each page of a search for subjects; the limit is said again, or once."""
    result: list[list[str]] = []
    page: dict[str, Any] = {"limit": limit}
    while True:
        answer = service.ask("/access/v1/search/subject", {**body, "page": page}).json
        result.append([item["id"] for item in answer["results"]])
        if not answer["page"]["next_token"]:
            return result
        page = {"token": answer["page"]["next_token"], **({"limit": limit} if repeat else {})}


@pytest.mark.parametrize("action", ACTIONS)
def test_results_are_what_evaluations_permit(service: Any, action: str) -> None:  # noqa: ANN401
    """Every result is permitted, and everything that is permitted among what registers know is a result."""
    for person in PEOPLE:
        subject = {"type": "user", "id": person}
        results = found(
            service, "resource", {"subject": subject, "action": {"name": action}, "resource": {"type": "record"}}
        )
        asked = ({"type": "record", "id": name} for name in RECORDS[:3])

        assert results == [r for r in asked if permitted(service, subject=subject, action={"name": action}, resource=r)]


@pytest.mark.parametrize(("person", "record"), list(product(PEOPLE, RECORDS)))
def test_actions_are_what_evaluations_permit(service: Any, person: str, record: str) -> None:  # noqa: ANN401
    """The names that a search gives, and no others of those that the policies know."""
    body = {"subject": {"type": "user", "id": person}, "resource": {"type": "record", "id": record}}
    names = {result["name"] for result in found(service, "action", body)}

    assert names & set(ACTIONS) == {name for name in ACTIONS if permitted(service, **body, action={"name": name})}
    assert all(permitted(service, **body, action={"name": name}) for name in names)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("repeat", [True, False])
def test_pages_join_to_the_whole(service: Any, limit: int, repeat: bool) -> None:  # noqa: ANN401
    """No result is lost or doubled, no page is larger than its limit, and the last one says that it is."""
    whole = [result["id"] for result in found(service, "subject", QUESTION)]
    got = pages(service, QUESTION, limit, repeat=repeat)

    assert whole == [name for page in got for name in page]
    assert all(len(page) == limit for page in got[:-1])
    assert 6 == len(whole)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("subject", {"action": {"name": "write"}}),
        ("subject", {"resource": {"type": "record", "id": "record-2"}}),
        ("subject", {"subject": {"type": "employee"}}),
        ("subject", {"context": {"a": 1}}),
        ("subject", {"page": {"limit": 3}}),
        ("subject", {"page": {"properties": {"sort": "id"}}}),
        ("resource", {"subject": {"type": "user", "id": "alice"}}),
    ],
)
def test_a_token_fits_its_own_search_only(service: Any, path: str, change: dict[str, Any]) -> None:  # noqa: ANN401
    """Another question, another limit, another endpoint, or a letter of the token changed: status 400."""
    token = service.ask("/access/v1/search/subject", {**QUESTION, "page": {"limit": 2}}).json["page"]["next_token"]
    page = {**change.get("page", {}), "token": token}
    reply = service.ask(f"/access/v1/search/{path}", {**QUESTION, **change, "page": page})
    bent = service.ask(
        "/access/v1/search/subject", {**QUESTION, "page": {"token": ("A" if token[0] != "A" else "B") + token[1:]}}
    )

    assert (400, "page-token") == (reply.status, reply.json["error"]["code"])
    assert (400, "page-token") == (bent.status, bent.json["error"]["code"])


def test_what_is_ignored_may_change_between_pages(service: Any) -> None:  # noqa: ANN401
    """Fields that nobody knows are no part of the question."""
    token = service.ask("/access/v1/search/subject", {**QUESTION, "page": {"limit": 2}}).json["page"]["next_token"]
    body = {"page": {"token": token}, "trace": 5, **QUESTION}

    assert 2 == service.ask("/access/v1/search/subject", body).json["page"]["count"]


def test_a_limit_of_zero_begins_where_it_stands(service: Any) -> None:  # noqa: ANN401
    """Its token leads to the same place, with the same limit; it is for whoever asks whether there is anything."""
    first = service.ask("/access/v1/search/subject", {**QUESTION, "page": {"limit": 0}}).json
    again = service.ask("/access/v1/search/subject", {**QUESTION, "page": {"token": first["page"]["next_token"]}}).json

    assert ([], []) == (first["results"], again["results"])
    assert first["page"] == again["page"]
