"""Pages of the inventory: the list, and the way of a model from its name to the register."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from mrm.access.acts import can
from mrm.access.pages import ActPage, MemberList
from mrm.kernel.errors import NotFound
from mrm.policy.queries import today
from mrm.web.forms import IDEMPOTENCY_KEY
from mrm.web.shapes import Action, Fact, Figure, Step
from registry.inventory import forms, queries, verbs
from registry.inventory.models import Model, Use, UseChange
from registry.inventory.rules import GRANTED, State
from registry.inventory.tables import HEADS, ModelTable, heat_rows

INVENTORY = ("Inventory", "/models/")
STEPS = (
    ("Describe", "What it is, and who answers for it.", ("model-assign", "model-describe")),
    ("First use", "Where it is used, for which decision, and how much depends on it.", ("use-add",)),
    ("Rubric", "Eight questions on materiality and complexity give the tier.", ("model-rubric",)),
)


FIGURES = (State.IN_USE, State.APPROVED, State.IN_VALIDATION, State.CANDIDATE)


class Inventory(MemberList):
    """Every model the reader may see."""

    title = "Inventory"
    sub = "Every quantitative method the bank relies on."
    nav = "inventory"
    table_class = ModelTable
    template_name = "inventory/list.html"

    def get_queryset(self) -> QuerySet[Model]:
        """What the reader may see."""
        return queries.visible(self.actor)

    def get_actions(self) -> list[Action]:
        """Registering is for those who may propose somewhere."""
        may = forms.entities(self.actor).exists() and self.actor.roles & {"model_owner", "model_developer"}
        return [Action("Register a model", reverse("model-new"), "primary")] if may else []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The counts beside the table."""
        counts = queries.heat(self.get_queryset())
        return super().get_context_data(
            counts=sum(counts.values()),
            heads=[(state.label, short) for state, short in HEADS.items()],
            heat=heat_rows(counts),
            figures=[_figure(counts, state) for state in FIGURES],
            **kwargs,
        )


def _figure(counts: dict[tuple[int | None, str], int], state: State) -> Figure:
    per_tier = {tier: n for (tier, here), n in counts.items() if here == state}
    lines = [
        (per_tier[tier], f"tier {tier}" if tier else "no tier yet")
        for tier in (1, 2, 3, None)
        if tier in per_tier
    ]
    label = state.label[:1].upper() + state.label[1:]
    return Figure(label, sum(per_tier.values()), f"?state={state.value}", lines)


class Propose(ActPage):
    """The first step: a candidate."""

    verb = verbs.propose
    form_class = forms.Proposal
    title = "Register a model"
    sub = "Step 1 of 4: what it is, and who answers for it."
    button = "Save and go on"
    nav = "inventory"
    crumbs = (INVENTORY,)
    template_name = "inventory/step.html"

    def form_facts(self) -> dict[str, Any]:
        """Who chooses."""
        return {"actor": self.actor}

    def initial(self) -> dict[str, Any]:
        """Owners propose for themselves, developers build what they propose."""
        own = {"model_owner": "owner", "model_developer": "developer"}
        return {name: self.actor.person.pk for role, name in own.items() if role in self.actor.roles}

    def why_not(self) -> str:
        """Proposing needs a role and a grant on a legal entity."""
        if not self.actor.roles & {"model_owner", "model_developer"}:
            return "Models are proposed by model owners and model developers; ask one of them."
        if not forms.entities(self.actor).exists():
            return "Proposing a model needs a grant to act on its legal entity; an administrator gives it."
        return ""

    def done(self, result: Any) -> str:
        """The next step."""
        return next_step(result)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """All steps are open still."""
        return super().get_context_data(steps=steps(None, "model-new"), **kwargs)


class OnModel(ActPage):
    """An act on the model that the address names."""

    nav = "inventory"
    template_name = "inventory/step.html"
    _model: Model | None = None

    @property
    def model(self) -> Model:
        """The model, looked up among what the reader may see."""
        if self._model is None:
            self._model = queries.model_by_reference(self.actor, self.kwargs["reference"])
        return self._model

    def get_crumbs(self) -> Sequence[tuple[str, str]]:
        """Back to the model."""
        return [INVENTORY, (self.model.name, self.model.get_absolute_url())]

    def target(self) -> dict[str, Any]:
        """The model."""
        return {"model": self.model}

    def done(self, result: Any) -> str:
        """The next step of a candidate; the model's page otherwise."""
        self.model.refresh_from_db()
        return next_step(self.model)

    def get_sub(self) -> str:
        """Name and reference."""
        return f"{self.model.name}, {self.model.reference}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Which steps of a registration are done."""
        match = self.request.resolver_match
        here = (match.url_name if match else "") or ""
        shown = steps(self.model, here) if self.model.state == State.CANDIDATE else []
        return super().get_context_data(**({"model": self.model, "steps": shown} | kwargs))


