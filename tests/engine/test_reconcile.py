"""A log as a whole, held against approvals, people and grants: registers and events -> findings of the pack."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import tutela
from tutela.engine.authorizer import Authorizer
from tutela.engine.documents import read_document
from tutela.engine.errors import Location
from tutela.engine.events import Event
from tutela.engine.facts import Facts
from tutela.engine.facts_approvals import request_hash
from tutela.engine.findings import report
from tutela.engine.reconcile import Missing, Parts, Reconciliation
from tutela.engine.registers import read_register
from tutela.engine.tables import Grant
from tutela.taxonomies import load_taxonomy

if TYPE_CHECKING:
    from tutela.engine.model import Finding

CASES = Path(__file__).parent / "cases" / "reconcile"
SHANGHAI = ZoneInfo("Asia/Shanghai")
AS_OF = datetime(2026, 11, 20, 2, tzinfo=UTC)
CLEAN = "SELECT 1"


@cache
def policies() -> Any:  # noqa: ANN401 (a policy set)
    """The pack, bound as the starter project binds it."""
    return tutela.load("pack:customer-information", Path(str(files("tutela"))) / "starter" / "policies")


def facts(registers: dict[str, Any]) -> Facts:
    """Typed registers; an approval without a hash is for its form as it stands."""
    typed: dict[str, Any] = {}
    for name in sorted(registers, key=lambda name: name == "approvals"):
        entries = registers[name]
        if name == "approvals":
            forms = {entry["id"]: entry for entry in typed["use_requests"]}
            entries = [{"request_hash": request_hash(forms[entry["request_id"]]), **entry} for entry in entries]
        text = json.dumps(entries, default=str)
        typed[name], problems = read_register(name, read_document(text, name))
        assert [] == [problem.render() for problem in problems]
    return Facts(typed, load_taxonomy(), zone=SHANGHAI, profile="pipl_strict")


def event(line: int, said: dict[str, Any]) -> Event:
    """One event; a statement that is not given touches nothing of interest."""
    return Event(
        id=str(line),
        location=Location("log", line, 1),
        account=said.get("account", ""),
        at=datetime.fromisoformat(said["at"]) if "at" in said else None,
        action=said.get("action", "read"),
        sql=said.get("sql", CLEAN),
        request_id=said.get("request", ""),
        row_count=said.get("rows"),
        source_ip=said.get("from", ""),
        application=said.get("application", ""),
        result=said.get("result", ""),
        extra={"touches": ",".join(said.get("touches", ()))},
    )


def office(said: dict[str, Any]) -> list[Event]:
    """Events of working days, in the policy time zone; none in the silent stretch, nor on one weekday."""
    start = datetime.fromisoformat(said["from"]).replace(tzinfo=SHANGHAI)
    first, last = said["hours"]
    silent = [datetime.fromisoformat(at).replace(tzinfo=SHANGHAI) for at in said.get("silent", ("1970-01-01",) * 2)]
    found: list[Event] = []
    for day in range(said["days"]):
        for hour in range(first, last):
            for part in range(said["each"]):
                at = start + timedelta(days=day, hours=hour, minutes=part * 60 // said["each"])
                if at.weekday() not in (5, 6, said.get("but")) and not silent[0] <= at < silent[1]:
                    found.append(event(len(found) + 1, {"at": at.isoformat(), "account": "one"}))
    return found


def parts(found: Event) -> Parts:
    """What the case says that an event touches."""
    told = [touched.rsplit(" ", 1) for touched in found.extra["touches"].split(",") if touched]
    return tuple((dataset, action) for dataset, action in told)


def findings(case: dict[str, Any], events: list[Event], missing: Missing | None = None) -> list[Finding]:
    """What a reconciliation finds."""
    registers = {**case["registers"], **case.get("also", {})}
    asked = facts({name: entries for name, entries in registers.items() if name not in case.get("without", ())})
    grants = [
        Grant(
            grantee=grant["to"],
            privileges=tuple(grant.get("rights", ())),
            location=Location("schema.sql", number, 1),
            dataset=grant.get("table", ""),
            role=grant.get("role", ""),
        )
        for number, grant in enumerate(case.get("grants", ()), 1)
    ]
    authorizer = Authorizer(policies(), asked)
    checks = Reconciliation(
        authorizer, parts, AS_OF, zone=SHANGHAI, grants=grants, held=case.get("held", {}),
        views=frozenset(case.get("views", ())),
    )  # fmt: skip
    assert events == list(checks.watch(events))
    return list(report("audit", authorizer, checks.asked(missing), AS_OF).findings)


def cases() -> list[Any]:
    """Every case of every file, with what its file says for all of them."""
    found: list[Any] = []
    for path in sorted(CASES.glob("*.yaml")):
        told = yaml.safe_load(path.read_text("utf-8"))
        common = {name: value for name, value in told.items() if name != "cases"}
        found += [pytest.param({**common, **case}, id=f"{path.stem}: {case['name']}") for case in told["cases"]]
    return found


def events_of(case: dict[str, Any]) -> list[Event]:
    """The events of a case."""
    if "office" in case:
        return office(case["office"])
    return [event(n, said) for n, said in enumerate((one for said in case["events"] for one in repeated(said)), 1)]


def repeated(said: dict[str, Any]) -> list[dict[str, Any]]:
    """An event as many `times` as its case says, `every` so many seconds."""
    if "at" not in said:
        return [said] * said.get("times", 1)
    start, step = datetime.fromisoformat(said["at"]), timedelta(seconds=said.get("every", 0))
    return [{**said, "at": (start + number * step).isoformat()} for number in range(said.get("times", 1))]


@pytest.mark.parametrize("case", cases())
def test_what_is_found(case: dict[str, Any]) -> None:
    """Exactly the findings that the case expects: rule, resource, place, and what both messages say."""
    found = findings(case, events_of(case))
    told = sorted((finding.rule, f"{finding.resource_type} {finding.resource_id}") for finding in found)

    assert sorted((expected["rule"], expected["resource"]) for expected in case["expect"]) == told
    for expected in case["expect"]:
        wanted = (expected["rule"], *expected["resource"].split(" ", 1))
        (one,) = [finding for finding in found if (finding.rule, finding.resource_type, finding.resource_id) == wanted]
        assert one.location is not None
        assert expected.get("line", one.location.line) == one.location.line
        assert expected.get("says", "") in one.message.en
        assert expected.get("zh", "") in one.message.zh
        assert one.message.zh != one.message.en
        if "hides" in expected:
            shown = [one.message.en, one.message.zh, *(str(c) for reason in one.reasons for c in reason.clauses)]
            assert not any(expected["hides"] in text for text in shown)


@pytest.mark.parametrize("case", [case for case in cases() if case.values[0]["expect"]])
def test_fingerprints_are_stable_and_differ(case: dict[str, Any]) -> None:
    """The same on lines that moved, and another for each finding."""
    events = events_of(case)
    moved = [replace(one, location=Location("d/log", one.location.line + 7, 1)) for one in events]
    before, after = ({finding.fingerprint for finding in findings(case, some)} for some in (events, moved))

    assert before == after
    assert len(before) == len(case["expect"])


TIMES = st.integers(0, 3).map(lambda n: (datetime(2026, 11, 13, 1, tzinfo=UTC) + timedelta(minutes=20 * n)).isoformat())
SAID = st.fixed_dictionaries(
    {
        "at": TIMES,
        "account": st.sampled_from(["one", "three", "four", "ghost", "pool", "svc", ""]),
        "from": st.sampled_from(["10.0.0.1", "10.0.0.2", ""]),
        "application": st.sampled_from(["desk", "batch", ""]),
        "touches": st.sampled_from([[], ["crm.deal read"], ["crm.customer read"]]),
        "result": st.sampled_from(["", "success", "denied"]),
        "request": st.sampled_from(["", "USE-1"]),
        "rows": st.sampled_from([None, 1, 90]),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SAID, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_events_with_equal_times_does_not_matter(said: list[dict[str, Any]], chance: Any) -> None:  # noqa: ANN401
    """Readers give out events of several sessions in any order; what is found is the same."""
    registers: dict[str, Any] = {}
    for name in ("accounts", "approvals"):
        for register, entries in yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))["registers"].items():
            registers[register] = registers.get(register, []) + [
                entry for entry in entries if entry.get("id") not in {e.get("id") for e in registers.get(register, [])}
            ]
    events = [event(line, one) for line, one in enumerate(sorted(said, key=lambda one: one["at"]), 1)]
    shuffled = sorted(events, key=lambda one: (one.at, chance.random()))
    told = [
        {(f.fingerprint, f.message, f.location) for f in findings({"registers": registers}, some)}
        for some in (events, shuffled)
    ]

    assert told[0] == told[1]


def test_lines_that_the_numbers_of_sessions_miss() -> None:
    """One window for all of them, at the first."""
    missing = Missing(5, 2, 3, Location("d/log", 9, 1), Location("d/log", 30, 1))
    (found,) = findings({"registers": {}}, [event(1, {"at": "2026-11-13T09:00:00+08:00", "account": "one"})], missing)

    assert ("AUD-02.log-incomplete", "log/sequence", 9) == (found.rule, found.resource_id, found.location.line)  # type: ignore[union-attr]
    assert "5 lines are missing from the numbers of 2 sessions, in 3 places" in found.message.en
    assert "缺失 5 行" in found.message.zh


def test_policies_that_say_nothing_of_logs_are_not_asked(tmp_path: Path) -> None:
    """Another pack may know no `log_window`: no default denial of what nobody wrote a rule about."""
    (tmp_path / "p.yaml").write_text(
        "kind: access\nid: p\ntitle: {en: p}\nactions: [read]\nrules:\n  - {id: P-1.any, effect: allow, severity: info,"
        " title: {en: any}, target: {resource.type: table}}\n",
        encoding="utf-8",
    )
    checks = Reconciliation(Authorizer(tutela.load(tmp_path)), parts, AS_OF, zone=SHANGHAI)
    events = [event(1, {"account": "one"}), event(2, {"at": "2026-11-13T09:00:00+08:00"})]
    assert events == list(checks.watch(events))

    assert [] == list(checks.asked())
