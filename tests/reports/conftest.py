"""A report and a decision with the nastiest texts that a database, a log or a form may hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from tutela.engine.errors import Location, Problem
from tutela.engine.model import (
    Absent,
    Access,
    Basis,
    Clause,
    ColumnEntry,
    Finding,
    Obligation,
    Reason,
    Report,
    Severity,
    TableEntry,
    Waiver,
    Words,
)

if TYPE_CHECKING:
    from tutela.engine.model import Effect
    from tutela.reports import DecisionLike

AS_OF = datetime(2025, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))
ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202edrowssap\u202c\r\x00"
NASTY = f"a{ESCAPES}[bold red]b[/] | `c` \"d\" 'e' <b>&amp; %0A::error::x\n::stop-commands::t ]]> @all {{0}} [x](http://evil)"


@dataclass(frozen=True, slots=True)
class SampleDecision:
    """What the engine's decision offers to writers."""

    effect: Effect
    reasons: tuple[Reason, ...]
    obligations: tuple[Obligation, ...] = ()
    missing: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    policies_digest: str = "sha256:0f1e2d3c"
    as_of: datetime = AS_OF

    @property
    def allowed(self) -> bool:
        """Whether the effect is allow."""
        return self.effect == "allow"


PURPOSE = Reason(
    rule="COL-01.collected-without-purpose",
    severity=Severity.HIGH,
    message=Words("column `id_no` has no declared purpose", "字段 `id_no` 没有声明用途"),
    clauses=(
        Clause("resource.purpose != null", (("resource.purpose", "null"),)),
        Clause("resource.category in purpose.allows", (("resource.category", "personal.id.national"),)),
    ),
    basis=(Basis("PIPL", "Art. 6", "high"), Basis("customer information rules")),
    remedy=Words("declare a purpose that needs it, or drop the column", "声明需要它的用途,或删除该字段"),
    location=Location("policies/collection.yaml", 12, 3),
)
CONSENT = Reason(
    rule="COL-04.sensitive-without-consent",
    severity=Severity.CRITICAL,
    message=Words("sensitive data without a consent form", "敏感信息缺少单独同意"),
    clauses=(Clause("resource.consent_form != null"),),
    basis=(Basis("PIPL", "Art. 29"),),
    remedy=Words("obtain a separate consent", "取得单独同意"),
)


def _finding(
    rule: str, severity: Severity, message: Words, resource: str, location: Location | None, *reasons: Reason
) -> Finding:
    return Finding(rule, severity, message, "column", resource, location, reasons, f"{abs(hash_of(resource)):032x}")


def hash_of(text: str) -> int:
    """A small number that is the same in every run."""
    return sum(position * ord(char) for position, char in enumerate(text, 1))


SQL = Words("cannot be parsed: `SELEC * FROM t`", "无法解析:`SELEC * FROM t`")
EXPORT = Words(f"export of {NASTY}", f"导出 {NASTY}")
SCHEDULE = Words("no schedule", "没有保存期限")
CRM = Location("db/crm.sql", 12, 5)
TABLE = Location("db/客户 表.sql", 3)
FINDINGS = (
    _finding(PURPOSE.rule, Severity.HIGH, PURPOSE.message, "crm.customer.id_no", CRM, PURPOSE),
    _finding(PURPOSE.rule, Severity.CRITICAL, CONSENT.message, "crm.客户.身份证号", TABLE, PURPOSE, CONSENT),
    _finding("ACC-06.bulk-export", Severity.MEDIUM, EXPORT, NASTY, Location(NASTY, 7, 9))._replace(
        access=Access(NASTY, "E1023", AS_OF, ("full_name", NASTY, "paid"), NASTY, "USE-2025-7", (NASTY,), ("paid",)),
    ),
    _finding("unparsed", Severity.HIGH, SQL, "statement 4", Location("db/crm.sql", 40)),
    _finding("RET-01.kept-too-long", Severity.LOW, Words("kept since 2019"), "crm.order", None),
    _finding("RET-02.no-schedule", Severity.INFO, SCHEDULE, "crm.visit", Location("/abs/x.sql")),
)

