"""`tutela classify`: which data category each column of a schema holds; writes nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .live import live_options
from .problems import choose, language
from .sources import source_options

if TYPE_CHECKING:
    from tutela.engine.classifier import Classified

    from .live import Live
    from .sources import Given


@click.command("classify")
@click.argument("sources", nargs=-1, required=True)
@click.option("--dialect", help="mysql, postgres, oracle, tsql or sqlite.  [default: detected]")
@source_options
@click.option(
    "--profile", default="pipl_strict", show_default=True, help="Which list of sensitive information applies."
)
@live_options
@click.option("--format", "-f", "format_", type=click.Choice(["human", "json"]), default="human", show_default=True)
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages.")
def command(  # noqa: PLR0913 (options)
    sources: tuple[str, ...],
    dialect: str | None,
    given: Given,
    profile: str,
    live: Live,
    format_: str,
    lang: str | None,
) -> int:
    """Say for every column of SOURCES (DDL files, folders, addresses of databases) which data category it holds."""
    from tutela.connectors.sources import read_sources
    from tutela.engine.classifier import Classifier
    from tutela.project import find_project, load_taxonomy, tagged

    choose(lang)
    project = find_project(required=False)
    classifier = Classifier(load_taxonomy(project), profile)
    spoken = language(lang or project.lang)
    with live.progress(spoken) as options:
        schema = read_sources(
            list(sources), dialect=dialect, live=options, encoding=given.encoding, tell=given.tell(spoken)
        )
        schema = tagged(project, schema, given.tags)
        tables = live.each(schema.tables, len(schema.tables))
        found = [(table.path, column) for table in tables for column in classifier.table(table)]
    for unparsed in schema.unparsed:
        click.echo(f"{unparsed.location}: unparsed: {unparsed.message}", err=True)
    if format_ == "json":
        from tutela.reports.json_document import write_document

        write_document({"columns": [_entry(table, column) for table, column in found]}, sys.stdout)
    else:
        _table(found, spoken)
    return 1 if schema.unparsed else 0


def _entry(table: str, found: Classified) -> dict[str, Any]:
    return {
        "table": table,
        "column": found.column.name,
        "category": found.category,
        "sensitive": found.sensitive,
        "confidence": round(found.confidence, 2),
        "evidence": list(found.evidence),
    }


def _table(found: list[tuple[str, Classified]], lang: str) -> None:
    """The columns that hold something; the others are counted."""
    from tutela.reports.text import visible

    shown = [(table, column) for table, column in found if column.category]
    for table, column in shown:
        mark = ("敏感" if lang == "zh" else "sensitive") if column.sensitive else ""
        evidence = "; ".join(column.evidence)
        line = f"{table}.{column.column.name}\t{column.category}\t{mark}\t{column.confidence:.2f}\t{evidence}"
        click.echo(visible(line.replace("\t", "  ")))
    rest = len(found) - len(shown)
    click.echo(
        f"共 {len(found)} 列,{len(shown)} 列有数据类别,{rest} 列没有"
        if lang == "zh"
        else f"{len(found)} columns: {len(shown)} with a category, {rest} without"
    )
