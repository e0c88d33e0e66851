"""A statement that somebody wants to run: what it touches, and whether the policies let them, table by table.

It is asked what an audit asks of the same statement once it stands in a log, so both say the same. What is not known
before it runs, how many rows it gives, the caller states as `context.row_count`, or it counts as too many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tutela.engine.errors import Location
from tutela.engine.events import Event
from tutela.engine.rewrite import Rewriter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.authorizer import Authorizer
    from tutela.engine.decision import Decision
    from tutela.engine.model import Obligation
    from tutela.engine.request import Request
    from tutela.engine.rewrite import Rewritten
    from tutela.engine.statements import Touched

    from .access_columns import Columns
    from .accesses import Accesses, Group

LONGEST: Final = 1 << 20
"""Characters of a statement that is looked at."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a statement does to one table, and whether it may."""

    dataset: str
    """Schema and table; `*` stands for anything."""
    action: str
    columns: Mapping[str, str]
    """Each with what is done with it: `exposed`, `aggregated`, `written` or `used`."""
    request: Request
    decision: Decision
    by_column: Mapping[str, Decision]
    """Of a denied part: the decision about each of its columns alone."""


@dataclass(frozen=True, slots=True)
class Gated:
    """The answer to a statement."""

    touched: Touched
    parts: tuple[Part, ...]

    @property
    def allowed(self) -> bool:
        """Whether it may run: it was understood, and nothing that it touches is denied.

        Without a table nobody decides; only a query may run then, no command to the server.
        """
        if not self.parts:
            return self.touched.parsed and self.touched.resolved and self.touched.kind == "read"
        return self.touched.parsed and all(part.decision.allowed for part in self.parts)

    @property
    def obligations(self) -> tuple[tuple[str, Obligation], ...]:
        """What must be done for the answer to hold: table and obligation."""
        return tuple((part.dataset, duty) for part in self.parts for duty in part.decision.obligations)


class SqlGate:
    """Decides about statements over the tables of one schema."""

    def __init__(self, authorizer: Authorizer, accesses: Accesses) -> None:
        self._authorizer = authorizer
        self.accesses = accesses
        self._rewriter = Rewriter(authorizer, accesses.analyser, accesses.categories)

    @property
    def dialect(self) -> str:
        """The SQL dialect that statements are read in."""
        return self.accesses.analyser.catalog.family

    def evaluate(self, sql: str, request: Request, *, database: str = "") -> Gated:
        """Whether the subject of a request may run a statement in its context; its resource is not looked at."""
        event = Event(id="statement", location=Location("statement"), sql=sql, database=database)
        touched = self.accesses.touched(event)
        groups = self.accesses.groups(event, touched)
        return Gated(touched, tuple(self._part(request, group, columns) for group, columns in sorted(groups.items())))

    def rewrite(self, sql: str, request: Request) -> Rewritten:
        """The query as the subject may run it, with row filters and masks; or why there is none."""
        return self._rewriter.rewrite(sql, request)

    def _part(self, request: Request, group: Group, columns: Columns) -> Part:
        asked = self._asked(request, group, columns)
        decision = self._authorizer.decide(asked)
        alone: dict[str, Decision] = {}
        if not decision.allowed and "*" not in columns.names:
            asks = {column: self._asked(request, group, columns.only(column)) for column in columns.names}
            alone = {column: self._authorizer.decide(one) for column, one in asks.items()}
        hows = {column: columns.how(column, group[1]) for column in sorted(columns.names)}
        return Part(group[0], group[1], hows, asked, decision, alone)

    def _asked(self, request: Request, group: Group, columns: Columns) -> Request:
        subject: dict[str, Any] = {"type": request.subject["type"], "id": request.subject["id"]}
        subject["properties"] = request.subject
        return self.accesses.request_by(subject, request.context, group, columns, request.as_of)
