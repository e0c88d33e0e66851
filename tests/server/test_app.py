"""The application itself: that it answers what `Authorizer.decide` answers, its steps, and its last line of defence."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tutela
from tutela.engine.decision_log import Recorder
from tutela.engine.decision_log_masks import Masks
from tutela.engine.loader import Source, load_policies
from tutela.policy_runner import run_suites
from tutela.project import Project, find_project, load_authorizer
from tutela.reports.shape import decision_shape
from tutela.server.app import App
from tutela.server.body import parse_body
from tutela.server.callers import Caller
from tutela.server.refusals import Refused, problem
from tutela.server.service import Service
from tutela.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.errors import Lang
    from tutela.engine.request import Request
    from tutela.server.exchange import Exchange

FOLDER = Path(__file__).parents[2] / "policies" / "customer-information" / "tests"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
SETTINGS = Settings(page_key=b"0" * 32)
ASK = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}
NOTHING: dict[str, Any] = {}
"""An item of a batch that has nothing of its own."""
Answer = tuple[int, dict[bytes, bytes], Any]


async def call(app: App, path: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask an application as a server does."""
    sent: list[dict[str, Any]] = []
    raw = body if isinstance(body, bytes) else orjson.dumps(body)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    given_ = {"content-type": "application/json", **(headers or {})}
    pairs = [(name.encode(), value.encode()) for name, value in given_.items()]
    await app({"type": "http", "method": "POST", "path": path, "headers": pairs}, receive, send)
    start, end = sent
    return start["status"], dict(start["headers"]), json.loads(end["body"])


def ask(app: App, body: object, path: str = "/access/v1/evaluation", **headers: str) -> Answer:
    """Ask an application once."""
    return asyncio.run(call(app, path, body, headers))


@pytest.fixture(scope="module")
def pdp() -> Authorizer:
    """The decision point of the project of these tests."""
    return load_authorizer(find_project(Path(__file__).with_name("project")))


def stated(request: Request) -> dict[str, Any]:
    """A request as the body of an evaluation."""

    def entity(flat: Mapping[str, Any], *names: str) -> dict[str, Any]:
        more = {name: value for name, value in flat.items() if name not in names}
        return {**{name: flat[name] for name in names}, **({"properties": more} if more else {})}

    return {
        "subject": entity(request.subject, "type", "id"),
        "action": entity(request.action, "name"),
        "resource": entity(request.resource, "type", "id"),
        "context": request.context,
        "as_of": request.as_of.isoformat(),
    }


def asked_by_the_pack() -> list[tuple[Authorizer, Request]]:
    """Every request of the pack's own tests, with the decision point that it was asked of."""
    found: list[tuple[Authorizer, Request]] = []
    decide = tutela.Authorizer.decide

    def watched(self: Authorizer, request: Request) -> Any:  # noqa: ANN401
        found.append((self, request))
        return decide(self, request)

    with patch.object(tutela.Authorizer, "decide", watched):
        suites = [str(path) for path in sorted(FOLDER.glob("*_test.yaml"))]
        run_suites(Project(FOLDER, policies=("pack:customer-information",)), suites)
    return found


def sendable(body: dict[str, Any]) -> bool:
    """Whether a request can be sent: connectors also ask with values that no caller can state."""
    try:
        return bool(json.loads(json.dumps(body)) == body)
    except TypeError:
        return False


def test_http_answers_what_the_library_answers() -> None:
    """For every request of the pack's tests that can be sent: the same decision in the same words, in a language."""
    settings = Settings(page_key=b"0" * 32, allow_as_of=True)
    checked = 0
    services: dict[int, Service] = {}
    for authorizer, request in asked_by_the_pack():
        lang: Lang = "zh" if checked % 2 else "en"
        body = stated(request)
        if not sendable(body):
            continue
        service = services.setdefault(id(authorizer), Service.of(authorizer))
        decision = service.authorizer.decide(request)
        status, _, answer = ask(App(service, settings, lambda: NOW), body, **{"accept-language": lang})
        wanted: Any = json.loads(json.dumps(decision_shape(decision, lang)))
        context = answer["context"]

        assert (200, decision.allowed) == (status, answer["decision"])
        assert [context[name] for name in ("reasons", "missing", "errors", "as_of")] == [
            wanted[name] for name in ("reasons", "missing", "errors", "as_of")
        ]
        assert wanted["policies"]["digest"] == context["policy_digest"]
        assert [duty["kind"] for duty in wanted["obligations"]] == [
            duty["properties"]["kind"] for duty in context["obligations"]
        ]
        checked += 1
    assert checked > 500


def test_a_service_is_swapped_between_requests(pdp: Authorizer) -> None:
    """A new policy set answers from the next request on; one that has begun keeps the old one."""
    words = "kind: vocabulary\nresource:\n  status: string?\n"
    none = load_policies([Source("w", words), Source("p", "kind: access\nid: a\nrules: [{id: A-1.no, effect: deny}]")])
    old, new = Service.of(pdp), Service.of(tutela.Authorizer(none))
    seen: list[str] = []

    async def swap(exchange: Exchange) -> None:
        seen.append(exchange.service.digests["policy_digest"])
        app.service = new

    app = App(old, SETTINGS, lambda: NOW, record=swap)
    first, second = (ask(app, {**ASK, "evaluations": [NOTHING] * 150}, "/access/v1/evaluations")[2] for _ in range(2))

    assert {True} == {item["decision"] for item in first["evaluations"]}
    assert {False} == {item["decision"] for item in second["evaluations"]}
    assert {""} == {item["context"]["facts_digest"] for item in second["evaluations"]}
    assert [old.digests["policy_digest"], new.digests["policy_digest"]] == seen
    search = ask(
        app, {"subject": {"type": "user"}, **{k: ASK[k] for k in ("action", "resource")}}, "/access/v1/search/subject"
    )
    assert [] == search[2]["results"]


