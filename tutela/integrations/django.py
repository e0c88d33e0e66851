"""Requests of Django: who is acting, what a view requires, and the answer 403; for sync and async views.

`TutelaMiddleware` says who is acting and answers denials; it belongs behind the middleware that authenticates.
`require` is a decorator of views. The setting `TUTELA` is that of `django_settings`.
"""

from __future__ import annotations

from functools import wraps
from inspect import isawaitable, iscoroutine
from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import ImproperlyConfigured
from django.http import JsonResponse

from tutela.server.headers import language

from .acting import acting, actor
from .asking import Answer, Question, complying, problem
from .denied import PROBLEM_JSON, AccessDenied, refuse
from .django_settings import Settings, configured, unusable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping
    from contextlib import AbstractContextManager

    from django.http import HttpRequest, HttpResponseBase

    from tutela.engine.errors import Lang

    from .acting import Actor

    Part = Mapping[str, Any] | Callable[..., Mapping[str, Any] | Awaitable[Mapping[str, Any]]]
    """A part of a question, or what makes it of the request and the arguments of the view."""

SETUP: Final = "tutela_setup"


class TutelaMiddleware:
    """Says who is acting for as long as a view works, and answers `AccessDenied`, wherever in it that was raised."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._settings = configured()
        self._async = _is_async(get_response)
        if self._async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:  # noqa: ANN401 (a response, or one to be awaited)
        """Answer the request as whoever asks."""
        setattr(request, SETUP, self._settings)
        if self._async:
            return self._answer(request)
        settings = self._settings
        with _acting(settings, request, _made(settings.subject, request), _made(settings.purpose, request)):
            return self._get_response(request)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        settings = self._settings
        who, purpose = await _amade(settings.subject, request), await _amade(settings.purpose, request)
        with _acting(settings, request, who, purpose):
            response: HttpResponseBase = await self._get_response(request)
            return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> JsonResponse | None:
        """The problem document of a denial; other exceptions are not ours."""
        if not isinstance(exception, AccessDenied):
            return None
        lang = _lang(self._settings, request)
        headers = {"Cache-Control": "no-store", "Content-Language": lang}
        return JsonResponse(
            exception.document(lang), status=exception.status, headers=headers, content_type=PROBLEM_JSON
        )


def require(
    action: str, resource: Part, *, context: Part | None = None, complies: Collection[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator for views: they run when the question is allowed; the answer is then in `request.tutela`.

    `resource` and `context` are mappings, or are made of the request and the view's arguments by a function (of an
    async view: or coroutine). The context also holds for the statements of the view. `complies`: kinds of obligations
    that the view carries out.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        if _is_async(view):

            @wraps(view)
            async def aguarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (the view's own)
                settings, who = _setup(request)
                stated: dict[str, Any] = dict(await _amade(context, request, *args, **kwargs) or {})
                asked = await _amade(resource, request, *args, **kwargs)
                question = Question(who.subject, action, asked, {**who.context, **stated})
                _permit(request, await settings.decider.adecide(question, who.lang), complies, who.lang)
                with acting(who.subject, context=question.context, lang=who.lang):
                    return await view(request, *args, **kwargs)

            return aguarded

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (the view's own)
            settings, who = _setup(request)
            stated: dict[str, Any] = dict(_made(context, request, *args, **kwargs) or {})
            asked = _made(resource, request, *args, **kwargs)
            question = Question(who.subject, action, asked, {**who.context, **stated})
            _permit(request, settings.decider.decide(question, who.lang), complies, who.lang)
            with acting(who.subject, context=question.context, lang=who.lang):
                return view(request, *args, **kwargs)

        return guarded

    return decorate


def _setup(request: HttpRequest) -> tuple[Settings, Actor]:
    """The settings and who is acting; ImproperlyConfigured without the middleware, AccessDenied without a subject."""
    settings: Settings | None = getattr(request, SETUP, None)
    if settings is None:
        raise ImproperlyConfigured(problem("integration-setup", "django", name="require").render())
    who = actor()
    if who is None:
        raise refuse(Answer.failed(problem("subject-unset", "django"), _lang(settings, request)))
    return settings, who


def _permit(request: HttpRequest, found: Answer, complies: Collection[str], lang: Lang) -> None:
    """Leave the answer with the request when it allows; raises AccessDenied."""
    answer = complying(found, complies, lang)
    if not answer.allowed:
        raise refuse(answer)
    request.tutela = answer  # type: ignore[attr-defined]


def _acting(
    settings: Settings, request: HttpRequest, who: Mapping[str, Any] | None, purpose: str | None
) -> AbstractContextManager[Actor | None]:
    return acting(who, purpose=purpose, lang=_lang(settings, request))


def _lang(settings: Settings, request: HttpRequest) -> Lang:
    stated = request.headers.get("Accept-Language", "")
    return language({b"accept-language": stated.encode("latin-1", "replace")}, settings.lang)


def _is_async(found: object) -> bool:
    # asgiref's word: before Python 3.12, that of `inspect` does not know what Django marks.
    return bool(iscoroutinefunction(found))  # pyright: ignore[reportDeprecated]


def _made(part: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (whatever the part is)
    """A part as it is, or as a function makes it; a coroutine cannot be waited for here."""
    found = part(*args, **kwargs) if callable(part) else part
    if iscoroutine(found):
        found.close()
        raise unusable(getattr(part, "__name__", "?"), "def")
    return found


async def _amade(part: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 (whatever the part is)
    """A part as it is, or as a function or coroutine makes it."""
    found = part(*args, **kwargs) if callable(part) else part
    return await found if isawaitable(found) else found
