"""What policies cite: laws by their bare names, and rules that cite nothing."""

from __future__ import annotations

import pytest

from tutela.engine.citations import citations, law_of
from tutela.engine.loader import Source, load_policies

POLICY = """
kind: access
id: {id}
rules:
  - {{id: {rule}.allow, effect: allow}}
  - id: {rule}.deny
    effect: deny
    basis: [{{ref: 《合同法》第52条}}, {{ref: PIPL, article: 6}}, {{ref: '合同法', article: 60}}]
  - {{id: {rule}.bare, effect: deny}}
"""


@pytest.mark.parametrize(
    ("reference", "law"),
    [
        ("合同法", "合同法"),
        ("《合同法》", "合同法"),
        ("《中华人民共和国合同法》第五十二条", "合同法"),
        ("中华人民共和国合同法(1999)", "合同法"),
        ("合同法52", "合同法"),
        ("劳动合同法", "劳动合同法"),
        ("民法典1260(repeals Contract Law)", "民法典"),
        ("民法通则", "民法通则"),
        ("网络安全法(2025修正)", "网络安全法"),
        ("未成年人网络保护条例36", "未成年人网络保护条例"),
        ("个人信息保护合规审计管理办法(2025-05-01)", "个人信息保护合规审计管理办法"),
        ("Contract Law", "Contract Law"),
        ("Contract  Law of the PRC (1999)", "Contract Law"),
        ("GB/T 35273-2017", "GB/T 35273-2017"),
        ("ISO/IEC 27001:2013", "ISO/IEC 27001:2013"),
        ("企业客户信息管理制度 (002)", "企业客户信息管理制度"),
        ("", ""),
    ],
)
def test_a_law_has_one_name(reference: str, law: str) -> None:
    """Marks, article and year are no part of it; a longer name that ends the same is another law."""
    assert law == law_of(reference)


def test_each_policy_has_its_citations() -> None:
    """Each law once, where the policy begins, and the rules that deny without a basis."""
    sources = [Source(f"{name}.yaml", POLICY.format(id=name, rule=rule)) for name, rule in (("a", "A-1"), ("b", "B-1"))]
    found = citations(load_policies(sources).rules)

    assert ["a", "b"] == [cited.policy for cited in found]
    assert {("PIPL", "合同法")} == {cited.laws for cited in found}
    assert [("A-1.bare",), ("B-1.bare",)] == [cited.uncited for cited in found]
    assert ["a.yaml:5:5", "b.yaml:5:5"] == [str(cited.location) for cited in found]