def test_callers_are_authenticated_before_their_body_is_read(pdp: Authorizer) -> None:
    """A refusal has its status and headers, whatever the body; the name goes to whoever records."""
    recorded: list[Exchange] = []

    def authenticate(headers: Mapping[bytes, bytes], _scope: Mapping[str, Any]) -> Caller:
        if headers.get(b"authorization") != b"Bearer right":
            found = [problem("http-not-found", "Authorization")]
            raise Refused(401, found, [(b"www-authenticate", b'Bearer realm="x"')])
        return Caller(name="gateway")

    async def record(exchange: Exchange) -> None:
        recorded.append(exchange)

    recorder = Recorder(pdp, Masks(pdp.policies.vocabulary, None), full=True)
    service = Service.of(pdp, recorder=recorder)
    app = App(service, SETTINGS, lambda: NOW, authenticate=authenticate, record=record)
    refused = ask(app, b"{", authorization="Bearer wrong")
    malformed = ask(app, b"{", authorization="Bearer right")
    answered = ask(app, ASK, authorization="Bearer right", **{"x-request-id": "r"})

    assert (401, b'Bearer realm="x"') == (refused[0], refused[1][b"www-authenticate"])
    assert 400 == malformed[0]
    (exchange,) = recorded
    (entry,) = map(orjson.loads, exchange.entries)
    assert NOW.isoformat() == entry["as_of"] == entry["at"]
    assert ("gateway", "r", "/access/v1/evaluation") == (exchange.caller, exchange.request_id, exchange.endpoint)
    assert (answered[2]["context"]["evaluation_id"], "allow") == (entry["id"], entry["effect"])
    assert NOW == exchange.now


def test_what_is_found_and_what_is_asked_is_recorded(pdp: Authorizer) -> None:
    """Every decision of a batch, and those behind the results of a search."""
    recorded: list[int] = []

    async def record(exchange: Exchange) -> None:
        recorded.append(exchange.decided)

    app = App(Service.of(pdp), SETTINGS, lambda: NOW, record=record)
    ask(app, {**ASK, "evaluations": [NOTHING, {"resource": NOTHING}, NOTHING]}, "/access/v1/evaluations")
    ask(app, {**ASK, "subject": {"type": "employee"}}, "/access/v1/search/subject")

    assert [2, 4] == recorded


@pytest.mark.parametrize("where", ["record", "authenticate", "clock"])
def test_a_fault_inside_permits_nothing_and_tells_nothing(
    pdp: Authorizer, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Status 500 with a body that has no decision, no traceback and no data; the log names the request and the sort."""

    def fail(*_: object) -> Any:  # noqa: ANN401
        raise LookupError("alice")

    async def later(*_: object) -> Any:  # noqa: ANN401
        fail()

    steps: dict[str, Any] = {"clock": {}, "record": {"record": later}, "authenticate": {"authenticate": fail}}[where]
    app = App(Service.of(pdp), SETTINGS, fail if where == "clock" else lambda: NOW, **steps)
    with caplog.at_level(logging.ERROR):
        status, headers, answer = ask(app, ASK, **{"x-request-id": "r-1"})

    assert (500, b"r-1", ["error"]) == (status, headers[b"x-request-id"], list(answer))
    assert "server-internal" == answer["error"]["code"]
    assert ["request r-1: LookupError"] == [record.getMessage() for record in caplog.records]
    assert "alice" not in json.dumps(answer) + caplog.text


def test_other_protocols_are_not_spoken(pdp: Authorizer) -> None:
    """A server that speaks WebSockets gets an exception, as ASGI has it."""
    app: Any = App(Service.of(pdp), SETTINGS, lambda: NOW)
    with pytest.raises(NotImplementedError):
        asyncio.run(app({"type": "websocket"}, None, None))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(), JSON, max_size=4), st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_every_object_is_read_as_it_is(value: dict[str, Any], escaped: bool, indent: Any) -> None:  # noqa: ANN401
    """In whatever way it is written: escapes, white space, forms of numbers."""
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)

    assert value == parse_body(text.encode(), SETTINGS)


@given(st.dictionaries(st.text(max_size=3), JSON, min_size=1, max_size=3), st.data(), st.booleans(), st.integers(0, 3))
def test_a_key_that_stands_twice_is_never_read(
    value: dict[str, Any], data: st.DataObject, escaped: bool, deep: int
) -> None:
    """Anywhere, with any value, escaped or not."""
    key = data.draw(st.sampled_from(sorted(value)))
    more = f"{json.dumps(key, ensure_ascii=escaped)}: {json.dumps(data.draw(JSON), ensure_ascii=escaped)}"
    body = json.dumps(value, ensure_ascii=False)
    text = '{"a": [' * deep + f"{{{more}, {body[1:]}" + "]}" * deep
    with pytest.raises(Refused) as caught:
        parse_body(text.encode(), SETTINGS)

    assert ["body-key-twice"] == [found.code for found in caught.value.problems]
    assert "$" + ".a[0]" * deep == caught.value.problems[0].location.file
