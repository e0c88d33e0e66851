"""Decisions made elsewhere: by a real `tutela serve`, and by services that answer anything at all."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tutela.engine.errors import InputError
from tutela.integrations.asking import Answer, Question, complying
from tutela.integrations.denied import AccessDenied
from tutela.integrations.remote import Remote
from tutela.integrations.remote_answer import MalformedError, read_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CASES = yaml.safe_load(Path(__file__).with_name("cases").joinpath("answers.yaml").read_text(encoding="utf-8"))
TOOL = Path(sys.executable).parent / "tutela"
CUSTOMER = {"type": "table", "id": "customer", "properties": {"dataset": "customer"}}


def question(team: str = "service", action: str = "read", purpose: object = "contract_performance") -> Question:
    """A question about the shop."""
    subject = {"type": "employee", "id": "somebody", "properties": {"team": team, "region": "north"}}
    return Question(subject, action, CUSTOMER, {"purpose": purpose})


class Scripted(ThreadingHTTPServer):
    """A server that answers what it is told to; it counts connections and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.case: dict[str, Any] = {}
        self.connections = 0
        self.asked: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One connection of the scripted server."""

    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """Count it."""
        super().setup()
        cast("Scripted", self.server).connections += 1

    def do_POST(self) -> None:
        """Answer as the case says."""
        server = cast("Scripted", self.server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.asked.append({"path": self.path, "headers": dict(self.headers), "body": json.loads(body)})
        data = server.case["body"].encode()
        self.send_response(server.case.get("status", 200))
        headers = {"Content-Type": "application/json", "X-Request-ID": self.headers["X-Request-ID"]}
        for name, value in {**headers, **server.case.get("headers", {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
        """Say nothing."""


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    """A server that answers anything."""
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def service(start: Callable[..., str]) -> str:
    """A `tutela serve` with the policies of the shop."""
    return start(str(TOOL), "serve", "--port", "{port}", ready="/readyz")


def both(remote: Remote, asked: Question, lang: Any = "en") -> Answer:
    """The answer, which is the same for threads and for event loops but for its id."""

    async def work() -> Answer:
        found = await remote.adecide(asked, lang)
        await remote.aclose()
        return found

    one, other = remote.decide(asked, lang), asyncio.run(work())
    assert (one.allowed, one.reasons, one.obligations, one.problem) == (
        other.allowed,
        other.reasons,
        other.obligations,
        other.problem,
    )
    return one


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_answers(scripted: Scripted, case: dict[str, Any]) -> None:
    """Only a whole and plain allow allows; everything else denies, and says why in both languages."""
    scripted.case = case
    remote = Remote(scripted.url)

    answer = complying(both(remote, question()), case.get("complies", ()))
    remote.close()

    assert answer.allowed is case.get("allowed", False)
    assert bool(answer) is answer.allowed
    assert (answer.problem and answer.problem.code) == case.get("code")
    if "message" in case:
        assert [reason.message for reason in answer.reasons] == [case["message"]]
    if answer.problem is not None:
        assert answer.reasons[0].rule == case["code"]
        assert answer.problem.message("zh") != answer.problem.message("en")


def test_what_is_sent(scripted: Scripted) -> None:
    """The question is AuthZEN's, connections are kept, headers of the caller go along."""
    scripted.case = {"body": '{"decision": true}'}
    scripted.asked.clear()
    before = scripted.connections
    remote = Remote(scripted.url + "/", headers={"Authorization": "Bearer x"})

    for _ in range(3):
        assert remote.decide(question(), "zh").allowed
    remote.close()

    asked = scripted.asked[-1]
    assert scripted.connections == before + 1
    assert asked["path"] == "/access/v1/evaluation"
    assert asked["headers"]["Authorization"] == "Bearer x"
    assert asked["headers"]["Accept-Language"] == "zh"
    assert asked["body"] == {
        "subject": {"type": "employee", "id": "somebody", "properties": {"team": "service", "region": "north"}},
        "action": {"name": "read"},
        "resource": CUSTOMER,
        "context": {"purpose": "contract_performance"},
    }


@pytest.mark.parametrize("team", ["service", "sales", "finance"])
@pytest.mark.parametrize("action", ["read", "update"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_service_says_what_the_library_says(service: str, shop: Any, team: str, action: str, lang: Any) -> None:
    """Over HTTP as in this process: decision, reasons in the caller's language, obligations, policies."""
    remote = Remote(service)
    there, here = both(remote, question(team, action), lang), shop.decide(question(team, action), lang)
    remote.close()

    assert (there.allowed, there.reasons, there.obligations) == (here.allowed, here.reasons, here.obligations)
    assert there.policy_digest == here.policy_digest
    assert there.evaluation_id


def test_nobody_there() -> None:
    """A port where nobody listens, a name that nobody has: denied."""
    for url in ("http://127.0.0.1:9", "http://no-such-host.invalid"):
        answer = both(Remote(url), question())
        assert answer.problem is not None
        assert answer.problem.code == "pdp-unreachable"
        assert AccessDenied(answer).status == 503


def test_no_answer_in_time() -> None:
    """A service that takes the question and says nothing: denied when the time is over."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = both(Remote(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2), question())

    assert answer.problem is not None
    assert answer.problem.code == "pdp-timeout"
    assert "0.2" in answer.problem.message()


def test_a_question_that_json_cannot_say() -> None:
    """Nothing is sent, nothing is allowed."""
    answer = both(Remote("http://127.0.0.1:9"), question(purpose=object()))

    assert answer.problem is not None
    assert answer.problem.code == "pdp-question"


def test_times_can_be_said(service: str) -> None:
    """An instant is no reason to fail."""
    remote = Remote(service)
    assert remote.decide(question(purpose=datetime.now(UTC))).problem is None
    remote.close()


@pytest.mark.parametrize(
    "url", ["", "ftp://host", "http://", "https://host?x=1", "https://user:secret@host", "http://host:99999", "//host"]
)
def test_addresses(url: str) -> None:
    """What is no address is refused at once; a password in it is not repeated."""
    with pytest.raises(InputError) as caught:
        Remote(url)

    assert [found.code for found in caught.value.problems] == ["pdp-address"]
    assert "secret" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["decision", "context", "obligations", "type", "id", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_only_a_decision_allows(value: object) -> None:
    """Of whatever JSON, only an object whose `decision` is true allows; everything else is an answer, or malformed."""
    try:
        answer = read_answer(json.dumps(value).encode())
    except MalformedError:
        return
    assert isinstance(value, dict)
    assert answer.allowed is cast("dict[str, object]", value)["decision"]


@given(st.binary(max_size=60))
def test_no_bytes_allow(body: bytes) -> None:
    """Bytes that are no JSON never allow, and never raise anything else."""
    with pytest.raises(MalformedError):
        read_answer(body)
