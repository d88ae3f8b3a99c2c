"""The room of validations."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Declares its policies, acts, jobs and gate requirements."""

    name = "validation.cases"
    label = "cases"

    def ready(self) -> None:
        """Acts, policies, handlers and requirements are known before the first request."""
        from mrm.evidence.reproduce import kinds
        from validation.cases import bench, card, draft, effects, frame, gates, jobs, paper, policies, verbs  # noqa: F401

        frame.register()

        for kind in ("test", "explanation", "fairness"):
            kinds.register(kind, bench.recompute)
