"""Forms of a validation."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from django import forms

from mrm.access.models import Person
from mrm.access.rules import Role
from mrm.web.forms import DateInput, Form
from registry.data.models import Snapshot
from registry.versions.forms import SnapshotField
from registry.versions.models import Version
from validation.cases.models import ScopeItem, Validation, ValidationUse
from validation.cases.rules import Confidence, Fitness, Rating, ValidationKind
from validation.findings.forms import EvidenceField, day, words
from validation.findings.models import Finding


def validators() -> Any:
    """Everybody who holds the role validator."""
    return Person.objects.filter(
        active=True, robot=False, accounts__is_active=True, accounts__groups__name=Role.VALIDATOR.value
    ).distinct()


class Open(Form):
    """What is validated, for which uses, by whom, on which samples."""

    kind = forms.ChoiceField(label="Kind", choices=ValidationKind.choices)
    uses = forms.ModelMultipleChoiceField(
        Version.objects.none(), label="Uses", required=False, widget=forms.CheckboxSelectMultiple
    )
    validators = forms.ModelMultipleChoiceField(
        Person.objects.none(), label="Validators", widget=forms.CheckboxSelectMultiple
    )
    due = day("Due", "Empty: in sixty days.", required=False)
    test = SnapshotField(Snapshot.objects.none(), label="Test sample")
    whole = SnapshotField(
        Snapshot.objects.none(), label="Whole sample", required=False, help_text="Empty: the test sample."
    )
    development = SnapshotField(Snapshot.objects.none(), label="Development sample", required=False)
    cutoff = forms.DecimalField(
        label="Cut-off",
        required=False,
        help_text="Applications below this PD are approved; for disparate impact.",
    )
    population_rate = forms.DecimalField(
        label="Event rate of the population", required=False, help_text="A share, such as 0.05."
    )
    population_source = forms.CharField(label="Source of that rate", required=False, max_length=200)

    def __init__(self, *args: Any, version: Version, actor: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        uses, people = self.fields["uses"], self.fields["validators"]
        assert isinstance(uses, forms.ModelMultipleChoiceField)  # noqa: S101 - for the type checker
        assert isinstance(people, forms.ModelMultipleChoiceField)  # noqa: S101 - for the type checker
        uses.queryset = version.model.uses.all()
        people.queryset = validators().order_by("name")
        seen = Snapshot.objects.visible_to(actor).filter(standing__state="released").values("pk")
        own = [item.pk for item in version.snapshots]
        choices = Snapshot.objects.filter(pk__in=[*seen.values_list("pk", flat=True), *own])
        for name in ("test", "whole", "development"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
            field.queryset = choices.select_related("dataset", "content")

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        facts = super().facts()
        return {
            **facts,
            "kind": ValidationKind(facts["kind"]),
            "uses": list(facts["uses"]),
            "validators": list(facts["validators"]),
        }


class Rate(Form):
    """The judgement on one item."""

    rating = forms.ChoiceField(
        label="Rating",
        choices=[
            (item.value, item.value if item != Rating.NOT_CONCLUDED else "not concluded") for item in Rating
        ],
        help_text="1 none or minor · 2 limited · 3 material · 4 severe",
        widget=forms.RadioSelect,
    )
    text = words("Assessment", "Printed in the report. Figures are cited by evidence id.", rows=9)
    evidence = EvidenceField()

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        facts = super().facts()
        return {**facts, "rating": Rating(facts["rating"])}


class Declare(Form):
    """Independence."""

    reporting_line = forms.CharField(label="You report to", max_length=200)
    prior_involvement = words(
        "Prior involvement with this model", "Write “none” where there was none.", rows=3
    )
    conflict = forms.BooleanField(label="A conflict remains: another validator goes on", required=False)


class Propose(Form):
    """A condition of use."""

    text = words("What must hold", rows=3)
    check = words("How it is checked", rows=2)
    due = day("Due", "By when something must be done.", required=False)
    ends = day("Ends", "Until when the use is carried.", required=False)
    scope_item = forms.ModelChoiceField(
        ScopeItem.objects.none(),
        label="For the item",
        required=False,
        help_text="What could not be concluded.",
    )
    finding = forms.ModelChoiceField(Finding.objects.none(), label="Names the finding", required=False)
    justification = words(
        "Justification", "For a disparity: why the use is justified all the same.", rows=3, required=False
    )
    alternatives = words(
        "Alternatives searched", "What was tried, and what it would cost.", rows=3, required=False
    )

    def __init__(self, *args: Any, validation: Validation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items, findings = self.fields["scope_item"], self.fields["finding"]
        assert isinstance(items, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        assert isinstance(findings, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        items.queryset = validation.items.all()
        findings.queryset = Finding.objects.filter(model=validation.model).standing()


def use_fields(rows: list[ValidationUse]) -> dict[str, forms.Field]:
    """A judgement and a text for each use, named by it; where it is only proposed, by the change."""
    fields: dict[str, forms.Field] = {}
    for row in rows:
        name = str(row.use) if row.use else f"proposed: {row.change}"
        fields[f"judgement_{row.pk}"] = forms.ChoiceField(
            label=f"Use: {name}", choices=Fitness.choices, widget=forms.RadioSelect, initial=row.judgement
        )
        text = words(f"On the use: {name}", rows=2, required=False)
        text.initial = row.text
        fields[f"text_{row.pk}"] = text
    return fields


def judged_uses(rows: list[ValidationUse], facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Takes the fields on uses out of `facts`, as the verb takes them."""
    return [
        {
            "use": str(row.pk),
            "judgement": Fitness(facts.pop(f"judgement_{row.pk}")),
            "text": facts.pop(f"text_{row.pk}"),
        }
        for row in rows
    ]


