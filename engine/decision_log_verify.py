"""Whether a decision log is as it was written: every break of its chain, each with what it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .decision_log_chain import START, Head, unseal
from .errors import InputError, Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .decision_log_chain import Sealed

_ANCHOR: Final = re.compile(r"(?:([0-9]{1,18}):)?([0-9a-fA-F]{64})\Z", re.ASCII)


class Anchor:
    """A head that was noted down earlier: `SEQ:HASH`, or the hash alone."""

    __slots__ = ("hash", "seen", "seq", "text")

    def __init__(self, text: str, option: str = "--head") -> None:
        found = _ANCHOR.match(text)
        if found is None:
            raise InputError([Problem(code="decision-log-anchor", location=Location(option), args={"text": text})])
        self.text = text
        self.seq = int(found[1]) if found[1] else None
        self.hash = found[2].lower()
        self.seen = False

    def meet(self, head: Head) -> None:
        """Take note of an entry."""
        if head.hash == self.hash and self.seq in (None, head.seq):
            self.seen = True


class Verifier:
    """Looks at entry after entry; `check` gives what is wrong with one, `finish` what is wrong with the whole.

    A chain that is cut off at its end is a whole chain: only an anchor, or the head that a database keeps, tells.
    """

    def __init__(self, key: bytes | None = None, anchors: Iterable[str] = (), after: str | None = None) -> None:
        self._key = key
        self._anchors = [Anchor(text) for text in anchors]
        before = Anchor(after, "--after") if after else None
        self._expected: int | None = 1 if before is None else None if before.seq is None else before.seq + 1
        self._prev: str | None = START.hash if before is None else before.hash
        self._signed: bool | None = None if key is None else True
        self.count = 0
        self.first: int | None = None
        self.head: Head | None = None

    def check(self, line: bytes, location: Location, number: int | None = None) -> list[Problem]:
        """What is wrong with the next entry; `number` is what the store itself keeps it under."""
        self.count += 1
        found = unseal(line, self._key)
        if found is None or not found.intact:
            seq = self._expected if found is None else found.seq
            code = "decision-log-damaged" if found is None else "decision-log-changed"
            self._expected = None if self._expected is None else self._expected + 1
            self._prev = None
            self.first = self.first if self.first is not None else seq
            return [Problem(code=code, location=location, args={"seq": "?" if seq is None else seq})]
        problems = [
            Problem(code=code, location=location, args={"seq": found.seq, **args})
            for code, args in (*self._place(found, number), *self._signature(found))
        ]
        self._expected, self._prev = found.seq + 1, found.hash
        self.first = self.first if self.first is not None else found.seq
        self.head = Head(found.seq, found.hash)
        for anchor in self._anchors:
            anchor.meet(self.head)
        return problems

    def _place(self, found: Sealed, number: int | None) -> Sequence[tuple[str, dict[str, object]]]:
        """Where an entry does not follow the one before it: one break, one problem."""
        expected = self._expected
        if expected is not None and found.seq > expected:
            code = "decision-log-start" if self.count == 1 else "decision-log-gap"
            return [(code, {"from_": expected, "to": found.seq - 1})]
        if expected is not None and found.seq < expected:
            return [("decision-log-order", {"expected": expected})]
        if self._prev is not None and found.prev != self._prev:
            return [("decision-log-unlinked", {"before": found.seq - 1})]
        if number is not None and number != found.seq:
            return [("decision-log-order", {"expected": number})]
        return ()

    def _signature(self, found: Sealed) -> Sequence[tuple[str, dict[str, object]]]:
        if self._signed is None:
            self._signed = found.mac is not None
        if (found.mac is not None) is not self._signed:
            return [("decision-log-unsigned", {})]
        return [("decision-log-forged", {})] if found.authentic is False else ()

    @property
    def authenticated(self) -> bool:
        """Whether the MACs were compared, not the hashes alone."""
        return self._key is not None

    def finish(self, location: Location, kept: Head | None = None) -> list[Problem]:
        """What is wrong with the whole: an anchor that is not in it, or a head (`kept` by a database) that is not."""
        missing = [anchor.text for anchor in self._anchors if not anchor.seen]
        problems = [
            Problem(code="decision-log-anchor-missing", location=location, args={"anchor": text}) for text in missing
        ]
        if kept is not None and kept != (self.head or START):
            args = {"kept": str(kept), "found": str(self.head or START)}
            problems.append(Problem(code="decision-log-head", location=location, args=args))
        return problems