IN_FORCE = Waiver(
    "COL-01.*",
    "迁移后删除",
    "E1007",
    date(2025, 6, 30),
    Location("waivers.yaml", 2, 5),
    date(2025, 1, 1),
    "crm.*",
    ticket="CRM-7",
)
LAPSED = Waiver("ACC-06", NASTY, NASTY, date(2025, 2, 28), Location("waivers.yaml", 9, 5), resource="*", ticket=NASTY)
INVENTORY = (
    TableEntry(
        "crm.customer",
        CRM,
        (
            ColumnEntry("id", "bigint", "", False, 0.8, ()),  # noqa: FBT003
            ColumnEntry("id_no", "varchar(18)", "personal.id.national", True, 0.95, ("name id_no", "comment 身份证号")),  # noqa: FBT003
            ColumnEntry("mobile", "text", "personal.contact.phone", False, 0.9, ("name mobile",)),  # noqa: FBT003
        ),
    ),
    TableEntry("crm.客户", TABLE, (ColumnEntry(NASTY, NASTY, "personal.health", True, 1.0, (NASTY,)),)),  # noqa: FBT003
    TableEntry("live.public.order", None, (ColumnEntry("no", "int", "", False, 0.5, ()),)),  # noqa: FBT003
)


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction] - autouse
    """Documents do not depend on the release or on the terminal that the tests run in."""
    monkeypatch.setattr(metadata, "version", {"tutela": "1.2.3"}.__getitem__)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def findings() -> tuple[Finding, ...]:
    """Six findings, out of order."""
    return FINDINGS


@pytest.fixture
def report() -> Report:
    """A report with every severity and every kind of place."""
    return Report("lint", "sha256:0f1e2d3c", AS_OF, FINDINGS, checked=120, unparsed=1)


@pytest.fixture
def accepted() -> Report:
    """A report with waivers in force and not, known findings, gone ones, notes and an inventory."""
    waived = FINDINGS[0]._replace(waiver=IN_FORCE, waived=True, state="unchanged")
    lapsed = FINDINGS[2]._replace(waiver=LAPSED, state="new")
    known = FINDINGS[4]._replace(state="unchanged")
    live = FINDINGS[5]._replace(location=None, resource_id="live.public.order.no", state="new")
    return Report(
        "lint",
        "sha256:0f1e2d3c",
        AS_OF,
        (waived, FINDINGS[1]._replace(state="new"), lapsed, known, live),
        checked=120,
        compared_with="main",
        changed=7,
        absent=(Absent("RET-01.kept-too-long", f"column {NASTY}", "0" * 32), Absent("X", "table crm.旧表", "1" * 32)),
        notes=(Problem(code="waiver-unused", location=LAPSED.location, args={"rule": "ACC-06", "covers": NASTY}),),
        inventory=INVENTORY,
        categories={
            "personal.id": Words("identity numbers", "证件号码"),
            "personal.contact.phone": Words("phone numbers", "电话号码"),
        },
    )


@pytest.fixture
def unchanged() -> Report:
    """A comparison in which nothing changed."""
    known = FINDINGS[0]._replace(state="unchanged")
    return Report("lint", "sha256:0f1e2d3c", AS_OF, (known,), checked=120, compared_with="main", changed=0)


@pytest.fixture
def empty() -> Report:
    """A report that found nothing in what it checked."""
    return Report("audit", "sha256:0f1e2d3c", datetime(2025, 1, 1, tzinfo=UTC), (), checked=7)


@pytest.fixture
def denied() -> DecisionLike:
    """A deny with several reasons, missing attributes and an error."""
    return SampleDecision(
        "deny",
        (PURPOSE, CONSENT),
        missing=("resource.recipient", f"context.{NASTY}"),
        errors=("ACC-01.need-to-know: `subject.role` is missing",),
    )


@pytest.fixture
def allowed() -> DecisionLike:
    """An allow with obligations of every kind of argument."""
    nothing: frozenset[str] = frozenset()
    return SampleDecision(
        "allow",
        (Reason("ACC-01.need-to-know", Severity.INFO, Words("the role covers the purpose", "角色覆盖该用途")),),
        (
            Obligation("mask", {"columns": ("phone", "身份证号"), "with": "*", "keep": 4}),
            Obligation(
                "review",
                {"until": date(2025, 6, 1), "ratio": float("nan"), "tags": {"b", "a"}, "no": nothing},
            ),
            Obligation("log_use"),
        ),
    )
