"""The ASGI application: from a path to its handler, and from whatever happens to an answer."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any, Final

import orjson

from .batch import evaluate_all
from .body import Gone, parse_body, read_body
from .evaluation import evaluate
from .exchange import Exchange
from .headers import check_form, language, request_id
from .metadata import ENDPOINTS, WELL_KNOWN, base_path, metadata
from .refusals import Refused, error_shape, problem, refused
from .search import searcher
from .sql import EVALUATE, REWRITE, evaluate_sql, rewrite_sql

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from .refusals import Header
    from .service import Service
    from .settings import Settings

    Scope = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Mapping[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Handler = Callable[[Mapping[str, Any], Exchange], Awaitable[dict[str, Any]]]
    Authenticate = Callable[[Mapping[bytes, bytes], Scope], Awaitable[str]]
    Record = Callable[[Exchange], Awaitable[None]]

LOG: Final = logging.getLogger("tutela.server")
JSON: Final = (b"content-type", b"application/json")
NO_HEADERS: Final[Sequence[Header]] = ()


async def _single(body: Mapping[str, Any], exchange: Exchange) -> dict[str, Any]:
    return evaluate(body, exchange)


HANDLERS: Final[Mapping[str, Handler]] = {
    ENDPOINTS["access_evaluation_endpoint"]: _single,
    ENDPOINTS["access_evaluations_endpoint"]: evaluate_all,
    ENDPOINTS["search_subject_endpoint"]: searcher("subject"),
    ENDPOINTS["search_resource_endpoint"]: searcher("resource"),
    ENDPOINTS["search_action_endpoint"]: searcher("action"),
    EVALUATE: evaluate_sql,
    REWRITE: rewrite_sql,
}


class App:
    """Answers HTTP requests with one service, which may be swapped while it runs.

    `authenticate` gets the headers and the scope, and returns the caller's name or raises Refused (401, 403); it runs
    before the body is read. `record` gets the exchange with its decisions before the answer is sent: when it raises,
    there is no answer. `clock` tells the present.
    """

    def __init__(
        self,
        service: Service,
        settings: Settings,
        clock: Callable[[], datetime],
        *,
        authenticate: Authenticate | None = None,
        record: Record | None = None,
    ) -> None:
        self.service = service
        self._settings = settings
        self._clock = clock
        self._authenticate = authenticate
        self._record = record
        base = base_path(settings.public_url)
        # A proxy in front may take the path of the public address away, or leave it.
        self._handlers = {prefix + path: (path, made) for path, made in HANDLERS.items() for prefix in {"", base}}
        self._pages: dict[str, Callable[[], dict[str, Any]]] = {
            "/healthz": lambda: {"status": "live"},
            "/readyz": self._ready,
            WELL_KNOWN + base: self._metadata,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong inside, the answer permits nothing."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        headers: dict[bytes, bytes] = dict(scope["headers"])
        name = request_id(headers)
        status, more = 200, NO_HEADERS
        try:
            body = await self._answer(scope, headers, name, receive)
        except Refused as error:
            status, more, body = error.status, error.headers, self._error(error, headers)
        except Gone:
            return
        except Exception as error:
            # Whatever fails permits nothing. Its words may quote the request, so they are shown for debugging only.
            shown = error if os.environ.get("TUTELA_DEBUG") else None
            LOG.exception("request %s: %s", name.decode(), type(error).__name__, exc_info=shown)
            status, body = 500, self._error(refused(500, "server-internal"), headers)
        answer = [JSON, (b"content-length", b"%d" % len(body)), *more]
        if name:
            answer.append((b"x-request-id", name))
        await send({"type": "http.response.start", "status": status, "headers": answer})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, headers: Mapping[bytes, bytes], name: bytes, receive: Receive) -> bytes:
        path, method = scope["path"], scope["method"]
        found = self._handlers.get(path)
        if found is None:
            return self._page(path, method)
        if method != "POST":
            raise _not_allowed("POST")
        endpoint, handler = found
        settings = self._settings
        exchange = Exchange(
            endpoint, self.service, settings, self._clock(), language(headers, settings.lang), name.decode("ascii")
        )
        if self._authenticate is not None:
            exchange.caller = await self._authenticate(headers, scope)
        check_form(headers)
        body = parse_body(await read_body(receive, headers, settings), settings)
        answer = await handler(body, exchange)
        if self._record is not None:
            await self._record(exchange)
        return _dumps(answer)

    def _page(self, path: str, method: str) -> bytes:
        page = self._pages.get(path)
        if page is None:
            raise refused(404, "http-not-found", "path")
        if method not in ("GET", "HEAD"):
            raise _not_allowed("GET, HEAD")
        return _dumps(page())

    def _ready(self) -> dict[str, Any]:
        return {"status": "ready", **self.service.digests}

    def _metadata(self) -> dict[str, Any]:
        if self._settings.public_url is None:
            raise refused(404, "metadata-none", "path")
        return metadata(self._settings.public_url)

    def _error(self, error: Refused, headers: Mapping[bytes, bytes]) -> bytes:
        lang = language(headers, self._settings.lang)
        return _dumps({"error": error_shape(error.status, error.problems, lang)})


def _not_allowed(methods: str) -> Refused:
    allow: Sequence[Header] = ((b"allow", methods.encode()),)
    return Refused(405, [problem("http-method", "method", known=methods)], allow)


def _dumps(answer: object) -> bytes:
    try:
        return orjson.dumps(answer)
    except TypeError:  # a number of a policy with more than 64 bits, half a surrogate pair: the same, slower
        return json.dumps(answer, separators=(",", ":"), allow_nan=False).encode()
