"""Deciding elsewhere: a decision service that speaks OpenID AuthZEN 1.0, `tutela serve` or another.

Connections are kept. Whatever is not a whole and plain answer, in time, denies.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from uuid import uuid4
from weakref import WeakKeyDictionary

import httpx2
import orjson

from tutela.engine.errors import InputError

from .asking import Answer, problem
from .remote_answer import MalformedError, read_answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from tutela.engine.errors import Lang

    from .asking import Question

PATH: Final = "/access/v1/evaluation"
LARGEST: Final = 1 << 20
"""Bytes of an answer."""
SUCCESS: Final = 200


class Remote:
    """Asks the decision service at an address (`https://HOST[/PATH]`); InputError when it is none.

    `timeout`: seconds that an answer may take. `headers` go with every question, as a bearer token does; `verify` is
    httpx2's: an `ssl.SSLContext` for authorities or client certificates of one's own. Connections are those of this
    object: make one, and use it from all threads and event loops.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 2.0,
        headers: Mapping[str, str] | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._url = _checked(url) + PATH
        self._timeout = timeout
        self._options: dict[str, Any] = {"timeout": timeout, "headers": dict(headers or {}), "verify": verify}
        self._lock = threading.Lock()
        self._client: tuple[int, httpx2.Client] | None = None
        """A process that was forked must not use the connections of its parent."""
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = WeakKeyDictionary()
        """The connections of an event loop end with it."""

    def decide(self, question: Question, lang: Lang = "en") -> Answer:
        """The service's answer; when there is none in time, a denial that says why."""
        try:
            name, body, until = uuid4().hex, _body(question), time.monotonic() + self._timeout
            with self._sync().stream("POST", self._url, content=body, headers=_headers(name, lang)) as response:
                data = bytearray()
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > LARGEST or time.monotonic() > until:
                        break
            _in_time(until)
            return _read(response, bytes(data), name)
        except Exception as error:  # noqa: BLE001 (fail closed: whatever went wrong, nobody may)
            return self._failed(error, lang)

    async def adecide(self, question: Question, lang: Lang = "en") -> Answer:
        """The service's answer; when there is none in time, a denial that says why."""
        try:
            name, body = uuid4().hex, _body(question)
            async with (
                asyncio.timeout(self._timeout),
                self._async().stream("POST", self._url, content=body, headers=_headers(name, lang)) as response,
            ):
                data = bytearray()
                async for chunk in response.aiter_bytes():
                    data += chunk
                    if len(data) > LARGEST:
                        break
            return _read(response, bytes(data), name)
        except Exception as error:  # noqa: BLE001 (fail closed: whatever went wrong, nobody may)
            return self._failed(error, lang)

    def close(self) -> None:
        """End the connections of threads; those of an event loop end with `aclose` in it."""
        with self._lock:
            kept, self._client = self._client, None
        if kept is not None and kept[0] == os.getpid():
            kept[1].close()

    async def aclose(self) -> None:
        """End the connections of this event loop."""
        kept = self._clients.pop(asyncio.get_running_loop(), None)
        if kept is not None:
            await kept.aclose()

    def _sync(self) -> httpx2.Client:
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                self._client = os.getpid(), httpx2.Client(**self._options)
            return self._client[1]

    def _async(self) -> httpx2.AsyncClient:
        loop = asyncio.get_running_loop()
        with self._lock:
            found = self._clients.get(loop)
            if found is None:
                found = self._clients[loop] = httpx2.AsyncClient(**self._options)
            return found

    def _failed(self, error: Exception, lang: Lang) -> Answer:
        what = type(error).__name__
        match error:
            case MalformedError():
                found = problem("pdp-malformed", self._url, path=error.path)
            case _StatusError():
                found = problem("pdp-status", self._url, status=error.status)
            case httpx2.TimeoutException() | TimeoutError():
                found = problem("pdp-timeout", self._url, seconds=f"{self._timeout:g}")
            case httpx2.HTTPError() | OSError():
                found = problem("pdp-unreachable", self._url, what=what)
            case _QuestionError():
                found = problem("pdp-question", self._url, what=str(error))
            case _:
                found = problem("decider-failed", self._url, what=what)
        return Answer.failed(found, lang)


class _StatusError(Exception):
    """An answer with another status than that of decisions."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


class _QuestionError(Exception):
    """A question that JSON cannot say."""


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        plain = not (parts.query or parts.fragment or "@" in url) and (parts.port is None or parts.port > 0)
        fine = plain and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fine = False
    if not fine:
        raise InputError([problem("pdp-address", "url", url=url.rpartition("@")[2])])
    return url.rstrip("/")


def _body(question: Question) -> bytes:
    asked = {
        "subject": question.subject,
        "action": {"name": question.action},
        "resource": question.resource,
        "context": question.context,
    }
    try:
        return orjson.dumps(asked)
    except (TypeError, ValueError) as error:
        raise _QuestionError(str(error)[:80]) from None


def _headers(name: str, lang: Lang) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Language": lang,
        "X-Request-ID": name,
    }


def _in_time(until: float) -> None:
    if time.monotonic() > until:
        raise TimeoutError


def _read(response: httpx2.Response, data: bytes, name: str) -> Answer:
    """The decision in a response; nothing else than status 200, JSON and our own request's id is one."""
    if response.status_code != SUCCESS:
        raise _StatusError(response.status_code)
    if response.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
        raise MalformedError("Content-Type")
    if response.headers.get("X-Request-ID", name) != name:
        raise MalformedError("X-Request-ID")
    if len(data) > LARGEST:
        raise MalformedError("$")
    return read_answer(data)
