"""The retention form: schedules and checks -> rules about `retain` and `erase`.

A request asks to keep or to erase a group of rows (`resource.type == 'record_group'`: data set, starting event,
holds), or to keep a table at all (`resource.type == 'table'`). Every schedule becomes rules of its own for its data
set, so that a reason points at the schedule; the checks give ids and words. Checks and schedules may stand in
different files: a pack has the checks, a company its schedules. Order of precedence: a hold beats every period.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .lower import bases, literal, literals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .errors import Problem
    from .lower import Lowered, Surface
    from .rules import Scalar

ROWS: Final = {"resource.type": "record_group"}
TABLE: Final = {"resource.type": "table"}
HELD: Final = "$any([hold.active for hold in resource.holds])"
UNITS: Final = {"years": "Y", "months": "M", "days": "D"}


def lower_retention(surface: Surface) -> None:
    """Add what does not need the schedules of other files."""
    if "permit" in surface.data:
        # Only what the checks know how to judge: tables are kept, groups of rows are kept or erased, nothing else.
        kept: dict[str, Scalar | list[Scalar]] = {"resource.type": ["record_group", "table"]}
        surface.rule(["permit"], effect="allow", actions=("retain",), target=kept, variant="retain")
        surface.rule(["permit"], effect="allow", actions=("erase",), target=ROWS, variant="erase")
    if "hold" in surface.data.get("checks", {}):
        surface.rule(
            ["checks", "hold"],
            effect="deny",
            actions=("erase",),
            target=ROWS,
            when=HELD,
            needs=("hold-release",),
        )


def lower_schedules(surfaces: Sequence[Surface], out: Lowered) -> None:
    """Add the rules that join every schedule with the checks, wherever both stand."""
    checked = [surface for surface in surfaces if surface.data.get("checks")]
    found: dict[str, tuple[Surface, int]] = {}
    for surface in surfaces:
        for number, schedule in enumerate(surface.data.get("schedules", ())):
            problem = _problem(surface, number, schedule, found, checked)
            if problem is not None:
                out.problems.append(problem)
                continue
            found[schedule["dataset"]] = (surface, number)
    for checks in checked:
        _undefined(checks, sorted(found))
        for surface, number in found.values():
            _schedule(checks, surface, number)


def _problem(
    surface: Surface,
    number: int,
    schedule: Mapping[str, Any],
    found: Mapping[str, tuple[Surface, int]],
    checked: Sequence[Surface],
) -> Problem | None:
    at = surface.document.mark(["schedules", number])
    if not checked:
        return surface.document.problem("schedules-without-checks", at)
    if schedule["dataset"] in found:
        other, index = found[schedule["dataset"]]
        line, column = other.document.mark(["schedules", index])
        first = f"{other.document.file}:{line}:{column}"
        return surface.document.problem("schedule-duplicate", at, dataset=schedule["dataset"], first=first)
    return None


def _undefined(checked: Surface, datasets: Sequence[str]) -> None:
    if "undefined" not in checked.data["checks"]:
        return
    unless = f"resource.dataset in {literals(datasets)}" if datasets else ""
    path = ["checks", "undefined"]
    # Without a schedule nobody knows the minimum either: such rows are not for a clean-up to erase.
    for variant, actions, target, when in (
        ("table", ("retain",), TABLE, "resource.personal"),
        ("rows", ("retain", "erase"), ROWS, ""),
    ):
        checked.rule(
            [*path],
            effect="deny",
            actions=actions,
            target=target,
            when=when,
            unless=unless,
            variant=variant,
        )


def _schedule(checked: Surface, surface: Surface, number: int) -> None:
    schedule = surface.node(["schedules", number])
    checks = checked.data["checks"]
    target = {**ROWS, "resource.dataset": schedule["dataset"]}
    extension = schedule.get("extension", {}).get("important_customer")
    minimum = _end(schedule.get("minimum"))
    extended = _end(schedule.get("minimum"), extension) if minimum and extension else ""
    over = f"{_end(schedule['maximum'], schedule.get('grace'))} <= now"
    if extended:
        longest = _end(schedule["minimum"], extension, schedule.get("grace"))
        over = f"{over} and (not resource.important or {longest} <= now)"
    # A company's own minimum never defeats a valid right of the person; a statutory one does.
    right = "" if schedule.get("minimum_kind") == "statutory" else "not resource.right and "
    conditions = {
        "before_minimum": ("erase", f"{right}now < {minimum}" if minimum else ""),
        "extension": (
            "erase",
            f"{right}resource.important and {minimum} <= now and now < {extended}" if extended else "",
        ),
        "expired": ("retain", f"{over} and not {HELD}"),
    }
    for name, (action, when) in conditions.items():
        if name in checks and when:
            _add(checked, surface, number, name, action, target, when)


def _add(  # noqa: PLR0913 (one caller)
    checked: Surface,
    surface: Surface,
    number: int,
    name: str,
    action: str,
    target: Mapping[str, str],
    when: str,
) -> None:
    from dataclasses import replace

    schedule = surface.node(["schedules", number])
    checked.rule(
        ["checks", name],
        effect="deny",
        actions=(action,),
        target=dict(target),
        when=when,
        variant=schedule["id"],
        basis=bases(schedule["basis"]),
    )
    mark = surface.document.mark(["schedules", number])
    rule = checked.out.rules.pop()
    here = surface.document.problem("value-invalid", mark).location
    condition = rule.when._replace(at=mark) if rule.when else None
    surface.out.rules.append(replace(rule, location=here, when=condition, policy=surface.data["id"]))


def _end(*periods: object) -> str:
    """The instant at which the given periods, one after the other, are over; nothing without a first period."""
    texts = [_period(period) for period in periods if period is not None]
    if periods[0] is None:
        return ""
    return f"$period_end(resource.started_at, [{', '.join(texts)}])"


def _period(period: object) -> str:
    if isinstance(period, str):
        return literal(period)
    counted: Any = period
    return f"$period(param.{counted['param']}, '{UNITS[counted['unit']]}')"
