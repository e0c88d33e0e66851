"""What whoever starts the service decides: limits, languages, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from tutela.engine.errors import Lang


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits and names of one service; sizes are bytes, times are seconds."""

    page_key: bytes
    """Signs the tokens of pages: the same for all workers of one service, and nobody else's."""
    lang: Lang = "en"
    """The language of callers who name none that tutela speaks."""
    public_url: str | None = None
    """The service's `https` address as its callers know it, without a slash at the end."""
    allow_as_of: bool = False
    """Whether a caller may say which instant a decision is about; else it is always the present."""
    body_limit: int = 1 << 20
    depth_limit: int = 64
    """How deep objects and lists of a body may nest."""
    items_limit: int = 1_000
    """Evaluations in one request."""
    max_staleness: timedelta | None = None
    """How long ago policies and registers may have been looked at; None: however long."""
    page_limit: int = 1_000
    """Results in one answer to a search."""
    head_limit: int = 1 << 16
    """The request line and all headers together."""
    read_seconds: float = 10.0
    """How long the head of a request, and then its body, may take to arrive."""
    drain_seconds: int = 30
    """How long requests in flight may take to end once the service is told to stop."""
