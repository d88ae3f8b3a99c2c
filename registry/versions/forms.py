"""Forms of versions and use grants."""

from __future__ import annotations

from typing import Any

from django import forms

from mrm.access.actors import Actor
from mrm.access.intake import Upload
from mrm.web.forms import Form
from registry.data.queries import usable
from registry.inventory.models import Use
from registry.inventory.queries import uses as uses_of
from registry.versions.models import Version
from registry.versions.rules import Format, Stage


class SnapshotField(forms.ModelChoiceField):  # type: ignore[type-arg] # not generic when it runs
    """A snapshot, shown with dataset, title and rows."""

    def label_from_instance(self, snapshot: Any) -> str:
        """Dataset, title, reference, rows."""
        return f"{snapshot.dataset.name}: {snapshot.title or snapshot.file_name} ({snapshot.reference}, {snapshot.content.rows:,} rows)"


class JsonField(forms.JSONField):
    """JSON in a text area; nothing is an empty one."""

    def prepare_value(self, value: Any) -> Any:
        """What stands in the area."""
        return "" if value is None else super().prepare_value(value)


SNAPSHOTS = {
    "training_snapshot": ("Training data", "The snapshot it was fitted on."),
    "test_snapshot": ("Test data", "The snapshot it was tried on; a validation scores this one."),
    "scored_snapshot": ("Scored sample", "For external only: with the roles key, y and p or score."),
}


def _snapshot(rows: Any, label: str, told: str) -> SnapshotField:
    return SnapshotField(
        rows, label=label, required=False, empty_label="none", help_text=told, to_field_name="reference"
    )


class Register(Form):
    """A build with its lineage."""

    field_order = (
        "format",
        "artefact",
        "title",
        "training_snapshot",
        "test_snapshot",
        "scored_snapshot",
        "split",
        "code_revision",
        "environment",
        "parameters",
        "signature",
        "notes",
    )
    format = forms.ChoiceField(
        label="Format",
        choices=Format.choices,
        help_text="Pickle and joblib files are refused: loading them runs whatever code they hold. Save with skops.io.dump.",
    )
    artefact = forms.FileField(
        label="Artefact",
        required=False,
        allow_empty_file=True,
        help_text="The file of the model; none for external. It is opened in a process of its own.",
    )
    title = forms.CharField(
        label="Title", required=False, max_length=120, help_text="What tells it from the others."
    )
    split = forms.CharField(
        label="Split",
        required=False,
        max_length=200,
        help_text="How training and test rows were told apart, with the seed.",
    )
    code_revision = forms.CharField(
        label="Code revision", required=False, max_length=80, help_text="Commit of the code that built it."
    )
    environment = forms.RegexField(
        r"^[0-9a-f]{64}$",
        label="Environment lock",
        required=False,
        help_text="SHA-256 of the lock file of the environment it was built in.",
        error_messages={"invalid": "A SHA-256 has 64 hexadecimal digits."},
    )
    parameters = JsonField(
        label="Parameters",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text='JSON, for example {"C": 1.0, "seed": 7}.',
    )
    signature = JsonField(
        label="Signature",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text='Only where the artefact does not say it: {"inputs": [{"name": "age", "type": "number"}], "outputs": ["p"]}.',
    )
    notes = forms.CharField(label="Notes", required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = usable(actor).select_related("dataset", "content")
        for name, (label, told) in SNAPSHOTS.items():
            self.fields[name] = _snapshot(rows, label, told)
        self.order_fields(self.field_order)

    def facts(self) -> dict[str, Any]:
        """The verb's arguments."""
        facts = super().facts()
        file, split = facts["artefact"], facts["split"]
        return facts | {
            "format": Format(facts["format"]),
            "artefact": Upload(file.name, file) if file else None,
            "split": {"how": split} if split else {},
            "parameters": facts["parameters"] or {},
            "signature": facts["signature"] or None,
        }

    def clean_parameters(self) -> Any:
        """An object."""
        return self._object("parameters")

    def clean_signature(self) -> Any:
        """An object with inputs."""
        found = self._object("signature")
        inputs = found.get("inputs") if found else []
        shaped = isinstance(inputs, list) and all(
            isinstance(item, dict)
            and isinstance(item.get("name"), str)
            and item.get("type") in {"number", "code"}
            for item in inputs
        )
        if found and not (inputs and shaped):
            raise forms.ValidationError("Give “inputs”: a list, each with name and type (number or code).")
        return found

    def _object(self, name: str) -> Any:
        found = self.cleaned_data[name]
        if found and not isinstance(found, dict):
            raise forms.ValidationError("Send a JSON object: {…}.")
        return found


class Reason(Form):
    """Why a grant is restricted or revoked, a version archived, a request withdrawn."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))


class Promotion(Form):
    """Where to, and for which uses."""

    stage = forms.ChoiceField(
        label="To", choices=[(Stage.STAGING, "staging"), (Stage.PROD, "prod: it answers for the uses below")]
    )
    uses = forms.ModelMultipleChoiceField(
        Use.objects.none(),
        label="Uses",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For production; each needs an active use grant.",
    )
    reason = forms.CharField(label="Reason", required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, version: Version, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        uses = self.fields["uses"]
        assert isinstance(uses, forms.ModelMultipleChoiceField)  # noqa: S101 - for the type checker
        uses.queryset = uses_of(version.model)

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        facts = super().facts()
        return {**facts, "stage": Stage(facts["stage"]), "uses": list(facts["uses"])}


class PromotionRequested(Promotion):
    """The same, with a reason."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))


class Lineage(Form):
    """The snapshots that are not named yet."""

    reason = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, actor: Actor, version: Version, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = usable(actor).select_related("dataset", "content")
        for name, (label, told) in SNAPSHOTS.items():
            if getattr(version, name) is None:
                self.fields[name] = _snapshot(rows, label, told)
        self.order_fields(SNAPSHOTS)


class AliasName(Form):
    """A name."""

    name = forms.CharField(
        label="Alias",
        max_length=255,
        help_text="Letter case, width and invisible characters make no difference.",
    )


class AliasChoice(Form):
    """One of the names."""

    name = forms.ChoiceField(label="Alias")

    def __init__(self, *args: Any, names: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self.fields["name"], names)


class TagFacts(Form):
    """Key and value."""

    tag = forms.CharField(label="Key", max_length=250)
    value = forms.CharField(
        label="Value", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        facts = super().facts()
        return {"key": facts["tag"], "value": facts["value"]}


class TagChoice(Form):
    """One of the keys."""

    tag = forms.ChoiceField(label="Tag")

    def __init__(self, *args: Any, keys: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self.fields["tag"], keys)

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        return {"key": super().facts()["tag"]}


def _choices(field: forms.Field, values: list[str]) -> None:
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
    field.choices = [(value, value) for value in values]
