"""The room of people, scopes and acts."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Wires the write guard and the security events."""

    name = "mrm.access"
    label = "access"

    def ready(self) -> None:
        """Every connection gets the guard before its first statement."""
        from mrm.access import frame, guard, installation, policies, security_events, state, verbs  # noqa: F401
        from mrm.ledger.report import state_check

        guard.install()
        security_events.connect()
        installation.connect()
        frame.register()
        state_check.register("tables", state.problems)
