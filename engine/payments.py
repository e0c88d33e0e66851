"""What is paid to or by persons: which tables are of it, and which of their amounts are wages, loans and payments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .column_types import AMOUNT, is_key, is_number
from .marks import STRONG, Mark
from .neighbours import strong
from .together import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .marks import Reading
    from .surroundings import Surroundings
    from .tables import Column, Table

_AMOUNTS_OF: Final = (
    (
        frozenset({"salary", "salaries", "payroll", "payslip", "paystub", "stub", "paycheck", "wage", "income"})
        | {"bonus", "allowance", "deduction", "earning", "compensation", "pension", "commission"},
        "personal.financial.income",
    ),
    (frozenset({"loan", "debt", "repayment", "installment"}), "personal.financial.loan"),
    (frozenset({"deposit", "wallet"}), "personal.financial.asset"),
    (frozenset({"claim", "premium"}), "personal.financial.insurance"),
)
_INCOME: Final = "personal.financial.income"
_PAID_ENOUGH: Final = 3
_WAGE: Final = re.compile(r"[b-df-hj-np-tw-z]{0,8}(?:gz|bt|jt|jx|jj|kk|gjj|bx|sds|nj)", re.IGNORECASE)
"""Initials that end in 工资, 补贴, 津贴, 绩效, 奖金, 扣款, 公积金, 保险, 个税, 年金: amounts are wages."""
_PAID: Final = frozenset({"payroll", "payslip", "paystub", "stub", "paycheck", "salary", "wage"})
"""What only persons get, whether or not a key says who."""
_SLIPS: Final = frozenset({"slip", "stub", "roll", "check", "sheet", "advice"})
"""What of pay is written in two words: `pay_slip`."""
_PLANS: Final = frozenset(
    {"range", "band", "rule", "type", "plan", "cycle", "period", "formula", "scale", "structure", "setting", "head"}
    | {"component"}
)
"""What of it is set, and not paid."""
_WAGES: Final = frozenset({"rate", "rates", "other", "others", "pay"})
"""Numbers that are amounts in a table of what somebody is paid."""
_SUMS: Final = frozenset({"total", "sum"})
"""Flags and figures of other tables: of wages, what somebody got or paid in all."""
_IN_MONEY: Final = re.compile(r"[(\uFF08]万?元")
"""A unit of money in a comment: `劳务所得(元)`."""
_WORKED: Final = frozenset({"hours", "days", "hrs", "worked", "minutes", "mins", "percent", "percentage", "exchange"})
"""What is worked, and not paid."""
_PERIODS: Final = frozenset({"day", "days", "hour", "hours", "month", "months", "count"})
"""And what it is counted in, at the end of a name."""


def with_slips(stems: frozenset[str]) -> frozenset[str]:
    """The stems of a table's name, with the word for `pay_slip` in one."""
    return stems | {"payslip"} if "pay" in stems and stems & _SLIPS else stems


def paid_to(
    stems: frozenset[str], readings: Iterable[Reading], words: Mapping[str, frozenset[str]], *, linked: bool
) -> str:
    """The category of the amounts of a table of payments by or to persons; empty for other tables."""
    if stems.isdisjoint(words["money_words"]):
        return ""
    staff = words["staff_words"]
    if not (linked or _is_of_pay(stems)) and not any(
        len(reading.words) > 1 and reading.words[-1] in KEYS and reading.words[-2] in staff for reading in readings
    ):
        return ""
    return next((category for known, category in _AMOUNTS_OF if stems & known), "personal.transaction.payment")


def is_payroll(table: Table, stems: frozenset[str], readings: Iterable[Reading], *, persons: bool) -> bool:
    """Tell whether a table has the parts of wages: by its name, or by columns, in a table about persons.

    They say it alone, or are amounts whose initials may mean it.
    """
    parts = sum(
        strong(reading, (_INCOME,)) or bool(AMOUNT.match(column.data_type) and _WAGE.fullmatch(column.name))
        for column, reading in zip(table.columns, readings, strict=True)
    )
    return (persons and parts >= _PAID_ENOUGH) or _is_of_pay(stems)


def _is_of_pay(stems: frozenset[str]) -> bool:
    return not stems.isdisjoint(_PAID) and stems.isdisjoint(_PLANS)


def take_payment(  # noqa: PLR0913 (what a column is weighed by)
    marks: dict[str, Mark], column: Column, around: Surroundings, reading: Reading, fields: frozenset[str], report: int
) -> None:
    """Take the amounts of wages, loans and payments of a person for what they are.

    `fields` are words of amounts; from `report` points on a column is something else already.
    """
    last = reading.words[-1] if reading.words and is_number(column.data_type) else ""
    amounts = (
        last in fields
        or last.endswith("amount")
        or (last in _WAGES and around.paid == _INCOME)
        or (bool(last) and _IN_MONEY.search(column.comment) is not None)
    )
    summed = not _SUMS.isdisjoint(reading.words[:1])
    if around.paid and amounts and (not reading.turned or (summed and around.paid == _INCOME)):
        points = max((STRONG, *(mark.points + 1 for mark in marks.values())))
        marks[around.paid] = Mark(points, 0, 0, owned=True, initials=False, evidence=("paid to a person",))
    elif (
        around.payroll
        and (not reading.turned or summed)
        and AMOUNT.match(column.data_type)
        and not is_key(column.data_type, reading.words)
        and _PERIODS.isdisjoint(reading.words[-1:])
        and _WORKED.isdisjoint(reading.words)
        and all(mark.points < report for mark in marks.values())
    ):
        marks[_INCOME] = Mark(STRONG, 0, 0, owned=True, initials=False, evidence=("part of a person's wages",))
