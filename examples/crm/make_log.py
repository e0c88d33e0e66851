"""Writes logs/access.csv: two invented weeks of a PostgreSQL 15 csvlog with pgaudit records (`pgaudit.log_rows = on`).

The same seed gives the same bytes. Office days are drawn from templates that the policies allow; `INCIDENTS` are the
accesses that `tutela audit` must find, and two that only look like them; the lines of `LOST` are gone.
"""  # noqa: INP001 (a script beside an example, not part of a package)

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

TARGET: Final = Path(__file__).parent / "logs" / "access.csv"
SEED: Final = 20261106
CHINA: Final = timedelta(hours=8)
DAYS: Final = (6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20)
"""Office days of November 2026; the last one ends at ten, when the log is judged."""
ADDRESSES: Final = {
    "wangfang": 17, "mali": 18, "lijianguo": 11, "lina": 32, "linxiaoyu": 33, "hejing": 31, "hanmeimei": 41,
    "zhoujie": 52, "fengxue": 51, "suntao": 61, "liuyang": 62, "chenxiao": 71, "zhaolei": 88, "svc_export": 90,
}  # fmt: skip
"""The last number of each account's workstation."""


class Entry(NamedTuple):
    """One audited statement; `parts` are pgaudit's (class, command, rows, text), one for each of its lines."""

    at: datetime
    account: str
    application: str
    parts: tuple[tuple[str, str, int, str], ...]


LOST: Final = ((16, 10), (16, 16))
"""The lines from one hour of one day to another are missing: (day, hour) in Shanghai."""

SALES: Final = (
    (
        (5, 20),
        (
            "SELECT customer_no, full_name, mobile FROM crm.customer"
            " WHERE owner_employee = '{employee}' AND relationship_ended_at IS NULL ORDER BY customer_no LIMIT 20"
        ),
    ),
    ((1, 4), "SELECT full_name, job_title, mobile FROM crm.contact_person WHERE customer_id = {number}"),
    (
        (1, 15),
        (
            "SELECT c.full_name, l.contacted_at, l.summary\n  FROM crm.customer AS c\n"
            "  JOIN crm.contact_log AS l ON l.customer_id = c.id\n WHERE c.id = {number}\n ORDER BY l.contacted_at DESC"
        ),
    ),
    ((0, 8), "SELECT id, product_id, amount, completed_at FROM crm.orders WHERE customer_id = {number}"),
    (
        (1, 1),
        (
            "INSERT INTO crm.contact_log (customer_id, employee_no, contacted_at, summary)"
            " VALUES ({number}, '{employee}', now(), '已回访,下周再联系')"
        ),
    ),
    ((1, 1), "UPDATE crm.customer SET customer_class = 'important' WHERE id = {number}"),
)
SERVICE: Final = (
    ((1, 1), "SELECT full_name, mobile FROM crm.v_customer_contact WHERE id = {number}"),
    ((1, 30), "SELECT id, opened_at FROM crm.service_ticket WHERE closed_at IS NULL ORDER BY opened_at LIMIT 30"),
    (
        (1, 1),
        (
            "SELECT t.question, c.full_name FROM crm.service_ticket AS t"
            " JOIN crm.customer AS c ON c.id = t.customer_id WHERE t.id = {number}"
        ),
    ),
    ((1, 1), "UPDATE crm.service_ticket SET closed_at = now() WHERE id = {number}"),
)
FINANCE: Final = (
    ((1, 12), "SELECT id, title, taxpayer_no FROM crm.invoice WHERE order_id = {number}"),
    ((10, 60), "SELECT id, amount, completed_at FROM crm.orders WHERE completed_at >= date_trunc('day', now())"),
)
MARKETING: Final = (
    ((3, 9), "SELECT title, city, starts_at FROM crm.marketing_event ORDER BY starts_at DESC"),
    ((5, 40), "SELECT full_name, mobile FROM crm.marketing_lead WHERE event_id = {small}"),
)
TECHNICAL: Final = (((8, 14), "SELECT event_name, count(at) FROM crm.app_event GROUP BY event_name"),)
STAFF: Final = (
    ("wangfang", "E1023", SALES, 5),
    ("mali", "E0095", SALES, 4),
    ("linxiaoyu", "E1030", SERVICE, 4),
    ("lina", "E1024", SERVICE, 3),
    ("hanmeimei", "E1041", FINANCE, 2),
    ("zhoujie", "E1056", MARKETING, 2),
    ("suntao", "E0093", TECHNICAL, 1),
)
"""Account, employee, what they do, and how many statements a day."""


