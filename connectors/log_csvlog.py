"""PostgreSQL's csvlog, and that of Greenplum: one CSV record a message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from tutela.engine.events import Hole

from .log_lines import records
from .log_record import SEVERITIES, Context, Record, address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .log_lines import Cells, LogFile


class Layout(NamedTuple):
    """Where the fields stand in a record; time, user, database, process are the first four."""

    address: int
    session: int
    tag: int | None
    severity: int
    """Followed by the SQLSTATE, the message and the detail."""
    where: int
    statement: int
    application: int | None


POSTGRES: Final = Layout(4, 5, 7, 11, 18, 19, 22)
GREENPLUM: Final = Layout(5, 9, None, 16, 23, 24, None)
NUMBER: Final = 6
"""Where PostgreSQL's records have their number within the session."""
LAYOUTS: Final[dict[int, Layout]] = {
    **dict.fromkeys((23, 24, 26), POSTGRES),  # PostgreSQL up to 12, 13, from 14 on
    **dict.fromkeys((29, 30, 31), GREENPLUM),
}
"""By the number of columns."""


def csvlog_records(file: LogFile) -> Iterator[Record | Hole]:
    """The messages of a csvlog; what is none is a hole."""
    for cells in records(file, LAYOUTS.__contains__):
        if isinstance(cells, Hole):
            yield cells
        else:
            found = csvlog_record(cells)
            if found and LAYOUTS[len(cells.values)] is POSTGRES:
                file.sequence.see(found.context.session, cells.values[NUMBER], cells.number)
            yield found or file.hole("log-line", cells.number, format="csvlog")


def csvlog_record(cells: Cells) -> Record | None:
    """The message of a record whose columns are as many as one of the layouts has; None when it is none."""
    row = cells.values
    layout = LAYOUTS[len(row)]
    severity = SEVERITIES.get(row[layout.severity])
    if severity is None or not row[3].removeprefix("p").isdecimal():
        return None
    state, message, detail = row[layout.severity + 1 : layout.severity + 4]
    from_ = row[layout.address] if layout is GREENPLUM else re.sub(r":\d+$", "", row[layout.address])
    return Record(
        Context(
            cells.number,
            row[layout.session] or row[3],
            None,
            row[1],
            row[2],
            row[layout.application] if layout.application else "",
            address(from_),
        ),
        severity,
        message,
        row[0],
        state,
        detail,
        row[layout.where],
        row[layout.statement],
        row[layout.tag] if layout.tag else "",
    )
