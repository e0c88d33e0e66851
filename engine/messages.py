"""The words of every problem, in English and Chinese, found by code.

Each area keeps its own table; this module joins them. The table in `docs/errors.md` is generated from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .messages_bundle import BUNDLE
from .messages_decision_log import DECISION_LOG
from .messages_expression import EXPRESSION
from .messages_integration import INTEGRATION
from .messages_lineage import LINEAGE
from .messages_live import LIVE
from .messages_log import LOG
from .messages_policy import POLICY
from .messages_register import REGISTER
from .messages_rewrite import REWRITE
from .messages_schema import SCHEMA
from .messages_server import SERVER
from .messages_tags import TAGS
from .messages_waiver import WAIVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .message import Message

MESSAGES: Final[Mapping[str, Message]] = {
    **POLICY, **EXPRESSION, **SCHEMA, **LINEAGE, **TAGS, **LIVE, **LOG, **REGISTER, **REWRITE,
    **WAIVER, **BUNDLE, **DECISION_LOG, **SERVER, **INTEGRATION,
}  # fmt: skip
