"""`tutela audit`: judge the accesses in a log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tutela.connectors.logs import FORMATS

from .accepted import accepted_options
from .audit_progress import audit_progress
from .options import as_of_option, instant, output_options, project_options

if TYPE_CHECKING:
    from datetime import datetime

    from tutela.connectors.accesses import Accesses

    from .options import Output, Setup


@click.command("audit")
@click.argument("log", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--log-format", help=f"One of {', '.join(FORMATS)}.  [default: detected]")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="YAML file: which field of a JSONL or CSV log means what.",
)
@click.option("--log-line-prefix", help="PostgreSQL's log_line_prefix, for text logs.  [default: a common one]")
@click.option("--log-year", type=int, help="Year of the first line, for syslog whose times have none.")
@click.option("--schema", "schemas", multiple=True, help="DDL of the database, or its address.")
@click.option("--dialect", help="SQL dialect of the statements.  [default: the log's, the project's, postgres]")
@click.option("--default-schema", help="Schema of unqualified table names.")
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "python", "spark"]),
    help="Who judges: DuckDB or Spark (Parquet), or Python event by event.  [default: duckdb, where installed]",
)
@click.option("--master", help="Spark's master, such as local[4] or spark://HOST:7077.  [default: local[*]]")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
@click.option(
    "--reconcile",
    is_flag=True,
    help="Also hold the whole LOG against approvals, people and grants, and look for gaps and unusual work in it.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="File that keeps how far LOG was judged: the next run goes on there.",
)
@click.option("--follow", is_flag=True, help="Go on as LOG grows, until interrupted, and write findings as JSON lines.")
@as_of_option
@output_options
@project_options
@accepted_options
def command(  # noqa: PLR0913 (options)
    log: Path,
    log_format: str | None,
    mapping: Path | None,
    log_line_prefix: str | None,
    log_year: int | None,
    schemas: tuple[str, ...],
    dialect: str | None,
    default_schema: str | None,
    engine: str | None,
    master: str | None,
    quiet: bool,
    reconcile: bool,
    state: Path | None,
    follow: bool,
    as_of: datetime | None,
    output: Output,
    setup: Setup,
) -> int:
    """Ask for every access in LOG whether the policies allowed it, as of its own time.

    LOG may be packed (gzip, bz2, xz, zstd); - is the standard input.
    """
    from tutela.connectors.accesses import accesses
    from tutela.connectors.audit_engines import judged, judged_by_spark
    from tutela.connectors.logs import read_log
    from tutela.connectors.reconciling import reconciliation
    from tutela.connectors.sources import read_sources
    from tutela.engine.authorizer import Authorizer
    from tutela.project import load_classifier, load_facts_of, load_policies_of, load_schema
    from tutela.reports.text import visible
    from tutela.taxonomies import load_taxonomy

    project = setup.project
    policies = load_policies_of(project)
    taxonomy = load_taxonomy(project)
    authorizer = Authorizer(policies, load_facts_of(project, policies, taxonomy))
    options: dict[str, Any] = dict(project.log)
    given = {
        "format": log_format,
        "mapping": _mapping(mapping) if mapping else None,
        "log_line_prefix": log_line_prefix,
        "year": log_year,
    }
    options.update({name: value for name, value in given.items() if value is not None})
    _check_files(log, output, state)
    _check_options(engine, master, output, log, reconcile=reconcile, follow=follow, state=state)
    schema = read_sources(list(schemas), dialect=dialect) if schemas else load_schema(project)
    classifier = load_classifier(project, policies, facts=authorizer.facts, taxonomy=taxonomy)
    when = instant(as_of)

    def asked_in(speech: str | None) -> Accesses:
        """What makes requests of the events of a log whose statements are in a dialect."""
        return accesses(
            schema,
            classifier,
            dialect or speech or project.dialect or "postgres",
            when,
            default_schema=default_schema or project.default_schema,
            window_minutes=policies.parameters.values.get("export.window_minutes"),
        )

    if follow or state:
        from .audit_stream import Stream

        return Stream(authorizer, asked_in, output, when, setup.lang).run(log, options, state, follow=follow)
    progress = audit_progress(setup.lang, quiet=quiet)
    if engine == "spark":
        items = judged_by_spark(str(log), options.get("mapping"), asked_in(None), authorizer, master=master)
    else:
        reader = read_log(log, **options)
        if reader.note:
            click.echo(visible(reader.note.text(setup.lang)), err=True)
        asked = asked_in(reader.dialect)
        checks = reconciliation(authorizer, asked, schema) if reconcile else None
        items = judged(reader, asked, authorizer, engine, progress.step if progress else None, checks=checks)
    shown = progress.until_done(items) if progress else items
    return output.judge("audit", authorizer, shown, when, setup.lang)


def _check_files(log: Path, output: Output, state: Path | None) -> None:
    """Refuse to write into the log that is read, and a state without a name."""
    if state is not None and not state.name:
        raise click.UsageError("--state names no file")
    for name in (*(target for _, target in output.targets), *([str(state)] if state else [])):
        if name != "-" and Path(name).exists() and log.exists() and Path(name).samefile(log):
            raise click.UsageError(f"'{name}' is the log itself")


def _check_options(  # noqa: PLR0913 (options)
    engine: str | None,
    master: str | None,
    output: Output,
    log: Path,
    *,
    reconcile: bool,
    follow: bool,
    state: Path | None,
) -> None:
    """Refuse options that exclude each other."""
    if master and engine != "spark":
        raise click.UsageError("--master is for --engine spark")
    if reconcile and engine == "spark":
        raise click.UsageError("--reconcile watches every event: not with --engine spark")
    if not (follow or state):
        return
    option = "--follow" if follow else "--state"
    if engine in ("duckdb", "spark"):
        raise click.UsageError(f"{option} judges event by event: not with --engine {engine}")
    if reconcile:
        raise click.UsageError(f"--reconcile is about a whole log: not with {option}")
    if output.explain is not None or (output.accepted and output.accepted.write_baseline):
        raise click.UsageError(f"--explain and --write-baseline are about a whole log: not with {option}")
    if state and str(log) == "-":
        raise click.UsageError("--state needs a file: nobody can go on in the standard input")
    if follow and output.named and [name for name, _ in output.targets] != ["jsonl"]:
        raise click.UsageError("--follow writes JSON lines to one place")


def _mapping(path: Path) -> object:
    from tutela.connectors.register_files import read_data
    from tutela.engine.errors import InputError

    document = read_data(path)
    if document.problems:
        raise InputError(document.problems)
    return document.data
