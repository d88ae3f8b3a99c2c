"""Forms of findings and conditions."""

from __future__ import annotations

from typing import Any

from django import forms

from mrm.access.intake import Upload
from mrm.web.forms import DateInput, Form
from validation.findings.rules import SEVERITY_MEANS, Severity, Stance


def words(label: str, help_text: str = "", *, rows: int = 4, required: bool = True) -> forms.CharField:
    """A text of a few sentences."""
    return forms.CharField(
        label=label, help_text=help_text, required=required, widget=forms.Textarea(attrs={"rows": rows})
    )


def day(label: str, help_text: str = "", *, required: bool = True) -> forms.DateField:
    """A date."""
    return forms.DateField(label=label, help_text=help_text, required=required, widget=DateInput())


class EvidenceField(forms.CharField):
    """Evidence ids, separated by spaces or commas."""

    def __init__(self, **kwargs: Any) -> None:
        given = {
            "label": "Evidence",
            "help_text": "Ids such as ev:0c3f8a91b2, separated by spaces.",
            "required": False,
        }
        super().__init__(**{**given, **kwargs})

    def clean(self, value: Any) -> list[str]:
        """The ids as a list."""
        return str(super().clean(value) or "").replace(",", " ").split()


class Words(Form):
    """One text."""

    text = words("In words")


class Reason(Form):
    """A reason."""

    reason = words("Reason", rows=3)


class FindingFacts(Form):
    """What a finding says."""

    title = forms.CharField(label="Title", max_length=200, help_text="What is wrong, in one line.")
    text = words("Finding", "What was seen, where, and what follows.", rows=6)
    severity = forms.ChoiceField(
        label="Severity",
        choices=[(item.value, f"{item.label}: {SEVERITY_MEANS[item]}") for item in Severity],
        widget=forms.RadioSelect,
    )
    impact = words("Impact", "Quantified where it can be.", rows=2, required=False)
    evidence = EvidenceField()

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        facts = super().facts()
        return {**facts, "severity": Severity(facts["severity"])}


class NewFinding(FindingFacts):
    """A finding by hand, with a document if it rests on one."""

    document = forms.FileField(
        label="Document", required=False, help_text="What it rests on, if not evidence."
    )

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        facts = super().facts()
        file = facts.pop("document")
        return {**facts, "document": Upload(file.name, file) if file else None}


class Attachment(Form):
    """A document."""

    document = forms.FileField(label="Document")

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        file = self.cleaned_data["document"]
        return {"document": Upload(file.name, file)}


class Answer(Form):
    """The owner on the facts."""

    stance = forms.ChoiceField(label="The facts are", choices=Stance.choices, widget=forms.RadioSelect)
    text = words("In words", "What is not right, where it is disputed.", required=False)

    def facts(self) -> dict[str, Any]:
        """As the verb takes it."""
        facts = super().facts()
        return {**facts, "stance": Stance(facts["stance"])}


class Issue(Form):
    """By when it is to be mended."""

    due = day("Due", "Empty: as the policy says for its severity.", required=False)


class Request(Form):
    """Something asked for, until a day."""

    text = words("In words")
    until = day("Until")


class Decide(Form):
    """Agree or refuse."""

    agree = forms.TypedChoiceField(
        label="Decision",
        choices=[("yes", "Agree"), ("no", "Refuse, with the reason below")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = words("Reason", rows=3, required=False)


class Concur(Decide):
    """Concurrence is signed."""

    password = forms.CharField(
        label="Password, again",
        help_text="Proves it is you, for this text only, for five minutes.",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class Judged(Form):
    """What was mended, and by what it can be seen."""

    text = words("In words")
    evidence = EvidenceField()
