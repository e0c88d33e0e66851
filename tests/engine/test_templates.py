"""A condition compiled through its template is the condition compiled in full."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine import compile as compiler
from tutela.engine.loader import Source, load_policies
from tutela.engine.templates import cut, marked

if TYPE_CHECKING:
    from tutela.engine.policyset import PolicySet

VOCABULARY = Source(
    "vocabulary.yaml",
    "kind: vocabulary\nsubject: {name: string, tags: [string], level: number, nick: 'string?'}\n"
    "resource: {kind: string, size: number}\n",
)

ATOMS = st.one_of(
    st.builds("subject.name == {!r}".format, st.text("ab 'é", max_size=3).filter(lambda t: "\\" not in repr(t))),
    st.builds("subject.level {} {}".format, st.sampled_from(["<", "<=", "==", "!="]), st.integers(0, 3)),
    st.builds("subject.level + {} > resource.size - {}".format, st.integers(0, 3), st.integers(0, 3)),
    st.builds("subject.name in {}".format, st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=3)),
    st.builds("{!r} in subject.tags".format, st.sampled_from(["a", "b"])),
    st.builds("(subject.nick ?? {!r}) == {!r}".format, st.sampled_from(["a", ""]), st.sampled_from(["a", ""])),
    st.builds("$any([tag == {!r} for tag in subject.tags])".format, st.sampled_from(["a", "b"])),
    st.builds("resource.size == {}".format, st.sampled_from(["-1", "0", "1.5", "899999990000001"])),
)


def joined(atoms: list[str], word: str) -> str:
    """Atoms as one condition."""
    return f" {word} ".join(atoms)


CONDITIONS = st.builds(joined, st.lists(ATOMS, min_size=1, max_size=3), st.sampled_from(["and", "or"]))
REQUESTS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "b", "ab", ""]),
        "tags": st.lists(st.sampled_from(["a", "b"]), max_size=2),
        "level": st.integers(0, 3),
        "nick": st.sampled_from([None, "a", ""]),
    }
)


def no_template(_text: str) -> None:
    """Stands in for `cut`: nothing has a template."""


def load(conditions: list[str]) -> PolicySet:
    """One deny rule for each condition."""
    rules = "\n".join(
        f"  - {{id: T-{number}, effect: deny, actions: [read], when: {quoted(text)}}}"
        for number, text in enumerate(conditions)
    )
    return load_policies([VOCABULARY, Source("rules.yaml", f"kind: access\nid: t\nrules:\n{rules}\n")])


def quoted(text: str) -> str:
    """A text as a YAML scalar."""
    return "'" + text.replace("'", "''") + "'"


@settings(max_examples=60, deadline=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=4, unique=True), REQUESTS, st.integers(0, 3))
def test_a_template_changes_nothing(conditions: list[str], subject: dict[str, object], size: int) -> None:
    """Truth, clause texts and clause outcomes are the same with recipes and without."""
    question = SimpleNamespace(subject=subject, resource={"kind": "x", "size": size}, context={}, action={})
    fast = load(conditions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "cut", no_template)
        slow = load(conditions)
    for number in range(len(conditions)):
        expected = (slow.test(number)(question), seen(slow, number, question))

        assert expected == (fast.test(number)(question), seen(fast, number, question))


def seen(policies: PolicySet, number: int, question: object) -> list[tuple[str, bool, bool]]:
    """The clauses of a rule with what they come to; quotes and white space of a clause are for display."""
    return [
        ("".join(text.replace('"', "'").split()), expect, test(question))
        for text, _, expect, test in policies.clause_tests(number)
    ]


@pytest.mark.parametrize(
    "text", ["a =~ 'x'", "a == d'2026-01-01T00:00:00Z'", "a == 'x' # note", r"a == 'it\'s'", "a == 899999990000001"]
)
def test_conditions_without_template(text: str) -> None:
    """Regular expressions, prefixed literals, comments, escapes and numbers like a marker are compiled in full."""
    assert None is cut(text)


def test_literals_are_cut_out_and_marked() -> None:
    """Names with digits and fractions stay; texts and whole numbers are gaps."""
    found = cut("a.b2 == 'x' and c > 15 or d == 1.5")

    assert ("a.b2 == '' and c > 0 or d == 1.5", ("x", 15)) == found
    assert "a.b2 == '\u20630\u2063' and c > 899999990000001 or d == 1.5" == marked(
        "a.b2 == 'x' and c > 15 or d == 1.5", 0
    )
