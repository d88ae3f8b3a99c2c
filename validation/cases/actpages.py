"""The acts on a validation as forms."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from mrm import vault
from mrm.access.pages import ActPage, MemberPage
from mrm.jobs.shape import shape
from mrm.kernel.errors import NotFound
from validation.cases import forms, queries
from validation.cases.content import is_light
from validation.cases.models import ScopeItem
from validation.cases.pages import OneValidation
from validation.cases.rules import DRAFT
from validation.cases.verbs import drafting, judging, light, opening, signing, testing
from validation.findings.forms import Reason
from validation.findings.models import Condition


class OnValidation(OneValidation, ActPage):
    """An act on the validation that the address names."""

    nav = "validations"

    def target(self) -> dict[str, Any]:
        """The validation."""
        return {"validation": self.validation}

    def get_sub(self) -> str:
        """Which validation."""
        found = self.validation
        return f"{found.reference}: {found.model.name}, version {found.version.number}"

    def done(self, result: Any) -> str:
        """Back to the desk."""
        return self.validation.get_absolute_url()


class RunTests(OnValidation):
    """Run every test of the scope."""

    verb = testing.run_tests
    title = "Run the tests"
    sub = "Results are recorded together, as evidence; rules raise findings from them."
    button = "Run the tests"
    said = "The tests run. You may leave; the results are kept."


class DeclareIndependence(OnValidation):
    """Independence."""

    verb = judging.declare
    form_class = forms.Declare
    title = "Declare independence"
    button = "Declare"


class ProposeCondition(OnValidation):
    """A condition."""

    verb = judging.propose_condition
    form_class = forms.Propose
    title = "Propose a condition of use"
    button = "Propose"

    def form_facts(self) -> dict[str, Any]:
        """Its items and findings."""
        return {"validation": self.validation}

    def initial(self) -> dict[str, Any]:
        """The item or finding that the address brings along."""
        item = self.validation.items.filter(key=self.request.GET.get("item", "")).first()
        return {"scope_item": item.pk if item else None}


class WithdrawCondition(OnValidation):
    """Take a proposed condition back."""

    verb = judging.withdraw_condition
    form_class = Reason
    title = "Withdraw the condition"
    button = "Withdraw"

    def target(self) -> dict[str, Any]:
        """The condition."""
        found = Condition.objects.filter(
            validation_id=self.validation.pk, reference=self.kwargs["condition"]
        ).first()
        if found is None:
            raise NotFound
        return {"condition": found}


class OpinionPage(OnValidation):
    """The opinion."""

    verb = judging.write
    form_class = forms.WriteOpinion
    title = "Write the opinion"
    button = "Save the opinion"

    def form_facts(self) -> dict[str, Any]:
        """Its uses."""
        return {"validation": self.validation}

    def initial(self) -> dict[str, Any]:
        """As it stands."""
        found = getattr(self.validation, "opinion", None)
        names = (
            "step", "summary", "text", "aggregation", "residual_risk", "confidence", "better_than_worst", "expires",
        )  # fmt: skip
        return {name: getattr(found, name) for name in names} if found else {}


class LightReview(OnValidation):
    """The whole of a light review on one page."""

    verb = light.write_light
    form_class = forms.WriteLight
    title = "Light review"
    button = "Save the review"

    def form_facts(self) -> dict[str, Any]:
        """Its items and uses."""
        return {"validation": self.validation}

    def why_not(self) -> str:
        """A tier that asks for more is said here as well."""
        refused = super().why_not()
        if refused or is_light(self.validation):
            return refused
        return f"Tier {self.validation.tier} asks for a full validation: rate item by item on the desk."


class ExemptItem(OnValidation):
    """An item that does not apply."""

    verb = opening.exempt
    form_class = forms.Exempt
    title = "Exempt a scope item"
    button = "Exempt"

    def target(self) -> dict[str, Any]:
        """The item."""
        found = ScopeItem.objects.filter(validation=self.validation, key=self.kwargs["item"]).first()
        if found is None:
            raise NotFound
        return {"validation": self.validation, "item": found}

    def get_sub(self) -> str:
        """Which item."""
        return str(self.target()["item"].title)


class AppointValidator(OnValidation):
    """One more validator."""

    verb = opening.appoint
    form_class = forms.Appoint
    title = "Appoint a validator"
    button = "Appoint"

    def why_not(self) -> str:
        """Whom is known only with the form."""
        return ""


class WithdrawValidation(OnValidation):
    """Withdraw it."""

    verb = opening.withdraw
    form_class = Reason
    title = "Withdraw the validation"
    button = "Withdraw"


class Freeze(OnValidation):
    """Freeze the content."""

    verb = signing.freeze
    title = "Freeze the content"
    sub = "From now on it is read and signed as it stands."
    button = "Freeze"

    def done(self, result: Any) -> str:
        """On to the signature."""
        return reverse("validation-sign", args=[self.validation.reference])


class PrintDraft(OnValidation):
    """Print a draft of the report; whoever may see the case may read it."""

    verb = drafting.print_draft
    title = "Draft of the report"
    template_name = "cases/draft.html"
    button = "Print a draft"
    said = "The draft is being printed."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The newest draft, and the one that is being printed."""
        found = self.validation
        printing = [job for job in queries.jobs_of(found) if job.kind == DRAFT and job.is_open]
        return super().get_context_data(
            **{
                "draft": queries.newest_draft(found),
                "draft_url": reverse("validation-draft-pdf", args=[found.reference]),
                "jobs": [shape(job, self.actor) for job in printing],
            }
            | kwargs
        )

    def done(self, result: Any) -> str:
        """Here, where it appears."""
        return reverse("validation-draft", args=[self.validation.reference])


class DraftPdf(OneValidation, MemberPage):
    """The newest draft as a file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The bytes, named as a draft."""
        printed = queries.newest_draft(self.validation)
        if printed is None:
            raise NotFound
        answer = HttpResponse(vault.get(printed.result["pdf"]), content_type="application/pdf")
        answer["Content-Disposition"] = f'attachment; filename="{self.validation.reference}-draft.pdf"'
        return answer


class Reopen(OnValidation):
    """Reopen it."""

    verb = signing.reopen
    form_class = Reason
    title = "Reopen the content"
    button = "Reopen; signatures turn grey"


class WithdrawOpinion(OnValidation):
    """Take a signed opinion back."""

    verb = signing.withdraw_opinion
    form_class = Reason
    title = "Withdraw the opinion"
    button = "Withdraw; grants are restricted at once"


class ContentJson(OneValidation, MemberPage):
    """The canonical bytes that are signed."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The bytes as a file."""
        frozen = self.validation.frozen
        if frozen is None:
            raise NotFound
        answer = HttpResponse(vault.get(frozen.digest), content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="{frozen.digest}.json"'
        return answer
