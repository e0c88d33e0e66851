"""A watched instant knows how long an answer holds: within its span every other instant gives the same answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine.values import moment
from tutela.engine.watched import Span, WatchedTime

if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
CHINA = timezone(timedelta(hours=8))
TICK = timedelta(microseconds=1)
SECONDS = st.integers(-50, 50)
QUESTIONS: dict[str, Callable[[Any, datetime, timedelta], object]] = {
    "before": lambda now, x, _: now < x,
    "not after": lambda now, x, _: now <= x,
    "after, turned round": lambda now, x, _: x < now,
    "equal": lambda now, x, _: now == x,
    "unlike": lambda now, x, _: now != x,
    "in another zone": lambda now, x, _: now >= x.astimezone(CHINA),
    "later": lambda now, x, d: now + d > x,
    "earlier": lambda now, x, d: now - d <= x,
    "age": lambda now, x, d: now - x >= d,
    "time left": lambda now, x, d: x - now < d,
    "as long as": lambda now, x, d: (now - x) == d,
    "normalised": lambda now, x, _: moment(now) < x,
    "with itself": lambda now, _, d: now + d > now,
    "latest": lambda now, x, _: max(now, x) == x,
    "between": lambda now, x, d: x <= now < x + d,
    "hour": lambda now, _, __: now.hour > 3,
    "day": lambda now, _, __: now.date() == EPOCH.date(),
    "seconds": lambda now, x, _: (now - x).total_seconds() > 7,
}


@given(st.sampled_from(sorted(QUESTIONS)), SECONDS, SECONDS, SECONDS, SECONDS)
@settings(max_examples=600, deadline=None)
def test_an_answer_holds_within_its_span(name: str, at: int, pivot: int, length: int, other: int) -> None:
    """The answer is the plain one, and that of every instant of its span, both ends and what lies beside them, too."""
    ask = QUESTIONS[name]
    x, d = EPOCH + timedelta(seconds=pivot), timedelta(seconds=length)
    now = EPOCH + timedelta(seconds=at)
    span = Span()
    answer = ask(WatchedTime.at(now, span), x, d)
    assert ask(now, x, d) == answer
    assert span.start <= now
    assert span.end is None or now < span.end
    if span.exact:
        return
    others = [EPOCH + timedelta(seconds=other), span.start, *([span.end - TICK] if span.end else [])]
    for instant in others:
        if abs(instant - EPOCH) < timedelta(days=1) and span.start <= instant and (not span.end or instant < span.end):
            assert ask(instant, x, d) == answer


def test_comparisons_leave_it_open_and_parts_do_not() -> None:
    """What only compares keeps a wide span; what looks at the hour holds for the instant alone."""
    compared, looked = Span(), Span()
    assert WatchedTime.at(EPOCH, compared) > EPOCH - timedelta(days=1)
    assert 0 == WatchedTime.at(EPOCH, looked).hour
    assert (False, None) == (compared.exact, compared.end)
    assert looked.exact
