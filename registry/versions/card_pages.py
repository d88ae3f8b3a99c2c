"""The model card as a page, as Markdown and as JSON."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse

from mrm.access.pages import MemberPage
from mrm.kernel.canonical import tidy
from mrm.ledger.clock import now
from mrm.web.shapes import Action
from registry.versions.card import Card, as_json, as_markdown, card
from registry.versions.pages import OnVersion


class CardPage(OnVersion, MemberPage):
    """One version in the words of its records."""

    template_name = "versions/card.html"

    @property
    def card(self) -> Card:
        """The card as this reader may see it now."""
        return card(self.actor, self.version, now())

    def get_title(self) -> str:
        """Which version."""
        return f"Model card of version {self.version.number}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """The model, the version."""
        here = (f"Version {self.version.number}", self.version.get_absolute_url())
        return [*super().get_crumbs(), here]

    def get_here(self) -> str:
        """The last step of the place."""
        return "Model card"

    def get_actions(self) -> list[Action]:
        """To take it along."""
        here = self.version.get_absolute_url()
        return [Action("Markdown", f"{here}card.md"), Action("JSON", f"{here}card.json")]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The sections."""
        return super().get_context_data(card=self.card, version=self.version, **kwargs)


class CardFile(CardPage):
    """The card as a file."""

    def file(self, content: str, kind: str, ending: str) -> HttpResponse:
        """A download with the version in its name."""
        name = f"model-card-{self.model.reference}-v{self.version.number}.{ending}"
        answer = HttpResponse(content, content_type=kind)
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


class CardMarkdown(CardFile):
    """For people, in any editor."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The Markdown."""
        return self.file(as_markdown(self.card), "text/markdown; charset=utf-8", "md")


class CardJson(CardFile):
    """For machines."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The JSON."""
        content = json.dumps(tidy(as_json(self.card)), ensure_ascii=False, indent=1)
        return self.file(content + "\n", "application/json", "json")
