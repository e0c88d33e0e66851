"""Customers over HTTP with Django, in one file: `uvicorn django_app:application`, or `python django_app.py runserver`.

The database is that of `PGHOST`, `PGPORT`, `PGUSER` and `PGDATABASE`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import execute_from_command_line
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path
from people import subject_of


def who_asks(request: HttpRequest) -> dict[str, Any] | None:
    """The subject of a request; a proxy in front has checked the header."""
    return subject_of(request.headers.get("X-Employee"))


if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="of an example",  # noqa: S106 (it signs nothing)
        MIDDLEWARE=["tutela.integrations.django.TutelaMiddleware"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": os.environ.get("PGHOST", "127.0.0.1"),
                "PORT": os.environ.get("PGPORT", "5432"),
                "USER": os.environ.get("PGUSER", "postgres"),
                "NAME": os.environ.get("PGDATABASE", "shop"),
            }
        },
        TUTELA={"PROJECT": Path(__file__).parent, "SUBJECT": who_asks},
    )
    django.setup()

from tutela.integrations.django import require  # noqa: E402 (the settings come first)

CUSTOMER = {"type": "table", "id": "customer", "properties": {"dataset": "customer"}}
PURPOSE = {"purpose": "contract_performance"}


def asked(_request: HttpRequest, number: int) -> dict[str, Any]:
    """The resource that a view is about: made of its arguments."""
    return {**CUSTOMER, "id": f"customer {number}"}


def _rows(number: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, full_name FROM customer WHERE id = %s", [number])
        return cursor.fetchall()


@require("read", asked, context=PURPOSE)
def customer(_request: HttpRequest, number: int) -> JsonResponse:
    """One customer."""
    return JsonResponse({"rows": _rows(number)})


@require("read", asked, context=PURPOSE)
async def acustomer(_request: HttpRequest, number: int) -> JsonResponse:
    """One customer, in the event loop."""
    return JsonResponse({"rows": await sync_to_async(_rows)(number)})


@require("update", CUSTOMER, context=PURPOSE, complies={"log_use"})
def move(request: HttpRequest) -> JsonResponse:
    """A change that must be logged: the answer says so."""
    return JsonResponse({"duties": [duty.kind for duty in request.tutela.obligations]})


@require("update", CUSTOMER, context=PURPOSE)
def forgetful(_request: HttpRequest) -> JsonResponse:
    """The same without the log: it never runs."""
    return JsonResponse({"rows": _rows(1)})


urlpatterns = [
    path("customers/<int:number>", customer),
    path("async/customers/<int:number>", acustomer),
    path("move", move),
    path("forgetful", forgetful),
]
application = get_asgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
