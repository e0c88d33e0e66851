"""The names of actions: those that tutela knows, and those that a vocabulary declares for a project's own services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .plain import is_list, is_map
from .policy_schema import ACTIONS
from .validation import place, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .documents import Document
    from .errors import Problem

Path = list[str | int]


def declared_actions(vocabularies: Iterable[Document]) -> frozenset[str]:
    """The known actions and those of some vocabulary files."""
    more = (
        name for document in vocabularies for name in cast("dict[str, list[str]]", document.data).get("actions", ())
    )
    return frozenset((*ACTIONS, *more))


def unknown_actions(document: Document, known: frozenset[str]) -> Iterator[Problem]:
    """The actions in a policy file that nobody declared: a rule for a mistyped one would never apply."""
    for path, names in _lists(document.data):
        for number, name in enumerate(names):
            if isinstance(name, str) and name not in known:
                guess = suggestion(name, sorted(known))
                hint = f"; did you mean `{guess}`?" if guess else ""
                yield place(document, [*path, number], "action-unknown", value=name, hint=hint)


def _lists(data: Any) -> Iterator[tuple[Path, list[Any]]]:  # noqa: ANN401 (any YAML value: it may be malformed)
    if not is_map(data):
        return
    if is_list(data.get("actions")):
        yield ["actions"], data["actions"]
    rules = data.get("rules")
    for number, rule in enumerate(rules if is_list(rules) else ()):
        if is_map(rule) and is_list(rule.get("actions")):
            yield ["rules", number, "actions"], rule["actions"]
