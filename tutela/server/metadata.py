"""What the service says about itself, at the well-known address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from tutela.engine.errors import InputError

from .answer import OBLIGATION_TYPES
from .refusals import problem

if TYPE_CHECKING:
    from collections.abc import Mapping

WELL_KNOWN: Final = "/.well-known/authzen-configuration"
ENDPOINTS: Final[Mapping[str, str]] = {
    "access_evaluation_endpoint": "/access/v1/evaluation",
    "access_evaluations_endpoint": "/access/v1/evaluations",
    "search_subject_endpoint": "/access/v1/search/subject",
    "search_resource_endpoint": "/access/v1/search/resource",
    "search_action_endpoint": "/access/v1/search/action",
}
"""Parameter of the metadata -> default path of the endpoint."""


def metadata(public_url: str) -> dict[str, Any]:
    """The configuration document of the service at a public address; parameters without a value are left out."""
    return {
        "policy_decision_point": public_url,
        **{name: public_url + path for name, path in ENDPOINTS.items()},
        "supported_obligations": list(OBLIGATION_TYPES),
    }


def base_path(public_url: str | None) -> str:
    """The path of a public address (`/tenant1`); empty when it has none."""
    return urlsplit(public_url).path if public_url else ""


def check_public_url(url: str) -> str:
    """A public address without a slash at its end; InputError unless it is `https` without query and fragment."""
    plain = url.isascii() and url.isprintable() and " " not in url
    try:
        parts = urlsplit(url)
        fits = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        fits = False
    if not plain or not fits or "?" in url or "#" in url:
        raise InputError([problem("serve-public-url", "--public-url", value=url)])
    return url.rstrip("/")
