"""What the middlewares do that the example applications do not show, with the frameworks' own clients."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from fastapi import Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from starlette.websockets import WebSocketDisconnect

from tutela.engine.model import Obligation
from tutela.integrations.acting import acting, actor, state
from tutela.integrations.asking import Answer, Question, ReasonText
from tutela.integrations.denied import AccessDenied
from tutela.integrations.starlette import TutelaMiddleware, require, requires

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tutela.engine.errors import Lang

TABLE = {"type": "table", "id": "customer"}


class Recorded:
    """A decider that answers by the action's name, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Question, Lang]] = []

    def decide(self, question: Question, lang: Lang = "en") -> Answer:
        """Reading is allowed."""
        self.asked.append((question, lang))
        if question.action == "read":
            return Answer(allowed=True, obligations=(Obligation("log_use"),))
        return Answer(allowed=False, reasons=(ReasonText("R-1", "no", "ask"),), evaluation_id="e1")

    async def adecide(self, question: Question, lang: Lang = "en") -> Answer:
        """Reading is allowed."""
        return self.decide(question, lang)


async def who(connection: HTTPConnection) -> dict[str, Any] | None:
    """The subject, found by a coroutine."""
    name = connection.headers.get("X-User")
    return {"type": "employee", "id": name} if name else None


@requires("read", lambda request: {**TABLE, "id": request.path_params["name"]}, complies=["log_use"])
async def shown(request: Request) -> JSONResponse:
    """An endpoint of Starlette."""
    found = actor()
    assert found is not None
    return JSONResponse({"duties": [d.kind for d in request.state.tutela.obligations], "context": dict(found.context)})


async def purpose(request: Request) -> dict[str, Any]:
    """The context, made of the body: a coroutine."""
    return {"purpose": (await request.json())["purpose"]}


@requires("read", TABLE, context=purpose, complies=["log_use"])
def changed(request: Request) -> JSONResponse:
    """An endpoint in a thread: who is acting is known there, too."""
    found = actor()
    assert found is not None
    return JSONResponse({"subject": found.subject["id"], **found.context, "allowed": bool(request.state.tutela)})


@requires("erase", TABLE)
async def erased(_request: Request) -> JSONResponse:
    """Nobody may."""
    raise AssertionError


async def streamed(_request: Request) -> StreamingResponse:
    """A denial after the answer has begun."""

    async def rows() -> AsyncIterator[bytes]:
        yield b"half of "
        raise AccessDenied(Answer(allowed=False))

    return StreamingResponse(rows())


@pytest.fixture
def decider() -> Recorded:
    """Who decides."""
    return Recorded()


@pytest.fixture
def client(decider: Recorded) -> Iterator[TestClient]:
    """A Starlette application."""
    routes = [
        Route("/shown/{name}", shown),
        Route("/changed", changed, methods=["POST"]),
        Route("/erased", erased),
        Route("/streamed", streamed),
    ]
    middleware = [Middleware(TutelaMiddleware, decider=decider, subject=who, purpose=lambda _: "support", lang="zh")]
    with TestClient(Starlette(routes=routes, middleware=middleware), headers={"X-User": "wang"}) as made:
        yield made


def test_starlette_decorator(client: TestClient, decider: Recorded) -> None:
    """The resource is made of the request; the handler has the obligations; the language is the default."""
    assert client.get("/shown/orders").json() == {"duties": ["log_use"], "context": {"purpose": "support"}}
    asked = Question({"type": "employee", "id": "wang"}, "read", {**TABLE, "id": "orders"}, {"purpose": "support"})
    assert decider.asked == [(asked, "zh")]


def test_starlette_sync_endpoint(client: TestClient) -> None:
    """A sync endpoint runs as who asked, with the context that its question had."""
    answer = client.post("/changed", json={"purpose": "billing"})

    assert answer.json() == {"subject": "wang", "purpose": "billing", "allowed": True}
    assert actor() is None


def test_starlette_denied(client: TestClient) -> None:
    """The whole problem document, and nothing is kept by caches."""
    answer = client.get("/erased", headers={"Accept-Language": "en"})

    assert answer.status_code == 403
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "type": "urn:tutela:denied",
        "title": "Access denied",
        "status": 403,
        "detail": "no",
        "reasons": [{"rule": "R-1", "message": "no", "remedy": "ask"}],
        "evaluation_id": "e1",
    }


def test_starlette_denial_in_the_midst(client: TestClient) -> None:
    """An answer that has begun is broken off, not ended as if it were whole."""
    with pytest.raises(AccessDenied):
        client.get("/streamed")


def test_without_the_middleware() -> None:
    """A dependency without the middleware allows nothing."""
    app = FastAPI()

    @app.get("/")
    async def endpoint(_: Annotated[Answer, Depends(require("read", TABLE))]) -> None:
        raise AssertionError

    with pytest.raises(AccessDenied, match="integration-setup"):
        TestClient(app).get("/")


def test_websocket(decider: Recorded) -> None:
    """A socket that is denied is never accepted."""
    app = FastAPI()
    app.add_middleware(TutelaMiddleware, decider=decider, subject=who)

    @app.websocket("/{action}")
    async def endpoint(websocket: WebSocket) -> None:
        await require(websocket.path_params["action"], TABLE, complies=["log_use"])(websocket)
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    client = TestClient(app, headers={"X-User": "wang"})
    with client.websocket_connect("/read") as allowed:
        assert allowed.receive_text() == "hello"
    with pytest.raises(WebSocketDisconnect) as caught, client.websocket_connect("/erase"):
        pass
    assert caught.value.code == 1008


def test_acting_ends_and_nests() -> None:
    """The inner one counts, what was stated ends with it, and nobody can be made somebody."""
    with acting({"type": "employee", "id": "a"}, purpose="x", context={"n": 1}) as outer:
        assert outer is not None
        with acting({"type": "employee", "id": "b"}):
            state({"purpose": "y"})
            inner = actor()
            assert inner is not None
            assert (inner.subject["id"], inner.context) == ("b", {"purpose": "y"})
        assert actor() == outer
        with acting(None):
            state({"purpose": "y"})
            assert actor() is None
    assert actor() is None


def test_tasks_do_not_mix() -> None:
    """Two tasks of one event loop act as two subjects."""

    async def work(name: str, other: asyncio.Event, own: asyncio.Event) -> str:
        with acting({"type": "employee", "id": name}):
            own.set()
            await other.wait()
            found = actor()
            assert found is not None
            return str(found.subject["id"])

    async def both() -> tuple[str, str]:
        first, second = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(work("a", first, second), work("b", second, first))

    assert list(asyncio.run(both())) == ["a", "b"]


def test_the_answer_is_as_true_as_it_allows() -> None:
    """`if answer:` can never mistake a denial."""
    allowed = Answer(allowed=True)

    assert allowed
    assert not replace(allowed, allowed=False)
