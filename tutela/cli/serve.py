"""`tutela serve`: the decision service."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from .options import project_options

if TYPE_CHECKING:
    from .options import Setup


def _present() -> datetime:
    return datetime.now(UTC)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address or name to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8181, show_default=True, help="Port to listen on; 0: any free one."
)
@click.option("--public-url", metavar="URL", help="The https address that callers know; without it, no metadata.")
@click.option("--allow-as-of", is_flag=True, help="Let callers say which instant a decision is about.")
@click.option("--max-body", type=click.IntRange(1024), default=1 << 20, show_default=True, help="Bytes of a body.")
@click.option(
    "--max-items", type=click.IntRange(1), default=1000, show_default=True, help="Evaluations in one request."
)
@click.option("--max-results", type=click.IntRange(1), default=1000, show_default=True, help="Results on one page.")
@click.option(
    "--read-timeout",
    type=click.FloatRange(0.1),
    default=10.0,
    show_default=True,
    help="Seconds in which a request must arrive.",
)
@project_options
def command(  # noqa: PLR0913 (its options)
    host: str,
    port: int,
    public_url: str | None,
    allow_as_of: bool,
    max_body: int,
    max_items: int,
    max_results: int,
    read_timeout: float,
    setup: Setup,
) -> int:
    """Answer decision requests over HTTP, as OpenID AuthZEN 1.0 has them.

    Decisions are about the present. SIGTERM and SIGINT stop the service after the requests in flight, with exit
    status 0. Policies that do not load, or a port in use: exit status 2.
    """
    from tutela.engine.errors import InputError, Location, Problem

    try:
        from tutela.server.run import address_of, listen, run
    except ImportError as error:
        args = {"module": error.name or "uvicorn"}
        raise InputError([Problem(code="serve-extra", location=Location("serve"), args=args)]) from None
    from tutela.connectors.decision_log import open_log
    from tutela.server.app import App
    from tutela.server.load import load_service
    from tutela.server.metadata import check_public_url
    from tutela.server.record import recording
    from tutela.server.settings import Settings

    settings = Settings(
        page_key=secrets.token_bytes(32),
        lang=setup.lang,
        public_url=None if public_url is None else check_public_url(public_url),
        allow_as_of=allow_as_of,
        body_limit=max_body,
        items_limit=max_items,
        page_limit=max_results,
        read_seconds=read_timeout,
    )
    recorded = setup.project.recording()
    with ExitStack() as stack:
        listening = stack.enter_context(listen(host, port))
        service = load_service(setup.project, _present(), recorded)
        log = stack.enter_context(closing(open_log(recorded))) if recorded else None
        click.echo(
            f"tutela listens on {address_of(listening)} with policies {service.digests['policy_digest']}", err=True
        )
        run(App(service, settings, _present, record=recording(log) if log else None), listening, settings)
    return 0
