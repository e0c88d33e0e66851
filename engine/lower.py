"""The four surface forms -> core rules.

Authors write what is natural for each kind; here it becomes rules with conditions in the same language as
hand-written ones, checked and compiled by the same code. `tutela rule ID` prints the lowered form.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

from .model import Basis, Obligation, Severity, Words
from .periods import UNITS
from .rules import ConditionText, Default, Meta, Rule, Test
from .validation import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .documents import Document
    from .errors import Problem
    from .lower_obligations import Filling
    from .model import Effect
from .rules import Kind, Scalar

DEFAULT_SEVERITY: Final = "high"
ACCESS_ACTIONS: Final = ("read", "update", "export", "delete", "grant")
KIND_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "access": ACCESS_ACTIONS,
    "collection": ("collect",),
    "retention": ("retain", "erase"),
}
Path = list[str | int]


@dataclass(frozen=True, slots=True)
class Lowered:
    """What one file, or all files, are lowered to."""

    rules: list[Rule] = field(default_factory=list[Rule])
    defaults: list[Default] = field(default_factory=list[Default])
    problems: list[Problem] = field(default_factory=list["Problem"])
    fillings: list[Filling] = field(default_factory=list["Filling"])
    """What the arguments of obligations hold that has to be checked with vocabulary and parameters."""

    def add(self, other: Lowered) -> None:
        """Take over everything of another one."""
        self.rules.extend(other.rules)
        self.defaults.extend(other.defaults)
        self.problems.extend(other.problems)
        self.fillings.extend(other.fillings)


@dataclass(frozen=True, slots=True)
class Surface:
    """One policy file on its way down: makes rules that remember where they come from."""

    document: Document
    kind: Kind
    out: Lowered

    @property
    def data(self) -> dict[str, Any]:
        """The file's mapping; its form was checked against the schema before."""
        return cast("dict[str, Any]", self.document.data)

    def rule(  # noqa: PLR0913 (one keyword for each part of a rule)
        self,
        path: Path,
        *,
        effect: Effect,
        actions: tuple[str, ...],
        target: Mapping[str, Scalar | list[Scalar]] | None = None,
        when: str | ConditionText | None = "",
        unless: str = "",
        needs: tuple[str, ...] = (),
        variant: str = "",
        basis: Iterable[Basis] = (),
        at: Path | None = None,
    ) -> None:
        """Add a rule whose id and words stand at `path`, with generated conditions."""
        node = self.node(path)
        mark = self.document.mark(path if at is None else at)
        self.out.rules.append(
            Rule(
                id=node["id"],
                kind=self.kind,
                policy=self.data["id"],
                effect=effect,
                actions=actions,
                location=self.document.problem("value-invalid", mark).location,
                target=tests(target or {}),
                when=(ConditionText(when, mark, generated=True) if isinstance(when, str) else when) if when else None,
                unless=ConditionText(unless, mark, generated=True) if unless else None,
                severity=Severity(node.get("severity", DEFAULT_SEVERITY)),
                obligations=obligations(node.get("obligations", ())),
                needs=tuple(node.get("needs", needs)),
                meta=meta(node, basis),
                variant=variant,
            )
        )

    def node(self, path: Path) -> dict[str, Any]:
        """The mapping at a path."""
        node: Any = self.document.data
        for step in path:
            node = node[step]
        return cast("dict[str, Any]", node)


def words(value: object) -> Words:
    """Read a text, or a text in each language."""
    if isinstance(value, dict):
        pair = cast("dict[str, str]", value)
        return Words(pair.get("en", ""), pair.get("zh", ""))
    return Words(str(value or ""))


def bases(values: Iterable[Mapping[str, Any]]) -> tuple[Basis, ...]:
    """Read the legal and internal sources of a rule."""
    return tuple(Basis(v["ref"], str(v.get("article", "")), v.get("confidence", "medium")) for v in values)


_NO_META: Final = Meta()


def meta(node: Mapping[str, Any], more: Iterable[Basis] = ()) -> Meta:
    """Read title, message, remedy and basis."""
    basis = (*bases(node.get("basis", ())), *more)
    if not basis and not any(name in node for name in ("title", "message", "remedy")):
        return _NO_META
    return Meta(words(node.get("title")), words(node.get("message")), words(node.get("remedy")), basis)


def obligations(values: Iterable[Mapping[str, Any]]) -> tuple[Obligation, ...]:
    """Read what must be done for an allow to hold."""
    return tuple(
        Obligation(value["kind"], dict(value.get("args", {})), _when(value.get("when")), _due(value.get("due")))
        for value in values
    )


def _when(value: object) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _due(value: Any) -> tuple[str, str] | None:  # noqa: ANN401 (checked by the schema)
    """A period as (text, ``), or a parameter and its unit."""
    if value is None:
        return None
    return (value, "") if isinstance(value, str) else (value["param"], value["unit"])


