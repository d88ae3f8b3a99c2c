"""The acts on a use grant as forms."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property

from mrm.access.pages import ActPage, Member
from registry.versions import forms, queries, verbs
from registry.versions.models import UseGrant
from registry.versions.pages import model_crumbs


class OnGrant(Member):
    """What the pages of one use grant know."""

    kwargs: dict[str, Any]
    nav = "inventory"

    @cached_property
    def grant(self) -> UseGrant:
        """The grant of the address."""
        return queries.grant(self.actor, self.kwargs["grant"])

    def get_sub(self) -> str:
        """Which one."""
        return f"{self.grant.reference}: {self.grant.use}, {self.grant.version}"

    def get_crumbs(self) -> list[tuple[str, str]]:
        """The model, the version."""
        version = self.grant.version
        return [*model_crumbs(version.model), (f"Version {version.number}", version.get_absolute_url())]

    def target(self) -> dict[str, Any]:
        """The grant."""
        return {"grant": self.grant}

    def done(self, result: Any) -> str:
        """Back to the version."""
        return self.grant.version.get_absolute_url()


class Restrict(OnGrant, ActPage):
    """Restrict a use grant."""

    verb = verbs.restrict_grant
    form_class = forms.Reason
    title = "Restrict the use grant"


class Revoke(OnGrant, ActPage):
    """Revoke a use grant."""

    verb = verbs.revoke_grant
    form_class = forms.Reason
    title = "Revoke the use grant"
