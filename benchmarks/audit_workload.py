"""The workload of `audit`: a company, 50 rules over its tables, and a log of its statements, made by DuckDB.

The log is what an application writes with prepared statements: 2,000 distinct texts, each used by the accounts of a few
departments. One statement in fifty is written with its values instead (`literals`), so that its text is new each time.
One event in two hundred is one that the rules deny: at night, too many rows, a table of another department.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SHAPES = 2_000
TABLES = 100
ACCOUNTS = 600
DEPARTMENTS = 20
DAYS = 90
END = datetime(2026, 11, 20, tzinfo=UTC)
ROLES = tuple(f"role_{n:02d}" for n in range(DEPARTMENTS))
CATEGORIES = ("personal.name.full", "personal.contact.phone.mobile", "personal.contact.address",
              "personal.financial.bank_account", "personal.transaction.order")  # fmt: skip
CSVLOG = (
    "FORMAT csv, HEADER false, FORCE_QUOTE ('user', 'database', 'client', 'tag', 'message', 'application', 'backend')"
)
VOCABULARY = """kind: vocabulary
subject:
  known: {type: boolean, masked: false}
  department: {type: string, nullable: true, masked: false}
  roles: {type: array, items: string, masked: false}
  former_roles: {type: array, items: string, masked: false}
  terminated_at: {type: datetime, nullable: true, masked: false}
resource:
  dataset: string
  categories: {type: array, items: string, masked: false}
  permitted_roles: {type: array, items: string, masked: false}
  lineage_resolved: {type: boolean, nullable: true, masked: false}
context:
  application: {type: string, nullable: true, masked: false}
  purpose: {type: string, nullable: true, masked: false}
  row_count: {type: number, nullable: true, masked: false}
  rows_in_window: {type: number, nullable: true, masked: false}
"""
PARAMETERS = """kind: parameters
declare:
  timezone: {type: timezone, description: of the calendar}
  sensitivity_profile: {type: string, description: what counts as sensitive}
  export.window_minutes: {type: number, description: how far back rows are counted}
