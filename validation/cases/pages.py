"""Pages of validations: the list, the desk, and opening one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property

from mrm.access.acts import can
from mrm.access.pages import ActPage, Member, MemberList, MemberPage
from mrm.jobs.shape import shape
from mrm.kernel.errors import NotFound
from mrm.web import words
from mrm.web.shapes import Action, Fact
from mrm.web.tables import Choice, Column, Empty, Table
from registry.versions.models import Version
from validation.cases import forms, queries
from validation.cases.content import findings_of, is_light, signed_content
from validation.cases.desk import Desk, address, finding_line
from validation.cases.models import ScopeItem, Validation, ValidationQuerySet
from validation.cases.rules import ValidationKind, ValidationState, before_freezing
from validation.cases.verbs import judging, opening
from validation.findings.models import Condition
from validation.findings.pages import history

VALIDATIONS = ("Validations", "/validations/")


class ValidationTable(Table):
    """Validations, newest first."""

    caption = "Validations"
    columns = (
        Column("reference", "Id", kind="id", link=lambda v: v.get_absolute_url(), sort="reference"),
        Column("model.name", "Model", head=True, link=lambda v: v.get_absolute_url(), sort="model__name"),
        Column("version.number", "Version", kind="number"),
        Column("kind", "Kind", value=lambda v: v.get_kind_display(), sort="kind"),
        Column("tier", "Tier", kind="tier", sort="tier"),
        Column("state", "State", kind="chip", value=lambda v: ValidationState(v.state), sort="state"),
        Column("due", "Due", kind="day", num=True, sort="due"),
        Column("opened_at", "Opened", kind="day", num=True, sort="opened_at"),
    )
    filters = (
        Choice("state", "State", ValidationState.choices),
        Choice("kind", "Kind", ValidationKind.choices),
    )
    search = ("reference", "model__name", "model__reference")
    order = "-opened_at"
    empty = Empty("No validations yet", "A risk officer or a validator opens one from the page of a version.")


class ValidationList(MemberList):
    """Every validation the reader may see."""

    title = "Validations"
    sub = "What is challenged, how far it is, and what came of it."
    nav = "validations"
    table_class = ValidationTable

    def get_queryset(self) -> ValidationQuerySet:
        """What the reader may see."""
        return queries.validations(self.actor)


class ToSign(MemberPage):
    """What waits for this person's signature."""

    title = "To sign"
    sub = "Frozen content that waits for your signature."
    nav = "to-sign"
    template_name = "cases/to_sign.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The validations, each with what it waits for."""
        return super().get_context_data(waiting=queries.to_sign(self.actor), **kwargs)


class OneValidation(Member):
    """What every page of one validation knows."""

    kwargs: dict[str, Any]

    @cached_property
    def validation(self) -> Validation:
        """The validation of the address, if the reader may see it."""
        found: Validation | None = (
            Validation.objects.select_related("model", "version", "scope", "opinion")
            .visible_to(self.actor)
            .filter(reference=self.kwargs["reference"])
            .first()
        )
        if found is None:
            raise NotFound
        return found

    def get_crumbs(self) -> Sequence[tuple[str, str]]:
        """Validations, the model, this validation."""
        found = self.validation
        return [
            VALIDATIONS,
            (found.model.reference, found.model.get_absolute_url()),
            (found.reference, found.get_absolute_url()),
        ]


def sub_of(found: Validation) -> str:
    """Model, version, kind, due date and validators in one line."""
    names = ", ".join(row.person.name for row in found.validators.select_related("person"))
    return (
        f"{found.model.name}, version {found.version.number} · tier {found.tier} · {found.get_kind_display()} · "
        f"due {words.day(found.due)} · {names}"
    )


