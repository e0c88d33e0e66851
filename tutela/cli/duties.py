"""`tutela duties`: judge what stands in the registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .accepted import accepted_options
from .options import as_of_option, instant, output_options, project_options

if TYPE_CHECKING:
    from datetime import datetime

    from .options import Output, Setup


@click.command("duties")
@as_of_option
@output_options
@project_options
@accepted_options
def command(as_of: datetime | None, output: Output, setup: Setup) -> int:
    """Judge what stands in the project's registers at a time.

    Reviews of roles, accounts of leavers, conflicting duties, emergency tickets and their reviews, receipts, tracking
    and return of shared data, owners and privacy policies of channels, statutory exceptions, requests of customers that
    wait, messages that were sent. With the pack `governance`: audits, backups, clean-up, drills, training, incidents,
    complaints, what recipients of data were told, the quality of records, the gates before data sets, and every duty
    that a rule of your own names.
    """
    from itertools import chain

    from tutela.connectors.duties import ask_duties
    from tutela.connectors.quality import ask_quality
    from tutela.engine.authorizer import Authorizer
    from tutela.engine.errors import InputError, Location, Problem
    from tutela.project import load_facts_of, load_policies_of

    when = instant(as_of)
    policies = load_policies_of(setup.project)
    facts = load_facts_of(setup.project, policies)
    if facts is None:
        raise InputError([Problem(code="input-none", location=Location("registers"))])
    authorizer = Authorizer(policies, facts)
    asked = chain(ask_duties(facts, policies, when), ask_quality(authorizer, when))
    return output.judge("duties", authorizer, asked, when, setup.lang)
