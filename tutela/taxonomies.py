"""The taxonomy of a project, and its rules of lineage: its own files, or those that are shipped."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from tutela.engine.lineage_rules import LineageRules
    from tutela.engine.loader import Source
    from tutela.engine.taxonomy import Taxonomy

    from .project import Project

LIMIT: Final = 8 * 1024 * 1024


def load_taxonomy(project: Project | None = None) -> Taxonomy:
    """The tree of data categories; raises InputError with every problem."""
    from tutela.connectors.policy_cache import valid_data
    from tutela.engine.taxonomy import Taxonomy

    source = _taxonomy(project)
    return Taxonomy.from_data(valid_data("taxonomy", [source], partial(_data, source)), source.name)


def load_lineage(project: Project, taxonomy: Taxonomy) -> LineageRules:
    """What becomes of a category on its way through functions; raises InputError with every problem."""
    from tutela.connectors.policy_cache import valid_data
    from tutela.connectors.policy_files import packs_folder
    from tutela.engine.lineage_rules import LineageRules

    source = _source(project.path(project.lineage) if project.lineage else packs_folder() / "lineage.yaml")
    # They are valid for the categories of this taxonomy.
    sources = [source, _taxonomy(project)]
    return LineageRules.from_data(valid_data("lineage", sources, partial(_rules, source, taxonomy)))


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


def _taxonomy(project: Project | None) -> Source:
    from tutela.connectors.policy_files import packs_folder

    return _source(project.path(project.taxonomy) if project and project.taxonomy else packs_folder() / "taxonomy.yaml")


def _source(path: Path) -> Source:
    from tutela.connectors.files import read_text
    from tutela.connectors.policy_files import shown
    from tutela.engine.loader import Source

    return Source(shown(path), read_text(path, limit=LIMIT))
