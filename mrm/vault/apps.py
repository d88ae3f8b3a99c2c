"""The vault's registration."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Offers the vault to the act frame, for change lists too long for a leaf."""

    name = "mrm.vault"
    label = "vault"
    verbose_name = "Vault"

    def ready(self) -> None:
        """Register what lower rooms call."""
        from mrm import vault
        from mrm.access.acts import keep_bytes
        from mrm.access.state import read_bytes

        keep_bytes.register("vault", vault.put)
        read_bytes.register("vault", vault.get)
