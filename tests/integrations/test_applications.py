"""The example applications as real processes: what is denied never reaches the database, by its own log."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

DENIED = {
    "type": "urn:tutela:denied",
    "title": "Access denied",
    "status": 403,
}


def get(address: str, who: str = "", **headers: str) -> httpx2.Response:
    """A request of somebody."""
    return httpx2.get(address, headers={"X-Employee": who, **headers}, timeout=30)


@pytest.fixture(scope="module")
def fastapi(start: Callable[..., str], database: Any) -> str:
    """The FastAPI application under uvicorn."""
    return start(
        "-m", "uvicorn", "fastapi_app:app", "--port", "{port}", ready="/openapi.json", SHOP_DATABASE=database.address()
    )


@pytest.fixture(scope="module", params=["asgi", "wsgi"])
def django(request: pytest.FixtureRequest, start: Callable[..., str], database: Any) -> str:
    """The Django application, under uvicorn and under Django's own server."""
    command = {
        "asgi": ("-m", "uvicorn", "django_app:application", "--port", "{port}", "--lifespan", "off"),
        "wsgi": ("django_app.py", "runserver", "--noreload", "{port}"),
    }[request.param]
    return start(*command, PGPORT=str(database.port), PGDATABASE="shop", PGUSER="postgres", PGHOST="127.0.0.1")


def test_fastapi_allows(fastapi: str, database: Any) -> None:
    """Who may, sees; and the database has heard of it."""
    start = database.seen()

    answer = get(f"{fastapi}/customers/1", "wang")

    assert answer.json() == {"rows": [{"id": 1, "full_name": "Anna Huber", "mobile": "13800138000"}], "duties": []}
    assert "full_name" in database.since(start)


def test_fastapi_denies_before_the_query(fastapi: str, database: Any) -> None:
    """Who may not gets reasons and a remedy, no data, and nothing reaches the database: not even a transaction."""
    get(f"{fastapi}/products", "zhao")  # the pool has its connection
    start = database.seen()

    answer = get(f"{fastapi}/customers/1", "zhao")

    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert DENIED.items() <= found.items()
    assert [reason["rule"] for reason in found["reasons"]] == ["no-permitting-policy"]
    assert "zhao" not in answer.text
    assert database.since(start) == ""


def test_fastapi_speaks_the_callers_language(fastapi: str) -> None:
    """Reason and remedy are in Chinese for whoever prefers it."""
    answer = get(f"{fastapi}/count?purpose=curiosity", "wang", **{"Accept-Language": "fr, zh-CN;q=0.9, en;q=0.1"})

    assert answer.status_code == 403
    assert answer.headers["Content-Language"] == "zh"
    assert answer.json()["title"] == "拒绝访问"
    assert answer.json()["reasons"] == [
        {
            "rule": "SHOP-05.a-purpose-for-customers",
            "message": "仅可为履行合同查看客户信息",
            "remedy": "若确为此用途,请注明用途 contract_performance",
        }
    ]


def test_fastapi_context_of_the_request(fastapi: str) -> None:
    """The purpose that an endpoint takes from its request holds for the endpoint and for its statements."""
    assert get(f"{fastapi}/count?purpose=contract_performance", "wang").json() == {"rows": [{"customers": 2}]}


def test_fastapi_obligations(fastapi: str, database: Any) -> None:
    """Masks and filters are in the rows; an endpoint that has not declared that it can do them does not run."""
    own, other = get(f"{fastapi}/customers/1", "li").json(), get(f"{fastapi}/customers/2", "li").json()
    start = database.seen()
    undeclared = get(f"{fastapi}/count?purpose=contract_performance", "li")

    assert own["rows"] == [{"id": 1, "full_name": "Anna Huber", "mobile": "138***00"}]
    assert own["duties"] == ["mask_columns", "filter_rows"]
    assert other["rows"] == []
    assert undeclared.status_code == 403
    assert undeclared.json()["code"] == "obligation-not-supported"
    assert database.since(start) == ""


def test_fastapi_statement_of_a_careless_endpoint(fastapi: str, database: Any) -> None:
    """An endpoint that asks nobody gets no rows: its statement is stopped, and answered with 403."""
    start = database.seen()

    answer = get(f"{fastapi}/careless", "zhao")

    assert answer.status_code == 403
    assert DENIED.items() <= answer.json().items()
    assert "SELECT full_name" not in database.since(start)


def test_fastapi_strangers(fastapi: str, database: Any) -> None:
    """Without a subject nothing is allowed, with or without a declared question."""
    start = database.seen()

    answers = [get(f"{fastapi}{path}", "nobody") for path in ("/customers/1", "/careless", "/products")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert {answer.json()["code"] for answer in answers} == {"subject-unset"}
    assert "product" not in database.since(start)
    assert "customer" not in database.since(start)


def test_fastapi_decision_service_down(start: Callable[..., str], database: Any) -> None:
    """A service that cannot be reached allows nothing; the answer says to come again, and not where the service is."""
    address = start(
        "-m", "uvicorn", "fastapi_app:app", "--port", "{port}", ready="/openapi.json",
        SHOP_DATABASE=database.address(), TUTELA_URL="http://127.0.0.1:9",
    )  # fmt: skip
    before = database.seen()

    answer = get(f"{address}/customers/1", "wang")

    assert answer.status_code == 503
    assert answer.json()["code"] == "pdp-unreachable"
    assert "127.0.0.1" not in answer.text
    assert database.since(before) == ""


@pytest.mark.parametrize("path", ["/customers/1", "/async/customers/1"])
def test_django(django: str, database: Any, path: str) -> None:
    """Sync and async views, under both servers: who may sees, and who may not reaches no database."""
    allowed = get(django + path, "wang")
    start = database.seen()
    denied, stranger = get(django + path, "zhao"), get(django + path, "nobody")

    assert allowed.json() == {"rows": [[1, "Anna Huber"]]}
    assert [denied.status_code, stranger.status_code] == [403, 403]
    assert denied.headers["Content-Type"] == "application/problem+json"
    assert [reason["rule"] for reason in denied.json()["reasons"]] == ["no-permitting-policy"]
    assert stranger.json()["code"] == "subject-unset"
    assert database.since(start) == ""


def test_django_obligations(django: str, database: Any) -> None:
    """A view gets the obligations that it has declared; one that has not does not run."""
    start = database.seen()
    declared, forgetful = get(f"{django}/move", "wang"), get(f"{django}/forgetful", "wang")

    assert declared.json() == {"duties": ["log_use"]}
    assert forgetful.status_code == 403
    assert forgetful.json()["code"] == "obligation-not-supported"
    assert database.since(start) == ""


def test_script(database: Any) -> None:
    """Three people see the same table as each may."""
    from pathlib import Path

    script = Path(__file__).parents[2] / "examples" / "shop" / "sqlalchemy_script.py"
    done = subprocess.run(
        [sys.executable, str(script), database.address()], capture_output=True, text=True, check=False, timeout=120
    )

    assert done.stdout.splitlines() == [
        "wang 1 Anna Huber 13800138000",
        "wang 2 Wei Chen 13900139000",
        "li 1 Anna Huber 138***00",
        "zhao denied: no-permitting-policy",
    ]
