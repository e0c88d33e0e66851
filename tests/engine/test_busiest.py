"""The fullest window of events in any order, against counting every window; memory does not grow with the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine.busiest import DISORDER, LEAST, MOST_NAMES, Busiest
from tutela.engine.errors import Location
from tutela.engine.tally import NEVER, Place

if TYPE_CHECKING:
    from tutela.engine.busiest import Stretch

START = datetime(2026, 11, 13, 1, tzinfo=UTC)
Named = tuple[Place, str]
NAMES = st.sampled_from("abcdefghijklmnopq")


def events(tenths: list[int], names: str = "") -> list[Named]:
    """Events at so many tenths of a second, each on its own line."""
    padded = names.ljust(len(tenths), "t")
    return [
        ((START + timedelta(milliseconds=100 * at), line, Location("log", line, 1)), padded[line - 1])
        for line, at in enumerate(tenths, 1)
    ]


def second(event: Named) -> int:
    """The whole second of an event."""
    return int(event[0][0].timestamp())


def told(found: Stretch | None) -> Any:  # noqa: ANN401 (numbers and places)
    """What is compared of a stretch."""
    return found and (found.tally.count, found.tally.first[:2], found.tally.last[:2], found.names)


def counted(all_events: list[Named], width: int) -> Any:  # noqa: ANN401 (numbers and places)
    """The fullest window, the earliest of several, by looking at every window that ends with an event."""
    windows = [
        [event for event in all_events if second(last) - width < second(event) <= second(last)] for last in all_events
    ]
    best = min(windows, key=lambda window: (-len(window), min(event[0][:2] for event in window)))
    places = [event[0][:2] for event in best]
    return len(best), min(places), max(places), tuple(sorted({event[1] for event in best})[:MOST_NAMES])


def counter(seen: list[Named], width: int | None, disorder: int = DISORDER, least: int = LEAST) -> Busiest:
    """A counter that saw events."""
    found = Busiest(width, disorder, least)
    for at, name in seen:
        found.see(at, (name,))
    return found


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 900), NAMES), min_size=1, max_size=40),
    st.integers(1, 40),
    st.randoms(use_true_random=False),
)
def test_the_fullest_window_in_any_order(said: list[tuple[int, str]], width: int, chance: Any) -> None:  # noqa: ANN401
    """Count, both ends and names are those of the oracle, and the same for every order."""
    made = events([at for at, _ in said], "".join(name for _, name in said))
    chance.shuffle(made)

    assert counted(made, width) == told(counter(made, width).busiest())


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 60)), min_size=1, max_size=100),
    st.integers(1, 12),
    st.booleans(),
)
def test_long_logs_that_are_a_little_out_of_order(said: list[tuple[int, int]], width: int, backwards: bool) -> None:
    """Thinned again and again, the answer is exact while no event is six seconds late, forwards and backwards."""
    late = [at for at, _ in sorted(said, key=sum)]
    made = events(late[::-1] if backwards else late)
    found = Busiest(width, disorder=7, least=4)
    for at, name in made:
        found.see(at, (name,))

        assert len(found.seconds) <= 2 * (2 * (width + 7) + 1)

    assert counted(made, width) == told(found.busiest())
    assert len(made) == found.count


def test_a_burst_takes_no_more_memory_than_its_window() -> None:
    """Thousands of events within one second are one entry."""
    found = counter(events([n % 10 for n in range(5000)]), 60)

    assert (1, 5000) == (len(found.seconds), told(found.busiest())[0])


def test_a_long_log_keeps_what_its_window_needs() -> None:
    """A day with an event every second: no more than four windows with their disorder stay."""
    found, most = Busiest(300), 0
    for at, name in events([10 * n for n in range(20_000)]):
        found.see(at, (name,))
        most = max(most, len(found.seconds))

    assert most <= 4 * (300 + 600)
    assert 300 == told(found.busiest())[0]


def test_a_late_event_shares_a_window_with_what_was_kept_for_it() -> None:
    """The second at 12 comes after the counter was thinned at 17, and fills the window that began at 10."""
    made = events([100, 101, 150, 170, 120])

    assert 3 == told(counter(made, 5, disorder=7, least=2).busiest())[0]


def test_events_without_a_time_may_lie_in_any_window() -> None:
    """They are added to the fullest; alone they are a window of their own."""
    untimed = [((NEVER, line, Location("log", line, 1)), "u") for line in (1, 2)]
    timed = events([0, 10, 5000])

    assert (4, ("t", "u")) == tuple(told(counter(untimed + timed, 60).busiest())[n] for n in (0, 3))
    assert 2 == told(counter(untimed, 60).busiest())[0]


def test_without_a_width_the_window_is_the_whole_log() -> None:
    """A term that nobody bound makes no count smaller; and nothing is the busiest of no events."""
    assert 3 == told(counter(events([0, 36_000, 999_999]), None).busiest())[0]
    assert None is Busiest(60).busiest()
    assert None is Busiest(None).busiest()
