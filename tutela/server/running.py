"""One process that answers: its application, what it is loaded with, and how that is swapped."""

from __future__ import annotations

import asyncio
import gc
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tutela.connectors.decision_log import open_log
from tutela.engine.errors import InputError, PolicyError

from . import logs
from .app import HANDLERS, App
from .aside import aside
from .auth import Access
from .auth_keys import KeySet
from .metrics import Metrics, Sample
from .pages_served import PAGES, running_pages
from .record import recording
from .refusals import problem
from .tls import Port

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterator

    from tutela.connectors.decision_log import LogSettings
    from tutela.connectors.decision_log_writer import DecisionLog
    from tutela.engine.errors import Lang, Problem

    from .configuration import Configuration
    from .exchange import Exchange
    from .rates import Rates
    from .settings import Settings
    from .sources import Loaded, Origin
    from .starting import Beginning


@dataclass(frozen=True, slots=True)
class State:
    """How the last attempt to load went; without problems it went well."""

    at: datetime
    problems: tuple[Problem, ...] = ()
    revision: str = ""
    """The commit or the bundle's revision that answers, where there is one."""

    def told(self) -> dict[str, Any]:
        """What `/readyz` says of it."""
        told: dict[str, Any] = {"revision": self.revision} if self.revision else {}
        if self.problems:
            count = len(self.problems)
            told["reload"] = (
                f"refused at {self.at.isoformat(timespec='seconds')}: {count} problem{'s' if count > 1 else ''}"
            )
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What all processes of one service share, made before there are several."""

    origin: Origin
    settings: Settings
    metrics: Metrics
    rates: Rates
    loopback: bool
    """Whether only programs of this machine can call."""
    insecure: bool = False
    """Whether callers from elsewhere may ask although none is known."""
    access_log: bool = False
    interval: float = 2.0
    """Seconds between two looks at the source; 0 is never."""
    lang: Lang = "en"

    def load(self) -> Loaded:
        """Load from the source what may be served; InputError lists all problems, whatever they are."""
        try:
            loaded = self.origin.load()
        except (InputError, PolicyError) as error:
            raise InputError(error.problems) from None
        except Exception as error:
            logging.getLogger("tutela.server").exception("%s", type(error).__name__, exc_info=error)
            raise InputError([problem("reload-failed", "policies", sort=type(error).__name__)]) from error
        self.check(loaded.configuration)
        return loaded

    def check(self, configuration: Configuration) -> None:
        """InputError when callers from elsewhere could ask without being known."""
        if not configuration.callers and not self.loopback and not self.insecure:
            raise InputError([problem("serve-open", "--host")])


def make_metrics(workers: int) -> Metrics:
    """The figures of all endpoints."""
    return Metrics((*HANDLERS, *PAGES), workers)


class Running:
    """The state of a process that answers; `reload` is set by whoever looks after the source."""

    def __init__(self, plan: Plan, began: Beginning) -> None:
        configuration = began.configuration
        self.plan = plan
        self._began = began
        self._loaded: Loaded | None = None
        self.metrics: Final = plan.metrics
        self._log = None if began.log is None else self._open(began.log)
        self.state = began.state
        self.configuration = configuration
        self.reload: Callable[[], Awaitable[State]] = self._cannot_reload
        self._port = None if configuration.tls is None else Port(configuration.tls)
        self._keys: KeySet | None = None
        self._following: asyncio.Task[None] | None = None
        self.app = App(
            None,
            plan.settings,
            lambda: datetime.now(UTC),
            record=None if self._log is None else recording(self._log, plan.metrics.record, plan.lang),
            observe=self._observe if plan.access_log else plan.metrics.request,
            pages=running_pages(self),
        )
        plan.metrics.sources.append(self._samples)
        if began.loaded is not None:
            self._take(began.loaded)
            self.app.check(began.state.at)
        elif configuration.callers:  # it is not ready, and knows already who may ask
            self._keys = None if configuration.jwt is None else KeySet(configuration.jwt)
            self._admit(configuration)

    @property
    def context(self) -> ssl.SSLContext | None:
        """With what connections begin; None where they are not encrypted."""
        return None if self._port is None else self._port.context

    def _open(self, settings: LogSettings) -> DecisionLog:
        log, metrics = open_log(settings), self.metrics
        metrics.outage(down=False)
        if settings.when_unavailable == "fail_closed":
            log.heed = lambda taken: metrics.outage(down=not taken)
        return log

    async def _cannot_reload(self) -> State:
        return self.state

    def check(self, loaded: Loaded) -> None:
        """InputError when something has changed that a service which runs cannot change."""
        check_unchanged(loaded, self._began, self._loaded)

    def close(self) -> None:
        """Write what waits to be recorded."""
        if self._log is not None:
            self._log.close()

    def swap(self, loaded: Loaded, state: State) -> None:
        """Answer with something else from the next request on; call it in the event loop."""
        self._take(loaded)
        self.app.check(state.at)
        self.state = state
        if self._port is not None:
            try:
                self._port.renew()
            except InputError as error:
                tell(error.problems, self.plan.lang)
        self.follow()
        # What was frozen at the start would stay for ever: look for what nobody needs any more, and freeze the rest.
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _take(self, loaded: Loaded) -> None:
        old, new = self._keys, loaded.keys
        if old is not None and new is not None and old.remote and loaded.configuration.jwt == self.configuration.jwt:
            new = old  # they are fetched already
        self._keys = new
        self._loaded = loaded
        self.configuration = loaded.configuration
        self._admit(loaded.configuration)
        self.app.service = loaded.service

    def _admit(self, configuration: Configuration) -> None:
        """Who may ask from now on."""
        access = Access(configuration, self.plan.rates, self._keys) if configuration.callers else None
        self.app.authenticate = access
        self.app.charge = None if access is None else access.charge

    def follow(self) -> None:
        """Fetch the provider's keys from now on; those of another configuration no more."""
        following = self._following
        if following is not None and not following.done() and following.get_name() == str(id(self._keys)):
            return
        if following is not None:
            following.cancel()
        self._following = None
        if self._keys is not None and self._keys.remote:
            self._following = asyncio.create_task(self._keys.follow(), name=str(id(self._keys)))

    def _observe(self, endpoint: str, status: int, seconds: float, exchange: Exchange | None, caller: str) -> None:
        self.metrics.request(endpoint, status, seconds, exchange)
        logs.access(endpoint, status, seconds, exchange, caller)

    def _samples(self) -> Iterator[Sample]:
        if self.app.service is not None:
            about = "What answers; the value is always 1."
            yield Sample("tutela_policy_info", "gauge", about, 1, {**self.app.service.digests, **self._revision()})
        about = "Whether what answers is the newest that there is: 0 after a refused reload."
        yield Sample("tutela_up_to_date", "gauge", about, int(not self.state.problems and self.app.service is not None))

    def _revision(self) -> dict[str, str]:
        return {"revision": self.state.revision} if self.state.revision else {}