class DeskPage(OneValidation, ActPage):
    """The desk: requirement, evidence, judgement. Its form rates the item that is open."""

    verb = judging.rate
    form_class = forms.Rate
    nav = "validations"
    template_name = "cases/desk.html"
    button = "Rate and go to next"

    @cached_property
    def desk(self) -> Desk:
        """The validation as the desk shows it."""
        return Desk.of(self.validation)

    @cached_property
    def item(self) -> ScopeItem:
        """The item that is open."""
        return self.desk.item(self.request.GET.get("item", ""))

    def get_title(self) -> str:
        """Its reference."""
        return f"Validation {self.validation.reference}"

    def get_sub(self) -> str:
        """What is validated."""
        return sub_of(self.validation)

    def get_crumbs(self) -> Sequence[tuple[str, str]]:
        """Validations, the model."""
        found = self.validation
        return [VALIDATIONS, (found.model.reference, found.model.get_absolute_url())]

    def get_here(self) -> str:
        """Its reference."""
        return self.validation.reference

    def target(self) -> dict[str, Any]:
        """The item."""
        return {"item": self.item}

    def initial(self) -> dict[str, Any]:
        """As it was judged, or the evidence of its tests."""
        found = getattr(self.item, "assessment", None)
        if found is not None:
            cited = " ".join("ev:" + digest[:10] for digest in found.evidence)
            return {"rating": found.rating, "text": found.text, "evidence": cited}
        ids = [row.evidence.short for row in self.desk.results.get(self.item.pk, []) if row.evidence]
        return {"evidence": " ".join(ids)}

    def done(self, result: Any) -> str:
        """The next item that waits."""
        after = Desk.of(self.validation)
        here = next(item for item in after.items if item.pk == self.item.pk)
        return address(self.validation, after.after(here))

    def get_actions(self) -> list[Action]:
        """What the state allows; the primary one waits for a signature, else the form rates."""
        return head_actions(self.actor, self.validation)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The three columns and the bar."""
        found, item = self.validation, self.item
        lines = before_freezing(signed_content(found)) if found.writable else []
        unmet = [line for line in lines if not line.met]
        rows = findings_of(found)
        return super().get_context_data(
            **{
                "validation": found,
                "item": item,
                "exempt_url": reverse("validation-exempt", args=[found.reference, item.key]),
                "groups": self.desk.groups(item),
                "rated": self.desk.rated,
                "total": len(self.desk.items),
                "shown": self.desk.shown(item),
                "jobs": [shape(job, self.actor) for job in queries.jobs_of(found) if job.is_open],
                "failed": [
                    shape(job, self.actor) for job in queries.jobs_of(found)[:1] if job.state == "failed"
                ],
                "verdict": self.desk.verdict(),
                "findings": [finding_line(row) for row in rows],
                "finding_new": f"{reverse('finding-new')}?model={found.model.reference}"
                f"&validation={found.reference}&version={found.version.number}",
                "conditions": list(Condition.objects.filter(validation_id=found.pk).standing()),
                "lines": lines,
                "unmet": unmet,
                "freeze": freeze_action(self.actor, found, len(unmet)),
                "changed": queries.changed_since(found),
                "signatures": queries.signatures(found) if not found.writable else [],
                "history": history(found),
            }
            | kwargs
        )


def head_actions(actor: Any, found: Validation) -> list[Action]:
    """The buttons at the right of the title."""
    key = found.reference
    actions = []
    waits = queries.waits_for(actor, found)
    if waits:
        actions.append(Action("Read and sign", reverse("validation-sign", args=[key]), "primary"))
    elif not found.writable:
        actions.append(Action("Read the content", reverse("validation-sign", args=[key])))
    if found.writable and can(actor, "validation.run_tests", validation=found) is None:
        actions.append(Action("Run tests", reverse("validation-run", args=[key]), icon="running"))
        if is_light(found):
            actions.append(Action("Light review", reverse("validation-light", args=[key])))
        actions.append(Action("Independence", reverse("validation-independence", args=[key])))
        actions.append(Action("Opinion", reverse("validation-opinion", args=[key])))
    if found.running:
        actions.append(Action("Draft report", reverse("validation-draft", args=[key])))
    if found.under_signature and can(actor, "content.reopen", validation=found) is None:
        actions.append(Action("Reopen", reverse("validation-reopen", args=[key])))
    return actions


def freeze_action(actor: Any, found: Validation, unmet: int) -> Action | None:
    """The button of the bar."""
    if not found.writable or can(actor, "content.freeze", validation=found) is not None:
        return None
    waits = f"{unmet} requirements are unmet" if unmet else ""
    if found.state != ValidationState.TESTED:
        waits = "the tests have not run"
    return Action("Freeze the content", reverse("validation-freeze", args=[found.reference]), why_not=waits)


class OpenValidation(ActPage):
    """Open one for a version: `?model=M-…&version=3`."""

    verb = opening.open_validation
    form_class = forms.Open
    title = "Open a validation"
    button = "Open the validation"
    nav = "validations"
    crumbs = (VALIDATIONS,)

    @cached_property
    def version(self) -> Version:
        """The version of the address, if the reader may see it."""
        number = self.request.GET.get("version", "")
        found: Version | None = (
            Version.objects.visible_to(self.actor)
            .filter(
                model__reference=self.request.GET.get("model", ""),
                number=int(number) if number.isdecimal() else 0,
            )
            .select_related("model")
            .first()
        )
        if found is None:
            raise NotFound
        return found

    def get_sub(self) -> str:
        """Which version."""
        model = self.version.model
        tier = f"tier {model.tier}" if model.tier else "no tier yet"
        return f"{model.name}, version {self.version.number} · {tier}"

    def form_facts(self) -> dict[str, Any]:
        """Whose uses and samples may be chosen."""
        return {"version": self.version, "actor": self.actor}

    def initial(self) -> dict[str, Any]:
        """The samples of the lineage and every use."""
        test = self.version.test_data
        training = self.version.training_snapshot
        return {
            "uses": list(self.version.model.uses.all()),
            "test": test.pk if test else None,
            "development": training.pk if training else None,
        }

    def target(self) -> dict[str, Any]:
        """The version."""
        return {"version": self.version}


def facts_of(found: Validation, content: dict[str, Any]) -> list[Fact]:
    """The line of facts above what is signed."""
    opinion = content["opinion"] or {}
    judged = sorted({use["judgement"].replace("_", " ") or "not judged" for use in content["uses"]})
    return [
        Fact("Opinion", ", ".join(judged).capitalize(), note=f"step {opinion.get('step', 'not set')} of 4"),
        Fact("Grant ends", words.day(opinion.get("expires")), note=f"tier {found.tier}"),
        Fact("Version", f"{content['version']['number']}", note=content["version"]["format"]),
        Fact("Uses", "; ".join(use["decision"] for use in content["uses"])),
    ]
