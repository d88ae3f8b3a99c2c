"""The trial room."""

from django.apps import AppConfig


class PluginConfig(AppConfig):
    """Adds the trial's acts and kinds of job."""

    name = "tests.plugin"
    label = "plugin"

    def ready(self) -> None:
        """Wire."""
        from mrm.access.policy_table import policy
        from mrm.access.rules import Robot
        from mrm.access.vocabulary import ROLES
        from mrm.jobs.handlers import handlers
        from tests.plugin import work

        ROLES["trial.start"] = frozenset({Robot.SCHEDULER.value})
        ROLES["trial.record"] = frozenset({Robot.WORKER.value})
        policy("trial.start", "group", own_grant=False)
        policy("trial.record", "group", own_grant=False)
        for kind, handler in work.HANDLERS.items():
            handlers.register(kind, handler)
