"""YAML becomes data with places; what could mean two things, or too much, is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine.documents import MAX_DEPTH, Document, Items, Map, read_document


def codes(text: str) -> list[str]:
    """The problems of a text as `line:column code`."""
    found = read_document(text, "x.yaml").problems
    return [f"{p.location.line}:{p.location.column} {p.code}" for p in found]


def test_every_key_value_and_item_knows_its_place() -> None:
    """Places count from 1, in code points."""
    document = read_document("甲: 乙\nlist:\n  - {a: 1, 𝄞b: x}\n", "x.yaml")

    assert {"甲": "乙", "list": [{"a": 1, "𝄞b": "x"}]} == document.data
    assert (1, 1) == document.mark(["甲"], key=True)
    assert (1, 4) == document.mark(["甲"])
    assert (3, 5) == document.mark(["list", 0])
    assert (3, 12) == document.mark(["list", 0, "𝄞b"], key=True)
    assert (3, 16) == document.mark(["list", 0, "𝄞b"])
    assert (3, 5) == document.mark(["list", 0, "absent"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-7", -7), ("+7", 7), ("0", 0), ("007", "007"), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0),
        ("true", True), ("FALSE", False), ("null", None), ("~", None), ("", None), ("tRue", "tRue"), ("y", "y"),
        ("0x1F", "0x1F"), ("0o17", "0o17"), ("1_000", "1_000"), ("12:30:45", "12:30:45"), (".inf", ".inf"),
        ("-", None), ("'1'", "1"), ('"true"', "true"), ("2026-11-20", "2026-11-20"), ("=", "="), ("١", "١"),
        ("'no'", "no"), ("|\n  no", "no"), ("nope", "nope"),
    ],
)  # fmt: skip
def test_a_plain_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    """Numbers, booleans and null of the core schema; everything else is the text that stands there."""
    expected = [None] if text == "-" else value  # a lonely dash begins a list

    data: Any = read_document(f"a: {text}" if text != "-" else "a:\n-", "x.yaml").data

    assert {"a": expected} == data
    assert type(expected) is type(data["a"]) or isinstance(data["a"], Items)


@pytest.mark.parametrize("word", ["no", "No", "NO", "on", "off", "yes", "YES", "Off"])
def test_a_yaml_1_1_boolean_is_a_trap(word: str) -> None:
    """As a key, a value and an item."""
    assert ["1:1 yaml-boolean-trap"] == codes(f"{word}: 1")
    assert ["1:4 yaml-boolean-trap"] == codes(f"a: {word}")
    assert ["1:3 yaml-boolean-trap"] == codes(f"- {word}")
    assert [] == codes(f"a: '{word}'\n\"{word}\": {word}body")


@pytest.mark.parametrize("bracket", ["[", "{a: ", "- "])
def test_depth_is_bounded(bracket: str) -> None:
    """100,000 open brackets are one problem, not a crash."""
    (found,) = codes(bracket * 100_000)

    assert found.endswith("yaml-too-deep")


def test_the_deepest_nesting_allowed_is_read() -> None:
    """The bound is exact."""
    assert [] == codes("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert [f"1:{MAX_DEPTH + 1} yaml-too-deep"] == codes("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_the_number_of_nodes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many nodes are one problem."""
    monkeypatch.setattr("tutela.engine.documents.MAX_NODES", 10)

    assert [] == codes("[1, 2, 3, 4, 5, 6, 7, 8]")
    assert ["1:29 yaml-too-large"] == codes("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]")


def test_a_duplicate_key_leaves_no_trace_in_the_data() -> None:
    """The first value stays; the others are read past, whatever they hold."""
    document = read_document("a: 1\na: {b: [2, {c: 3}]}\nd: 4\n", "x.yaml")

    assert ["yaml-duplicate-key"] == [problem.code for problem in document.problems]
    assert {"a": 1, "d": 4} == document.data


