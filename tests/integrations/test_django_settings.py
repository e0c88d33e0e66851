"""The setting `TUTELA` of Django: each mistake has its own words, and a good one is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, JsonResponse
from django.test import RequestFactory, override_settings

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="x")  # noqa: S106 (it signs nothing)
    django.setup()

from tutela.integrations.asking import Answer
from tutela.integrations.denied import AccessDenied
from tutela.integrations.django import TutelaMiddleware, require
from tutela.integrations.django_settings import configured
from tutela.integrations.local import Local
from tutela.integrations.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOP = Path(__file__).parents[2] / "examples" / "shop"
CUSTOMER = {"type": "table", "id": "customer", "properties": {"dataset": "customer"}}


def who(_request: HttpRequest) -> dict[str, Any]:
    """Always the same."""
    return {"type": "employee", "id": "wang", "properties": {"team": "service"}}


async def awho(request: HttpRequest) -> dict[str, Any]:
    """The same as a coroutine."""
    return who(request)


GOOD: Mapping[str, Any] = {"PROJECT": SHOP, "SUBJECT": who}


@pytest.mark.parametrize(
    ("setting", "code", "name"),
    [
        (None, "django-setting-value", "TUTELA"),
        ({**GOOD, "SUBJET": who}, "django-setting-unknown", "SUBJET"),
        ({"PROJECT": SHOP}, "django-setting-value", "SUBJECT"),
        ({**GOOD, "SUBJECT": "no.such.name"}, "django-setting-value", "SUBJECT"),
        ({**GOOD, "PURPOSE": 7}, "django-setting-value", "PURPOSE"),
        ({**GOOD, "LANG": "fr"}, "django-setting-value", "LANG"),
        ({**GOOD, "PROJECT": 7}, "django-setting-value", "PROJECT"),
        ({"SUBJECT": who}, "django-setting-decider", ""),
        ({**GOOD, "URL": "http://127.0.0.1:9"}, "django-setting-decider", ""),
        ({"SUBJECT": who, "DECIDER": "django.VERSION"}, "django-setting-value", "DECIDER"),
    ],
)
def test_mistakes(setting: object, code: str, name: str) -> None:
    """A mistake is told when the application starts."""
    with override_settings(TUTELA=setting), pytest.raises(ImproperlyConfigured) as caught:
        configured()

    assert code in str(caught.value)
    assert name in str(caught.value)


def test_who_decides() -> None:
    """A project, a service, or an object, given or named."""
    made = Local.of_project(SHOP)
    for setting, kind in (
        (GOOD, Local),
        ({"URL": "http://127.0.0.1:9", "TIMEOUT": 1, "SUBJECT": who}, Remote),
        ({"DECIDER": made, "SUBJECT": who}, Local),
        ({"DECIDER": lambda: made, "SUBJECT": who}, Local),
    ):
        with override_settings(TUTELA=setting):
            assert isinstance(configured().decider, kind)


def test_a_coroutine_where_none_can_be_awaited() -> None:
    """A sync chain cannot wait for a subject: an error, and no view runs."""
    with override_settings(TUTELA={**GOOD, "SUBJECT": awho}):
        middleware = TutelaMiddleware(lambda _request: pytest.fail("the view ran"))
        with pytest.raises(ImproperlyConfigured, match="awho"):
            middleware(RequestFactory().get("/"))


def test_without_the_middleware() -> None:
    """A view that requires something, without the middleware, does not run."""

    @require("read", CUSTOMER)
    def view(_request: HttpRequest) -> JsonResponse:
        raise AssertionError

    with pytest.raises(ImproperlyConfigured, match="integration-setup"):
        view(RequestFactory().get("/"))


def test_other_exceptions_are_not_ours() -> None:
    """Only denials are answered; in the language of the caller."""
    with override_settings(TUTELA={**GOOD, "LANG": "zh"}):
        middleware = TutelaMiddleware(lambda _request: None)
        request = RequestFactory().get("/", headers={"Accept-Language": "en;q=0.5"})
        found = middleware.process_exception(request, AccessDenied(Answer(allowed=False)))

        assert middleware.process_exception(request, KeyError()) is None
        assert found is not None
        assert (found.status_code, found["Content-Language"]) == (403, "en")
