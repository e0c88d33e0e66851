"""The retention form: schedules and checks -> rules about `retain` and `erase`.

A request asks to keep or to erase a group of rows (`resource.type == 'record_group'`: data set, starting event,
holds), or to keep a table at all (`resource.type == 'table'`). Every schedule becomes rules of its own for its data
set, so that a reason points at the schedule; the checks give ids and words. Checks and schedules may stand in
different files: a pack has the checks, a company its schedules. Order of precedence: a hold beats every period.
What `unscheduled` describes is denied unless one of the schedules is for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .lower import bases, condition, literals, mixed, period_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .errors import Problem
    from .lower import Lowered, Path, Surface
    from .rules import Scalar

ROWS: Final = {"resource.type": "record_group"}
TABLE: Final = {"resource.type": "table"}
JUDGED: Final = ("copy", "record_group", "schedule", "shared_copy", "statutory_exception", "structure", "table")
"""What the rules of this form know how to judge."""
HELD: Final = "$any([hold.active for hold in resource.holds])"
IMPORTANT: Final = (
    "(resource.important or $any([name in param.important_customer for name in resource.customer_classes]))"
)


def lower_retention(surface: Surface) -> None:
    """Add what does not need the schedules of other files."""
    if "permit" in surface.data:
        kept: dict[str, Scalar | list[Scalar]] = {"resource.type": list(JUDGED)}
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
        # Who deletes by a statement takes as much away as a clean-up does.
        surface.rule(
            ["checks", "hold"],
            effect="deny",
            actions=("delete",),
            target=TABLE,
            when=HELD,
            needs=("hold-release",),
            variant="statement",
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
    for surface in surfaces:
        for number in range(len(surface.data.get("unscheduled", ()))):
            _unscheduled(surface, ["unscheduled", number], found)
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


def _unscheduled(surface: Surface, path: Path, found: Mapping[str, tuple[Surface, int]]) -> None:
    """Deny what must have a schedule and has none; of a category, one that names it or nothing in particular.

    `kept_as` is the data set whose schedule counts. The name of a table would make each column of a schema a question
    of its own.
    """
    node = surface.node(path)
    mixed(surface, [*path, "target"], node["target"])
    by_category = "resource.category" in node["target"]
    whole: list[str] = []
    named: list[str] = []
    for name, (at, number) in sorted(found.items()):
        categories = at.data["schedules"][number].get("categories") if by_category else None
        named += [f"{name} {category}" for category in categories or ()]
        if not categories:
            whole.append(name)
    kept = [f"resource.kept_as in {literals(whole)}"] if whole else []
    if named:
        kept.append(
            f"$any([(resource.kept_as + ' ' + step) in {literals(sorted(named))} for step in resource.category_path])"
        )
    surface.rule(
        path,
        effect="deny",
        actions=tuple(node["actions"]),
        target=node["target"],
        when=condition(surface, path, "when"),
        unless=" or ".join(kept),
        needs=("retention-schedule",),
        variant=node.get("variant", "unscheduled"),
    )


def _schedule(checked: Surface, surface: Surface, number: int) -> None:
    schedule = surface.node(["schedules", number])
    checks = checked.data["checks"]
    target = {**ROWS, "resource.dataset": schedule["dataset"]}
    for name, (action, when) in _conditions(schedule).items():
        if name in checks and when:
            _add(checked, surface, number, name, action, target, when)


def _conditions(schedule: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Check -> the action it is about, and when it denies; a copy has no minimum of its own."""
    extension = schedule.get("extension", {}).get("important_customer")
    minimum = _end(schedule.get("minimum"))
    extended = _end(schedule.get("minimum"), extension) if minimum and extension else ""
    statutory = schedule.get("minimum_kind") == "statutory"
    # A company's own minimum never defeats a valid right of the person; a statutory one does.
    right = "" if statutory else "not resource.right and "
    by_law = f"now < {minimum}" if statutory and minimum else ""
    kept_by_law = f"({' or '.join(part for part in (by_law, 'now < (resource.statutory_until ?? now)') if part)})"
    still = " or ".join(
        part
        for part in (
            f"now < {minimum}" if minimum else "",
            f"{IMPORTANT} and now < {extended}" if extended else "",
            "now < (resource.statutory_until ?? now)",
        )
        if part
    )
    company = f"{right}now < {minimum}" if minimum else ""
    before = (
        f"not resource.copied and ({' or '.join(p for p in (company, 'now < (resource.statutory_until ?? now)') if p)})"
    )
    return {
        "before_minimum": ("erase", before),
        "extension": (
            "erase",
            f"not resource.copied and {right}{IMPORTANT} and {minimum} <= now and now < {extended}" if extended else "",
        ),
        "expired": ("retain", f"{_over(schedule, extension)} and not {HELD}"),
        "closed_account": (
            "retain",
            _overdue("account_closed_at", "rights.closure_days", f"not {kept_by_law} and not {HELD}"),
        ),
        "requested": (
            "retain",
            _overdue("deletion_requested_at", "rights.response_days", f"not {kept_by_law} and not {HELD}"),
        ),
        "unneeded": ("retain", f"(resource.state ?? '') in ['invalid', 'unneeded'] and not ({still}) and not {HELD}"),
    }


def _overdue(attribute: str, days: str, also: str) -> str:
    """Something happened, and the days that a parameter allows since are over."""
    end = f"$period_end((resource.{attribute} ?? now), [$period(param.{days}, 'D')])"
    return f"resource.{attribute} != null and {end} <= now and {also}"


def _over(schedule: Mapping[str, Any], extension: str | Mapping[str, str] | None) -> str:
    """The maximum and the days of grace are over; they begin again when a hold is released."""
    grace = schedule.get("grace")
    over = f"{_end(schedule['maximum'], grace)} <= now"
    if extension and schedule.get("minimum"):
        longest = _end(schedule["minimum"], extension, grace)
        over = f"{over} and (not {IMPORTANT} or {longest} <= now)"
    if grace is not None:
        again = f"$period_end((resource.hold_released_at ?? now), [{period_text(grace)}]) <= now"
        over = f"{over} and (resource.hold_released_at == null or {again})"
    return f"{over} and not (now < (resource.statutory_until ?? now))"


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


def _end(*periods: str | Mapping[str, str] | None) -> str:
    """The instant at which the given periods, one after the other, are over; nothing without a first period."""
    texts = [period_text(period) for period in periods if period is not None]
    if periods[0] is None:
        return ""
    return f"$period_end(resource.started_at, [{', '.join(texts)}])"
