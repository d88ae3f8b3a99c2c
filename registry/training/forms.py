"""Forms of recipes, runs and envelopes."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from mrm.access.actors import Actor
from mrm.access.intake import Upload
from mrm.web.forms import DateInput, Form
from registry.data.queries import usable
from registry.inventory.models import Model
from registry.training.models import Recipe
from registry.training.rules import Rhythm
from registry.training.tables import of_recipe
from registry.versions.forms import JsonField, SnapshotField
from registry.versions.models import Version
from registry.versions.rules import Format

EXAMPLE = """schema: 1
name: logistic regression
seed: 7
data:
  dataset: Loans            # its name or D-…; or one snapshot: {snapshot: S-…}
  snapshot: newest
target: {column: outcome, event: "2"}
split: {kind: random, share: 0.7}    # out_of_time: column, from; by_entity: column, share
preprocess:
  - columns: numbers
    steps:
      - use: sklearn.impute.SimpleImputer
        parameters: {strategy: median}
      - use: sklearn.preprocessing.StandardScaler
  - columns: codes
    steps:
      - use: sklearn.preprocessing.OneHotEncoder
        parameters: {handle_unknown: ignore}
train:
  use: sklearn.linear_model.LogisticRegression
  parameters: {C: 1.0, max_iter: 1000}
evaluate:
  metrics: [disc.auc, disc.ks, pd.brier, fair.air]
  cutoff: 0.35
register: {title: logistic regression}
"""
BOUNDS = {
    "parameters": {"C": {"min": 0.1, "max": 10}},
    "performance": {"disc.auc": {"least": 0.7, "most_loss": 0.02}},
    "drift": {"mean_p": 0.03, "psi": 0.1},
}


class Declare(Form):
    """A recipe as text or file."""

    text = forms.CharField(
        label="Recipe",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 26, "class": "code", "spellcheck": "false"}),
        help_text="YAML, at most 64 KB. Classes and parameters come from a fixed list; values are plain.",
    )
    file = forms.FileField(label="Or a file", required=False, help_text="It is taken instead of the text.")

    def facts(self) -> dict[str, Any]:
        """The verb's arguments."""
        facts = super().facts()
        file = facts["file"]
        return {"text": facts["text"], "file": Upload(file.name, file) if file else None}


class RecipeField(forms.ModelChoiceField):  # type: ignore[type-arg] # not generic when it runs
    """A recipe with what it trains."""

    def label_from_instance(self, recipe: Any) -> str:
        """Name, reference, estimator."""
        return of_recipe(recipe)


class Reproduce(Form):
    """The recipe that repeats an imported run."""

    def __init__(self, *args: Any, actor: Actor, model: Model, imported: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if imported:
            self.fields["recipe"] = RecipeField(
                Recipe.objects.visible_to(actor).filter(model=model),
                label="Recipe",
                to_field_name="reference",
                help_text="It must give the same predictions on every row, bit for bit.",
            )


class Import(Form):
    """A run that was made in a notebook."""

    title = forms.CharField(label="Title", max_length=120, help_text="What tells this run from the others.")
    format = forms.ChoiceField(
        label="Format", choices=[item for item in Format.choices if item[0] != Format.EXTERNAL]
    )
    artefact = forms.FileField(label="Artefact", help_text="It is opened in a process of its own.")
    metrics = JsonField(
        label="Metrics",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text='As the notebook measured them, JSON: {"auc": 0.78}.',
    )
    parameters = JsonField(
        label="Parameters",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text='JSON: {"C": 1.0}.',
    )
    code = forms.FileField(label="Code", required=False, help_text="The notebook or script; kept, never run.")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = usable(actor).select_related("dataset", "content")
        for name, label, told in (
            ("snapshot", "Training data", "The snapshot it was fitted on."),
            ("test_snapshot", "Test data", "May be the same."),
        ):
            self.fields[name] = SnapshotField(rows, label=label, help_text=told, to_field_name="reference")
        self.order_fields(
            ("title", "format", "artefact", "snapshot", "test_snapshot", "metrics", "parameters", "code")
        )

    def facts(self) -> dict[str, Any]:
        """The verb's arguments."""
        facts = super().facts()
        file, code = facts["artefact"], facts["code"]
        return facts | {
            "format": Format(facts["format"]),
            "artefact": Upload(file.name, file),
            "code": Upload(code.name, code) if code else None,
            "metrics": facts["metrics"] or {},
            "parameters": facts["parameters"] or {},
        }


class SetSchedule(Form):
    """When runs start by themselves."""

    rhythm = forms.ChoiceField(label="Starts", choices=Rhythm.choices)

    def facts(self) -> dict[str, Any]:
        """The verb's arguments."""
        return {"rhythm": Rhythm(super().facts()["rhythm"])}


class Propose(Form):
    """Bounds of an envelope."""

    bounds = JsonField(
        label="Bounds",
        widget=forms.Textarea(attrs={"rows": 6, "class": "code"}),
        help_text="JSON: parameters (min, max), performance (least, most_loss), drift (mean_p, psi). Drift is counted from the base version.",
    )
    expires = forms.DateField(label="Expires", widget=DateInput)

    def __init__(self, *args: Any, recipe: Recipe, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Version.objects.filter(model=recipe.model, grants__isnull=False).distinct()
        self.fields["base"] = forms.ModelChoiceField(
            rows,
            label="Base version",
            to_field_name="pk",
            help_text="The version of the last full validation.",
        )
        self.initial.setdefault("bounds", BOUNDS)
        self.order_fields(("base", "bounds", "expires"))


class Decide(Form):
    """A risk officer's answer."""

    agree = forms.TypedChoiceField(
        label="Decision",
        choices=(("yes", "approve"), ("no", "refuse")),
        coerce=lambda value: value == "yes",
    )
    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))


class Reason(Form):
    """An act that must be explained."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))


def shown(value: Any) -> str:
    """A plain value on a page."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
