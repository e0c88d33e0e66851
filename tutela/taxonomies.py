"""The taxonomy of a project, and its rules of lineage: its own files, or those that are shipped."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tutela.connectors.bundle import Bundle
    from tutela.engine.lineage_rules import LineageRules
    from tutela.engine.loader import Source
    from tutela.engine.taxonomy import Taxonomy

    from .project import Project

LIMIT: Final = 8 * 1024 * 1024
_MADE: Final = {"pinyin": "_pinyin.yaml", "languages": "_languages.yaml", "model": "_model.json"}
"""Files beside a taxonomy: words of other languages, and what `make_pinyin.py` and `benchmarks.name_model` wrote."""


def load_taxonomy(project: Project | None = None) -> Taxonomy:
    """The tree of data categories; raises InputError with every problem."""
    from tutela.connectors.policy_cache import valid_data
    from tutela.engine.taxonomy import Taxonomy

    source, made = taxonomy_sources(project)
    sources = [source, *made.values()]
    return Taxonomy.from_data(valid_data("taxonomy", sources, partial(_whole, source, made)), source.name)


def load_lineage(project: Project, taxonomy: Taxonomy) -> LineageRules:
    """What becomes of a category on its way through functions; raises InputError with every problem."""
    from tutela.connectors.policy_cache import valid_data
    from tutela.engine.lineage_rules import LineageRules

    source = lineage_source(project)
    # They are valid for the categories of this taxonomy.
    sources = [source, taxonomy_sources(project)[0]]
    return LineageRules.from_data(valid_data("lineage", sources, partial(_rules, source, taxonomy)))


def _whole(source: Source, made: Mapping[str, Source]) -> object:
    """The plain data of a taxonomy, with what was made of its Chinese hints and learned of names."""
    data = _data(source)
    if not isinstance(data, dict):
        return data
    return {**cast("dict[str, object]", data), **{key: _data(other) for key, other in made.items()}}


def _data(source: Source) -> object:
    from tutela.engine.documents import read_document
    from tutela.engine.errors import InputError

    document = read_document(source.text, source.name)
    if document.problems:
        raise InputError(document.problems)
    return document.data


def _rules(source: Source, taxonomy: Taxonomy) -> object:
    from tutela.engine.documents import read_document
    from tutela.engine.lineage_rules import valid_rules

    return valid_rules(read_document(source.text, source.name), taxonomy)


def taxonomy_sources(project: Project | None) -> tuple[Source, dict[str, Source]]:
    """The text of the taxonomy, and of what was made for it (`pinyin`, `model`): of the bundle, where there is one."""
    from tutela.connectors.bundle import TAXONOMY

    from .bundles import bundle_of

    bundle = bundle_of(project) if project else None
    if bundle is not None:
        there = {key: f"taxonomy{end}" for key, end in _MADE.items() if TAXONOMY + f"taxonomy{end}" in bundle.contents}
        return _packed(bundle, "taxonomy.yaml"), {key: _packed(bundle, name) for key, name in there.items()}
    found = {key: source for key, end in _MADE.items() if (source := _beside(project, end))}
    return _source(_path(project)), found


def lineage_source(project: Project) -> Source:
    """The text of the rules of lineage."""
    from tutela.connectors.policy_files import packs_folder

    from .bundles import bundle_of

    bundle = bundle_of(project)
    if bundle is not None:
        return _packed(bundle, "lineage.yaml")
    return _source(project.path(project.lineage) if project.lineage else packs_folder() / "lineage.yaml")


def packed_sources(project: Project) -> dict[str, str]:
    """The texts that a bundle keeps of the taxonomy and the rules of lineage, by their names there."""
    source, made = taxonomy_sources(project)
    texts = {f"taxonomy{_MADE[key]}": found.text for key, found in made.items()}
    return {"taxonomy.yaml": source.text, "lineage.yaml": lineage_source(project).text, **texts}


def _packed(bundle: Bundle, name: str) -> Source:
    from tutela.connectors.bundle import TAXONOMY
    from tutela.engine.loader import Source

    path = TAXONOMY + name
    return Source(path, bundle.text(path))


def _beside(project: Project | None, end: str) -> Source | None:
    """A file that was made for a taxonomy and stands beside it; a project's own may have none."""
    path = _path(project)
    made = path.with_name(f"{path.stem}{end}")
    return _source(made) if made.exists() or not (project and project.taxonomy) else None


def _path(project: Project | None) -> Path:
    from tutela.connectors.policy_files import packs_folder

    return project.path(project.taxonomy) if project and project.taxonomy else packs_folder() / "taxonomy.yaml"


def _source(path: Path) -> Source:
    from tutela.connectors.files import read_text
    from tutela.connectors.policy_files import shown
    from tutela.engine.loader import Source

    return Source(shown(path), read_text(path, limit=LIMIT))
