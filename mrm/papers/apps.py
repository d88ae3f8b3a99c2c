"""The room of papers."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    """Declares its policies and acts, and how packs and papers are verified."""

    name = "mrm.papers"
    label = "papers"

    def ready(self) -> None:
        """Acts and verifiers are known before the first request."""
        from mrm.evidence.reproduce import cited
        from mrm.ledger.report import verify_target
        from mrm.papers import policies, queries, verbs, verifying  # noqa: F401
        from mrm.web import menu

        cited.register("papers", queries.evidence_of)
        menu.item("papers", "Oversight", "Papers", "papers", order=20)
        verify_target.register("pack", verifying.verify_pack)
        verify_target.register("pdf", verifying.verify_pdf)