bind: {timezone: Asia/Shanghai, sensitivity_profile: pipl_strict, export.window_minutes: 60}
"""


def department(number: int) -> str:
    """The department of an account."""
    return f"dept_{number % DEPARTMENTS:02d}"


def write_project(folder: Path) -> None:
    """Policies, registers and tables of the company."""
    policies, registers = folder / "policies", folder / "registers"
    policies.mkdir(parents=True)
    registers.mkdir()
    (folder / "tutela.toml").write_text(
        'policies = ["policies"]\nregisters = ["registers"]\nschemas = ["schema.sql"]\ndialect = "postgres"\n', "utf-8"
    )
    (policies / "vocabulary.yaml").write_text(VOCABULARY, "utf-8")
    (policies / "parameters.yaml").write_text(PARAMETERS, "utf-8")
    (policies / "rules.yaml").write_text(_rules(), "utf-8")
    for name, entries in _registers().items():
        (registers / f"{name}.json").write_text(json.dumps(entries), "utf-8")
    (folder / "schema.sql").write_text(
        "".join(
            f"CREATE TABLE app.t_{n:03d} (id bigint PRIMARY KEY, a text, b text, c text, d text);\n"
            for n in range(TABLES)
        ),
        "utf-8",
    )


def _rules() -> str:
    """50 rules: one allows by role; the others deny what hardly ever happens."""
    lines = [
        "kind: access\nid: bench\nrules:\n",
        _rule("A-00", "allow", "$any([r in resource.permitted_roles for r in subject.roles])"),
    ]
    lines.append(_rule("D-00", "deny", "subject.terminated_at != null and (subject.terminated_at ?? now) <= now"))
    lines.append(_rule("D-01", "deny", "not (resource.lineage_resolved ?? true)"))
    lines.append(_rule("D-02", "deny", "(context.row_count ?? 100000) > 10000"))
    lines.append(_rule("D-03", "deny", "(context.rows_in_window ?? 0) > 50000"))
    lines.append(_rule("D-04", "deny", "now.hour >= 17 and 'personal.financial.bank_account' in resource.categories"))
    for n in range(44):
        kind = n % 4
        if kind == 0:
            when = f"subject.department == '{department(n)}' and (context.application ?? '') == 'app_{n}'"
        elif kind == 1:
            when = f"'{CATEGORIES[n % 5]}' in resource.categories and (context.purpose ?? '') == 'purpose_{n}'"
        elif kind == 2:
            when = f"(context.row_count ?? 0) > {11_000 + n} and '{ROLES[n % DEPARTMENTS]}' in subject.roles"
        else:
            when = f"'{ROLES[n % DEPARTMENTS]}' in subject.former_roles and resource.dataset == 'app.t_{n:03d}'"
        lines.append(_rule(f"D-{n + 5:02d}", "deny", when))
    return "".join(lines)


def _rule(name: str, effect: str, when: str) -> str:
    return (
        f"  - id: {name}.rule\n    effect: {effect}\n    severity: high\n    actions: [read, update, export]\n"
        f'    target: {{resource.type: table}}\n    when: "{when}"\n'
    )


def _registers() -> dict[str, list[dict[str, Any]]]:
    rng = random.Random("audit")
    people: list[dict[str, Any]] = []
    for n in range(ACCOUNTS):
        turn = END - timedelta(days=rng.randrange(DAYS)) if n % 50 == 0 else None
        role = ROLES[n % DEPARTMENTS]
        since = "2020-01-01T00:00:00Z"
        assignments = [{"department": department(n), "role": role, "from": since}]
        if turn:  # moved within the department during the log
            assignments = [
                {"department": department(n), "role": role, "from": since, "to": turn.isoformat()},
                {"department": department(n), "role": role, "from": turn.isoformat()},
            ]
        people.append(
            {"id": f"E{n:05d}", "name": f"员工{n}", "department": department(n), "grade": "staff", "status": "active",
             "hired_at": "2020-01-01", "accounts": [f"u{n:05d}"], "assignments": assignments}
        )  # fmt: skip
    catalog = [
        {
            "dataset": f"app.t_{n:03d}", "owner": "E00001",
            "access": {action: [ROLES[n % DEPARTMENTS], ROLES[(n + 1) % DEPARTMENTS]] for action in ("read", "export")},
            "columns": [{"name": "id", "category": None}] + [
                {"name": name, "category": CATEGORIES[(n + k) % 5]} for k, name in enumerate("abcd")
            ],
        }
        for n in range(TABLES)
    ]  # fmt: skip
    return {"people": people, "catalog": catalog, "roles": [{"id": role} for role in ROLES]}


def write_log(path: Path, events: int, *, literals: float = 0.02) -> None:
    """A log as Parquet, JSON lines or PostgreSQL's csvlog, by the name's end; half of a million events a second."""
    import duckdb

    # Office hours, 01:00 to 09:00 UTC; one event in a thousand at night.
    day, hour = 86_400_000_000, 3_600_000_000
    at = f"to_microseconds((i * {DAYS} // {events} * {day} + {hour} + (i * {DAYS} % {events}) * {8 * hour} // {events}"
    at += " + CASE WHEN h3 % 1000 = 7 THEN 61200000000 ELSE 0 END)::BIGINT)"
    begin = (END - timedelta(days=DAYS)).replace(tzinfo=None).isoformat(sep=" ")
    own = f"((a % {DEPARTMENTS}) + {DEPARTMENTS} * ((h2 % 1000) % {TABLES // DEPARTMENTS}))"
    query = f"""
        WITH drawn AS (
            SELECT i, (hash(i) % {ACCOUNTS})::BIGINT AS a, (hash(i * 7 + 1) % 1000000)::BIGINT AS h2,
                   (hash(i * 13 + 5) % 1000000)::BIGINT AS h3 FROM range({events}) AS r(i)
        ), chosen AS (
            SELECT *, CASE WHEN h3 % 1000 = 0 THEN (h2 % {TABLES}) ELSE {own} END AS t,
                   (a + h2 // 1000 % 5) % {SHAPES // TABLES} AS s FROM drawn
        )
        SELECT 'e' || i AS id, strftime(TIMESTAMP '{begin}' + {at}, '%Y-%m-%dT%H:%M:%S.%fZ') AS at,
               printf('u%05d', a) AS account, 'desk' AS application, 'read' AS action,
               printf('SELECT a AS q%02d, b FROM app.t_%03d WHERE id = ', s, t)
               || CASE WHEN h3 % 1000 < {literals * 1000} THEN (h3 * 31 + i)::VARCHAR ELSE '$1' END
               || ' ORDER BY a LIMIT 20' AS sql,
               CASE WHEN h3 % 900 = 1 THEN 20000 ELSE h2 % 20 END AS row_count
        FROM chosen ORDER BY i"""
    written = {".parquet": "FORMAT parquet", ".jsonl": "FORMAT json", ".csvlog": CSVLOG}[path.suffix]
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({_csvlog(query) if written == CSVLOG else query}) TO '{path}' ({written})")


def _csvlog(query: str) -> str:
    """The same events as PostgreSQL writes them: pgaudit with `log_rows`, a session for each account and day."""
    # Each statement in quotes, as those with a comma are, and the rows behind it.
    audit = "printf('AUDIT: SESSION,%d,1,READ,SELECT,,,\"%s\",<none>,%d', number, sql, row_count)"
    session = "printf('%x.%x', epoch(day)::BIGINT, 1000 + account[2:]::BIGINT)"
    values = {
        "time": "strftime(instant, '%Y-%m-%d %H:%M:%S.%g UTC')", "user": "account", "database": "'crm'",
        "process": "1000 + account[2:]::BIGINT", "client": "'10.0.0.7:54321'", "session": session, "line": "number",
        "tag": "'SELECT'", "began": "strftime(day, '%Y-%m-%d %H:%M:%S UTC')", "virtual": "'3/4'", "transaction": "0",
        "severity": "'LOG'", "state": "'00000'", "message": audit,
        **{f"empty_{n}": "NULL" for n in range(8)},
        "application": "application", "backend": "'client backend'", "leader": "NULL", "query": "0",
    }  # fmt: skip
    columns = ", ".join(f'{value} AS "{name}"' for name, value in values.items())
    told = "id[2:]::BIGINT + 1 AS number, (\"at\"[:26])::TIMESTAMP AS instant, date_trunc('day', instant) AS day"
    return f"SELECT {columns} FROM (SELECT *, {told} FROM ({query}) AS e) AS t ORDER BY number"
