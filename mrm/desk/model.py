"""The page of a model: what to do next, the gate, uses, versions, findings, validations, papers, history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from mrm.access.acts import act_words, can
from mrm.access.history import entries_visible
from mrm.access.pages import MemberPage
from mrm.desk.next_thing import Next, next_thing
from mrm.papers.models import Paper
from mrm.policy.queries import today
from mrm.web.shapes import Action, Entry, Fact, Link, Requirement
from registry.inventory import pages as inventory
from registry.inventory import queries as models
from registry.inventory.models import Model
from registry.inventory.rules import State
from registry.mlflow.models import Imported
from registry.versions import gates
from registry.versions import queries as builds
from registry.versions.models import UseGrant, Version
from validation.cases import queries as cases
from validation.findings.models import Condition, Finding

INVENTORY = ("Inventory", "/models/")
LINES = 15


class OfModel(MemberPage):
    """A page about one model."""

    nav = "inventory"
    _model: Model | None = None

    @property
    def model(self) -> Model:
        """The model, among what the reader may see."""
        if self._model is None:
            self._model = models.model_by_reference(self.actor, self.kwargs["reference"])
        return self._model


class ModelPage(OfModel):
    """Everything about one model, the next thing first."""

    crumbs = (INVENTORY,)
    template_name = "desk/model.html"

    def get_title(self) -> str:
        """Its name."""
        return self.model.name

    def get_sub(self) -> str:
        """Its purpose."""
        return self.model.purpose

    def get_here(self) -> str:
        """Its reference."""
        return self.model.reference

    def get_actions(self) -> Sequence[Action]:
        """The next thing stands in its notice; here is what else may be done."""
        here = self.model.get_absolute_url()
        offered = [
            Action(
                "Describe",
                f"{here}describe/",
                why_not=can(self.actor, "model.describe", model=self.model) or "",
            ),
            Action(
                "People", f"{here}assign/", why_not=can(self.actor, "model.assign", model=self.model) or ""
            ),
            Action("Tier", f"{here}tier/"),
        ]
        if self.model.state == State.CANDIDATE:
            may = can(self.actor, "model.claim_non_model", model=self.model) or ""
            offered.append(Action("It is no model", f"{here}non-model/", why_not=may))
        return [action for action in offered if not action.why_not]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the rooms know of this model."""
        model = self.model
        versions = list(builds.versions(self.actor).filter(model=model).order_by("-number"))
        newest = next((version for version in versions if version.found and version.found.admitted), None)
        case = cases.validations(self.actor).filter(model=model).first()
        step: Next = next_thing(self.actor, model, versions, case)
        grants = UseGrant.objects.filter(version__model=model).select_related("version", "use")
        on = today(model.scope, timezone.now())
        gate = gates.requirements(newest, now=timezone.now()) if newest else []
        return super().get_context_data(
            **inventory.card(model),
            step=step,
            head_facts=self._facts(versions, grants, on),
            gate=[requirement_line(item) for item in gate],
            gate_version=newest,
            gate_counts={state: sum(item.state == state for item in gate) for state in ("met", "unmet")},
            grants=[(grant, grant.standing(on)) for grant in grants],
            conditions=[
                (item, item.is_lapsed(on)) for item in Condition.objects.filter(model=model).standing()
            ],
            versions=versions,
            findings=[
                finding_line(item)
                for item in Finding.objects.filter(model=model).standing().order_by("-raised_at")[:LINES]
            ],
            validations=cases.validations(self.actor).filter(model=model)[:LINES],
            papers=Paper.objects.filter(scope=model.scope).order_by("-sealed_at")[:LINES],
            history=self._history(),
            may_change=can(self.actor, "model.add_use", model=model) is None,
            tags=builds.tags_of(model),
            may_tag=can(self.actor, "model.tag", model=model) is None,
            register_version=[self._register_version()],
            **kwargs,
        )

    def _register_version(self) -> Action:
        """The way to a further version, or why this reader does not go it."""
        why_not = can(self.actor, "version.register", model=self.model) or ""
        return Action(
            "Register a version", f"{self.model.get_absolute_url()}versions/new/", "small", why_not=why_not
        )

    def _facts(self, versions: list[Version], grants: Any, on: Any) -> list[Fact]:
        model = self.model
        active = [grant for grant in grants if grant.standing(on) == "active"]
        ends = min((grant.expires for grant in active), default=None)
        open_findings = Finding.objects.filter(model=model).open().count()
        return [
            Fact("Owner", model.owner.name if model.owner else "nobody yet", model.entity.name),
            Fact("Developer", model.developer.name if model.developer else "nobody yet"),
            Fact(
                "Newest version",
                f"v{versions[0].number}" if versions else "none yet",
                versions[0].admission if versions else "",
            ),
            Fact(
                "Use grant",
                "active" if active else "none",
                f"until {ends:%-d %b %Y}" if ends else "",
                tone="good" if active else "",
            ),
            Fact("Open findings", open_findings, url=f"/findings/?q={model.reference}"),
            Fact("Next review", f"{ends:%-d %b %Y}" if ends else "with its first approval"),
            *[
                Fact("Taken over from", item.origin, item.name)
                for item in Imported.objects.filter(model=model, version=None)
            ],
        ]

    def _history(self) -> list[Entry]:
        entries = entries_visible(self.actor, self.model.scope)[:LINES]
        return [
            Entry(entry.at, act_words(entry.act), who(entry), f"/ledger/{entry.leaf.hash[:16]}/")
            for entry in entries
        ]


def who(entry: Any) -> str:
    """Who acted, and for whom."""
    for_whom = f" for {entry.on_behalf_of.name}" if entry.on_behalf_of else ""
    denied = ", denied" if entry.outcome == "denied" else ""
    return f"{entry.person.name}{for_whom}{denied}"


def requirement_line(item: gates.Requirement) -> Requirement:
    """A gate's requirement as the page draws it."""
    links = [Link(text, f"/evidence/{text}/") for text in item.evidence if text.startswith("ev:")]
    if item.url:
        links.append(Link("open", item.url))
    state = "na" if item.state == "not_applicable" else item.state
    return Requirement(state, item.title, links, item.sentence)


def finding_line(item: Finding) -> Requirement:
    """A finding as the page draws it: severity, title, where it stands."""
    due = f", due {item.due:%-d %b %Y}" if item.due else ""
    return Requirement(
        "",
        item.title,
        [Link(item.reference, item.get_absolute_url())],
        f"{item.get_state_display()}{due}",
        severity=item.severity,
    )
