"""Commands that go on until somebody interrupts them."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

_NUMBERS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Generator[Callable[[], bool]]:
    """Within it, the first SIGINT or SIGTERM interrupts nothing; the value tells whether one has come.

    An exception in the midst of the work would be lost where Python ignores those (while a generator is closed), and
    the command would go on. A second signal does what it always does; one that is ignored (by who started the command
    in the background) still is.
    """
    came = False
    handlers = {number: signal.getsignal(number) for number in _NUMBERS}
    before = {number: handler for number, handler in handlers.items() if handler is not signal.SIG_IGN}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = True
        restore()

    for number in before:
        signal.signal(number, stop)
    try:
        yield lambda: came
    finally:
        restore()
