"""How the acts of this room are judged: by role and by the grant on the experiment's scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mrm.access.policy_table import policy
from registry.versions.policies import not_of_the_second_line


def home(arguments: Mapping[str, Any]) -> Any:
    """A new experiment is judged on the scope that will hold it."""
    return arguments["scope"]


policy("experiment.create", home)
policy("experiment.rename", "experiment")
policy("experiment.delete", "experiment")
policy("experiment.restore", "experiment")
policy("client_run.start", "experiment")
policy("client_run.finish", "run")
policy("client_run.delete", "run")
policy("client_run.restore", "run")
policy("version.receive", "model", not_of_the_second_line)
policy("model.import", "entity")
policy("version.import", "model")
