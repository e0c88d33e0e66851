"""Work in a thread that nobody waits for when the service ends: a provider or a database may never answer."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")
LOOK_SECONDS: Final = 0.1
_WORKING: Final[set[threading.Thread]] = set()


async def aside(work: Callable[[], Made]) -> Made:
    """What some slow work gives, or the exception that it raises; others are answered meanwhile.

    The threads of `asyncio.to_thread` would hold up the end of the process until the work is done.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Made] = loop.create_future()

    def settle(made: Callable[[], None]) -> None:
        if not future.done():
            made()

    def run() -> None:
        try:
            found = work()
        except Exception as error:  # noqa: BLE001 (it is raised where the work is waited for)
            tell(partial(future.set_exception, error))
        else:
            tell(partial(future.set_result, found))
        finally:
            _WORKING.discard(threading.current_thread())

    def tell(made: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, made)

    thread = threading.Thread(target=run, name="tutela aside", daemon=True)
    _WORKING.add(thread)
    thread.start()
    return await future


class Stopped(Exception):  # noqa: N818 (no error: nobody wants the work any more)
    """Somebody said stop before the work was done."""


def waited(work: Callable[[], Made], stopping: Callable[[], bool]) -> Made:
    """What some slow work gives, or the exception that it raises; `Stopped` as soon as nobody wants it any more."""
    done: Future[Made] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 (it is raised where the work is waited for)
            done.set_exception(error)

    thread = threading.Thread(target=run, name="tutela aside", daemon=True)
    thread.start()
    while not stopping():
        thread.join(LOOK_SECONDS)
        if done.done():
            return done.result()
    raise Stopped


def leave(seconds: float) -> None:
    """Give work that is under way a while to end."""
    end = time.monotonic() + seconds
    for thread in list(_WORKING):
        thread.join(max(0.0, end - time.monotonic()))
