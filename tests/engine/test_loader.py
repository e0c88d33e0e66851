"""Policy files that do not load: every problem of every file at once, at its place; and files that do."""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path
from string import Formatter

import pytest

from tutela.engine.errors import PolicyError
from tutela.engine.loader import Source, load_policies
from tutela.engine.messages import MESSAGES
from tutela.engine.messages_policy import POLICY

CASES = Path(__file__).parent / "cases"
VOCABULARY = Path(__file__).parents[2] / "policies" / "customer-information" / "vocabulary.yaml"
REFUSED = sorted(path for path in (CASES / "refused").iterdir() if path.is_dir())


def base() -> list[Source]:
    """The vocabulary and the parameters that all cases share."""
    files = [VOCABULARY, *sorted((CASES / "base").glob("*.yaml"))]
    return [Source(f"{path.parent.name}/{path.name}", path.read_text(encoding="utf-8")) for path in files]


def refusal(*sources: Source) -> list[str]:
    """Load and list the first line of every problem."""
    with pytest.raises(PolicyError) as caught:
        load_policies([*base(), *sources])
    return [problem.render().split("\n")[0] for problem in caught.value.problems]


def case_sources(folder: Path) -> list[Source]:
    """The policy files of one case."""
    return [Source(path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]


@pytest.mark.parametrize("folder", REFUSED, ids=lambda path: path.name)
def test_a_broken_policy_is_refused_with_every_problem(folder: Path) -> None:
    """Each line of `expected.txt` begins one problem, and there are no others."""
    expected = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()

    found = refusal(*case_sources(folder))

    assert expected == [
        want if line == want or line.startswith(f"{want} ") else line
        for line, want in zip_longest(found, expected, fillvalue="")
    ]


ELSEWHERE = {
    "json-syntax": "registers and forms",
    "json-duplicate-key": "registers and forms",
    "policy-none": "reading folders",
    "input-none": "the library's functions",
    "category-unknown": "needs a taxonomy: test_bad_input",
    "include-cycle": "reading folders",
    "include-missing": "reading folders",
    "include-outside": "reading folders",
    "include-too-deep": "reading folders",
    "yaml-too-deep": "made in test_documents: as a file it would be large",
    "yaml-too-large": "made in test_documents: as a file it would be large",
}
"""Codes of the policy area that no case can show, and why; those of tests and requests are not the loader's."""


def test_every_code_of_the_loader_has_a_case() -> None:
    """A new problem needs a case that shows it."""
    shown = {
        re.split(r": ", line)[1].split(" ")[0]
        for folder in REFUSED
        for line in (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    }
    own = {code for code in POLICY if not code.startswith(("test-", "request-"))}

    assert set(ELSEWHERE) == own - shown


@pytest.mark.parametrize("folder", REFUSED, ids=lambda path: path.name)
def test_a_problem_shows_its_line_and_reads_well(folder: Path) -> None:
    """Every problem has its source line, and an argument for every gap in its words."""
    sources = [*base(), *case_sources(folder)]
    texts = {source.name: source.text.split("\n") for source in sources}
    with pytest.raises(PolicyError) as caught:
        load_policies(sources)

    for problem in caught.value.problems:
        words = MESSAGES[problem.code]
        texts_of = (words.en, words.zh, words.help_en, words.help_zh)
        named = {name for text in texts_of for _, name, _, _ in Formatter().parse(text) if name}
        line = problem.location.line

        assert (texts[problem.location.file][line - 1] if line else "") == problem.source
        assert set() == named - set(problem.args)
        assert not problem.message().endswith(".")


@pytest.mark.parametrize(
    "folder", [path for path in REFUSED if len(list(path.glob("*.yaml"))) > 1], ids=lambda path: path.name
)
def test_problems_come_in_the_order_of_files_whatever_the_order_of_sources(folder: Path) -> None:
    """Sources may be handed over in any order; which of two equal ids is the second one does not depend on it."""
    sources = case_sources(folder)

    assert refusal(*sources) == refusal(*reversed(sources))


RULE = "kind: access\nid: a\nrules:\n  - id: A-1.one\n    effect: allow\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    when: ", ""),
        ("    when: '", "'"),
        ('    when: "', '"'),
        ("    when: |\n      ", ""),
        ("    when: |2-\n       ", ""),
        ("    when: >-  # why\n      ", ""),
        ("    when:\n        ", ""),
        ("    ? when\n    :   ", ""),
        ("    obligations: []\n    when: >+\n\n      resource.flag\n      and ", ""),
    ],
)
@pytest.mark.parametrize("words", ["resource.flag and ", "resource.tier == '金牌' and ", "not ", ""])
def test_a_problem_of_a_condition_points_into_the_yaml(before: str, after: str, words: str) -> None:
    """The caret stands under the wrong word in every scalar style, also behind Chinese text and doubled quotes."""
    shown = words.replace("'", "''") if before.endswith("'") else words
    text = f"{RULE}{before}{shown}resource.teir{after}\n"
    lines = text.split("\n")
    line = next(number for number, row in enumerate(lines) if "teir" in row)
    column = lines[line].index("resource.teir") + len("resource.")

    (first,) = refusal(Source("p.yaml", text))

    assert f"p.yaml:{line + 1}:{column + 1}: condition-unknown-attribute" == first.rpartition(" `resource`")[0]


def test_a_parameter_that_is_missing_is_named_once_with_all_its_rules() -> None:
    """Every unbound parameter is one problem, however many rules read it; one that nobody reads is none."""
    rules = "".join(
        f"  - {{id: A-{n}.x, effect: allow, when: resource.score > param.first.unbound}}\n" for n in range(1, 6)
    )

    found, *others = refusal(Source("p.yaml", f"kind: access\nid: a\nrules:\n{rules}"))

    assert all("parameter-open" in other for other in others)

    assert all(f"`A-{n}.x`" in found for n in range(1, 6))


@pytest.mark.parametrize("name", ["a.yaml", "目录/策略.yaml", ""])
def test_no_source_at_all_has_no_rules(name: str) -> None:
    """An empty set of policies is refused, never one that denies or allows everything in silence."""
    with pytest.raises(PolicyError, match="policy-no-rules"):
        load_policies([Source(name, "kind: vocabulary\n")])
    with pytest.raises(PolicyError, match="policy-no-rules"):
        load_policies([])


def test_bound_parameters_of_a_caller_are_checked_like_those_of_a_file() -> None:
    """A value of the wrong type is refused; a right one takes the place of the file's."""
    policy = Source("p.yaml", RULE + "    when: resource.score > param.limit\n")

    assert 7 == load_policies([*base(), policy], {"limit": 7}).parameters.values["limit"]
    with pytest.raises(PolicyError, match="parameter-type"):
        load_policies([*base(), policy], {"limit": "7"})
    with pytest.raises(PolicyError, match="parameter-unknown"):
        load_policies([*base(), policy], {"limitt": 7})
