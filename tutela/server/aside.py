"""Work in a thread that nobody waits for when the service ends: a provider or a database may never answer."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")
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


def leave(seconds: float) -> None:
    """Give work that is under way a while to end."""
    end = time.monotonic() + seconds
    for thread in list(_WORKING):
        thread.join(max(0.0, end - time.monotonic()))
