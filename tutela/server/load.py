"""A project -> the service that answers with it: policies, registers, the gate for statements, the recorder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutela.project import load_authorizer, load_classifier, load_schema

from .service import Service

if TYPE_CHECKING:
    from datetime import datetime

    from tutela.connectors.decision_log import LogSettings
    from tutela.connectors.sql_gate import SqlGate
    from tutela.engine.authorizer import Authorizer
    from tutela.project import Project


def load_service(project: Project, now: datetime, log: LogSettings | None) -> Service:
    """Everything that one project decides with; InputError or PolicyError lists every problem of every file."""
    authorizer = load_authorizer(project)
    recorder = None
    if log is not None:
        from tutela.connectors.decision_log import make_recorder

        recorder = make_recorder(log, authorizer)
    return Service.of(authorizer, load_gate(project, authorizer, now), recorder)


def load_gate(project: Project, authorizer: Authorizer, now: datetime) -> SqlGate | None:
    """The gate for statements on the tables of the project; None where it names no schema."""
    schema = load_schema(project)
    if schema is None:
        return None
    from tutela.connectors.accesses import accesses
    from tutela.connectors.sql_gate import SqlGate

    classifier = load_classifier(project, authorizer.policies, facts=authorizer.facts)
    speech = project.dialect or schema.dialect or "postgres"
    return SqlGate(authorizer, accesses(schema, classifier, speech, now, default_schema=project.default_schema))