def check_unchanged(loaded: Loaded, began: Beginning, now: Loaded | None) -> None:
    """InputError when something has changed that a service which runs cannot change.

    Settings without any caller, or without keys of bundles, may be a file that is being written: they would let
    everybody in, or policies that nobody signed. `now` is what answers; None while nothing does.
    """
    callers = (now or began).configuration.callers
    signed = now is not None and now.signed
    changed = ["serve.callers"] if callers and not loaded.configuration.callers else []
    changed += ["bundle_keys"] if signed and not loaded.signed else []
    changed += [
        name
        for name, new, old in (
            ("serve.tls", loaded.configuration.tls, began.configuration.tls),
            ("decision_log", loaded.log, began.log),
        )
        if new != old
    ]
    if changed:
        raise InputError([problem("serve-restart", "tutela.toml", key_=key) for key in changed])


def tell(problems: tuple[Problem, ...], lang: Lang) -> None:
    """Say every problem of a set that was refused."""
    for found in problems:
        logs.say(f"refused: {found.location} {found.code} {found.message(lang)}", level=logging.ERROR)


async def follow_origin(running: Running, seen: object) -> None:
    """Look at the source again and again, and load it when it has changed; a bad state is refused. Ends with the loop.

    `seen` is what the source was like when it was loaded.
    """
    plan = running.plan
    lock = asyncio.Lock()

    async def reload() -> State:
        nonlocal seen
        async with lock:
            # First what the source is like, then what is in it: what changes in between is loaded the next time.
            at = datetime.now(UTC)
            seen = await aside(plan.origin.state)
            try:
                loaded = await aside(plan.load)
                running.check(loaded)
            except InputError as error:
                tell(error.problems, plan.lang)
                running.state = State(at, error.problems, running.state.revision)
                plan.metrics.reload(good=False)
            else:
                running.swap(loaded, State(at, revision=loaded.revision))
                plan.metrics.reload(good=True)
                logs.say("loaded", {**loaded.service.digests, **running.state.told()})
            return running.state

    running.reload = reload
    while plan.interval:
        await asyncio.sleep(plan.interval)
        at = datetime.now(UTC)
        if await aside(plan.origin.state) != seen:
            await reload()
        elif plan.origin.told and not running.state.problems:
            running.app.check(at)
