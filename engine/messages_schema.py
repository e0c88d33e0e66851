"""The words of problems in files of any kind and schema files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA: Final[Mapping[str, Message]] = {}
