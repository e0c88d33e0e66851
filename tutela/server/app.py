"""The ASGI application: from a path to its handler, and from whatever happens to an answer."""

from __future__ import annotations

import logging
import os
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast

from .answer import dumps
from .batch import evaluate_all
from .body import Gone, parse_body, read_body
from .evaluation import evaluate
from .exchange import Exchange
from .headers import check_form, language, request_id
from .metadata import ENDPOINTS, base_path
from .refusals import Refused, error_shape, problem, refused
from .search import searcher
from .sql import EVALUATE, REWRITE, evaluate_sql, rewrite_sql

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from tutela.engine.errors import Problem

    from .callers import Caller, Permission
    from .pages_served import Page
    from .refusals import Header
    from .service import Service
    from .settings import Settings

    Scope = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Mapping[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]
    Answer = dict[str, Any]
    Handler = Callable[[Mapping[str, Any], Exchange], Answer | Awaitable[Answer]]
    Authenticate = Callable[[Mapping[bytes, bytes], Scope], Caller]
    Record = Callable[[Exchange], Awaitable[None]]
    Observe = Callable[[str, int, float, Exchange | None, str], None]

LOG: Final = logging.getLogger("tutela.server")
JSON: Final = (b"content-type", b"application/json")
NO_HEADERS: Final[Sequence[Header]] = ()
NOWHERE: Final = "none"
"""The route of a path that is no endpoint."""


HANDLERS: Final[Mapping[str, tuple[Permission, Handler]]] = {
    ENDPOINTS["access_evaluation_endpoint"]: ("evaluate", evaluate),
    ENDPOINTS["access_evaluations_endpoint"]: ("evaluate", evaluate_all),
    ENDPOINTS["search_subject_endpoint"]: ("search", searcher("subject")),
    ENDPOINTS["search_resource_endpoint"]: ("search", searcher("resource")),
    ENDPOINTS["search_action_endpoint"]: ("search", searcher("action")),
    EVALUATE: ("evaluate", evaluate_sql),
    REWRITE: ("evaluate", rewrite_sql),
}
"""Path -> the permission that its callers need, and what answers."""


