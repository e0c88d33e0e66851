"""The description of the interface: valid, whole, and kept to by the service whatever is sent."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import OpenAPIV31SpecValidator

from tutela.server.app import HANDLERS
from tutela.server.metadata import ENDPOINTS
from tutela.server.openapi import document
from tutela.server.pages_served import PAGES

if TYPE_CHECKING:
    from conftest import Serving

    from tutela.engine.authorizer import Authorizer

EXAMPLES = 60
"""Bodies for each endpoint."""
OPERATIONS = list(ENDPOINTS.values())
ANSWERED = {200, 400}
"""What a service without callers answers to a body of its own endpoints."""


def test_the_description_is_valid_and_whole(service: Serving) -> None:
    """OpenAPI 3.1, and every path that is answered is in it, with the methods that are taken."""
    found = service.ask("/openapi.json", method="GET").json
    OpenAPIV31SpecValidator(found).validate()

    assert {*HANDLERS, *PAGES} == set(found["paths"])
    for path, operations in found["paths"].items():
        for method in ("get", "post"):
            status = service.ask(path, b"", method=method.upper()).status
            assert (method in operations) is (status != 405), path


def test_the_page_stands_alone(service: Serving) -> None:
    """Each operation and each schema, and nothing that would have to be fetched."""
    reply = service.ask("/docs", method="GET")
    page = reply.body.decode()

    assert "text/html; charset=utf-8" == reply.headers["content-type"]
    assert [] == [path for path in document()["paths"] if path not in page]
    assert [] == [name for name in document()["components"]["schemas"] if f'id="schema-{name}"' not in page]
    assert [] == re.findall(r"<script|<link|src=|url\(|https?://", page)
    for table in page.split("<table>")[1:]:
        statuses = re.findall(r"<tr><td>(\d{3})</td>", table.partition("</table>")[0])
        assert sorted(statuses) == statuses
    links = re.findall(r'href="#([^"]+)"', page)
    assert [] == [link for link in links if f'id="{link}"' not in page]


@pytest.fixture(scope="module")
def oracle() -> Authorizer:
    """The decision point that answers must agree with."""
    from conftest import PROJECT

    from tutela.project import find_project, load_authorizer

    return load_authorizer(find_project(PROJECT))


@pytest.mark.parametrize("path", OPERATIONS)
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_generated_bodies_never_harm(service: Serving, oracle: Authorizer, path: str, mode: str) -> None:
    """Whatever a body is: an answer that is described, never 500, and permitted is only what the library permits."""
    config = schemathesis.Config()
    schema: Any = schemathesis.openapi.from_dict(document(), config=config)
    operation = schema[path]["POST"]
    generated: Any = operation.as_strategy(
        generation_mode=schemathesis.GenerationMode.POSITIVE
        if mode == "positive"
        else schemathesis.GenerationMode.NEGATIVE
    )
    seen: list[int] = []

    from hypothesis import given

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(generated)
    def ask(case: Any) -> None:  # noqa: ANN401 (a case of schemathesis)
        try:
            body = json.dumps(case.body).encode()
        except (TypeError, ValueError):
            return
        reply = service.ask(path, body)
        seen.append(reply.status)
        assert reply.status in ANSWERED, reply
        if reply.status == 200:
            agree(oracle, json.loads(body), reply.json)

    ask()
    assert len(seen) > EXAMPLES // 3
    if mode == "positive":
        assert 200 in seen


def agree(oracle: Authorizer, body: Any, answer: Any) -> None:  # noqa: ANN401 (JSON)
    """Fail when an answer permits what the library denies."""
    from tutela.engine.request import Request

    asked = [body]
    found = [answer]
    if "evaluations" in answer:
        defaults = {
            k: v for k, v in body.items() if k in ("subject", "action", "resource", "context") and v is not None
        }
        asked = [{**defaults, **{k: v for k, v in item.items() if v is not None}} for item in body["evaluations"]]
        found = answer["evaluations"]
    for one, said in zip(asked, found, strict=False):
        if not said.get("decision"):
            continue
        as_of = said["context"]["as_of"]
        request = Request.from_json({k: v for k, v in one.items() if k != "as_of"} | {"as_of": as_of}, source="$")
        assert oracle.decide(request).allowed
