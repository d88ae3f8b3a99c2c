"""Forms of papers."""

from __future__ import annotations

from django import forms

from mrm.web.forms import Form


class VoidForm(Form):
    """Why a paper must not be relied on."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Stands in the ledger and on the paper’s page.",
    )
