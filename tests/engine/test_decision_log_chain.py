"""The chain: whatever is written verifies, and whatever is changed afterwards is found."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine.decision_log_chain import START, Head, make_keys, seal, seal_all
from tutela.engine.decision_log_verify import Verifier
from tutela.engine.errors import InputError, Location

PLACE = Location("d.jsonl")
KEY = make_keys(b"k" * 16, PLACE).chain
CONTENTS = st.lists(
    st.dictionaries(
        st.text(max_size=6), st.text(max_size=9) | st.integers() | st.none(), min_size=1, max_size=4
    ).map(lambda said: json.dumps(said, ensure_ascii=False).encode("utf-8", "backslashreplace")),
    min_size=1,
    max_size=8,
)  # fmt: skip
KEYS = st.sampled_from([None, KEY])


def codes(lines: list[bytes], key: bytes | None = None, **more: Any) -> list[tuple[str, object]]:  # noqa: ANN401
    """Every break of a chain with the number of the entry."""
    verifier = Verifier(key, **more)
    found = [
        problem for number, line in enumerate(lines) for problem in verifier.check(line, Location("d", number + 1))
    ]
    return [(problem.code, problem.args.get("seq")) for problem in (*found, *verifier.finish(PLACE))]


@settings(max_examples=100, deadline=None)
@given(CONTENTS, KEYS)
def test_what_was_written_verifies(contents: list[bytes], key: bytes | None) -> None:
    """Any entries, one after the other or in groups, with and without a key; the head is the last one's hash."""
    lines, head = seal_all(contents, START, key)
    verifier = Verifier(key, [str(head), head.hash])
    found = [problem for line in lines for problem in verifier.check(line, PLACE)]

    assert [] == [*found, *verifier.finish(PLACE, head)]
    assert (verifier.first, verifier.head, verifier.count) == (1, head, len(contents))
    assert all(json.loads(line)["seq"] == number for number, line in enumerate(lines, 1))


@settings(max_examples=150, deadline=None)
@given(CONTENTS, KEYS, st.data())
def test_any_changed_byte_is_found(contents: list[bytes], key: bytes | None, data: st.DataObject) -> None:
    """In a log file as a whole, ends of lines included; without the key, too."""
    whole = b"".join(line + b"\n" for line in seal_all(contents, START, key)[0])
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    spoilt = whole[:at] + bytes([other]) + whole[at + 1 :]
    *lines, rest = spoilt.split(b"\n")

    assert rest or codes(lines)
    if not rest:
        assert codes(lines, key)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 7), max_size=12).filter(lambda order: order != list(range(len(order)))))
def test_only_a_beginning_of_the_log_is_a_whole_chain(order: list[int]) -> None:
    """Removed, repeated and exchanged entries, in any number: found, whatever is left of the log."""
    lines, _ = seal_all([b'{"x":%d}' % number for number in range(8)], START, None)

    assert codes([lines[number] for number in order])


def sealed(count: int = 5, key: bytes | None = KEY) -> list[bytes]:
    """A log."""
    return seal_all([b'{"x":%d}' % number for number in range(count)], START, key)[0]


def rewritten(lines: list[bytes], number: int) -> bytes:
    """An entry changed by somebody without the key, who makes its hash again."""
    text = lines[number][:-75].replace(b'"x":', b'"y":')
    return text + b',"hash":"%s"}' % hashlib.sha256(text).hexdigest().encode()


def test_each_deed_has_its_name() -> None:
    """What was done, and to which entry."""
    lines = sealed()
    head = Head(5, lines[4][-66:-2].decode())
    foreign, _ = seal(b'{"x":9}', head, None)
    forged, _ = seal(b'{"x":9}', head, b"x" * 32)

    assert codes(lines, KEY) == []
    assert codes([*lines[:2], lines[2].replace(b'"x"', b'"y"'), *lines[3:]]) == [("decision-log-changed", 3)]
    assert codes([*lines[:2], b"nothing", *lines[3:]]) == [("decision-log-damaged", 3)]
    assert codes([*lines[:2], *lines[3:]]) == [("decision-log-gap", 4)]
    assert codes(lines[2:]) == [("decision-log-start", 3)]
    assert codes(lines[2:], after=lines[1][-66:-2].decode()) == []
    assert codes(lines[2:], after=f"2:{lines[1][-66:-2].decode()}") == []
    assert codes(lines[3:], after=f"2:{lines[1][-66:-2].decode()}") == [("decision-log-start", 4)]
    assert ("decision-log-order", 3) in codes([lines[0], lines[1], lines[3], lines[2], lines[4]])
    assert codes([*lines[:3], lines[2], *lines[3:]])[0] == ("decision-log-order", 3)
    assert codes([*lines[:2], rewritten(lines, 2), *lines[3:]]) == [("decision-log-unlinked", 4)]
    assert codes([*lines[:2], rewritten(lines, 2), *lines[3:]], KEY)[0] == ("decision-log-forged", 3)
    assert codes([*lines, foreign]) == [("decision-log-unsigned", 6)]
    assert codes([*lines, foreign], KEY) == [("decision-log-unsigned", 6)]
    assert codes([*lines, forged]) == []
    assert codes([*lines, forged], KEY) == [("decision-log-forged", 6)]
    assert codes(sealed(3, None), KEY) == [("decision-log-unsigned", number) for number in (1, 2, 3)]


def test_only_an_anchor_tells_that_the_end_was_cut_off() -> None:
    """What is left is a whole chain: a head that was noted down elsewhere is needed."""
    lines = sealed()
    head = lines[4][-66:-2].decode()

    assert codes(lines[:3], KEY) == []
    assert codes(lines[:3], KEY, anchors=[head]) == [("decision-log-anchor-missing", None)]
    assert codes(lines, KEY, anchors=[f"5:{head}", lines[1][-66:-2].decode()]) == []
    assert codes(lines, KEY, anchors=[f"4:{head}"]) == [("decision-log-anchor-missing", None)]
    with pytest.raises(InputError):
        Verifier(anchors=["abc"])


def test_a_key_is_no_word() -> None:
    """Less than 16 bytes can be tried out."""
    with pytest.raises(InputError) as error:
        make_keys(b"hunter2", PLACE)

    assert "decision-log-key-short" in str(error.value)
    assert len({*make_keys(b"k" * 16, PLACE), *make_keys(b"l" * 16, PLACE)}) == 4
