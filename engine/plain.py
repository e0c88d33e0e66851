"""Plain data (JSON, YAML): type guards that know the types of keys and items, and data without marks."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_map(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a mapping; JSON and our YAML have text keys only."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a list."""
    return isinstance(value, list)


def is_array(value: object) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Whether a value is a list or a tuple."""
    return isinstance(value, list | tuple)


def is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    """Whether a value is a tuple."""
    return isinstance(value, tuple)


def bare(value: Any) -> Any:  # noqa: ANN401 (any YAML value)
    """YAML data without its marks: plain dictionaries and lists, as `marshal` wants them."""
    if is_map(value):
        return {str(name): bare(item) for name, item in value.items()}
    return [bare(item) for item in value] if is_array(value) else value