class App:
    """Answers HTTP requests with one service, which may be swapped while it runs; without one, it is not ready.

    `authenticate` gets the headers and the scope, and returns the caller or raises Refused (401, 403, 429); it runs
    before the body is read. `record` gets the exchange with its entries before the answer is sent: when it raises,
    there is no answer. `observe` is told of each answer before it is sent: its route, status, seconds, the exchange
    where it was one of decisions, and who asked, where that is known. `clock` tells the present; `pages` are what else
    is served, by path.
    """

    def __init__(  # noqa: PLR0913 (the steps of a request)
        self,
        service: Service | None,
        settings: Settings,
        clock: Callable[[], datetime],
        *,
        authenticate: Authenticate | None = None,
        record: Record | None = None,
        observe: Observe | None = None,
        pages: Mapping[str, Page] | None = None,
    ) -> None:
        from .pages_served import own_pages

        self.service = service
        self._checked: datetime | None = None
        self._checked_at = ""
        self._resting: tuple[Service | None, Mapping[str, str]] = (None, {})
        """What an answer rests on, and the service that it was made for."""
        self.authenticate = authenticate
        self.charge: Callable[[Caller, int], None] | None = None
        self.settings = settings
        self._clock = clock
        self.record = record
        self._observe = observe
        base = base_path(settings.public_url)
        # A proxy in front may take the path of the public address away, or leave it.
        self._handlers = {prefix + path: (path, *made) for path, made in HANDLERS.items() for prefix in {"", base}}
        self._pages: Mapping[str, Page] = {**own_pages(self, base), **(pages or {})}

    def check(self, at: datetime) -> None:
        """Note that what answers was that of its source at an instant."""
        self._checked, self._checked_at = at, at.isoformat(timespec="milliseconds")
        self._resting = (None, {})

    def stale(self, now: datetime | None = None) -> Problem | None:
        """What is said while what answers is too old to answer with; None when it is not."""
        limit = self.settings.max_staleness
        if limit is None or (self._checked is not None and (now or self._clock()) - self._checked <= limit):
            return None
        return problem("server-stale", "policies", at=self._checked_at)

    def route(self, path: str) -> str:
        """The endpoint that a path leads to, which is one of few: a path is a caller's words."""
        found = self._handlers.get(path)
        return found[0] if found is not None else path if path in self._pages else NOWHERE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong inside, the answer permits nothing."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        began = perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        name = request_id(headers)
        status, more, form = 200, NO_HEADERS, JSON
        exchange: Exchange | None = None
        caller: Caller | None = None
        try:
            found = self._handlers.get(scope["path"])
            if found is None:
                page = self._page(scope)
                if page.permission is not None and self.authenticate is not None and not page.open():
                    caller = self.authenticate(headers, scope)
                    self._admit(caller, page.permission)
                form, body = await page.make(language(headers, self.settings.lang))
            else:
                endpoint, permission, handler = found
                exchange = self._begin(endpoint, scope["method"], headers, name)
                if self.authenticate is not None:
                    caller = self.authenticate(headers, scope)
                    self._admit(caller, permission)
                    exchange.granted, exchange.caller, exchange.charge = caller, caller.name, self.charge
                check_form(headers)
                asked = parse_body(await read_body(receive, headers, self.settings), self.settings)
                made = handler(asked, exchange)
                shape = made if made.__class__ is dict else await cast("Awaitable[Answer]", made)
                if self.record is not None:
                    await self.record(exchange)
                body = dumps(shape)
        except Refused as error:
            status, more, body = error.status, error.headers, self._error(error, headers)
        except Gone:
            return
        except Exception as error:
            # Whatever fails permits nothing. Its words may quote the request, so they are shown for debugging only.
            shown = error if os.environ.get("TUTELA_DEBUG") else None
            LOG.exception("request %s: %s", name.decode(), type(error).__name__, exc_info=shown)
            status, body = 500, self._error(refused(500, "server-internal"), headers)
        answer = [form, (b"content-length", b"%d" % len(body)), *more]
        if name:
            answer.append((b"x-request-id", name))
        # Before it is sent: a caller who has an answer finds it counted, whichever worker is asked.
        self._tell(scope, status, perf_counter() - began, exchange, caller)
        await send({"type": "http.response.start", "status": status, "headers": answer})
        await send({"type": "http.response.body", "body": body})

    def _tell(
        self, scope: Scope, status: int, seconds: float, exchange: Exchange | None, caller: Caller | None
    ) -> None:
        if self._observe is not None:
            route = exchange.endpoint if exchange is not None else self.route(scope["path"])
            told = exchange if status == 200 else None
            self._observe(route, status, seconds, told, "" if caller is None else caller.name)

    def _begin(self, endpoint: str, method: str, headers: Mapping[bytes, bytes], name: bytes) -> Exchange:
        if method != "POST":
            raise not_allowed("POST")
        service, settings = self.service, self.settings
        if service is None:
            raise Refused(503, [problem("server-not-ready", "policies")], [(b"retry-after", b"5")])
        now = self._clock()
        if found := self.stale(now):
            raise Refused(503, [found], [(b"retry-after", b"5")])
        made_for, rests_on = self._resting
        if made_for is not service:
            checked = {"checked_at": self._checked_at} if self._checked_at else {}
            rests_on = {**service.digests, **checked}
            self._resting = (service, rests_on)
        return Exchange(
            endpoint, service, settings, now, language(headers, settings.lang), name.decode("ascii"), rests_on,
            recorder=service.recorder if self.record is not None else None,
        )  # fmt: skip

    def _admit(self, caller: Caller, permission: Permission) -> None:
        """Let a caller ask once; its name is known by then, whatever it is refused for."""
        if self.charge is not None:
            self.charge(caller, 1)
        caller.need(permission)

    def _page(self, scope: Scope) -> Page:
        page = self._pages.get(scope["path"])
        if page is None:
            raise refused(404, "http-not-found", "path")
        if scope["method"] not in page.methods:
            raise not_allowed(", ".join(page.methods))
        return page

    def _error(self, error: Refused, headers: Mapping[bytes, bytes]) -> bytes:
        lang = language(headers, self.settings.lang)
        return dumps({**error.more, "error": error_shape(error.status, error.problems, lang)})


def not_allowed(methods: str) -> Refused:
    """The refusal of a method that an endpoint does not take."""
    allow: Sequence[Header] = ((b"allow", methods.encode()),)
    return Refused(405, [problem("http-method", "method", known=methods)], allow)
