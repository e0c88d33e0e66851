"""What a decision log says of a decision, before the chain takes it in: one JSON object, as bytes.

The bytes are made where the decision was made: nobody can change the request between the answer and the entry, and
the thread that writes has nothing left to do but to hash.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from .plain import is_array, is_map

if TYPE_CHECKING:
    from .authorizer import Authorizer
    from .decision import Decision
    from .decision_log_masks import Masks
    from .request import Request

VERSION: Final = 1
DECISION: Final = "decision"
UNRECORDED: Final = "unrecorded"
"""An entry that says how many decisions before it are not in the log."""
TORN: Final = "torn"
"""An entry that says that the log ended in the midst of an entry, which nobody was told to be recorded."""
DEPTH: Final = 200
"""A request nested deeper is never stored as it is."""
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z", re.ASCII)


class Recorder:
    """Makes the entries of one decision point; without `masks`, requests are stored in full.

    Making one works out the digests of the policies and the registers, once.
    """

    __slots__ = ("_masked", "_provenance", "_store")

    def __init__(self, authorizer: Authorizer, masks: Masks, *, full: bool = False) -> None:
        facts = authorizer.facts
        self._provenance = (authorizer.policies.digest, "" if facts is None else facts.digest)
        self._masked = masks
        self._store = _stored if full else None

    def entry(self, decision: Decision, request: Request, evaluation_id: str, at: datetime) -> bytes:
        """The entry of a decision about a request that was made at an instant; never raises for what a request holds.

        `evaluation_id` is the decision point's own: what a caller chose could be anything.
        """
        policies, facts = self._provenance
        entry: dict[str, Any] = {
            "v": VERSION,
            "kind": DECISION,
            "at": _instant(at),
            "id": evaluation_id if _ID.match(evaluation_id) else self._masked.hide(evaluation_id),
            "as_of": _instant(request.now),
            "masked": True,
            "request": None,
            "effect": decision.effect,
            "reasons": decision.reason_ids,
            "obligations": obligations_of(decision),
            "missing": decision.missing,
            "errors": decision.errors,
            "policies": policies,
            "facts": facts,
        }
        if self._store is not None and (whole := self._store(request)) is not None:
            entry["masked"], entry["request"] = False, orjson.Fragment(whole)
            return orjson.dumps(entry, default=str)
        entry["request"] = self._masked.request(request)
        try:
            return orjson.dumps(entry, default=str)
        except (TypeError, ValueError, RecursionError):  # a shown value that JSON cannot say: show nothing
            entry["request"] = self._masked.bare(request)
            return orjson.dumps(entry, default=str)


def note(kind: str, at: datetime, **says: object) -> bytes:
    """An entry that is no decision: `UNRECORDED` or `TORN`, and what it says."""
    return orjson.dumps({"v": VERSION, "kind": kind, "at": at.isoformat(), **says})


def obligations_of(decision: Decision) -> list[dict[str, object]]:
    """The obligations of a decision as an entry has them."""
    return [{"kind": duty.kind, "args": duty.args} for duty in decision.obligations] if decision.allowed else []


def _instant(at: datetime) -> datetime | str:
    """An instant that orjson may write: of an offset it would drop the seconds, which old local times have."""
    return at if at.tzinfo is UTC else at.isoformat()


def _stored(request: Request) -> bytes | None:
    """The request in its JSON form; None when JSON cannot say it exactly, for then it could not be replayed."""
    subject, action, resource = dict(request.subject), dict(request.action), dict(request.resource)
    form = {
        "subject": {"type": subject.pop("type"), "id": subject.pop("id"), "properties": subject},
        "action": {"name": action.pop("name"), "properties": action},
        "resource": {"type": resource.pop("type"), "id": resource.pop("id"), "properties": resource},
        "context": request.context,
    }
    try:
        data = orjson.dumps(form)
        if orjson.loads(data) == form:  # nearly always; what JSON says otherwise (NaN, a tuple) is not equal
            return data
    except (TypeError, ValueError):  # a whole number of more than 64 bits, or half of a surrogate pair
        pass
    try:
        data = json.dumps(form, separators=(",", ":"), allow_nan=False, default=_text).encode()
        return data if _same(form, json.loads(data), DEPTH) else None
    except (TypeError, ValueError, RecursionError):
        return None


def _text(value: object) -> str:
    """An instant as JSON says it; TypeError for whatever else JSON has no word for."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _same(value: Any, again: Any, depth: int) -> bool:  # noqa: ANN401 (any value of a caller)
    """Whether what was read again is what was written, to every condition; an array may have become a list."""
    if not depth:
        return False
    if is_map(value):
        return (
            is_map(again)
            and len(value) == len(again)
            and all(name in again and _same(item, again[name], depth - 1) for name, item in value.items())
        )
    if is_array(value):
        pairs = len(value) == len(again) if is_array(again) else False
        return pairs and all(_same(item, other, depth - 1) for item, other in zip(value, again, strict=True))
    if isinstance(value, datetime):
        return value.tzinfo is not None and isinstance(again, str) and datetime.fromisoformat(again) == value
    return type(value) is type(again) and bool(value == again)
