"""`tutela rewrite`: a query with the row filters and masks of the policies, or why there is none."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from .options import as_of_option, instant, project_options

if TYPE_CHECKING:
    from datetime import datetime

    from tutela.engine.errors import Lang
    from tutela.engine.request import Request
    from tutela.engine.rewrite import Rewritten

    from .options import Setup

STILL: Final = {"en": "still to be done by the caller: {kind} ({table})", "zh": "仍须由调用方履行:{kind}({table})"}
DENIED: Final = {"en": "{table} may not be read:", "zh": "不允许读取 {table}:"}
LARGEST: Final = 1 << 20


@click.command("rewrite")
@click.argument("sql")
@click.option("--subject", "subject_id", required=True, metavar="ID", help="Who runs the query.")
@click.option("--subject-type", default="employee", show_default=True, help="What the ID is of: employee, account ...")
@click.option("--purpose", help="What for.")
@click.option("--rows", type=click.IntRange(min=0), help="How many rows at most: stated in the request, and kept.")
@click.option("--context", "stated", multiple=True, metavar="NAME=TEXT", help="What else the request states.")
@click.option("--schema", "schemas", multiple=True, help="DDL of the database, or its address.")
@click.option(
    "--dialect",
    type=click.Choice(["postgres", "duckdb"]),
    help="SQL dialect of the query.  [default: the project's, else the schema's]",
)
@click.option("--default-schema", help="Schema of unqualified table names.")
@click.option("--format", "-f", "format_", type=click.Choice(["human", "json"]), default="human", show_default=True)
@as_of_option
@project_options
def command(  # noqa: PLR0913 (options)
    sql: str,
    subject_id: str,
    subject_type: str,
    purpose: str | None,
    rows: int | None,
    stated: tuple[str, ...],
    schemas: tuple[str, ...],
    dialect: str | None,
    default_schema: str | None,
    format_: str,
    as_of: datetime | None,
    setup: Setup,
) -> int:
    """Print the query SQL (- is the standard input) so that its answer holds what the subject may see, and no more.

    Each table becomes a subquery with its masked columns and the rows that may be seen. Reasons for a denial, and what
    is left to be done, go to stderr: nothing but a statement to run is on stdout. It may hold salts: do not show it.
    Exit status 0: rewritten; 1: denied, or refused.
    """
    from tutela.engine.request import Request

    text = _text(sql)
    context = dict(_pair(pair) for pair in stated)
    context |= {name: value for name, value in (("purpose", purpose), ("row_count", rows)) if value is not None}
    subject = {"type": subject_type, "id": subject_id}
    request = Request(subject, "read", {"type": "table", "id": "*"}, context, as_of=instant(as_of))
    made = _rewritten(setup, text, request, schemas, dialect, default_schema)
    if format_ == "json":
        from tutela.reports.json_document import write_document

        write_document(_shape(made, setup.lang), sys.stdout)
    else:
        _tell(made, setup.lang)
    if made.problem is not None and made.problem.code == "rewrite-dialect":
        return 2
    return 0 if made.allowed else 1


def _rewritten(  # noqa: PLR0913 (what a statement needs to be understood)
    setup: Setup,
    text: str,
    request: Request,
    schemas: tuple[str, ...],
    dialect: str | None,
    default_schema: str | None,
) -> Rewritten:
    from tutela.connectors.accesses import accesses
    from tutela.connectors.sources import read_sources
    from tutela.engine.rewrite import Rewriter
    from tutela.project import load_authorizer, load_classifier, load_schema

    project = setup.project
    schema = read_sources(list(schemas), dialect=dialect) if schemas else load_schema(project)
    if schema is None:
        raise click.UsageError("name a schema with --schema, or `schemas` in tutela.toml")
    authorizer = load_authorizer(project)
    known = accesses(
        schema,
        load_classifier(project, authorizer.policies, facts=authorizer.facts),
        dialect or project.dialect or schema.dialect or "postgres",
        request.as_of,
        default_schema=default_schema or project.default_schema,
    )
    return Rewriter(authorizer, known.analyser, known.categories).rewrite(text, request)


def _text(sql: str) -> str:
    text = sql if sql != "-" else sys.stdin.read(LARGEST)
    if not text.strip():
        raise click.UsageError("no query in the input")
    return text


def _pair(pair: str) -> tuple[str, Any]:
    name, sign, value = pair.partition("=")
    if not sign or not name:
        raise click.UsageError(f"'{pair}' is not NAME=TEXT")
    return name, value


def _tell(made: Rewritten, lang: Lang) -> None:
    from tutela.reports import write_decision
    from tutela.reports.text import visible

    if made.allowed:
        click.echo(made.sql)
        for table, duty in made.obligations:
            click.echo(visible(STILL[lang].format(kind=duty.kind, table=table)), err=True)
        return
    if made.problem is not None:
        for line in made.problem.render(lang).splitlines():
            click.echo(visible(line), err=True)
        return
    for table, decision, _ in made.decisions:
        if not decision.allowed:
            click.echo(visible(DENIED[lang].format(table=table)), err=True)
            write_decision(decision, "human", sys.stderr, lang)


def _shape(made: Rewritten, lang: Lang) -> dict[str, object]:
    from tutela.reports.shape import decision_shape, plain

    problem = made.problem
    return {
        "allowed": made.allowed,
        "sql": made.sql or None,
        "refused": problem and {"code": problem.code, "message": problem.message(lang), "help": problem.help(lang)},
        "tables": [{"table": name, "decision": decision_shape(decision, lang)} for name, decision, _ in made.decisions],
        "obligations": [
            {"table": name, "kind": duty.kind, "args": plain(duty.args)} for name, duty in made.obligations
        ],
    }
