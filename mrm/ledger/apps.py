"""The ledger's registration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    """Names the log and keeps the append-only triggers in place after every migration."""

    name = "mrm.ledger"
    label = "ledger"
    verbose_name = "Ledger"

    def ready(self) -> None:
        """Connect what follows a migration; registers the check that compares triggers."""
        from mrm.ledger import origin, report, triggers, verify

        post_migrate.connect(origin.fix_after_migrate, sender=self, dispatch_uid="ledger.origin")
        post_migrate.connect(triggers.install_after_migrate, dispatch_uid="ledger.triggers")
        report.verify_target.register("ledger", verify.verify_ledger)
