"""Where bundles are brought: a folder, whole or not at all, or an address that takes a PUT.

The token is read from a variable, is sent encrypted or to this machine only, never follows a redirect, and is in no
message.
"""

from __future__ import annotations

import http
import http.client
import ipaddress
import os
import ssl
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from tutela.engine.errors import InputError, Location, Problem

from .bundle import LATEST
from .whole_file import replacing_bytes

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path
    from typing import IO

    from .bundle import Bundle

TOKEN: Final = "TUTELA_BUNDLE_TOKEN"  # noqa: S105 (the name of the variable)
TIMEOUT: Final = 60
"""Seconds that a server may be silent."""
TYPE: Final = "application/vnd.tutela.bundle"


def file_name(bundle: Bundle) -> str:
    """The name under which a bundle is kept: its own, and 16 digits of its digest."""
    return f"{bundle.manifest.name}-{bundle.digest.partition(':')[2][:16]}.tutela"


def push_to_folder(bundle: Bundle, folder: Path) -> Path:
    """Write a bundle into a folder, then let `latest` there name it; both are whole at any instant.

    Earlier bundles stay. OSError when something cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file_name(bundle)
    with replacing_bytes(target) as stream:
        stream.write(bundle.to_bytes())
    with replacing_bytes(folder / LATEST) as stream:
        stream.write(f"{target.name}\n".encode())
    return target


def is_address(target: str) -> bool:
    """Whether something is pushed to an address, and not to a folder."""
    return "://" in target


def push_to_address(bundle: Bundle, url: str, token_env: str = "") -> str:
    """PUT a bundle to an address; one that ends with / gets the file's name. The address without its query.

    InputError when the address cannot be used, or the server does not take the bundle.
    """
    where, url = _address(url, file_name(bundle))
    secure = url.startswith("https:")
    headers = {"Content-Type": TYPE, **_authorization(token_env, where)}
    if not secure and len(headers) > 1 and not _is_here(urlsplit(url).hostname or ""):
        _fail("bundle-push-plain", where)
    request = Request(url, bundle.to_bytes(), headers, method="PUT")  # noqa: S310 (http and https only)
    handlers = [_NoRedirects(), HTTPSHandler(context=ssl.create_default_context())]
    # A proxy would read what is not encrypted.
    opener = build_opener(*handlers, *(() if secure else (ProxyHandler({}),)))
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            status = int(answer.status)
    except HTTPError as error:
        error.close()
        status = error.code
    except URLError as error:
        _unreachable(where, error.reason)
    except (OSError, http.client.HTTPException) as error:
        _unreachable(where, error)
    if not 200 <= status < 300:
        _fail("bundle-push-refused", where, status=_status(status))
    return where


class _NoRedirects(HTTPRedirectHandler):
    """Another place was not asked for, and must not see the token."""

    def redirect_request(  # noqa: PLR0913 (the library's)
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Follow none."""


def _address(url: str, name: str) -> tuple[str, str]:
    """An address as it may be shown, and as it is used."""
    parts = _parts(url)
    if parts is None:
        _fail("bundle-push-address", f"{url.partition('://')[0][:40]}://...")
    path = f"{parts.path}{name}" if parts.path.endswith("/") else parts.path or f"/{name}"
    return urlunsplit((parts.scheme, parts.netloc, path, "", "")), urlunsplit(parts._replace(path=path))


def _parts(url: str) -> SplitResult | None:
    """The parts of an address that a bundle can be sent to; without user and password, which others could read."""
    # Other characters would get into the request, or into the words of http.client.
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if fits and not parts.fragment and "@" not in parts.netloc else None


def _authorization(token_env: str, where: str) -> dict[str, str]:
    token = os.environ.get(token_env or TOKEN)
    if token_env and not token:
        _fail("bundle-variable", where, name=token_env)
    if not token:
        return {}
    if not token.isascii() or not token.isprintable() or " " in token:
        _fail("bundle-push-token", where, name=token_env or TOKEN)
    return {"Authorization": f"Bearer {token}"}


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _status(status: int) -> str:
    """The number and its usual words: those of the server are not shown."""
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _unreachable(where: str, reason: object) -> NoReturn:
    if isinstance(reason, ssl.SSLCertVerificationError):
        _fail("bundle-push-tls", where, reason=reason.verify_message)
    if isinstance(reason, http.client.HTTPException):
        _fail("bundle-push-unreachable", where, reason="the answer is not HTTP")
    if isinstance(reason, TimeoutError):
        _fail("bundle-push-unreachable", where, reason=f"no answer in {TIMEOUT} seconds")
    if isinstance(reason, OSError) and reason.strerror:
        _fail("bundle-push-unreachable", where, reason=reason.strerror.lower())
    _fail("bundle-push-unreachable", where, reason=type(reason).__name__)


def _fail(code: str, where: str, **args: object) -> NoReturn:
    raise InputError([Problem(code=code, location=Location(where), args=args)]) from None
