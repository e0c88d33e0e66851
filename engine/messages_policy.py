"""The words of problems in policy files, vocabulary, parameters and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

POLICY: Final[Mapping[str, Message]] = {}
