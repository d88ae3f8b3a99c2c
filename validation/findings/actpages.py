"""The acts on a finding or a condition as forms."""

from __future__ import annotations

from typing import Any

from django.utils.functional import cached_property

from mrm.access.models import User
from mrm.access.pages import ActPage
from mrm.access.signing import prove
from mrm.kernel.errors import RuleRefused
from mrm.web.forms import Form
from registry.inventory.models import Model
from validation.findings import forms
from validation.findings.models import Acceptance
from validation.findings.pages import FINDINGS, OneCondition, OneFinding
from validation.findings.verbs import conditions, life, requests
from validation.findings.verbs.requests import acceptance_digest


class DraftFinding(ActPage):
    """A finding by hand: `?model=M-…` and, within a validation, `&validation=V-…`."""

    verb = life.draft
    form_class = forms.NewFinding
    title = "Draft a finding"
    button = "Save the draft"
    nav = "findings"
    crumbs = (FINDINGS,)

    @cached_property
    def model(self) -> Model:
        """The model of the address, if the reader may see it."""
        found: Model = Model.objects.one(self.actor, reference=self.request.GET.get("model", ""))
        return found

    def get_sub(self) -> str:
        """About which model."""
        return f"About {self.model.name}, {self.model.reference}"

    def initial(self) -> dict[str, Any]:
        """Evidence that the address brings along."""
        return {"evidence": self.request.GET.get("evidence", "")}

    def target(self) -> dict[str, Any]:
        """The model, its validation and version."""
        reference = self.request.GET.get("validation", "")
        given: dict[str, Any] = {"model": self.model, "validation": reference}
        number = self.request.GET.get("version", "")
        if number.isdecimal():
            given["version"] = self.model.versions.filter(number=int(number)).first()
        return given


class OnFinding(OneFinding, ActPage):
    """An act on the finding that the address names."""

    nav = "findings"
    template_name = "findings/act.html"

    def target(self) -> dict[str, Any]:
        """The finding."""
        return {"finding": self.finding}

    def get_sub(self) -> str:
        """Which finding."""
        return self.finding.title

    def done(self, result: Any) -> str:
        """Back to the finding."""
        return self.finding.get_absolute_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The finding beside the form."""
        return super().get_context_data(**{"finding": self.finding} | kwargs)


class Edit(OnFinding):
    """Correct it."""

    verb = life.edit
    form_class = forms.FindingFacts
    title = "Edit the finding"
    button = "Save"

    def initial(self) -> dict[str, Any]:
        """As it stands."""
        found = self.finding
        names = ("title", "text", "severity", "impact")
        return {**{name: getattr(found, name) for name in names}, "evidence": " ".join(found.evidence)}


class Send(OnFinding):
    """Send it to the owner."""

    verb = life.send
    title = "Send the finding to its owner"
    button = "Send"


class AnswerFacts(OnFinding):
    """The owner on the facts."""

    verb = life.answer
    form_class = forms.Answer
    title = "Answer on the facts"
    button = "Answer"


class Issue(OnFinding):
    """Issue it."""

    verb = life.issue
    form_class = forms.Issue
    title = "Issue the finding"
    button = "Issue"


class Withdraw(OnFinding):
    """Drop it."""

    verb = life.withdraw
    form_class = forms.Reason
    title = "Withdraw the finding"
    button = "Withdraw"


class Attach(OnFinding):
    """A document."""

    verb = life.attach
    form_class = forms.Attachment
    title = "Attach a document"
    button = "Attach"


class Advise(OnFinding):
    """Advice on the fix."""

    verb = life.advise
    form_class = forms.Words
    title = "Advise on the fix"
    button = "Advise, and leave the judgement to another validator"


class PlanRemedy(OnFinding):
    """How and by when."""

    verb = requests.plan
    form_class = forms.Request
    title = "Plan the remedy"
    button = "Save the plan"


class ApprovePlan(OnFinding):
    """Decide on the plan."""

    verb = requests.approve_plan
    form_class = forms.Decide
    title = "Decide on the plan"
    button = "Decide"


class Submit(OnFinding):
    """Hand it in."""

    verb = life.submit
    form_class = forms.Judged
    title = "Hand in for review"
    button = "Hand in"


class Close(OnFinding):
    """Close it."""

    verb = life.close
    form_class = forms.Judged
    title = "Close the finding"
    button = "Close"


class SendBack(OnFinding):
    """Not mended."""

    verb = life.send_back
    form_class = forms.Words
    title = "Send the finding back"
    button = "Send back"


class Reopen(OnFinding):
    """Open again."""

    verb = life.reopen
    form_class = forms.Reason
    title = "Reopen the finding"
    button = "Reopen"


class Extend(OnFinding):
    """A later date."""

    verb = requests.extend
    form_class = forms.Request
    title = "Ask for a later date"
    button = "Ask"


class ApproveExtension(OnFinding):
    """Decide on the later date."""

    verb = requests.approve_extension
    form_class = forms.Decide
    title = "Decide on the later date"
    button = "Decide"


class Accept(OnFinding):
    """Bear the risk."""

    verb = requests.accept
    form_class = forms.Request
    title = "Accept the risk until a date"
    button = "Accept, if the second line concurs"


class ConcurAcceptance(OnFinding):
    """Concur by signature."""

    verb = requests.concur
    form_class = forms.Concur
    title = "Decide on the acceptance of the risk"
    button = "Decide and sign"

    def arguments(self, form: Form) -> dict[str, Any]:
        """A password becomes a proof of identity for exactly what is signed."""
        facts = form.facts()
        password = facts.pop("password")
        ticket = ""
        if facts["agree"]:
            asked = Acceptance.objects.filter(finding=self.finding, agreed__isnull=True).first()
            if asked is None:
                raise RuleRefused(
                    "nothing_to_decide", "Nobody has asked for this.", "Wait until somebody does."
                )
            account = User.objects.get(pk=str(self.actor.account_id))
            ticket = prove(account, password, acceptance_digest(asked))
        return {**self.target(), **facts, "ticket": ticket}


class OnCondition(OneCondition, ActPage):
    """An act on a condition."""

    nav = "conditions"
    form_class = forms.Words

    def target(self) -> dict[str, Any]:
        """The condition."""
        return {"condition": self.condition}

    def get_crumbs(self) -> list[tuple[str, str]]:
        """Conditions, this condition."""
        found = self.condition
        return [("Conditions", "/conditions/"), (found.reference, found.get_absolute_url())]

    def get_sub(self) -> str:
        """Which condition."""
        return self.condition.text


class Fulfil(OnCondition):
    """Say how."""

    verb = conditions.fulfil
    title = "Say how the condition was fulfilled"
    button = "Save"


class Confirm(OnCondition):
    """Confirm it."""

    verb = conditions.confirm
    title = "Confirm that the condition is fulfilled"
    button = "Confirm"