class Describe(OnModel):
    """What a model is."""

    verb = verbs.describe
    form_class = forms.Description
    title = "Describe the model"
    button = "Save the description"

    def initial(self) -> dict[str, Any]:
        """As it stands."""
        return {
            name: getattr(self.model, name) for name in ("name", "purpose", "model_class", "origin", "method")
        }


class Assign(OnModel):
    """Owner and developer."""

    verb = verbs.assign
    form_class = forms.Assignment
    title = "Name owner and developer"
    button = "Save"

    def form_facts(self) -> dict[str, Any]:
        """Whom the reader may name."""
        return {"actor": self.actor, "model": self.model}

    def initial(self) -> dict[str, Any]:
        """As it stands."""
        return {"owner": self.model.owner_id, "developer": self.model.developer_id}


class AddUse(OnModel):
    """A use more."""

    verb = verbs.add_use
    form_class = forms.UseFacts
    title = "Add a use"
    button = "Add the use"

    def initial(self) -> dict[str, Any]:
        """Where the legal entity is."""
        entity = self.model.entity
        start = today(entity, timezone.now())
        return {"jurisdiction": entity.jurisdiction, "currency": entity.currency, "start": start}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What will become of it."""
        return super().get_context_data(proposal=self.model.state in GRANTED, **kwargs)


class ChangeUse(AddUse):
    """Another text of a use."""

    verb = verbs.change_use  # type: ignore[assignment] # another act on the same form
    title = "Change a use"
    button = "Change the use"

    @property
    def use(self) -> Use:
        """The use that the address names."""
        found: Use = Use.objects.select_related("entity").one(
            self.actor, model=self.model, reference=self.kwargs["use"]
        )
        return found

    def target(self) -> dict[str, Any]:
        """The use."""
        return {"use": self.use}

    def initial(self) -> dict[str, Any]:
        """As it stands."""
        use = self.use
        return {name: getattr(use, name) for name in forms.UseFacts.base_fields if name != IDEMPOTENCY_KEY}

    def get_sub(self) -> str:
        """Which one."""
        return f"{self.use}, {self.use.reference}"


class AnswerRubric(OnModel):
    """The questions of materiality and complexity."""

    verb = verbs.answer_rubric
    form_class = forms.RubricForm
    title = "Materiality and complexity"
    button = "Save the answers"
    template_name = "inventory/rubric.html"

    def get_sub(self) -> str:
        """How the tier comes about."""
        return f"{self.model.name}: points per answer give a band on each axis; the two bands give the tier."

    def form_facts(self) -> dict[str, Any]:
        """The rubric in force today."""
        return {"rubric": queries.rubric(self.model, today(self.model.entity, timezone.now())).body}

    def initial(self) -> dict[str, Any]:
        """The answers so far."""
        given = queries.answers_now(self.model)
        return dict(given.answers) if given else {}


class Register(OnModel):
    """The last step: read it once more, then register."""

    verb = verbs.register
    title = "Register the model"
    button = "Register the model"
    template_name = "inventory/register.html"

    def get_sub(self) -> str:
        """What follows."""
        return "This will stand in the register. From then on every change of it is an entry in its history."

    def why_not(self) -> str:
        """What is missing, or who may."""
        if self.model.state != State.CANDIDATE:
            return f"{self.model.name} is {self.model.get_state_display()} already."
        lacking = queries.missing_for_registration(self.model)
        if lacking:
            return f"Still missing: {', '.join(item.what.lower() for item in lacking)}."
        return super().why_not()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """All that will stand in the register."""
        return super().get_context_data(**card(self.model), **kwargs)


class BackToModel(OnModel):
    """An act after which the model's page is read."""

    def done(self, result: Any) -> str:
        """The model's page."""
        return self.model.get_absolute_url()


class StartDevelopment(BackToModel):
    """Begin to build."""

    verb = verbs.start_development
    title = "Start development"


class ClaimNonModel(BackToModel):
    """Say that this is no model."""

    verb = verbs.claim_non_model
    form_class = forms.Claim
    title = "This is no model"
    button = "Send it to a risk officer"


