"""Requests of Starlette and FastAPI: who is acting, what an endpoint requires, and the answer 403.

`TutelaMiddleware` says who is acting and answers denials; `require` is a dependency of FastAPI, `requires` the same as
a decorator of Starlette's endpoints.
"""

from __future__ import annotations

from functools import wraps
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from tutela.server.headers import language

from .acting import acting, actor, state
from .asking import Answer, Question, complying, problem
from .denied import PROBLEM_JSON, AccessDenied, refuse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tutela.engine.errors import Lang

    from .asking import Decider

    Part = Mapping[str, Any] | Callable[[Any], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]
    """A part of a question, or what makes it of the request."""

KEY: Final = "tutela"
VIOLATION: Final = 1008
"""WebSocket: closed because of a policy."""


class _Setup(NamedTuple):
    decider: Decider
    lang: Lang


class TutelaMiddleware:
    """Says who is acting for as long as a request lasts, and answers `AccessDenied`, wherever it was raised.

    `subject` makes the subject of the connection (None: nobody is known), `purpose` is a text or makes one; both may
    be coroutines. `lang` is the language of callers who name none. Add it inside of the middleware that authenticates.
    """

    def __init__(
        self,
        app: ASGIApp,
        decider: Decider,
        subject: Callable[[HTTPConnection], Mapping[str, Any] | Awaitable[Mapping[str, Any] | None] | None],
        purpose: str | Callable[[HTTPConnection], str | Awaitable[str | None] | None] | None = None,
        lang: Lang = "en",
    ) -> None:
        self._app = app
        self._decider = decider
        self._subject = subject
        self._purpose = purpose
        self._lang: Lang = lang

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application as whoever asks."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        lang = language(dict(scope["headers"]), self._lang)
        scope[KEY] = _Setup(self._decider, lang)
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            who = await _made(self._subject, connection)
            purpose = await _made(self._purpose, connection)
            with acting(who, purpose=purpose, lang=lang):
                await self._app(scope, receive, watched)
        except AccessDenied as error:
            if begun:  # the client has half of an answer: the server hangs up
                raise
            await _refuse(error, lang, scope, receive, send)


async def _refuse(error: AccessDenied, lang: Lang, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": VIOLATION, "reason": error.document(lang)["title"]})
        return
    headers = {"Cache-Control": "no-store", "Content-Language": lang}
    document = error.document(lang)
    await JSONResponse(document, error.status, headers, media_type=PROBLEM_JSON)(scope, receive, send)


def require(
    action: str, resource: Part, *, context: Part | None = None, complies: Collection[str] = ()
) -> Callable[[HTTPConnection], Awaitable[Answer]]:
    """A dependency of FastAPI: the answer to a question, or AccessDenied, which is answered with status 403.

    `resource` and `context` are mappings, or are made of the request by a function or coroutine. The context is added
    to that of the statements which follow. `complies`: kinds of obligations that the endpoint carries out.
    """

    async def dependency(connection: HTTPConnection) -> Answer:
        return await _permitted(connection, action, resource, context, complies)

    return dependency


def requires(
    action: str, resource: Part, *, context: Part | None = None, complies: Collection[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The same as a decorator for endpoints of Starlette: the answer is then in `request.state.tutela`."""

    def decorate(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(endpoint)
        async def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (the endpoint's own)
            given: Iterable[Any] = (*args, *kwargs.values())
            connection: Any = next(filter(_is_connection, given))
            answer = await _permitted(connection, action, resource, context, complies)
            connection.state.tutela = answer
            if iscoroutinefunction(endpoint):
                return await endpoint(*args, **kwargs)
            return await run_in_threadpool(endpoint, *args, **kwargs)

        return guarded

    return decorate


async def _permitted(
    connection: HTTPConnection, action: str, resource: Part, context: Part | None, complies: Collection[str]
) -> Answer:
    """The answer, when it allows; raises AccessDenied."""
    setup: _Setup | None = connection.scope.get(KEY)
    if setup is None:
        raise refuse(Answer.failed(problem("integration-setup", "starlette", name="require")))
    who = actor()
    if who is None:
        raise refuse(Answer.failed(problem("subject-unset", "starlette"), setup.lang))
    stated: dict[str, Any] = dict(await _made(context, connection) or {})
    question = Question(who.subject, action, await _made(resource, connection), {**who.context, **stated})
    answer = complying(await setup.decider.adecide(question, setup.lang), complies, setup.lang)
    if not answer.allowed:
        raise refuse(answer)
    state(stated)
    return answer


def _is_connection(found: object) -> bool:
    return isinstance(found, HTTPConnection)


async def _made(part: Any, connection: HTTPConnection) -> Any:  # noqa: ANN401 (whatever the part is)
    """A part as it is, or as a function or coroutine makes it of the connection."""
    found = part(connection) if callable(part) else part
    return await found if isawaitable(found) else found
