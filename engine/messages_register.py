"""The words of problems in registers, forms and records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

REGISTER: Final[Mapping[str, Message]] = {}
