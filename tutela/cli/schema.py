"""`tutela schema`: the published JSON Schemas."""

from __future__ import annotations

import sys
from typing import Any

import click


@click.command("schema")
@click.argument("name", default="policy")
def command(name: str) -> int:
    """Print the JSON Schema NAME.

    NAME is policy (default), waivers, baseline, report, line, decision, a register (people, catalog, ...) or a form
    (sharing_request, use_request, record). For editors: # yaml-language-server: $schema=policy.schema.json
    """
    from tutela.reports.json_document import write_document

    schemas = _schemas()
    if name not in schemas:
        raise click.UsageError(f"no schema '{name}'. Schemas: {', '.join(schemas)}")
    write_document(schemas[name], sys.stdout)
    return 0


def _schemas() -> dict[str, Any]:
    from tutela.engine import baselines, waivers
    from tutela.engine.policy_schema import POLICY_SCHEMA
    from tutela.engine.registers import ENTRIES, FORMS
    from tutela.reports.schemas import DECISION_SCHEMA, LINE_SCHEMA, REPORT_SCHEMA

    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    registers = {name: {**draft, "title": name, "type": "array", "items": entry} for name, entry in ENTRIES.items()}
    forms = {name: {**draft, "title": name, **form} for name, form in FORMS.items()}
    return {
        "policy": POLICY_SCHEMA, "waivers": waivers.SCHEMA, "baseline": baselines.SCHEMA,
        "report": REPORT_SCHEMA, "line": LINE_SCHEMA, "decision": DECISION_SCHEMA,
        **registers, **forms,
    }  # fmt: skip
