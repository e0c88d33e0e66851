"""The part of `tutela classify` that holds a schema against the catalog: --write, --diff and --check."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from difflib import unified_diff
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.connectors.catalog_file import CatalogFile
    from tutela.engine.catalog_plan import CatalogPlan
    from tutela.engine.classifier import Classified
    from tutela.engine.lineage import Classification
    from tutela.project import Project

WORDS: Final = {
    "undeclared": (
        "{place}: `{path}` holds {category}, and the catalog does not say so ({why})",
        "{place}:`{path}` 含有 {category},目录未声明({why})",
    ),
    "contradicted": (
        "{place}: advice: the catalog says {declared} of `{path}`, the classifier {category} ({why})",
        "{place}:建议:目录称 `{path}` 为 {declared},分类器判断为 {category}({why})",
    ),
    "gone": ("`{path}` is in the catalog and no longer in the schema", "`{path}` 在目录中,但结构中已不存在"),
    "pruned": ("`{path}` is taken out", "已移除 `{path}`"),
    "kept": (
        "nothing is taken out: a part of the schema could not be read",
        "结构中有内容无法解析,未移除任何内容",
    ),
    "coverage": (
        "{listed} of {total} columns are in the catalog ({share:.1%}); {count} personal columns are undeclared",
        "{total} 列中有 {listed} 列已登记({share:.1%});{count} 列个人信息未声明",
    ),
    "short": ("that is less than {wanted:.1%}", "低于要求的 {wanted:.1%}"),
    "written": (
        "{file}: {datasets} data sets and {columns} columns added, {categories} categories filled in",
        "{file}:新增 {datasets} 个数据集、{columns} 列,补充 {categories} 个类别",
    ),
    "same": ("{file}: nothing to add", "{file}:无需补充"),
}


@dataclass(frozen=True, slots=True)
class Mode:
    """What is done with the catalog."""

    merge: bool
    """Whether what is missing is added to it; else it is told."""
    diff: bool
    """The merge is shown only."""
    prune: bool
    minimum: float | None
    """The share of columns that must stand in the catalog."""
    catalog: Path | None
    """The file that was named."""

    def read(self, project: Project) -> CatalogFile:
        """The catalog, checked against the project's taxonomy."""
        from tutela.connectors.catalog_file import read_catalog
        from tutela.taxonomies import load_taxonomy

        return read_catalog(catalog_path(project, self.catalog), load_taxonomy(project), write=self.merge)


def catalog_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --write, --diff, --check and what goes with them; the command gets a `Mode`, or None without the three."""

    @click.option("--write", is_flag=True, help="Add what is missing to the catalog; what stands there is kept.")
    @click.option("--diff", is_flag=True, help="Print what --write would change, and write nothing.")
    @click.option("--check", is_flag=True, help="Tell personal columns that the catalog does not declare.")
    @click.option("--catalog", type=click.Path(path_type=Path), help="The catalog.  [default: that of the registers]")
    @click.option("--prune", is_flag=True, help="With --write or --diff: take out what is no longer in the schema.")
    @click.option(
        "--min-coverage", type=click.FloatRange(0, 1), help="With --check: the share of columns to be listed."
    )
    @wraps(function)
    def wrapped(  # noqa: PLR0913 (options)
        write: bool,
        diff: bool,
        check: bool,
        catalog: Path | None,
        prune: bool,
        min_coverage: float | None,
        **more: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        merge = write or diff
        if merge and check:
            raise click.UsageError("--check goes with neither --write nor --diff")
        if prune and not merge:
            raise click.UsageError("--prune goes with --write or --diff")
        if min_coverage is not None and not check:
            raise click.UsageError("--min-coverage goes with --check")
        if catalog is not None and not (merge or check):
            raise click.UsageError("--catalog goes with --write, --diff or --check")
        mode = Mode(merge, diff, prune, min_coverage, catalog) if merge or check else None
        return function(mode=mode, **more)

    return wrapped


class Teller:
    """Says things in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def text(self, key: str, **args: object) -> str:
        """One line, safe for a terminal."""
        from tutela.reports.text import visible

        english, chinese = WORDS[key]
        return visible((chinese if self.lang == "zh" else english).format(**args))


def catalog_path(project: Project, named: Path | None) -> Path:
    """The file of --catalog, or the catalog of the project's registers, or where it would be."""
    from tutela.connectors.register_files import FORMATS

    if named is not None:
        return named
    folders = [source for source in project.register_sources() if isinstance(source, Path)]
    if not folders:
        raise click.UsageError("name the catalog with --catalog, or `registers` in tutela.toml")
    found = (folder / f"catalog{suffix}" for folder in folders for suffix in FORMATS)
    return next((path for path in found if path.exists()), folders[0] / "catalog.yaml")


