"""The acts on a version's place and names as forms."""

from __future__ import annotations

from typing import Any

from mrm.access.acts import can
from mrm.access.pages import ActPage
from mrm.kernel.errors import NotFound
from registry.versions import forms, queries, verbs
from registry.versions.aliases import alias_key, reserved
from registry.versions.models import PromotionRequest, Tag
from registry.versions.pages import OnModel, OnVersion
from registry.versions.rules import Stage


class Moves(OnVersion, ActPage):
    """An act on the version that the address names."""

    def target(self) -> dict[str, Any]:
        """The version."""
        return {"version": self.version}

    def get_crumbs(self) -> list[tuple[str, str]]:
        """The model, the version."""
        here = (f"Version {self.version.number}", self.version.get_absolute_url())
        return [*super().get_crumbs(), here]

    def done(self, result: Any) -> str:
        """Back to the version."""
        return self.version.get_absolute_url()


class Onward(Moves):
    """An act that names a stage and uses."""

    def form_facts(self) -> dict[str, Any]:
        """Whose uses."""
        return {"version": self.version}

    def initial(self) -> dict[str, Any]:
        """The next stage, and every use."""
        next_stage = Stage.STAGING if self.version.stage == Stage.DEV else Stage.PROD
        return {"stage": next_stage, "uses": list(self.version.model.uses.all())}


class Promote(Onward):
    """Promote a version."""

    verb = verbs.promote
    form_class = forms.Promotion
    title = "Promote the version"
    button = "Promote"
    sub = "The gate is in the way: whatever is unmet is named, and nothing moves."

    def why_not(self) -> str:
        """Said when neither stage is for this reader."""
        stages = (Stage.STAGING, Stage.PROD)
        reasons = [can(self.actor, self.verb.name, version=self.version, stage=stage) for stage in stages]
        return (reasons[-1] or "") if all(reasons) else ""


class Ask(Onward):
    """Request a promotion."""

    verb = verbs.request_promotion
    form_class = forms.PromotionRequested
    title = "Request a promotion"
    button = "Request"
    sub = "What the gate still asks for is kept with the request; it need not be met to ask."

    def initial(self) -> dict[str, Any]:
        """Production is what is asked for."""
        return {**super().initial(), "stage": Stage.PROD}


class Withdraw(Moves):
    """Withdraw the open request."""

    verb = verbs.withdraw_promotion
    form_class = forms.Reason
    title = "Withdraw the promotion request"

    @property
    def waiting(self) -> PromotionRequest:
        """The open request."""
        found = queries.open_request(self.version)
        if found is None:
            raise NotFound("not_found", "There is no open promotion request.", "Request a promotion first.")
        return found

    def target(self) -> dict[str, Any]:
        """The request."""
        return {"request": self.waiting}

    def why_not(self) -> str:
        """Nothing waits, or it is not this reader's."""
        if queries.open_request(self.version) is None:
            return "There is no open promotion request."
        return super().why_not()


class Archive(Moves):
    """Archive a version."""

    verb = verbs.archive
    form_class = forms.Reason
    title = "Archive the version"
    sub = "It leaves production, loses its aliases, and cannot come back."


class Lineage(Moves):
    """State lineage."""

    verb = verbs.state_lineage
    form_class = forms.Lineage
    title = "State the lineage"
    sub = "What is named once stays: a version built on other data is another version."

    def form_facts(self) -> dict[str, Any]:
        """Whose snapshots."""
        return {"actor": self.actor, "version": self.version}


class SetAlias(Moves):
    """Give the version a name."""

    verb = verbs.set_alias
    form_class = forms.AliasName
    title = "Set an alias"
    sub = "“champion” promotes the version to production, “challenger” requests it."


class RemoveAlias(Moves):
    """Take a name away."""

    verb = verbs.remove_alias
    form_class = forms.AliasChoice
    title = "Remove an alias"

    def form_facts(self) -> dict[str, Any]:
        """The names that may go."""
        return {"names": [name for name in queries.aliases_of(self.version) if not reserved(alias_key(name))]}

    def target(self) -> dict[str, Any]:
        """The model whose name it is."""
        return {"model": self.version.model}


class TagVersion(Moves):
    """Tag a version."""

    verb = verbs.tag_version
    form_class = forms.TagFacts
    title = "Set a tag"


class UntagVersion(Moves):
    """Remove a tag of a version."""

    verb = verbs.untag_version
    form_class = forms.TagChoice
    title = "Remove a tag"

    def form_facts(self) -> dict[str, Any]:
        """The keys it has."""
        return {"keys": list(queries.tags_of(self.version))}


class ModelTags(OnModel, ActPage):
    """An act on the tags of the model that the address names."""

    def target(self) -> dict[str, Any]:
        """The model."""
        return {"model": self.model}


class TagModel(ModelTags):
    """Tag a model."""

    verb = verbs.tag_model
    form_class = forms.TagFacts
    title = "Set a tag"


class UntagModel(ModelTags):
    """Remove a tag of a model."""

    verb = verbs.untag_model
    form_class = forms.TagChoice
    title = "Remove a tag"

    def form_facts(self) -> dict[str, Any]:
        """The keys it has."""
        return {
            "keys": list(Tag.objects.filter(model=self.model, version=None).values_list("key", flat=True))
        }
