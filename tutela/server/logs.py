"""What the service says on stderr: text or JSON lines, without personal data.

A line names endpoints, callers, statuses and counts. It names no subject, no resource and no value of a request.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .exchange import Exchange

LogFormat = Literal["text", "json"]
LOG: Final = logging.getLogger("tutela.server")
ACCESS: Final = logging.getLogger("tutela.server.access")


class _Json(logging.Formatter):
    """A record as one line of JSON; `extra={"fields": ...}` gives further keys."""

    def format(self, record: logging.LogRecord) -> str:
        fields: Mapping[str, Any] = getattr(record, "fields", {})
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        shape = {"time": at, "level": record.levelname.lower(), "message": record.getMessage(), **fields}
        if record.exc_info and record.exc_info[1] is not None:
            shape["traceback"] = self.formatException(record.exc_info)
        return json.dumps(shape, ensure_ascii=False)


class _Text(logging.Formatter):
    """A record as a line for people."""

    def format(self, record: logging.LogRecord) -> str:
        fields: Mapping[str, Any] = getattr(record, "fields", {})
        more = "".join(f" {name}={value}" for name, value in fields.items())
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info and record.exc_info[1] else ""
        return f"{record.getMessage()}{more}{trace}"


def set_up(form: LogFormat, *, access: bool) -> None:
    """Say on stderr what is worth it; with `access`, a line for each request."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    LOG.setLevel(logging.INFO)
    ACCESS.setLevel(logging.INFO if access else logging.WARNING)
    # What callers send wrong is answered, not logged: anybody could fill the log.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


def say(message: str, fields: Mapping[str, object] = MappingProxyType({}), level: int = logging.INFO) -> None:
    """Say something about the service itself."""
    LOG.log(level, message, extra={"fields": fields})


def access(endpoint: str, status: int, seconds: float, exchange: Exchange | None, caller: str) -> None:
    """One line about a request that was answered; of a caller whom nobody knows, there is nothing to name."""
    fields: dict[str, object] = {
        "endpoint": endpoint,
        "status": status,
        "ms": round(seconds * 1000, 3),
        "caller": caller or "-",
    }
    if exchange is not None:
        fields |= {
            "allowed": exchange.allowed,
            "denied": exchange.decided - exchange.allowed,
            "policy_digest": exchange.service.digests["policy_digest"],
        }
    ACCESS.info("request", extra={"fields": fields})