def hold(  # noqa: PLR0913 (both sides, and how they are compared and told)
    catalog: CatalogFile, found: Classification, project: Project, mode: Mode, teller: Teller, format_: str
) -> int:
    """Hold a classified schema against the catalog: merge, show the merge, or tell what is missing."""
    from tutela.engine.catalog_plan import plan_catalog
    from tutela.taxonomies import load_taxonomy

    plan = plan_catalog(found, catalog.entries, load_taxonomy(project), default_schema=project.default_schema)
    return _merge(catalog, plan, mode, teller) if mode.merge else _check(catalog, plan, mode, teller, format_)


def _merge(catalog: CatalogFile, plan: CatalogPlan, mode: Mode, teller: Teller) -> int:
    """Merge into the catalog, or with `diff` print what would change and write nothing."""
    from tutela.connectors.policy_files import shown

    text, file = catalog.edited(plan, prune=mode.prune), shown(catalog.path)
    changed = text != catalog.text
    for path in _gone(catalog, plan):
        click.echo(teller.text("pruned" if mode.prune and not mode.diff else "gone", path=path), err=True)
    for line in _contradictions(catalog, plan, teller):
        click.echo(line, err=True)
    if mode.diff:
        old, new = (text.splitlines(keepends=True) for text in (catalog.text, text))
        sys.stdout.writelines(_whole(line) for line in unified_diff(old, new, file, file))
        return 1 if changed else 0
    if changed:
        catalog.write(text)
        columns = sum(len(new) for new in plan.columns.values()) + sum(len(new.columns) for new in plan.datasets)
        counts = {"datasets": len(plan.datasets), "columns": columns, "categories": len(plan.categories)}
        click.echo(teller.text("written", file=file, **counts))
    else:
        click.echo(teller.text("same", file=file))
    return 0


def _check(catalog: CatalogFile, plan: CatalogPlan, mode: Mode, teller: Teller, format_: str) -> int:
    """Tell undeclared personal columns, columns that are gone, contradictions and the coverage."""
    short = mode.minimum is not None and plan.coverage < mode.minimum
    if format_ == "json":
        from tutela.reports.json_document import write_document

        write_document(_document(catalog, plan), sys.stdout)
    else:
        for column in plan.undeclared:
            click.echo(teller.text("undeclared", place=column.column.location, **_facts(column)))
        for line in _contradictions(catalog, plan, teller):
            click.echo(line)
        for path in _gone(catalog, plan):
            click.echo(teller.text("gone", path=path))
        counts = {"listed": plan.listed, "total": plan.total, "share": plan.coverage, "count": len(plan.undeclared)}
        click.echo(teller.text("coverage", **counts))
        if short:
            click.echo(teller.text("short", wanted=mode.minimum))
    return 1 if plan.undeclared or short else 0


def _facts(column: Classified) -> dict[str, object]:
    why = "; ".join((f"{column.confidence:.2f}", *column.evidence))
    return {"path": column.column.path, "category": column.category, "why": why}


def _contradictions(catalog: CatalogFile, plan: CatalogPlan, teller: Teller) -> list[str]:
    return [
        teller.text("contradicted", place=_place(catalog, at), declared=declared or "null", **_facts(found))
        for at, declared, found in plan.contradictions
    ]


def _place(catalog: CatalogFile, at: tuple[int, int]) -> object:
    return catalog.entries.locate(at[0], ["columns", at[1], "category"])


def _gone(catalog: CatalogFile, plan: CatalogPlan) -> list[str]:
    names = [catalog.entries[number]["dataset"] for number in plan.gone_datasets]
    columns = (
        f"{catalog.entries[number]['dataset']}.{catalog.entries[number]['columns'][at]['name']}"
        for number, at in plan.gone_columns
    )
    return [*names, *columns]


def _whole(line: str) -> str:
    """A line of a diff that ends where the file does not."""
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _document(catalog: CatalogFile, plan: CatalogPlan) -> dict[str, Any]:
    return {
        "undeclared": [
            {"location": str(column.column.location), "column": column.column.path, "category": column.category,
             "confidence": round(column.confidence, 2), "evidence": list(column.evidence)}
            for column in plan.undeclared
        ],
        "contradictions": [
            {"location": str(_place(catalog, at)), "column": found.column.path, "declared": declared,
             "category": found.category, "confidence": round(found.confidence, 2), "evidence": list(found.evidence)}
            for at, declared, found in plan.contradictions
        ],
        "gone": _gone(catalog, plan),
        "coverage": {"listed": plan.listed, "columns": plan.total, "share": round(plan.coverage, 4)},
    }  # fmt: skip
