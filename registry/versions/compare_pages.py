"""Versions side by side, as a page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from mrm.access.pages import MemberPage
from mrm.kernel.errors import BadInput
from registry.versions import queries
from registry.versions.comparing import chosen, compare
from registry.versions.models import Version
from registry.versions.pages import OnModel


class Compare(OnModel, MemberPage):
    """Two to four versions of a model: figures, curves, parameters, signature, lineage, features; what differs is marked."""

    template_name = "versions/compare.html"
    title = "Versions side by side"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The comparison; without a choice the choice, with a wrong one what is wrong about it."""
        asked = request.GET.getlist("version")
        if not asked:
            return self.render_to_response(self.get_context_data(**kwargs))
        try:
            numbers = chosen(asked)
        except BadInput as error:
            context = self.get_context_data(
                problem=error, wanted=[int(text) for text in asked if text.isdecimal()], **kwargs
            )
            return self.render_to_response(context, status=error.status)
        versions = [queries.version(self.actor, self.kwargs["reference"], number) for number in numbers]
        return self.render_to_response(
            self.get_context_data(comparison=compare(versions), wanted=numbers, **kwargs)
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The choice stands below what was chosen."""
        offered: list[Version] = list(queries.of_model(self.actor, self.kwargs["reference"])[1])
        return super().get_context_data(model=self.model, offered=offered, **kwargs)
