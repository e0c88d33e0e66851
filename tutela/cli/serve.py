"""`tutela serve`: the decision service."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import project_options

if TYPE_CHECKING:
    from tutela.server.settings import Settings
    from tutela.server.sources import Origin

    from .options import Setup


def _print_key(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    """Print a new API key and its hash, and end: `tutela serve key`."""
    if value is None:
        return
    from tutela.server.auth import new_key

    key, digest = new_key()
    click.echo(f"key   {key}\nhash  {digest}")
    click.echo("give the key to the caller; write the hash into `keys` of [[serve.callers]] in tutela.toml", err=True)
    context.exit()


@click.command("serve")
@click.argument(
    "key", type=click.Choice(["key"]), required=False, is_eager=True, expose_value=False, callback=_print_key
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address or name to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8181, show_default=True, help="Port to listen on; 0: any free one."
)
@click.option("--insecure", is_flag=True, help="Listen to other machines although no callers are configured.")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that answer, on one port."
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
@click.option(
    "--reload-interval",
    type=click.FloatRange(0),
    default=2.0,
    show_default=True,
    help="Seconds between two looks at the files; 0: reload only when told to.",
)
@click.option(
    "--refresh",
    type=click.FloatRange(0.1),
    default=60.0,
    show_default=True,
    help="Seconds after which databases of registers and schemas are read again.",
)
@click.option(
    "--max-staleness",
    type=click.FloatRange(0.1),
    help="Answer 503 when policies and registers were last looked at longer ago than these seconds.",
)
@click.option("--wait-ready", is_flag=True, help="Start without a valid policy set, and answer 503 until there is one.")
@click.option("--git", type=click.Path(path_type=Path), metavar="REPOSITORY", help="Serve from a git repository.")
@click.option("--revision", default="HEAD", show_default=True, help="The branch, tag or commit to serve and follow.")
@click.option("--git-folder", default=".", show_default=True, help="Where in the repository the project is.")
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the log."
)
@click.option("--access-log", is_flag=True, help="Write a line for each request.")
@project_options
def command(host: str, port: int, setup: Setup, **more: Any) -> int:  # noqa: ANN401 (its options)
    """Answer decision requests over HTTP, as OpenID AuthZEN 1.0 has them. `tutela serve key` makes an API key.

    Decisions are about the present. SIGTERM and SIGINT stop the service after the requests in flight, with exit
    status 0; SIGHUP loads policies again. Policies that do not load, or a port in use: exit status 2.
    """
    from tutela.engine.errors import InputError, Location, Problem

    try:
        from tutela.server.run import address_of, is_loopback, listen, serve
    except ImportError as error:
        args = {"module": error.name or "uvicorn"}
        raise InputError([Problem(code="serve-extra", location=Location("serve"), args=args)]) from None
    from tutela.server import logs, traces
    from tutela.server.rates import Rates
    from tutela.server.record import check_log
    from tutela.server.running import Plan, make_metrics
    from tutela.server.starting import first

    stale: float | None = more["max_staleness"]
    if stale is not None and not 0 < 2 * more["reload_interval"] <= stale:
        raise click.UsageError("--max-staleness must be at least twice --reload-interval, which must not be 0")
    if traces.wanted():
        traces.check()
    settings = _settings(setup, more)
    with listen(host, port) as listening:
        logs.set_up(more["log_format"], access=more["access_log"])
        workers: int = more["workers"]
        plan = Plan(
            origin=_origin(setup, more),
            settings=settings,
            metrics=make_metrics(workers),
            rates=Rates(),
            loopback=is_loopback(listening),
            insecure=more["insecure"],
            access_log=more["access_log"],
            interval=more["reload_interval"],
            lang=setup.lang,
        )
        began = first(plan, setup.project, wait=more["wait_ready"])
        check_log(began.log, workers)
        address = address_of(listening, tls=began.configuration.tls is not None)
        served = began.loaded.service.digests["policy_digest"] if began.loaded else "none yet"
        logs.say(f"tutela listens on {address} with policies {served}")
        serve(plan, began, listening, workers=workers)
    return 0


def _settings(setup: Setup, more: dict[str, Any]) -> Settings:
    from tutela.server.metadata import check_public_url
    from tutela.server.settings import Settings

    url: str | None = more["public_url"]
    stale: float | None = more["max_staleness"]
    return Settings(
        page_key=secrets.token_bytes(32),
        lang=setup.lang,
        public_url=None if url is None else check_public_url(url),
        allow_as_of=more["allow_as_of"],
        body_limit=more["max_body"],
        items_limit=more["max_items"],
        page_limit=more["max_results"],
        read_seconds=more["read_timeout"],
        max_staleness=None if stale is None else timedelta(seconds=stale),
    )


def _origin(setup: Setup, more: dict[str, Any]) -> Origin:
    from tutela.server.sources import FolderOrigin, GitOrigin

    stale: float | None = more["max_staleness"]
    refresh = more["refresh"] if stale is None else min(more["refresh"], stale / 2)
    if more["git"] is None:
        return FolderOrigin(setup.again, refresh)
    return GitOrigin(more["git"], more["revision"], more["git_folder"], setup.adapt, refresh)
