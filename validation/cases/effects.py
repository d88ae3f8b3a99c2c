"""What joins the acts of other rooms: grants are restricted when what they rest on falls; others' lookups."""

from __future__ import annotations

from uuid import UUID

from mrm.access.acts import Act
from mrm.evidence.models import Evidence
from mrm.evidence.reproduce import cited
from mrm.evidence.verbs import voided
from mrm.kernel.errors import BadInput
from registry.inventory.models import Model
from registry.versions import effects as versions
from registry.versions.models import UseGrant
from registry.versions.rules import GrantState
from validation.cases.models import Validation
from validation.cases.queries import content_of
from validation.cases.rules import ValidationState
from validation.findings.verbs.life import validations


def restrict_grants(act: Act, validation: Validation, reason: str) -> list[UseGrant]:
    """Restrict at once every active grant that a validation gave."""
    grants = UseGrant.objects.filter(validation=validation.pk, state=GrantState.ACTIVE)
    return [versions.restrict(act, grant=grant, reason=reason) for grant in grants]


def restrict_for_void(act: Act, evidence: Evidence) -> None:
    """Evidence that became void restricts the grants of every validation that cites it."""
    for validation in Validation.objects.filter(scope=evidence.scope, state=ValidationState.GRANTED):
        frozen = validation.frozen
        if frozen and any(row["digest"] == evidence.result_digest for row in content_of(frozen)["evidence"]):
            restrict_grants(act, validation, f"{evidence.short} was declared void: {act.reason}")


def cited_by(reference: str) -> list[Evidence] | None:
    """The evidence that a validation cites, for `reproduce --report`."""
    validation = Validation.objects.filter(reference=reference).first()
    if validation is None:
        return None
    frozen = validation.frozen_contents.first()
    if frozen is None:
        ids = validation.results.exclude(evidence=None).values_list("evidence", flat=True)
        return list(Evidence.objects.filter(pk__in=ids).order_by("test_id"))
    digests = [row["digest"] for row in content_of(frozen)["evidence"]]
    return list(
        Evidence.objects.filter(scope=validation.scope, result_digest__in=digests).order_by("test_id")
    )


def validation_of(model: Model, reference: str) -> tuple[UUID, str]:
    """The validation of a model by its reference, for findings raised by hand."""
    found = Validation.objects.filter(model=model, reference=reference).first()
    if found is None:
        raise BadInput(
            "item_not_in_scope", f"{model.reference} has no validation {reference}.", "Check the reference."
        )
    return found.pk, found.reference


voided.register("cases", restrict_for_void)
cited.register("cases", cited_by)
validations.register("cases", validation_of)