def tests(target: Mapping[str, Scalar | list[Scalar]]) -> tuple[Test, ...]:
    """Read a target; `personal.contact.*` stands for the category and everything below it."""
    found: list[Test] = []
    for path, value in target.items():
        values = tuple(value) if isinstance(value, list) else (value,)
        stars = [isinstance(v, str) and v.endswith(".*") for v in values]
        plain = tuple(v[:-2] if star and isinstance(v, str) else v for v, star in zip(values, stars, strict=True))
        found.append(Test(path, plain, below=any(stars)))
    return tuple(found)


def literal(value: str) -> str:
    """A text as a rule-engine literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def literals(values: Iterable[str]) -> str:
    """Texts as a rule-engine list."""
    return "[" + ", ".join(literal(value) for value in values) + "]"


def period_text(period: str | Mapping[str, str]) -> str:
    """A period, or a parameter that counts its years, months or days, as rule-engine text."""
    if isinstance(period, str):
        return literal(period)
    return f"$period(param.{period['param']}, '{UNITS[period['unit']]}')"


def lower(document: Document) -> Lowered:
    """Lower one valid policy file (kind access, collection, sharing or retention)."""
    from .lower_collection import lower_collection
    from .lower_obligations import lower_obligations
    from .lower_retention import lower_retention
    from .lower_sharing import lower_sharing

    forms: dict[str, Callable[[Surface], None]] = {
        "collection": lower_collection,
        "sharing": lower_sharing,
        "retention": lower_retention,
    }
    data = cast("dict[str, Any]", document.data)
    surface = Surface(document, data["kind"], Lowered())
    if form := forms.get(data["kind"]):
        form(surface)
    actions = tuple(data.get("actions", ())) or _actions(data)
    if "default" in data:
        surface.out.defaults.append(_default(surface, actions))
    for number in range(len(data.get("rules", ()))):
        _plain_rule(surface, number, actions)
    lower_obligations(surface)
    if data["kind"] == "retention" and "schedules" in data:
        for key in ("effective_from", "effective_to"):
            if key in data:
                surface.out.problems.append(place(document, [key], "schedules-effective", key=True))
    return effective(surface) if "effective_from" in data or "effective_to" in data else surface.out


def effective(surface: Surface) -> Lowered:
    """The rules of a file that names its time apply within it only; before and after it is as if it did not exist."""
    tests: list[str] = []
    if "effective_from" in surface.data:
        tests.append(f"now < d{literal(surface.data['effective_from'])}")
    if "effective_to" in surface.data:
        tests.append(f"now >= d{literal(surface.data['effective_to'])}")
    outside = " or ".join(tests)
    rules = [
        replace(
            rule,
            unless=ConditionText(
                f"({rule.unless.text}) or {outside}" if rule.unless else outside,
                surface.document.mark(["effective_from" if "effective_from" in surface.data else "effective_to"]),
                generated=True,
            ),
        )
        for rule in surface.out.rules
    ]
    return Lowered(rules, surface.out.defaults, surface.out.problems, surface.out.fillings)


def _actions(data: Mapping[str, Any]) -> tuple[str, ...]:
    if data["kind"] == "sharing":
        return (data["action"],)
    return KIND_ACTIONS[data["kind"]]


def _default(surface: Surface, actions: tuple[str, ...]) -> Default:
    node = surface.node(["default"])
    return Default(
        id=node["id"],
        actions=actions,
        location=place(surface.document, ["default"], "value-invalid").location,
        severity=Severity(node.get("severity", DEFAULT_SEVERITY)),
        meta=meta(node),
        needs=tuple(node.get("needs", ())),
    )


def _plain_rule(surface: Surface, number: int, actions: tuple[str, ...]) -> None:
    """A rule written out by its author: conditions keep their own places."""
    path: Path = ["rules", number]
    node = surface.node(path)
    mixed(surface, [*path, "target"], node.get("target", {}))
    surface.out.rules.append(
        Rule(
            id=node["id"],
            kind=surface.kind,
            policy=surface.data["id"],
            effect=node["effect"],
            actions=tuple(node["actions"]) if "actions" in node else actions,
            location=place(surface.document, path, "value-invalid").location,
            target=tests(node["target"]) if "target" in node else (),
            when=condition(surface, path, "when"),
            unless=condition(surface, path, "unless"),
            severity=Severity(node.get("severity", DEFAULT_SEVERITY)),
            obligations=obligations(node["obligations"]) if "obligations" in node else (),
            needs=tuple(node.get("needs", ())),
            meta=meta(node),
            variant=node.get("variant", ""),
        )
    )


def mixed(surface: Surface, path: Path, target: Mapping[str, Scalar | list[Scalar]]) -> None:
    """Refuse a list in which only some categories mean everything below them: all of them would come to mean it."""
    for name, values in target.items():
        stars = {isinstance(v, str) and v.endswith(".*") for v in (values if isinstance(values, list) else [values])}
        if len(stars) > 1:
            surface.out.problems.append(place(surface.document, [*path, name], "target-mixed", path=name))


def condition(surface: Surface, path: Path, name: str) -> ConditionText | None:
    """A condition that its author wrote, at its own place; None when there is none."""
    value = surface.node(path).get(name)
    if value is None:
        return None
    text = str(value).lower() if isinstance(value, bool) else value
    return ConditionText(text, surface.document.mark([*path, name]))
