"""Forms of the feature store."""

from __future__ import annotations

from typing import Any

from django import forms

from mrm.access.actors import Actor
from mrm.access.intake import Upload
from mrm.access.models import LegalEntity
from mrm.web.forms import Form
from registry.features import queries


class Open(Form):
    """A new catalogue."""

    name = forms.CharField(label="Name", max_length=120, help_text="Whose features it holds.")
    entity = forms.ModelChoiceField(LegalEntity.objects.none(), label="Legal entity", empty_label=None)
    description = forms.CharField(
        label="Description", required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entity"].queryset = queries.catalogue_entities(actor)  # type: ignore[attr-defined]


class File(Form):
    """One file."""

    file = forms.FileField(label="File", allow_empty_file=True)

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        facts = super().facts()
        return facts | {"file": Upload(facts["file"].name, facts["file"])}


class Definitions(File):
    """YAML."""

    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="YAML, one document each: entity, source, view, service. The same again changes nothing.",
    )


class Delivery(File):
    """Rows of a source."""

    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="CSV or Parquet. Keys are hashed on entry, what is new becomes a part of the store, the file is forgotten.",
    )


class Served(File):
    """What serving used."""

    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="NDJSON, one line a decision: the key, at, features, and the watermark it was read at.",
    )
