"""The scorecard's way into production: asked for by the owner, done by an ML engineer, through the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mrm.demo import people
from registry.versions import verbs as versions
from registry.versions.models import Version
from registry.versions.rules import Stage

if TYPE_CHECKING:
    from mrm.demo.story import Story


def bring(story: Story) -> None:
    """The owner asks for production, for the use that was granted; an ML engineer brings the scorecard there."""
    granted = story.uses[:1]
    request = versions.request_promotion(
        people.actor("owner"),
        version=Version.objects.get(pk=story.scorecard.pk),
        stage=Stage.PROD,
        uses=granted,
        reason="Approved with conditions; the branches wait for it.",
    )
    if request.open_requirements:
        open_still = "; ".join(item["title"] for item in request.open_requirements)
        story.say(f"the scorecard waits in dev, the gate still asks for: {open_still}")
        return
    versions.promote(
        people.actor("engineer"),
        version=Version.objects.get(pk=story.scorecard.pk),
        stage=Stage.PROD,
        uses=granted,
        reason="Every requirement is met.",
    )
    story.model.refresh_from_db()
