"""The arguments of obligations that tutela itself carries out: masks of columns and filters of rows, checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from .documents import position_in_scalar, source_line
from .errors import Location, Problem
from .functions import ZONE_PARAMETER, ZONED
from .obligations import FILTER_ROWS, MASK_COLUMNS, ROW
from .validation import place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .expression import Fault
    from .lower import Path, Surface
    from .parameters import Parameters
    from .vocabulary import Vocabulary

SALT_LENGTH: Final = 16
"""Letters that a salt has at least: with fewer, whoever sees hashes can try them all."""
_BELONGS: Final = {"keep_first": "partial", "keep_last": "partial", "salt": "hash", "to": "truncate"}
_NEEDED: Final = {"hash": "salt", "truncate": "to"}


class Filling(NamedTuple):
    """What an obligation holds that needs vocabulary and parameters to be checked: a condition, or a salt."""

    rule: str
    location: Location
    row: Mapping[str, str]
    text: str
    """The condition; of a salt the name of its parameter."""
    is_salt: bool = False


@dataclass(slots=True)
class Checked:
    """What is wrong with a filling, and the parameters that it reads and nobody bound."""

    problems: list[Problem] = field(default_factory=list[Problem])
    unbound: list[str] = field(default_factory=list[str])


def lower_obligations(surface: Surface) -> None:
    """Note every condition and salt in the obligations of one file; refuse arguments that do not go together."""
    data = surface.data
    paths: list[Path] = [["permit"]] if "permit" in data else []
    paths.extend(["rules", number] for number in range(len(data.get("rules", ()))))
    for path in paths:
        node = surface.node(path)
        for number, duty in enumerate(node.get("obligations", ())):
            args = duty.get("args", {})
            at: Path = [*path, "obligations", number, "args"]
            if duty["kind"] == MASK_COLUMNS:
                _mask(surface, node["id"], args, at)
            elif duty["kind"] == FILTER_ROWS:
                where = surface.document.mark([*at, "where"])
                location = Location(surface.document.file, *where)
                surface.out.fillings.append(Filling(node["id"], location, dict(args["row"]), args["where"]))


def _mask(surface: Surface, rule: str, args: Mapping[str, Any], at: Path) -> None:
    mask = args.get("mask", "full")
    for name, of in _BELONGS.items():
        if name in args and mask != of:
            surface.out.problems.append(
                place(surface.document, [*at, name], "mask-argument", key=True, name=name, mask=mask)
            )
    needed = _NEEDED.get(mask)
    if needed and needed not in args:
        surface.out.problems.append(place(surface.document, [*at, "mask"], "mask-incomplete", name=needed, mask=mask))
    if "salt" in args and mask == "hash":
        location = Location(surface.document.file, *surface.document.mark([*at, "salt", "param"]))
        surface.out.fillings.append(Filling(rule, location, {}, args["salt"]["param"], is_salt=True))


def check_filling(
    found: Filling, vocabulary: Vocabulary, parameters: Parameters, lines: Mapping[str, Sequence[str]]
) -> Checked:
    """Check a condition as those of rules are checked, and that SQL can say it; or that a salt is a long text."""
    checked = Checked()
    if found.is_salt:
        _salt(found, parameters, lines, checked)
        return checked
    # Both are heavy, and needed only where there is a filter.
    from .expression import ConditionError
    from .row_filters import filter_language, inexact

    language = filter_language(vocabulary, parameters, found.row)
    try:
        expression = language.parse(found.text)
    except ConditionError as error:
        checked.problems += [_problem(found, fault, lines) for fault in error.faults]
        return checked
    needed = [*expression.parameters, *([ZONE_PARAMETER] if any(name in found.text for name in ZONED) else [])]
    checked.unbound += [name for name in needed if name not in parameters.values]
    if not any(path.startswith(f"{ROW}.") for path in expression.reads):
        checked.problems.append(_note(found, "filter-without-row", lines))
    elif not checked.unbound and (what := inexact(expression.root, parameters.values)):
        checked.problems.append(_note(found, "filter-inexact", lines, what=what))
    return checked


def _salt(found: Filling, parameters: Parameters, lines: Mapping[str, Sequence[str]], checked: Checked) -> None:
    name = found.text
    if name not in parameters.declared:
        checked.problems.append(_note(found, "parameter-unknown", lines, name=name, hint=""))
    elif name not in parameters.values:
        checked.unbound.append(name)
    else:
        value = parameters.values[name]
        if not isinstance(value, str) or len(value) < SALT_LENGTH or "\0" in value:
            checked.problems.append(_note(found, "mask-salt", lines, name=name, limit=SALT_LENGTH))


def _note(found: Filling, code: str, lines: Mapping[str, Sequence[str]], **args: object) -> Problem:
    source = source_line(lines.get(found.location.file, ()), found.location.line)
    return Problem(code=code, location=found.location, args={**args, "rule": found.rule}, source=source)


def _problem(found: Filling, fault: Fault, lines: Mapping[str, Sequence[str]]) -> Problem:
    text = lines.get(found.location.file, ())
    at = position_in_scalar(text, (found.location.line, found.location.column), found.text, fault.start)
    args = {**cast("Mapping[str, object]", fault.args), "rule": found.rule}
    return Problem(
        code=fault.code, location=Location(found.location.file, *at), args=args, source=source_line(text, at[0])
    )
