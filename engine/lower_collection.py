"""The collection form: channels, need-sets and protections -> rules about `collect`.

A request asks to collect one column, one field of a form, the data of one customer (`collection_event`) or a data set
from outside (`import_request`). Facts say which registered channels it comes in through and for which purposes it is
declared; the checks compare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .lower import literal, literals

if TYPE_CHECKING:
    from .lower import Surface
    from .rules import Scalar

COLUMN: Final = {"resource.type": "column"}
PIECE: Final[dict[str, Scalar | list[Scalar]]] = {"resource.type": ["column", "form_field"]}
EVENT: Final = {"resource.type": "collection_event"}
CHANNEL: Final = {"resource.type": "channel"}
JUDGED: Final = ("channel", "collection_event", "column", "form_field", "import_request")
"""What the rules of this form know how to judge."""
ACTIVE_CHANNEL: Final = "$any([channel.active for channel in resource.channels])"
COVERED: Final = (
    "$any([channel.active and $any([category in resource.category_path for category in channel.categories])"
    " for channel in resource.channels])"
)
CHECKS: Final = (
    # Unknown channels are channels that the catalog names and no register declares.
    ("channel", PIECE, "", f"resource.personal and (not {ACTIVE_CHANNEL} or resource.unknown_channels.length > 0)"),
    ("channel", EVENT, "event", "resource.personal and not resource.channel_active"),
    ("channel", CHANNEL, "channel", "not resource.registered"),
    ("field", PIECE, "", f"resource.personal and {ACTIVE_CHANNEL} and not {COVERED}"),
    (
        "field",
        EVENT,
        "event",
        "resource.personal and resource.channel_active and resource.uncovered_categories.length > 0",
    ),
    ("purpose", COLUMN, "", "resource.personal and resource.purposes.length == 0"),
)
REQUIREMENTS: Final = {
    "encrypted": "resource.encrypted",
    "masked": "resource.masked",
    "necessity": "resource.necessity",
    "consent_form": "resource.consent_form",
    "notice": "resource.notice",
}


def lower_collection(surface: Surface) -> None:
    """Add the rules of one collection file."""
    data = surface.data
    if "permit" in data:
        surface.rule(["permit"], effect="allow", actions=("collect",), target={"resource.type": list(JUDGED)})
    checks = data.get("checks", {})
    for name, target, variant, when in CHECKS:
        if name in checks:
            surface.rule(
                ["checks", name], effect="deny", actions=("collect",), target=dict(target), when=when, variant=variant
            )
    _need_sets(surface)
    for number, protection in enumerate(data.get("protections", ())):
        covered: dict[str, Scalar | list[Scalar]] = {
            **COLUMN,
            "resource.category": [f"{category}.*" for category in protection["categories"]],
        }
        unless = " and ".join(REQUIREMENTS[name] for name in protection["requires"])
        surface.rule(["protections", number], effect="deny", actions=("collect",), target=covered, unless=unless)


def _need_sets(surface: Surface) -> None:
    """A column that is declared for a purpose must hold a category which that purpose needs."""
    need_sets = surface.data.get("need_sets", {})
    if need_sets and "need_set" not in surface.data.get("checks", {}):
        at = surface.document.mark(["need_sets"], key=True)
        surface.out.problems.append(surface.document.problem("need-sets-without-check", at))
        return
    for purpose, categories in need_sets.items():
        surface.rule(
            ["checks", "need_set"],
            at=["need_sets", purpose],
            effect="deny",
            actions=("collect",),
            target=COLUMN,
            when=(
                f"resource.personal and {literal(purpose)} in resource.purposes and "
                f"not $any([category in resource.category_path for category in {literals(categories)}])"
            ),
            variant=purpose,
        )
