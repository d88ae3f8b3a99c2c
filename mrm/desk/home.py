"""The desk: my work first, then four figures, then what changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from mrm.access.acts import act_words
from mrm.access.history import entries_visible
from mrm.access.installation import people_exist
from mrm.access.pages import MemberPage
from mrm.access.rules import Role
from mrm.desk.model import who
from mrm.desk.places import place_of
from mrm.desk.work import work
from mrm.web.shapes import Action, Entry, Figure, Step
from registry.inventory.models import Model
from registry.inventory.rules import State
from validation.cases import queries as cases
from validation.findings.models import Finding
from validation.findings.rules import Severity

SPANS = (7, 30, 90)
SHOWN = 12


class Home(MemberPage):
    """What one person sees first."""

    title = "Desk"
    nav = "desk"
    template_name = "desk/home.html"

    def get_sub(self) -> str:
        """Whose desk."""
        roles = ", ".join(Role(role).label for role in sorted(self.actor.roles))
        return f"{self.actor.person.name}, {roles}" if roles else self.actor.person.name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Work, figures, changes."""
        span = int(self.request.GET.get("days", "7")) if self.request.GET.get("days", "7").isdigit() else 7
        span = span if span in SPANS else 7
        models = Model.objects.visible_to(self.actor)
        return super().get_context_data(
            todo=work(self.actor, timezone.localdate()),
            figures=self._figures(models),
            steps=self._steps(models),
            changes=self._changes(span),
            spans=[(days, days == span) for days in SPANS],
            **kwargs,
        )

    def _figures(self, models: Any) -> list[Figure]:
        per_tier = dict(models.order_by().values_list("tier").annotate(n=Count("pk")))
        findings = Finding.objects.visible_to(self.actor)
        per_severity = dict(findings.open().order_by().values_list("severity").annotate(n=Count("pk")))
        running = cases.validations(self.actor).running()
        approved = models.filter(state=State.APPROVED).count()
        overdue = findings.open().filter(due__lt=timezone.localdate()).count()
        return [
            Figure(
                "Models",
                sum(per_tier.values()),
                "/models/",
                [
                    (per_tier[t], f"tier {t}" if t else "no tier yet")
                    for t in (1, 2, 3, None)
                    if t in per_tier
                ],
            ),
            Figure(
                "Open findings",
                sum(per_severity.values()),
                "/findings/",
                [(per_severity[s], Severity(s).label) for s in Severity.values if s in per_severity],
            ),
            Figure("Overdue findings", overdue, "/findings/?overdue=yes", tone="bad" if overdue else ""),
            Figure(
                "Validations running",
                running.count(),
                "/validations/",
                [(approved, "model approved" if approved == 1 else "models approved")],
            ),
        ]

    def _steps(self, models: Any) -> list[Step]:
        """The first steps of a bank that holds nothing yet, as this reader's role sees them."""
        if models.exists():
            return []
        if self.actor.has(Role.ADMINISTRATOR):
            return [
                Step(
                    "Add the people of the bank",
                    "Each gets an account, a role (what kind of act) and a grant (on which part of the bank).",
                    Action("Add a person", "/people/new/", "primary"),
                    now=people_exist(),
                ),
                Step(
                    "Then they begin", "An owner registers the first model; nobody can do everything alone."
                ),
            ]
        if self.actor.has(Role.MODEL_OWNER, Role.MODEL_DEVELOPER):
            return [
                Step(
                    "Register the first model",
                    "A model exists before any code does: a name, a purpose, who answers for it.",
                    Action("Register a model", "/models/new/", "primary"),
                    now=True,
                ),
                Step(
                    "Upload its data",
                    "CSV or Parquet; each file is profiled and judged before it may be used.",
                ),
                Step(
                    "Register a version",
                    "Its artefact is opened in a process of its own, and let in or refused.",
                ),
            ]
        return [Step("Nothing here yet", "Models appear here once you are granted them.", now=True)]

    def _changes(self, span: int) -> list[Entry]:
        since = timezone.now() - timedelta(days=span)
        entries = entries_visible(self.actor).filter(at__gte=since).exclude(act__startswith="session.")
        return [
            Entry(entry.at, act_words(entry.act), who(entry), place_of(entry)[1]) for entry in entries[:SHOWN]
        ]
