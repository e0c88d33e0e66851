"""`tutela classify`: which data category each column of a schema holds, and what the catalog says of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .live import live_options
from .problems import choose, language
from .sampling import sample_option, sampling
from .sources import source_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.classifier import Classified
    from tutela.engine.errors import Lang
    from tutela.engine.lineage import Classification
    from tutela.engine.model import Words
    from tutela.engine.tables import Schema

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
@sample_option
@click.option("--write", is_flag=True, help="Add what is missing to the catalog; what stands there is kept.")
@click.option("--diff", is_flag=True, help="Print what --write would change, and write nothing.")
@click.option("--check", "check_", is_flag=True, help="Tell personal columns that the catalog does not declare.")
@click.option("--catalog", type=click.Path(path_type=Path), help="The catalog.  [default: that of the registers]")
@click.option("--prune", is_flag=True, help="With --write or --diff: take out what is no longer in the schema.")
@click.option("--min-coverage", type=click.FloatRange(0, 1), help="With --check: the share of columns to be listed.")
@click.option("--format", "-f", "format_", type=click.Choice(["human", "json"]), default="human", show_default=True)
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages.")
def command(  # noqa: PLR0913 (options)
    sources: tuple[str, ...],
    dialect: str | None,
    given: Given,
    profile: str,
    live: Live,
    sample: int | None,
    write: bool,
    diff: bool,
    check_: bool,
    catalog: Path | None,
    prune: bool,
    min_coverage: float | None,
    format_: str,
    lang: str | None,
) -> int:
    """Say for every column of SOURCES (DDL files, folders, addresses of databases) which data category it holds."""
    from tutela.connectors.sources import read_sources
    from tutela.project import find_project, load_classifier, tagged

    choose(lang)
    project = find_project(required=False)
    speech = language(lang or project.lang)
    merging = write or diff
    if merging and check_:
        raise click.UsageError("--check goes with neither --write nor --diff")
    if prune and not merging:
        raise click.UsageError("--prune goes with --write or --diff")
    if min_coverage is not None and not check_:
        raise click.UsageError("--min-coverage goes with --check")
    if catalog is not None and not (merging or check_):
        raise click.UsageError("--catalog goes with --write, --diff or --check")
    file = None
    if merging or check_:
        from .classify_catalog import catalog_path, read

        file = read(catalog_path(project, catalog), project, write=merging)
    classifier = load_classifier(project, None, profile=profile, catalog=file.entries if file else None)
    with live.progress(speech) as options, sampling(sources, project, sample, options) as taken:
        schema = read_sources(
            list(sources), dialect=dialect, live=options, encoding=given.encoding, tell=given.tell(speech)
        )
        schema = tagged(project, schema, given.tags)
        classification = classifier.classify(schema, taken)
    holes = _holes(schema, classification, speech)
    if file is not None:
        from .classify_catalog import Mode, Teller, hold

        pruned = prune and not schema.unparsed
        mode = Mode(merge=merging, diff=diff, prune=pruned, minimum=min_coverage, format=format_)
        if prune and schema.unparsed:
            click.echo(Teller(speech).text("kept"), err=True)
        return max(hold(file, classification, project, mode, Teller(speech)), 1 if holes else 0)
    found = [(table.path, column) for table, column in classification.columns()]
    if format_ == "json":
        from tutela.reports.json_document import write_document

        write_document({"columns": [_entry(table, column) for table, column in found]}, sys.stdout)
    else:
        _table(found, speech, classifier.labels)
    return 1 if holes else 0


def _holes(schema: Schema, classification: Classification, speech: Lang) -> int:
    """Tell what could not be read or analysed, and count it."""
    from tutela.reports.text import visible

    holes = [(hole.location, hole.message) for hole in schema.unparsed]
    holes += [(hole.location, hole.words.text(speech)) for hole in classification.unresolved]
    for location, what in holes:
        click.echo(visible(f"{location}: unparsed: {what}"), err=True)
    return len(holes)


def _entry(table: str, found: Classified) -> dict[str, Any]:
    return {
        "table": table,
        "column": found.column.name,
        "category": found.category,
        "sensitive": found.sensitive,
        "confidence": round(found.confidence, 2),
        "evidence": list(found.evidence),
    }


def _table(found: list[tuple[str, Classified]], lang: Lang, labels: Mapping[str, Words]) -> None:
    """The columns that hold something; the others are counted."""
    from tutela.reports.text import visible

    shown = [(table, column) for table, column in found if column.category]
    for table, column in shown:
        mark = ("敏感" if lang == "zh" else "sensitive") if column.sensitive else ""
        evidence = "; ".join(column.evidence)
        label = labels.get(str(column.category))
        category = f"{column.category}({label.zh})" if label and label.zh and lang == "zh" else column.category
        line = f"{table}.{column.column.name}\t{category}\t{mark}\t{column.confidence:.2f}\t{evidence}"
        click.echo(visible(line.replace("\t", "  ")))
    rest = len(found) - len(shown)
    click.echo(
        f"共 {len(found)} 列,{len(shown)} 列有数据类别,{rest} 列没有"
        if lang == "zh"
        else f"{len(found)} columns: {len(shown)} with a category, {rest} without"
    )
