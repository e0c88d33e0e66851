"""One answer for all columns that nobody can tell apart: always the one that the column would get by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutela.engine.alike import Answer, Answers
from tutela.engine.authorizer import Authorizer
from tutela.engine.documents import read_document
from tutela.engine.facts import Facts
from tutela.engine.loader import Source, load_policies
from tutela.engine.registers import read_register
from tutela.engine.request import Request

NOW = datetime(2026, 11, 20, tzinfo=UTC)
VOCABULARY = """
kind: vocabulary
subject:
  rank: {type: number, nullable: true, masked: false}
context:
  purpose: {type: string, nullable: true, masked: false}
resource:
  dataset: {type: string, masked: false}
  column: {type: string, masked: false}
  data_type: {type: string, masked: false}
  length: {type: number, masked: false}
  category: {type: string, nullable: true, masked: false}
  personal: boolean
  sensitive: {type: boolean, masked: false}
  necessity: boolean
  encrypted: boolean
  masked: boolean
  provenance: {type: string, nullable: true, masked: false}
  purposes: {type: array, items: string, masked: false}
  unknown_channels: {type: array, items: string, masked: false}
  hidden_categories: {type: array, items: string, masked: false}
"""
RULES = """
kind: access
id: p
rules:
  - {id: A.any, effect: allow, actions: [collect], target: {resource.type: column}}
  - {id: D.phone, effect: deny, actions: [collect],
     target: {resource.type: column, resource.category: 'personal.contact.*'}, unless: resource.necessity}
  - {id: D.purpose, effect: deny, actions: [collect], target: {resource.type: column},
     when: resource.personal and resource.purposes.length == 0}
  - {id: D.sensitive, effect: deny, actions: [collect], target: {resource.type: column},
     when: resource.sensitive, unless: resource.encrypted or resource.masked}
  - {id: D.channel, effect: deny, actions: [collect], target: {resource.type: column},
     when: "resource.unknown_channels.length > 0 or (resource.provenance ?? 'known') == 'purchased'"}
  - {id: D.hidden, effect: deny, actions: [collect], target: {resource.type: column},
     when: resource.hidden_categories.length > 0}
  - {id: D.who, effect: deny, actions: [collect], target: {resource.type: column},
     when: "(context.purpose ?? '') == 'delivery' or (subject.rank ?? 0) > 1"}
"""
NAMING: Final = {
    "nothing": "",
    "data_type": "when: resource.data_type == 'text'",
    "length": "when: resource.length > 1",
    "column": "when: \"resource.column == 'mobile'\"",
    "dataset": "when: \"resource.dataset == 'crm.order'\"",
    "id": "when: \"resource.id == 'crm.order.mobile'\"",
}
"""What a further rule reads of a column, besides what it holds."""
CATALOG = """
- dataset: crm.customer
  purposes: [delivery]
  channels: [web, lost]
  provenance: purchased
  columns:
    - {name: mobile, category: personal.contact.phone, encrypted: true, necessity: to deliver}
    - {name: note, category: null}
    - {name: Price, masked: true}
- {dataset: only.short, purposes: [delivery]}
"""
CHANNELS = """
- id: web
  kind: website
  responsible_employee: e
  status: active
  tables: [fed.table]
  allowed: [{purpose: delivery, categories: [personal]}]
"""
JUSTIFICATIONS = """
- {id: J1, kind: necessity, categories: [personal.contact], purpose: delivery, owner: e, reviewed_at: 2026-01-01,
   datasets: [Needed.Table], statement: to deliver}
