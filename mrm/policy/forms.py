"""Forms of policy: the body is JSON, checked by the schema of its kind."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from mrm.access.actors import Actor
from mrm.access.models import LegalEntity, Scope
from mrm.access.rows import granted_scopes
from mrm.policy.rules import STANDARD, Kind
from mrm.web.forms import DateInput, Form


class Draft(Form):
    """The next version of a policy."""

    kind = forms.ChoiceField(label="Kind", choices=Kind.choices)
    name = forms.SlugField(
        label="Name",
        max_length=40,
        initial=STANDARD,
        help_text="“standard”, or the class of models for a scope of validation.",
    )
    entity = forms.ModelChoiceField(
        LegalEntity.objects.none(),
        label="For",
        required=False,
        empty_label="the whole group",
        help_text="A legal entity's own policy goes before the group's.",
    )
    valid_from = forms.DateField(label="Valid from", widget=DateInput, help_text="Today or later.")
    why = forms.CharField(label="What changes, and why", widget=forms.Textarea(attrs={"rows": 2}))
    body = forms.CharField(
        label="Body",
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "mono"}),
        help_text="JSON, checked by the schema of its kind before anything is kept.",
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        granted = granted_scopes(actor, acting=True)
        homes = LegalEntity.objects.order_by("name")
        if granted is not None:
            homes = homes.filter(scope__in=Scope.objects.filter(granted).values("pk"))
        fields: Any = self.fields
        fields["entity"].queryset = homes

    def clean_body(self) -> Any:
        """The parsed JSON, or where it breaks."""
        try:
            return json.loads(self.cleaned_data["body"], parse_constant=_refuse)
        except json.JSONDecodeError as error:
            raise forms.ValidationError(
                f"Line {error.lineno}, column {error.colno}: {error.msg}. Mend the JSON there."
            ) from None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def facts(self) -> dict[str, Any]:
        """The kind as the verb takes it."""
        facts = super().facts()
        return facts | {"kind": Kind(facts["kind"])}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number. Give a number, or leave the limit out.")


class Approve(Form):
    """A note with the approval."""

    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 2}))
