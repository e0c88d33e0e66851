"""What a writer is, and what it needs to know of a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TextIO

if TYPE_CHECKING:
    from datetime import datetime

    from tutela.engine.errors import Lang
    from tutela.engine.model import Effect, Obligation, Reason, Report


class Options(NamedTuple):
    """How the reader wants a document; a writer ignores what its format has no use for."""

    lang: Lang = "en"
    color: bool | None = None
    """None: as the terminal and the environment (`NO_COLOR`) say."""


class Writer(Protocol):
    """Anything that puts a report on a text stream."""

    def __call__(self, report: Report, stream: TextIO, options: Options) -> None:
        """Write the whole of `report` to `stream`."""
        ...


class DecisionLike(Protocol):
    """What a document says of a decision; the engine's `Decision` has it all."""

    @property
    def effect(self) -> Effect:
        """Allow or deny."""
        ...

    @property
    def allowed(self) -> bool:
        """Whether the effect is allow."""
        ...

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All failing rules of a deny, all allowing rules of an allow."""
        ...

    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """What must be done for the allow to hold."""
        ...

    @property
    def missing(self) -> tuple[str, ...]:
        """The attributes that were needed and not there."""
        ...

    @property
    def errors(self) -> tuple[str, ...]:
        """What went wrong while deciding; each one denied."""
        ...

    @property
    def policies_digest(self) -> str:
        """The digest of the policy set that decided."""
        ...

    @property
    def as_of(self) -> datetime:
        """The instant the decision holds for."""
        ...


class DecisionWriter(Protocol):
    """Anything that puts a decision on a text stream."""

    def __call__(self, decision: DecisionLike, stream: TextIO, options: Options) -> None:
        """Write the whole of `decision` to `stream`."""
        ...
