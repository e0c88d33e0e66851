"""What interrupts a command that goes on until somebody does."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tutela.cli.interruption import interruptible

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_is_never_lost(number: signal.Signals) -> None:
    """Not even while a generator is closed, where Python ignores whatever is raised."""

    def closing() -> Iterator[None]:
        try:
            yield
        finally:
            signal.raise_signal(number)

    before = signal.getsignal(number)
    with interruptible() as interrupted:
        work = closing()
        next(work)
        assert not interrupted()
        del work
        assert interrupted()
    assert before == signal.getsignal(number)


def test_what_is_ignored_still_is() -> None:
    """A command that somebody started in the background is not interrupted by what is meant for another one."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible() as interrupted:
            signal.raise_signal(signal.SIGINT)
            assert not interrupted()
    finally:
        signal.signal(signal.SIGINT, before)


def test_who_insists_interrupts_at_once() -> None:
    """The second signal does what it always does."""
    with interruptible():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