def test_a_key_that_looks_like_a_marker_is_a_key() -> None:
    """No text of a user can stand for the reader's own marks."""
    assert {"\0(1, 1)": 1, "\0nowhere": 2} == read_document('"\\0(1, 1)": 1\n"\\0nowhere": 2\n', "x.yaml").data


def test_a_duplicate_is_found_in_every_notation_of_a_key() -> None:
    """Quotes and escapes do not make a key another one."""
    assert ["2:1 yaml-duplicate-key"] == codes("a: 1\n'a': 2\n")
    assert ["2:1 yaml-duplicate-key"] == codes('a: 1\n"\\u0061": 2\n')
    assert ["2:1 yaml-duplicate-key"] == codes("1: 1\n'1': 2\n")
    assert ["1:7 yaml-duplicate-key"] == codes("{a: 1,a: 2}")


@pytest.mark.parametrize("number", ["1e999", "-1e400"])
def test_a_number_beyond_all_numbers_is_refused(number: str) -> None:
    """Infinity never gets in by the back door."""
    assert ["1:4 yaml-number-too-long"] == codes(f"a: {number}")


@pytest.mark.parametrize(
    "text", ["a: \x07", "a: \ud800", "\ufeff\ufeffa: 1\x00", "a: 'b", "a: b: c", "@a", "%YAML 9.9\n"]
)
def test_what_is_not_yaml_is_one_problem(text: str) -> None:
    """Control characters, lone surrogates, open quotes: one problem with a place, never an exception."""
    assert ["yaml-syntax"] == [problem.code for problem in read_document(text, "x.yaml").problems]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from(" \n\t:-[]{}'\"|>&*!#%@?,abno1.<~é国\r\u2028\\"), max_size=60))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    """Whatever stands in a file, the answer is a document; its data know their places."""
    document = read_document(text, "x.yaml")

    assert isinstance(document, Document)
    _check(document.data)


def _check(node: object) -> None:
    if isinstance(node, Map):
        assert set(node) == set(node.values_at)
        assert set(node) <= set(node.keys_at)
        for value in node.values():
            _check(value)
    elif isinstance(node, Items):
        assert len(node) == len(node.items_at)
        for value in node:
            _check(value)


STYLES = st.sampled_from(["plain", "single", "double", "literal", "folded"])


@settings(max_examples=300, deadline=None)
@given(
    words=st.lists(st.sampled_from(["a", "bc", "==", "'x'", "客户", "and", "(", "\\d"]), min_size=1, max_size=8),
    style=STYLES,
    breaks=st.lists(st.booleans(), min_size=8, max_size=8),
    at=st.integers(0, 7),
)
def test_a_place_inside_a_scalar_is_found(words: list[str], style: str, breaks: list[bool], at: int) -> None:
    """The character of the value is the character at its place, in every style and with wrapped lines."""
    written = {
        "single": [word.replace("'", "''") for word in words],
        "double": [word.replace("\\", "\\\\").replace('"', '\\"') for word in words],
    }.get(style, words)
    wrapped = "".join(
        word + ("\n     " if breaks[n] else " ") for n, word in enumerate(["k0", *written][: len(breaks)])
    ).rstrip()
    text = {
        "plain": f"a: {wrapped}\n", "single": f"a: '{wrapped}'\n", "double": f'a: "{wrapped}"\n',
        "literal": f"a: |\n     {wrapped}\n", "folded": f"a: >-\n     {wrapped}\n",
    }[style]  # fmt: skip
    document = read_document(text, "x.yaml")
    value = document.data["a"]  # type: ignore[index]
    assert isinstance(value, str)
    offset = [n for n, char in enumerate(value) if not char.isspace()]
    chosen = offset[at * len(offset) // 8]

    line, column = document.inside(document.mark(["a"]), value, chosen)

    assert value[chosen] == document.lines[line - 1][column - 1]
    same = [n for n in offset if n < chosen and value[n] == value[chosen]]
    assert (line, column) not in [document.inside(document.mark(["a"]), value, n) for n in same]