def china(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    """A moment of November 2026 in Shanghai, as UTC."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC) - CHINA


def read(rows: int, text: str) -> tuple[tuple[str, str, int, str], ...]:
    """The one record of a SELECT."""
    return (("READ", "SELECT", rows, text),)


def copy(rows: int, text: str) -> tuple[tuple[str, str, int, str], ...]:
    """The two records that pgaudit writes for COPY (query) TO."""
    return (("READ", "SELECT", rows, text), ("READ", "COPY", 0, text))


COPIED: Final = (
    "COPY (SELECT customer_no, full_name, mobile FROM crm.customer WHERE relationship_ended_at IS NULL)"
    " TO STDOUT WITH (FORMAT csv)"
)
APPROVED: Final = f"{COPIED} /* request=USE-2026-0815 purpose=contract_performance */"
IDENTITY: Final = "SELECT full_name, id_card_no_enc FROM crm.customer WHERE customer_no = "
BLOCK: Final = (
    (
        "FUNCTION",
        "DO",
        0,
        (
            "DO $$ DECLARE t text; BEGIN\n"
            "  EXECUTE 'SELECT string_agg(receiver_phone, '','') FROM crm.' || 'orders' INTO t;\nEND $$"
        ),
    ),
    ("READ", "SELECT", 1, "SELECT string_agg(receiver_phone, ',') FROM crm.orders"),
)
SLICE: Final = "SELECT customer_no, address FROM crm.customer ORDER BY customer_no LIMIT 180 OFFSET {offset}"
INCIDENTS: Final = (
    # Approved and filed as USE-2026-0815: clean.
    Entry(china(12, 10, 5, 30), "lijianguo", "crm-export", copy(1612, APPROVED)),
    # The purpose is stated: clean.
    Entry(
        china(13, 14, 20, 8),
        "chenxiao",
        "crm-desktop",
        read(1, f"{IDENTITY}'C-10001' /* purpose=identity_verification */"),
    ),
    # Finance has no customer role.
    Entry(
        china(10, 15, 42, 11),
        "hanmeimei",
        "crm-desktop",
        read(2, "SELECT full_name, address FROM crm.customer WHERE customer_no IN ('C-10001', 'C-10002')"),
    ),
    # Phone numbers in a database tool.
    Entry(
        china(11, 11, 3, 54),
        "mali",
        "DBeaver 24.2",
        read(12, "SELECT full_name, mobile FROM crm.contact_person WHERE customer_id = 1204"),
    ),
    # A leaver's account, two weeks after he left.
    Entry(
        china(14, 21, 40, 19),
        "zhaolei",
        "crm-desktop",
        read(212, "SELECT full_name, mobile FROM crm.marketing_lead ORDER BY signed_at DESC"),
    ),
    # The view does not hide whose columns these are.
    Entry(china(16, 16, 12, 40), "zhoujie", "Metabase", read(460, "SELECT * FROM crm.v_customer_contact")),
    # An identity number without a purpose.
    Entry(china(17, 9, 48, 2), "linxiaoyu", "crm-desktop", read(1, f"{IDENTITY}'C-10077'")),
    # The same export again, by nobody's approval.
    Entry(china(17, 19, 31, 27), "lijianguo", "crm-export", copy(1840, COPIED)),
    # Slices that add up to more than 500 rows within half an hour.
    *(
        Entry(
            china(18, 12, 5 + 5 * n, 13),
            "wangfang",
            "crm-desktop",
            read(180, SLICE.format(offset=180 * n)),
        )
        for n in range(4)
    ),
    # A copy that no schema file declares.
    Entry(
        china(19, 10, 26, 33),
        "lina",
        "crm-desktop",
        read(80, "SELECT summary FROM crm.contact_log_archive WHERE contacted_at < '2025-01-01'"),
    ),
    # Nobody can tell from the text what a block with dynamic SQL reads.
    Entry(china(19, 22, 17, 45), "liuyang", "psql", BLOCK),
)


def office_days(source: random.Random) -> list[Entry]:
    """Ordinary work: every statement is one that the role permits, in the CRM application, and small."""
    found: list[Entry] = []
    for day in DAYS:
        for account, employee, templates, count in STAFF:
            for number in range(count):
                start, hours = (9, 1) if day == DAYS[-1] else (9 + number * 8 // count, max(1, 8 // count))
                minutes = source.randrange(hours * 60)
                at = china(day, start, 0, source.randrange(60)) + timedelta(minutes=minutes)
                limits, template = source.choice(templates)
                text = template.format(
                    employee=employee, number=source.randrange(1000, 1900), small=source.randrange(1, 9)
                )
                command = text.split(" ", 1)[0]
                part = ("READ" if command == "SELECT" else "WRITE", command, source.randint(*limits), text)
                found.append(Entry(at, account, "crm-desktop", (part,)))
    return found


def quoted(text: str) -> str:
    """A csvlog text field."""
    return '"' + text.replace('"', '""') + '"'


def payload(text: str) -> str:
    """A field inside pgaudit's record, quoted only when it must be."""
    return quoted(text) if any(mark in text for mark in ',"\n\r') else text


class Server:
    """Gives sessions, process and line numbers as the server would."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.lost: list[str] = []
        self._sessions: dict[tuple[str, str, int], list[int]] = {}
        self._pids: dict[tuple[str, str, int], tuple[int, datetime]] = {}

    def statement(self, entry: Entry) -> None:
        """Write the records of one statement, and the connection before the first of a session."""
        key = (entry.account, entry.application, (entry.at + CHINA).day)
        counts = self._sessions.setdefault(key, [0, 0])
        if key not in self._pids:
            self._pids[key] = (4000 + 7 * len(self._pids), entry.at - timedelta(seconds=2))
            hello = f"user={entry.account} database=crm application_name={entry.application}"
            self._line(entry, key, "authentication", f"connection authorized: {hello}")
        counts[1] += 1
        for sub, (class_, command, rows, text) in enumerate(entry.parts, 1):
            # The server shows the client's own text with its semicolon, a statement inside a block without.
            shown = payload(text if sub > 1 and entry.parts is BLOCK else text + ";")
            record = f"AUDIT: SESSION,{counts[1]},{sub},{class_},{command},,,{shown},<not logged>,{rows}"
            tag = next((outer for _, outer, _, _ in entry.parts if outer in ("COPY", "DO")), command)
            self._line(entry, key, tag, record)

    def _line(self, entry: Entry, key: tuple[str, str, int], tag: str, message: str) -> None:
        counts = self._sessions[key]
        transaction = f"3/{len(self.lines) + len(self.lost) + 70}"
        counts[0] += 1
        pid, start = self._pids[key]
        at = entry.at + timedelta(milliseconds=137 + counts[0])
        origin = f"10.2.3.{ADDRESSES[entry.account]}:{49000 + pid % 1000}"
        session = f"{int(start.timestamp()):x}.{pid:x}"
        cells = (
            f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC", quoted(entry.account), quoted("crm"), str(pid),
            quoted(origin), session, str(counts[0]), quoted(tag), f"{start:%Y-%m-%d %H:%M:%S} UTC",
            transaction, "0", "LOG", "00000", quoted(message), "", "", "", "", "", "", "", "",
            quoted(entry.application), quoted("client backend"), "", "0",
        )  # fmt: skip
        self.lines.append(",".join(cells))


def main() -> None:
    """Write the log."""
    entries = sorted([*office_days(random.Random(SEED)), *INCIDENTS])  # noqa: S311 (an example, not a secret)
    server = Server()
    first, last = (china(*moment, 0) for moment in LOST)
    for entry in entries:
        written = len(server.lines)
        server.statement(entry)
        if first <= entry.at < last:
            # The server counted them; somebody took them out of the file.
            server.lost += server.lines[written:]
            del server.lines[written:]
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("\n".join(server.lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
