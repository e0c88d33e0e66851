"""The kinds of resources in documents for people."""

from __future__ import annotations

import re
from pathlib import Path

from tutela.reports.kinds import CHINESE, with_kind

POLICIES = Path(__file__).parents[2] / "policies"
TYPE = re.compile(r"resource\.type: (?:\[([a-z_, ]+)\]|([a-z_]+))")


def test_every_kind_that_a_rule_is_about_has_a_word() -> None:
    """No Chinese report shows the English name of a kind that the shipped rules ask about."""
    targets = [found for path in POLICIES.rglob("*.yaml") for found in TYPE.findall(path.read_text(encoding="utf-8"))]
    kinds = {kind.strip() for one in targets for kind in ",".join(one).split(",") if kind.strip()}

    assert kinds
    assert set() == kinds - set(CHINESE)


def test_a_kind_of_an_application_keeps_its_name() -> None:
    """It is the application's own word."""
    assert ("字段 crm.a.b", "column crm.a.b", "parcel 7") == (
        with_kind("column", "crm.a.b", "zh"),
        with_kind("column", "crm.a.b", "en"),
        with_kind("parcel", "7", "zh"),
    )
