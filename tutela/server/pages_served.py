"""What is served beside decisions: health, metadata, metrics, the description of the interface, and reloading."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from .metadata import WELL_KNOWN, metadata
from .refusals import Refused, problem, refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tutela.engine.errors import Lang, Problem

    from .app import App
    from .callers import Permission
    from .refusals import Header
    from .running import Running, State

    Content = tuple[Header, bytes]

READ: Final = ("GET", "HEAD")
JSON: Final = (b"content-type", b"application/json")
HTML: Final = (b"content-type", b"text/html; charset=utf-8")
PLAIN: Final = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
HEALTH: Final = "/healthz"
READY: Final = "/readyz"
METRICS: Final = "/metrics"
RELOAD: Final = "/v1/reload"
OPENAPI: Final = "/openapi.json"
DOCS: Final = "/docs"
PAGES: Final = (HEALTH, READY, WELL_KNOWN, METRICS, RELOAD, OPENAPI, DOCS)


@dataclass(frozen=True, slots=True)
class Page:
    """What answers at a path, in a language; `permission` is what its callers need where callers are known.

    While it is `open`, it needs none.
    """

    make: Callable[[Lang], Awaitable[Content]]
    methods: tuple[str, ...] = READ
    permission: Permission | None = None
    open: Callable[[], bool] = lambda: False


def own_pages(app: App, base: str) -> Mapping[str, Page]:
    """The pages that every application has."""
    from .answer import dumps

    async def live(_lang: Lang) -> Content:
        return JSON, dumps({"status": "live"})

    async def ready(_lang: Lang) -> Content:
        return JSON, dumps(readiness(app))

    async def configuration(_lang: Lang) -> Content:
        address = app.settings.public_url
        if address is None:
            raise refused(404, "metadata-none", "path")
        return JSON, dumps(metadata(address))

    async def described(_lang: Lang) -> Content:
        return JSON, _described()

    async def page(_lang: Lang) -> Content:
        return HTML, _page()

    return {
        HEALTH: Page(live),
        READY: Page(ready),
        WELL_KNOWN + base: Page(configuration),
        OPENAPI: Page(described),
        DOCS: Page(page),
    }


@cache
def _described() -> bytes:
    from .answer import dumps
    from .openapi import document

    return dumps(document())


@cache
def _page() -> bytes:
    from .openapi import document
    from .openapi_page import page

    return page(document()).encode()


def readiness(app: App, state: State | None = None, *, recording: bool = True) -> dict[str, Any]:
    """What `/readyz` says; Refused (503) while nothing could be answered, or no answer recorded."""
    told: dict[str, Any] = {} if state is None else state.told()
    if app.service is None:
        raise _not_ready(problem("server-not-ready", "policies"), told)
    found = app.stale() or (None if recording else problem("server-not-recording", "decision_log"))
    if found is not None:
        raise _not_ready(found, {**app.service.digests, **told})
    return {"status": "ready", **app.service.digests, **told}


def _not_ready(found: Problem, told: Mapping[str, Any]) -> Refused:
    return Refused(503, [found], [(b"retry-after", b"5")], {"status": "not ready", **told})


def running_pages(running: Running) -> Mapping[str, Page]:
    """The pages of a service that reloads and counts."""
    from .answer import dumps

    async def ready(_lang: Lang) -> Content:
        return JSON, dumps(readiness(running.app, running.state, recording=not running.metrics.down))

    async def figures(_lang: Lang) -> Content:
        return PLAIN, running.metrics.text()

    async def again(_lang: Lang) -> Content:
        found = await running.reload()
        if found.problems:
            raise Refused(409, found.problems)
        return JSON, dumps(readiness(running.app, found))

    return {
        READY: Page(ready),
        METRICS: Page(figures, permission="administer", open=lambda: running.configuration.public_metrics),
        RELOAD: Page(again, methods=("POST",), permission="administer"),
    }
