"""The ledger's registration."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Names the log and keeps the append-only triggers in place after every migration."""

    name = "mrm.ledger"
    label = "ledger"
    verbose_name = "Ledger"

    def ready(self) -> None:
        """Connect what follows a migration, and the check that compares triggers."""
        from django.db.models.signals import post_migrate

        from mrm.ledger import origin

        post_migrate.connect(origin.fix_after_migrate, sender=self, dispatch_uid="ledger.origin")
