"""Forms of the inventory: shapes of what people type; what may be chosen depends on who chooses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from mrm.access.actors import Actor
from mrm.access.models import LegalEntity, Person, Scope
from mrm.access.rows import granted_scopes
from mrm.access.rules import Role
from mrm.web.forms import DateInput, Form
from registry.inventory.rules import ModelClass, Origin, questions


def entities(actor: Actor) -> QuerySet[LegalEntity]:
    """The legal entities in which somebody may propose models."""
    granted = granted_scopes(actor, acting=True)
    rows = LegalEntity.objects.order_by("name")
    return rows if granted is None else rows.filter(scope__in=Scope.objects.filter(granted).values("pk"))


def holders(actor: Actor, role: Role, besides: Person | None = None) -> QuerySet[Person]:
    """The active people with a role whom the reader may see, and the one who is named already."""
    seen = Person.objects.visible_to(actor).filter(
        robot=False, active=True, accounts__is_active=True, accounts__groups__name=role.value
    )
    keys = list(seen.values_list("pk", flat=True)) + [actor.person.pk] * (role in actor.roles)
    keys += [besides.pk] if besides else []
    return Person.objects.filter(pk__in=keys).order_by("name")


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg] # not generic when it runs
    """A person, shown with the position."""

    def label_from_instance(self, person: Any) -> str:
        """Name and position."""
        return f"{person.name}, {person.position}" if person.position else str(person.name)


class Description(Form):
    """What a model is."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="As the bank speaks of it; unique in the legal entity."
    )
    purpose = forms.CharField(
        label="Purpose",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it estimates, for which decision.",
    )
    model_class = forms.ChoiceField(
        label="Class", choices=ModelClass.choices, help_text="Chooses the scope of its validation."
    )
    origin = forms.ChoiceField(label="Origin", choices=Origin.choices)
    method = forms.CharField(
        label="Method",
        max_length=80,
        required=False,
        help_text="For example scorecard, or gradient boosting.",
    )

    def facts(self) -> dict[str, Any]:
        """Choices as the verb takes them."""
        facts = super().facts()
        return facts | {"model_class": ModelClass(facts["model_class"]), "origin": Origin(facts["origin"])}


class Proposal(Description):
    """A model as it is proposed: what it is, where, and who answers for it."""

    entity = forms.ModelChoiceField(LegalEntity.objects.none(), label="Legal entity", empty_label=None)
    owner = PersonField(
        Person.objects.none(),
        label="Owner",
        help_text="Answers for the model and registers it.",
        empty_label="choose a person",
    )
    developer = PersonField(
        Person.objects.none(), label="Developer", required=False, empty_label="not known yet"
    )
    field_order = ("name", "purpose", "model_class", "method", "origin", "entity", "owner", "developer")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["entity"].queryset = entities(actor)
        fields["owner"].queryset = holders(actor, Role.MODEL_OWNER)
        fields["developer"].queryset = holders(actor, Role.MODEL_DEVELOPER)

    def facts(self) -> dict[str, Any]:
        """The owner is responsible from the start."""
        facts = super().facts()
        return facts | {"responsible": facts["owner"]}


class Assignment(Form):
    """Owner and developer."""

    owner = PersonField(Person.objects.none(), label="Owner", empty_label="choose a person")
    developer = PersonField(
        Person.objects.none(), label="Developer", required=False, empty_label="nobody yet"
    )

    def __init__(self, *args: Any, actor: Actor, model: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["owner"].queryset = holders(actor, Role.MODEL_OWNER, model.owner)
        fields["developer"].queryset = holders(actor, Role.MODEL_DEVELOPER, model.developer)


class UseFacts(Form):
    """One use."""

    portfolio = forms.CharField(
        label="Portfolio", max_length=120, help_text="For example consumer instalment credit."
    )
    decision = forms.CharField(
        label="Decision",
        max_length=200,
        help_text="What follows from its answer, for example approve or decline.",
    )
    jurisdiction = forms.CharField(label="Country", max_length=2, help_text="Two letters, such as DE.")
    start = forms.DateField(label="Start of use", widget=DateInput)
    end = forms.DateField(label="End of use", widget=DateInput, required=False)
    expected_volume = forms.IntegerField(
        label="Expected decisions a year", min_value=0, max_value=2**63 - 1, required=False
    )
    exposure = forms.DecimalField(
        label="Exposure",
        min_value=0,
        max_digits=20,
        decimal_places=2,
        help_text="Balance, limits or volume a year that depend on it.",
    )
    currency = forms.CharField(label="Currency", max_length=3, help_text="Three letters, such as EUR.")


class RubricForm(Form):
    """The questions of the rubric in force."""

    def __init__(self, *args: Any, rubric: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rubric = rubric
        for _, question in questions(rubric):
            self.fields[question["id"]] = forms.ChoiceField(
                label=question["title"],
                help_text=question.get("help", ""),
                choices=[(option["id"], _priced(option)) for option in question["options"]],
                widget=forms.RadioSelect,
                error_messages={"required": "Choose one of the answers."},
            )

    @property
    def axes(self) -> list[tuple[str, list[Any]]]:
        """Each axis with its fields."""
        return [
            (part["title"], [self[question["id"]] for question in part["questions"]])
            for part in (self.rubric["axes"]["materiality"], self.rubric["axes"]["complexity"])
        ]

    def facts(self) -> dict[str, Any]:
        """The answers as one parameter."""
        return {"answers": super().facts()}


def _priced(option: dict[str, Any]) -> str:
    points = option["points"]
    return f"{option['label']} ({points} {'point' if points == 1 else 'points'})"


class Claim(Form):
    """Why a candidate is no model."""

    rationale = forms.CharField(
        label="Why it is no model",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Which part of the definition it does not meet; a risk officer reads this and decides.",
    )


class ClaimDecision(Form):
    """What a risk officer decides of a claim."""

    agree = forms.TypedChoiceField(
        label="Decision",
        choices=[
            ("yes", "Agreed: it is no model"),
            ("no", "Refused: it is a model and is registered as one"),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))


class Reason(Form):
    """A reason, and no more."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))


class Override(Form):
    """Another tier than the rubric's, with the reason."""

    tier = forms.TypedChoiceField(
        label="Tier", choices=[(n, f"Tier {n}") for n in (1, 2, 3)], coerce=int, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label="Reason",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why the rubric does not see what matters here. It is kept with the tier.",
    )
