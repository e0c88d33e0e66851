"""Customers over HTTP with FastAPI: `SHOP_DATABASE=postgresql+psycopg://... uvicorn fastapi_app:app`.

`TUTELA_URL` lets a decision service decide, else this process does. Who asks stands in the header `X-Employee`, which
a proxy in front has checked.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from people import subject_of
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.requests import HTTPConnection, Request

from tutela.integrations.asking import Answer
from tutela.integrations.local import Local
from tutela.integrations.remote import Remote
from tutela.integrations.sqlalchemy import protect
from tutela.integrations.starlette import TutelaMiddleware, require

HERE = Path(__file__).parent
CUSTOMER = {"type": "table", "id": "customer", "properties": {"dataset": "customer"}}
PURPOSE = {"purpose": "contract_performance"}
IN_SQL = {"mask_columns", "filter_rows"}
"""What the protected engine writes into queries, so that no endpoint has to."""


def who_asks(connection: HTTPConnection) -> dict[str, Any] | None:
    """The subject of a request."""
    return subject_of(connection.headers.get("X-Employee"))


def stated(request: Request) -> dict[str, Any]:
    """What the request is for, as it says itself."""
    return {"purpose": request.query_params.get("purpose", "")}


decider = Remote(os.environ["TUTELA_URL"]) if "TUTELA_URL" in os.environ else Local.of_project(HERE)
engine = create_async_engine(os.environ["SHOP_DATABASE"])
protect(engine, Local.of_project(HERE), HERE / "schema.sql", default_schema="public", mode="rewrite")
app = FastAPI()
app.add_middleware(TutelaMiddleware, decider=decider, subject=who_asks)


async def _rows(sql: str, **values: object) -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(text(sql), values)).mappings()]


@app.get("/customers/{number}")
async def customer(
    number: int,
    answer: Annotated[Answer, Depends(require("read", CUSTOMER, context=PURPOSE, complies=IN_SQL))],
) -> dict[str, Any]:
    """One customer; masks and row filters are in the rows already, because the engine is protected."""
    rows = await _rows("SELECT id, full_name, mobile FROM customer WHERE id = :number", number=number)
    return {"rows": rows, "duties": [duty.kind for duty in answer.obligations]}


@app.get("/count")
async def count(_: Annotated[Answer, Depends(require("read", CUSTOMER, context=stated))]) -> dict[str, Any]:
    """How many customers there are; who has to mask them may not know."""
    return {"rows": await _rows("SELECT count(*) AS customers FROM customer")}


@app.get("/careless")
async def careless() -> dict[str, Any]:
    """An endpoint that asks nobody: its statement is stopped on its way to the database."""
    return {"rows": await _rows("SELECT full_name FROM customer")}


@app.get("/products")
async def products() -> dict[str, Any]:
    """What everybody may see who is known."""
    return {"rows": await _rows("SELECT label FROM product ORDER BY id")}
