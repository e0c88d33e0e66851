"""How a service begins: what it has loaded first, or that it waits for something to load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tutela.engine.errors import InputError

from .running import State, tell
from .sources import FolderOrigin, configuration_of

if TYPE_CHECKING:
    from tutela.connectors.decision_log import LogSettings
    from tutela.project import Project

    from .configuration import Configuration
    from .running import Plan
    from .sources import Loaded


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a service has loaded when it starts."""

    loaded: Loaded | None
    """None while there is no valid set: the service is not ready."""
    configuration: Configuration
    state: State
    seen: object
    """What the source was like."""
    log: LogSettings | None = None
    """Where decisions are recorded; None where they are not."""


def first(plan: Plan, project: Project, *, wait: bool) -> Beginning:
    """Load for the first time; InputError lists all problems, except where the service may wait for a valid set.

    A table `[serve]` that cannot be used is always an error: who may ask must be known from the first moment.
    """
    configuration = configuration_of(project) if isinstance(plan.origin, FolderOrigin) else None
    if configuration is not None:
        plan.check(configuration)
    seen = plan.origin.state()
    now = datetime.now(UTC)
    try:
        loaded = plan.load()
    except InputError as error:
        if not wait or configuration is None:
            raise
        tell(error.problems, plan.lang)
        return Beginning(None, configuration, State(now, error.problems), seen, project.recording())
    return Beginning(loaded, loaded.configuration, State(now, revision=loaded.revision), seen, loaded.log)
