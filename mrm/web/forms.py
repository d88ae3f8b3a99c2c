"""Forms as the look draws them, and the key that makes a double click one act."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.forms import BoundField, widgets

IDEMPOTENCY_KEY = "idempotency_key"


class Form(forms.Form):
    """Base of every form that changes something.

    It carries a hidden key, new for each form shown and kept when the form is sent again: the act behind it is
    then done once. Draw it with `{% fields form %}` or `{% field form.name %}`.
    """

    idempotency_key = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.initial.setdefault(IDEMPOTENCY_KEY, uuid.uuid4().hex)

    @property
    def key(self) -> str:
        """The key this form was sent with."""
        return str(self.data.get(self.add_prefix(IDEMPOTENCY_KEY)) or self.initial[IDEMPOTENCY_KEY])

    def facts(self) -> dict[str, Any]:
        """The cleaned data without the key: what a verb takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != IDEMPOTENCY_KEY}

    @property
    def takes_files(self) -> bool:
        """Whether the form element needs `enctype="multipart/form-data"`."""
        return self.is_multipart()


class DateInput(widgets.DateInput):
    """The browser's own date field; it sends ISO dates."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


def field_context(bound: BoundField, inline: bool = False) -> dict[str, Any]:
    """What parts/field.html needs: the kind of field and the input with its class and ARIA links."""
    widget = bound.field.widget
    kind = _kind(widget)
    name = bound.id_for_label or bound.auto_id
    told = [f"{name}_help"] * bool(bound.help_text) + [f"{name}_error"] * bool(bound.errors)
    attrs: dict[str, Any] = {"aria-describedby": " ".join(told)} if told else {}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if kind == "input":
        attrs["class"] = " ".join(filter(None, [widget.attrs.get("class", ""), "input"]))
    facts = {"field": bound, "kind": kind, "key": name, "inline": inline, "told": " ".join(told)}
    if kind in {"input", "check", "hidden"}:
        facts["input"] = bound.as_widget(attrs=attrs)
    return facts


def _kind(widget: widgets.Widget) -> str:
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, widgets.CheckboxSelectMultiple | widgets.RadioSelect):
        return "choices"
    return "check" if isinstance(widget, widgets.CheckboxInput) else "input"
