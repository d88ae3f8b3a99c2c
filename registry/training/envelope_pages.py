"""Pages of schedules and recalibration envelopes."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property

from mrm.access.acts import can
from mrm.access.pages import ActPage, Member, MemberPage
from mrm.web import words
from mrm.web.shapes import Action, Fact
from registry.training import forms, queries, verbs
from registry.training.models import Envelope, Schedule
from registry.training.recipe_pages import OnRecipe
from registry.training.rules import EnvelopeState

TONES = {EnvelopeState.APPROVED: "good", EnvelopeState.REFUSED: "bad", EnvelopeState.ENDED: "warn"}


class SchedulePage(OnRecipe, ActPage):
    """Let runs start by themselves."""

    verb = verbs.set_schedule
    form_class = forms.SetSchedule
    title = "Schedule runs"
    button = "Save the schedule"


class StopSchedule(OnRecipe, ActPage):
    """Stop runs from starting by themselves."""

    verb = verbs.stop_schedule
    title = "Stop the schedule"
    button = "Stop"

    def target(self) -> dict[str, Any]:
        """The schedule of this recipe."""
        found: Schedule = Schedule.objects.one(self.actor, recipe=self.recipe)
        return {"schedule": found}


class Propose(OnRecipe, ActPage):
    """Propose an envelope."""

    verb = verbs.propose_envelope
    form_class = forms.Propose
    title = "Propose a recalibration envelope"
    button = "Propose"

    def form_facts(self) -> dict[str, Any]:
        """Whose versions."""
        return {"recipe": self.recipe}

    def done(self, result: Any) -> str:
        """The envelope's page."""
        return str(result.get_absolute_url())


class OnEnvelope(Member):
    """What every page of one envelope knows."""

    kwargs: dict[str, Any]
    nav = "training"

    @cached_property
    def envelope(self) -> Envelope:
        """The envelope of the address."""
        return queries.envelope(self.actor, self.kwargs["reference"])

    def get_sub(self) -> str:
        """For which recipe."""
        return f"{self.envelope.recipe.name}, {self.envelope.model.name}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Training, the recipe, this envelope."""
        recipe = self.envelope.recipe
        return [
            ("Training", "/runs/"),
            (recipe.name, recipe.get_absolute_url()),
            (self.envelope.reference, self.envelope.get_absolute_url()),
        ]

    def target(self) -> dict[str, Any]:
        """The act's object."""
        return {"envelope": self.envelope}


class EnvelopePage(OnEnvelope, MemberPage):
    """One envelope: its bounds, who decided, what it said of which version."""

    template_name = "training/envelope.html"

    def get_title(self) -> str:
        """Its reference."""
        return f"Recalibration envelope {self.envelope.reference}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Without itself."""
        return super().get_crumbs()[:-1]

    def get_actions(self) -> list[Action]:
        """Deciding, ending."""
        envelope, here = self.envelope, self.envelope.get_absolute_url()
        if envelope.state == EnvelopeState.PROPOSED:
            why_not = can(self.actor, "envelope.decide", envelope=envelope) or ""
            return [Action("Decide", f"{here}decide/", "primary", why_not=why_not)]
        if envelope.state == EnvelopeState.APPROVED:
            return [
                Action(
                    "End it", f"{here}end/", why_not=can(self.actor, "envelope.end", envelope=envelope) or ""
                )
            ]
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The parts of the page."""
        envelope = self.envelope
        decided = envelope.decided_by
        return super().get_context_data(
            envelope=envelope,
            facts=[
                Fact(
                    "State", envelope.get_state_display(), tone=TONES.get(EnvelopeState(envelope.state), "")
                ),
                Fact("Base version", envelope.base.number, url=envelope.base.get_absolute_url()),
                Fact("Expires", words.day(envelope.expires)),
                Fact("Proposed", words.day(envelope.proposed_at), note=envelope.proposed_by.name),
                Fact(
                    "Decided",
                    words.day(envelope.decided_at) if decided else "not yet",
                    note=decided.name if decided else "",
                ),
            ],
            bounds=[
                {"kind": kind, "name": name, "value": forms.shown(value)}
                for kind, items in envelope.bounds.items()
                for name, value in items.items()
            ],
            judgements=envelope.judgements.select_related("version__model").order_by("-judged_at"),
            **kwargs,
        )


class DecidePage(OnEnvelope, ActPage):
    """Approve or refuse."""

    verb = verbs.decide_envelope
    form_class = forms.Decide
    title = "Decide on the envelope"
    button = "Decide"


class EndPage(OnEnvelope, ActPage):
    """End it before its day."""

    verb = verbs.end_envelope
    form_class = forms.Reason
    title = "End the envelope"
    button = "End it"