class DecideNonModel(BackToModel):
    """Decide the claim."""

    verb = verbs.decide_non_model
    form_class = forms.ClaimDecision
    title = "Is this a model?"
    button = "Decide"
    template_name = "inventory/claim.html"

    def why_not(self) -> str:
        """Only a claim can be decided."""
        if queries.open_claim(self.model) is None:
            return f"Nobody claims that {self.model.name} is no model."
        return super().why_not()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The claim that is decided on."""
        return super().get_context_data(**card(self.model), **kwargs)


class Reconsider(BackToModel):
    """Back among the candidates."""

    verb = verbs.reconsider
    form_class = forms.Reason
    title = "Take it back among the candidates"
    button = "Take it back"


class WithdrawUseChange(BackToModel):
    """Take back a proposed change of uses."""

    verb = verbs.withdraw_use_change
    form_class = forms.Reason
    title = "Withdraw a proposed change"
    button = "Withdraw the change"

    def target(self) -> dict[str, Any]:
        """The change that the address names, of a model that the reader may see."""
        found = UseChange.objects.filter(model=self.model, pk=self.kwargs["change"]).first()
        if found is None:
            raise NotFound
        return {"change": found}


class Tier(OnModel):
    """The tier: what the rubric gave, what a risk officer set, and since when. The one act: compute it anew."""

    verb = verbs.compute_tier
    title = "Tier"
    button = "Compute the tier anew"
    template_name = "inventory/tier.html"

    def done(self, result: Any) -> str:
        """Here again."""
        return reverse("model-tier", args=[self.model.reference])

    def why_not(self) -> str:
        """Without answers nothing can be computed."""
        if queries.answers_now(self.model) is None:
            return "The rubric is not answered yet."
        return super().why_not()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The setting in force, and the earlier ones."""
        history = list(queries.tier_history(self.model))
        rows = [(row, policies_page(row.policy_digest)) for row in history]
        return super().get_context_data(history=rows, **card(self.model), **kwargs)

    def get_actions(self) -> list[Action]:
        """Answer again, or set aside."""
        here = self.model.reference
        shown = [Action("Answer the rubric", reverse("model-rubric", args=[here]))]
        if "risk_officer" in self.actor.roles:
            override = can(self.actor, "tier.override", model=self.model) or ""
            shown.append(Action("Set another tier", reverse("tier-override", args=[here]), why_not=override))
        return shown


class OverrideTier(OnModel):
    """Set another tier."""

    verb = verbs.override_tier
    form_class = forms.Override
    title = "Set another tier"
    button = "Set the tier"

    def initial(self) -> dict[str, Any]:
        """As it stands."""
        return {"tier": self.model.tier}

    def done(self, result: Any) -> str:
        """The tier's page."""
        return reverse("model-tier", args=[self.model.reference])


def policies_page(digest: str) -> str:
    """Where the policy of a digest is read."""
    return f"/policies/{digest[:16]}/"


def next_step(model: Model) -> str:
    """Where a candidate goes on; a registered model has its own page."""
    if model.state != State.CANDIDATE:
        return model.get_absolute_url()
    lacking = queries.missing_for_registration(model)
    return reverse(lacking[0].url_name if lacking else "model-register", args=[model.reference])


def steps(model: Model | None, here: str) -> list[Step]:
    """The steps to the register: which is next, and the way to each but the one that is open."""
    lacking = {item.url_name for item in queries.missing_for_registration(model)} if model else set()
    shown, reached = [], False
    for title, text, urls in STEPS:
        done = model is not None and not lacking & set(urls)
        now, reached = not done and not reached, reached or not done
        change = (
            Action("Change", reverse(urls[-1], args=[model.reference]), "small") if model and done else None
        )
        shown.append(Step(title, "Done." if done else text, change, now=now))
    return [*shown, Step("Register", "Read it once more; only the owner registers.", now=not reached)]


def card(model: Model) -> dict[str, Any]:
    """What the partials of the inventory draw of a model: `inventory/_facts.html`, `_uses.html`, `_tier.html`."""
    tiering = queries.tier_now(model)
    return {
        "model": model,
        "facts": facts(model),
        "uses": list(queries.uses(model)),
        "changes": list(queries.proposed_changes(model)),
        "tiering": tiering,
        "missing": queries.missing_for_registration(model),
        "claim": queries.latest_claim(model),
        "state": State(model.state),
    }


def facts(model: Model) -> list[Fact]:
    """Who, what, where: the details of a model."""
    people = [("Owner", model.owner), ("Developer", model.developer)]
    return [
        *(
            Fact(label, who.name if who else "nobody yet", who.position if who else "")
            for label, who in people
        ),
        Fact("Class", model.get_model_class_display()),
        Fact("Method", model.method or "to be decided"),
        Fact("Origin", model.get_origin_display()),
        Fact("Legal entity", model.entity.name),
        Fact("Purpose", model.purpose or "not described yet"),
    ]
