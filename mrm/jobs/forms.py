"""Forms of jobs."""

from __future__ import annotations

from django import forms

from mrm.web.forms import Form


class CancelForm(Form):
    """Why a job is cancelled."""

    reason = forms.CharField(required=False, max_length=500, help_text="Stands in the ledger with the act.")
