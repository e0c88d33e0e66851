"""`tutela classify`: which data category each column of a schema holds, and what the catalog says of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .classify_catalog import catalog_options
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

    from .classify_catalog import Mode
    from .live import Live
    from .sources import Given


@click.command("classify")
@click.argument("sources", nargs=-1, required=True)
@source_options
@click.option(
    "--profile", default="pipl_strict", show_default=True, help="Which list of sensitive information applies."
)
@live_options
@sample_option
@catalog_options
@click.option("--format", "-f", "format_", type=click.Choice(["human", "json"]), default="human", show_default=True)
@click.option("--project", "folder", type=click.Path(path_type=Path), help="The project's folder.  [default: here]")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages.")
def command(  # noqa: PLR0913 (options)
    sources: tuple[str, ...],
    given: Given,
    profile: str,
    live: Live,
    sample: int | None,
    mode: Mode | None,
    format_: str,
    folder: Path | None,
    lang: str | None,
) -> int:
    """Say for every column of SOURCES (DDL files, folders, addresses of databases) which data category it holds."""
    from tutela.project import find_project, load_classifier

    choose(lang)
    project = find_project(folder, required=folder is not None)
    speech = language(lang or project.lang)
    file = mode.read(project) if mode else None
    classifier = load_classifier(project, None, profile=profile, catalog=file.entries if file else None)
    with live.progress(speech) as options, sampling(sources, project, sample, options) as taken:
        schema = given.read(sources, project, options, speech)
        classification = classifier.classify(schema, taken)
    holes = _holes(schema, classification, speech)
    if mode and file:
        from .classify_catalog import Teller, hold

        if mode.prune and schema.unparsed:
            click.echo(Teller(speech).text("kept"), err=True)
            mode = replace(mode, prune=False)
        return max(hold(file, classification, project, mode, Teller(speech), format_), 1 if holes else 0)
    found = [(table.path, column) for table, columns in classification.whole() for column in columns]
    if format_ == "json":
        from tutela.reports.json_document import write_document

        write_document({"columns": [_entry(table, column) for table, column in found]}, sys.stdout)
    else:
        _table(found, speech, classifier.labels)
    return 1 if holes else 0


def _holes(schema: Schema, classification: Classification, speech: Lang) -> int:
    """Tell what could not be read or analysed, and count it."""
    from tutela.engine.phrases import unread
    from tutela.reports.text import visible

    holes = [(hole.location, unread(hole.message).text(speech)) for hole in schema.unparsed]
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
    from tutela.engine.phrases import evidence
    from tutela.reports.text import visible

    shown = [(table, column) for table, column in found if column.category]
    for table, column in shown:
        mark = ("敏感" if lang == "zh" else "sensitive") if column.sensitive else ""
        why = "; ".join(evidence(part).text(lang) for part in column.evidence)
        label = labels.get(str(column.category))
        category = f"{column.category}({label.zh})" if label and label.zh and lang == "zh" else column.category
        shape = f"{table}.{column.column.name}  {category}  {mark}  {column.confidence:.2f}  {why}"
        click.echo(visible(shape.replace("\t", "  ")))
    rest = len(found) - len(shown)
    click.echo(
        f"共 {len(found)} 列,{len(shown)} 列有数据类别,{rest} 列没有"
        if lang == "zh"
        else f"{len(found)} columns: {len(shown)} with a category, {rest} without"
    )
