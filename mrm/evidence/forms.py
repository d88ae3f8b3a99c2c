"""Forms of evidence."""

from __future__ import annotations

from django import forms

from mrm.web.forms import Form


class Reason(Form):
    """An act that needs its reason."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}))
