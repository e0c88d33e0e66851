"""The words of problems in conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

EXPRESSION: Final[Mapping[str, Message]] = {}