class WriteOpinion(Form):
    """The opinion on the whole and on each use."""

    step = forms.TypedChoiceField(
        label="Step for the whole",
        choices=[(n, str(n)) for n in (1, 2, 3, 4)],
        coerce=int,
        help_text="1 no or minor deficiency · 2 limited · 3 material · 4 severe (the ECB’s four steps)",
        widget=forms.RadioSelect,
    )
    summary = words("Summary", "What a board member reads.", rows=4)
    text = words("Opinion", rows=8)
    aggregation = words("How the tests led there", rows=3)
    residual_risk = words("Residual risk", rows=3, required=False)
    confidence = forms.ChoiceField(
        label="Confidence", choices=Confidence.choices, initial=Confidence.MODERATE
    )
    better_than_worst = words(
        "Why the whole is better than its worst item", "Only where it is.", rows=2, required=False
    )
    expires = forms.DateField(
        label="The grant ends",
        required=False,
        widget=DateInput(),
        help_text="Empty: the longest the tier allows.",
    )

    def __init__(self, *args: Any, validation: Validation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.uses = list(validation.uses.select_related("use", "change").order_by("id"))
        self.fields.update(use_fields(self.uses))

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        facts = super().facts()
        judged = judged_uses(self.uses, facts)
        return {**facts, "confidence": Confidence(facts["confidence"]), "uses": judged}


class WriteLight(Form):
    """A light review: independence, one judgement for each mandatory item, the opinion."""

    reporting_line = forms.CharField(label="You report to", max_length=200)
    prior_involvement = words(
        "Prior involvement with this model", "Write “none” where there was none.", rows=2
    )

    def __init__(self, *args: Any, validation: Validation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = list(validation.items.filter(mandatory=True, exempt_reason="").order_by("position"))
        self.uses = list(validation.uses.select_related("use", "change").order_by("id"))
        ratings = [
            (item.value, item.value if item != Rating.NOT_CONCLUDED else "not concluded") for item in Rating
        ]
        for row in self.items:
            self.fields[f"rating_{row.pk}"] = forms.ChoiceField(
                label=f"{row.title}: rating", choices=ratings, help_text=row.ask, widget=forms.RadioSelect
            )
            self.fields[f"words_{row.pk}"] = words(f"{row.title}: reasons", rows=3)
        for name in ("step", "summary", "text", "residual_risk", "better_than_worst"):
            self.fields[name] = deepcopy(WriteOpinion.base_fields[name])
        self.fields.update(use_fields(self.uses))
        self.fields["expires"] = deepcopy(WriteOpinion.base_fields["expires"])

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        facts = super().facts()
        items = [
            {
                "item": row.key,
                "rating": Rating(facts.pop(f"rating_{row.pk}")),
                "text": facts.pop(f"words_{row.pk}"),
            }
            for row in self.items
        ]
        uses = judged_uses(self.uses, facts)
        return {**facts, "items": items, "uses": uses}


class Exempt(Form):
    """Why an item does not apply, and what stands in its place."""

    reason = words("Reason", rows=3)
    substitute = words("What stands in its place", rows=2)


class Appoint(Form):
    """One more validator."""

    validator = forms.ModelChoiceField(Person.objects.none(), label="Validator")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["validator"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset = validators().order_by("name")


class Sign(Form):
    """Identity again, for this very content."""

    reason = words("Reason", "Printed beside your signature. One sentence is enough.", rows=3, required=False)
    password = forms.CharField(
        label="Password, again",
        help_text="Proves it is you, for this digest only, for five minutes.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class Decide(Sign):
    """Approve, decline, or recuse oneself."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[
            ("approve", "Approve under the conditions above"),
            ("reject", "Decline, with the reason below"),
            ("recuse", "Recuse myself, with the reason below"),
        ],
        initial="approve",
        widget=forms.RadioSelect,
    )
    field_order = ("decision", "reason", "password")
    use_required_attribute = False  # whoever recuses signs nothing and gives no password

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].required = self.data.get("decision") != "recuse"
