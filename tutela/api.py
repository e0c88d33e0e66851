"""The library's functions: load policies and facts, ask about the world, write reports.

What each one needs is passed in; `as_of` defaults to the present here, at the edge, and nowhere deeper.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tutela.engine.authorizer import Facts as AnyFacts
    from tutela.engine.errors import Lang
    from tutela.engine.facts import Facts
    from tutela.engine.lineage import SchemaClassifier
    from tutela.engine.model import Report
    from tutela.engine.policyset import PolicySet
    from tutela.engine.request import Request
    from tutela.engine.rewrite import Rewriter, Rewritten

PathLike = str | Path


def load(
    *paths: PathLike, parameters: Mapping[str, object] | None = None, bundle_keys: Iterable[PathLike] = ()
) -> PolicySet:
    """Load policy files, folders and packs (`pack:NAME`), or a bundle (`x.tutela`), into one set.

    `parameters` bind further values. With `bundle_keys` (files of public keys) there must be a bundle, signed by one
    of them. PolicyError lists every problem of every file; InputError says why a bundle is refused.
    """
    from tutela.connectors.policy_cache import load_cached
    from tutela.connectors.policy_files import read_policies

    from .bundles import bundle_of, policies_of
    from .project import Project

    keys = tuple(str(Path(key).absolute()) for key in bundle_keys)
    bundle = bundle_of(Project(Path.cwd(), policies=tuple(map(str, paths)), bundle_keys=keys))
    if bundle is not None:
        return policies_of(bundle, parameters)
    return load_cached(read_policies(paths), parameters)


def load_facts(*folders: PathLike, policies: PolicySet) -> Facts:
    """Load the registers of some folders, or of databases by their addresses, for a policy set.

    Time zone and sensitivity profile are those that the policies bind.

    InputError lists every problem of every file.
    """
    from tutela.connectors.register_files import read_registers

    from .project import make_facts
    from .taxonomies import load_taxonomy

    sources = [folder if "://" in str(folder) else Path(folder) for folder in folders]
    return make_facts(read_registers(sources), policies, load_taxonomy())


def lint(
    policies: PolicySet,
    *paths: PathLike,
    facts: AnyFacts | None = None,
    dialect: str | None = None,
    as_of: datetime | None = None,
) -> Report:
    """Ask `collect` for every column and `retain` for every table of some schema files; report what is denied."""
    from tutela.connectors.columns import ask_columns
    from tutela.connectors.sources import read_sources
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.facts import Facts
    from tutela.engine.findings import report as make_report

    when = as_of or datetime.now(UTC)
    schema = read_sources(_named(paths), dialect=dialect)
    catalog = facts.world.catalog if isinstance(facts, Facts) else None
    asked = ask_columns(schema, _classifier(policies, facts), when, catalog=catalog)
    return make_report("lint", Authorizer(policies, facts), asked, when)


def audit(  # noqa: PLR0913 (what a log needs to be understood)
    policies: PolicySet,
    log: PathLike,
    *,
    facts: AnyFacts | None = None,
    schemas: Iterable[PathLike] = (),
    dialect: str | None = None,
    default_schema: str | None = None,
    options: Mapping[str, Any] | None = None,
    as_of: datetime | None = None,
    engine: Literal["duckdb", "python", "spark"] | None = None,
    session: Any = None,  # noqa: ANN401 (a SparkSession)
    reconcile: bool = False,
) -> Report:
    """Ask for every access in a log whether the policies allow it as of its own time; report what is denied.

    With `reconcile`, the log as a whole is also held against approvals, people and grants; not by Spark.

    The `engine` is DuckDB where it is installed, else Python; Spark takes Parquet, on a `session` that is given or on
    one that is started and stopped. `options` go to the log connector: `format`, `mapping`, `log_line_prefix`,
    `timezone`, `year`. Without a `dialect`, the log's format tells it; else it is postgres.
    """
    from tutela.connectors.accesses import accesses
    from tutela.connectors.audit_engines import judged, judged_by_spark
    from tutela.connectors.logs import read_log
    from tutela.connectors.reconciling import reconciliation
    from tutela.connectors.sources import read_sources
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.findings import report as make_report

    when = as_of or datetime.now(UTC)
    paths = list(schemas)
    schema = read_sources(paths, dialect=dialect) if paths else None
    if reconcile and engine == "spark":
        raise ValueError("reconcile watches every event: not with Spark")
    log_events = None if engine == "spark" else read_log(log, **dict(options or {}))
    speech = dialect or (log_events and log_events.dialect) or "postgres"
    window = policies.parameters.values.get("export.window_minutes")
    asked = accesses(
        schema, _classifier(policies, facts), speech, when, default_schema=default_schema, window_minutes=window
    )
    authorizer = Authorizer(policies, facts)
    if log_events:
        checks = reconciliation(authorizer, asked, schema) if reconcile else None
        items = judged(log_events, asked, authorizer, engine, checks=checks)
    else:
        mapping = (options or {}).get("mapping")
        items = judged_by_spark(str(log), mapping, asked, authorizer, session=session)
    return make_report("audit", authorizer, items, when)


def rewriter(
    policies: PolicySet,
    *schemas: PathLike,
    facts: AnyFacts | None = None,
    dialect: str | None = None,
    default_schema: str | None = None,
) -> Rewriter:
    """What rewrites query after query over the tables of some schema files or live databases; make it once.

    `.rewrite(sql, request)` is then what `tutela.rewrite` is for a single statement.
    """
    from tutela.connectors.accesses import accesses
    from tutela.connectors.sources import read_sources
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.rewrite import Rewriter

    schema = read_sources(_named(schemas), dialect=dialect)
    speech = dialect or schema.dialect or "postgres"
    classifier = _classifier(policies, facts)
    known = accesses(schema, classifier, speech, datetime.now(UTC), default_schema=default_schema)
    return Rewriter(Authorizer(policies, facts), known.analyser, known.categories)


def rewrite(  # noqa: PLR0913 (what a statement needs to be understood)
    policies: PolicySet,
    sql: str,
    request: Request,
    *schemas: PathLike,
    facts: AnyFacts | None = None,
    dialect: str | None = None,
    default_schema: str | None = None,
) -> Rewritten:
    """The query as the subject of a request may run it, with row filters and masks; or why not.

    The tables stand in some schema files or live databases. Of the request, subject, context and time count.
    """
    made = rewriter(policies, *schemas, facts=facts, dialect=dialect, default_schema=default_schema)
    return made.rewrite(sql, request)


def share(
    policies: PolicySet, *forms: PathLike, facts: AnyFacts | None = None, as_of: datetime | None = None
) -> Report:
    """Decide sharing and use requests given as form files; report what is denied."""
    from tutela.connectors.forms import read_forms
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.findings import report as make_report

    when = as_of or datetime.now(UTC)
    return make_report("share check", Authorizer(policies, facts), read_forms(_named(forms), when), when)


def retention(
    policies: PolicySet,
    *records: PathLike,
    erase: bool = False,
    facts: AnyFacts | None = None,
    as_of: datetime | None = None,
) -> Report:
    """Ask for groups of rows whether they may still be kept (or, with `erase`, may be erased now)."""
    from tutela.connectors.records import read_records
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.findings import report as make_report

    when = as_of or datetime.now(UTC)
    asked = read_records(_named(records), "erase" if erase else "retain", when)
    return make_report("retention check", Authorizer(policies, facts), asked, when)


def waive(found: Report, *files: PathLike, policies: PolicySet, root: PathLike = ".", limit: str = "") -> Report:
    """The report in which findings that waiver files cover do not count, with notes on waivers that cover nothing.

    Files in waivers are relative to `root`; `limit` (`P1Y`) is the longest period that one may hold. InputError lists
    every problem of every file.
    """
    from zoneinfo import ZoneInfo

    from tutela.connectors.accepted import read_waiver_files
    from tutela.engine.errors import InputError, Location, Problem
    from tutela.engine.waivers import rules_acts
    from tutela.engine.waivers import waive as mark

    waivers = read_waiver_files([Path(file) for file in _named(files)], policies.ids(), limit)
    zone = policies.parameters.values.get("timezone")
    if zone is None:
        raise InputError([Problem(code="waiver-needs-timezone", location=Location(str(files[0])))])
    acts: dict[str, set[str]] = {default.id: set(default.actions) for default in policies.defaults.values()}
    for rule in policies.rules:
        acts.setdefault(rule.id, set()).update(rule.actions)
    inside = partial(_relative, os.path.realpath(root))
    return mark(found, waivers, ZoneInfo(str(zone)), acts=rules_acts(acts), relative=inside)


def compare(found: Report, baseline: PathLike) -> Report:
    """The report in which only findings count that a baseline (`lint --write-baseline`) does not hold."""
    from tutela.connectors.accepted import read_baseline_file
    from tutela.engine.baselines import compare_baseline

    return compare_baseline(found, read_baseline_file(Path(baseline), found.command), str(baseline))


def report(found: Report, to: TextIO, *, format: str = "human", lang: Lang = "en") -> None:  # noqa: A002 (its word)
    """Write a report in one of the formats of `tutela.reports.FORMATS`."""
    from tutela.reports import write

    write(found, format, to, lang=lang)


def _relative(root: str, file: str) -> str:
    """A file's name as waivers write it: relative to the project's folder, with forward slashes."""
    full = os.path.realpath(file)
    inside = full.startswith(root + os.sep)
    return (full[len(root) + 1 :] if inside else file).replace(os.sep, "/")


def _named(paths: tuple[PathLike, ...]) -> list[PathLike]:
    """The files to ask about; InputError when there are none: nothing checked is not clean."""
    if not paths:
        from tutela.engine.errors import InputError, Location, Problem

        raise InputError([Problem(code="input-none", location=Location("arguments"))])
    return list(paths)


def _classifier(policies: PolicySet, facts: AnyFacts | None) -> SchemaClassifier:
    from .project import Project, load_classifier

    return load_classifier(Project(Path()), policies, facts=facts)
