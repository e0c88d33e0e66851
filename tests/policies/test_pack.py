"""The pack `customer-information`: its own tests pass, and every rule is complete, known and tested both ways."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

import tutela
from tutela.engine.documents import read_document
from tutela.engine.registers import read_register
from tutela.project import load_taxonomy, make_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tutela.engine.decision import Decision
    from tutela.engine.policyset import PolicySet
    from tutela.engine.rules import Default, Rule

ROOT = Path(__file__).parents[2]
PACK = "pack:customer-information"
FOLDER = ROOT / "policies" / "customer-information" / "tests"
SUITES = sorted(FOLDER.glob("*_test.yaml"))
SCHEDULES = FOLDER / "schedules.yaml"
REQUIREMENTS = ROOT.parent / "shared" / "domain" / "requirements.yaml"
OWN = {
    "ACC-01.permitted-by-role", "ACC-01.no-customer-information", "COL-00.collectable", "RET-00.kept-or-erased",
    "SHR-05.recipient-permitted", "USE-00.applicable",
}  # fmt: skip
"""Rules that allow: requirements name violations only."""


class Tried(NamedTuple):
    """A request of the pack's tests and what was decided, without regard to what was expected."""

    action: str
    decision: Decision


@cache
def suite(path: Path) -> dict[str, Any]:
    """A test file as plain data."""
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)  # noqa: S506 (a safe loader)
    return found


@cache
def policies() -> PolicySet:
    """The pack with the schedules and parameters of its own retention tests."""
    return tutela.load(PACK, SCHEDULES, parameters=suite(FOLDER / "retention_test.yaml")["parameters"])


@cache
def tried() -> tuple[Tried, ...]:
    """Every request of the pack's tests, decided through the library."""
    return tuple(tried_of(path) for path in SUITES for tried_of in (_tried,) for tried_of in [tried_of])[0:0] or tuple(
        found for path in SUITES for found in _tried(path)
    )


def _tried(path: Path) -> Iterator[Tried]:
    data = suite(path)
    registers: dict[str, Any] = {}
    for name, entries in data["registers"].items():
        registers[name], problems = read_register(name, read_document(json.dumps(entries), name))
        assert problems == []
    facts = make_facts(registers, policies(), load_taxonomy())
    authorizer = tutela.Authorizer(policies(), facts)
    for test in data["tests"]:
        body = {"as_of": test.get("as_of", data["as_of"]), **test["request"]}
        yield Tried(test["request"]["action"]["name"], authorizer.decide(tutela.Request.from_json(body)))