"""
DATASETS = ("crm.customer", "CRM.`Customer`", "short", "fed.table", "needed.table", "crm.order", "other.t", "t", "")
ODD: tuple[Any, ...] = (None, "", 0, 1, True, 1.0, "personal.name", ["personal.name"], [1], {}, ("text",))


def facts() -> Facts:
    """Registers that know some of the tables, each by another of them."""
    registers: dict[str, Any] = {}
    for name, text in {"catalog": CATALOG, "channels": CHANNELS, "justifications": JUSTIFICATIONS}.items():
        registers[name], problems = read_register(name, read_document(text, f"{name}.yaml").hidden())
        assert not problems
    return Facts(registers, None, zone=ZoneInfo("Asia/Shanghai"), profile="pipl_cn")


def point(reads: str) -> Authorizer:
    """A decision point with a rule that reads something more."""
    more = f"  - {{id: D.more, effect: deny, actions: [collect], {NAMING[reads]}}}\n" if NAMING[reads] else ""
    return Authorizer(load_policies([Source("v", VOCABULARY), Source("p", RULES + more)]), facts())


POINTS: Final = {reads: point(reads) for reads in NAMING}

categories = st.sampled_from((None, "personal.contact.phone", "personal.health", "organisation.name", "business"))
odd = st.sampled_from(ODD)
properties = st.fixed_dictionaries(
    {},
    optional={
        "dataset": st.sampled_from(DATASETS) | odd,
        "column": st.sampled_from(("mobile", "note", "price", "x", "")) | odd,
        "category": categories | odd,
        "data_type": st.sampled_from(("text", "int")) | odd,
        "length": odd,
        "hidden_categories": st.lists(st.sampled_from(("personal.name", "personal.contact.phone"))) | odd,
        "personal": odd,
        "sensitive": odd,
    },
)
subjects = st.sampled_from(({"type": "service", "id": "lint"}, {"type": "service", "id": "ci"}))


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Somebody asks whether a column may be collected; most add nothing of their own."""
    name = f"{draw(st.sampled_from(DATASETS))}.{draw(st.sampled_from(('mobile', 'note', 'x')))}"
    subject: dict[str, Any] = draw(subjects)
    if draw(st.integers(0, 3)) == 0:
        subject = {**subject, "properties": {"rank": draw(st.integers(1, 2))}}
    resource = {"type": "column", "id": name, "properties": draw(properties)}
    context = {"purpose": "delivery"} if draw(st.integers(0, 9)) == 0 else None
    return Request(subject, "collect", resource, context, as_of=NOW)


def told(answer: Answer) -> object:
    """All that a report takes from an answer."""
    return answer.allowed, answer.denials, repr(answer.declared), answer.decision.missing, answer.decision.errors


@given(st.sampled_from(tuple(NAMING)), st.lists(requests(), min_size=2, max_size=30))
@settings(max_examples=300, deadline=None)
def test_every_request_gets_its_own_answer(reads: str, asked: list[Request]) -> None:
    """Whatever was asked before, and however malformed, the answer is that of `decide`."""
    pdp = POINTS[reads]
    answers = Answers(pdp)
    for request in asked:
        assert told(Answer(pdp.decide(request))) == told(answers.to(request))


def column(dataset: str, name: str, category: str | None = "personal.health", **more: object) -> Request:
    """What the linter asks about a column."""
    properties = {"dataset": dataset, "column": name, "data_type": "text", "category": category, **more}
    resource = {"type": "column", "id": f"{dataset}.{name}", "properties": properties}
    return Request({"type": "service", "id": "lint"}, "collect", resource, as_of=NOW)


@pytest.mark.parametrize("reads", NAMING)
def test_columns_of_unknown_tables_are_asked_about_once(reads: str) -> None:
    """Two columns of the same category share an answer, unless a rule reads in what they differ."""
    answers = Answers(POINTS[reads])
    one, other = answers.to(column("a.b", "c")), answers.to(column("d.e", "f"))

    assert (one is other) is (reads not in {"column", "dataset", "id"})
    assert answers.to(column("a.b", "c", "personal.name")) is not one
    assert answers.to(column("a.b", "c", hidden_categories=["personal.name"])) is not one


@pytest.mark.parametrize("dataset", ["crm.customer", "fed.table", "needed.table", "short"])
def test_columns_of_known_tables_are_apart(dataset: str) -> None:
    """What any register mentions is no unknown table: each of its columns is asked about by itself."""
    answers = Answers(POINTS["nothing"])

    assert answers.to(column("a.b", "c")) is answers.to(column("d.e", "f"))
    assert answers.to(column(dataset, "c")) is not answers.to(column(dataset, "c"))


def test_equal_values_of_other_types_are_apart() -> None:
    """A length of 1 is a number, and one of `true` is none."""
    answers = Answers(POINTS["length"])
    one, true = answers.to(column("a.b", "c", length=1)), answers.to(column("d.e", "c", length=True))

    assert answers.to(column("f.g", "c", length=1)) is one
    assert bool(true.decision.errors) is not bool(one.decision.errors)


def test_what_a_caller_adds_is_another_question() -> None:
    """A purpose, and a property of whoever asks, can change the answer."""
    pdp, known, by = POINTS["nothing"], {"type": "column", "id": "a.b.c", "properties": {"category": None}}, "lint"
    answers = Answers(pdp)
    low, high = ({"type": "service", "id": by, "properties": {"rank": rank}} for rank in (1, 2))
    for subject, context, allowed in ((low, None, True), (high, None, False), (low, {"purpose": "delivery"}, False)):
        assert answers.to(Request(subject, "collect", known, context, as_of=NOW)).allowed is allowed


def test_other_instants_and_actions_are_other_questions() -> None:
    """An answer is given as of its instant."""
    answers = Answers(POINTS["nothing"])
    asked = column("a.b", "c")
    later = column("d.e", "c")
    later.now = datetime(2027, 1, 1, tzinfo=UTC)

    assert answers.to(asked) is not answers.to(later)
